"""The part of the store that remembers stories over days; its methods are those of `Store`, one transaction each."""

from __future__ import annotations

from datetime import datetime

from briefing.store import threads as stories
from briefing.store.transaction import Room, transaction
from briefing.types import Thread

__all__ = ["Remembering"]


class Remembering(Room):
    """What editions told, and which of their articles are to be looked at again."""

    def threads(
        self, briefing: str, since: datetime | None = None, before: datetime | None = None
    ) -> dict[str, Thread]:
        """What the briefing's editions, made since and before some moments, have told of each story."""
        with transaction(self._reader, "threads") as connection:
            return stories.listed(connection, briefing, since, before)

    def timeline(self, briefing: str, story: str) -> list[stories.Chapter]:
        """What was told of a story, the oldest edition first; `story` may be the beginning of its id."""
        with transaction(self._reader, "timeline") as connection:
            return stories.timeline(connection, briefing, story)

    def corrected(self, briefing: str) -> set[tuple[str, str]]:
        """Article and digest of its text, of every correction that was told."""
        with transaction(self._reader, "corrected") as connection:
            return stories.corrected_of(connection, briefing)

    def due(self, since: datetime, before: datetime, most: int) -> list[stories.Recheck]:
        """Articles told since `since` that were not looked at since `before`, at most so many."""
        with transaction(self._reader, "due") as connection:
            return stories.due(connection, since, before, most)

    def note_page(self, article: str, etag: str | None, modified: str | None, now: datetime | None) -> None:
        """Keep what an article's page answered, and when it was looked at again."""
        with transaction(self._engine, "note_page") as connection:
            stories.note(connection, article, etag, modified, now)
