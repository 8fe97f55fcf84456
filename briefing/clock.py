"""When a briefing is due, pure. `now` is always an argument: only the doors read the clock.

A slot names one issue of a briefing: the local date it was due on. It is the key that makes an edition
exist once, so it is made here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Due:
    """One issue that is due: its slot, its local day and the moment (UTC) it became due."""

    slot: str
    day: date
    moment: datetime


def slot_of(day: date) -> str:
    """The slot of the issue of a local day."""
    return day.isoformat()


def local_day(now: datetime, zone: str) -> date:
    """The date it is in `zone` (an IANA name) at `now`."""
    return now.astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """The last moment (UTC) of a local day."""
    after = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return after.astimezone(UTC) - timedelta(microseconds=1)


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


def latest_due(now: datetime, at: time, days: Collection[str], zone: str, window: timedelta) -> Due | None:
    """The latest issue whose time has come and lies no further back than `window`, or None.

    `days` are weekdays as in `WEEKDAYS`. Older issues are not caught up: yesterday's news at breakfast
    after today's serves nobody.
    """
    today = local_day(now, zone)
    for back in range(window.days + 2):
        day = today - timedelta(days=back)
        if WEEKDAYS[day.weekday()] not in days:
            continue
        moment = moment_of(day, at, zone)
        if moment <= now:
            return Due(slot_of(day), day, moment) if now - moment <= window else None
    return None


def next_due(now: datetime, at: time, days: Collection[str], zone: str) -> Due | None:
    """The next issue after `now`, or None if `days` is empty."""
    today = local_day(now, zone)
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        moment = moment_of(day, at, zone)
        if WEEKDAYS[day.weekday()] in days and moment > now:
            return Due(slot_of(day), day, moment)
    return None
