"""All rows of one store put into another, of the same kind or the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Integer, Table, delete, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from briefing.errors import StoreError, UsageError
from briefing.store import people_tables, vectors
from briefing.store.address import Address, address
from briefing.store.dialects import on_server, reading
from briefing.store.open import connected

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Copied", "copy", "file_address", "fill"]

_AT_ONCE = 200
_TABLES = tuple(people_tables.users.metadata.sorted_tables)
"""Those that are referred to come first."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows each table had and has."""

    rows: Mapping[str, int]

    @property
    def whole(self) -> int:
        """All of them."""
        return sum(self.rows.values())


Report = Callable[[str, int], None]


def file_address(path: Path) -> Address:
    """A SQLite file as an address."""
    return address(str(path.absolute()), path.parent)


def copy(source: Address, target: Address, report: Report = lambda table, rows: None) -> Copied:
    """Copy a store into an empty one, in one transaction; others may be using the first. `report` is told of each
    table that is done.

    Raises UsageError if the target holds anything or is the source itself, StoreError if either fails.
    """
    if source.url == target.url:
        raise UsageError("a store is not copied into itself")
    if source.file is not None and not source.file.is_file():
        raise UsageError(f"there is no store {source.shown}")
    left = connected(source)
    try:
        right = connected(target)
        try:
            return fill(left, right, report)
        except StoreError as error:
            raise StoreError(target.clean(source.clean(str(error)))) from None
        finally:
            right.dispose()
    finally:
        left.dispose()


def fill(source: Engine, target: Engine, report: Report = lambda table, rows: None, *, anew: bool = False) -> Copied:
    """Put all rows of the source into the target, whose tables must be empty; with `anew` what they hold goes first.

    Both have the tables of this version. Raises UsageError, StoreError.
    """
    try:
        with reading(source).connect() as before, target.begin() as after:
            _for_us_alone(after)
            if anew:
                for table in reversed(_TABLES):
                    after.execute(delete(table))
            _must_be_empty(after)
            rows = {table.name: _copy_table(before, after, table, report) for table in _TABLES}
            if on_server(after):
                vectors.index_all(after)
            _count_on(after)
    except SQLAlchemyError as error:
        raise StoreError(f"the copy failed, and nothing was changed: {getattr(error, 'orig', None) or error}") from None
    return Copied(rows)


def _for_us_alone(connection: Connection) -> None:
    """Others go on reading what was there before; who wants to write waits. SQLite does so by itself."""
    if on_server(connection):
        names = ", ".join(f'"{table.name}"' for table in _TABLES)
        connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))


def _must_be_empty(connection: Connection) -> None:
    full = [table.name for table in _TABLES if connection.execute(select(1).select_from(table).limit(1)).first()]
    if full:
        raise UsageError(f"the store to copy into is not empty: there are rows in {', '.join(full)}")


def _copy_table(before: Connection, after: Connection, table: Table, report: Report) -> int:
    for rows in _batches(before, table):
        after.execute(insert(table), rows)
    count = select(func.count()).select_from(table)
    had, has = before.execute(count).scalar_one(), after.execute(count).scalar_one()
    if had != has:
        raise StoreError(f"the copy failed, and nothing was changed: {table.name} has {has} rows of {had}")
    report(table.name, has)
    return int(has)


def _batches(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    query = select(table).order_by(*table.primary_key.columns)
    found = connection.execution_options(yield_per=_AT_ONCE).execute(query).mappings()
    for part in found.partitions():
        # Who had taken a row up is a process of that store.
        yield [dict(row) | ({"taker": None} if "taker" in row else {}) for row in part]


def _count_on(connection: Connection) -> None:
    """New rows get numbers past those that were copied. SQLite does so by itself."""
    if not on_server(connection):
        return
    for table in _TABLES:
        key = table.primary_key.columns
        if len(key) == 1 and isinstance(key[0].type, Integer):
            name = key[0].name
            last = connection.execute(select(func.max(key[0]))).scalar()
            sequence = func.pg_get_serial_sequence(table.name, name)
            connection.execute(select(func.setval(sequence, last or 1, last is not None)))
