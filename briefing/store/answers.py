"""What readers answered, what became of it, and who gets nothing now: paused, unsubscribed, or gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select, update

from briefing.store.dialects import put, unless_there
from briefing.store.tables import answers, deliveries, silences
from briefing.store.transaction import Room, transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Delete, Select

DONE, REFUSED, WAITING, SENDING, FAILED = "done", "refused", "waiting", "sending", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One word of a reader and what became of it. `said` tells the reader; `told` is the edition that did."""

    id: str
    delivery: str
    edition: str
    briefing: str
    reader: str
    action: str
    what: str
    via: str
    at: datetime
    state: str
    said: str
    told: str | None = None
    attempts: int = 0
    next_try: datetime | None = None
    changed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A recipient nothing is sent to: until a moment, or, with None, until somebody says otherwise."""

    briefing: str
    channel: str
    recipient: str
    since: datetime
    until: datetime | None
    why: str


class AnswerRows(Room):
    """The part of the store that answers live in."""

    def keep_answers(self, found: Sequence[Answer]) -> None:
        """Keep answers; those that are known already stay as they are."""
        with transaction(self._engine, "keep_answers") as connection:
            first = {answer.id: answer for answer in reversed(found)}
            rows = [{key: getattr(answer, key) for key in Answer.__slots__} for answer in first.values()]
            unless_there(connection, answers, rows)

    def answers(self, *, state: str | None = None, identity: str | None = None) -> list[Answer]:
        """What readers answered, oldest first; in one state or with one id where asked."""
        query = select(answers)
        if state is not None:
            query = query.where(answers.c.state == state)
        if identity is not None:
            query = query.where(answers.c.id == identity)
        with transaction(self._reader, "answers") as connection:
            rows = connection.execute(query.order_by(answers.c.at, answers.c.id)).mappings().all()
        return [Answer(**{key: row[key] for key in Answer.__slots__}) for row in rows]

    def confirm_answers(self, briefing: str, reader: str, edition: str) -> list[str]:
        """What an edition tells its reader of answers that none told before. They count as told by it."""
        query = fresh_answers(briefing, reader, edition)
        with transaction(self._engine, "confirm_answers") as connection:
            rows = connection.execute(query.order_by(answers.c.at, answers.c.id).with_for_update()).all()
            if rows:
                told = [row.id for row in rows]
                connection.execute(update(answers).where(answers.c.id.in_(told)).values(told=edition))
        return list(dict.fromkeys(row.said for row in rows))

    def edition_of(self, delivery: str) -> str | None:
        """The edition a delivery is of, by their ids."""
        with transaction(self._reader, "edition_of") as connection:
            query = select(deliveries.c.edition).where(deliveries.c.id == delivery)
            found: str | None = connection.execute(query).scalar()
        return found

    def claim_answer(self, answer: Answer, now: datetime) -> bool:
        """Take a waiting answer for sending. False if another process was quicker."""
        mine = select(answers.c.id).where(answers.c.id == answer.id, answers.c.state == WAITING)
        query = update(answers).where(answers.c.id.in_(mine.with_for_update(skip_locked=True)))
        with transaction(self._engine, "claim_answer") as connection:
            done = connection.execute(query.values(state=SENDING, attempts=answers.c.attempts + 1, changed=now))
            return done.rowcount == 1

    def settle_answer(
        self, answer: Answer, state: str, said: str, now: datetime, next_try: datetime | None = None
    ) -> None:
        """Write down what became of an answer that had to be sent something. It is told anew."""
        values = {"state": state, "said": said, "changed": now, "next_try": next_try, "told": None}
        with transaction(self._engine, "settle_answer") as connection:
            connection.execute(update(answers).where(answers.c.id == answer.id).values(**values))

    def silence(self, found: Silence) -> None:
        """Send nothing to a recipient; an earlier silence gives way."""
        with transaction(self._engine, "silence") as connection:
            put(connection, silences, {key: getattr(found, key) for key in Silence.__slots__})

    def speak(self, briefing: str, channel: str | None, recipient: str) -> int:
        """End a recipient's silence, on one channel or on all. Returns how many there were."""
        with transaction(self._engine, "speak") as connection:
            return connection.execute(_silence(briefing, channel, recipient)).rowcount

    def silences(self, now: datetime) -> list[Silence]:
        """Everyone who gets nothing at `now`."""
        query = select(silences).where(or_(silences.c.until.is_(None), silences.c.until > now))
        with transaction(self._reader, "silences") as connection:
            rows = connection.execute(query.order_by(*silences.primary_key.columns)).mappings().all()
        return [Silence(**{key: row[key] for key in Silence.__slots__}) for row in rows]


def _silence(briefing: str, channel: str | None, recipient: str) -> Delete:
    query = delete(silences).where(silences.c.briefing == briefing, silences.c.recipient == recipient)
    return query if channel is None else query.where(silences.c.channel == channel)


def fresh_answers(briefing: Any, reader: Any, edition: Any) -> Select[Any]:
    """The ids and words of answers that an edition is to tell its reader of; each a value or a parameter."""
    mine = (answers.c.briefing == briefing, answers.c.reader == reader, answers.c.said != "")
    fresh = or_(answers.c.told.is_(None), answers.c.told == edition)
    return select(answers.c.id, answers.c.said).where(*mine, fresh, answers.c.edition != edition)
