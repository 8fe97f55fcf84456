"""Opening a store: the engine with its settings, and the schema brought up to date."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from briefing.errors import StoreError
from briefing.store.store import Store

HEAD = "0012"
"""The newest migration. A test holds it against the folder of migrations."""

_BUSY_MILLISECONDS = 30_000


def open_store(where: str, base: Path) -> Store:
    """The store at `where`: a SQLAlchemy URL, or a file that is resolved against `base`.

    Raises StoreError if it can't be opened, is damaged, or was made by a newer version.
    """
    if "://" in where:
        url = where
    else:
        path = where if where == ":memory:" else str((base / Path(where).expanduser()).absolute())
        if path != ":memory:":
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"the store's folder {Path(path).parent} can't be made: {error.strerror}") from error
        url = f"sqlite:///{path}"
    try:
        # Pages are served by up to 40 threads; a connection that is not kept is opened, with its settings, each time.
        engine = create_engine(url, **({"pool_size": 40, "max_overflow": 20} if _in_a_file(url) else {}))
        if engine.dialect.name == "sqlite":
            _tune_sqlite(engine)
        _migrate(engine)
    except ArgumentError as error:
        raise StoreError(f'"{where}" is not a file or a database URL: {error}') from error
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise StoreError(f"the store {where} can't be opened: {reason}") from error
    return Store(engine)


def _in_a_file(url: str) -> bool:
    return url.startswith("sqlite") and not url.endswith(":memory:") and url != "sqlite://"


def _tune_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        # The driver's own transaction handling would begin too late; `begun` below begins them.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
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
    until = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        version = None
        if inspect(connection).has_table("alembic_version"):
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        connection.rollback()
    if version == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(f"the store was made by another version of briefing: {error}") from error
