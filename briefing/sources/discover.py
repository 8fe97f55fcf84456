"""Finding the feeds and news sitemaps of a site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from briefing.errors import ItemError
from briefing.fetch import origin_of
from briefing.sources import Tools
from briefing.sources.formats.feed import named_feeds, parse_feed
from briefing.sources.formats.sitemap import parse_sitemap
from briefing.sources.known import feed_address
from briefing.sources.sitemap import KNOWN_PATHS

FEED_PATHS = (
    "/feed",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/feed.json",
    "/feeds",
    "/?feed=rss2",
)
_LOOK = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A feed or sitemap of a site: what `type` of source reads it, what it is called, how much is there."""

    address: str
    type: str
    title: str | None
    count: int
    newest: datetime | None


def discover(url: str, tools: Tools, *, deep: bool = True) -> Iterator[Found]:
    """The feeds that `url` is or names, then those at usual addresses of its server, then its news sitemaps.

    With `deep` off nothing is tried that the page does not name. Each is read once before it is told; what fails is
    passed over, but for `url` itself: raises FetchError if that can't be read at all and nothing else is found.
    """
    failure: ItemError | None = None
    tried: set[str] = set()
    some = False
    for address in (feed_address(url), *_named(url, tools)):
        if address not in tried:
            tried.add(address)
            try:
                found = _feed(address, tools)
            except ItemError as error:
                failure = failure or error
                continue
            if found is not None:
                some = True
                yield found
    root = origin_of(url)
    for path in FEED_PATHS if deep and not some else ():
        address = urljoin(root, path)
        try:
            found = _feed(address, tools) if address not in tried else None
        except ItemError:
            continue
        if found is not None:
            some = True
            yield found
            break
    for found in _sitemaps(url, tools) if deep else ():
        some = True
        yield found
    if not some and failure is not None:
        raise failure


def _named(url: str, tools: Tools) -> tuple[str, ...]:
    try:
        answer = tools.fetcher.get(url, accept="text/html, */*;q=0.5", tries=1)
        return tools.worker.call(url, named_feeds, answer.body, answer.charset, answer.url)
    except ItemError:
        return ()


def _feed(address: str, tools: Tools) -> Found | None:
    answer = tools.fetcher.get(address, tries=1)
    try:
        parsed = tools.worker.call(address, parse_feed, address, answer.body, answer.charset, answer.url, _LOOK)
    except ItemError:
        return None
    if parsed.page or not (parsed.entries or parsed.title):
        return None
    dates = [entry.published for entry in parsed.entries if entry.published]
    return Found(address, "feed", parsed.title, parsed.count, max(dates, default=None))


def _sitemaps(url: str, tools: Tools) -> Iterator[Found]:
    try:
        named = tools.fetcher.sitemaps(url)
    except ItemError:
        named = ()
    news = [address for address in named if "news" in address.lower()]
    for address in dict.fromkeys((*news, *(urljoin(origin_of(url), path) for path in KNOWN_PATHS[:3]))):
        try:
            answer = tools.fetcher.get(address, tries=1)
            found = tools.worker.call(address, parse_sitemap, address, answer.body, tools.max_bytes, _LOOK)
        except ItemError:
            continue
        if found.pages and (address in news or any(page.news for page in found.pages)):
            dates = [page.when for page in found.pages if page.when]
            yield Found(address, "sitemap", None, len(found.pages), max(dates, default=None))
            return
