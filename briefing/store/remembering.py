"""The part of the store that remembers stories over days; its methods are those of `Store`, one transaction each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from briefing.store import membership
from briefing.store import threads as stories
from briefing.store.tables import editions, told
from briefing.store.transaction import Room, transaction
from briefing.types import Thread

__all__ = ["Remembering"]


class Remembering(Room):
    """Which story an article belongs to, what editions told, and which of their articles are to be looked at again."""

    def stories_of(self, articles: Iterable[str]) -> dict[str, str]:
        """The story of each of these articles that was grouped before."""
        with transaction(self._reader, "stories_of") as connection:
            return membership.known(connection, articles)

    def keep_stories(self, grouped: Mapping[str, str], merged: Mapping[str, str]) -> None:
        """Keep the story of each article, and which stories went into which ({gone: kept})."""
        with transaction(self._engine, "keep_stories") as connection:
            membership.keep(connection, grouped, merged)

    def told_to_anybody(self, articles: Iterable[str], before: datetime) -> set[str]:
        """Which of these articles any edition made before a moment has told."""
        found: set[str] = set()
        with transaction(self._reader, "told_to_anybody") as connection:
            for chunk in membership.chunks(sorted(articles)):
                query = select(told.c.article).join(editions, told.c.edition == editions.c.id).distinct()
                query = query.where(told.c.article.in_(chunk), editions.c.made < before)
                found.update(connection.execute(query).scalars())
        return found

    def story(self, story: str) -> tuple[str, list[str]]:
        """The id a story goes by now, and the ids of its articles; none if nothing is known of it."""
        with transaction(self._reader, "story") as connection:
            return membership.members(connection, story)

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
