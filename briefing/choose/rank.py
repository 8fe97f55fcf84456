"""What a story is worth to this reader, part by part. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from briefing.types import Part, Story

# What each part can add or take, at the most.
FIT = 0.50
IMPORTANCE, GROWTH = 0.20, 0.05
FRESH = 0.15
SOURCE = 0.10
READER = 0.15
TOLD = 0.20
ALIKE = 0.15

HALF_LIFE_HOURS = 24.0
MANY_VOICES = 8
"""Independent outlets from which a story could not be more important."""

LATELY = timedelta(hours=6)
LIKE_TOLD, LIKE_PICKED = 0.60, 0.50
"""Cosine of two stories from which one begins to repeat what was told before, or what stands beside it."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a story beside its text.

    `leaning` (-1 to 1) is how far stories the reader spoke of draw it, `liked` the nearest of them; `told` its
    cosine to the nearest story of earlier editions, `told_title` that story's headline.
    """

    leaning: float = 0.0
    liked: str = ""
    told: float = 0.0
    told_title: str = ""


NOTHING_KNOWN = Circumstances()


@dataclass(frozen=True, slots=True)
class Weights:
    """Factors of topics and sources by name, as configured and as learned; 1 where nothing is said."""

    topics: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[str, float] = field(default_factory=dict)
    learned_topics: Mapping[str, float] = field(default_factory=dict)
    learned_sources: Mapping[str, float] = field(default_factory=dict)


def voices(story: Story) -> int:
    """How many outlets tell a story in words of their own: copies of one text are one voice."""
    return max(1, len({article.source for article in story.articles if article.id not in story.copies}))


def parts_of(
    story: Story,
    topic: str,
    fit: float,
    why: str,
    weights: Weights,
    known: Circumstances,
    now: datetime,
) -> tuple[Part, ...]:
    """The parts of a story's score that do not depend on what else is picked. Those that are nothing are left out."""
    found = [
        _fit(topic, fit, why, weights),
        _importance(story),
        _growth(story, now),
        _freshness(story, now),
        _source(story, weights),
        _reader(known),
        _told(known),
    ]
    return tuple(Part(part.name, round(part.worth, 4), part.why) for part in found if abs(part.worth) >= 0.0005)


def total(parts: tuple[Part, ...]) -> float:
    """The score its parts make."""
    return round(sum([part.worth for part in parts]), 4)


def _fit(topic: str, fit: float, why: str, weights: Weights) -> Part:
    factor, learned = weights.topics.get(topic, 1.0), weights.learned_topics.get(topic, 1.0)
    said = [why]
    if factor != 1.0:
        said.append(f"the topic counts {factor:g} times")
    if learned != 1.0:
        said.append(f"{learned:g} times by what you said of it")
    return Part("topic", FIT * fit * factor * learned, ", ".join(part for part in said if part))


def _importance(story: Story) -> Part:
    count = voices(story)
    worth = IMPORTANCE * min(1.0, math.log2(count) / math.log2(MANY_VOICES))
    copied = len(story.outlets) - count
    copies = f" ({copied} more {'carry' if copied > 1 else 'carries'} a copy)" if copied > 0 else ""
    return Part("importance", worth, f"told by {count} outlets{copies}")


def _growth(story: Story, now: datetime) -> Part:
    dated = [(a.published or a.seen, a.source) for a in story.articles if a.id not in story.copies]
    times = [(when, source) for when, source in dated if when is not None]
    if not times or now - min(when for when, _ in times) <= LATELY:
        return Part("growth", 0.0, "")
    before = {source for when, source in times if now - when > LATELY}
    new = {source for when, source in times if now - when <= LATELY} - before
    hours = int(LATELY.total_seconds() // 3600)
    plural = "s" if len(new) != 1 else ""
    return Part("growth", GROWTH * min(1.0, len(new) / 3), f"{len(new)} more outlet{plural} in the last {hours} hours")


def _freshness(story: Story, now: datetime) -> Part:
    when = max((a.published for a in story.articles if a.published), default=None)
    if when is None:
        return Part("freshness", FRESH * 0.5, "without a date, taken as a day old")
    age = max(0.0, (now - when).total_seconds() / 3600)
    words = f"{age:.0f} hours old" if age < 48 else f"{age / 24:.0f} days old"
    return Part("freshness", FRESH * 0.5 ** (age / HALF_LIFE_HOURS), words)


def _source(story: Story, weights: Weights) -> Part:
    def factor(name: str) -> float:
        return weights.sources.get(name, 1.0) * weights.learned_sources.get(name, 1.0)

    best = max(story.outlets, key=factor)
    learned = weights.learned_sources.get(best, 1.0)
    said = f"{best} counts {weights.sources.get(best, 1.0):g} times"
    if learned != 1.0:
        said += f", {learned:g} times by what you said of it"
    return Part("source", SOURCE * max(-1.0, min(1.0, math.log2(factor(best)))), said)


def _reader(known: Circumstances) -> Part:
    asked = "more" if known.leaning > 0 else "less"
    return Part("reader", READER * known.leaning, f"like “{known.liked}”, of which you asked {asked}")


def _told(known: Circumstances) -> Part:
    much = max(0.0, min(1.0, (known.told - LIKE_TOLD) / (1 - LIKE_TOLD)))
    return Part("novelty", -TOLD * much, f"much like “{known.told_title}”, told before")


@lru_cache(maxsize=8192)
def alike(cosine: float, title: str) -> Part:
    """What a story loses beside one that is picked already and much like it. Readers are told the same pairs."""
    much = max(0.0, min(1.0, (cosine - LIKE_PICKED) / (1 - LIKE_PICKED)))
    return Part("diversity", round(-ALIKE * much, 4), f"much like “{title}”, which is told beside it")
