"""Feeds of many thousand entries, cut to the newest before a parser reads them."""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MANY = 1500
_START = re.compile(r"<(?:[\w.-]{1,20}:)?(?:item|entry)(?=[\s>])")
_STOP = re.compile(r"</(?:[\w.-]{1,20}:)?(?:item|entry)\s{0,20}>")
_LONGEST = 200_000
"""Characters of one entry."""
_DATE = re.compile(
    r"<(?:[\w.-]{1,20}:)?(?:pubDate|published|updated|date|modified|issued)(?:\s[^>]{0,200})?>([^<]{4,60})<"
)


def trimmed(text: str, most: int) -> tuple[str, int]:
    """The feed with its `most` newest entries at least, and how many entries it had.

    Entries without a date stand by the one before them. A feed that is small enough comes back as it is.
    """
    starts = [match.start() for match in _START.finditer(text)]
    if len(starts) <= max(MANY, 2 * most):
        return text, len(starts)
    stops = [match.end() for match in _STOP.finditer(text)]
    pieces: list[tuple[float, int, str]] = []
    end = starts[0]
    when = float("inf")
    for place, start in enumerate(starts):
        if start < end and pieces:
            continue  # inside the entry before: an entry quoted in it
        following = starts[place + 1] if place + 1 < len(starts) else len(text)
        stop = bisect_right(stops, start)
        end = stops[stop] if stop < len(stops) and stops[stop] - start < _LONGEST else following
        dated = _DATE.search(text, start, end)
        when = (_stamp(dated[1]) if dated else None) or when
        pieces.append((when, -place, text[start:end]))
    count = len(pieces)
    kept = sorted(pieces, key=lambda piece: piece[:2], reverse=True)[: most * 2]
    kept.sort(key=lambda piece: -piece[1])
    return text[: starts[0]] + "\n".join(piece for _, _, piece in kept) + text[end:], count


def _stamp(text: str) -> float | None:
    text = text.strip()
    try:
        when = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
