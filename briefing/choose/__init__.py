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
from briefing.choose.rank import NOTHING_KNOWN, Circumstances, Weights, total, voices
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
        best = (fit * numpy.array([[topic.weight] for topic in topics])).argmax(axis=0)
        best_of = numpy.where(fit.max(axis=0) > 0, best, -1).tolist()
    silent = _silent(stories, topics, best_of, taste, day)
    heard = [row for row in range(len(stories)) if row not in silent]
    rows = [row for row in heard if best_of[row] >= 0 or not topics]
    outer = [row for row in heard if best_of[row] < 0] if topics else []
    candidates = fits.picks(table, [(row, topics[best_of[row]] if topics else None) for row in rows], weights, known)
    also: list[tuple[Pick, int]] = []
    nearest_of = lacking.argmin(axis=0).tolist() if outer else []
    for row in outer:
        outlets = fits.voices(table.at[row])
        if outlets < ALSO_VOICES or fits.match(table.at[row], topics[nearest_of[row]]).excluded:
            continue
        around = known[row] if known is not None else NOTHING_KNOWN
        reason = f"outside the topics, but {outlets} independent outlets tell it"
        also.append((fits.outside(table.at[row], stories[row], reason, weights, around), row))
    limits_of = {topic.name: topic.limit or limits.per_topic for topic in topics}
    extra = sorted(also, key=lambda one: (-voices(one[0].story), -one[0].score, one[0].story.id))
    share = extra[: max(0, limits.also_today)]
    room = Room(limits.minutes, limits.stories, limits_of)
    candidates += [pick for pick, _ in share]
    rows += [row for _, row in share]
    packed = pack(candidates, fits.minutes(table, limits.bullets), similar, rows, table.by_id, room)
    left = packed.left
    if len(extra) > len(share):
        enough = f"no room: {limits.also_today} from outside the topics are enough"
        over = [*left, *((pick, enough) for pick, _ in extra[len(share) :])]
        left = tuple(sorted(over, key=lambda one: (-one[0].score, one[0].story.id)))
    told_of = {row for _, row in also}
    lacks = lacking.min(axis=0).tolist() if outer else []
    others = sorted((row for row in outer if row not in told_of), key=lambda row: (lacks[row], stories[row].id))
    nearest = [(row, fits.match(table.at[row], topics[nearest_of[row]])) for row in others[:MOST_MISSED]]
    made = Choice(
        picks=(),
        outside=tuple(stories[row] for row in others),
        left=left,
        near=tuple((stories[row], found.topic, found.why) for row, found in nearest),
        muted=tuple((stories[row], why) for row, why in silent.items()),
        topics=tuple(topic.name for topic in topics),
        most=room.per_topic,
    )
    return replace(made, picks=tuple(sorted((_explained(pick) for pick in packed.taken), key=made.order)))


def _silent(
    stories: Sequence[Story], topics: Sequence[TopicConfig], best_of: Sequence[int], taste: Taste, day: date
) -> dict[int, str]:
    """The stories the reader does not want on `day`, each with the reason; `best_of` is the topic of each, or -1."""
    why_muted = [muted(topic, day) for topic in topics]
    if not taste.muted and not any(why_muted):
        return {}
    found = {}
    for row, (story, best) in enumerate(zip(stories, best_of, strict=True)):
        own = taste.mute_of(story, topics[best].name if best >= 0 else "", day)
        why = own or (why_muted[best] if best >= 0 else None)
        if why:
            found[row] = why
    return found


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
