"""Which articles may tell the same event, and the log-odds that they do."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from briefing.stories.terms import Rarity, Weighted, terms_of
from briefing.types import Article

TERMS, POSTINGS, CANDIDATES = 24, 80, 40
"""An article is looked up by its heaviest terms among the latest articles with each of them; the nearest are kept.
So each is compared with a bounded number, however long the stream."""

SHRINK = 100
"""Articles a stream needs before half its mean vector is taken off: what all have in common tells nothing apart."""

WORDS, MEANING, BOTH = 0.5, 0.3, 0.4
"""What counts of a pair: cosine of tf-idf weights, cosine of centred vectors, and both at once."""

BLOCK = 65536


@dataclass(frozen=True, slots=True)
class Stream:
    """Articles made comparable, in order of time. `days` are NaN for those without a date."""

    terms: tuple[Weighted, ...]
    rarity: Rarity
    vectors: NDArray[numpy.float32]
    centred: NDArray[numpy.float32]
    days: NDArray[numpy.float64]


def stream(articles: Sequence[Article], vectors: NDArray[numpy.float32], days: NDArray[numpy.float64]) -> Stream:
    """`articles` in order of time, a unit vector and a day number for each."""
    found = [terms_of(article) for article in articles]
    rarity = Rarity(found, {})
    mean = vectors.sum(axis=0) / (len(articles) + SHRINK)
    centred = vectors - mean
    centred /= numpy.maximum(numpy.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    return Stream(tuple(rarity.weigh(one) for one in found), rarity, vectors, centred, days)


def candidates(given: Stream, window: float) -> list[tuple[int, int]]:
    """Pairs (later, earlier) worth comparing: with heavy terms in common, at most `window` days apart."""
    postings: dict[str, deque[tuple[int, float]]] = defaultdict(lambda: deque(maxlen=POSTINGS))
    pairs = []
    for i, terms in enumerate(given.terms):
        heavy = heapq.nlargest(TERMS, terms.weights.items(), key=lambda entry: (entry[1], entry[0]))
        worth: dict[int, float] = defaultdict(float)
        for term, weight in heavy:
            for j, other in postings[term]:
                worth[j] += weight * other
        near = heapq.nlargest(CANDIDATES, worth.items(), key=lambda entry: (entry[1], entry[0]))
        pairs += [(i, j) for j, _ in near if not abs(given.days[i] - given.days[j]) > window]
        for term, weight in heavy:
            postings[term].append((i, weight))
    return pairs


def closeness(given: Stream, pairs: Sequence[tuple[int, int]]) -> NDArray[numpy.float64]:
    """How near the articles of each pair are: words, meaning, and how long one came after the other."""
    if not pairs:
        return numpy.zeros(0)
    first, second = numpy.array(pairs).T
    meaning = numpy.zeros(len(pairs))
    for start in range(0, len(pairs), BLOCK):
        part = slice(start, start + BLOCK)
        meaning[part] = numpy.einsum("ij,ij->i", given.centred[first[part]], given.centred[second[part]])
    wording = numpy.array([overlap(given.terms[i].weights, given.terms[j].weights) for i, j in pairs])
    both = numpy.maximum(wording * meaning, 0.0)
    return numpy.asarray(WORDS * wording + MEANING * meaning + BOTH * both, dtype=numpy.float64)


def overlap(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The dot product of two sparse vectors, the same in every process."""
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[term] for term, weight in one.items() if term in other)
