"""What may be expected of several articles on one event, read as one: salience per article, one choice over all."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy
from numpy.typing import NDArray

from briefing.engines import Vectors
from briefing.engines.reading import Document, Word
from briefing.engines.salience import CANDIDATES, Expectation, Judged, Salience, by_type, opening_favoured

__all__ = ["expected"]

ALIKE = 0.68
"""Cosine from which two sentences are taken to say the same; chosen by eye on development events."""

MORE_CANDIDATES = 2
"""Sentences more from which sets are made, for each further article."""
MOST_CANDIDATES = 15
CONSENSUS = 0.5
"""How much it counts that several articles use a word: 0 takes the mean of its odds where it stands, 1 the mean
over all articles. Chosen on development events (`python -m benchmarks.multi`)."""
LENGTH = 60.0
"""Words of the summary that is expected of several articles, where one article's has 48."""


def expected(salience: Salience, articles: Sequence[Sequence[str]]) -> Expectation:
    """The sentences of all articles, one after the other, with what may be expected of them.

    Each article is read alone, so that its openings and repetitions count as they do alone. A word then has one odds
    for all articles: what several of them use is likelier to be the core of the event. Raises ModelUnavailable.
    """
    constants = salience.load()[1]
    each = [salience.judged(sentences) for sentences in articles]
    read = [one for one, _ in each]
    judged = [opening_favoured(one, judged, constants.opening) for one, judged in each]
    words: list[Word] = []
    first: list[int] = []
    for one in read:
        sentences_before = len(first)
        first += [len(words) + at for at in one.first[:-1]]
        words += [word._replace(sentence=word.sentence + sentences_before) for word in one.words]
    first.append(len(words))
    together = Document(
        tuple(text for one in read for text in one.sentences),
        tuple(words),
        tuple(first),
        numpy.concatenate([one.states for one in read]),
        numpy.concatenate([one.features for one in read]),
        numpy.concatenate([one.about for one in read]),
    )
    stems = [[word.stem for word in one.words] for one in read]
    pairs = [[f"{a} {b}" for a, b in itertools.pairwise([*one, ""])] for one in stems]
    merged = Judged(
        _agreed(stems, [one.words for one in judged]),
        _agreed(pairs, [one.pairs for one in judged]),
        numpy.concatenate([one.sentences for one in judged]),
    )
    alike = _Alike(salience, together.sentences)
    pool = min(MOST_CANDIDATES, CANDIDATES + MORE_CANDIDATES * (len(read) - 1))
    return Expectation(
        together, merged, replace(constants, opening=0.0, length=max(constants.length, LENGTH)), pool, alike
    )


def _agreed(names: Sequence[Sequence[str]], odds: Sequence[Vectors]) -> Vectors:
    """For every word of every article, in order, the odds all articles together give its type."""
    sums: dict[str, float] = {}
    standing: Counter[str] = Counter()
    for own, values in zip(names, odds, strict=True):
        types, means = by_type(own, values)
        for name, odd in dict(zip(own, means[types].tolist(), strict=True)).items():
            sums[name] = sums.get(name, 0.0) + odd
            standing[name] += 1
    shared = {
        name: (1 - CONSENSUS) * total / standing[name] + CONSENSUS * total / len(names) for name, total in sums.items()
    }
    return numpy.array([shared[name] for own in names for name in own], dtype=numpy.float32)


class _Alike:
    """Which sentences say the same; those that are asked for are encoded once."""

    def __init__(self, salience: Salience, sentences: Sequence[str]) -> None:
        self._encoder = salience.encoder
        self._sentences = sentences
        self._vectors: dict[int, Vectors] = {}

    def __call__(self, wanted: Sequence[int]) -> NDArray[numpy.bool_]:
        new = [at for at in dict.fromkeys(wanted) if at not in self._vectors]
        if new:
            vectors = self._encoder.encode([self._sentences[at] for at in new])
            self._vectors.update(zip(new, vectors, strict=True))
        rows = numpy.stack([self._vectors[at] for at in wanted])
        out: NDArray[numpy.bool_] = rows @ rows.T >= ALIKE
        numpy.fill_diagonal(out, False)
        return out
