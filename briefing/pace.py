"""When a source is asked again, pure: what its server says, and how often it has had something new.

No source is given up. One that fails is asked ever more seldom; where its failure asks for no longer pause (`health`),
at least every `LONGEST_REST`.
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
LONGEST_REST = timedelta(hours=12)
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


def rest(failures: int) -> timedelta:
    """How long a source rests that failed so many times in a row."""
    return min(LONGEST_REST, SHORTEST * 2 ** min(failures - 1, 10))


def next_try(now: datetime, failures: int, server: float | None) -> datetime:
    """When a source that failed is asked again; `server` are the seconds its Retry-After asks for."""
    return now + max(rest(failures), _order(server))


def wanted(now: datetime, checked: datetime | None, due: datetime | None, failures: int) -> bool:
    """Whether a source is asked for an edition that is made now, whatever its pace.

    Not if it was asked just now, nor where its server asked for a longer rest than our own (Retry-After).
    """
    if checked is None or due is None or checked > now or due <= now:
        return True
    if failures:
        return due - checked <= rest(failures) + timedelta(seconds=1)
    return now - checked >= FRESH


def _order(seconds: float | None) -> timedelta:
    return timedelta() if seconds is None else min(LONGEST_ORDER, timedelta(seconds=max(0.0, seconds)))
