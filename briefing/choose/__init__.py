"""Stories → picks. Pure. Each pick says in words why it is there; each story stands in an edition once.

`topics` says what belongs where, `meaning` how near a story is to a description, `rank` what it is worth part by part,
`budget` what there is room for, `learn` what the reader's words teach, `account` what became of each; `table` keeps
what is the same for all readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy
from numpy.typing import NDArray

from briefing.choose.account import MOST_MISSED, considered, in_words
from briefing.choose.budget import Packed, Room, expected_minutes, pack, spare, told_minutes, too_long, within
from briefing.choose.headlines import HEADLINES
from briefing.choose.learn import Taste, leaning, learn
from briefing.choose.meaning import Scale, aims, nearness, reference, scale
from briefing.choose.rank import Circumstances, Weights, total, voices
from briefing.choose.table import Fits, Nearness, lack
from briefing.choose.topics import Match, match, muted
from briefing.config import LimitsConfig, TopicConfig
from briefing.types import Pick, Story, Summary

__all__ = [
    "HEADLINES",
    "Choice",
    "Circumstances",
    "Fits",
    "Match",
    "Packed",
    "Room",
    "Scale",
    "Taste",
    "Weights",
    "aims",
    "choose",
    "considered",
    "expected_minutes",
    "in_words",
    "lack",
    "leaning",
    "learn",
    "match",
    "muted",
    "nearness",
    "pack",
    "quiet",
    "reference",
    "scale",
    "spare",
    "told_minutes",
    "too_long",
    "total",
    "voices",
    "within",
]

ALSO_VOICES = 3
"""Independent outlets that make a story important outside all topics."""

_NOTHING_SAID = Taste({}, {}, (), ())
_NOTHING_KNOWN = Circumstances()


@dataclass(frozen=True, slots=True)
class Choice:
    """What an edition tells, and what became of the rest.

    `picks` stand in the order of the edition. `left` are those there was no room for, by what they are worth, each with
    the reason; `outside` belongs to no topic, `near` says of those an account may name which topic is nearest and why
    they are not of it; `muted` is what the reader does not want now, with the reason.
    """

    picks: tuple[Pick, ...]
    outside: tuple[Story, ...]
    left: tuple[tuple[Pick, str], ...] = ()
    near: tuple[tuple[Story, str, tuple[str, ...]], ...] = ()
    muted: tuple[tuple[Story, str], ...] = ()
    topics: tuple[str, ...] = ()
    most: Mapping[str, int] = field(default_factory=dict)

    @property
    def over_limit(self) -> tuple[Pick, ...]:
        """Those there was no room for."""
        return tuple(pick for pick, _ in self.left)

    def order(self, pick: Pick) -> tuple[int, float, str]:
        """What picks are sorted by in an edition: its topics in their order, then the score."""
        place = self.topics.index(pick.topic) if pick.topic in self.topics else len(self.topics)
        return (place, -pick.score, pick.story.id)


def choose(
    stories: Sequence[Story],
    topics: Sequence[TopicConfig],
    near_by: NDArray[numpy.float32] | None,
    limits: LimitsConfig,
    now: datetime,
    *,
    similar: NDArray[numpy.float32] | None = None,
    known: Sequence[Circumstances] | None = None,
    taste: Taste = _NOTHING_SAID,
    sources: Mapping[str, float] | None = None,
    day: date | None = None,
    fits: Fits | None = None,
) -> Choice:
    """The stories an edition tells, in the order of its topics and then of their scores.

    `near_by` has a row per story and a column per topic (standard deviations above ordinary news, see `meaning`); None
    where meaning can't be compared. `similar` holds the stories' cosines: what is alike is not picked side by side.
    `known` says what is known of each story beside its text, `taste` what was learned, `sources` how much each counts;
    `day` is the reader's date (default: that of `now`), for what is muted until one. `fits` is a table that several
    readers share, of the same moment and sources; `near_by` is not looked at then.
    Without topics every story is of interest. A story belongs to the topic it fits best, muted or not.
    """
    weights = Weights({t.name: t.weight for t in topics}, sources or {}, taste.topics, taste.sources)
    day = day or now.date()
    fits = fits or Fits(_given(topics, near_by), now, sources or {})
    table = fits.rows(stories)
    fit, lacking = fits.of(table, topics)
    best_of = [-1] * len(stories)
    if topics and stories:
        best = (fit * numpy.array([topic.weight for topic in topics])).argmax(axis=1)
        best_of = numpy.where(fit.max(axis=1) > 0, best, -1).tolist()
    why_muted = [muted(topic, day) for topic in topics]
    candidates: list[Pick] = []
    rows: list[int] = []
    outer: list[int] = []
    silent: list[tuple[Story, str]] = []
    for row, (story, best) in enumerate(zip(stories, best_of, strict=True)):
        topic = topics[best] if best >= 0 else None
        why_not = why_muted[best] if best >= 0 else None
        if taste.muted:
            why_not = taste.mute_of(story, topic.name if topic else "", day) or why_not
        if why_not:
            silent.append((story, why_not))
        elif topics and topic is None:
            outer.append(row)
        else:
            around = known[row] if known is not None else _NOTHING_KNOWN
            candidates.append(fits.pick(table[row], story, topic, weights, around))
            rows.append(row)
    also: list[tuple[Pick, int]] = []
    nearest_of = lacking.argmin(axis=1).tolist() if outer else []
    for row in outer:
        outlets = fits.voices(table[row])
        if outlets < ALSO_VOICES or fits.match(table[row], topics[nearest_of[row]]).excluded:
            continue
        around = known[row] if known is not None else _NOTHING_KNOWN
        reason = f"outside the topics, but {outlets} independent outlets tell it"
        also.append((fits.outside(table[row], stories[row], reason, weights, around), row))
    limits_of = {topic.name: topic.limit or limits.per_topic for topic in topics}
    extra = sorted(also, key=lambda one: (-voices(one[0].story), -one[0].score, one[0].story.id))
    share = extra[: max(0, limits.also_today)]
    room = Room(limits.minutes, limits.stories, limits_of)
    candidates += [pick for pick, _ in share]
    rows += [row for _, row in share]
    packed = pack(candidates, [fits.minutes(table[row], limits.bullets) for row in rows], similar, rows, room)
    picked = {pick.story.id for pick in packed.taken}
    enough = f"no room: {limits.also_today} from outside the topics are enough"
    over = [*packed.left, *((pick, enough) for pick, _ in extra[len(share) :])]
    gone = picked | {pick.story.id for pick, _ in over}
    lacks = lacking.min(axis=1).tolist() if outer else []
    others = sorted(
        (row for row in outer if stories[row].id not in gone), key=lambda row: (lacks[row], stories[row].id)
    )
    nearest = [(row, fits.match(table[row], topics[nearest_of[row]])) for row in others[:MOST_MISSED]]
    made = Choice(
        picks=(),
        outside=tuple(stories[row] for row in others),
        left=tuple(sorted(over, key=lambda one: (-one[0].score, one[0].story.id))),
        near=tuple((stories[row], found.topic, found.why) for row, found in nearest),
        muted=tuple(silent),
        topics=tuple(topic.name for topic in topics),
        most=room.per_topic,
    )
    return replace(made, picks=tuple(sorted((_explained(pick) for pick in packed.taken), key=made.order)))


def _given(topics: Sequence[TopicConfig], near_by: NDArray[numpy.float32] | None) -> Nearness:
    """The nearness of one choice alone: its stories are asked for once, all together."""
    place = {id(topic): k for k, topic in enumerate(topics)}

    def nearness(topic: TopicConfig, stories: Sequence[Story]) -> Sequence[float] | None:
        return None if near_by is None else near_by[:, place[id(topic)]].tolist()

    return nearness


def quiet(topics: Sequence[TopicConfig], summaries: Sequence[Summary], day: date) -> tuple[str, ...]:
    """Topics an edition tells nothing of, though they are not muted: they are named rather than filled."""
    told = {summary.pick.topic for summary in summaries}
    return tuple(topic.name for topic in topics if topic.name not in told and not muted(topic, day))


def _explained(pick: Pick) -> Pick:
    """The pick with what packing found of it in its reasons."""
    said = tuple(part.why for part in pick.parts if part.name == "diversity" and part.why not in pick.why)
    return replace(pick, why=(*pick.why, *said)) if said else pick
