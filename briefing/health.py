"""How sources that fail are treated: what their failure means, when they are asked again. Pure.

`verdict` is the one rule. A source is never given up, and is back within a day of being well again:

- a failure that may pass by itself (a time-out, a broken answer) keeps it from being asked through the day for 15
  minutes, then twice as long each time, at most 12 hours; an edition asks it all the same, unless it has just been
  asked (`pace.wanted`);
- a failure that says no (gone, missing, blocked, a login, a page, refused) makes it rest for 3 hours, then twice as
  long each time, at most 20 hours; an edition, too, leaves it alone until then, and a daily one always asks it;
- what its server asks for (Retry-After) holds in both cases, up to a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.errors import ItemError
from briefing.text import digest

FIRST, LONGEST = timedelta(minutes=15), timedelta(hours=12)
"""The rest after a first failure that may pass, and the longest one."""
FIRST_NO, LONGEST_NO = timedelta(hours=3), timedelta(hours=20)
"""The same where the source said no. Each rest is up to a tenth longer or shorter."""
LONGEST_ORDER = timedelta(hours=24)
"""The longest rest that a server may ask for; a year (seen) is a mistake."""
_NO = frozenset({"gone", "missing", "blocked", "login", "page", "refused", "robots"})

SEARCHABLE = frozenset({"gone", "missing", "page"})
"""Failures after which the source may have a new address."""

STATES = {
    "": "fails",
    "gone": "gone: its address says it is gone for good (410)",
    "missing": "missing: there is nothing at its address (404)",
    "blocked": "blocked: the site lets no program in",
    "login": "locked: the site asks for a login",
    "page": "page: where the feed was there is a page now",
    "limited": "limited: the site asked to be left alone for a while",
    "unreachable": "unreachable: its server does not answer",
    "slow": "slow: its server does not answer in time",
    "broken": "broken: what it sends can't be read",
    "empty": "empty: it sends nothing",
    "large": "large: it sends more than is read",
    "refused": "refused: its address may not be asked",
    "robots": "refused: its robots.txt asks programs not to read it",
}
"""Kind of failure → the state it puts a source in, in words."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failure means for a source: its kind, when it is asked again by itself, and the moment before which an
    edition does not ask it either (None: an edition asks it)."""

    kind: str
    due: datetime
    next_try: datetime | None


def verdict(name: str, error: ItemError, failures: int, now: datetime) -> Verdict:
    """What to make of the `failures`-th failure in a row of the source `name`.

    Each source has its own tenth more or less, so that those that failed together are not asked together.
    """
    kind = error.kind if error.kind in STATES else ""
    order = getattr(error, "retry_after", None)
    firm = kind in _NO
    first, longest = (FIRST_NO, LONGEST_NO) if firm else (FIRST, LONGEST)
    rest = min(longest, first * 2 ** min(failures - 1, 10))
    rest *= 0.9 + int(digest(name, str(failures))[:4], 16) / 0xFFFF * 0.2
    if isinstance(order, int | float):
        firm = True
        rest = max(rest, min(LONGEST_ORDER, timedelta(seconds=max(0.0, order))))
    return Verdict(kind, now + rest, now + rest if firm else None)


def in_about(span: timedelta) -> str:
    """A time to wait in words.

    >>> in_about(timedelta(minutes=95)), in_about(timedelta(seconds=20))
    ('in about 2 h', 'in about 1 min')
    """
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 90:
        return f"in about {minutes} min"
    hours = round(minutes / 60)
    return f"in about {hours} h" if hours < 48 else f"in about {round(hours / 24)} days"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
