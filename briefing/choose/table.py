"""How stories fit topics, worked out once for all who read them at one moment.

What a story is worth depends for most readers on the story and the topic alone: they said nothing of it, and were told
nothing like it. That is kept by the story's articles; its id may differ from reader to reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy
from numpy.typing import NDArray

from briefing.choose.budget import expected_minutes
from briefing.choose.rank import LIKE_TOLD, Circumstances, Weights, parts_of, total, voices
from briefing.choose.topics import Match, match
from briefing.config import TopicConfig
from briefing.types import Pick, Story

__all__ = ["Fits", "lack"]

Floats = NDArray[numpy.float64]
Nearness = Callable[[TopicConfig, Sequence[Story]], Sequence[float] | None]
"""A topic's nearness to each of some stories; None where meaning can't be compared."""

Key = tuple[tuple[str, ...], frozenset[str]]


@dataclass(slots=True)
class _Column:
    """One topic beside the rows of a table, as far as they were asked for."""

    topic: TopicConfig
    matches: list[Match] = field(default_factory=list)
    fit: Floats = field(default_factory=lambda: numpy.zeros(0))
    lack: Floats = field(default_factory=lambda: numpy.zeros(0))


class Fits:
    """A table that grows: rows are stories, by their articles; columns are topics.

    `sources` says how much each counts. All is as of the moment `now`.
    """

    def __init__(self, nearness: Nearness, now: datetime, sources: Mapping[str, float]) -> None:
        self._nearness = nearness
        self._now = now
        self._sources = sources
        self._stories: list[Story] = []
        self._rows: dict[Key, int] = {}
        self._same: dict[int, int] = {}
        self._columns: dict[int, _Column] = {}
        self._picks: dict[tuple[int, int], Pick] = {}
        self._voices: list[int] = []
        self._minutes: dict[tuple[int, int], float] = {}

    def rows(self, stories: Sequence[Story]) -> list[int]:
        """The rows of stories; one that was not met before gets a row."""
        found = []
        for story in stories:
            # Most readers have the very same stories before them.
            same = self._same.get(id(story))
            if same is not None and self._stories[same] is story:
                found.append(same)
                continue
            key = (tuple(article.id for article in story.articles), story.copies)
            row = self._rows.get(key)
            if row is None:
                row = self._rows[key] = self._same[id(story)] = len(self._stories)
                self._stories.append(story)
                self._voices.append(voices(story))
            found.append(row)
        return found

    def voices(self, row: int) -> int:
        """How many outlets tell the story of a row in words of their own."""
        return self._voices[row]

    def minutes(self, row: int, bullets: int) -> float:
        """What the story of a row is expected to take to read."""
        kept = self._minutes.get((row, bullets))
        if kept is None:
            kept = self._minutes[row, bullets] = expected_minutes(self._stories[row], bullets)
        return kept

    def of(self, rows: Sequence[int], topics: Sequence[TopicConfig]) -> tuple[Floats, Floats]:
        """Shape (rows, topics), twice: how well each story fits, 0 if not at all, and what it lacks (`lack`)."""
        columns = [self._column(topic) for topic in topics]
        at = numpy.array(rows, dtype=numpy.intp)
        if not columns:
            return numpy.zeros((len(rows), 0)), numpy.zeros((len(rows), 0))
        return numpy.stack([c.fit[at] for c in columns], axis=1), numpy.stack([c.lack[at] for c in columns], axis=1)

    def match(self, row: int, topic: TopicConfig) -> Match:
        """How the story of a row fits a topic that was asked for in `of`."""
        return self._columns[id(topic)].matches[row]

    def pick(self, row: int, story: Story, topic: TopicConfig | None, weights: Weights, known: Circumstances) -> Pick:
        """A row's story, as this reader has it, with its score under a topic; None if there are no topics."""
        said = weights.learned_topics or weights.learned_sources
        plain = not said and not known.leaning and known.told <= LIKE_TOLD
        key = (row, id(topic))
        kept = self._picks.get(key) if plain else None
        if kept is not None:
            return kept if kept.story is story else replace(kept, story=story)
        match = self.match(row, topic) if topic is not None else None
        fit, why = (match.fit, match.why) if match else (1.0, ("no topics are set",))
        name = topic.name if topic else ""
        parts = parts_of(self._stories[row], name, fit, "; ".join(why), weights, known, self._now)
        shown = (*why, *(part.why for part in parts if part.name not in ("topic", "freshness")))
        found = Pick(story=story, topic=name, score=total(parts), why=shown, parts=parts)
        if plain:
            self._picks[key] = found
        return found

    def outside(self, row: int, story: Story, why: str, weights: Weights, known: Circumstances) -> Pick:
        """A row's story that is told though it belongs to no topic."""
        parts = parts_of(self._stories[row], "", 0.0, "", weights, known, self._now)
        return Pick(story=story, score=total(parts), why=(why,), parts=parts)

    def _column(self, topic: TopicConfig) -> _Column:
        # The column holds its topic, so that no other one can get its address.
        column = self._columns.setdefault(id(topic), _Column(topic))
        missing = self._stories[len(column.matches) :]
        if missing:
            near = self._nearness(topic, missing) if topic.description else None
            column.matches += [
                match(story, topic, None if near is None else float(near[at])) for at, story in enumerate(missing)
            ]
            column.fit = numpy.array([one.fit if one.matched else 0.0 for one in column.matches])
            column.lack = numpy.array([lack(one) for one in column.matches])
        return column


def lack(found: Match | None) -> float:
    """How much nearness a story lacks for a topic; those a rule keeps out lack most."""
    if found is None or found.excluded or found.nearness is None or found.needed is None:
        return 99.0
    return found.needed - found.nearness
