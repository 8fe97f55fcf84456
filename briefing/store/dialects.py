"""What the two databases do differently, in one place: settings, keeping or changing a row, one writer at a time."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Table, event, func, select
from sqlalchemy.dialects import sqlite

__all__ = ["BUSY_SECONDS", "alone", "key_of", "on_server", "put", "reading", "tune", "unless_there"]

BUSY_SECONDS = 30
"""How long a writer waits for another one."""


def on_server(where: Connection | Engine) -> bool:
    """Whether this is a PostgreSQL."""
    return where.dialect.name == "postgresql"


def reading(engine: Engine) -> Engine:
    """The engine for transactions that only read: each sees one state of the store."""
    if on_server(engine):
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(only_reads=True)


def key_of(*what: str) -> int:
    """The number a name goes by as an advisory lock."""
    mark = hashlib.sha256("\x00".join(("briefing", *what)).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(mark[:8], "big", signed=True)


def alone(connection: Connection, *what: str) -> None:
    """Be the only transaction that writes what is called so, until its end. In SQLite any writer is the only one."""
    if on_server(connection):
        connection.execute(select(func.pg_advisory_xact_lock(key_of(*what))))


def _insert(connection: Connection, table: Table) -> Any:
    if not on_server(connection):
        return sqlite.insert(table)
    # Its drivers' parts take a while to import, for a store that most do not have.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def unless_there(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose key is there stay as they are.

    In the order of their keys: two processes that insert the same ones never wait for each other in a circle.
    """
    if rows:
        names = [column.name for column in table.primary_key.columns]
        ordered = sorted(rows, key=lambda row: tuple(row[name] for name in names))
        connection.execute(_insert(connection, table).on_conflict_do_nothing(index_elements=names), ordered)


def put(connection: Connection, table: Table, values: Mapping[str, Any], **otherwise: Any) -> None:
    """Insert a row; one with its primary key is given these values, or those of `otherwise` alone."""
    names = [column.name for column in table.primary_key.columns]
    changed = otherwise or {name: value for name, value in values.items() if name not in names}
    statement = _insert(connection, table).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=names, set_=changed))


def tune(engine: Engine) -> None:
    """Give an engine's connections the settings they need."""
    if on_server(engine):
        _tune_server(engine)
    else:
        _tune_sqlite(engine)


def _tune_server(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        before, connection.autocommit = connection.autocommit, True
        connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        connection.autocommit = before


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        # The driver's own transaction handling would begin too late; `begun` below begins them.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        _write_ahead(cursor)
        # What the outbox has committed must survive a power cut, not only a crash of the process.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        # A transaction that starts by reading and then writes can't wait for another writer: SQLite fails
        # it at once. Taking the write lock first makes the busy time-out hold.
        only_reads = connection.get_execution_options().get("only_reads", False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Keep a write-ahead log. Raises sqlite3.OperationalError if others hold the file for too long.

    The first to do so needs the file to itself, and while it asks SQLite fails the others at once: the busy time-out
    does not hold for this statement. So processes that open a new store together must ask again themselves.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
