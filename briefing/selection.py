"""What an edition tells: stories beside topics, the reader's taste and what was told; then told within the budget.

Deciding is `choose`'s, which is pure; here it is given what it decides on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import numpy

from briefing import choose as choosing
from briefing import clock
from briefing.config import BriefingConfig, LimitsConfig, TopicConfig
from briefing.engines import Embedder, Vectors
from briefing.kept import Kept
from briefing.types import Article, Feedback, Pick, Problem, Story, Summary

__all__ = ["Common", "Given", "choose", "mean_vectors", "oldest", "tell_within", "topic_nearness"]

OVERLAP = timedelta(hours=2)
"""How much older than its briefing's `max_age` an article may be that came out too late for the edition before."""
UNSEEN = timedelta(minutes=15)
"""What came out so shortly before an edition was begun may have missed it: who was asked just then is not again."""

SETS = 8  # of stories, each what some readers have before them, whose vectors are kept
SECOND_TRIES = 3
"""Stories that are told for what the first ones left of the minutes."""


@dataclass(frozen=True, slots=True)
class Given:
    """What topics are held against: stories, and their articles with a unit row each."""

    stories: Sequence[Story]
    articles: Sequence[Article]
    vectors: Vectors


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
    return choosing.nearness(aims, mean_vectors(given), given.vectors, _sample(encoder))


def _sample(encoder: Embedder) -> Vectors:
    sample = choosing.reference(encoder.name)
    return encoder.encode(list(choosing.HEADLINES)) if sample is None else sample


def mean_vectors(given: Given) -> Vectors:
    """A unit row per story: the mean of its articles, copies left out."""
    place = {article.id: index for index, article in enumerate(given.articles)}
    return numpy.stack([_mean(story, place, given.vectors) for story in given.stories])


def _mean(story: Story, place: Mapping[str, int], vectors: Vectors) -> Vectors:
    own = [place[a.id] for a in story.articles if a.id not in story.copies] or [place[story.lead.id]]
    total = vectors[own].sum(axis=0)
    unit: Vectors = (total / max(float(numpy.linalg.norm(total)), 1e-9)).astype(numpy.float32)
    return unit


class Common:
    """What choosing from `articles` (a unit row each in `vectors`) at the moment `now` has in common for all readers.

    Nothing of it depends on which readers there are, or in which order they come: each aim is encoded, and each story
    held against it, by itself. `weights` say how much each source counts.
    """

    def __init__(
        self,
        encoder: Embedder,
        articles: Sequence[Article],
        vectors: Vectors,
        weights: Mapping[str, float],
        now: datetime,
    ) -> None:
        self.encoder = encoder
        self.articles = articles
        self.vectors = vectors
        self.weights = weights
        self.now = now
        self.fits = choosing.Fits(self._nearness, now, weights)
        self.place = {article.id: at for at, article in enumerate(articles)}
        self._means: dict[int, Vectors] = {}
        self._means_of: Kept[tuple[int, ...], tuple[Vectors, Vectors]] = Kept(SETS)
        self._scales: dict[int, choosing.Scale] = {}
        self._sample: Vectors | None = None

    def means(self, stories: Sequence[Story]) -> tuple[Vectors, Vectors]:
        """A unit row per story, as `mean_vectors`, and their cosines to each other."""
        key = self.fits.rows(stories).at
        # Most readers have the very same stories before them.
        kept = self._means_of.get(key)
        if kept is None:
            own = [self._mean(row, story) for row, story in zip(key, stories, strict=True)]
            means = numpy.stack(own) if own else numpy.zeros((0, self.vectors.shape[1]), dtype=numpy.float32)
            kept = self._means_of.put(key, (means, means @ means.T))
        return kept

    def _mean(self, row: int, story: Story) -> Vectors:
        if row not in self._means:
            self._means[row] = _mean(story, self.place, self.vectors)
        return self._means[row]

    def _nearness(self, topic: TopicConfig, stories: Sequence[Story]) -> list[float] | None:
        if not self.encoder.meaning:
            return None
        if id(topic) not in self._scales:
            aim = choosing.aims([(topic.name, topic.description)], self.encoder.encode)
            # The encoder may have failed just now.
            if not self.encoder.meaning:
                return None
            if self._sample is None:
                self._sample = _sample(self.encoder)
            self._scales[id(topic)] = choosing.scale(aim, self.vectors, self._sample)
        rows = self.fits.rows(stories).at
        means = [self._mean(row, story) for row, story in zip(rows, stories, strict=True)]
        return self._scales[id(topic)].each(means)


def choose(
    common: Common,
    said: Sequence[Feedback],
    briefing: BriefingConfig,
    topics: Sequence[TopicConfig],
    stories: Sequence[Story],
    told: Collection[str] = (),
    going_on: Collection[str] = (),
) -> choosing.Choice:
    """The picks of a briefing from `stories`; `said` is what its readers said of earlier ones.

    Articles with an id in `told` were told before. `going_on` are ids of stories that were told before and have news:
    these repeat nothing.
    """
    meaning = common.encoder.meaning
    taste = choosing.learn(said, common.now)
    means, similar = common.means(stories) if meaning and stories else (None, None)
    known = _circumstances(common, taste, stories, means, told, going_on) if means is not None else None
    return choosing.choose(
        stories,
        topics,
        None,
        briefing.limits,
        common.now,
        similar=similar,
        known=known,
        taste=taste,
        sources=common.weights,
        day=clock.local_day(common.now, briefing.time_zone),
        fits=common.fits,
    )


def _circumstances(
    common: Common,
    taste: choosing.Taste,
    stories: Sequence[Story],
    means: Vectors,
    told: Collection[str],
    going_on: Collection[str],
) -> list[choosing.Circumstances] | None:
    """What is known of each story beside its text; None where that is nothing."""
    before = sorted(at for one in told if (at := common.place.get(one)) is not None)
    if not before and not taste.stories:
        return None
    drawn = choosing.leaning(taste, means, common.encoder.encode)
    if not before:
        return [choosing.Circumstances(*one) for one in drawn]
    near = means @ common.vectors[before].T
    nearest = near.argmax(axis=1).tolist()
    out = []
    for row, (pull, liked) in enumerate(drawn):
        at = nearest[row]
        title = common.articles[before[at]].title or "a story without a headline"
        repeats = 0.0 if stories[row].id in going_on else float(near[row, at])
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
    spare = choosing.spare(left, kept, limits, choice.most) if limits.minutes else iter(())
    for pick in list(islice(spare, SECOND_TRIES)):
        # Another one may have taken the room just now.
        if not any(choosing.spare([(pick, "")], kept, limits, choice.most)):
            continue
        told, failures = tell([pick])
        problems += failures
        if told and not choosing.within([*kept, *told], limits.minutes)[1]:
            kept += told
            left = [one for one in left if one[0] is not pick]
    gone = [(one.pick, choosing.too_long(one, limits.minutes)) for one in dropped]
    kept.sort(key=lambda one: choice.order(one.pick))
    missed = sorted([*left, *gone], key=lambda one: (-one[0].score, one[0].story.id)) if gone else left
    return kept, missed, list(dict.fromkeys(problems))
