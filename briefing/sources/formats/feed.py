"""RSS 0.9 to 2.0, RDF, Atom and what calls itself one of them."""

from __future__ import annotations

import io
import re
from calendar import timegm
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from briefing.decode import decode
from briefing.errors import SourceError
from briefing.fetch.decoding import BrokenCoding, gunzip
from briefing.markup import words_of
from briefing.sources.formats import jsonfeed
from briefing.sources.formats.entry import (
    Entry,
    ParsedFeed,
    as_html,
    believable,
    language_of,
    names,
    newest,
    stated_date,
    unescaped,
)
from briefing.sources.formats.trim import trimmed
from briefing.text import one_line, plain
from briefing.walls import bot_wall, wall_in

FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json",
    "application/rdf+xml",
    "text/xml",
    "application/xml",
)
_MOST_UNPACKED = 50_000_000
_DECLARATION = re.compile(r"^\s*<\?xml\b[^>]{0,200}\?>")
_ENTITIES = re.compile(r"<!ENTITY\b", re.I)
# Characters that XML forbids; one of them makes the strict parser give up.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF|channel|\w{1,10}:(?:rss|feed|RDF))\b", re.I)


# The library looks for mail addresses in names by a pattern whose time grows with the square of a word's length.
_LONG_NAME = re.compile(
    r"(<(?:[\w.-]{1,20}:)?(?:author|creator|contributor|publisher|owner|name|email|managingEditor|webMaster)\b[^<>]{0,500}>"
    r"(?:<!\[CDATA\[)?[^<\]]{1000})[^<\]]+",
    re.I,
)
# Places, licences, search boxes and impossible characters: where wrong they make the library give up, and we use none.
_TRIPS = re.compile(
    r"</?(?:(?:gml|georss|geo|cc|creativeCommons):[\w.-]{1,40}|(?:[\w.-]{1,20}:)?(?:textinput|license|where|pos|posList|point"
    r"|line|lineString|box|polygon|linearRing|exterior|envelope))\b[^<>]*>|&#(?:x[0-9a-f]{7,}|\d{8,});?",
    re.I,
)
_PERIODS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}


def _ttl(feed: Any) -> float | None:
    minutes = str(feed.get("ttl") or "").strip()
    if minutes.isdecimal() and int(minutes[:6]) > 0:
        return int(minutes[:6]) * 60.0
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    times = str(feed.get("sy_updatefrequency") or "1").strip()
    return period / int(times[:6]) if period and times.isdecimal() and int(times[:6]) > 0 else None


def parse_feed(subject: str, body: bytes, charset: str | None, url: str, most: int) -> ParsedFeed:
    """The feed in `body`, whatever its format, with its `most` newest entries; or what the page in it names.

    `charset` is what the server declared, `url` the address relative links start from. Raises SourceError if it is
    neither a feed nor a page.
    """
    try:
        # Some servers send a packed file as it is.
        body = gunzip(body, _MOST_UNPACKED)
    except BrokenCoding as error:
        raise SourceError(subject, f"the feed can't be unpacked: {error}", kind="broken") from error
    text = decode(body, charset, markup=True).lstrip("\ufeff \t\r\n")
    if not text.strip():
        raise SourceError(subject, "the feed is empty (0 bytes of content)", kind="empty")
    if text.startswith("{"):
        return jsonfeed.parse(subject, text, most)
    start = text[:3000]
    root = _ROOT.search(start)
    if root is None and re.search(r"<(?:!doctype html|html|head|body|link|meta|title)\b", start, re.I):
        return _page(text, url)
    parsed, count = _parsed(subject, text, url, most)
    if parsed.get("version") or parsed.entries:
        feed = parsed.feed
        entries = [found for entry in parsed.entries if (found := _safe_entry(entry)) is not None]
        language = language_of(feed.get("language"))
        return ParsedFeed(
            entries=newest(entries, most),
            title=plain(str(feed.get("title", "") or "")) or None,
            language=language,
            count=max(count, len(entries)),
            home=feed.get("link") if isinstance(feed.get("link"), str) else None,
            ttl=_ttl(feed),
        )
    if root is None and re.search(r"<(?:html|body|div|p)\b", text[:50_000], re.I):
        return _page(text, url)
    reason = parsed.get("bozo_exception")
    detail = f" ({one_line(str(reason))[:120]})" if reason else ""
    raise SourceError(subject, f"this is not a feed: neither RSS, Atom nor JSON Feed{detail}", kind="broken")


def _parsed(subject: str, text: str, url: str, most: int) -> tuple[Any, int]:
    import feedparser

    # What bytes say of their encoding was weighed already; a declaration that differs would be believed.
    text = _DECLARATION.sub("", _FORBIDDEN.sub("", text), count=1).lstrip()
    if _ENTITIES.search(text):
        # No feed needs entities of its own; what they are used for is to multiply and to fetch.
        text = _without_doctype(text)
    text, count = trimmed(_LONG_NAME.sub(r"\1", text), most)
    headers = {"content-type": "application/xml; charset=utf-8"}
    # The library takes slashes out of file addresses; links relative to a file are joined where they are used.
    if url.isascii() and url.isprintable() and not url.startswith("file:"):
        headers["content-location"] = url
    failure: Exception | None = None
    for relative, lean in ((True, False), (False, False), (False, True)):
        kept = _TRIPS.sub(" ", text) if lean else text
        raw = b'<?xml version="1.0" encoding="utf-8"?>\n' + kept.encode("utf-8", "replace")
        try:
            return feedparser.parse(
                io.BytesIO(raw), response_headers=headers, sanitize_html=False, resolve_relative_uris=relative
            ), count
        except Exception as error:  # foreign markup makes the library raise nearly anything (a date, a depth)
            failure = error
    raise SourceError(
        subject,
        f"this is not a feed that can be read ({type(failure).__name__}: {one_line(str(failure))[:100]})",
        kind="broken",
    )


def _without_doctype(text: str) -> str:
    start = re.search(r"<!DOCTYPE", text[:20_000], re.I)
    root = _ROOT.search(text, start.end()) if start else None
    return text[: start.start()] + text[root.start() :] if start and root else text


def _safe_entry(entry: Any) -> Entry | None:
    try:
        return _entry(entry)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None


def _entry(entry: Any) -> Entry:
    html, is_content = _markup(entry)
    link = _text(entry, "feedburner_origlink") or _text(entry, "link") or None
    language = next((part.get("language") for part in entry.get("content", ()) if part.get("language")), None)
    medium = _medium(entry, link or "")
    transcript = entry.get("podcast_transcript")
    words = transcript.get("url") if isinstance(transcript, dict) else None
    people = [a.get("name", "") for a in entry.get("authors", ()) if isinstance(a, dict)] or [entry.get("author", "")]
    return Entry(
        id=_text(entry, "id")[:2000],
        link=link,
        title=plain(_text(entry, "title")[:5000])[:1000] or None,
        published=_date(entry),
        authors=names(people),
        language=language_of(language),
        html=html,
        text=words_of(html),
        is_content=is_content,
        medium=medium,
        transcript=words if isinstance(words, str) and words else None,
    )


def _text(entry: Any, key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _markup(entry: Any) -> tuple[str, bool]:
    """An entry's content as HTML, and whether the feed calls it content: of several the richest is the article,
    as some feeds put a plain stub beside the HTML."""

    def html_of(part: Any) -> str:
        value = part.get("value")
        value = value if isinstance(value, str) else ""
        if part.get("type") == "text/plain" and not re.search(r"<\w|&\w+;", value):
            return as_html(value)
        return unescaped(value)

    contents = [html for part in entry.get("content", ()) if isinstance(part, dict) and (html := html_of(part)).strip()]
    summary = entry.get("summary_detail")
    stub = html_of(summary) if isinstance(summary, dict) else unescaped(_text(entry, "summary"))
    best = max(contents, key=len, default="")
    if len(best) >= len(stub):
        return (best, True) if best else ("", False)
    # A feed whose "summary" is longer than its content has them the wrong way round.
    return stub, bool(best)


def _medium(entry: Any, link: str) -> str:
    if entry.get("yt_videoid") or re.match(
        r"https?://(?:www\.|m\.)?(?:youtube\.com/(?:watch|shorts)|vimeo\.com/\d)", link
    ):
        return "video"
    kinds = [str(e.get("type", "")) for e in entry.get("enclosures", ()) if isinstance(e, dict)]
    found = next((kind.partition("/")[0] for kind in kinds if kind.startswith(("audio/", "video/"))), "")
    return found or ("audio" if entry.get("itunes_duration") and kinds else "")


def _date(entry: Any) -> datetime | None:
    for name in ("published", "updated", "created"):
        when, found = entry.get(f"{name}_parsed"), None
        if when:
            try:
                found = believable(datetime.fromtimestamp(timegm(when), UTC))
            except (OverflowError, ValueError, OSError, TypeError):
                found = None
        found = found or stated_date(_text(entry, name))
        if found:
            return found
    return None


def _page(text: str, url: str) -> ParsedFeed:
    """What a page that stands where a feed should be says: the feeds it names, or what keeps readers out."""
    found = alternatives(text, url)
    words = words_of(text[:200_000])
    wall = bot_wall(200, {}, text) or wall_in(words, text)
    return ParsedFeed(alternatives=found, page=True, wall=wall)


def alternatives(text: str, url: str) -> tuple[str, ...]:
    """Feeds a page names in its head, RSS and Atom before JSON, comment feeds last."""
    from lxml import html
    from lxml.etree import LxmlError

    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (LxmlError, ValueError):
        return ()
    found: list[tuple[bool, bool, int, str]] = []
    for link in page.iter("link"):
        kind = (link.get("type") or "").split(";")[0].strip().lower()
        target = link.get("href")
        if "alternate" in (link.get("rel") or "").lower().split() and kind in FEED_TYPES and target:
            comments = "comment" in f"{target} {link.get('title', '')}".lower()
            try:
                address = urljoin(url, target.strip())
            except ValueError:
                continue
            if "json" in kind and not re.search(r"feed|rss", f"{address} {link.get('title', '')}", re.I):
                continue  # WordPress names its programs' interface so
            found.append((comments, FEED_TYPES.index(kind) >= 2, len(found), address))
    return tuple(dict.fromkeys(address for *_, address in sorted(found)))[:20]


def named_feeds(body: bytes, charset: str | None, url: str) -> tuple[str, ...]:
    """Feeds a page names in its head, then what it links to that looks like one."""
    from lxml import html
    from lxml.etree import LxmlError

    text = decode(body, charset, markup=True)
    found = list(alternatives(text, url))
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (LxmlError, ValueError):
        return tuple(found)
    for link in page.iter("a"):
        target, words = (link.get("href") or "").strip(), one_line(link.text_content() or "")[:60]
        try:
            address = urljoin(url, target)
        except ValueError:
            continue
        if re.match(r"https?://", address) and (
            re.search(r"(?:^|[/.=_-])(?:rss2?|atom|feeds?|rdf)(?:[/.?&_-]|\.xml|\.json|$)", target, re.I)
            or re.fullmatch(r"(?:rss|atom|feed|rss[- ]feed|xml)", words, re.I)
        ):
            found.append(address)
    return tuple(dict.fromkeys(found))[:20]
