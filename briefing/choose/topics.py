"""Whether a story belongs to a topic, and why. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from briefing.choose.words import prominent, stands_in
from briefing.config import TopicConfig
from briefing.types import Story

_NARROW, _WIDE = 2.33, 0.67
"""Nearness a story needs at breadth 0 and at breadth 1: of all news 1 % and 25 % are nearer than that."""

_SURE = 3.5
"""Nearness from which a story could not fit better."""


@dataclass(frozen=True, slots=True)
class Match:
    """How a story fits a topic: `fit` from 0 to 1, above 0 if `matched`; `why` in words.

    `nearness` is in standard deviations above what news in general has to this topic, `needed` what is asked; None
    where meaning can't be compared. `excluded` says that a rule keeps the story out, however near it is.
    """

    topic: str
    fit: float
    matched: bool
    nearness: float | None
    needed: float | None
    why: tuple[str, ...]
    excluded: bool = False


def needed_nearness(breadth: float) -> float:
    """The nearness a story needs to a topic of this breadth (0 to 1); the same for every topic."""
    return _NARROW + (_WIDE - _NARROW) * breadth


def share_below(nearness: float) -> float:
    """The share of ordinary news that lies farther from a topic: the normal distribution's.

    >>> round(share_below(1.5), 3)
    0.933
    """
    return 0.5 * (1 + math.erf(nearness / math.sqrt(2)))


def _percents(nearness: float, needed: float) -> tuple[str, str]:
    """Both as shares of all news, with as many digits as it takes to tell them apart."""
    shares = [100 * share_below(nearness), 100 * share_below(needed)]
    digits = 1 if round(shares[0]) == round(shares[1]) else 0
    found, asked = (f"{min(share, 99.9):.{max(digits, int(share > 99))}f} %" for share in shares)
    return found, asked


def ruled_out(story: Story, topic: TopicConfig) -> str | None:
    """The rule of a topic that keeps a story out, in words; None if none does."""
    for phrase in topic.never:
        if stands_in(phrase, story):
            return f'left out: "{phrase}" stands in it'
    for phrase in topic.must:
        if not stands_in(phrase, story):
            return f'left out: "{phrase}" does not stand in it'
    if topic.sources and not {name.casefold() for name in topic.sources} & {o.casefold() for o in story.outlets}:
        return f"left out: told by none of {', '.join(topic.sources)}"
    if topic.languages:
        wanted = {code.split("-")[0].lower() for code in topic.languages}
        spoken = (story.lead.language or "").split("-")[0].lower()
        if spoken not in wanted:
            return f"left out: its language is {spoken or 'not known'}, not {' or '.join(sorted(wanted))}"
    return None


def muted(topic: TopicConfig, day: date) -> str | None:
    """Whether a topic is muted on `day`, in words."""
    if topic.mute_until is not None and day < topic.mute_until:
        return f"the topic {topic.name} is muted until {topic.mute_until.isoformat()}"
    return None


def match(story: Story, topic: TopicConfig, nearness: float | None) -> Match:
    """Whether and why `story` belongs to `topic`. `nearness` is None where meaning can't be compared.

    A topic without description and keywords takes all that its rules let through, if it has any.
    """
    needed = needed_nearness(topic.breadth) if nearness is not None else None
    rule = ruled_out(story, topic)
    if rule:
        return Match(topic.name, 0.0, False, nearness, needed, (rule,), excluded=True)
    fit, why = 0.0, []
    hits = [(phrase, where) for phrase in topic.keywords if (where := prominent(phrase, story))]
    if hits:
        fit = min(1.0, 0.6 + 0.1 * len(hits) + (0.1 if any("headline" in where for _, where in hits) else 0.0))
        why.append(", ".join(where for _, where in hits[:3]))
    if nearness is not None and needed is not None and nearness >= needed:
        near = 0.5 + 0.5 * min(1.0, (nearness - needed) / (_SURE - needed))
        # Keyword and meaning together are surer than either.
        fit = min(1.0, max(fit, near) + (0.1 if hits else 0.0))
        share, asked = _percents(nearness, needed)
        why.append(f"nearer in meaning than {share} of all news (needed {asked})")
    rules = [f'"{phrase}" stands in it' for phrase in topic.must]
    rules += [f"told by {name}" for name in story.outlets if name.casefold() in {s.casefold() for s in topic.sources}]
    if not topic.description and not topic.keywords and rules:
        fit = 0.6
    if fit:
        why += rules
    elif nearness is not None and needed is not None:
        share, asked = _percents(nearness, needed)
        why.append(f"nearer in meaning than only {share} of all news (needed {asked}), no keyword")
    else:
        why.append("no keyword")
    return Match(topic.name, round(fit, 4), fit > 0, nearness, needed, tuple(why))
