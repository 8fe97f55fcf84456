"""Copies of the store: made while it is in use, looked over, put back. A copy is always a SQLite file.

Of a file it is made by SQLite's online backup (https://www.sqlite.org/backup.html); of a PostgreSQL from one state of
it, row by row, so it is a store of its own that can be put back into either kind.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.errors import StoreError, UsageError
from briefing.points import point
from briefing.store.copying import file_address, fill
from briefing.store.open import HEAD, connected

if TYPE_CHECKING:
    from briefing.store.store import Store

__all__ = ["Backup", "create", "listed", "restore", "verify"]

PATTERN = "briefing-*.db"
_COUNTS = ("SELECT count(*) FROM editions", "SELECT count(*) FROM articles")
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy: when it was made by its name, its bytes, and what is in it."""

    path: Path
    made: datetime
    size: int
    editions: int
    articles: int


def create(store: Store, folder: Path, now: datetime, keep: int | None = None) -> Backup:
    """A new copy in `folder`, looked over before it gets its name. With `keep`, only so many of the newest stay.

    Raises StoreError if it can't be made or is not whole, UsageError for a store in memory.
    """
    _lasting(store)
    target = folder / f"briefing-{now.astimezone(UTC).strftime(_STAMP)}.db"
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if store.file is None:
            _rows_into(aside, store)
        with contextlib.closing(sqlite3.connect(aside)) as copy:
            if store.file is not None:
                with contextlib.closing(sqlite3.connect(store.file)) as live:
                    live.backup(copy)
            # A copy is one file: what the log holds is written into it.
            copy.execute("PRAGMA journal_mode = DELETE")
        _look(aside)
        point("backup: before it has its name")
        _to_disk(aside)
        aside.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the backup {target} can't be made: {error}") from error
    finally:
        _away(aside)
    if keep is not None:
        for old in listed(folder)[keep:]:
            old.path.unlink(missing_ok=True)
    return verify(target)


def listed(folder: Path) -> list[Backup]:
    """The copies in a folder, the newest first; files that are no copies are left out."""
    found = []
    for path in sorted(folder.glob(PATTERN), reverse=True):
        with contextlib.suppress(StoreError):
            found.append(_described(path))
    return found


def verify(path: Path) -> Backup:
    """Look a copy over: every page, every reference between tables, its version. Raises StoreError."""
    _look(path)
    return _described(path)


def restore(store: Store, path: Path, folder: Path, now: datetime) -> Backup:
    """Put a copy in the place of what the store holds now, in one transaction; others may be using it.

    What it held is kept as a copy first, which is returned. Raises StoreError if the copy is not whole.
    """
    _lasting(store)
    verify(path)
    kept = create(store, folder, now)
    if store.file is None:
        _rows_from(path, store, kept)
        return kept
    target = store.file
    try:
        with contextlib.closing(_read_only(path)) as copy, contextlib.closing(sqlite3.connect(target)) as live:
            live.execute("PRAGMA busy_timeout = 30000")
            point("restore: before")
            copy.backup(live)
            live.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise StoreError(f"{path} can't be put back: {error}; what was there before is in {kept.path}") from error
    _look(target)
    return kept


def _lasting(store: Store) -> None:
    if store.file is None and not store.on_server:
        raise UsageError("a store in memory has no backups")


def _rows_into(path: Path, store: Store) -> None:
    """Make a SQLite file of what a database on a server holds."""
    copy = connected(file_address(path))
    try:
        fill(store._engine, copy)
    finally:
        copy.dispose()


def _rows_from(path: Path, store: Store, kept: Backup) -> None:
    """Put the rows of a copy in the place of what a database on a server holds."""
    with tempfile.TemporaryDirectory(prefix="briefing-") as folder:
        # An older copy is brought up to date; the file itself stays as it is.
        own = Path(folder) / "copy.db"
        shutil.copyfile(path, own)
        copy = connected(file_address(own))
        try:
            point("restore: before")
            fill(copy, store._engine, anew=True)
        except StoreError as error:
            raise StoreError(f"{path} can't be put back: {error}; what was there before is in {kept.path}") from error
        finally:
            copy.dispose()


def _away(path: Path) -> None:
    """Take away a file that SQLite was writing, with what stands beside it."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _look(path: Path) -> None:
    try:
        with contextlib.closing(_read_only(path)) as copy:
            wrong = [row[0] for row in copy.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
            wrong += [f"a row of {row[0]} refers to nothing" for row in copy.execute("PRAGMA foreign_key_check")][:5]
            row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path} is no whole copy of a store: {error}") from error
    if row is None or not str(row[0]).isdecimal():
        wrong.append("its version is unknown")
    elif str(row[0]) > HEAD:
        wrong.append("it was made by a newer version of briefing")
    if wrong:
        raise StoreError(f"{path} is damaged: {'; '.join(wrong)}")


def _described(path: Path) -> Backup:
    try:
        made = datetime.strptime(path.stem.removeprefix("briefing-"), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    try:
        with contextlib.closing(_read_only(path)) as copy:
            counts = [copy.execute(sql).fetchone()[0] for sql in _COUNTS]
        return Backup(path, made, path.stat().st_size, *counts)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path} is no whole copy of a store: {error}") from error


def _read_only(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise StoreError(f"there is no file {path}")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _to_disk(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
