"""The clock: every zone, every change of its offset, jumps, suspends, a year of serving."""

from __future__ import annotations

import logging
import time as clocks
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock
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
            found.gaps += _is_gap(name, change)
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


def _rig(folder: Path) -> tuple[rig.Rig, rig.Clock]:
    (folder / "news").mkdir(parents=True)
    (folder / "news" / "a.txt").write_text("Kelby mends its bridge\n\nThe bridge was mended. It took a year.\n")
    rig.write_config(folder, [{"name": "News", "type": "file", "path": "news"}], [{"type": "file", "folder": "out"}])
    hands = rig.Clock()
    return rig.opened(folder, hands), hands


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
    app, hands = _rig(folder)
    wrong = timedelta()
    changes = list(JUMPS[name])
    with app:
        service = Service(app)
        true = rig.START
        while true < rig.START + timedelta(days=5):
            while changes and true >= rig.START + changes[0][0]:
                wrong = changes.pop(0)[1]
            hands.now = true + wrong
            service.tick()
            true += timedelta(minutes=10)
        return _counted(app)


def suspend(folder: Path, name: str) -> tuple[int, int, int, int]:
    """Serve five days and sleep in between; as `jump`, and the issues noted as missed."""
    app, hands = _rig(folder)
    sleep, wake = (rig.START + timedelta(hours=hours) for hours in SUSPENDS[name])
    with app:
        service = Service(app)
        while hands.now < rig.START + timedelta(days=5):
            if not sleep <= hands.now < wake:
                service.tick()
            hands.now += timedelta(minutes=10)
        return *_counted(app), len(app.store.issues.missed("daily", None))


def _counted(app: rig.Rig) -> tuple[int, int, int]:
    slots = app.store.slots("daily")
    sent = [row for row in app.store.deliveries() if row.state == "sent"]
    return len(slots), len(slots) - len(set(slots)) + max(0, len(sent) - len(slots)), len(slots) - len(sent)


# A year


@dataclass
class Year:
    """What a year of serving came to."""

    days: int
    issues: int
    editions: int
    missing: int
    twice: int
    late_minutes: float
    sent: int
    megabytes: list[float]
    seconds: float


PLANS: list[dict[str, Any]] = [
    {"name": "berlin", "time_zone": "Europe/Berlin", "schedule": {"at": "02:30"}},
    {"name": "new-york", "time_zone": "America/New_York", "schedule": {"at": ["07:00", "18:30"], "days": "weekdays"}},
    {"name": "lord-howe", "time_zone": "Australia/Lord_Howe", "schedule": {"at": "02:15"}},
    {"name": "weekly", "time_zone": "Asia/Kathmandu", "schedule": {"at": "06:00", "days": ["sun"]}},
    {
        "name": "hours",
        "time_zone": "America/Sao_Paulo",
        "schedule": {"at": "06:00", "every": 8, "quiet": ["12-24..01-01"]},
    },
]


def year(folder: Path, days: int = 365, step: timedelta = timedelta(minutes=10)) -> Year:
    """`briefing serve` itself, its scheduler too, for so many days of a fake clock."""
    import psutil

    (folder / "news").mkdir(parents=True)
    briefings = [{**plan, "channels": [{"type": "file", "folder": f"out-{plan['name']}"}]} for plan in PLANS]
    source = {"name": "News", "type": "file", "path": "news"}
    rig.write_config(folder, [source], [], briefings=[{**b, "limits": {"max_age": 48}} for b in briefings])
    hands = rig.Clock(datetime(2026, 1, 1, 12, 0, tzinfo=UTC))
    start, process, began = hands.now, psutil.Process(), clocks.monotonic()
    memory: list[float] = []
    sent_late: list[float] = []
    logging.getLogger("briefing").setLevel(logging.ERROR)
    with rig.opened(folder, hands) as app:
        service = Service(app)

        def wait(_: float) -> None:
            hands.now += step
            passed = hands.now - start
            if passed % timedelta(hours=12) < step:
                number = int(passed / timedelta(hours=12)) % 4
                story = rig.entry(int(passed / timedelta(hours=12)), hands.now).partition("<description>")[2]
                text = f"Kelby's day {hands.now:%Y-%m-%d %H}\n\n{story.partition('<')[0]}\n"
                (folder / "news" / f"{number}.txt").write_text(text, encoding="utf-8")
            if passed % timedelta(days=days / 12) < step:
                memory.append(process.memory_info().rss / 1e6)
            if passed >= timedelta(days=days):
                service.stop()

        class Wall(datetime):
            """The wall clock that the scheduler reads."""

            @classmethod
            def now(cls, tz: Any = None) -> Any:
                """The fake clock's moment."""
                return hands.now.replace(tzinfo=None)

        with mock.patch("schedule.datetime", SimpleNamespace(datetime=Wall, timedelta=timedelta, date=date)):
            service.run(wait)
        end = hands.now
        issues = twice = missing = editions = 0
        for briefing in app.config.briefings:
            wanted = [due for due in clock.dues_after(start, briefing.plan) if due.moment < end - timedelta(minutes=30)]
            slots = app.store.slots(briefing.name)
            issues += len(wanted)
            editions += len(set(slots) & {due.slot for due in wanted})
            twice += len(slots) - len(set(slots))
            missing += len({due.slot for due in wanted} - set(slots))
            moments = {due.slot: due.moment for due in wanted}
            sent_late += [
                (row.changed - moments[row.slot]).total_seconds() / 60
                for row in app.store.deliveries(briefing=briefing.name)
                if row.slot in moments and row.state == "sent"
            ]
    return Year(
        days=days,
        issues=issues,
        editions=editions,
        missing=missing,
        twice=twice,
        late_minutes=max(sent_late, default=0.0),
        sent=len(sent_late),
        megabytes=memory,
        seconds=clocks.monotonic() - began,
    )
