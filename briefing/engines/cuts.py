"""Parts of a sentence that are left out, and the sentence without them. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Cut", "compatible", "is_subsequence", "presented", "shorten"]

_CLOSING = "\"”’'»)]"
_WORDS = re.compile(r"[^\W_]+(?:[.,:'’/-][^\W_]+)*")


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """Characters of a sentence that may be left out, and what they are.

    `kind`: "parenthesis", "opening", "connective", "apposition", "relative", "participle", "circumstance",
    "place", "purpose", "clause", "adverb".
    """

    start: int
    end: int
    kind: str


def compatible(cuts: Sequence[Cut]) -> bool:
    """Whether none overlaps another."""
    return all(a.end <= b.start for a, b in itertools.pairwise(sorted(cuts)))


def shorten(text: str, cuts: Sequence[Cut]) -> str:
    """The text without the cuts, its first letter capital, blanks and marks in order.

    >>> shorten("The mill (built in 1931) burned, police said.", [Cut(8, 24, "parenthesis")])
    'The mill burned, police said.'
    """
    out, at = [], 0
    for cut in sorted(cuts):
        out.append(text[at : cut.start])
        at = cut.end
    left = re.sub(r"\s+", " ", "".join([*out, text[at:]])).strip()
    left = re.sub(r"\s+(?:--|–|—)(?=[.!?]$)", "", left)
    left = re.sub(r"\s+([,.;:!?])", r"\1", left)
    left = re.sub(r",(?:\s*,)+", ",", left)
    left = re.sub(r",([\"”])\.$", r".\1", left)
    left = re.sub(r",([.;:!?])", r"\1", left).lstrip(",;: ")
    return presented(left)


def presented(text: str) -> str:
    """The text with a capital at its start and a mark at its end.

    >>> presented("the bridge is open"), presented("iPhones sell well.")
    ('The bridge is open.', 'iPhones sell well.')
    >>> presented("He calls it “a private matter”"), presented("“We won!”")
    ('He calls it “a private matter”.', '“We won!”')
    """
    if not text[1:2].isupper():
        text = text[:1].upper() + text[1:]
    return text + "." if text.rstrip(_CLOSING)[-1:].isalnum() else text


def is_subsequence(short: str, whole: str) -> bool:
    """Whether every word of `short` stands in `whole` in the same order; letters' case aside.

    >>> is_subsequence("The bridge is open.", "Since Monday the old bridge is open again.")
    True
    """
    rest = iter(word.casefold() for word in _WORDS.findall(whole))
    return all(word.casefold() in rest for word in _WORDS.findall(short))
