"""When a source that is well is asked again, pure: what its server says, and how often it has had something new.

When one that fails is asked again `health.verdict` says.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SHORTEST = timedelta(minutes=15)
USUAL = timedelta(hours=1)
"""Where nothing is known of a source's habits."""
LONGEST = timedelta(hours=6)
LONGEST_ORDER = timedelta(hours=24)
"""A server may ask for a longer wait than we would choose, up to this; a year (seen in feeds) is a mistake."""
FRESH = timedelta(minutes=10)
"""What was asked so recently is not asked again for an edition."""


def next_ask(now: datetime, published: Sequence[datetime], server: float | None) -> datetime:
    """When a source that answered is asked again.

    `published` are the dates of its last items; half their usual distance is waited. `server` are the seconds its
    server asks for (Cache-Control, a feed's ttl).
    """
    dates = sorted({when for when in published if when <= now}, reverse=True)
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(dates)]
    habit = timedelta(seconds=median(gaps) / 2) if len(gaps) >= 3 else USUAL
    wait = min(LONGEST, max(SHORTEST, habit))
    return now + max(wait, _order(server))


def wanted(now: datetime, checked: datetime | None, due: datetime | None, failures: int) -> bool:
    """Whether a source is asked for an edition that is made now, whatever its pace.

    Not if it was asked just now; one that failed once may be well by now.
    """
    if checked is None or due is None or checked > now or due <= now or failures == 1:
        return True
    return now - checked >= FRESH


def _order(seconds: float | None) -> timedelta:
    return timedelta() if seconds is None else min(LONGEST_ORDER, timedelta(seconds=max(0.0, seconds)))
