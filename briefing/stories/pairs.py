"""Which articles may tell the same event, and how close they are."""

from __future__ import annotations

import zlib
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from briefing.stories.terms import term_counts
from briefing.types import Article

Floats = NDArray[numpy.float64]
Vectors = NDArray[numpy.float32]
Indices = NDArray[numpy.int32]

TERMS, POSTINGS, CANDIDATES = 24, 80, 40
"""An article is looked up by its heaviest terms among the latest articles with each of them; the nearest are kept.
So each is compared with a bounded number, however long the stream."""

PRIOR = 30
"""Articles a stream counts more than it has, so that a short one does not take every word for a common one."""

SHRINK = 10
"""Articles a stream needs before half its mean vector is taken off: what all have in common tells nothing apart."""

WORDS, MEANING = 0.8, 0.4
"""What counts of a pair: the cosine of tf-idf weights, and the cosine of centred vectors."""

STRANGERS = 0.3
"""What it takes off if both name names or numbers and share none: two mills that burn are two fires."""

NEIGHBOURS = (5, 20)
"""How crowded it is around an article: the mean closeness of its neighbours from the one rank to the other. The nearest
few may be of its own event."""

BUCKETS = 1 << 22
"""Terms are known by a number (feature hashing, Weinberger and others 2009): a table of all pairs of neighbouring
words in 100,000 articles would take a gigabyte."""

_BLOCK = 65536


@dataclass(frozen=True, slots=True)
class Stream:
    """Articles made comparable, in order of time.

    `terms` and `weights` hold the unit tf-idf vectors of all articles one after the other, as numbers of terms and
    float32; those of article i stand from `starts[i]` to `starts[i + 1]`. `frequency` is how many articles have a
    term, `named` which of `terms` are names or numbers. `centred` has a unit vector per article, `days` their day
    numbers, NaN for those without a date.
    """

    starts: NDArray[numpy.int64]
    terms: Indices
    weights: Vectors
    frequency: NDArray[numpy.int64]
    named: NDArray[numpy.bool_]
    centred: Vectors
    days: Floats


def stream(articles: Sequence[Article], vectors: Vectors, days: Floats) -> Stream:
    """`articles` in order of time, with a unit vector and a day number for each."""
    terms, counts, starts, named = array("i"), array("f"), array("q", [0]), array("b")
    for article in articles:
        found: Counter[int] = Counter()
        counted, names = term_counts(article)
        for term, count in counted.items():
            found[_number(term)] += count
        terms.extend(found.keys())
        counts.extend(found.values())
        called = {_number(name) for name in names}
        named.extend(number in called for number in found)
        starts.append(len(terms))
    is_name = numpy.array(named, dtype=bool)
    ids = numpy.array(terms, dtype=numpy.int32)
    frequency = numpy.bincount(ids, minlength=BUCKETS).astype(numpy.int64)
    idf = numpy.log((len(articles) + PRIOR + 1) / (frequency + 0.5))
    raw = (1 + numpy.log(numpy.array(counts, dtype=numpy.float64))) * idf[ids]
    begin = numpy.array(starts, dtype=numpy.int64)
    lengths = numpy.sqrt(_sums(raw * raw, begin))
    raw /= numpy.repeat(numpy.maximum(lengths, 1e-9), numpy.diff(begin))
    centred = vectors - vectors.sum(axis=0) / (len(articles) + SHRINK)
    centred /= numpy.maximum(numpy.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    return Stream(begin, ids, raw.astype(numpy.float32), frequency, is_name, centred.astype(numpy.float32), days)


def _sums(values: NDArray[numpy.floating], starts: NDArray[numpy.int64]) -> Floats:
    """Sums of the stretches of `values` that begin at `starts` and end at the next; 0 for empty ones."""
    sums = numpy.zeros(len(starts) - 1)
    filled = numpy.flatnonzero(numpy.diff(starts))
    if len(filled):
        sums[filled] = numpy.add.reduceat(values, starts[:-1][filled])
    return sums


def candidates(given: Stream, window: float) -> Indices:
    """Pairs (later, earlier) worth comparing: with heavy terms in common, at most `window` days apart. Shape (n, 2)."""
    latest: dict[int, list[int]] = defaultdict(list)
    worths: dict[int, list[float]] = defaultdict(list)
    days = given.days.tolist()
    pairs = array("i")
    for i in range(len(days)):
        part = slice(given.starts[i], given.starts[i + 1])
        ids, weights = given.terms[part], given.weights[part]
        # A term nobody else has leads nowhere.
        shared = given.frequency[ids] > 1
        ids, weights = ids[shared], weights[shared]
        heavy = numpy.lexsort((ids, -weights))[:TERMS]
        found: dict[int, float] = defaultdict(float)
        for term, weight in zip(ids[heavy].tolist(), weights[heavy].tolist(), strict=True):
            posted, with_weight = latest[term], worths[term]
            for j, other in zip(posted[-POSTINGS:], with_weight[-POSTINGS:], strict=True):
                found[j] += weight * other
            posted.append(i)
            with_weight.append(weight)
            if len(posted) > 4 * POSTINGS:
                del posted[:-POSTINGS], with_weight[:-POSTINGS]
        near = sorted(found, key=lambda j: (-found[j], -j))[:CANDIDATES]
        for j in near:
            # A comparison with NaN is false: what has no date may belong anywhere.
            if not abs(days[i] - days[j]) > window:
                pairs.extend((i, j))
    return numpy.array(pairs, dtype=numpy.int32).reshape(-1, 2)


def closeness(given: Stream, pairs: Indices) -> Floats:
    """How near the articles of each pair are in words and meaning, shape (pairs,)."""
    first, second = pairs[:, 0], pairs[:, 1]
    meaning = numpy.zeros(len(pairs))
    for start in range(0, len(pairs), _BLOCK):
        part = slice(start, start + _BLOCK)
        meaning[part] = numpy.einsum("ij,ij->i", given.centred[first[part]], given.centred[second[part]])
    wording, strangers = _wording(given, first, second)
    return numpy.asarray(WORDS * wording + MEANING * meaning - STRANGERS * strangers, dtype=numpy.float64)


def crowding(count: int, pairs: Indices, worths: Floats) -> float:
    """How close `count` articles are, on average, to what lies around them; who has few neighbours has empty places.

    After the local scaling of Conneau and others 2018 ("Word translation without parallel data"), here of the whole
    stream: taken article by article it breaks up stories of many articles, whose neighbours are all their own.
    """
    nodes = numpy.concatenate([pairs[:, 0], pairs[:, 1]])
    values = numpy.maximum(numpy.concatenate([worths, worths]), 0.0)
    order = numpy.lexsort((-values, nodes))
    nodes, values = nodes[order], values[order]
    rank = numpy.arange(len(nodes)) - numpy.searchsorted(nodes, nodes)
    low, high = NEIGHBOURS
    return float(values[(rank >= low) & (rank < high)].sum()) / ((high - low) * max(1, count))


def _number(term: str) -> int:
    return zlib.crc32(term.encode("utf-8", "surrogatepass")) % BUCKETS


def _wording(given: Stream, first: Indices, second: Indices) -> tuple[Floats, NDArray[numpy.bool_]]:
    """Cosines of the tf-idf vectors of pairs; which pairs name names but none in common."""
    wording, common = numpy.zeros(len(first)), numpy.zeros(len(first))
    if not len(first):
        return wording, numpy.zeros(0, dtype=bool)
    order = numpy.argsort(first, kind="stable")
    heads, begins = numpy.unique(first[order], return_index=True)
    ends = [*begins.tolist()[1:], len(order)]
    dense = numpy.zeros(len(given.frequency), dtype=numpy.float32)
    called = numpy.zeros(len(given.frequency), dtype=numpy.float32)
    starts = given.starts
    for i, begin, end in zip(heads.tolist(), begins.tolist(), ends, strict=True):
        own = slice(starts[i], starts[i + 1])
        dense[given.terms[own]] = given.weights[own]
        called[given.terms[own]] = given.named[own]
        rows = order[begin:end]
        others = [slice(starts[j], starts[j + 1]) for j in second[rows].tolist()]
        bounds = numpy.zeros(len(others) + 1, dtype=numpy.int64)
        numpy.cumsum([part.stop - part.start for part in others], out=bounds[1:])
        terms = numpy.concatenate([given.terms[part] for part in others])
        weights = numpy.concatenate([given.weights[part] for part in others])
        wording[rows] = _sums(dense[terms] * weights, bounds)
        common[rows] = _sums(called[terms] * numpy.concatenate([given.named[part] for part in others]), bounds)
        dense[given.terms[own]] = 0.0
        called[given.terms[own]] = 0.0
    has = _sums(given.named.astype(numpy.float64), starts) > 0
    return wording, has[first] & has[second] & (common == 0)
