"""What feeds of all formats have in common."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from briefing.lines import date_in
from briefing.text import digest, one_line, plain

DESCRIPTION, TRANSCRIPT = "description", "transcript"
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `html` is its content or, failing that, its summary; `text` is the same without markup;
    `is_content` says that the feed called it content, not summary. `medium` is "audio" or "video" where the entry is
    a recording; `transcript` is the address of its words."""

    id: str = ""
    link: str | None = None
    title: str | None = None
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    html: str = ""
    text: str = ""
    is_content: bool = False
    medium: str = ""
    transcript: str | None = None

    @property
    def words(self) -> int:
        """Words of its text."""
        return len(self.text.split())

    def same_text(self, path: str) -> str:
        """A mark of its words; "" where there are too few of them to know it by. A short one counts its path too, as
        some teasers are the same every day."""
        count = self.words
        if count < 20:
            return ""
        return digest("text", one_line(self.title or "").lower(), one_line(self.text), "" if count >= 50 else path)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed, of its `count` entries the newest; or, with `page`, a page: the feeds it names (`alternatives`), or what
    stands there instead (`wall`)."""

    entries: tuple[Entry, ...] = ()
    title: str | None = None
    language: str | None = None
    count: int = 0
    alternatives: tuple[str, ...] = ()
    page: bool = False
    wall: str | None = None
    home: str | None = None
    ttl: float | None = None
    """Seconds between two changes, as the feed says (ttl, or the syndication module's period)."""


def newest(entries: Sequence[Entry], most: int) -> tuple[Entry, ...]:
    """The `most` newest entries, newest first where the feed is dated; otherwise as the feed has them.

    An entry without a date stands by the one before it: some feeds date only the first of a day.
    """
    dated = sum(entry.published is not None for entry in entries)
    if len(entries) <= most and dated < len(entries):
        return tuple(entries)
    when = datetime.max.replace(tzinfo=UTC)
    keyed = []
    for place, entry in enumerate(entries):
        when = entry.published or when
        keyed.append((when, -place, entry))
    keyed.sort(key=lambda row: row[:2], reverse=True)
    return tuple(entry for _, _, entry in keyed[:most])


def believable(when: datetime | None) -> datetime | None:
    """The date, unless it is what a program writes that knows none (1970, year 1)."""
    return when if when is not None and _EARLIEST < when < _LATEST else None


def stated_date(text: str) -> datetime | None:
    """A date in a form that is nobody's standard, as feeds state them; None if it can't be read with certainty.

    >>> stated_date("10. März 2026, 14:00 Uhr")
    datetime.datetime(2026, 3, 10, 14, 0, tzinfo=datetime.timezone.utc)
    """
    text = one_line(text)[:80]
    if not text:
        return None
    stamp = re.fullmatch(r"(\d{10})(\d{3})?", text)
    try:
        if stamp:
            return believable(datetime.fromtimestamp(int(stamp[1]), UTC))
        when = datetime.fromisoformat(text)
        return believable(when if when.tzinfo else when.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    found = date_in(text)
    return believable(found[0]) if found else None


def language_of(code: object) -> str | None:
    """A language code, if it is one."""
    text = str(code).strip().replace("_", "-") if isinstance(code, str) else ""
    return text if 2 <= len(text) <= 12 and text.replace("-", "").isalnum() and text.isascii() else None


def as_html(text: str) -> str:
    """Plain text as paragraphs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "".join(f"<p>{html.escape(part)}</p>" for part in lines if part.strip())


_ESCAPED_TAG = re.compile(
    r"&lt;/?(?:p|br|div|a|img|span|b|i|em|strong|ul|ol|li|h[1-6]|blockquote|figure|table)\b", re.I
)
_TAG = re.compile(r"<(?:p|br|div|a|img|span|b|i|em|strong|ul|ol|li|h[1-6]|blockquote|figure|table)\b", re.I)
_TWICE = re.compile(r"&amp;(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,12}\d{0,2});", re.I)


def unescaped(markup: str) -> str:
    """Markup that was escaped once too often, as it was meant.

    >>> unescaped("&lt;p&gt;Bread &amp;amp; roses&lt;/p&gt;")
    '<p>Bread &amp; roses</p>'
    """
    if _ESCAPED_TAG.search(markup) and not _TAG.search(markup):
        markup = html.unescape(markup)
    if "&amp;" in markup:
        markup = _TWICE.sub(
            lambda found: f"&{found[1]};" if html.unescape(f"&{found[1]};") != f"&{found[1]};" else found[0], markup
        )
    return markup


def names(found: Iterable[object]) -> tuple[str, ...]:
    """Names of people, each once, as plain text. "desk@paper.example (Mira Oke)" is Mira Oke."""
    out = []
    for value in found:
        text = plain(value[:1000]) if isinstance(value, str) else ""
        mail = re.fullmatch(r"\S+@\S+ \((.+)\)", text)
        text = mail[1] if mail else text
        if text and not re.fullmatch(r"\S+@\S+", text) and len(text) <= 200:
            out.append(text)
    return tuple(dict.fromkeys(out))[:20]


def not_ahead(entries: Sequence[Entry], now: datetime) -> tuple[Entry, ...]:
    """Entries whose date lies far ahead lose it."""
    limit = now + timedelta(days=1)
    return tuple(
        replace(entry, published=None) if entry.published and entry.published > limit else entry for entry in entries
    )
