"""Sitemaps: the news sitemaps of Google's extension, plain ones, and indexes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from briefing.decode import decode
from briefing.errors import SourceError
from briefing.fetch.decoding import BrokenCoding, gunzip
from briefing.sources.formats.entry import language_of, stated_date
from briefing.text import plain

_BLOCK = re.compile(r"<(?:[\w.-]{1,20}:)?(url|sitemap)(?=[\s>])")
_FIELD = re.compile(
    r"<(?:(?P<space>[\w.-]{1,20}):)?(?P<name>loc|lastmod|publication_date|title|language)(?:\s[^>]{0,200})?>"
    r"\s*+(?:<!\[CDATA\[(?P<data>.{0,4000}?)\]\]>\s*+|(?P<text>[^<]{0,4000}+))<",
    re.S,
)
_MOST = 60_000
"""Entries that are looked at; the protocol allows 50,000."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One address of a sitemap, with what it says of it."""

    url: str
    when: datetime | None
    title: str | None = None
    language: str | None = None
    news: bool = False


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The pages of a sitemap, newest first, or the sitemaps of an index."""

    pages: tuple[Listed, ...] = ()
    sitemaps: tuple[Listed, ...] = ()


def parse_sitemap(subject: str, body: bytes, most_bytes: int, most: int) -> Sitemap:
    """The sitemap in `body`, gzip or not: its `most` newest pages or sitemaps. Raises SourceError if it is none.

    Read by its tags: an entry that breaks off costs itself only, and nothing in it is expanded.
    """
    try:
        text = decode(gunzip(body, most_bytes), None, markup=True)
    except BrokenCoding as error:
        raise SourceError(subject, f"the sitemap can't be unpacked: {error}", kind="broken") from error
    root = re.search(r"<(?:[\w.-]{1,20}:)?(urlset|sitemapindex)[\s>]", text[:5000])
    if root is None:
        raise SourceError(subject, "this is not a sitemap", kind="page" if "<html" in text[:2000].lower() else "broken")
    found: list[Listed] = []
    starts = [match.start() for match in _BLOCK.finditer(text)][:_MOST]
    for start, end in pairwise([*starts, len(text)]):
        listed = _listed(text[start : min(end, start + 20_000)])
        if listed is not None:
            found.append(listed)
    found.sort(key=lambda entry: entry.when.timestamp() if entry.when else float("-inf"), reverse=True)
    if root[1] == "sitemapindex":
        return Sitemap(sitemaps=tuple(found[:most]))
    return Sitemap(pages=tuple(found[:most]))


def _listed(block: str) -> Listed | None:
    values: dict[str, str] = {}
    for match in _FIELD.finditer(block):
        name = match["name"]
        # An image's or a video's title is not the page's.
        if name in ("title", "language", "publication_date") and match["space"] in ("image", "video"):
            continue
        if name == "loc" and match["space"] in ("image", "video"):
            continue
        values.setdefault(name, plain(match["data"] or match["text"] or ""))
    url = values.get("loc", "")
    if not re.match(r"https?://[^/\s]", url, re.I):
        return None
    when = stated_date(values.get("publication_date", "")) or stated_date(values.get("lastmod", ""))
    return Listed(
        url, when, values.get("title") or None, language_of(values.get("language")), "publication_date" in values
    )
