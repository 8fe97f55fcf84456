"""The outbox's rows. Every change of state is a transaction of its own, before and after the send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, insert, select, update

from briefing.store.tables import deliveries, editions
from briefing.text import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from briefing.types import Recipient

PENDING, SENDING, SENT, UNCERTAIN, FAILED = "pending", "sending", "sent", "uncertain", "failed"


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
)


def add(connection: Connection, edition: str, recipients: Sequence[Recipient], now: datetime) -> None:
    """A pending row per recipient, in the transaction that saves the edition."""
    for recipient in dict.fromkeys(recipients):
        identity = digest(edition, recipient.channel, recipient.address)
        connection.execute(
            insert(deliveries).values(
                id=identity,
                edition=edition,
                channel=recipient.channel,
                recipient=recipient.address,
                state=PENDING,
                # Fixed here, once: a mail that is sent twice after all can be seen to be one.
                message_id=f"<{identity}.{edition}@briefing.local>",
                attempts=0,
                next_try=now,
                changed=now,
            )
        )


def listed(connection: Connection, edition: str | None = None, state: str | None = None) -> list[Delivery]:
    """Deliveries, oldest edition first, in the order of their channels and recipients."""
    query = select(*_COLUMNS).join(editions, deliveries.c.edition == editions.c.id)
    if edition is not None:
        query = query.where(deliveries.c.edition == edition)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    order = (editions.c.made, deliveries.c.channel, deliveries.c.recipient)
    return [_delivery(row) for row in connection.execute(query.order_by(*order)).mappings()]


def claim(connection: Connection, delivery: Delivery, now: datetime) -> bool:
    """Take a pending delivery for sending. False if another process was quicker."""
    done = connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery.id, deliveries.c.state == PENDING)
        .values(state=SENDING, attempts=deliveries.c.attempts + 1, changed=now)
    )
    return done.rowcount == 1


def settle(
    connection: Connection, delivery: Delivery, state: str, now: datetime, detail: str | None, next_try: datetime | None
) -> None:
    """Write down how the sending ended."""
    values = {"state": state, "detail": detail, "changed": now}
    if next_try is not None:
        values["next_try"] = next_try
    connection.execute(update(deliveries).where(deliveries.c.id == delivery.id).values(**values))


def abandoned(connection: Connection, before: datetime) -> list[Delivery]:
    """Deliveries that were being sent when their process ended: nobody settled them."""
    query = select(*_COLUMNS).join(editions, deliveries.c.edition == editions.c.id)
    query = query.where(deliveries.c.state == SENDING, deliveries.c.changed <= before)
    return [_delivery(row) for row in connection.execute(query).mappings()]
