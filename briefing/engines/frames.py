"""The frame of a reply in JSON as an automaton: a model held to it can only write bullets that can be read.

    {"bullets": [{"text": "…", "sentences": [1, 2]}, {"text": "…", "sentences": [3]}]}

Inside the texts it is free, or held to an article's words by `briefing.engines.grounded`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from briefing.engines.grounded import START, Grounding, State
from briefing.engines.replies import MOST_SENTENCES

__all__ = ["Frame", "Spot"]

_OPENS = b'{"bullets": [{"text": "'
_NAMES = b', "sentences": ['
_WHOLE = b"}"
_NEXT = b', {"text": "'
_ENDS = b"]}"
_QUOTE, _ESCAPE, _COMMA, _BLANK, _CLOSE = b'"\\, ]'
_DIGITS = b"0123456789"
_LONGEST_NUMBER = 3
_SEVERAL_WORDS = 2
_PUNCTUATION = 0xE2
"""First byte of dashes, dots and curly quotes in UTF-8, and of no letter."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in the frame a reply is.

    `kind`: "fixed" (in `literal`, `at` bytes of it written), "text", "escape" (after a backslash), "number",
    "after" (a bullet is whole), "done". `items`: bullets begun. In a text `at` is 1 after its first character and 2
    after its first blank; in a number it counts the digits, and `numbers` those before it. `pending`: bytes a character
    still lacks; `inner`: where the automaton of the article's words is.
    """

    kind: str
    literal: bytes = b""
    at: int = 0
    items: int = 1
    numbers: int = 0
    pending: int = 0
    inner: State | None = None


_free: dict[Any, tuple[int, ...]] = {}
"""Tokens allowed in frames that are free inside: the same for all, and a second's work for each place in a text."""


class Frame:
    """The automaton of replies with at most `most` bullets. Pure.

    >>> Frame(2).allows('{"bullets": [{"text": "It rains.", "sentences": [1, 2]}]}')
    True
    >>> Frame(2).allows('{"bullets": [{"text": "It rains."}]}')
    False
    """

    def __init__(self, most: int, ground: Grounding | None = None) -> None:
        self._most = most
        self._ground = ground
        self.start = Spot("fixed", _OPENS)
        self.known: dict[Any, tuple[int, ...]] = {} if ground else _free

    def key(self, spot: Spot) -> object:
        """Which bullet it is matters only where another may follow; no token reaches from a text as far as there."""
        return replace(spot, items=1), spot.items < self._most

    def step(self, spot: Spot, byte: int) -> Spot | None:
        """Where the reply is after one more byte; None where that byte may not stand."""
        if spot.kind == "fixed":
            if byte != spot.literal[spot.at]:
                return None
            if spot.at + 1 < len(spot.literal):
                return replace(spot, at=spot.at + 1)
            return self._past(spot)
        if spot.kind == "text":
            return self._in_text(spot, byte)
        if spot.kind == "escape":
            return self._held(replace(spot, kind="text", at=max(1, spot.at)), byte) if byte == _QUOTE else None
        if spot.kind == "number":
            return self._in_number(spot, byte)
        if spot.kind == "after":
            if byte == _COMMA and spot.items < self._most:
                return Spot("fixed", _NEXT, 1, spot.items + 1)
            return Spot("fixed", _ENDS, 1, spot.items) if byte == _CLOSE else None
        return None

    def _past(self, spot: Spot) -> Spot:
        if spot.literal == _NAMES:
            return Spot("number", items=spot.items)
        if spot.literal in (_WHOLE, _ENDS):
            return Spot("after" if spot.literal == _WHOLE else "done", items=spot.items)
        return Spot("text", items=spot.items, inner=START if self._ground else None)

    def _in_text(self, spot: Spot, byte: int) -> Spot | None:
        if spot.pending:
            # The rest of a character of several bytes.
            return self._held(replace(spot, pending=spot.pending - 1), byte) if 0x80 <= byte < 0xC0 else None
        if byte == _QUOTE:
            ends = self._ground is None or (spot.inner is not None and self._ground.may_end(spot.inner))
            return Spot("fixed", _NAMES, items=spot.items) if spot.at == _SEVERAL_WORDS and ends else None
        if byte == _ESCAPE:
            # Nothing but a quotation mark can follow, which must be allowed here.
            return replace(spot, kind="escape") if self._held(spot, _QUOTE) else None
        if byte < _BLANK or byte == 0x7F or 0x80 <= byte < 0xC2 or byte > 0xF4:
            return None
        # It begins with a word: a model that copies the dots of the example has said nothing.
        if not spot.at and not (bytes((byte,)).isalnum() or (byte >= 0xC2 and byte != _PUNCTUATION)):
            return None
        lacks = 3 if byte >= 0xF0 else 2 if byte >= 0xE0 else 1 if byte >= 0xC2 else 0
        words = _SEVERAL_WORDS if byte == _BLANK else max(1, spot.at)
        return self._held(replace(spot, at=words, pending=lacks), byte)

    def _held(self, spot: Spot, byte: int) -> Spot | None:
        """The spot, if the article's words allow the byte; brackets belong to the frame alone."""
        if self._ground is None:
            return spot
        if spot.inner is None or byte == ord("["):
            return None
        inner = self._ground.step(spot.inner, byte)
        return replace(spot, inner=inner) if inner else None

    @staticmethod
    def _in_number(spot: Spot, byte: int) -> Spot | None:
        if byte in _DIGITS and spot.at < _LONGEST_NUMBER and (spot.at or byte != _DIGITS[0]):
            return replace(spot, at=spot.at + 1, pending=0) if not spot.pending else None
        if spot.pending:
            # Between a comma and the next number stands one blank.
            return replace(spot, pending=0) if byte == _BLANK else None
        if not spot.at:
            return None
        if byte == _COMMA and spot.numbers + 1 < MOST_SENTENCES:
            return replace(spot, at=0, numbers=spot.numbers + 1, pending=1)
        return Spot("fixed", _WHOLE, items=spot.items) if byte == _CLOSE else None

    def may_end(self, spot: Spot) -> bool:
        """Whether the reply is whole."""
        return spot.kind == "done"

    def allows(self, text: str) -> bool:
        """Whether a whole reply could have been written."""
        spot: Spot | None = self.start
        for byte in text.encode():
            spot = self.step(spot, byte) if spot else None
        return spot is not None and self.may_end(spot)
