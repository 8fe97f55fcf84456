"""Articles → stories. Pure: vectors come in, nothing is loaded or read.

First near-duplicates (`duplicates`): what repeats another article nearly word for word is one voice with it. Then
events (`pairs`, `events`): each article is compared with a bounded number of likely others in words and meaning, and
clusters grow by average linkage; days without news push apart. Last names (`identity`): what was known of earlier
runs holds stories together and keeps their ids.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy
from numpy.typing import NDArray

from briefing.stories import events, pairs
from briefing.stories.addresses import canonical_url
from briefing.stories.duplicates import copies, figures, originals
from briefing.stories.identity import name_stories
from briefing.stories.terms import headline
from briefing.stories.times import EPOCH, in_order, moment
from briefing.types import Article, Story

__all__ = ["WINDOW", "Grouping", "Partition", "canonical_url", "copies", "group", "headline", "partition", "whole"]

WINDOW = timedelta(days=6)
"""Days without news after which a story is closed: what comes then is another one."""

HOLD = 0.08
"""How much less close than `events.needed` the parts of a known story may be before it falls apart."""

_CORRECTION = re.compile(r"(?i)^\s*(correction|corrections? and clarifications?|clarification|erratum)\b")
_OPINION = re.compile(
    r"(?i)^\s*(opinion|comment|editorial|column|op-ed|leader|analysis|kommentar|opinión|tribune)\s*[:|–—-]"
)
_HELD = 3


@dataclass(frozen=True, slots=True)
class Grouping:
    """`stories` to choose from; `repeated` are ids of articles that only repeat what was told before.

    `membership` has the story of every article that was given, told ones too. `merged` has the ids of stories that
    went into another one, with the id that stays.
    """

    stories: tuple[Story, ...]
    repeated: frozenset[str]
    membership: Mapping[str, str] = field(default_factory=dict)
    merged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Partition:
    """Which of `articles` tell one event, whoever reads: the part of grouping that is the same for all readers.

    `clusters` hold indices into `articles` in order of time, `names` an id for each; `original` has for each index that
    of the article it repeats, or its own. `membership` and `merged` are those of `Grouping`.
    """

    articles: tuple[Article, ...]
    clusters: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    original: Mapping[int, int]
    membership: Mapping[str, str]
    merged: Mapping[str, str]
    _seen: dict[tuple[int, frozenset[str], frozenset[str]], tuple[Story | None, frozenset[str]]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _place: dict[str, int] = field(default_factory=dict, compare=False, repr=False)
    _untouched: list[Grouping] = field(default_factory=list, compare=False, repr=False)

    def cluster_of(self, article: str) -> int | None:
        """The place in `clusters` of an article's cluster; None for an article that is not here."""
        if not self._place:
            ids = ((self.articles[i].id, at) for at, members in enumerate(self.clusters) for i in members)
            self._place.update(ids)
        return self._place.get(article)

    def seen_by(self, told: Collection[str], hidden: Collection[str] = ()) -> Grouping:
        """What a reader has of it to choose from, who was told the articles `told` and has none of `hidden`.

        A cluster in which the same was told and hidden gives the same story, made once.
        """
        touched: dict[int, tuple[set[str], set[str]]] = {}
        for which, ids in enumerate((told, hidden)):
            for one in ids:
                if (at := self.cluster_of(one)) is not None:
                    touched.setdefault(at, (set(), set()))[which].add(one)
        nothing: frozenset[str] = frozenset()
        if not touched and self._untouched:
            return self._untouched[0]
        stories: list[Story] = []
        repeated: set[str] = set()
        for at in range(len(self.clusters)):
            marks = touched.get(at)
            key = (at, frozenset(marks[0]), frozenset(marks[1])) if marks else (at, nothing, nothing)
            if key not in self._seen:
                self._seen[key] = self._view(*key)
            story, old = self._seen[key]
            repeated |= old
            if story is not None:
                stories.append(story)
        found = Grouping(tuple(stories), frozenset(repeated), self.membership, self.merged)
        if not touched:
            self._untouched.append(found)
        return found

    def _view(self, at: int, told: frozenset[str], hidden: frozenset[str]) -> tuple[Story | None, frozenset[str]]:
        """The story of one cluster, if there is anything new in it, and the ids of what only repeats."""
        articles, original = self.articles, self.original
        members = [i for i in self.clusters[at] if articles[i].id not in hidden]
        before: dict[int, list[frozenset[str]]] = defaultdict(list)
        for i in members:
            if articles[i].id in told:
                before[original[i]].append(figures(articles[i]))
        new = [i for i in members if articles[i].id not in told]
        # A copy with another figure in it, a toll that has risen, is no mere repetition.
        old = {i for i in new if any(figures(articles[i]) <= said for said in before.get(original[i], ()))}
        fresh = [i for i in new if i not in old]
        story = _story(self.names[at], fresh, articles, original) if fresh else None
        return story, frozenset(articles[i].id for i in old)


def partition(
    articles: Sequence[Article], vectors: NDArray[numpy.float32], known: Mapping[str, str] | None = None
) -> Partition:
    """Articles divided by the events they tell, in the order of each one's first article; arguments as of `group`."""
    if len(vectors) != len(articles):
        raise ValueError(f"{len(articles)} articles but {len(vectors)} vectors")
    known = known or {}
    order = in_order(articles)
    original = originals(articles, order)
    own = [i for i in order if original[i] == i]
    place = {i: at for at, i in enumerate(own)}
    labels = _labels([articles[i] for i in own], vectors[own], known)
    clusters: dict[int, list[int]] = defaultdict(list)
    for i in order:
        clusters[labels[place[original[i]]]].append(i)
    names, merged = name_stories([[articles[i].id for i in members] for members in clusters.values()], known)
    membership = {articles[i].id: name for name, members in zip(names, clusters.values(), strict=True) for i in members}
    parts = tuple(tuple(members) for members in clusters.values())
    return Partition(tuple(articles), parts, tuple(names), original, membership, merged)


def group(
    articles: Sequence[Article],
    vectors: NDArray[numpy.float32],
    told: Collection[str] = (),
    known: Mapping[str, str] | None = None,
) -> Grouping:
    """The stories in `articles`, in the order of their first article's date.

    `vectors` has one unit row per article: what its headline and opening mean. Articles whose id is in `told` were
    in an edition before: they take part so that copies of them are recognised, but no story is made of them alone.
    `known` has the story of articles that were grouped before, as an earlier grouping's `membership`: such stories
    keep together unless they turn out to be two, and keep their ids. The order in which articles are given makes no
    difference. Raises ValueError if the number of rows differs from that of articles.
    """
    return partition(articles, vectors, known).seen_by(told)


def whole(articles: Sequence[Article], membership: Mapping[str, str]) -> list[Story]:
    """The stories of a grouping with all their articles, told ones too, newest first."""
    found: dict[str, list[Article]] = defaultdict(list)
    for i in reversed(in_order(articles)):
        found[membership[articles[i].id]].append(articles[i])
    return [Story(id=name, articles=tuple(members)) for name, members in found.items()]


def _labels(articles: Sequence[Article], vectors: NDArray[numpy.float32], known: Mapping[str, str]) -> list[int]:
    """A label for each of `articles`, which stand in order of time and repeat nothing."""
    days = numpy.array([_day(article) for article in articles], dtype=numpy.float64)
    given = pairs.stream(articles, vectors, days)
    likely = pairs.candidates(given, WINDOW / timedelta(days=1))
    story = [known.get(article.id) for article in articles]
    held = _held(story)
    if len(held):
        likely = numpy.unique(numpy.concatenate([likely, held]), axis=0)
    worths = pairs.closeness(given, likely)
    threshold = events.needed(pairs.crowding(len(days), likely, worths))
    moments = days.tolist()
    together: list[list[int]] = []
    if len(held):
        inside = numpy.array([story[a] is not None and story[a] == story[b] for a, b in likely.tolist()])
        parts: dict[int, list[int]] = defaultdict(list)
        labels = events.link(moments, likely[inside], worths[inside], threshold - HOLD, quiet_day=0.0)
        for at, label in enumerate(labels):
            parts[label].append(at)
        together = [part for part in parts.values() if len(part) > 1]
    return events.link(moments, likely, worths, threshold, together)


def _held(story: Sequence[str | None]) -> NDArray[numpy.int32]:
    """Pairs that hold known stories together: each article with those of its story just before it."""
    before: dict[str, list[int]] = defaultdict(list)
    found: list[tuple[int, int]] = []
    for i, name in enumerate(story):
        if name is not None:
            found += [(i, j) for j in before[name][-_HELD:]]
            before[name].append(i)
    return numpy.array(found, dtype=numpy.int32).reshape(-1, 2)


def _day(article: Article) -> float:
    when = moment(article)
    return float("nan") if when is None else (when - EPOCH) / timedelta(days=1)


def _when(article: Article) -> datetime:
    return moment(article) or EPOCH


def _story(name: str, members: list[int], articles: Sequence[Article], original: Mapping[int, int]) -> Story:
    repeats = frozenset(articles[i].id for i in members if original[i] != i and original[i] in members)
    own = [i for i in members if articles[i].id not in repeats]
    longest = max(len(articles[i].text) for i in own)

    def fitness(i: int) -> tuple[bool, bool, datetime, int]:
        # The newest full report has the latest figures; a comment or a correction is not the report.
        article = articles[i]
        title = article.title or ""
        report = not _OPINION.match(title) and not _CORRECTION.match(title)
        return report, len(article.text) >= longest * 0.4, _when(article), len(article.text)

    lead = max(own, key=fitness)
    rest = sorted((i for i in members if i != lead), key=_newest_first(articles))
    return Story(id=name, articles=tuple(articles[i] for i in [lead, *rest]), copies=repeats)


def _newest_first(articles: Sequence[Article]) -> Callable[[int], tuple[float, str]]:
    return lambda i: (-(_when(articles[i]) - EPOCH).total_seconds(), articles[i].id)
