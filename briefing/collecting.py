"""Sources → items → articles, through the day and just before an edition.

Each source is asked at its own pace; what it gives waits in the store until it is read. What became of it all is told
from the store, as most of it happened before the edition was begun.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from briefing import pace
from briefing.errors import ExtractError, FetchError, ItemError
from briefing.extract import Extractor
from briefing.fetch import Fetcher, Response, local_path, read_file
from briefing.render import local_time
from briefing.sources import Source
from briefing.store import Store, UnreadItem
from briefing.text import one_line
from briefing.types import Article, Collected, Item, Problem

__all__ = ["Account", "Gathering", "Report", "account", "gather", "load", "visit"]

log = logging.getLogger(__name__)

Report = Callable[[str, int, int], None]
"""Told of progress: the stage, how much of it is done, how much there is."""

_PARALLEL = 8
_BETWEEN_TRIES = timedelta(hours=1)
"""How long an item rests between two tries of reading it, while it is not wanted for an edition."""


@dataclass(frozen=True, kw_only=True)
class Gathering:
    """What collecting and reading work with. `remaining` tells the seconds that are left, where time is short."""

    store: Store
    sources: Sequence[Source]
    fetcher: Fetcher
    extractor: Extractor
    max_bytes: int
    report: Report = lambda stage, done, total: None
    remaining: Callable[[], float] = lambda: float("inf")


@dataclass(frozen=True, slots=True)
class Account:
    """What became of sources and items since the last edition."""

    read: int
    unchanged: int
    failed: int
    late: int
    articles: int
    items_failed: int
    quarantined: int
    problems: tuple[Problem, ...]


def visit(parts: Gathering, now: datetime, oldest: datetime | None) -> int:
    """Ask the sources whose time it is, then read what waits. Returns how many were asked."""
    health = parts.store.health()
    asked = [
        source
        for source in parts.sources
        if (seen := health.get(source.name)) is None
        or seen.due is None
        or seen.due <= now
        # The clock has been put back: what was asked in its future says nothing.
        or (seen.checked is not None and seen.checked > now)
    ]
    if asked:
        _collect(parts, asked, now)
        _read(parts, now, oldest, now - _BETWEEN_TRIES)
    return len(asked)


def gather(parts: Gathering, now: datetime, oldest: datetime | None) -> tuple[str, ...]:
    """Ask every source that may have something new for an edition, then read what waits.

    Items older than `oldest` stay unread. Returns the names of the sources that did not answer in time.
    """
    health = parts.store.health()
    asked = []
    for source in parts.sources:
        seen = health.get(source.name)
        if seen is None or pace.wanted(now, seen.checked, seen.due, seen.failures):
            asked.append(source)
    late = _collect(parts, asked, now)
    _read(parts, now, oldest, None)
    return late


def _collect(parts: Gathering, asked: Sequence[Source], now: datetime) -> tuple[str, ...]:
    """Ask these sources at the same time, and keep what each gives. Half of the time that is left is theirs."""
    answers: SimpleQueue[tuple[Source, Collected | ItemError]] = SimpleQueue()
    waiting: SimpleQueue[Source] = SimpleQueue()
    for source in asked:
        waiting.put(source)

    def work() -> None:
        while True:
            try:
                source = waiting.get_nowait()
            except Empty:
                return
            answers.put((source, _ask(parts, source)))

    # Threads of our own: a pool would wait for all of them, and a server that hangs may take its time.
    for number in range(min(_PARALLEL, len(asked))):
        threading.Thread(target=work, name=f"collect {number}", daemon=True).start()
    missing = [source.name for source in asked]
    whole = parts.remaining()
    for done in range(1, len(asked) + 1):
        patience = None if math.isinf(whole) else max(0.05, parts.remaining() - whole / 2)
        try:
            source, outcome = answers.get(timeout=patience)
        except Empty:
            break
        missing.remove(source.name)
        parts.report("Collecting", done, len(asked))
        if isinstance(outcome, ItemError):
            seen = parts.store.health().get(source.name)
            again = pace.next_try(now, (seen.failures if seen else 0) + 1, getattr(outcome, "retry_after", None))
            parts.store.note_failure(source.name, outcome.message, now, again)
        else:
            dates = [item.published for item in outcome.items if item.published is not None]
            dates = dates or parts.store.last_published(source.name)
            parts.store.note_items(source.name, outcome, now, pace.next_ask(now, dates, outcome.wait))
    # What nobody took up yet is not asked any more.
    while not waiting.empty():
        try:
            waiting.get_nowait()
        except Empty:
            break
    return tuple(missing)


def _ask(parts: Gathering, source: Source) -> Collected | ItemError:
    try:
        return source.collect(parts.store.source_state(source.name))
    except ItemError as error:
        return error
    # A source may be anybody's class; its bug is its own failure, named like any other.
    except Exception as error:
        log.exception("source %s", source.name)
        return ItemError(source.name, f"its code failed: {type(error).__name__}: {one_line(str(error))}")


def _read(parts: Gathering, now: datetime, oldest: datetime | None, tried_before: datetime | None) -> None:
    waiting = parts.store.unread([source.name for source in parts.sources], oldest, tried_before)
    # A quarter of the time is kept for telling; what is not read by then waits for the next edition.
    limit = parts.remaining() / 4
    for done, (unread, content) in enumerate(_contents(parts, waiting), 1):
        parts.report("Reading", done, len(waiting))
        try:
            found, problem = _articles_of(parts, unread, content)
            parts.store.keep_articles(unread.id, found, problem, now)
            if isinstance(content, Response) and (content.etag or content.last_modified):
                for article in found:
                    parts.store.note_page(article.id, content.etag, content.last_modified, None)
        except ItemError as error:
            parts.store.fail_item(unread.id, error, now)
        if parts.remaining() < limit:
            log.warning("%d items were not read in time", len(waiting) - done)
            break


def account(parts: Gathering, now: datetime, since: datetime | None, late: Sequence[str], zone: str) -> Account:
    """What became of sources and items since the last edition, for the receipt and the foot of the next."""
    own = [source.name for source in parts.sources]
    health = parts.store.health()
    read = unchanged = failed = 0
    problems = []
    for name in own:
        seen = health.get(name)
        if name in late:
            problems.append(Problem("source", name, "it did not answer in time; it is read for the next edition"))
        elif seen is None:
            unchanged += 1
        elif seen.failures:
            failed += 1
            problems.append(
                Problem("source", name, f"{seen.error}{_for_how_long(seen.failures, seen.failing_since, zone)}")
            )
        elif seen.changed is not None and (since is None or seen.changed > since):
            read += 1
        else:
            unchanged += 1
    troubles = parts.store.troubles(own, since)
    for trouble in troubles:
        error = trouble.error
        if trouble.state == "new":
            error += "; it is tried again at the next run"
        elif trouble.state == "failed" and trouble.attempts > 1:
            error += f"; tried {trouble.attempts} times and left alone"
        problems.append(Problem("item", trouble.item.source, f"{_called(trouble.item)}: {error}"))
    return Account(
        read=read,
        unchanged=unchanged,
        failed=failed,
        late=len(late),
        articles=parts.store.count_new(own, since),
        items_failed=sum(trouble.state != "read" for trouble in troubles),
        quarantined=sum(trouble.state == "failed" for trouble in troubles),
        problems=tuple(problems),
    )


def _for_how_long(failures: int, since: datetime | None, zone: str) -> str:
    if failures < 2:
        return ""
    when = f", failing since {local_time(since, zone)}" if since else ""
    return f" (for the {_ordinal(failures)} time in a row{when})"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _called(item: Item) -> str:
    if item.title:
        return f"“{item.title}”"
    path = local_path(item.url) if item.url else None
    return path.name if path else item.url or item.key


def _contents(parts: Gathering, waiting: Sequence[UnreadItem]) -> Iterator[tuple[UnreadItem, Response | ItemError]]:
    """The bytes of each item in order, fetched a few at a time so that memory stays bounded."""

    def content(unread: UnreadItem) -> Response | ItemError:
        try:
            return load(parts.fetcher, unread.item, parts.max_bytes)
        except ItemError as error:
            return error

    with ThreadPoolExecutor(_PARALLEL) as pool:
        for start in range(0, len(waiting), _PARALLEL):
            chunk = waiting[start : start + _PARALLEL]
            yield from zip(chunk, pool.map(content, chunk), strict=True)


def load(fetcher: Fetcher, item: Item, max_bytes: int) -> Response:
    """An item's bytes: its own body, its file, or what its address answers. Raises FetchError."""
    if item.body is not None and not item.follow:
        return Response(item.url or "", item.body, item.media_type)
    if item.url is None:
        raise FetchError(item.key, "it has neither a text nor an address")
    path = local_path(item.url)
    if path is not None:
        kind = item.media_type if item.body is None else "text/html"
        return Response(item.url, read_file(path, max_bytes), kind)
    return fetcher.get(item.url, accept="text/html, application/xhtml+xml, */*;q=0.5")


def _articles_of(
    parts: Gathering, unread: UnreadItem, content: Response | ItemError
) -> tuple[Sequence[Article], str | None]:
    item = unread.item
    try:
        if isinstance(content, ItemError):
            raise content
        address = content.url or item.url
        body = (content.body, content.media_type, content.charset)
        return parts.extractor.extract(item, *body, address, unread.seen), None
    except (FetchError, ExtractError) as error:
        if not (item.follow and item.body is not None):
            raise
        # The feed's own teaser is better than silence, as long as it is called one.
        return parts.extractor.teaser(item, error.message, unread.seen), f"{error.message}; its teaser is used"
