"""The formats of feeds. Runs in the worker: the bytes are a stranger's."""

from __future__ import annotations

import io
import json
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from briefing.errors import SourceError
from briefing.text import one_line, plain

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json",
    "application/rdf+xml",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry. `html` is its content or, failing that, its summary; `text` is the same without markup;
    `is_content` says that the feed called it content, not summary."""

    id: str = ""
    link: str | None = None
    title: str | None = None
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
    html: str = ""
    text: str = ""
    is_content: bool = False


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed; or, for a page, the addresses of the feeds it names (`alternatives`)."""

    entries: tuple[Entry, ...] = ()
    title: str | None = None
    language: str | None = None
    alternatives: tuple[str, ...] = ()
    ttl: float | None = None
    """Seconds between two changes, as the feed says (ttl, or the syndication module's period)."""


_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}


def _ttl(feed: Any) -> float | None:
    minutes = str(feed.get("ttl") or "").strip()
    if minutes.isdecimal() and int(minutes) > 0:
        return int(minutes[:6]) * 60.0
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    times = str(feed.get("sy_updatefrequency") or "1").strip()
    return period / int(times[:6]) if period and times.isdecimal() and int(times[:6]) > 0 else None


def parse_feed(subject: str, body: bytes, content_type: str, url: str) -> ParsedFeed:
    """The feed in `body`, whatever its format. Raises SourceError if it is neither a feed nor a page naming one."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:2000].lower()
    if not start:
        raise SourceError(subject, "the feed is empty (0 bytes of content)")
    if start.startswith(b"{"):
        return _json_feed(subject, body)
    import feedparser

    headers = {"content-type": content_type} if content_type else {}
    parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
    if parsed.get("version") or parsed.entries:
        feed = parsed.feed
        return ParsedFeed(
            entries=tuple(_entry(entry) for entry in parsed.entries),
            title=plain(feed.get("title", "")) or None,
            language=_language(feed.get("language")),
            ttl=_ttl(feed),
        )
    if b"<html" in start or b"<!doctype html" in start or b"<head" in start or b"<link" in start:
        found = _alternatives(body, url)
        if found:
            return ParsedFeed(alternatives=found)
        raise SourceError(
            subject, "this is a page, and it names no feed; give the feed's own address, or use type: page"
        )
    reason = parsed.get("bozo_exception")
    detail = f" ({one_line(str(reason))[:120]})" if reason else ""
    raise SourceError(subject, f"this is not a feed: neither RSS, Atom nor JSON Feed{detail}")


def _entry(entry: Any) -> Entry:
    contents = [part for part in entry.get("content", ()) if part.get("value", "").strip()]
    # Of several contents the richest is the article: some feeds put a plain stub beside the HTML.
    html = max((part["value"] for part in contents), key=len, default="")
    is_content = bool(html)
    if not html:
        html = entry.get("summary", "") or ""
    when = entry.get("published_parsed") or entry.get("updated_parsed") or entry.get("created_parsed")
    names = [author.get("name", "") for author in entry.get("authors", ())] or [entry.get("author", "")]
    title = plain(entry.get("title", "") or "")
    language = next((part.get("language") for part in contents if part.get("language")), None)
    return Entry(
        id=entry.get("id", "") or "",
        link=entry.get("link") or None,
        title=title or None,
        published=_moment(when),
        authors=tuple(name for name in (plain(name) for name in names) if name),
        language=_language(language),
        html=html,
        text=plain(html),
        is_content=is_content,
    )


def _moment(when: Any) -> datetime | None:
    if not when:
        return None
    try:
        return datetime.fromtimestamp(timegm(when), UTC)
    except (OverflowError, ValueError, OSError, TypeError):
        return None


def _language(code: object) -> str | None:
    text = str(code).strip().replace("_", "-") if code else ""
    return text if 2 <= len(text) <= 12 and text.replace("-", "").isalnum() else None


def _json_feed(subject: str, body: bytes) -> ParsedFeed:
    try:
        data = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(subject, f"this is not a feed: broken JSON ({error})") from error
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(version, str) or "jsonfeed.org" not in version or not isinstance(data.get("items"), list):
        raise SourceError(subject, "this JSON is not a JSON Feed (no version of jsonfeed.org, or no items)")
    entries = tuple(_json_entry(item) for item in data["items"] if isinstance(item, dict))
    return ParsedFeed(
        entries=entries, title=plain(str(data.get("title") or "")) or None, language=_language(data.get("language"))
    )


def _json_entry(item: dict[str, Any]) -> Entry:
    def words(key: str) -> str:
        value = item.get(key)
        return value if isinstance(value, str) else ""

    html = words("content_html")
    if not html and words("content_text"):
        html = _as_html(words("content_text"))
    is_content = bool(html)
    if not html and words("summary"):
        html = _as_html(words("summary"))
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    names = [plain(str(person.get("name") or "")) for person in people if isinstance(person, dict)]
    identity = item.get("id")
    return Entry(
        id=str(identity) if isinstance(identity, str | int | float) else "",
        link=words("url") or words("external_url") or None,
        title=plain(words("title")) or None,
        published=_iso(words("date_published") or words("date_modified")),
        authors=tuple(name for name in names if name),
        language=_language(item.get("language")),
        html=html,
        text=plain(html),
        is_content=is_content,
    )


def _as_html(text: str) -> str:
    import html

    return "".join(f"<p>{html.escape(part)}</p>" for part in text.replace("\r\n", "\n").split("\n") if part.strip())


def _iso(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _alternatives(body: bytes, url: str) -> tuple[str, ...]:
    """Feeds a page names in its head, RSS and Atom before JSON, comment feeds last."""
    from lxml import html
    from lxml.etree import LxmlError

    try:
        page = html.document_fromstring(body)
    except (LxmlError, ValueError):
        return ()
    found: list[tuple[bool, bool, int, str]] = []
    for link in page.iter("link"):
        kind = (link.get("type") or "").split(";")[0].strip().lower()
        target = link.get("href")
        if "alternate" in (link.get("rel") or "").lower().split() and kind in FEED_TYPES and target:
            comments = "comment" in f"{target} {link.get('title', '')}".lower()
            found.append((comments, FEED_TYPES.index(kind) >= 2, len(found), urljoin(url, target.strip())))
    return tuple(address for *_, address in sorted(found))
