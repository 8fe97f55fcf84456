"""The clock: every zone, every change of its offset, jumps, suspends."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from benchmarks.torture import rig
from briefing import clock
from briefing.scheduler import Service

TIMES = tuple(
    time(*hm) for hm in ((0, 0), (0, 30), (1, 0), (1, 30), (2, 0), (2, 15), (2, 30), (3, 0), (7, 0), (23, 30))
)
FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
WINDOW = timedelta(hours=12)


@dataclass
class Zones:
    """What all zones came to."""

    zones: int = 0
    changes: int = 0
    gaps: int = 0
    zones_with_gap: set[str] = field(default_factory=set)
    at_midnight: set[str] = field(default_factory=set)
    cases: int = 0
    wrong: list[str] = field(default_factory=list)


def transitions(name: str) -> list[date]:
    """Local days of 2026 and 2027 on which the zone's offset changes."""
    local = ZoneInfo(name)
    found, day = [], FIRST
    before = datetime(day.year, day.month, day.day, tzinfo=local).utcoffset()
    while day <= LAST:
        after = datetime.combine(day + timedelta(days=1), time(), local).utcoffset()
        if after != before:
            found.append(day)
        before, day = after, day + timedelta(days=1)
    return found


def every_zone(names: list[str] | None = None, step: timedelta = timedelta(minutes=30)) -> Zones:
    """Walk a clock over three days around each change, and count the issues of each local date: one, at its time."""
    found = Zones()
    for name in names or sorted(available_timezones()):
        found.zones += 1
        for change in transitions(name):
            found.changes += 1
            if _is_gap(name, change):
                found.gaps += 1
                if change.year == FIRST.year:
                    found.zones_with_gap.add(name)
                    midnight = clock.moment_of(change, time(), name).astimezone(ZoneInfo(name))
                    found.at_midnight |= {name} if midnight.time() != time() else set()
            for at in TIMES:
                found.cases += 1
                wrong = _walk(clock.Plan((at,), clock.WEEKDAYS, name), change, step)
                if wrong:
                    found.wrong.append(f"{name} {change} {at:%H:%M}: {wrong}")
    return found


def _is_gap(name: str, day: date) -> bool:
    local = ZoneInfo(name)
    start, end = (datetime.combine(day + timedelta(days=k), time(), local).astimezone(UTC) for k in (0, 1))
    return end - start < timedelta(hours=24)


def _walk(plan: clock.Plan, change: date, step: timedelta) -> str:
    made: Counter[str] = Counter()
    days = [change + timedelta(days=k) for k in (-1, 0, 1)]
    now = clock.moment_of(days[0], time(), plan.zone)
    end = clock.end_of_day(days[-1], plan.zone)
    local = ZoneInfo(plan.zone)
    newest: datetime | None = None
    while now <= end:
        due = clock.latest_due(now, plan, WINDOW)
        if due is not None and due.slot not in made and (newest is None or due.moment >= newest):
            newest = due.moment
            made[due.slot] += 1
            if due.day in days and due.moment != _first_minute(due.day, plan.times[0], local):
                return f"made at {due.moment.astimezone(local)}"
        now += step
    counts = [made[clock.slot_of(day)] for day in days]
    return "" if counts == [1, 1, 1] else f"made {counts} times"


def _first_minute(day: date, at: time, local: ZoneInfo) -> datetime:
    """The first moment at which the wall clock shows `at` of `day` or later, found by looking at it every five minutes.

    In Nuuk the clock goes from 23:00 to midnight: 23:30 of that day comes at 00:00 of the next.
    """
    wanted = datetime.combine(day, at)
    moment = datetime.combine(day, at, UTC) - timedelta(hours=16)
    while True:
        wall = moment.astimezone(local).replace(tzinfo=None)
        if wall >= wanted:
            return moment
        # Far from it the clock need not be looked at so often.
        moment += timedelta(hours=1) if wanted - wall > timedelta(hours=4) else timedelta(minutes=5)


# Jumps


@contextlib.contextmanager
def _rig(folder: Path) -> Iterator[tuple[rig.Rig, rig.Clock]]:
    (folder / "news").mkdir(parents=True)
    (folder / "news" / "a.txt").write_text("Kelby mends its bridge\n\nThe bridge was mended. It took a year.\n")
    with rig.servers(folder) as (smtp, _):
        channels = [{"type": "file", "folder": "out"}, rig.mail_to(smtp, "ada@example.org")]
        rig.write_config(folder, [{"name": "News", "type": "file", "path": "news"}], channels)
        hands = rig.Clock()
        with rig.opened(folder, hands) as app:
            yield app, hands


JUMPS: dict[str, list[tuple[timedelta, timedelta]]] = {
    # (when, from the true start; by how much the clock is wrong from then on)
    "an hour ahead and back": [(timedelta(hours=30), timedelta(hours=1)), (timedelta(hours=33), timedelta())],
    "an hour behind and right again": [(timedelta(hours=30), timedelta(hours=-1)), (timedelta(hours=33), timedelta())],
    "a day ahead and back": [(timedelta(hours=30), timedelta(days=1)), (timedelta(hours=33), timedelta())],
    "a day behind and right again": [(timedelta(hours=30), timedelta(days=-1)), (timedelta(hours=33), timedelta())],
    "1970, then set": [(timedelta(), datetime(1970, 1, 5, tzinfo=UTC) - rig.START), (timedelta(hours=26), timedelta())],
}
SUSPENDS = {
    "asleep from 6 to 9": (22.5, 25.5),
    "asleep from 6 to 23": (22.5, 39.5),
    "asleep for three days": (22.5, 94.5),
}


def jump(folder: Path, name: str) -> tuple[int, int, int]:
    """Serve five days with a clock that is wrong for a while: how many editions, twice, not sent."""
    wrong = timedelta()
    changes = list(JUMPS[name])
    with _rig(folder) as (app, hands):
        service = Service(app)
        true = rig.START
        while true < rig.START + timedelta(days=5):
            while changes and true >= rig.START + changes[0][0]:
                wrong = changes.pop(0)[1]
            hands.now = true + wrong
            service.tick()
            true += timedelta(minutes=10)
        return _counted(app, folder)


def suspend(folder: Path, name: str) -> tuple[int, int, int, int]:
    """Serve five days and sleep in between; as `jump`, and the issues noted as missed."""
    sleep, wake = (rig.START + timedelta(hours=hours) for hours in SUSPENDS[name])
    with _rig(folder) as (app, hands):
        service = Service(app)
        while hands.now < rig.START + timedelta(days=5):
            if not sleep <= hands.now < wake:
                service.tick()
            hands.now += timedelta(minutes=10)
        return *_counted(app, folder), len(app.store.issues.missed("daily", None))


def _counted(app: rig.Rig, folder: Path) -> tuple[int, int, int]:
    """Editions; those that a reader got twice, be it by two mails of one date or by two editions; those not sent."""
    slots = app.store.slots("daily")
    sent = [row for row in app.store.deliveries() if row.state == "sent"]
    mails = rig.mailbox(folder)
    return len(slots), len(mails) - len({mail["subject"] for mail in mails}), 2 * len(slots) - len(sent)
