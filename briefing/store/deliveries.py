"""The outbox's rows. Every change of state is a transaction of its own, before and after the send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, RowMapping, Select, and_, bindparam, exists, func, insert, or_, select, update

from briefing.store.answers import Silence, fresh_answers
from briefing.store.membership import chunks
from briefing.store.tables import deliveries, editions, silences
from briefing.store.taking import Taking, free
from briefing.store.transaction import Room, transaction
from briefing.text import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Update

    from briefing.types import Recipient

PENDING, SENDING, SENT, UNCERTAIN, FAILED = "pending", "sending", "sent", "uncertain", "failed"
GIVEN_UP = "given up"
"""It was tried until the edition was no news any more; "failed" means that trying again can't help."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One copy of an edition on its way to one recipient by one channel."""

    id: str
    edition: str
    briefing: str
    slot: str
    channel: str
    recipient: str
    state: str
    message_id: str
    attempts: int
    next_try: datetime
    detail: str | None
    made: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Around:
    """What has to be known before a delivery is sent.

    `silence`: nothing is sent to its recipient now, and why. `earlier` are the newest deliveries of earlier editions of
    its briefing to the same address. `answered` says that its reader answered what no edition has told yet.
    """

    silence: Silence | None
    earlier: tuple[Delivery, ...]
    answered: bool


def _delivery(row: RowMapping) -> Delivery:
    return Delivery(**{key: row[key] for key in Delivery.__slots__})


_COLUMNS = (
    deliveries.c.id,
    deliveries.c.edition,
    editions.c.briefing,
    editions.c.slot,
    deliveries.c.channel,
    deliveries.c.recipient,
    deliveries.c.state,
    deliveries.c.message_id,
    deliveries.c.attempts,
    deliveries.c.next_try,
    deliveries.c.detail,
    editions.c.made,
    deliveries.c.changed,
)


def add(connection: Connection, made: Sequence[tuple[str, Sequence[Recipient], datetime]]) -> None:
    """A pending row per recipient, in the transaction that saves the editions: each one's id, who gets it, and when."""
    rows = []
    for edition, recipients, when in made:
        for recipient in dict.fromkeys(recipients):
            identity = digest(edition, recipient.channel, recipient.address)
            rows.append(
                {
                    "id": identity,
                    "edition": edition,
                    "channel": recipient.channel,
                    "recipient": recipient.address,
                    "state": PENDING,
                    # Fixed here, once: a mail that is sent twice after all can be seen to be one.
                    "message_id": f"<{identity}.{edition}@briefing.local>",
                    "attempts": 0,
                    "next_try": when,
                    "changed": when,
                }
            )
    if rows:
        connection.execute(insert(deliveries), rows)


class DeliveryRows(Room):
    """The part of the store that the outbox works with."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.taking = Taking(engine)

    def deliveries(
        self,
        edition: str | None = None,
        state: str | Sequence[str] | None = None,
        *,
        briefing: str | None = None,
        since: datetime | None = None,
    ) -> list[Delivery]:
        """Deliveries, of one edition, in one or some states, of one briefing, or changed `since` then, where asked.

        Oldest edition first, in the order of their channels and recipients.
        """
        query = _query()
        if edition is not None:
            query = query.where(deliveries.c.edition == edition)
        if state is not None:
            query = query.where(deliveries.c.state.in_([state] if isinstance(state, str) else state))
        if briefing is not None:
            query = query.where(editions.c.briefing == briefing)
        if since is not None:
            query = query.where(deliveries.c.changed >= since)
        order = (editions.c.made, deliveries.c.channel, deliveries.c.recipient, deliveries.c.id)
        with transaction(self._reader, "deliveries") as connection:
            return [_delivery(row) for row in connection.execute(query.order_by(*order)).mappings()]

    def delivery_counts(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        with transaction(self._reader, "delivery_counts") as connection:
            rows = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state)).all()
        return {row[0]: row[1] for row in rows}

    def deliveries_of(self, of: Collection[str]) -> list[Delivery]:
        """The deliveries of these editions, in the same order."""
        found = []
        with transaction(self._reader, "deliveries") as connection:
            for chunk in chunks(sorted(of)):
                query = _query().where(deliveries.c.edition.in_(chunk))
                found += [_delivery(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda one: (one.made, one.channel, one.recipient))

    def around(self, delivery: Delivery, now: datetime) -> Around:
        """What has to be known of a delivery and its reader before it is sent."""
        own = {key: getattr(delivery, key) for key in ("briefing", "channel", "recipient", "edition", "made")}
        with transaction(self._reader, "around") as connection:
            silence = connection.execute(_SILENT, {**own, "now": now}).mappings().first()
            earlier = connection.execute(_EARLIER, own).mappings().all()
            answered = connection.execute(_ANSWERED, own).scalar()
        return Around(
            silence=Silence(**{key: silence[key] for key in Silence.__slots__}) if silence is not None else None,
            earlier=tuple(_delivery(row) for row in earlier),
            answered=bool(answered),
        )

    def waiting(self, now: datetime) -> bool:
        """Whether any delivery is due, or was left in "sending"."""
        due = and_(deliveries.c.state == PENDING, deliveries.c.next_try <= now)
        with transaction(self._reader, "waiting") as connection:
            query = select(deliveries.c.id).where(or_(due, deliveries.c.state == SENDING)).limit(1)
            return connection.execute(query).first() is not None

    def claim(self, delivery: Delivery, now: datetime) -> bool:
        """Take a pending delivery for sending. False if another process was quicker."""
        with transaction(self._engine, "claim") as connection:
            return connection.execute(_CLAIM, {"which": delivery.id, "now": now}).rowcount == 1

    def settle(
        self,
        delivery: Delivery,
        state: str,
        now: datetime,
        detail: str | None = None,
        next_try: datetime | None = None,
        *,
        only_from: Sequence[str] = (),
    ) -> bool:
        """Write down how the sending of a delivery ended. With `only_from`, only if it is in one of these states.

        Returns whether it was written.
        """
        values: dict[str, object] = {"which": delivery.id, "new_state": state, "words": detail, "now": now}
        if next_try is not None:
            values["then"] = next_try
        if only_from:
            values["states"] = list(only_from)
        with transaction(self._engine, "settle") as connection:
            return connection.execute(_settling(next_try is not None, bool(only_from)), values).rowcount == 1

    def abandoned(self, before: datetime) -> list[Delivery]:
        """Deliveries being sent since before `before`, whose process has ended: nobody settled them."""
        query = _query().where(deliveries.c.state == SENDING, deliveries.c.changed <= before)
        me = self.taking.number
        with transaction(self._reader, "abandoned") as connection:
            query = query.where(free(connection, deliveries, me)).order_by(deliveries.c.id)
            return [_delivery(row) for row in connection.execute(query).mappings()]


def _query() -> Select[Any]:
    return select(*_COLUMNS).join(editions, deliveries.c.edition == editions.c.id)


# Statements that are asked for every delivery are put together once.
_EARLIER = (
    _query()
    .where(
        deliveries.c.channel == bindparam("channel"),
        deliveries.c.recipient == bindparam("recipient"),
        editions.c.briefing == bindparam("briefing"),
        editions.c.made < bindparam("made"),
    )
    .order_by(editions.c.made.desc(), deliveries.c.id)
    .limit(7)
)
_SILENT = select(silences).where(
    silences.c.briefing == bindparam("briefing"),
    silences.c.channel == bindparam("channel"),
    silences.c.recipient == bindparam("recipient"),
    or_(silences.c.until.is_(None), silences.c.until > bindparam("now")),
)
_ANSWERED = select(exists(fresh_answers(bindparam("briefing"), bindparam("recipient"), bindparam("edition"))))
_CLAIM = (
    update(deliveries)
    .where(
        deliveries.c.id.in_(
            select(deliveries.c.id)
            .where(deliveries.c.id == bindparam("which"), deliveries.c.state == PENDING)
            .with_for_update(skip_locked=True)
        )
    )
    .values(state=SENDING, attempts=deliveries.c.attempts + 1, changed=bindparam("now"))
)


@cache
def _settling(then: bool, only_from: bool) -> Update:
    values: dict[str, Any] = {
        "state": bindparam("new_state"),
        "detail": bindparam("words"),
        "changed": bindparam("now"),
    }
    query = update(deliveries).where(deliveries.c.id == bindparam("which"))
    if only_from:
        query = query.where(deliveries.c.state.in_(bindparam("states", expanding=True)))
    return query.values(values | ({"next_try": bindparam("then")} if then else {}))
