"""Articles → stories. Pure: vectors come in, nothing is loaded or read.

Two articles are one story when one repeats the other nearly word for word (MinHash over shingles), or when
they tell the same event: close in meaning, with names or numbers in common, within three days.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy
from numpy.typing import NDArray

from briefing.text import digest, words
from briefing.types import Article, Story

SHINGLE = 3
PERMUTATIONS = 128
COPY = 0.55
"""Jaccard similarity of word shingles from which an article counts as a copy of another."""

SAME_EVENT = 0.68
"""Closeness from which an article joins a story: cosine to the story's mean plus `NAME_WORTH` for each name
or number they share. Chosen on development events (BCubed F1 .88 there, precision over recall: two stories
told as one hide news, one told twice only costs a minute)."""

NAME_WORTH, MOST_NAMES = 0.03, 6
COMMON_NAME, COMMON_SHARE = 5, 0.05
"""A name that stands in more articles than this, and in more than this share of them, marks no event."""

WINDOW = timedelta(days=3)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"\b(?:[A-ZÀ-ÖØ-Þ][\w'’.-]{2,}|\d[\d.,]*\d|\d{2,})")
_CORRECTION = re.compile(r"(?i)^\s*(correction|corrections? and clarifications?|clarification|erratum)\b")
_OPINION = re.compile(
    r"(?i)^\s*(opinion|comment|editorial|column|op-ed|leader|analysis|kommentar|opinión|tribune)\s*[:|–—-]"
)


@dataclass(frozen=True, slots=True)
class Grouping:
    """`stories` to choose from; `repeated` are ids of articles that only repeat what was told before."""

    stories: tuple[Story, ...]
    repeated: frozenset[str]


def group(articles: Sequence[Article], vectors: NDArray[numpy.float32], told: Collection[str] = ()) -> Grouping:
    """The stories in `articles`, in the order of their first article's date.

    `vectors` has one unit row per article. Articles whose id is in `told` were in an edition before: they
    take part so that copies of them are recognised, but no story is made of them.
    """
    order = sorted(range(len(articles)), key=lambda i: (_when(articles[i]), articles[i].id))
    original = _copies(articles, order)
    clusters = _events([i for i in order if original[i] == i], articles, vectors)
    stories, repeated = [], set()
    for cluster in clusters:
        members = [i for i in order if original[i] in cluster]
        known = {original[i] for i in members if articles[i].id in told}
        fresh = [i for i in members if articles[i].id not in told and original[i] not in known]
        repeated |= {articles[i].id for i in members if articles[i].id not in told and original[i] in known}
        if fresh:
            stories.append(_story(fresh, articles, original))
    return Grouping(tuple(stories), frozenset(repeated))


def _when(article: Article) -> datetime:
    return article.published or article.seen or _EPOCH


def _story(members: list[int], articles: Sequence[Article], original: dict[int, int]) -> Story:
    copies = frozenset(articles[i].id for i in members if original[i] != i and original[i] in members)
    own = [i for i in members if articles[i].id not in copies]
    longest = max(len(articles[i].text) for i in own)

    def fitness(i: int) -> tuple[bool, bool, datetime, int]:
        # The newest full report has the latest figures; a comment or a correction is not the report.
        article = articles[i]
        title = article.title or ""
        report = not _OPINION.match(title) and not _CORRECTION.match(title)
        return report, len(article.text) >= longest * 0.4, _when(article), len(article.text)

    lead = max(own, key=fitness)
    rest = sorted((i for i in members if i != lead), key=_newest_first(articles))
    first = min(members, key=lambda i: (_when(articles[i]), articles[i].id))
    return Story(
        id=digest("story", articles[first].id), articles=tuple(articles[i] for i in [lead, *rest]), copies=copies
    )


def _newest_first(articles: Sequence[Article]) -> Callable[[int], tuple[float, str]]:
    return lambda i: (-(_when(articles[i]) - _EPOCH).total_seconds(), articles[i].id)


def _copies(articles: Sequence[Article], order: list[int]) -> dict[int, int]:
    """For each article the one it repeats: the earliest of its near-duplicates, itself if it has none."""
    from datasketch import MinHash, MinHashLSH

    original: dict[int, int] = {}
    sketches: dict[int, MinHash] = {}
    index = MinHashLSH(threshold=COPY, num_perm=PERMUTATIONS)
    for i in order:
        tokens = words(articles[i].text.casefold())
        shingles = {" ".join(tokens[k : k + SHINGLE]).encode() for k in range(max(1, len(tokens) - SHINGLE + 1))}
        sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch(sorted(shingles))
        near = [(sketch.jaccard(sketches[k]), -k, k) for k in index.query(sketch)]
        best = max(near, default=(0.0, 0, i))
        original[i] = original[best[2]] if best[0] >= COPY else i
        sketches[i] = sketch
        index.insert(i, sketch)
    return original


def _names(article: Article) -> set[str]:
    text = f"{article.title or ''}. {article.text[:1200]}"
    return {name.casefold().strip(".,") for name in _NAME.findall(text)}


def _telling_names(order: list[int], articles: Sequence[Article]) -> dict[int, set[str]]:
    """Names and numbers of each article that tell events apart: not those that stand everywhere."""
    found = {i: _names(articles[i]) for i in order}
    counts = Counter(name for names in found.values() for name in names)
    common = max(COMMON_NAME, COMMON_SHARE * len(order))
    return {i: {name for name in names if counts[name] <= common} for i, names in found.items()}


def _events(order: list[int], articles: Sequence[Article], vectors: NDArray[numpy.float32]) -> list[set[int]]:
    """Single pass in the order of time: an article joins the nearest story that is near enough, or opens one."""
    telling = _telling_names(order, articles)
    clusters: list[set[int]] = []
    sums = numpy.zeros((len(order), vectors.shape[1] if len(order) else 0), dtype=numpy.float32)
    names: list[set[str]] = []
    latest: list[datetime] = []
    for i in order:
        when = _when(articles[i])
        best, at = SAME_EVENT, -1
        if clusters:
            means = sums[: len(clusters)]
            cosines = means @ vectors[i] / numpy.maximum(numpy.linalg.norm(means, axis=1), 1e-9)
            for k in numpy.flatnonzero(cosines >= SAME_EVENT - NAME_WORTH * MOST_NAMES):
                shared = len(telling[i] & names[k])
                closeness = float(cosines[k]) + NAME_WORTH * min(shared, MOST_NAMES)
                if shared and closeness >= best and when - latest[k] <= WINDOW:
                    best, at = closeness, int(k)
        if at < 0:
            at = len(clusters)
            clusters.append(set())
            names.append(set())
            latest.append(when)
        clusters[at].add(i)
        sums[at] += vectors[i]
        names[at] |= telling[i]
        latest[at] = max(latest[at], when)
    return clusters
