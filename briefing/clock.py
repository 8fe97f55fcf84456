"""When a briefing is due, pure. `now` is always an argument: only the doors read the clock.

A slot names one issue of a briefing: the local date it was due on and, where a briefing comes several times a day,
the time. It is the key that makes an edition exist once, so it is made here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

PLAUSIBLE = datetime(2025, 1, 1, tzinfo=UTC)
"""A clock before this was never set: computers without a battery start in 1970. No issue is due by such a clock."""

_LONGEST = 400
"""Days that are looked ahead or back: more than a year, so that long quiet times end."""


@dataclass(frozen=True, slots=True)
class Due:
    """One issue that is due: its slot, its local day and the moment (UTC) it becomes due."""

    slot: str
    day: date
    moment: datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """Days without an issue, both ends included. `yearly` days come again each year, whatever year they name."""

    first: date
    last: date
    yearly: bool = False

    def has(self, day: date) -> bool:
        """Whether no issue is due on `day`."""
        if not self.yearly:
            return self.first <= day <= self.last
        first, last, this = ((d.month, d.day) for d in (self.first, self.last, day))
        return first <= this <= last if first <= last else this >= first or this <= last


@dataclass(frozen=True, slots=True)
class Plan:
    """When a briefing is due: local times of day in order, weekdays as in `WEEKDAYS`, an IANA zone, quiet days."""

    times: tuple[time, ...]
    days: tuple[str, ...]
    zone: str
    quiet: tuple[Quiet, ...] = ()

    def on(self, day: date) -> list[Due]:
        """The issues of a local day, in order. Two times that daylight saving makes one moment are one issue."""
        if WEEKDAYS[day.weekday()] not in self.days or any(quiet.has(day) for quiet in self.quiet):
            return []
        found: dict[datetime, Due] = {}
        for at in sorted(self.times):
            moment = moment_of(day, at, self.zone)
            found.setdefault(moment, Due(slot_of(day, at if len(self.times) > 1 else None), day, moment))
        return list(found.values())


def slot_of(day: date, at: time | None = None) -> str:
    """The slot of the issue of a local day, or of one of its times.

    >>> slot_of(date(2026, 3, 10)), slot_of(date(2026, 3, 10), time(18, 30))
    ('2026-03-10', '2026-03-10T18:30')
    """
    return day.isoformat() if at is None else f"{day.isoformat()}T{at:%H:%M}"


def parse_slot(text: str) -> tuple[date, time | None]:
    """The day and the time of a slot. Raises ValueError.

    >>> parse_slot("2026-03-10T18:30")
    (datetime.date(2026, 3, 10), datetime.time(18, 30))
    """
    day, mark, at = text.partition("T")
    return date.fromisoformat(day), time.fromisoformat(at) if mark else None


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; from the system, or else from the package tzdata."""
    return ZoneInfo(name)


def local_day(now: datetime, zone: str) -> date:
    """The date it is in `zone` (an IANA name) at `now`."""
    return now.astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """The last moment (UTC) of a local day."""
    after = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return after.astimezone(UTC) - timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def moment_of(day: date, at: time, zone: str) -> datetime:
    """The moment (UTC) at which it is `at` on `day` in `zone`.

    Daylight saving as cron (cronie) has it: a time that does not exist that day runs at the first valid
    minute after the gap, a time that comes twice runs the first time.
    """
    local = datetime.combine(day, at, ZoneInfo(zone)).replace(fold=0)
    moment = local.astimezone(UTC)
    if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # In the gap: with fold=0 the offset of before the change is used, so `moment` lies after the gap by as
    # much as `at` lies inside it. Walk back to where the local clock jumped.
    low, high = moment - timedelta(hours=26), moment
    before = low.astimezone(ZoneInfo(zone)).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        # Several changes within a day do not happen; the offset differs from `before` after the one there is.
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def dues_before(now: datetime, plan: Plan, after: datetime) -> Iterator[Due]:
    """Issues due at `now` or before, the latest first, back to (not including) the moment `after`."""
    today = local_day(now, plan.zone)
    for back in range(-1, _LONGEST):
        for due in reversed(plan.on(today - timedelta(days=back))):
            if due.moment <= after:
                return
            if due.moment <= now:
                yield due


def latest_due(now: datetime, plan: Plan, window: timedelta) -> Due | None:
    """The latest issue whose time has come and lies no further back than `window`, or None.

    Older issues are not caught up: yesterday's news at breakfast after today's serves nobody.
    """
    if now < PLAUSIBLE:
        return None
    return next(dues_before(now, plan, now - window - timedelta(microseconds=1)), None)


def next_due(now: datetime, plan: Plan) -> Due | None:
    """The next issue after `now`, or None if there is none within a year."""
    return next(dues_after(now, plan), None)


def dues_after(now: datetime, plan: Plan) -> Iterator[Due]:
    """Issues due after `now`, in order, for about a year."""
    today = local_day(now, plan.zone)
    for ahead in range(-1, _LONGEST):
        yield from (due for due in plan.on(today + timedelta(days=ahead)) if due.moment > now)


def due_on(plan: Plan, day: date, now: datetime, at: time | None = None) -> Due:
    """The issue of `day` that a person means who names no time: the latest one due, else the day's first.

    A day or a time the plan does not have is an issue of its own, due when the plan's time (or `at`) comes.
    """
    found = plan.on(day)
    if at is not None and len(plan.times) > 1:
        slot = slot_of(day, at)
        return next((due for due in found if due.slot == slot), Due(slot, day, moment_of(day, at, plan.zone)))
    come = [due for due in found if due.moment <= now]
    if come or found:
        return come[-1] if come else found[0]
    first = min(plan.times)
    return Due(slot_of(day, first if len(plan.times) > 1 else None), day, moment_of(day, first, plan.zone))


def closes(plan: Plan, due: Due) -> datetime:
    """The last moment whose news belongs to an issue: before the next one of its day, or the day's end."""
    later = [other.moment for other in plan.on(due.day) if other.moment > due.moment]
    end = end_of_day(due.day, plan.zone)
    return min(end, later[0] - timedelta(microseconds=1)) if later else end


def starts(dues: Sequence[tuple[Due, timedelta]]) -> list[datetime]:
    """When to begin each issue so that all are ready in time, one made after the other.

    `dues` are issues with the time each takes, in the order of their moments; scheduled backwards from the last.
    """
    found: list[datetime] = []
    after = datetime.max.replace(tzinfo=UTC)
    for due, lead in reversed(dues):
        after = min(due.moment, after) - lead
        found.append(after)
    return found[::-1]
