"""What pages and programs read of the store: editions, articles, search, counts. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from briefing.store import rows as shape
from briefing.store import search
from briefing.store.search import Hits, Kind
from briefing.store.tables import articles, editions, items, search_entries, source_days, texts
from briefing.types import Article

HEADLINES = 3


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition in a list: how many stories it tells, and the first headlines."""

    id: str
    briefing: str
    slot: str
    made: datetime
    stories: int
    headlines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceDay:
    """How often a source was asked on a day and was well, or failed."""

    day: date
    well: int
    failed: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a list ends: the next one begins after it."""

    at: datetime
    id: str


class Library:
    """Made by the store. All methods raise StoreError if the database fails."""

    def __init__(self, reading: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._reading = reading

    def ready(self) -> None:
        """Return if the database answers."""
        with self._reading() as connection:
            connection.execute(select(1)).scalar_one()

    def newest(self, briefing: str) -> str | None:
        """The id of a briefing's newest edition."""
        c = editions.c
        query = select(c.id).where(c.briefing == briefing).order_by(c.slot.desc(), c.id).limit(1)
        with self._reading() as connection:
            found: str | None = connection.execute(query).scalar()
        return found

    def made_since(self, briefing: str, slot: str) -> list[str]:
        """The ids of a briefing's editions from a slot on, oldest first."""
        c = editions.c
        query = select(c.id).where(c.briefing == briefing, c.slot >= slot).order_by(c.slot, c.id)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def edition_id(self, briefing: str, slot: str) -> str | None:
        """The id of the edition of a slot."""
        query = select(editions.c.id).where(editions.c.briefing == briefing, editions.c.slot == slot)
        with self._reading() as connection:
            found: str | None = connection.execute(query).scalar()
        return found

    def editions(
        self, briefings: Sequence[str] | None = None, after: tuple[str, str] | None = None, limit: int = 50
    ) -> list[EditionRow]:
        """Editions, of these briefings only where they are given, newest slot first; those after the slot and id in
        `after`."""
        query = select(editions.c.id, editions.c.briefing, editions.c.slot, editions.c.made)
        if briefings is not None:
            query = query.where(editions.c.briefing.in_(list(briefings)))
        if after is not None:
            slot, identity = after
            older = editions.c.slot < slot
            query = query.where(or_(older, (editions.c.slot == slot) & (editions.c.id > identity)))
        query = query.order_by(editions.c.slot.desc(), editions.c.id).limit(limit)
        with self._reading() as connection:
            rows = connection.execute(query).all()
            heads = self._headlines(connection, [row.id for row in rows])
        return [
            EditionRow(row.id, row.briefing, row.slot, row.made, len(found), tuple(found[:HEADLINES]))
            for row in rows
            for found in [heads.get(row.id, [])]
        ]

    def slots_of(self, ids: list[str]) -> dict[str, tuple[str, str]]:
        """Briefing and slot of each of these editions."""
        if not ids:
            return {}
        query = select(editions.c.id, editions.c.briefing, editions.c.slot).where(editions.c.id.in_(sorted(set(ids))))
        with self._reading() as connection:
            return {row.id: (row.briefing, row.slot) for row in connection.execute(query)}

    @staticmethod
    def _headlines(connection: Connection, ids: list[str]) -> dict[str, list[str]]:
        c = search_entries.c
        query = select(c.ref, c.title, c.body).where(c.kind == "story", c.ref.in_(ids)).order_by(c.ref, c.number)
        found: dict[str, list[str]] = {}
        for row in connection.execute(query):
            found.setdefault(row.ref, []).append(row.title or row.body.partition("\n")[0])
        return found

    def article(self, identity: str) -> Article | None:
        """The article with this id, as it was last read."""
        query = _articles().where(articles.c.id == identity)
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else shape.article(row)

    def articles(
        self,
        *,
        source: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> list[Article]:
        """Articles, the last seen first."""
        seen = articles.c.seen
        query = _articles()
        if source is not None:
            query = query.where(articles.c.source == source)
        if since is not None:
            query = query.where(seen >= since)
        if until is not None:
            query = query.where(seen <= until)
        if after is not None:
            query = query.where(or_(seen < after.at, (seen == after.at) & (articles.c.id > after.id)))
        with self._reading() as connection:
            rows = connection.execute(query.order_by(seen.desc(), articles.c.id).limit(limit)).mappings().all()
        return [shape.article(row) for row in rows]

    def count(self) -> dict[str, int]:
        """How many articles and editions are kept."""
        with self._reading() as connection:
            return {
                "articles": connection.execute(select(func.count()).select_from(articles)).scalar_one(),
                "editions": connection.execute(select(func.count()).select_from(editions)).scalar_one(),
            }

    def source_days(self, since: date) -> dict[str, list[SourceDay]]:
        """How often each source was asked on each day (UTC) from `since` on, oldest first."""
        query = select(source_days).where(source_days.c.day >= since).order_by(source_days.c.source, source_days.c.day)
        found: dict[str, list[SourceDay]] = {}
        with self._reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.source, []).append(SourceDay(row.day, row.well, row.failed))
        return found

    def items(self) -> dict[str, int]:
        """How many items are in each state: "new" waits to be read, "failed" is left alone."""
        with self._reading() as connection:
            rows = connection.execute(select(items.c.state, func.count()).group_by(items.c.state)).all()
        return {row[0]: row[1] for row in rows}

    def search(
        self,
        words: str,
        *,
        kind: Kind | None = None,
        briefings: Sequence[str] | None = None,
        place: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest: bool = False,
        limit: int = 20,
        offset: int = 0,
    ) -> Hits:
        """What matches `words`; see `search.find`."""
        with self._reading() as connection:
            return search.find(
                connection, words, kind=kind, briefings=briefings, place=place, since=since, until=until, newest=newest,
                limit=limit, offset=offset,
            )  # fmt: skip


def _articles() -> Any:
    return select(articles, texts.c.text.label("full")).join(texts, articles.c.text == texts.c.digest)
