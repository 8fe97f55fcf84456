"""Where in the source a claim may rest: sentences near in meaning and in words. Asks no engine what it meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from briefing.engines import Vectors
from briefing.engines.cuts import is_subsequence
from briefing.guard.reading import Reading
from briefing.guard.source import Source
from briefing.text import Span

__all__ = ["Found", "find", "likely"]

MOST = 3
"""Sentences that form the evidence of a claim; a claim may merge two, and a third tells who "he" is."""
NEAREST = 4
"""Sentences that are read beside a claim as one text."""
LIKELY = 6
"""Sentences whose meaning is compared with the claim's."""
_LEAST_GAIN = 0.12
"""Share of the claim's weight another sentence must add to stand among the evidence."""


@dataclass(frozen=True, slots=True)
class Found:
    """The evidence of a claim: indices of sentences, best first.

    `coverage` says, sentence by sentence in that order, what share of the claim's words (rare ones weigh more) it
    has; `together` what share all of them have. `nearest` are the sentences near to the claim, whether or not they
    add to each other, in the order of the source.
    """

    order: tuple[int, ...]
    coverage: tuple[float, ...]
    together: float
    cosine: float
    nearest: tuple[int, ...] = ()

    def spans(self, source: Source) -> tuple[Span, ...]:
        """Characters of the source, best first."""
        return tuple(source.spans[i] for i in self.order)


def find(claim: Reading, source: Source, vector: Vectors | None, claimed: Sequence[Span] = ()) -> Found:
    """The sentences that say most of the claim, each next one for what it adds.

    What an engine named as its evidence (`claimed`) is looked at like any other sentence, and only breaks ties. A claim
    that is a sentence of the source needs no `vector`.
    """
    wanted, shares = _shared(claim, source)
    whole = sum(wanted.values()) or 1.0
    cosines = source.similarity(vector, _likely(claim, source, shares))
    if (same := source.at(claim.text)) is not None:
        cosines[same] = 1.0
    named = [0.05 * any(a < span.end and span.start < b for a, b in claimed) for span in source.spans]
    scores = [share + 0.7 * float(cosine) + bonus for share, cosine, bonus in zip(shares, cosines, named, strict=True)]
    if not scores:
        return Found((), (), 0.0, 0.0)
    order = [max(range(len(scores)), key=lambda i: (scores[i], -i))]
    have = wanted.keys() & source.stems[order[0]]
    while len(order) < min(MOST, len(scores)):
        left = wanted.keys() - have
        gains = {
            i: sum(wanted[word] for word in left & source.stems[i]) / whole + 0.2 * float(cosines[i])
            for i in range(len(scores))
            if i not in order
        }
        best = max(gains, key=lambda i: (gains[i], -abs(i - order[0])))
        added = sum(wanted[word] for word in left & source.stems[best]) / whole
        if added < _LEAST_GAIN and len(order) > 1:
            break
        order.append(best)
        have |= wanted.keys() & source.stems[best]
    return Found(
        tuple(order), tuple(shares[i] for i in order), sum(wanted[word] for word in have) / whole, float(cosines.max()),
        tuple(sorted(sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:NEAREST])),
    )  # fmt: skip


def likely(claim: Reading, source: Source) -> list[int]:
    """The sentences whose meaning `find` compares with the claim's: all of them would take most of the time."""
    return _likely(claim, source, _shared(claim, source)[1])


def _shared(claim: Reading, source: Source) -> tuple[dict[str, float], list[float]]:
    """What each of the claim's words weighs, and what share of that each sentence has."""
    wanted = {word: source.weight(word) for word in claim.content}
    whole = sum(wanted.values()) or 1.0
    return wanted, [sum(wanted[word] for word in wanted.keys() & stems) / whole for stems in source.stems]


def _likely(claim: Reading, source: Source, shares: Sequence[float]) -> list[int]:
    most = sorted(range(len(shares)), key=lambda i: (-shares[i], i))[:LIKELY]
    # None is nearer in meaning than the sentence whose words in order the claim is.
    return next(([i] for i in most if is_subsequence(claim.text, source.sentences[i])), most)
