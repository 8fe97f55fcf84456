"""What an edition tells: stories beside topics, the reader's taste and what was told; then told within the budget.

Deciding is `choose`'s, which is pure; here it is given what it decides on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy

from briefing import choose as choosing
from briefing import clock
from briefing.config import BriefingConfig, LimitsConfig, TopicConfig
from briefing.engines import Embedder, Vectors
from briefing.store import Store
from briefing.types import Article, Pick, Problem, Story, Summary

__all__ = ["Given", "choose", "mean_vectors", "oldest", "tell_within", "topic_nearness"]

OVERLAP = timedelta(hours=2)
"""How much older than its briefing's `max_age` an article may be that came out too late for the edition before."""
UNSEEN = timedelta(minutes=15)
"""What came out so shortly before an edition was begun may have missed it: who was asked just then is not again."""

SECOND_TRIES = 3
"""Stories that are told for what the first ones left of the minutes."""


@dataclass(frozen=True, slots=True)
class Given:
    """What there is to choose from: stories, their articles with a unit row each, and ids told before.

    `going_on` are ids of stories that were told before and have news: these repeat nothing.
    """

    stories: Sequence[Story]
    articles: Sequence[Article]
    vectors: Vectors
    told: Collection[str] = ()
    going_on: Collection[str] = ()


def oldest(as_of: datetime, max_age: float | None, last: datetime | None) -> datetime | None:
    """The moment from which on articles are news for an edition of what came out until `as_of`; None: all are.

    `max_age` are hours, `last` is when the edition before was begun. What came out since then is news though it is a
    little older than `max_age`: that edition was begun before its time and had not seen it.

    >>> seven = datetime(2026, 3, 11, 7)
    >>> oldest(seven, 24, datetime(2026, 3, 10, 6, 55)).isoformat()
    '2026-03-10T06:40:00'
    >>> oldest(seven, 24, datetime(2026, 3, 8, 6, 55)).isoformat()
    '2026-03-10T05:00:00'
    >>> oldest(seven, 48, datetime(2026, 3, 10, 6, 55)).isoformat()
    '2026-03-09T07:00:00'
    """
    if max_age is None:
        return None
    usual = as_of - timedelta(hours=max_age)
    return usual if last is None else max(usual - OVERLAP, min(usual, last - UNSEEN))


def topic_nearness(encoder: Embedder, topics: Sequence[TopicConfig], given: Given) -> Vectors | None:
    """Shape (stories, topics): nearness in meaning (`choose.meaning`); None where the encoder knows words only."""
    if not topics or not given.stories or not encoder.meaning:
        return None
    aims = choosing.aims([(topic.name, topic.description) for topic in topics], encoder.encode)
    if not encoder.meaning:
        return None
    means = mean_vectors(given)
    sample = choosing.reference(encoder.name)
    if sample is None:
        sample = encoder.encode(list(choosing.HEADLINES))
    return choosing.nearness(aims, means, given.vectors, sample)


def mean_vectors(given: Given) -> Vectors:
    """A unit row per story: the mean of its articles, copies left out."""
    row = {article.id: index for index, article in enumerate(given.articles)}
    out = numpy.zeros((len(given.stories), given.vectors.shape[1]), dtype=numpy.float32)
    for at, story in enumerate(given.stories):
        own = [row[a.id] for a in story.articles if a.id not in story.copies] or [row[story.lead.id]]
        out[at] = given.vectors[own].sum(axis=0)
    unit: Vectors = out / numpy.maximum(numpy.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    return unit


def choose(
    store: Store,
    encoder: Embedder,
    weights: Mapping[str, float],
    briefing: BriefingConfig,
    topics: Sequence[TopicConfig],
    given: Given,
    now: datetime,
) -> choosing.Choice:
    """The picks of a briefing. `weights` say how much each source counts."""
    nearness = topic_nearness(encoder, topics, given)
    taste = choosing.learn(store.feedback(briefing.name), now)
    known = _circumstances(encoder, taste, given)
    means = mean_vectors(given) if encoder.meaning else None
    return choosing.choose(
        given.stories,
        topics,
        nearness,
        briefing.limits,
        now,
        vectors=means,
        known=known,
        taste=taste,
        sources=weights,
        day=clock.local_day(now, briefing.time_zone),
    )


def _circumstances(encoder: Embedder, taste: choosing.Taste, given: Given) -> list[choosing.Circumstances] | None:
    """What is known of each story beside its text; None where meaning can't be compared."""
    if not encoder.meaning or not given.stories:
        return None
    means = mean_vectors(given)
    drawn = choosing.leaning(taste, means, encoder.encode)
    before = [index for index, article in enumerate(given.articles) if article.id in given.told]
    if not before:
        return [choosing.Circumstances(*one) for one in drawn]
    near = means @ given.vectors[before].T
    out = []
    for row, (pull, liked) in enumerate(drawn):
        at = int(near[row].argmax())
        title = given.articles[before[at]].title or "a story without a headline"
        repeats = 0.0 if given.stories[row].id in given.going_on else float(near[row, at])
        out.append(choosing.Circumstances(pull, liked, repeats, title))
    return out


Tell = Callable[[Sequence[Pick]], tuple[list[Summary], list[Problem]]]
"""Tells picks; those that can't be told become problems."""


def tell_within(
    choice: choosing.Choice, limits: LimitsConfig, tell: Tell
) -> tuple[list[Summary], list[tuple[Pick, str]], list[Problem]]:
    """The picks told so that the edition stays in its minutes; what was left out and why; what failed.

    How long a story gets is known only when it is told. What turns out too much goes, least worth first; what is left
    of the minutes is offered to the best of those that had no room.
    """
    summaries, problems = tell(choice.picks)
    kept, dropped = choosing.within(summaries, limits.minutes)
    left = list(choice.left)
    # Who had just no room may have it after all: stories are estimated, and some were dropped or could not be told.
    spare = [pick for pick, _ in left if choosing.fits(pick, kept, limits, choice.most)] if limits.minutes else []
    for pick in spare[:SECOND_TRIES]:
        if not choosing.fits(pick, kept, limits, choice.most):
            continue
        told, failures = tell([pick])
        problems += failures
        if told and not choosing.within([*kept, *told], limits.minutes)[1]:
            kept += told
            left = [one for one in left if one[0] is not pick]
    gone = [(one.pick, choosing.too_long(one, limits.minutes)) for one in dropped]
    kept.sort(key=lambda one: choice.order(one.pick))
    missed = sorted([*left, *gone], key=lambda one: (-one[0].score, one[0].story.id))
    return kept, missed, list(dict.fromkeys(problems))
