"""How sources that fail are treated: what their failure means, when they are asked again. Pure.

A source is never given up: the pauses grow and then stay below a day, so that every daily run asks it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.errors import ItemError
from briefing.text import digest

_FIRST = timedelta(minutes=30)
_LONGEST = timedelta(hours=20)
_LONGEST_GONE = timedelta(hours=68)
_SLOW = frozenset({"gone", "missing", "blocked", "login", "page", "refused", "robots"})

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
    """What a failure means for a source: its kind, and the moment before which it is left alone (None: none)."""

    kind: str
    next_try: datetime | None


def verdict(name: str, error: ItemError, failures: int, now: datetime) -> Verdict:
    """What to make of the `failures`-th failure in a row of the source `name`.

    The first is forgiven: it is asked at the next run whenever that is. After that the pause doubles; each source
    has its own tenth more or less, so that those that failed together are not asked together.
    """
    kind = error.kind if error.kind in STATES else ""
    after = getattr(error, "retry_after", None)
    if failures <= 1 and kind not in _SLOW:
        pause = timedelta(0)
    elif kind in _SLOW:
        pause = timedelta(hours=3) * 2 ** min(failures - 1, 8)
    else:
        pause = _FIRST * 2 ** min(failures - 2, 12)
    pause = min(pause, _LONGEST_GONE if kind == "gone" else _LONGEST)
    pause *= 0.9 + int(digest(name, str(failures))[:4], 16) / 0xFFFF * 0.2
    if isinstance(after, int | float):
        pause = max(pause, timedelta(seconds=float(after)))
    return Verdict(kind, now + pause if pause else None)


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
