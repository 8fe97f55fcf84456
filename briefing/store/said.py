"""The ledger of what readers said, and the secret their links are signed with."""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, insert, select

from briefing.store.dialects import alone, put
from briefing.store.tables import feedback, secrets
from briefing.store.transaction import Room, transaction
from briefing.types import Feedback

_SECRET_BYTES = 32


class FeedbackRows(Room):
    """The part of the store that holds what readers said."""

    def keep_feedback(self, said: Feedback) -> None:
        """Keep a reader's word; an earlier one with the same id gives way."""
        with transaction(self._engine, "keep_feedback") as connection:
            put(connection, feedback, {key: getattr(said, key) for key in Feedback.__slots__})

    def feedback(self, briefing: str | None = None, reader: str | None = None) -> list[Feedback]:
        """What readers said, oldest first; of one briefing or one reader where asked."""
        query = select(feedback)
        if briefing is not None:
            query = query.where(feedback.c.briefing == briefing)
        if reader is not None:
            query = query.where(feedback.c.reader == reader)
        with transaction(self._reader, "feedback") as connection:
            rows = connection.execute(query.order_by(feedback.c.at, feedback.c.id)).mappings()
            return [_feedback(row) for row in rows]

    def forget_feedback(self, briefing: str, reader: str | None = None, *, wrong: bool = False) -> int:
        """Drop what was said of a briefing, wrong bullets only with `wrong`. Returns how many words were dropped."""
        query = delete(feedback).where(feedback.c.briefing == briefing)
        if reader is not None:
            query = query.where(feedback.c.reader == reader)
        if not wrong:
            query = query.where(feedback.c.action != "wrong")
        with transaction(self._engine, "forget_feedback") as connection:
            return connection.execute(query).rowcount

    def drop_feedback(self, identity: str) -> bool:
        """Drop one word. False if there is none with this id."""
        with transaction(self._engine, "drop_feedback") as connection:
            return connection.execute(delete(feedback).where(feedback.c.id == identity)).rowcount == 1

    def secret(self, name: str = "links") -> bytes:
        """A secret of this installation, 32 bytes; made with its first use."""
        with transaction(self._engine, "secret") as connection:
            alone(connection, "secret", name)
            found: bytes | None = connection.execute(select(secrets.c.value).where(secrets.c.name == name)).scalar()
            if found is None:
                found = random.token_bytes(_SECRET_BYTES)
                connection.execute(insert(secrets).values(name=name, value=found))
            return found


def feedback_of(connection: Connection, briefings: Sequence[str]) -> list[Feedback]:
    """What readers said of these briefings, oldest first."""
    query = select(feedback).where(feedback.c.briefing.in_(briefings)).order_by(feedback.c.at, feedback.c.id)
    return [_feedback(row) for row in connection.execute(query).mappings()]


def _feedback(row: RowMapping) -> Feedback:
    return Feedback(**{key: row[key] for key in Feedback.__slots__})
