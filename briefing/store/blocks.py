"""Which paragraphs a source repeats: where each stood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, insert, select, update

from briefing.store.dialects import alone
from briefing.store.tables import blocks
from briefing.store.transaction import transaction
from briefing.types import Sighting

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from briefing.store.store import Store

__all__ = ["Blocks"]

MOST = 8
"""Sightings kept of one paragraph; more prove nothing more."""
ONCE = timedelta(days=14)
"""How long a paragraph is remembered that stood in one article only, as nearly all do."""
LONG = timedelta(days=180)
"""How long one is remembered that came again."""


class Blocks:
    """The paragraphs of one store's sources."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def met(self, source: str, found: Sequence[Sighting], now: datetime) -> list[Sighting]:
        """Remember where paragraphs of a source stand now; returns where they stood before."""
        with transaction(self._store._engine, "met") as connection:
            alone(connection, "blocks", source)
            before = _known(connection, source, [one.block for one in found])
            _note(connection, source, found, now)
            _forget(connection, source, now)
        return before


def _known(connection: Connection, source: str, wanted: Sequence[str]) -> list[Sighting]:
    """Where these paragraphs stood before."""
    query = select(blocks.c.block, blocks.c.article, blocks.c.sketch)
    query = query.where(blocks.c.source == source, blocks.c.block.in_(wanted)).order_by(blocks.c.seen, blocks.c.article)
    return [Sighting(row.block, row.article, row.sketch) for row in connection.execute(query)]


def _note(connection: Connection, source: str, found: Iterable[Sighting], now: datetime) -> None:
    """Remember where paragraphs stood."""
    for one in found:
        here = and_(blocks.c.source == source, blocks.c.block == one.block)
        count = connection.execute(select(func.count()).where(here)).scalar_one()
        again = connection.execute(update(blocks).where(here, blocks.c.article == one.article).values(seen=now))
        if again.rowcount:
            continue
        if count >= MOST:
            # It goes on being repeated: what is known of it stays fresh.
            connection.execute(update(blocks).where(here).values(seen=now))
            continue
        values = {"source": source, "block": one.block, "article": one.article, "sketch": one.sketch, "seen": now}
        connection.execute(insert(blocks).values(**values))


def _forget(connection: Connection, source: str, now: datetime) -> None:
    """Drop what came once and not again, and what has not come for long."""
    connection.execute(delete(blocks).where(blocks.c.source == source, blocks.c.seen < now - LONG))
    often = select(blocks.c.block).where(blocks.c.source == source).group_by(blocks.c.block).having(func.count() > 1)
    old = and_(blocks.c.source == source, blocks.c.seen < now - ONCE)
    connection.execute(delete(blocks).where(old, blocks.c.block.not_in(often.scalar_subquery())))
