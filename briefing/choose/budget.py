"""Packing an edition: the most worth for the reader's minutes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy
from numpy.typing import NDArray

from briefing.choose.rank import LIKE_PICKED, alike, total
from briefing.config import LimitsConfig
from briefing.text import WORDS_PER_MINUTE, words
from briefing.types import Part, Pick, Story, Summary

USUAL_BULLETS = 3
USUAL_BULLET_WORDS = 25
"""What the embedded engine tells of an ordinary article (docs/design.md, Figures)."""


@dataclass(frozen=True, slots=True)
class Room:
    """What an edition may hold: minutes (None: any), stories, and stories under each topic."""

    minutes: float | None
    stories: int
    per_topic: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Packed:
    """What got in, in the order it was taken, and what did not, by what it is worth, each with the reason in words."""

    taken: tuple[Pick, ...]
    left: tuple[tuple[Pick, str], ...]


def expected_minutes(story: Story, bullets: int) -> float:
    """What a story will take to read, before it is told: its headline, and as many words as such bullets have."""
    head = _count(story.lead.title or "")
    told = min(_count(story.lead.text), min(bullets, USUAL_BULLETS) * USUAL_BULLET_WORDS)
    return (head + told) / WORDS_PER_MINUTE


def told_minutes(summary: Summary) -> float:
    """What a told story takes to read."""
    return _count(summary.told) / WORDS_PER_MINUTE


@lru_cache(maxsize=2048)
def _count(text: str) -> int:
    """Words of a text: every reader's edition asks it of the same few hundred texts."""
    return len(words(text))


def pack(
    candidates: Sequence[Pick],
    minutes: NDArray[numpy.float64],
    similar: NDArray[numpy.float32] | None,
    rows: Sequence[int],
    by_id: NDArray[numpy.intp],
    room: Room,
) -> Packed:
    """Take the story that adds most, again and again, while there is room.

    What a story adds is its score, less what it repeats of those taken already (maximal marginal relevance, Carbonell
    and Goldstein 1998). The candidates are `rows` of all stories, for each of which there is what it is expected to
    take (`minutes`), its place when they are sorted by id (`by_id`), and its cosines to all (`similar`; None where
    nothing is known). One that does not fit into what is left of the minutes makes way for a shorter one.
    """
    at_first = numpy.array([pick.score for pick in candidates])
    places = numpy.array(rows, dtype=numpy.intp)
    order = numpy.lexsort((by_id[places], -at_first))
    # What is asked again and again: the scores as they stand, in the order in which ties are decided; -inf is gone.
    shown = [candidates[at] for at in order.tolist()]
    places, scores = places[order], at_first[order]
    worth, takes = scores.copy(), minutes[places].tolist()
    nearest = numpy.full(len(shown), LIKE_PICKED)
    beside: dict[int, Part] = {}
    taken: list[int] = []
    gone: set[int] = set()
    reasons: dict[int, str] = {}
    counts: dict[str, int] = {}
    spent = 0.0
    for _ in shown:
        if len(taken) >= room.stories:
            break
        at = int(worth.argmax())
        pick = shown[at]
        worth[at] = -numpy.inf
        gone.add(at)
        reason = _no_room(pick, takes[at], spent, counts, room)
        if reason:
            reasons[at] = reason
            continue
        taken.append(at)
        spent += takes[at]
        counts[pick.topic] = counts.get(pick.topic, 0) + 1
        if similar is not None:
            cosines = similar[places[at]][places]
            for other in (cosines > nearest).nonzero()[0].tolist():
                if other in gone:
                    continue
                nearest[other] = cosines[other]
                part = alike(float(cosines[other]), pick.story.lead.title or "(no title)")
                if part.worth:
                    beside[other] = part
                    worth[other] = scores[other] = total((*shown[other].parts, part))
    for at, part in beside.items():
        shown[at] = replace(shown[at], parts=(*shown[at].parts, part), score=float(scores[at]))
    told = set(taken)
    full = f"no room: an edition has {room.stories} stories"
    ranked = numpy.lexsort((by_id[places], -scores)).tolist()
    left = [(shown[at], reasons.get(at, full)) for at in ranked if at not in told]
    return Packed(tuple([shown[at] for at in taken]), tuple(left))


def _no_room(pick: Pick, minutes: float, spent: float, counts: Mapping[str, int], room: Room) -> str:
    most = room.per_topic.get(pick.topic)
    if most is not None and counts.get(pick.topic, 0) >= most:
        return f"no room: {most} stories of {pick.topic or 'what lies outside the topics'} are enough"
    if room.minutes is not None and spent + minutes > room.minutes:
        return (
            f"no room: it would take {minutes:.1f} minutes, and {max(0.0, room.minutes - spent):.1f} of "
            f"{room.minutes:g} were left"
        )
    return ""


def within(summaries: Sequence[Summary], minutes: float | None) -> tuple[list[Summary], list[Summary]]:
    """Those told stories that stay in the minutes, in their order, and those that do not: the least worth go first."""
    if minutes is None:
        return list(summaries), []
    costs = [told_minutes(summary) for summary in summaries]
    spent, dropped = sum(costs), set()
    for at in sorted(range(len(summaries)), key=lambda i: (summaries[i].pick.score, i)):
        if spent <= minutes:
            break
        spent -= costs[at]
        dropped.add(at)
    kept = [one for at, one in enumerate(summaries) if at not in dropped]
    return kept, [one for at, one in enumerate(summaries) if at in dropped]


def too_long(summary: Summary, minutes: float | None) -> str:
    """Why a told story had to go, in words."""
    return f"no room: told, it takes {told_minutes(summary):.1f} minutes, more than {minutes or 0:g} leave for it"


def spare(
    left: Iterable[tuple[Pick, str]], kept: Sequence[Summary], limits: LimitsConfig, most: Mapping[str, int]
) -> Iterator[Pick]:
    """Those of `left` for which an edition of `kept` has room for one more, as far as one can expect."""
    spent = sum(told_minutes(one) for one in kept)
    counts: dict[str, int] = {}
    for one in kept:
        counts[one.pick.topic] = counts.get(one.pick.topic, 0) + 1
    room = Room(limits.minutes, limits.stories, most)
    if len(kept) < limits.stories:
        for pick, _ in left:
            if not _no_room(pick, expected_minutes(pick.story, limits.bullets), spent, counts, room):
                yield pick
