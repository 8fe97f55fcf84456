"""Items and deliveries that one of several processes takes up.

On PostgreSQL each process has a number, and holds an advisory lock on it for as long as it lives. It writes its number
into the rows it takes, past those that another is taking at the same moment (SKIP LOCKED); the rows of a number that
nobody holds are free again at once. In a SQLite file there is no taking: an edition has one maker, and `claim` decides
who sends.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import Connection, Engine, Table, and_, literal_column, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from briefing.errors import StoreError
from briefing.store.dialects import on_server
from briefing.store.tables import deliveries, items
from briefing.store.transaction import transaction

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = ["Taking", "free"]

_SPACE = 0x62726965
"""The first half of the locks on numbers; the second is the number."""

_LIVES = """(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = {space} AND objid = {table}.taker)"""
_PAUSE = 0.2
_AT_ONCE = 8


class Row(Protocol):
    """What can be taken."""

    @property
    def id(self) -> str:
        """Its key."""
        ...


Taken = TypeVar("Taken", bound=Row)


def free(connection: Connection, table: Table, me: int | None) -> ColumnElement[bool]:
    """Whether a row is nobody else's: it was not taken, or by us, or by a process that has ended."""
    if not on_server(connection):
        return literal_column("1") == 1
    lives: ColumnElement[int] = literal_column(_LIVES.format(space=_SPACE, table=table.name))
    return or_(table.c.taker.is_(None), table.c.taker == me, lives == 0)


class Taking:
    """The rows this process takes. Methods raise StoreError if the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._living: Connection | None = None
        self._number: int | None = None

    @property
    def number(self) -> int | None:
        """This process's number; None where there is no taking."""
        if not on_server(self._engine):
            return None
        with self._guard:
            try:
                if self._living is not None and self._number is not None:
                    try:
                        self._living.execute(text("SELECT 1"))
                    except SQLAlchemyError:
                        # The server was started again: the number is nobody's now.
                        self._living.invalidate()
                        self._living.close()
                        self._living = None
                    else:
                        return self._number
                self._living = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                ask = text("SELECT pg_try_advisory_lock(:space, :number)")
                while True:
                    self._number = random.randrange(1, 2**31)
                    if self._living.execute(ask, {"space": _SPACE, "number": self._number}).scalar():
                        return self._number
            except SQLAlchemyError as error:
                raise StoreError(f"the store failed: {getattr(error, 'orig', None) or error}") from error

    def close(self) -> None:
        """Give back the number, and with it every row."""
        with self._guard:
            if self._living is not None:
                # Not back into the pool, where its lock would go on.
                self._living.invalidate()
                self._living.close()
                self._living = None

    def items(
        self, found: Sequence[Taken], patience: float = 0.0, at_once: int = _AT_ONCE
    ) -> Iterator[Sequence[Taken]]:
        """Items that wait to be read, so many at once, each given to one process only.

        Those that others are reading are waited for for `patience` seconds: then they are read, or their
        process has ended and they are ours.
        """
        left: Sequence[Taken] = found
        tried = self._tried([row.id for row in left]) if on_server(self._engine) else {}
        until = time.monotonic() + patience
        waited = False
        while left:
            others: list[Taken] = []
            for rows in self._shares(items, items.c.state == "new", left, at_once, others):
                # What another tried in vain while we waited is not tried again at once.
                mine = self._untried(rows, tried) if waited else rows
                if mine:
                    yield mine
            if not others or time.monotonic() >= until:
                return
            time.sleep(_PAUSE)
            waited = True
            left = self._untried(others, tried)

    def deliveries(self, found: Sequence[Taken], at_once: int = _AT_ONCE) -> Iterator[Taken]:
        """Pending deliveries, each given to one process only."""
        for rows in self._shares(deliveries, deliveries.c.state == "pending", found, at_once, []):
            yield from rows

    def _shares(
        self, table: Table, still: ColumnElement[bool], found: Sequence[Taken], at_once: int, others: list[Taken]
    ) -> Iterator[Sequence[Taken]]:
        for start in range(0, len(found), at_once):
            chunk = found[start : start + at_once]
            mine = self._take(table, still, [row.id for row in chunk])
            others += [row for row in chunk if row.id not in mine]
            try:
                if mine:
                    yield [row for row in chunk if row.id in mine]
            finally:
                self._give_back(table, mine)

    def _take(self, table: Table, still: ColumnElement[bool], ids: Sequence[str]) -> set[str]:
        me = self.number
        if me is None:
            return set(ids)
        with transaction(self._engine, "take") as connection:
            which = and_(table.c.id.in_(ids), still, free(connection, table, me))
            chosen = select(table.c.id).where(which).with_for_update(skip_locked=True)
            done = update(table).where(table.c.id.in_(chosen)).values(taker=me).returning(table.c.id)
            return set(connection.execute(done).scalars())

    def _give_back(self, table: Table, ids: Iterable[str]) -> None:
        me, which = self._number, sorted(ids)
        if me is None or not which or not on_server(self._engine):
            return
        with transaction(self._engine, "give_back") as connection:
            # In one order, so that no two processes wait for each other in a circle.
            mine = select(table.c.id).where(table.c.id.in_(which), table.c.taker == me).order_by(table.c.id)
            connection.execute(update(table).where(table.c.id.in_(mine.with_for_update())).values(taker=None))

    def _untried(self, found: Sequence[Taken], before: Mapping[str, datetime | None]) -> list[Taken]:
        """Those that still wait and that nobody tried since."""
        now = self._tried([row.id for row in found])
        return [row for row in found if row.id in now and now[row.id] == before.get(row.id)]

    def _tried(self, ids: Sequence[str]) -> dict[str, datetime | None]:
        """When each of those that still wait was last tried."""
        found: dict[str, datetime | None] = {}
        with transaction(self._engine, "waiting_items") as connection:
            for start in range(0, len(ids), 500):
                query = select(items.c.id, items.c.tried).where(items.c.id.in_(ids[start : start + 500]))
                found.update((row.id, row.tried) for row in connection.execute(query.where(items.c.state == "new")))
        return found
