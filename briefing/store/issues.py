"""The ledger: what became of each issue that was due. A row per briefing and slot; the key is what makes it one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from briefing.clock import Due
from briefing.store.dialects import alone
from briefing.store.membership import chunks
from briefing.store.tables import slots
from briefing.store.transaction import Room, transaction

__all__ = ["FAILED", "MADE", "MAKING", "MISSED", "Issue", "Issues"]

MAKING, MADE, MISSED, FAILED = "making", "made", "missed", "failed"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue. `attempts` counts those begun; one that is still "making" with nobody at it ended without a word."""

    briefing: str
    slot: str
    due: datetime
    state: str
    attempts: int
    began: datetime | None
    ended: datetime | None
    seconds: float | None
    detail: str | None


def _issue(row: RowMapping) -> Issue:
    return Issue(**{key: row[key] for key in Issue.__slots__})


class Issues(Room):
    """Every method is one transaction."""

    def begin(self, due: Sequence[tuple[str, Due]], now: datetime) -> list[Issue | None]:
        """Note that issues are being made, each given as briefing and due. Returns what was known of each before."""
        found: list[Issue | None] = []
        new: list[dict[str, object]] = []
        with transaction(self._engine, "begin_slot") as connection:
            for briefing in sorted({briefing for briefing, _ in due}):
                # In the order of their names, so that two makers never wait for each other.
                alone(connection, "briefing", briefing)
            known: dict[tuple[str, str], RowMapping] = {}
            for chunk in chunks(sorted({briefing for briefing, _ in due})):
                wanted = select(slots).where(
                    slots.c.briefing.in_(chunk), slots.c.slot.in_({one.slot for _, one in due})
                )
                known.update(((row["briefing"], row["slot"]), row) for row in connection.execute(wanted).mappings())
            for briefing, one in due:
                which = (slots.c.briefing == briefing, slots.c.slot == one.slot)
                row = known.get((briefing, one.slot))
                values = {"state": MAKING, "attempts": (row["attempts"] if row else 0) + 1, "began": now, "ended": None}
                if row is None:
                    new.append({"briefing": briefing, "slot": one.slot, "due": one.moment, **values})
                else:
                    connection.execute(update(slots).where(*which).values(**values))
                found.append(None if row is None else _issue(row))
            if new:
                connection.execute(insert(slots), new)
        return found

    def fail(self, briefing: str, slot: str, detail: str, now: datetime) -> None:
        """Note that making an issue failed."""
        with transaction(self._engine, "fail_slot") as connection:
            which = (slots.c.briefing == briefing, slots.c.slot == slot, slots.c.state != MADE)
            connection.execute(update(slots).where(*which).values(state=FAILED, ended=now, detail=detail[:2000]))

    def took(self, briefing: str, slot: str, seconds: float) -> None:
        """Note how long a made issue took."""
        with transaction(self._engine, "took") as connection:
            which = (slots.c.briefing == briefing, slots.c.slot == slot)
            connection.execute(update(slots).where(*which).values(seconds=seconds))

    def settle(self, briefing: str, missed: Sequence[Due], current: str | None, detail: str, now: datetime) -> None:
        """Note issues whose time went by, and give up those that are still open, except the slot `current`."""
        open_ = (slots.c.briefing == briefing, slots.c.state.in_((MAKING, FAILED)), slots.c.due <= now)
        with transaction(self._reader, "open_slots") as connection:
            rows = connection.execute(select(slots.c.slot).where(*open_)).scalars().all()
        left = [slot for slot in rows if slot != current]
        if not missed and not left:
            return
        with transaction(self._engine, "settle_slots") as connection:
            alone(connection, "briefing", briefing)
            for slot in left:
                query = update(slots).where(*open_, slots.c.slot == slot)
                why = func.coalesce(slots.c.detail, "the program ended while it was made")
                connection.execute(query.values(state=MISSED, ended=now, detail=why))
            for due in missed:
                which = (slots.c.briefing == briefing, slots.c.slot == due.slot)
                if connection.execute(select(slots.c.slot).where(*which)).first() is None:
                    row = {"briefing": briefing, "slot": due.slot, "due": due.moment, "attempts": 0}
                    connection.execute(insert(slots).values(**row, state=MISSED, ended=now, detail=detail))

    def entry(self, briefing: str, slot: str) -> Issue | None:
        """What is known of an issue."""
        query = select(slots).where(slots.c.briefing == briefing, slots.c.slot == slot)
        with transaction(self._reader, "entry") as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _issue(row)

    def newest(self, briefing: str) -> datetime | None:
        """When the newest issue that anything is known of was due."""
        with transaction(self._reader, "newest") as connection:
            query = select(func.max(slots.c.due)).where(slots.c.briefing == briefing)
            found: datetime | None = connection.execute(query).scalar()
        return found

    def entries(self, briefing: str | None = None, *, since: datetime | None = None, limit: int = 100) -> list[Issue]:
        """Issues due since a moment, the newest first."""
        query = select(slots).order_by(slots.c.due.desc(), slots.c.briefing).limit(limit)
        if briefing is not None:
            query = query.where(slots.c.briefing == briefing)
        if since is not None:
            query = query.where(slots.c.due >= since)
        with transaction(self._reader, "entries") as connection:
            return [_issue(row) for row in connection.execute(query).mappings()]

    def missed(self, briefing: str, since: datetime | None) -> list[Issue]:
        """Issues that were found missed after `since`, the oldest first."""
        query = select(slots).where(slots.c.briefing == briefing, slots.c.state == MISSED)
        if since is not None:
            query = query.where(slots.c.ended > since)
        with transaction(self._reader, "missed") as connection:
            return [_issue(row) for row in connection.execute(query.order_by(slots.c.due, slots.c.slot)).mappings()]

    def durations(self, briefing: str, last: int = 10) -> list[float]:
        """Seconds that the last issues took, the newest first."""
        query = select(slots.c.seconds).where(slots.c.briefing == briefing, slots.c.seconds.is_not(None))
        with transaction(self._reader, "durations") as connection:
            return list(connection.execute(query.order_by(slots.c.due.desc()).limit(last)).scalars())


def missed_of(connection: Connection, briefings: Sequence[str]) -> list[Issue]:
    """Issues of these briefings that were missed, the oldest first."""
    query = select(slots).where(slots.c.briefing.in_(briefings), slots.c.state == MISSED).order_by(slots.c.due)
    return [_issue(row) for row in connection.execute(query).mappings()]


def note_made(connection: Connection, made: Sequence[tuple[str, str, datetime, datetime, float | None]]) -> None:
    """Note in the transaction that saves editions that their issues are made: each one's briefing, slot, when it was
    due and made, and the seconds that took if known."""
    found: set[tuple[str, str]] = set()
    names = sorted({briefing for briefing, *_ in made})
    for chunk in chunks(names):
        wanted = select(slots.c.briefing, slots.c.slot).where(
            slots.c.briefing.in_(chunk), slots.c.slot.in_({slot for _, slot, *_ in made})
        )
        found.update((row.briefing, row.slot) for row in connection.execute(wanted))
    new: list[dict[str, object]] = []
    for briefing, slot, due, now, seconds in made:
        values = {"state": MADE, "ended": now, "detail": None} | ({} if seconds is None else {"seconds": seconds})
        if (briefing, slot) in found:
            which = (slots.c.briefing == briefing, slots.c.slot == slot)
            connection.execute(update(slots).where(*which).values(**values))
        else:
            new.append({"briefing": briefing, "slot": slot, "due": due, "attempts": 1, "began": now, **values})
    if new:
        connection.execute(insert(slots), new)
