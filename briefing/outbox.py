"""Delivery from an outbox: a row per edition and recipient, committed before and after each send.

A crash between the two leaves a row in "sending". For a channel that may repeat itself it is sent again;
for mail nobody can know, so it becomes "uncertain" and is only shown.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, cast, get_args

from briefing.channels import Channel
from briefing.errors import DeliveryError, RenderError
from briefing.forms import Format, Offer
from briefing.render import Renderer
from briefing.store import Delivery, Silence, Store
from briefing.store.deliveries import FAILED, PENDING, SENT, UNCERTAIN
from briefing.text import one_line
from briefing.types import Edition, Message, Problem, Recipient

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=2)
STALE = timedelta(hours=24)
"""An edition older than this is not delivered any more: it is no news."""

ABANDONED = timedelta(minutes=10)
"""A send that takes longer than this has lost its process; every channel's own time-outs are shorter."""


class Answerable(Protocol):
    """Makes the addresses a reader answers a delivery with."""

    def of(self, delivery: Delivery) -> dict[str, str]:
        """A message's `links`; empty where nobody could take an answer."""
        ...

    def answer(self, delivery: Delivery, action: str, what: str) -> str:
        """Where a click says `action` of `what`."""
        ...


@dataclass(frozen=True)
class Outbox:
    """What delivering works with. `channels` are those of each briefing, by the briefing's name."""

    store: Store
    renderer: Renderer
    channels: Mapping[str, Sequence[Channel]]
    clock: Callable[[], datetime]
    links: Answerable | None = None


def recipients(channels: Sequence[Channel], briefing: str = "", silences: Sequence[Silence] = ()) -> list[Recipient]:
    """All recipients of a briefing's channels but those that `silences` names."""
    silent = {Recipient(one.channel, one.recipient) for one in silences if one.briefing == briefing}
    return [one for channel in channels for one in channel.recipients() if one not in silent]


def deliver(outbox: Outbox, *, only: str | None = None) -> list[Delivery]:
    """Send what is pending and due (of the edition `only`, where given); returns the rows as they are then.

    Channels that repeat themselves (files) come last and are written again after every change, so that an
    edition's file also tells what became of its mails.
    """
    _recover(outbox)
    pending = [d for d in outbox.store.deliveries(edition=only, state=PENDING) if d.next_try <= outbox.clock()]
    pending.sort(key=lambda delivery: _lasts(_channel(outbox, delivery)))
    touched: list[str] = []
    editions: dict[str, Edition | None] = {}
    for delivery in pending:
        if delivery.edition not in editions:
            editions[delivery.edition] = outbox.store.edition_by_id(delivery.edition)
        edition = editions[delivery.edition]
        assert edition is not None, "deliveries refer to their editions"
        if not _lasts(_channel(outbox, delivery)):
            touched.append(delivery.edition)
        _send(outbox, edition, delivery)
    _rewrite(outbox, touched, {delivery.id for delivery in pending}, editions)
    touched_or_new = {delivery.edition for delivery in pending}
    return [row for row in outbox.store.deliveries(edition=only) if only or row.edition in touched_or_new]


def _rewrite(outbox: Outbox, touched: list[str], done: set[str], editions: Mapping[str, Edition | None]) -> None:
    """Write files again whose edition's other deliveries have changed since."""
    for identity in dict.fromkeys(touched):
        edition = editions[identity]
        assert edition is not None
        for row in outbox.store.deliveries(edition=identity, state=SENT):
            channel = _channel(outbox, row)
            if channel is not None and _lasts(channel) and row.id not in done:
                try:
                    channel.send(_message(outbox, edition, row, channel))
                except DeliveryError as error:
                    log.warning("%s", error)


def _send(outbox: Outbox, edition: Edition, delivery: Delivery) -> None:
    store = outbox.store
    channel = _channel(outbox, delivery)
    if channel is None:
        store.settle(delivery, FAILED, outbox.clock(), "its channel is no longer configured")
        return
    if outbox.clock() - delivery.made > STALE and delivery.attempts:
        hours = STALE.total_seconds() / 3600
        store.settle(delivery, FAILED, outbox.clock(), f"given up after {hours:g} hours: {delivery.detail}")
        return
    for silence in store.silences(outbox.clock()):
        if (silence.briefing, silence.channel, silence.recipient) == _whom(delivery):
            store.settle(delivery, FAILED, outbox.clock(), f"not sent: {silence.why}")
            return
    message = _message(outbox, edition, delivery, channel)
    if not store.claim(delivery, outbox.clock()):
        return
    try:
        detail = channel.send(message)
    except DeliveryError as error:
        _settle_failure(outbox, delivery, error)
    # A channel may be anybody's class. Its bug must not leave the row in "sending" or stop other readers.
    except Exception as error:
        log.exception("channel %s", delivery.channel)
        words = f"its code failed: {type(error).__name__}: {one_line(str(error))}"
        _settle_failure(outbox, delivery, DeliveryError(delivery.recipient, words))
    else:
        store.settle(delivery, SENT, outbox.clock(), detail)


def _settle_failure(outbox: Outbox, delivery: Delivery, error: DeliveryError) -> None:
    now = outbox.clock()
    if error.gone:
        briefing, channel, recipient = _whom(delivery)
        found = Silence(
            briefing=briefing, channel=channel, recipient=recipient, since=now, until=None, why=error.message
        )
        outbox.store.silence(found)
    if error.uncertain:
        outbox.store.settle(delivery, UNCERTAIN, now, error.message)
    elif error.retryable:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2**delivery.attempts)
        if error.wait is not None:
            wait = max(wait, timedelta(seconds=error.wait))
        outbox.store.settle(delivery, PENDING, now, error.message, next_try=now + wait)
    else:
        outbox.store.settle(delivery, FAILED, now, error.message)


def _recover(outbox: Outbox) -> None:
    # A file that another process is still writing is only written twice, so nothing need be waited for.
    for delivery in outbox.store.abandoned(outbox.clock()):
        if _is_repeatable(outbox, delivery):
            outbox.store.settle(delivery, PENDING, outbox.clock(), next_try=outbox.clock())
    for delivery in outbox.store.abandoned(outbox.clock() - ABANDONED):
        if not _is_repeatable(outbox, delivery):
            words = "the program ended while it was being sent; nobody can know whether it arrived"
            outbox.store.settle(delivery, UNCERTAIN, outbox.clock(), words)


def _channel(outbox: Outbox, delivery: Delivery) -> Channel | None:
    wanted = Recipient(delivery.channel, delivery.recipient)
    for channel in outbox.channels.get(delivery.briefing, ()):
        if channel.name == delivery.channel and wanted in channel.recipients():
            return channel
    return None


def _lasts(channel: Channel | None) -> bool:
    """Whether what was delivered stays where we can change it, as files do."""
    return bool(getattr(channel, "lasting", False))


def _is_repeatable(outbox: Outbox, delivery: Delivery) -> bool:
    channel = _channel(outbox, delivery)
    return channel is not None and channel.repeatable


def _message(outbox: Outbox, edition: Edition, delivery: Delivery, channel: Channel) -> Message:
    # A file also tells how the edition's other deliveries went; a mail can't know its own fate.
    problems = delivery_problems(outbox.store.deliveries(edition=edition.id)) if _lasts(channel) else []
    # Only a mail goes to one person alone: only there can be told what this person answered.
    mail = "mail" in channel.formats
    links = outbox.links.of(delivery) if mail and outbox.links else {}
    offer = Offer(partial(outbox.links.answer, delivery), "reply_to" in links) if links and outbox.links else None
    confirmed = outbox.store.confirm_answers(delivery.briefing, delivery.recipient, edition.id) if mail else []
    page = _page(outbox, edition)
    return Message(
        id=delivery.message_id,
        recipient=delivery.recipient,
        subject=outbox.renderer.subject(edition),
        day=edition.day,
        made=edition.made,
        briefing=edition.briefing,
        title=edition.title,
        slot=edition.slot,
        bodies={
            form: outbox.renderer.render(edition, _form(form), problems, offer, page, confirmed)
            for form in channel.formats
        },
        links=links,
    )


def _whom(delivery: Delivery) -> tuple[str, str, str]:
    return delivery.briefing, delivery.channel, delivery.recipient


def _page(outbox: Outbox, edition: Edition) -> str:
    """Where the edition can be read on the web, if a channel of its briefing says so."""
    pages = (getattr(channel, "page", lambda slot: None)(edition.slot) for channel in outbox.channels[edition.briefing])
    return next((page for page in pages if page), "")


def _form(name: str) -> Format:
    if name not in get_args(Format):
        raise RenderError(f'there is no format "{name}"; there are {", ".join(get_args(Format))}')
    return cast("Format", name)


def delivery_problems(rows: Sequence[Delivery]) -> list[Problem]:
    """What went wrong in delivering, in the form an edition's foot prints."""
    problems = []
    for row in rows:
        if row.state == PENDING and row.attempts:
            problems.append(Problem("deliver", row.recipient, f"not delivered yet: {row.detail}; it is tried again"))
        elif row.state in (FAILED, UNCERTAIN):
            problems.append(Problem("deliver", row.recipient, f"{row.detail}"))
    return problems


def with_deliveries(edition: Edition, rows: Sequence[Delivery]) -> Edition:
    """The edition with what went wrong in delivering it among its problems."""
    return replace(edition, problems=(*edition.problems, *delivery_problems(rows)))


__all__ = ["Outbox", "deliver", "delivery_problems", "recipients", "with_deliveries"]
