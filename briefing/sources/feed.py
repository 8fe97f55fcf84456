"""Feeds, from an address or a file; a site's own address leads to its feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from briefing.config import FeedConfig
from briefing.errors import ExtractError, FetchError, SourceError
from briefing.fetch import Response, local_path, origin_of, read_file, shown
from briefing.links import canonical, direct
from briefing.sources import Tools
from briefing.sources.discover import discover
from briefing.sources.formats.entry import Entry, ParsedFeed
from briefing.sources.formats.feed import parse_feed
from briefing.sources.known import feed_address, told_entry
from briefing.text import digest, is_web
from briefing.types import Collected, Item

FRAGMENT = "text/x-html-fragment"
"""Media type of the HTML that a feed carries: body only, no page around it."""

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
FULL_WORDS = 150
"""A description of this many words is the article; a shorter one is a teaser (measured on feeds by eye)."""

_LOST = frozenset({"missing", "gone", "unreachable"})


class FeedSource:
    """Conditional requests (ETag, Last-Modified) keep an unchanged feed from being sent or read again."""

    def __init__(self, config: FeedConfig, tools: Tools) -> None:
        self.name = config.name
        self.address = config.url
        self._config = config
        self._tools = tools

    def collect(self, state: Mapping[str, str]) -> Collected:
        """The feed's items, newest first, at most `max_items`."""
        path = local_path(self._config.url)
        if path is not None:
            path = (self._tools.base / path.expanduser()).absolute()
            return self._from_file(path, state)
        first = feed_address(self._config.url)
        usual = state.get("feed", first)
        try:
            return self._from_web(usual, state)
        except FetchError as error:
            # An address that once worked: where it was known to lead, or else where it was found.
            other = state.get("moved") if usual == first else first
            if error.kind not in _LOST or other is None or other == usual:
                raise
            found = self._from_web(other, {})
            note = f"{shown(usual)} {error.message}; read from {shown(other)} instead"
            return replace(found, notes=(note, *found.notes))

    def search(self) -> str | None:
        """A feed that the site of this one names now, other than itself."""
        if local_path(self._config.url) is not None:
            return None
        site = origin_of(self._config.url) + "/"
        try:
            found = discover(site, self._tools, deep=False)
            return next((one.address for one in found if one.address != self._config.url), None)
        except (FetchError, SourceError):
            return None

    def _from_file(self, path: Path, state: Mapping[str, str]) -> Collected:
        body = read_file(path, self._tools.max_bytes)
        after = {"digest": digest(body)}
        if after["digest"] == state.get("digest"):
            return Collected(state=after, unchanged=True)
        parsed = self._parse(body, None, path.as_uri())
        if parsed.page:
            raise SourceError(self.name, f'"{path.name}" is a page, not a feed', kind="page")
        return Collected(items=self._items(parsed, path.as_uri(), path.parent), state=after)

    def _from_web(self, url: str, state: Mapping[str, str]) -> Collected:
        answer = self._tools.fetcher.get(url, accept=ACCEPT, etag=state.get("etag"), modified=state.get("modified"))
        notes = self._moved(answer, state)
        after = self._after(url, answer, state)
        if answer.unchanged or after.get("digest") == state.get("digest"):
            # Servers without ETags send the same bytes each time.
            ttl = {"ttl": state["ttl"]} if "ttl" in state else {}
            wait = _longer(answer.fresh_for, float(state.get("ttl", 0)))
            return Collected(state=after | ttl, unchanged=True, notes=notes, wait=wait)
        parsed = self._parse(answer.body, answer.charset, answer.url)
        if parsed.page:
            return self._discovered(url, parsed, state, notes)
        if parsed.ttl:
            after["ttl"] = str(parsed.ttl)
        items = self._items(parsed, answer.url, None)
        return Collected(items=items, state=after, notes=notes, wait=_longer(answer.fresh_for, parsed.ttl))

    def _after(self, url: str, answer: Response, state: Mapping[str, str]) -> dict[str, str]:
        if answer.unchanged:
            after = dict(state)
        else:
            found = {"etag": answer.etag, "modified": answer.last_modified, "digest": digest(answer.body)}
            after = {key: value for key, value in found.items() if value}
        if url != feed_address(self._config.url):
            after["feed"] = url
        if answer.moved:
            after["moved"] = answer.moved
        return after

    def _moved(self, answer: Response, state: Mapping[str, str]) -> tuple[str, ...]:
        if answer.moved is None or answer.moved == state.get("moved"):
            return ()
        return (f"moved for good to {shown(answer.moved)}; put the new address into the configuration",)

    def _discovered(self, url: str, page: ParsedFeed, state: Mapping[str, str], notes: tuple[str, ...]) -> Collected:
        """The feed that a page names which stands where a feed was looked for."""
        was_feed = "digest" in state and "feed" not in state
        if url != feed_address(self._config.url):
            raise SourceError(self.name, f"the feed that {shown(self._config.url)} names is a page itself", kind="page")
        failure: FetchError | SourceError | None = None
        for address in page.alternatives[:3]:
            try:
                answer = self._tools.fetcher.get(address, accept=ACCEPT)
                parsed = self._parse(answer.body, answer.charset, answer.url)
            except (FetchError, SourceError) as error:
                failure = failure or error
                continue
            if parsed.page:
                continue
            if was_feed:
                notes = (
                    *notes,
                    f"its address now answers with a page; read from {shown(address)}, which the page names",
                )
            after = self._after(address, answer, {})
            return Collected(items=self._items(parsed, answer.url, None), state=after, notes=notes)
        if failure is not None:
            raise SourceError(
                self.name, f"the feed it names, {shown(failure.subject)}: {failure.message}", kind=failure.kind
            )
        if page.wall:
            keeps = page.wall if page.wall.startswith("a ") else f"a bot wall ({page.wall})"
            raise SourceError(self.name, f"the feed's address answers with {keeps}", kind="blocked")
        what = (
            "this is a page now, where a feed was, and it names none"
            if was_feed
            else "this is a page, and it names no feed"
        )
        raise SourceError(
            self.name,
            f'{what}; give the feed\'s own address ("briefing sources discover" looks for it), or use type: page',
            kind="page",
        )

    def _parse(self, body: bytes, charset: str | None, url: str) -> ParsedFeed:
        try:
            return self._tools.worker.call(self.name, parse_feed, self.name, body, charset, url, self._config.max_items)
        except ExtractError as error:
            raise SourceError(self.name, error.message, kind="broken") from error

    def _items(self, parsed: ParsedFeed, base: str, folder: Path | None) -> tuple[Item, ...]:
        told = [told_entry(entry, base) for entry in parsed.entries]
        links = [self._link(entry.link, base, folder) for entry, _ in told]
        addresses = [canonical(link) if link else "" for link in links]
        often = Counter(addresses)
        home = canonical(urljoin(base, "/"))
        items: dict[str, Item] = {}
        seen: set[str] = set()
        for (entry, notes), url, address in zip(told, links, addresses, strict=True):
            key = entry.id or url or entry.title
            if not key or not (entry.html or url):
                continue
            # An address that all entries share, or the site's own, tells none of them.
            same_url = digest("url", address) if address and often[address] == 1 and address != home else ""
            path = address.partition("?")[0]
            if url and often[address] > 1 and not entry.id:
                key = f"{url}#{entry.title or digest(entry.html)}"
            item = self._item(entry, key, url, base, parsed.language, notes)
            same_text = entry.same_text(path)
            if item is None or (same_text and same_text in seen):
                continue
            seen.add(same_text)
            put = items.setdefault(key, _marked(item, same_url, same_text))
            if put.updated != item.updated and item.url != put.url:
                # Another article under a key that is taken: some feeds number their entries anew each day.
                items.setdefault(f"{key}#{item.updated}", _marked(item, same_url, same_text))
        if parsed.entries and not items:
            raise SourceError(self.name, "none of the feed's items has a text or a link", kind="broken")
        return tuple(items.values())

    def _item(
        self, entry: Entry, key: str, url: str | None, base: str, language: str | None, notes: tuple[str, ...]
    ) -> Item | None:
        full = self._is_full(entry)
        transcript = self._link(entry.transcript, base, None) if entry.transcript else None
        if entry.medium:
            # The page of a recording has no more words than its feed.
            if not entry.html and not transcript:
                return None
            full = transcript is None
            notes = (*notes, _recording(entry, transcript))
        return Item(
            source=self.name,
            key=key[:2000],
            url=url,
            title=entry.title,
            published=entry.published,
            authors=entry.authors,
            language=entry.language or self._config.language or language,
            body=entry.html.encode("utf-8", "replace") if entry.html else None,
            media_type=FRAGMENT if entry.html else "text/html",
            follow=not full and (url is not None or transcript is not None),
            read_from=transcript,
            updated=digest(entry.html or "", entry.title or ""),
            notes=notes,
        )

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
        return entry.words > 0 and (entry.is_content or entry.words >= FULL_WORDS)

    def _link(self, link: str | None, base: str, folder: Path | None) -> str | None:
        """An address a feed names. A feed from the network never leads to a file of this machine, nor to a server
        of the user's own network but its own; a local feed only to files in its own folder."""
        if not link:
            return None
        try:
            url = urljoin(base, link.strip())
            scheme = urlsplit(url).scheme
        except ValueError:
            return None
        if is_web(url) and len(url) <= 4096:
            if self._tools.fetcher.is_exempt(url) and origin_of(url) != origin_of(base):
                return None
            return direct(url)
        if folder is not None and scheme == "file":
            path = local_path(url)
            if path is not None and path.resolve().is_relative_to(folder.resolve()):
                return url
        return None


def _longer(server: float | None, feed: float | None) -> float | None:
    """Seconds to wait by what a server and its feed say, the longer of both."""
    return max(server or 0.0, feed or 0.0) or None


def _recording(entry: Entry, transcript: str | None) -> str:
    what = "a video" if entry.medium == "video" else "an episode to listen to"
    if transcript:
        return f"{what}; told from its transcript"
    held = "its description" if entry.medium == "video" or entry.words < FULL_WORDS else "its show notes"
    return f"{what}; only {held} could be read"


def _marked(item: Item, same_url: str, same_text: str) -> Item:
    return replace(item, same_url=same_url, same_text=same_text)
