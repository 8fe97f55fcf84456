"""Delivery from an outbox: a row per edition and recipient, committed before and after each send.

Each channel's rows are sent in a thread of their own, so that one that hangs delays nobody. A crash between the two
commits leaves a row in "sending". A file is simply written again; of mail nobody can know, so it becomes "uncertain",
is shown, and is sent again only if a person says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Protocol, cast, get_args

from briefing.channels import Channel
from briefing.channels.lines import MINUTE, Allowance, Line, Lined
from briefing.errors import BriefingError, DeliveryError, RenderError, UsageError
from briefing.forms import Format, Offer
from briefing.points import point
from briefing.render import Renderer
from briefing.store import Delivery, Silence, Store
from briefing.store.deliveries import FAILED, GIVEN_UP, PENDING, SENDING, SENT, UNCERTAIN, Around
from briefing.text import one_line
from briefing.types import Edition, Message, Problem, Recipient

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=2)
STALE = timedelta(hours=24)
"""An edition older than this is not sent any more: it is no news."""

ABANDONED = timedelta(minutes=10)
"""A send that takes longer than this has lost its process; every channel's own time-outs are shorter."""

PATIENCE = 120.0
"""Seconds after which delivering goes on without a channel that is not done; its thread settles its rows by itself."""


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
    allowance: Allowance = field(default_factory=Allowance)


def recipients(channels: Sequence[Channel], briefing: str = "", silences: Sequence[Silence] = ()) -> list[Recipient]:
    """All recipients of a briefing's channels but those that `silences` names."""
    silent = {Recipient(one.channel, one.recipient) for one in silences if one.briefing == briefing}
    return [one for channel in channels for one in channel.recipients() if one not in silent]


def deliver(outbox: Outbox, *, only: str | None = None, patience: float = PATIENCE) -> list[Delivery]:
    """Send what is pending and due (of the edition `only`, where given); returns the rows as they are then.

    Waits `patience` seconds at the most. Files are written again after every change, so that an edition's file also
    tells what became of its mails. Raises StoreError.
    """
    _recover(outbox)
    pending = [d for d in outbox.store.deliveries(edition=only, state=PENDING) if d.next_try <= outbox.clock()]
    groups: dict[str, list[Delivery]] = {}
    for delivery in pending:
        groups.setdefault(delivery.channel, []).append(delivery)
    failures: list[BriefingError] = []
    late = threading.Event()
    threads = [
        threading.Thread(target=_send_all, args=(outbox, rows, late, failures), name=f"deliver {name}", daemon=True)
        for name, rows in groups.items()
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            log.warning("%s is not done after %g seconds; the others do not wait for it", thread.name, patience)
    late.set()
    if failures:
        raise failures[0]
    changed = {
        delivery.edition
        for delivery in pending
        if not _lasts(_channel(outbox, delivery)) and any(map(_lasts, outbox.channels.get(delivery.briefing, ())))
    }
    for identity in sorted(changed):
        refresh(outbox, identity)
    return outbox.store.deliveries_of({only} if only else {delivery.edition for delivery in pending})


def refresh(outbox: Outbox, edition: str) -> None:
    """Write an edition's files again: its other deliveries have changed since."""
    document = None
    for row in outbox.store.deliveries(edition=edition, state=SENT):
        channel = _channel(outbox, row)
        if channel is None or not _lasts(channel):
            continue
        document = document or outbox.store.edition_by_id(edition)
        assert document is not None, "deliveries refer to their editions"
        try:
            channel.send(_message(outbox, document, row, channel, outbox.store.around(row, outbox.clock())))
        except BriefingError as error:
            log.warning("%s", error)


def _send_all(outbox: Outbox, rows: Sequence[Delivery], late: threading.Event, failures: list[BriefingError]) -> None:
    """Send a channel's rows one after the other. Where the channel itself is out of order, none is tried in vain."""
    edition: Edition | None = None
    down: dict[str, DeliveryError] = {}
    lines: dict[str, Line] = {}
    try:
        for delivery in _in_turn(outbox, rows, late):
            if edition is None or edition.id != delivery.edition:
                edition = outbox.store.edition_by_id(delivery.edition, account=False)
            assert edition is not None, "deliveries refer to their editions"
            error = _send(outbox, edition, delivery, lines, down.get(delivery.briefing))
            if error is not None and error.everyone:
                down[delivery.briefing] = error
    except BriefingError as error:
        failures.append(error)
    except Exception as error:  # a bug; it is told where delivering was asked for, and stops no other channel
        log.exception("delivering")
        failures.append(BriefingError(f"delivering failed: {type(error).__name__}: {error}"))
    finally:
        for line in lines.values():
            line.close()


def _in_turn(outbox: Outbox, rows: Sequence[Delivery], late: threading.Event) -> Iterator[Delivery]:
    """The rows in order, until it is late; those of a domain that had enough in this minute come after the others."""
    waiting = list(rows)
    while waiting and not late.is_set():
        left: list[Delivery] = []
        soonest = MINUTE
        # What another process has taken up is left to it.
        for delivery in outbox.store.taking.deliveries(waiting):
            if late.is_set():
                return
            channel = _channel(outbox, delivery)
            most = channel.per_minute if isinstance(channel, Lined) else None
            wait = outbox.allowance.wait(delivery.recipient, most)
            if wait > 0:
                soonest = min(soonest, wait)
                left.append(delivery)
                continue
            if most is not None:
                outbox.allowance.note(delivery.recipient)
            yield delivery
        waiting = left
        # What is still waiting when it is late stays pending, for the next time.
        if waiting:
            late.wait(soonest)


def _send(
    outbox: Outbox, edition: Edition, delivery: Delivery, lines: dict[str, Line], down: DeliveryError | None = None
) -> DeliveryError | None:
    """Send one copy, over one of `lines` where its channel uses such; returns why it was not sent. `down` says why its
    channel can't be used now."""
    store = outbox.store
    channel = _channel(outbox, delivery)
    if channel is None:
        store.settle(delivery, FAILED, outbox.clock(), "its channel is no longer configured", only_from=(PENDING,))
        return None
    if outbox.clock() - delivery.next_try > STALE and not _lasts(channel):
        words = f"given up: it could not be sent within {STALE.total_seconds() / 3600:g} hours"
        store.settle(delivery, GIVEN_UP, outbox.clock(), words, only_from=(PENDING,))
        return None
    around = store.around(delivery, outbox.clock())
    if around.silence is not None:
        store.settle(delivery, FAILED, outbox.clock(), f"not sent: {around.silence.why}", only_from=(PENDING,))
        return None
    kind = delivery.channel.split()[0]
    error = down
    try:
        message = _message(outbox, edition, delivery, channel, around) if down is None else None
    except RenderError as failure:
        message, error = None, DeliveryError(delivery.recipient, str(failure), retryable=True)
    if not store.claim(delivery, outbox.clock()):
        return None
    if message is not None:
        try:
            point(f"send {kind}: before")
            detail = _hand_over(channel, message, lines)
            point(f"send {kind}: after")
            store.settle(delivery, SENT, outbox.clock(), detail)
            return None
        except DeliveryError as failure:
            error = failure
        except BriefingError:
            raise
        # Its bug must not leave the row in "sending" or stop other readers.
        except Exception as failure:  # a channel may be anybody's class
            log.exception("channel %s", delivery.channel)
            words = f"its code failed: {type(failure).__name__}: {one_line(str(failure))}"
            error = DeliveryError(delivery.recipient, words)
    assert error is not None, "without a message there is a reason"
    _settle_failure(outbox, delivery, error)
    return error


def _hand_over(channel: Channel, message: Message, lines: dict[str, Line]) -> str:
    if not isinstance(channel, Lined):
        return channel.send(message)
    if channel.line not in lines:
        lines[channel.line] = channel.open()
    return channel.send_by(lines[channel.line], message)


def _settle_failure(outbox: Outbox, delivery: Delivery, error: DeliveryError) -> None:
    now = outbox.clock()
    if error.gone:
        briefing, name, recipient = _whom(delivery)
        found = Silence(briefing=briefing, channel=name, recipient=recipient, since=now, until=None, why=error.message)
        outbox.store.silence(found)
    if error.uncertain:
        outbox.store.settle(delivery, UNCERTAIN, now, error.message)
        return
    if not error.retryable:
        outbox.store.settle(delivery, FAILED, now, error.message)
        return
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(delivery.attempts, 10))
    if error.wait is not None:
        wait = max(wait, timedelta(seconds=error.wait))
    channel = _channel(outbox, delivery)
    if now + wait > delivery.made + STALE and not (channel is not None and _lasts(channel)):
        words = f"given up after {STALE.total_seconds() / 3600:g} hours: {error.message}"
        outbox.store.settle(delivery, GIVEN_UP, now, words)
    else:
        outbox.store.settle(delivery, PENDING, now, error.message, next_try=now + wait)


def _recover(outbox: Outbox) -> None:
    # A file that another process is still writing is only written twice, so nothing need be waited for.
    for delivery in outbox.store.abandoned(outbox.clock()):
        if _lasts(_channel(outbox, delivery)):
            outbox.store.settle(delivery, PENDING, outbox.clock(), next_try=outbox.clock(), only_from=(SENDING,))
    for delivery in outbox.store.abandoned(outbox.clock() - ABANDONED):
        channel = _channel(outbox, delivery)
        if channel is not None and channel.repeatable:
            outbox.store.settle(delivery, PENDING, outbox.clock(), next_try=outbox.clock(), only_from=(SENDING,))
        else:
            words = "the program ended while it was being sent; nobody can know whether it arrived"
            outbox.store.settle(delivery, UNCERTAIN, outbox.clock(), words, only_from=(SENDING,))


# By hand


def find(outbox: Outbox, identity: str) -> Delivery:
    """The delivery whose id begins with `identity`. Raises UsageError."""
    found = [row for row in outbox.store.deliveries() if identity and row.id.startswith(identity)]
    if len(found) != 1:
        many = f"{len(found)} deliveries begin" if found else "no delivery begins"
        raise UsageError(f'{many} with "{identity}"; "briefing deliveries list" shows them')
    return found[0]


def retry(outbox: Outbox, delivery: Delivery) -> Delivery:
    """Send a delivery now that failed, waits or is uncertain. Raises UsageError if it was sent."""
    if delivery.state in (SENT, SENDING):
        raise UsageError(f"{delivery.id[:8]} to {delivery.recipient} is {delivery.state}; it is not sent again")
    now = outbox.clock()
    again = (FAILED, GIVEN_UP, UNCERTAIN, PENDING)
    outbox.store.settle(delivery, PENDING, now, delivery.detail, next_try=now, only_from=again)
    deliver(outbox, only=delivery.edition)
    return find(outbox, delivery.id)


def resolve(outbox: Outbox, delivery: Delivery, *, arrived: bool) -> Delivery:
    """Say what became of an uncertain delivery: it arrived, or it did not and is sent again. Raises UsageError."""
    if delivery.state != UNCERTAIN:
        raise UsageError(f"{delivery.id[:8]} to {delivery.recipient} is {delivery.state}, not uncertain")
    if not arrived:
        return retry(outbox, delivery)
    outbox.store.settle(delivery, SENT, outbox.clock(), "arrived, a person says", only_from=(UNCERTAIN,))
    refresh(outbox, delivery.edition)
    return find(outbox, delivery.id)


def _channel(outbox: Outbox, delivery: Delivery) -> Channel | None:
    wanted = Recipient(delivery.channel, delivery.recipient)
    for channel in outbox.channels.get(delivery.briefing, ()):
        if channel.name == delivery.channel and wanted in channel.recipients():
            return channel
    return None


def _lasts(channel: Channel | None) -> bool:
    """Whether what was delivered stays where we can change it, as files do."""
    return bool(getattr(channel, "lasting", False))


def _message(outbox: Outbox, edition: Edition, delivery: Delivery, channel: Channel, around: Around) -> Message:
    # A file also tells how the edition's other deliveries went; a mail can't know its own fate.
    problems = delivery_problems(outbox.store.deliveries(edition=edition.id)) if _lasts(channel) else []
    # Only a mail goes to one person alone: only there can be told what this person answered, and did not get.
    mail = "mail" in channel.formats
    problems += _not_received(around.earlier) if mail else []
    links = outbox.links.of(delivery) if mail and outbox.links else {}
    offer = Offer(partial(outbox.links.answer, delivery), "reply_to" in links) if links and outbox.links else None
    confirmed: list[str] = []
    if mail and around.answered:
        confirmed = outbox.store.confirm_answers(delivery.briefing, delivery.recipient, edition.id)
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
        elif row.state in (FAILED, UNCERTAIN, GIVEN_UP):
            problems.append(Problem("deliver", row.recipient, f"{row.detail}"))
    return problems


def _not_received(earlier: Sequence[Delivery]) -> list[Problem]:
    """What did not reach a person, or perhaps not, since the last edition that did: `earlier` has the newest first."""
    missing = takewhile(lambda row: row.state != SENT, earlier)
    return [
        Problem("deliver", f"{row.briefing} {row.slot}", f"{row.state}: {row.detail}")
        for row in missing
        if row.state in (FAILED, UNCERTAIN, GIVEN_UP)
    ]


def with_deliveries(edition: Edition, rows: Sequence[Delivery]) -> Edition:
    """The edition with what went wrong in delivering it among its problems."""
    return replace(edition, problems=(*edition.problems, *delivery_problems(rows)))


__all__ = [
    "Outbox",
    "deliver",
    "delivery_problems",
    "find",
    "recipients",
    "refresh",
    "resolve",
    "retry",
    "with_deliveries",
]
