"""Stories → picks. Pure. Each pick says in words why it is there; each story stands in an edition once."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy
from numpy.typing import NDArray

from briefing.config import LimitsConfig, TopicConfig
from briefing.types import Pick, Story

# How much each part counts in a pick's score.
_FIT, _OUTLETS, _FRESH = 0.6, 0.25, 0.15
_HALF_LIFE_HOURS = 24.0
_LEAD_PARAGRAPHS = 3
_WIDE, _NARROW = 0.12, 0.46
"""Cosine a story needs to a topic's description at breadth 1 and at breadth 0."""

_SURE = 0.60
"""Cosine from which a story could not fit better."""


@dataclass(frozen=True, slots=True)
class Match:
    """How a story fits a topic: `fit` from 0 to 1, at least `threshold` if `matched`; `why` in words."""

    topic: str
    fit: float
    matched: bool
    cosine: float | None
    needed: float | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What an edition tells, and what became of the rest."""

    picks: tuple[Pick, ...]
    outside: tuple[Story, ...]
    over_limit: tuple[Pick, ...]


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    # "wind farm" also finds "wind farms"; a phrase of signs ("C++") has no word boundary to ask for.
    inner = r"\s+".join(re.escape(word) for word in phrase.split())
    before = r"\b" if re.match(r"\w", phrase) else ""
    after = r"(?:s|es|'s|’s)?\b" if re.search(r"\w$", phrase) else ""
    return re.compile(before + inner + after, re.IGNORECASE)


def _where(phrase: str, story: Story) -> str | None:
    """Where a phrase stands prominently in a story, in words, or None."""
    pattern = _pattern(phrase)
    for article in story.articles:
        if article.title and pattern.search(article.title):
            return f'"{phrase}" in the headline'
    lead = story.lead
    if pattern.search("\n\n".join(lead.text.split("\n\n")[:_LEAD_PARAGRAPHS])):
        return f'"{phrase}" in its opening'
    # One mention far down is what a story touches on, not what it is about.
    count = len(pattern.findall(lead.text))
    return f'"{phrase}" {count} times' if count >= 2 else None


def needed_cosine(breadth: float) -> float:
    """The cosine a story needs to a topic of this breadth (0 to 1)."""
    return _NARROW + (_WIDE - _NARROW) * breadth


def match(story: Story, topic: TopicConfig, cosine: float | None) -> Match:
    """Whether and why `story` belongs to `topic`. `cosine` is None where meaning can't be compared."""
    needed = needed_cosine(topic.breadth) if cosine is not None else None
    for phrase in topic.never:
        if any(_pattern(phrase).search(f"{a.title or ''}\n{a.text}") for a in story.articles):
            return Match(topic.name, 0.0, False, cosine, needed, (f'left out: "{phrase}" stands in it',))
    fit, why = 0.0, []
    hits = [(phrase, where) for phrase in topic.keywords if (where := _where(phrase, story))]
    if hits:
        fit = min(1.0, 0.6 + 0.1 * len(hits) + (0.1 if any("headline" in where for _, where in hits) else 0.0))
        why.append(", ".join(where for _, where in hits[:3]))
    if cosine is not None and needed is not None and cosine >= needed:
        near = 0.5 + 0.5 * min(1.0, (cosine - needed) / max(0.01, _SURE - needed))
        # Keyword and meaning together are surer than either.
        fit = min(1.0, max(fit, near) + (0.1 if hits else 0.0))
        why.append(f"close in meaning ({cosine:.2f}, needed {needed:.2f})")
    own = next((article.source for article in story.articles if article.source in topic.sources), None)
    if own is not None:
        fit = max(fit, 0.6)
        why.append(f"from {own}, a source of this topic")
    if not why and cosine is not None:
        why.append(f"too far in meaning ({cosine:.2f}, needed {needed:.2f}), no keyword")
    elif not why:
        why.append("no keyword")
    return Match(topic.name, fit, fit > 0, cosine, needed, tuple(why))


def choose(
    stories: Sequence[Story],
    topics: Sequence[TopicConfig],
    cosines: NDArray[numpy.float32] | None,
    limits: LimitsConfig,
    now: datetime,
) -> Choice:
    """The stories an edition tells, in the order of its topics and then of their scores.

    `cosines` has a row per story and a column per topic; None where meaning can't be compared. Without
    topics every story is of interest. A story belongs to the topic it fits best.
    """
    picks: list[Pick] = []
    outside: list[Story] = []
    for row, story in enumerate(stories):
        matches = [
            match(story, topic, float(cosines[row, column]) if cosines is not None and topic.description else None)
            for column, topic in enumerate(topics)
        ]
        weights = {topic.name: topic.weight for topic in topics}
        fitting = [found for found in matches if found.matched]
        if topics and not fitting:
            outside.append(story)
            continue
        best = max(fitting, key=lambda found: found.fit * weights[found.topic], default=None)
        picks.append(_pick(story, best, weights[best.topic] if best else 1.0, now))
    ranked = sorted(picks, key=lambda pick: (-pick.score, pick.story.id))
    taken: list[Pick] = []
    over: list[Pick] = []
    counts: dict[str, int] = {}
    for pick in ranked:
        room = counts.get(pick.topic, 0) < limits.per_topic or not topics
        if len(taken) < limits.stories and room:
            taken.append(pick)
            counts[pick.topic] = counts.get(pick.topic, 0) + 1
        else:
            over.append(pick)
    place = {topic.name: index for index, topic in enumerate(topics)}
    taken.sort(key=lambda pick: (place.get(pick.topic, 0), -pick.score, pick.story.id))
    return Choice(tuple(taken), tuple(outside), tuple(over))


def _pick(story: Story, best: Match | None, weight: float, now: datetime) -> Pick:
    outlets = len(story.outlets)
    when = max((a.published for a in story.articles if a.published), default=None)
    age = max(0.0, (now - when).total_seconds() / 3600) if when else _HALF_LIFE_HOURS
    fresh = 0.5 ** (age / _HALF_LIFE_HOURS)
    fit = best.fit * weight if best else 1.0
    score = _FIT * fit + _OUTLETS * min(1.0, math.log2(outlets) / 2) + _FRESH * fresh
    why = list(best.why) if best else ["no topics are set"]
    if outlets > 1:
        why.append(f"told by {outlets} outlets")
    return Pick(story=story, topic=best.topic if best else "", score=round(score, 4), why=tuple(why))
