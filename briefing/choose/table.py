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
from briefing.choose.rank import LIKE_TOLD, NOTHING_KNOWN, Circumstances, Weights, parts_of, total, voices
from briefing.choose.topics import Match, match
from briefing.config import TopicConfig
from briefing.kept import Kept
from briefing.types import Pick, Story

__all__ = ["Fits", "Rows", "lack"]

Floats = NDArray[numpy.float64]
Nearness = Callable[[TopicConfig, Sequence[Story]], Sequence[float] | None]
"""A topic's nearness to each of some stories; None where meaning can't be compared."""

Key = tuple[tuple[str, ...], frozenset[str]]

SETS = 8  # of stories, each what some readers have before them, whose rows are kept


@dataclass(frozen=True, slots=True)
class Rows:
    """Stories, and the row each has in a table. `by_id` is the place each would have if they were sorted by id.

    The rest is what a table has for exactly these stories: columns of topics, minutes by bullets, picks that are
    nobody's own by story and topic. All are kept by what does not change while the table lasts.
    """

    stories: tuple[Story, ...]
    at: tuple[int, ...]
    by_id: NDArray[numpy.intp]
    columns: dict[int, tuple[Floats, Floats]] = field(default_factory=dict, compare=False, repr=False)
    minutes: dict[int, Floats] = field(default_factory=dict, compare=False, repr=False)
    picks: dict[tuple[int, int], Pick] = field(default_factory=dict, compare=False, repr=False)


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
        self._sets: Kept[tuple[int, ...], Rows] = Kept(SETS)
        self._columns: dict[int, _Column] = {}
        self._picks: dict[tuple[int, int], Pick] = {}
        self._voices: list[int] = []
        self._minutes: dict[int, Floats] = {}

    def rows(self, stories: Sequence[Story]) -> Rows:
        """The rows of stories; one that was not met before gets a row."""
        # Most readers have the very same stories before them. Those that are kept are held, so no other has their id.
        key = tuple(map(id, stories))
        kept = self._sets.get(key)
        if kept is None:
            by_id = numpy.empty(len(stories), dtype=numpy.intp)
            by_id[sorted(range(len(stories)), key=lambda at: stories[at].id)] = numpy.arange(len(stories))
            kept = self._sets.put(key, Rows(tuple(stories), tuple(map(self._row, stories)), by_id))
        return kept

    def _row(self, story: Story) -> int:
        key = (tuple(article.id for article in story.articles), story.copies)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = len(self._stories)
            self._stories.append(story)
            self._voices.append(voices(story))
        return row

    def voices(self, row: int) -> int:
        """How many outlets tell the story of a row in words of their own."""
        return self._voices[row]

    def minutes(self, table: Rows, bullets: int) -> Floats:
        """What each story is expected to take to read."""
        found = table.minutes.get(bullets)
        if found is None:
            found = table.minutes[bullets] = self._all_minutes(bullets)[list(table.at)]
        return found

    def _all_minutes(self, bullets: int) -> Floats:
        known = self._minutes.get(bullets, numpy.zeros(0))
        if len(known) < len(self._stories):
            new = [expected_minutes(story, bullets) for story in self._stories[len(known) :]]
            known = self._minutes[bullets] = numpy.append(known, new)
        return known

    def of(self, table: Rows, topics: Sequence[TopicConfig]) -> tuple[Floats, Floats]:
        """Shape (topics, stories), twice: how well each story fits, 0 if not at all, and what it lacks (`lack`)."""
        if not topics:
            return numpy.zeros((0, len(table.at))), numpy.zeros((0, len(table.at)))
        columns = [table.columns.get(id(topic)) or self._beside(table, topic) for topic in topics]
        return numpy.array([fit for fit, _ in columns]), numpy.array([lack for _, lack in columns])

    def _beside(self, table: Rows, topic: TopicConfig) -> tuple[Floats, Floats]:
        column, at = self._column(topic), list(table.at)
        found = table.columns[id(topic)] = (column.fit[at], column.lack[at])
        return found

    def match(self, row: int, topic: TopicConfig) -> Match:
        """How the story of a row fits a topic that was asked for in `of`."""
        return self._columns[id(topic)].matches[row]

    def picks(
        self,
        table: Rows,
        chosen: Sequence[tuple[int, TopicConfig | None]],
        weights: Weights,
        known: Sequence[Circumstances] | None,
    ) -> list[Pick]:
        """Some of the stories, as this reader has them, each with its score under a topic; None if there are none."""
        said = bool(weights.learned_topics or weights.learned_sources)
        kept = table.picks
        if known is None and not said:
            return [kept.get((at, id(topic))) or self._plain(table, at, topic, weights) for at, topic in chosen]
        found: list[Pick] = []
        for at, topic in chosen:
            around = NOTHING_KNOWN if known is None else known[at]
            # What is one reader's own is worked out for that reader.
            if said or around.leaning or around.told > LIKE_TOLD:
                found.append(self._pick(table.at[at], table.stories[at], topic, weights, around))
            else:
                found.append(kept.get((at, id(topic))) or self._plain(table, at, topic, weights))
        return found

    def _plain(self, table: Rows, at: int, topic: TopicConfig | None, weights: Weights) -> Pick:
        """A pick that is nobody's own."""
        row, story = table.at[at], table.stories[at]
        pick = self._picks.get((row, id(topic)))
        if pick is None:
            pick = self._picks[row, id(topic)] = self._pick(row, story, topic, weights, NOTHING_KNOWN)
        pick = table.picks[at, id(topic)] = pick if pick.story is story else replace(pick, story=story)
        return pick

    def _pick(self, row: int, story: Story, topic: TopicConfig | None, weights: Weights, known: Circumstances) -> Pick:
        match = self.match(row, topic) if topic is not None else None
        fit, why = (match.fit, match.why) if match else (1.0, ("no topics are set",))
        name = topic.name if topic else ""
        parts = parts_of(self._stories[row], name, fit, "; ".join(why), weights, known, self._now)
        shown = (*why, *(part.why for part in parts if part.name not in ("topic", "freshness")))
        return Pick(story=story, topic=name, score=total(parts), why=shown, parts=parts)

    def outside(self, row: int, story: Story, why: str, weights: Weights, known: Circumstances) -> Pick:
        """A row's story that is told though it belongs to no topic."""
        parts = parts_of(self._stories[row], "", 0.0, "", weights, known, self._now)
        return Pick(story=story, score=total(parts), why=(why,), parts=parts)

    def _column(self, topic: TopicConfig) -> _Column:
        column = self._columns.get(id(topic))
        if column is None:
            # The column holds its topic, so that no other one can get its address.
            column = self._columns[id(topic)] = _Column(topic)
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
