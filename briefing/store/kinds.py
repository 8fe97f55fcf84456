"""The kinds of values in the tables, kept the same way by every database."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

__all__ = ["Line", "Moment", "Words", "keepable"]

_UNKEEPABLE = re.compile("[\ud800-\udfff\x00]")


def keepable(text: str) -> str:
    """A text as it is kept. Lone surrogates and NULs, which no database keeps, become marks of their length."""
    return _UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", text)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC; SQLite itself forgets zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text as strangers wrote it (`keepable`).

    PostgreSQL would sort it by the rules of a language; the migrations make its columns ones that sort by characters
    (COLLATE "C"), as SQLite does.
    """

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The database's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(self.impl_instance)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else keepable(value)


class Line(Words):
    """A short text. Its length is a hint: SQLite keeps longer ones, and so PostgreSQL is given no limit either."""

    impl = String
    cache_ok = True
