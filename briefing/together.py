"""What editions made at one moment have in common, worked out once however many readers there are.

Only what depends on news, not on a reader, is kept: what was gathered, the articles with their vectors, which of them
tell one event, what each story is worth for each topic. An edition made alone is made by the same code, so it is the
same, byte for byte, as one made with ten thousand others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from briefing import stories as grouping
from briefing.config import TopicConfig
from briefing.engines import Embedder, Vectors
from briefing.selection import Common
from briefing.store import Store
from briefing.types import Article, Story

__all__ = ["Pool", "Together"]

Found = TypeVar("Found")


@dataclass(slots=True)
class Pool:
    """What there is to choose from for readers of one `limits.max_age`.

    `known` are all articles that may matter, newest first. `current` are those of them that take part in grouping: what
    is not too old, and what is (`older`) but was told to somebody, so that copies of it are recognised. `agreed` is a
    membership that is known to be what the store has.
    """

    known: list[Article]
    current: list[Article]
    older: frozenset[str]
    vectors: Vectors
    common: Common
    belongs: dict[str, str]
    _divided: grouping.Partition | None = None
    _whole: list[Story] = field(default_factory=list)
    agreed: Mapping[str, str] | None = None

    def grouped(self, told: Collection[str], hidden: Collection[str]) -> grouping.Grouping:
        """What one reader has of it who was told some articles and has none of `hidden`."""
        return self._partition().seen_by(self.common.place.keys() & told, hidden)

    def whole(self) -> list[Story]:
        """The stories with all their articles, whoever was told them."""
        if not self._whole:
            self._whole = grouping.whole(self.current, self._partition().membership)
        return self._whole

    def _partition(self) -> grouping.Partition:
        if self._divided is None:
            self._divided = grouping.partition(self.current, self.vectors, self.belongs)
        return self._divided

    def rename(self, membership: Mapping[str, str], merged: Mapping[str, str]) -> None:
        """Articles belong to these stories from now on."""
        changed = {one: membership.get(one, merged.get(story, story)) for one, story in self.belongs.items()}
        changed |= {one: membership[one] for one in self.common.place.keys() & membership}
        if changed != self.belongs:
            self.belongs, self._divided, self._whole, self.agreed = changed, None, [], None


class Together:
    """One moment's work. `sources` are the names of all sources, `weights` what each counts."""

    def __init__(
        self, store: Store, encoder: Embedder, topics: Sequence[TopicConfig], weights: Mapping[str, float],
        now: datetime, as_of: datetime,
    ) -> None:  # fmt: skip
        self.now = now
        self.as_of = as_of
        self.topics = {topic.name: topic for topic in topics}
        self._store = store
        self._encoder = encoder
        self._weights = weights
        self._pools: dict[datetime | None, Pool] = {}
        self._kept: dict[tuple[Any, ...], object] = {}

    def once(self, key: tuple[Any, ...], make: Callable[[], Found]) -> Found:
        """What `make` gives, made with the first call for this key."""
        if key not in self._kept:
            self._kept[key] = make()
        return cast("Found", self._kept[key])

    def pool(
        self, sources: Sequence[str], oldest: datetime | None, vectors_of: Callable[[Sequence[Article]], Vectors]
    ) -> Pool:
        """What came out since `oldest`; `vectors_of` gives a unit row for each article."""
        if oldest not in self._pools:
            self._pools[oldest] = self._load(sources, oldest, vectors_of)
        return self._pools[oldest]

    def _load(
        self, sources: Sequence[str], oldest: datetime | None, vectors_of: Callable[[Sequence[Article]], Vectors]
    ) -> Pool:
        # Told articles are looked at as long as a copy of them could still come in.
        since = oldest - grouping.WINDOW if oldest else None
        known = self._store.articles(sources, since, self.as_of)
        old = {article.id for article in known if oldest is not None and came_out(article) < oldest}
        older = frozenset(self._store.told_to_anybody(old, self.now))
        current = [article for article in known if article.id not in old or article.id in older]
        vectors = vectors_of(current)
        common = Common(self._encoder, current, vectors, self._weights, self.as_of)
        return Pool(known, current, older, vectors, common, self._store.stories_of(a.id for a in current))

    def keep_stories(self, pool: Pool, membership: Mapping[str, str], merged: Mapping[str, str]) -> None:
        """Keep which story each article belongs to, if that is new."""
        if not merged and membership is pool.agreed:
            return
        if not merged and all(pool.belongs.get(article) == story for article, story in membership.items()):
            pool.agreed = membership
            return
        self._store.keep_stories(membership, merged)
        for each in self._pools.values():
            each.rename(membership, merged)


def came_out(article: Article) -> datetime:
    """When an article came out; a date ahead of the moment it was seen is a mistake."""
    assert article.seen is not None, "the store gives every article the moment it was seen"
    return min(article.published or article.seen, article.seen)
