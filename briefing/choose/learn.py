"""What a reader's words teach: a small model that can be read. Pure.

Three parts, all shown by `briefing feedback show`: a factor per topic, a factor per source, and the stories that were
asked more or less of, each of which draws stories near to it up or down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy
from numpy.typing import NDArray

from briefing.types import Feedback, Story

Vectors = NDArray[numpy.float32]

HALF_LIFE_DAYS = 60.0
"""After so many days a word counts half: interests change."""

STEP = 0.15
"""What one word changes of a factor, in logarithms: about a sixth."""

LEAST, MOST = 0.4, 2.5
"""Bounds of a factor: no number of words makes a source the only one, or silences it. That is what mute is for."""

NEAR = 0.35
"""Cosine of two stories' openings below which one says nothing of the other."""

MOST_STORIES = 200
"""Stories that are learned from, the newest: comparing with more would cost and hardly change anything."""

_SIGN = {"more": 1.0, "less": -1.0}
_NEVER_ENDS = date.max


@dataclass(frozen=True, slots=True)
class Liked:
    """A story a reader spoke of: `worth` from -1 (less of this) to 1 (more), falling with age."""

    title: str
    worth: float
    text: str


@dataclass(frozen=True, slots=True)
class Mute:
    """What is not told until `until` (excluded)."""

    kind: str
    target: str
    until: date
    articles: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """How long, in words."""
        return "muted" if self.until == _NEVER_ENDS else f"muted until {self.until.isoformat()}"


@dataclass(frozen=True, slots=True)
class Taste:
    """What was learned: factors by name of topic or source (1 where nothing was said), stories, and what is muted."""

    topics: dict[str, float]
    sources: dict[str, float]
    stories: tuple[Liked, ...]
    muted: tuple[Mute, ...]

    def mute_of(self, story: Story, topic: str, day: date) -> str | None:
        """Why a story is muted on `day`, in words; None if it is not."""
        for mute in self.muted:
            if day >= mute.until:
                continue
            if mute.kind == "story" and (
                story.id == mute.target or any(article.id in mute.articles for article in story.articles)
            ):
                return f"this story is {mute.words}"
            if mute.kind == "topic" and mute.target == topic:
                return f"the topic {topic} is {mute.words}"
            # A story others tell as well is still one, without what is muted.
            if mute.kind == "source" and set(story.outlets) == {mute.target}:
                return f"its only source, {mute.target}, is {mute.words}"
        return None


def learn(said: Sequence[Feedback], now: datetime) -> Taste:
    """The model of these words at the moment `now`."""
    topics: dict[str, float] = {}
    sources: dict[str, float] = {}
    stories: list[Liked] = []
    muted: list[Mute] = []
    for one in sorted(said, key=lambda one: (one.at, one.id)):
        if one.action == "mute":
            articles = frozenset(str(a) for a in one.detail.get("articles", ()))
            muted.append(Mute(one.kind, one.target, one.until or _NEVER_ENDS, articles))
            continue
        if one.action not in _SIGN:
            continue
        age = max(0.0, (now - one.at).total_seconds() / 86400)
        worth = _SIGN[one.action] * 0.5 ** (age / HALF_LIFE_DAYS)
        if one.kind == "topic":
            topics[one.target] = topics.get(one.target, 0.0) + worth
        elif one.kind == "source":
            sources[one.target] = sources.get(one.target, 0.0) + worth
        elif one.kind == "story":
            # A story stands for its topic and its sources as well, but less than a word on these themselves.
            if topic := one.detail.get("topic"):
                topics[str(topic)] = topics.get(str(topic), 0.0) + worth / 2
            outlets = [str(name) for name in one.detail.get("sources", ())]
            for name in outlets:
                sources[name] = sources.get(name, 0.0) + worth / (2 * len(outlets))
            title = str(one.detail.get("title") or one.target)
            stories.append(Liked(title, worth, f"{title}. {one.detail.get('lead', '')}"))
    # What is said of a story itself is the nearest reason, then its topic, then its source.
    muted.sort(key=lambda mute: ("story", "topic", "source").index(mute.kind))
    return Taste(_factors(topics), _factors(sources), tuple(stories[-MOST_STORIES:]), tuple(muted))


def _factors(sums: dict[str, float]) -> dict[str, float]:
    return {name: round(min(MOST, max(LEAST, math.exp(STEP * total))), 3) for name, total in sorted(sums.items())}


def leaning(taste: Taste, vectors: Vectors, encode: Callable[[list[str]], Vectors]) -> list[tuple[float, str]]:
    """For each row of `vectors` how far stories that were spoken of draw it, -1 to 1, and the nearest of them.

    The nearest story on each side counts, by how near it is (0 at `NEAR`, 1 at the same): of many alike the reader
    need not hear the sum.
    """
    if not taste.stories or not len(vectors):
        return [(0.0, "")] * len(vectors)
    known = encode([liked.text for liked in taste.stories])
    near = numpy.clip((vectors @ known.T - NEAR) / (1 - NEAR), 0, 1)
    pulls = near * numpy.array([liked.worth for liked in taste.stories], dtype=numpy.float32)
    out = []
    for row in pulls:
        up, down = int(row.argmax()), int(row.argmin())
        best = up if abs(row[up]) >= abs(row[down]) else down
        total = float(max(row[up], 0.0) + min(row[down], 0.0))
        out.append((total, taste.stories[best].title if abs(total) > 1e-3 else ""))
    return out
