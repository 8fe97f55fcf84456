"""Which paragraphs a source repeats: where each stood."""

from __future__ import annotations

from collections import Counter
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
            _note(connection, source, found, before, now)
        return before

    def forget(self, names: Iterable[str], now: datetime) -> None:
        """Drop of these sources what came once and not again, and what has not come for long."""
        with transaction(self._store._engine, "forget") as connection:
            for source in names:
                _forget(connection, source, now)


def _known(connection: Connection, source: str, wanted: Sequence[str]) -> list[Sighting]:
    """Where these paragraphs stood before."""
    query = select(blocks.c.block, blocks.c.article, blocks.c.sketch)
    query = query.where(blocks.c.source == source, blocks.c.block.in_(wanted)).order_by(blocks.c.seen, blocks.c.article)
    return [Sighting(row.block, row.article, row.sketch) for row in connection.execute(query)]


def _note(
    connection: Connection, source: str, found: Iterable[Sighting], before: Sequence[Sighting], now: datetime
) -> None:
    """Remember where paragraphs stood; `before` is all that was known of them."""
    known = {(one.block, one.article) for one in before}
    counts = Counter(one.block for one in before)
    again: dict[str, list[str]] = {}
    often, new = set(), []
    for one in found:
        if (one.block, one.article) in known:
            again.setdefault(one.article, []).append(one.block)
        elif counts[one.block] >= MOST:
            # It goes on being repeated: what is known of it stays fresh.
            often.add(one.block)
        else:
            known.add((one.block, one.article))
            counts[one.block] += 1
            new.append(
                {"source": source, "block": one.block, "article": one.article, "sketch": one.sketch, "seen": now}
            )
    own = blocks.c.source == source
    for article, marks in again.items():
        here = and_(own, blocks.c.article == article, blocks.c.block.in_(marks))
        connection.execute(update(blocks).where(here).values(seen=now))
    if often:
        connection.execute(update(blocks).where(own, blocks.c.block.in_(sorted(often))).values(seen=now))
    if new:
        connection.execute(insert(blocks), new)


def _forget(connection: Connection, source: str, now: datetime) -> None:
    connection.execute(delete(blocks).where(blocks.c.source == source, blocks.c.seen < now - LONG))
    often = select(blocks.c.block).where(blocks.c.source == source).group_by(blocks.c.block).having(func.count() > 1)
    old = and_(blocks.c.source == source, blocks.c.seen < now - ONCE)
    connection.execute(delete(blocks).where(old, blocks.c.block.not_in(often.scalar_subquery())))
