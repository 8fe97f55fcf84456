"""The ledger of what readers said, and the secret their links are signed with."""

from __future__ import annotations

import secrets as random
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, delete, insert, select

from briefing.store.tables import feedback, secrets
from briefing.types import Feedback

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SECRET_BYTES = 32


def keep(connection: Connection, said: Feedback) -> None:
    """Keep a word; an earlier one with the same id gives way."""
    connection.execute(delete(feedback).where(feedback.c.id == said.id))
    connection.execute(insert(feedback).values(**{key: getattr(said, key) for key in Feedback.__slots__}))


def listed(connection: Connection, briefing: str | None, reader: str | None) -> list[Feedback]:
    """All words in the order they were said."""
    query = select(feedback)
    if briefing is not None:
        query = query.where(feedback.c.briefing == briefing)
    if reader is not None:
        query = query.where(feedback.c.reader == reader)
    rows = connection.execute(query.order_by(feedback.c.at, feedback.c.id)).mappings()
    return [_feedback(row) for row in rows]


def forget(connection: Connection, briefing: str, reader: str | None, *, wrong: bool) -> int:
    """Drop what was said; words on wrong bullets stay unless `wrong` is set. Returns how many were dropped."""
    query = delete(feedback).where(feedback.c.briefing == briefing)
    if reader is not None:
        query = query.where(feedback.c.reader == reader)
    if not wrong:
        query = query.where(feedback.c.action != "wrong")
    return connection.execute(query).rowcount


def drop(connection: Connection, identity: str) -> bool:
    """Drop one word. False if there is none with this id."""
    return connection.execute(delete(feedback).where(feedback.c.id == identity)).rowcount == 1


def secret(connection: Connection, name: str) -> bytes:
    """The secret of this name, made with its first use."""
    found: bytes | None = connection.execute(select(secrets.c.value).where(secrets.c.name == name)).scalar()
    if found is None:
        found = random.token_bytes(_SECRET_BYTES)
        connection.execute(insert(secrets).values(name=name, value=found))
    return found


def _feedback(row: RowMapping) -> Feedback:
    return Feedback(**{key: row[key] for key in Feedback.__slots__})
