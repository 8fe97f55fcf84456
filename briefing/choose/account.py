"""The account of a choice, kept with its edition: what was told, what nearly was, and what decided it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from briefing.choose.budget import expected_minutes, told_minutes
from briefing.types import Considered, Pick, Story, Summary

MOST_MISSED = 30
"""Just-missed stories an edition remembers."""

PICKED, OUTSIDE = "told", "outside all topics"


def considered(
    summaries: Sequence[Summary],
    left: Sequence[tuple[Pick, str]],
    near: Sequence[tuple[Story, str, tuple[str, ...]]],
    bullets: int,
) -> tuple[Considered, ...]:
    """The rows: told stories in their order, those left out by their worth, those outside by how near they were.

    `left` stands in that order, with a reason for each; `near` is a story, its nearest topic and why it is not of it.
    """
    rows = [_row(one.pick, PICKED, place=place, minutes=told_minutes(one)) for place, one in enumerate(summaries, 1)]
    outside = [
        Considered(
            story=story.id,
            title=story.lead.title,
            source=story.lead.source,
            topic=topic,
            fate=OUTSIDE,
            minutes=round(expected_minutes(story, bullets), 2),
            why=why,
        )
        for story, topic, why in near[: MOST_MISSED - min(len(left), MOST_MISSED // 2)]
    ]
    missed = [
        _row(pick, fate, minutes=expected_minutes(pick.story, bullets))
        for pick, fate in left[: MOST_MISSED - len(outside)]
    ]
    return (*rows, *missed, *outside)


def _row(pick: Pick, fate: str, *, place: int = 0, minutes: float = 0.0) -> Considered:
    story, lead = pick.story, pick.story.lead
    return Considered(
        story=story.id,
        title=lead.title,
        source=lead.source,
        topic=pick.topic,
        fate=fate,
        place=place,
        score=pick.score,
        minutes=round(minutes, 2),
        parts=pick.parts,
        why=pick.why,
    )


def in_words(row: Considered) -> list[str]:
    """Lines that account for one row."""
    head = f"{row.place}. " if row.place else ""
    lines = [f"{head}{row.title or '(no title)'} ({row.source})"]
    near = f", nearest topic {row.topic}" if row.topic else ""
    where = near if row.fate == OUTSIDE else f" (under {row.topic})" if row.topic else ""
    lines.append(f"    {row.fate}{where}; {row.minutes * 60:.0f} seconds to read")
    if row.parts:
        lines.append(f"    score {row.score:.2f}:")
        lines += [f"      {part.worth:+.2f} {part.name}: {part.why}" for part in row.parts]
    else:
        lines += [f"    {reason}" for reason in row.why]
    return lines
