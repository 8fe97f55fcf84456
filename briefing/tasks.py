"""One source asked, one item read: what needs nobody else's result, and so can be done anywhere."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from briefing import health
from briefing.errors import ExtractError, FetchError, ItemError, SourceError
from briefing.extract import Extractor
from briefing.fetch import Fetcher, Response, local_path, read_file
from briefing.sources import Searching, Source
from briefing.store import UnreadItem
from briefing.text import one_line
from briefing.types import Article, Collected, Item

__all__ = ["Failure", "Read", "ask", "load", "read"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a source gave nothing, and a feed that its site names instead of it."""

    error: ItemError
    suggestion: str | None = None


def ask(source: Source, state: Mapping[str, str]) -> Collected | Failure:
    """What a source has since it returned `state`, or why it gave nothing."""
    try:
        return source.collect(dict(state))
    except ItemError as error:
        return Failure(error, _search(source) if error.kind in health.SEARCHABLE else None)
    except Exception as error:  # a source may be anybody's class; its bug is its own failure, named like any other
        log.exception("source %s", source.name)
        words = f"its code failed: {type(error).__name__}: {one_line(str(error))}"
        return Failure(SourceError(source.name, words))


def _search(source: Source) -> str | None:
    if not isinstance(source, Searching):
        return None
    try:
        return source.search()
    except Exception:  # the search is an offer: what it meets must not hide why the source failed
        log.debug("source %s: the search for another feed failed", source.name, exc_info=True)
        return None


@dataclass(frozen=True, slots=True)
class Read:
    """What an item's bytes hold, what they lack, and by what its server knows this version of the page."""

    articles: Sequence[Article]
    problem: str | None
    etag: str | None = None
    last_modified: str | None = None


def read(fetcher: Fetcher, extractor: Extractor, max_bytes: int, unread: UnreadItem) -> Read | ItemError:
    """The articles of an item, or why there are none."""
    try:
        return _read(fetcher, extractor, max_bytes, unread)
    except ItemError as error:
        return error


def _read(fetcher: Fetcher, extractor: Extractor, max_bytes: int, unread: UnreadItem) -> Read:
    item = unread.item
    content: Response | None = None
    try:
        content = load(fetcher, item, max_bytes)
        body = (content.body, content.media_type, content.charset)
        found = extractor.extract(item, *body, content.url or item.url, unread.seen)
    except (FetchError, ExtractError) as error:
        if not (item.follow and item.body is not None):
            raise
        # The feed's own teaser is better than silence, as long as it is called one.
        found = extractor.teaser(item, error.message, unread.seen)
        marks = (content.etag, content.last_modified) if content else ()
        return Read(found, f"{error.message}; its teaser is used", *marks)
    return Read(found, None, content.etag, content.last_modified)


def load(fetcher: Fetcher, item: Item, max_bytes: int, *, asked: bool = False) -> Response:
    """An item's bytes: its own body, its file, or what its address answers. A page that nobody `asked` for by its
    address is read as its site's robots.txt allows. Raises FetchError."""
    if item.body is not None and not item.follow:
        return Response(item.url or "", item.body, item.media_type)
    where = item.read_from or item.url
    if where is None:
        raise FetchError(item.key, "it has neither a text nor an address")
    path = local_path(where)
    if path is not None:
        kind = item.media_type if item.body is None else "text/html"
        return Response(where, read_file(path, max_bytes), kind)
    answer = fetcher.get(where, accept="text/html, application/xhtml+xml, */*;q=0.5", page=not asked)
    # A transcript's own address is nobody's article.
    return replace(answer, url=item.url or answer.url) if item.read_from else answer
