"""A fast tokenizer as passes need it: without the library of models around it, which takes seconds to import."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from tokenizers import Tokenizer

__all__ = ["Piece", "Tokens"]


class Piece(NamedTuple):
    """A text's tokens without the special ones, and the characters (start, end) each stands for."""

    ids: list[int]
    spans: list[tuple[int, int]]


class Tokens:
    """`opening` and `closing` are the special tokens around a text, `padding` fills a row of a batch."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        # Its truncation is a setting of its own, not of a call, so one thread at a time.
        self._using = Lock()
        around = tokenizer.encode("").ids
        self.opening, self.closing = around[: (len(around) + 1) // 2], around[(len(around) + 1) // 2 :]
        self.padding: int = next(
            (i for name in ("[PAD]", "<pad>") if (i := tokenizer.token_to_id(name)) is not None), 0
        )

    @classmethod
    def of(cls, file: Path) -> Tokens:
        """Read a "tokenizer.json". Raises whatever the library raises of a damaged one."""
        return cls(Tokenizer.from_file(str(file)))

    def pieces(self, texts: Sequence[str]) -> list[Piece]:
        """The tokens of each text."""
        with self._using:
            found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [Piece(one.ids, one.offsets) for one in found]

    def windows(self, texts: Sequence[str], size: int, overlap: int) -> tuple[list[list[int]], list[int]]:
        """Rows of at most `size` tokens, special ones included, and of which text each is.

        A text that needs more than one row has `overlap` tokens of each in the next one.
        """
        with self._using:
            self._tokenizer.enable_truncation(size, stride=overlap)
            try:
                found = self._tokenizer.encode_batch(list(texts))
            finally:
                self._tokenizer.no_truncation()
        rows, owners = [], []
        for owner, first in enumerate(found):
            for one in (first, *first.overflowing):
                rows.append(one.ids)
                owners.append(owner)
        return rows, owners
