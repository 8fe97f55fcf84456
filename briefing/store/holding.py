"""What only one process holds at a time: a lock file beside a SQLite file, an advisory lock of a PostgreSQL.

The system, or the server, gives it back when its process ends, however it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from briefing.errors import StoreError
from briefing.store.dialects import key_of, on_server

__all__ = ["Holding"]


class Holding:
    """The locks of one store."""

    def __init__(self, engine: Engine, file: Path | None) -> None:
        self._engine = engine
        self._file = file
        self._locks: dict[str, FileLock] = {}
        self._guard = threading.Lock()

    @property
    def known(self) -> bool:
        """Whether processes see each other's locks; a store in memory has no other process."""
        return self._file is not None or on_server(self._engine)

    @contextmanager
    def hold(self, name: str, *, shared: bool = True) -> Iterator[bool]:
        """Hold what is called `name` for as long as the block lasts; gives False where another process holds it.

        Threads of one process `shared` it beside a file. Raises StoreError if the lock can't be asked for.
        """
        if on_server(self._engine):
            with self._on_server(name) as held:
                yield held
            return
        if self._file is None:
            yield True
            return
        lock = self._lock(self._file, name) if shared else FileLock(f"{self._file}.{name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        except OSError as error:
            raise StoreError(f"the lock {lock.lock_file} can't be taken: {error.strerror}") from error
        try:
            yield True
        finally:
            lock.release()

    def _lock(self, file: Path, name: str) -> FileLock:
        with self._guard:
            if name not in self._locks:
                self._locks[name] = FileLock(f"{file}.{name}.lock", timeout=0, thread_local=False)
            return self._locks[name]

    @contextmanager
    def _on_server(self, name: str) -> Iterator[bool]:
        # A connection of its own, outside the pool: the lock lasts as long as the connection, not a transaction.
        key = {"key": key_of("hold", name)}
        try:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            held = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar())
        except SQLAlchemyError as error:
            raise StoreError(f"the lock {name} can't be taken: {getattr(error, 'orig', None) or error}") from error
        try:
            yield held
        finally:
            # Where the connection is lost, the lock is too.
            with suppress(SQLAlchemyError):
                if held:
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
            connection.close()
