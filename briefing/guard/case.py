"""A claim beside its evidence, as every check gets it, and what a check answers."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from briefing.guard.evidence import Found
from briefing.guard.reading import Reading
from briefing.guard.source import Source

__all__ = ["KINDS", "Case", "Fault", "Match", "align"]

KINDS = ("number", "date", "name", "quotation", "negation", "direction", "attribution", "subject", "addressed")
"""Kinds of faults."""

CLOSE = 0.72
"""Share of a claim's words that stand in a sentence in the same order from which on it is that sentence, retold."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in words, and which check says so."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Match:
    """Words of a claim and of a sentence that correspond, in order: (claim's index, sentence's index).

    `gaps` are the stretches between: (claim from, to, sentence from, to), ends excluded.
    """

    pairs: tuple[tuple[int, int], ...]
    gaps: tuple[tuple[int, int, int, int], ...]
    share: float


def align(claim: Reading, sentence: Reading) -> Match:
    """Longest common stretches of stems (Ratcliff and Obershelp 1988, as in difflib)."""
    ours = [i for i, word in enumerate(claim.words) if word.text[:1].isalnum() or word.low in ("n't", "n’t")]
    theirs = [i for i, word in enumerate(sentence.words) if word.text[:1].isalnum() or word.low in ("n't", "n’t")]
    matcher = difflib.SequenceMatcher(
        None, [claim.words[i].stem for i in ours], [sentence.words[i].stem for i in theirs], autojunk=False
    )
    pairs: list[tuple[int, int]] = []
    gaps: list[tuple[int, int, int, int]] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            pairs.extend((ours[a + k], theirs[c + k]) for k in range(b - a))
        else:
            # Only words: the marks between are no part of a gap's ends.
            gaps.append((
                ours[a] if a < b else (ours[a] if a < len(ours) else len(claim.words)),
                ours[b - 1] + 1 if a < b else (ours[a] if a < len(ours) else len(claim.words)),
                theirs[c] if c < d else (theirs[c] if c < len(theirs) else len(sentence.words)),
                theirs[d - 1] + 1 if c < d else (theirs[c] if c < len(theirs) else len(sentence.words)),
            ))  # fmt: skip
    return Match(tuple(pairs), tuple(gaps), len(pairs) / max(1, len(ours)))


@dataclass(frozen=True)
class Case:
    """The claim, its evidence (sentences with grammar, best first) and the whole source."""

    claim: Reading
    source: Source
    found: Found
    near: tuple[Reading, ...]

    @cached_property
    def matches(self) -> list[Match]:
        """The claim aligned with each sentence of the evidence."""
        return [align(self.claim, one) for one in self.near]

    @cached_property
    def closest(self) -> int:
        """Which sentence of the evidence shares most words in order."""
        return max(range(len(self.near)), key=lambda k: self.matches[k].share, default=-1)

    @property
    def close(self) -> bool:
        """Whether the claim is nearly a sentence of the source."""
        return bool(self.near) and self.matches[self.closest].share >= CLOSE

    @cached_property
    def verbatim(self) -> bool:
        """Whether the claim's words stand in the source in a row."""
        return self.source.said(self.claim.text)

    @cached_property
    def around(self) -> frozenset[int]:
        """The evidence and the two sentences before each and the one after, where who "he" is may stand."""
        return frozenset(
            j for i in self.found.order for j in range(max(0, i - 2), min(len(self.source.sentences), i + 2))
        )

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the evidence."""
        return frozenset().union(*(one.stems for one in self.near))

    def beside(self, words: Sequence[str]) -> bool:
        """Whether these stems stand in the evidence."""
        return all(word in self.stems for word in words)
