"""RSS, Atom and JSON Feed, from an address or a file; a site's own address leads to its feed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from briefing.config import FeedConfig
from briefing.errors import ExtractError, SourceError
from briefing.fetch import local_path, read_file
from briefing.sources import Tools
from briefing.sources.feedformat import Entry, ParsedFeed, parse_feed
from briefing.text import digest, is_web
from briefing.types import Collected, Item

FRAGMENT = "text/x-html-fragment"
"""Media type of the HTML that a feed carries: body only, no page around it."""

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
FULL_WORDS = 150
"""A description of this many words is the article; a shorter one is a teaser (measured on feeds by eye)."""


class FeedSource:
    """Conditional requests (ETag, Last-Modified) keep an unchanged feed from being sent or read again."""

    def __init__(self, config: FeedConfig, tools: Tools) -> None:
        self.name = config.name
        self._config = config
        self._tools = tools

    def collect(self, state: Mapping[str, str]) -> Collected:
        """The feed's items, newest first as the feed has them, at most `max_items`."""
        path = local_path(self._config.url)
        if path is not None:
            path = (self._tools.base / path.expanduser()).absolute()
            return self._from_file(path, state)
        return self._from_web(state.get("feed", self._config.url), state, may_discover=True)

    def _from_file(self, path: Path, state: Mapping[str, str]) -> Collected:
        body = read_file(path, self._tools.max_bytes)
        after = {"digest": digest(body)}
        if after["digest"] == state.get("digest"):
            return Collected(state=after, unchanged=True)
        parsed = self._parse(body, "", path.as_uri())
        if parsed.alternatives:
            raise SourceError(self.name, f'"{path.name}" is a page, not a feed')
        return Collected(items=self._items(parsed, path.as_uri(), path.parent), state=after)

    def _from_web(self, url: str, state: Mapping[str, str], *, may_discover: bool) -> Collected:
        answer = self._tools.fetcher.get(url, accept=ACCEPT, etag=state.get("etag"), modified=state.get("modified"))
        if answer.unchanged:
            wait = answer.fresh_for if "ttl" not in state else max(answer.fresh_for or 0.0, float(state["ttl"]))
            return Collected(state=dict(state), unchanged=True, wait=wait)
        content_type = f"{answer.media_type}; charset={answer.charset}" if answer.charset else answer.media_type
        mark = digest(answer.body)
        found = {"etag": answer.etag, "modified": answer.last_modified, "digest": mark}
        after = {key: value for key, value in found.items() if value}
        if url != self._config.url:
            after["feed"] = url
        if mark == state.get("digest"):
            # Servers without ETags send the same bytes each time.
            return Collected(state=after | _ttl(state.get("ttl")), unchanged=True, wait=answer.fresh_for)
        parsed = self._parse(answer.body, content_type, answer.url)
        if parsed.alternatives:
            if not may_discover:
                raise SourceError(self.name, f"the feed that {self._config.url} names is a page itself")
            return self._from_web(parsed.alternatives[0], {}, may_discover=False)
        wait = max(answer.fresh_for or 0.0, parsed.ttl or 0.0) or None
        items = self._items(parsed, answer.url, None)
        return Collected(items=items, state=after | _ttl(parsed.ttl), wait=wait)

    def _parse(self, body: bytes, content_type: str, url: str) -> ParsedFeed:
        try:
            return self._tools.worker.call(self.name, parse_feed, self.name, body, content_type, url)
        except ExtractError as error:
            raise SourceError(self.name, error.message) from error

    def _items(self, parsed: ParsedFeed, base: str, folder: Path | None) -> tuple[Item, ...]:
        items: dict[str, Item] = {}
        for entry in parsed.entries[: self._config.max_items]:
            url = self._link(entry, base, folder)
            key = entry.id or url or entry.title
            full = self._is_full(entry)
            if not key or not (entry.html or url):
                continue
            items.setdefault(
                key,
                Item(
                    source=self.name,
                    key=key,
                    url=url,
                    title=entry.title,
                    published=entry.published,
                    authors=entry.authors,
                    language=entry.language or self._config.language or parsed.language,
                    body=entry.html.encode("utf-8", "replace") if entry.html else None,
                    media_type=FRAGMENT if entry.html else "text/html",
                    follow=not full and url is not None,
                    updated=digest(entry.html or "", entry.title or ""),
                ),
            )
        if parsed.entries and not items:
            raise SourceError(self.name, "none of the feed's items has a text or a link")
        return tuple(items.values())

    def _is_full(self, entry: Entry) -> bool:
        if self._config.full_text == "feed":
            return bool(entry.html)
        if self._config.full_text == "page":
            return False
        ends = entry.text.rstrip(' .)]»”"').lower()
        if entry.text.rstrip().endswith(("…", "...", "[…]", "[...]")) or ends.endswith(
            ("read more", "continue reading")
        ):
            return False
        count = len(entry.text.split())
        return count > 0 and (entry.is_content or count >= FULL_WORDS)

    @staticmethod
    def _link(entry: Entry, base: str, folder: Path | None) -> str | None:
        """The item's address. A feed from the network never leads to a file of this machine, and a local
        feed only to files in its own folder."""
        if not entry.link:
            return None
        try:
            url = urljoin(base, entry.link)
            scheme = urlsplit(url).scheme
        except ValueError:
            return None
        if is_web(url):
            return url
        if folder is not None and scheme == "file":
            path = local_path(url)
            if path is not None and path.resolve().is_relative_to(folder.resolve()):
                return url
        return None


def _ttl(seconds: float | str | None) -> dict[str, str]:
    return {"ttl": str(seconds)} if seconds else {}
