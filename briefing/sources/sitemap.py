"""The pages a sitemap lists, for sites without a feed."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from briefing.config import SitemapConfig
from briefing.errors import ExtractError, FetchError, SourceError
from briefing.fetch import origin_of, shown
from briefing.links import canonical, direct
from briefing.sources import Tools
from briefing.sources.formats.sitemap import Listed, Sitemap, parse_sitemap
from briefing.text import digest
from briefing.types import Collected, Item

ACCEPT = "application/xml, text/xml;q=0.9, */*;q=0.5"
KNOWN_PATHS = ("/sitemap-news.xml", "/news-sitemap.xml", "/sitemap_news.xml", "/sitemap.xml", "/sitemap_index.xml")
_INDEXED = 3
"""Sitemaps of an index that are read: the newest ones."""


class SitemapSource:
    """Of an index the newest sitemaps are read, those for news before others."""

    def __init__(self, config: SitemapConfig, tools: Tools) -> None:
        self.name = config.name
        self.address = config.url
        self._config = config
        self._tools = tools

    def collect(self, state: Mapping[str, str]) -> Collected:
        """The newest pages, at most `max_items`."""
        url = state.get("sitemap") or self._find()
        answer = self._tools.fetcher.get(url, accept=ACCEPT, etag=state.get("etag"), modified=state.get("modified"))
        if answer.unchanged:
            return Collected(state=dict(state), unchanged=True)
        mark = digest(answer.body)
        found = {"etag": answer.etag, "modified": answer.last_modified, "digest": mark}
        after = {key: value for key, value in found.items() if value} | {"sitemap": url}
        parsed = self._parse(answer.body)
        if parsed.sitemaps:
            # An index stays the same while its sitemaps change.
            pages = self._indexed(parsed, url)
            after = {"sitemap": url}
        elif mark == state.get("digest"):
            return Collected(state=after, unchanged=True)
        else:
            pages = parsed.pages
        items = tuple(self._items(pages, url))
        if not items:
            raise SourceError(self.name, "the sitemap lists no page with a date that counts", kind="broken")
        return Collected(items=items, state=after)

    def _find(self) -> str:
        """The configured address, or the sitemap of the site it is the address of."""
        url = self._config.url
        if urlsplit(url).path.lower().endswith((".xml", ".gz", ".php")) or "sitemap" in url.lower():
            return url
        named = self._tools.fetcher.sitemaps(url)
        news = [address for address in named if "news" in address.lower()]
        for address in (*news, *(urljoin(url, path) for path in KNOWN_PATHS[:3]), *named, urljoin(url, "/sitemap.xml")):
            try:
                self._parse(self._tools.fetcher.get(address, accept=ACCEPT, tries=1).body)
            except (FetchError, SourceError):
                continue
            return address
        raise SourceError(self.name, f"no sitemap was found at {shown(url)}; give its own address", kind="missing")

    def _indexed(self, index: Sitemap, url: str) -> tuple[Listed, ...]:
        wanted = sorted(index.sitemaps, key=lambda entry: "news" not in entry.url.lower())[:_INDEXED]
        pages: list[Listed] = []
        failure: FetchError | SourceError | None = None
        for entry in wanted:
            if self._tools.fetcher.is_exempt(entry.url) and origin_of(entry.url) != origin_of(url):
                continue
            try:
                pages += self._parse(self._tools.fetcher.get(entry.url, accept=ACCEPT).body).pages
            except (FetchError, SourceError) as error:
                failure = error
        if not pages and failure is not None:
            raise SourceError(self.name, f"{shown(failure.subject)}: {failure.message}", kind=failure.kind)
        pages.sort(key=lambda entry: entry.when.timestamp() if entry.when else float("-inf"), reverse=True)
        return tuple(pages)

    def _parse(self, body: bytes) -> Sitemap:
        most = max(self._config.max_items * 4, 200)
        try:
            return self._tools.worker.call(self.name, parse_sitemap, self.name, body, self._tools.max_bytes, most)
        except ExtractError as error:
            raise SourceError(self.name, error.message, kind="broken") from error

    def _items(self, pages: tuple[Listed, ...], base: str) -> list[Item]:
        # Beside news a plain list of pages is a list of everything the site ever had.
        chosen = [page for page in pages if page.news] or [page for page in pages if page.when]
        items: dict[str, Item] = {}
        for page in chosen:
            path = urlsplit(page.url).path
            if self._config.only and not path.startswith(self._config.only):
                continue
            if self._tools.fetcher.is_exempt(page.url) and origin_of(page.url) != origin_of(base):
                continue
            url = direct(page.url)
            address = canonical(url)
            items.setdefault(
                address,
                Item(
                    source=self.name,
                    key=address,
                    url=url,
                    title=page.title,
                    published=page.when if page.news else None,
                    language=page.language or self._config.language,
                    updated=page.title or "",
                    same_url=digest("url", address),
                ),
            )
            if len(items) >= self._config.max_items:
                break
        return list(items.values())
