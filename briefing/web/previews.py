"""What a topic would match in the last days, what just misses, and why: the same rules as an edition's."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from briefing import choose, pipeline, selection
from briefing import stories as grouping
from briefing.text import digest

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.choose import Match
    from briefing.config import TopicConfig
    from briefing.engines import Vectors
    from briefing.types import Story

DAYS = 7
MOST = 1_500
"""The newest so many articles are looked at: a person waits for the answer."""
SHOWN, NEAR = 12, 6


@dataclass(frozen=True, slots=True)
class Line:
    """A story in a preview. `fit` as in `choose.Match`."""

    article: str
    title: str
    source: str
    outlets: int
    fit: float
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a topic would match among `stories` of the last `days`; `cut` says that older articles were left out."""

    days: int
    stories: int
    count: int
    matching: tuple[Line, ...]
    missing: tuple[Line, ...]
    cut: bool


class Previews:
    """Keeps the last grouping, so that moving a slider costs milliseconds."""

    def __init__(self) -> None:
        self._grouped: tuple[str, Vectors, tuple[Story, ...]] | None = None
        self._lock = threading.Lock()

    def preview(self, app: App, topic: TopicConfig, days: int = DAYS) -> Preview:
        """The topic tried on what is kept."""
        parts, now = app.parts, app.now()
        kept = parts.store.articles([one.name for one in parts.sources], now - timedelta(days=days), now)
        cut, kept = len(kept) > MOST, kept[:MOST]
        if not kept:
            return Preview(days, 0, 0, (), (), cut=False)
        with self._lock:
            mark = digest(parts.encoder.identity, *(part for one in kept for part in (one.id, one.text)))
            if self._grouped is None or self._grouped[0] != mark:
                vectors = pipeline.story_vectors(parts, kept, now)
                self._grouped = (mark, vectors, tuple(grouping.group(kept, vectors).stories))
            _, vectors, stories = self._grouped
        nearness = selection.topic_nearness(parts.encoder, [topic], selection.Given(stories, kept, vectors))
        usable = nearness is not None and bool(topic.description)
        found = [
            (choose.match(story, topic, float(nearness[row, 0]) if nearness is not None and usable else None), story)
            for row, story in enumerate(stories)
        ]
        hits = sorted((one for one in found if one[0].matched), key=lambda one: -one[0].fit)
        near = sorted((one for one in found if not one[0].matched), key=lambda one: choose.lack(one[0]))
        return Preview(
            days, len(stories), len(hits), _lines(hits[:SHOWN]), _lines(near[:NEAR] if usable else []), cut=cut
        )


def _lines(found: Sequence[tuple[Match, Story]]) -> tuple[Line, ...]:
    return tuple(
        Line(
            story.lead.id, story.lead.title or "(no headline)", story.lead.source, len(story.outlets),
            round(match.fit, 2), "; ".join(match.why),
        )
        for match, story in found
    )  # fmt: skip
