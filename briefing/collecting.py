"""Sources → items → articles, through the day and just before an edition.

Each source is asked at its own pace; what it gives waits in the store until it is read. What became of it all is told
from the store, as most of it happened before the edition was begun.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from briefing import health, pace
from briefing.errors import ExtractError, FetchError, ItemError, SourceError
from briefing.extract import Extractor, repeated
from briefing.fetch import Fetcher, Response, local_path, read_file
from briefing.render import local_time
from briefing.sources import Searching, Source
from briefing.sources.file import FileSource
from briefing.store import SourceHealth, Store, UnreadItem
from briefing.store.blocks import Blocks
from briefing.text import one_line
from briefing.types import Article, Collected, Item, Problem

__all__ = ["Account", "Gathering", "Report", "account", "collect", "gather", "load", "visit"]

log = logging.getLogger(__name__)

Report = Callable[[str, int, int], None]
"""Told of progress: the stage, how much of it is done, how much there is."""

_PARALLEL = 8
_BETWEEN_TRIES = timedelta(hours=1)
"""How long an item rests between two tries of reading it, while it is not wanted for an edition."""
_FOR_OTHERS = 60.0
"""Seconds an edition waits for items that another process is reading."""


@dataclass(frozen=True, kw_only=True)
class Gathering:
    """What collecting and reading work with. `remaining` tells the seconds that are left, where time is short."""

    store: Store
    sources: Sequence[Source]
    fetcher: Fetcher
    extractor: Extractor
    max_bytes: int
    parallel: int = 16
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
    known = _known(parts)
    asked = [
        source
        for source in parts.sources
        if (seen := known.get(source.name)) is None
        or seen.due is None
        or seen.due <= now
        # The clock has been put back: what was asked in its future says nothing.
        or (seen.checked is not None and seen.checked > now)
    ]
    if asked:
        _collect(parts, asked, known, now)
        _read(parts, now, oldest, now - _BETWEEN_TRIES)
    return len(asked)


def gather(
    parts: Gathering, now: datetime, oldest: datetime | None, expecting: Callable[[], None] = lambda: None
) -> tuple[str, ...]:
    """Ask every source that may have something new for an edition, then read what waits.

    Items older than `oldest` stay unread. `expecting` is called if any is read, before it is. Returns the names of the
    sources that did not answer in time.
    """
    late = collect(parts, now)
    _read(parts, now, oldest, expecting=expecting)
    return late


def collect(parts: Gathering, now: datetime) -> tuple[str, ...]:
    """Ask every source that may have something new, whatever its pace, and keep what it gives.

    One that rests after failures, or was asked just now, is left alone. Returns the names of the sources that did not
    answer in time.
    """
    known = _known(parts)
    asked = [source for source in parts.sources if _wanted(source, known.get(source.name), now)]
    return _collect(parts, asked, known, now)


def _wanted(source: Source, seen: SourceHealth | None, now: datetime) -> bool:
    if seen is None or (seen.checked is not None and seen.checked > now):
        return True
    if seen.next_try is not None and now < seen.next_try:
        return False
    # What lies on this machine is nobody's server, and a file that was just put there is to be told.
    here = isinstance(source, FileSource)
    return here or pace.wanted(now, seen.checked, seen.due, seen.failures)


def _known(parts: Gathering) -> dict[str, SourceHealth]:
    """How each source did; nothing counts that was kept while it had another address."""
    seen = parts.store.health()
    own = {source.name: _address(source) for source in parts.sources}
    return {name: seen[name] for name, address in own.items() if name in seen and seen[name].address in ("", address)}


def _address(source: Source) -> str:
    """Where the source lies by its configuration; a class of anybody's need not say."""
    return str(getattr(source, "address", ""))


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a source gave nothing, and a feed that its site names instead of it."""

    error: ItemError
    suggestion: str | None = None


def _collect(
    parts: Gathering, asked: Sequence[Source], known: dict[str, SourceHealth], now: datetime
) -> tuple[str, ...]:
    """Ask these sources at the same time, and keep what each gives. Half of the time that is left is theirs."""
    answers: SimpleQueue[tuple[Source, Collected | _Failure]] = SimpleQueue()
    waiting: SimpleQueue[Source] = SimpleQueue()
    for source in asked:
        waiting.put(source)

    def work() -> None:
        while True:
            try:
                source = waiting.get_nowait()
            except Empty:
                return
            seen = known.get(source.name)
            answers.put((source, _ask(source, seen.state if seen else {})))

    # Threads of our own: a pool would wait for all of them, and a server that hangs may take its time.
    for number in range(min(parts.parallel, len(asked))):
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
        if isinstance(outcome, _Failure):
            _note_failure(parts, source, outcome, known.get(source.name), now)
        else:
            dates = [item.published for item in outcome.items if item.published is not None]
            dates = dates or parts.store.last_published(source.name)
            again = pace.next_ask(now, dates, outcome.wait)
            parts.store.note_items(source.name, outcome, now, _address(source), again)
    # What nobody took up yet is not asked any more.
    while not waiting.empty():
        try:
            waiting.get_nowait()
        except Empty:
            break
    return tuple(missing)


def _ask(source: Source, state: dict[str, str]) -> Collected | _Failure:
    try:
        return source.collect(state)
    except ItemError as error:
        return _Failure(error, _search(source) if error.kind in health.SEARCHABLE else None)
    except Exception as error:  # a source may be anybody's class; its bug is its own failure, named like any other
        log.exception("source %s", source.name)
        words = f"its code failed: {type(error).__name__}: {one_line(str(error))}"
        return _Failure(SourceError(source.name, words))


def _search(source: Source) -> str | None:
    if not isinstance(source, Searching):
        return None
    try:
        return source.search()
    except Exception:  # the search is an offer: what it meets must not hide why the source failed
        log.debug("source %s: the search for another feed failed", source.name, exc_info=True)
        return None


def _note_failure(
    parts: Gathering, source: Source, failure: _Failure, seen: SourceHealth | None, now: datetime
) -> None:
    """Keep that a source failed and when it is asked again."""
    error, failures = failure.error, (seen.failures if seen else 0) + 1
    found = health.verdict(source.name, error, failures, now)
    parts.store.note_failure(
        source.name, error.message, now,
        address=_address(source), kind=found.kind, next_try=found.next_try,
        suggestion=failure.suggestion or (seen.suggestion if seen else None), due=found.due,
    )  # fmt: skip


def _read(
    parts: Gathering, now: datetime, oldest: datetime | None, tried_before: datetime | None = None,
    *, expecting: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    waiting = parts.store.unread([source.name for source in parts.sources], oldest, tried_before)
    if not waiting:
        return
    expecting()
    # A quarter of the time is kept for telling; what is not read by then waits for the next edition.
    limit = parts.remaining() / 4
    # An edition waits for what another process is reading; what is read by the way is left to it.
    patience = min(_FOR_OTHERS, parts.remaining() / 4) if tried_before is None else 0.0
    kept = Blocks(parts.store)
    with contextlib.closing(_ones_read(parts, waiting, patience)) as ones:
        for done, (unread, one) in enumerate(ones, 1):
            parts.report("Reading", done, len(waiting))
            if isinstance(one, _Read):
                # One after the other: what is a source's furniture shows in the order in which it was met.
                found = [_without_repeated(kept, article, now) for article in one.articles]
                parts.store.keep_articles(unread.id, found, one.problem, now)
                if one.etag or one.last_modified:
                    for article in found:
                        parts.store.note_page(article.id, one.etag, one.last_modified, None)
            elif isinstance(one, FetchError) and one.postponed:
                # Nothing failed: its server wants pauses, and it is read when its turn comes.
                parts.store.postpone_item(unread.id, now)
            else:
                parts.store.fail_item(unread.id, one, now)
            if parts.remaining() < limit:
                log.warning("%d items were not read in time", len(waiting) - done)
                break
    kept.forget(sorted({unread.item.source for unread in waiting}), now)


def account(parts: Gathering, now: datetime, since: datetime | None, late: Sequence[str], zone: str) -> Account:
    """What became of sources and items since the last edition, for the receipt and the foot of the next."""
    own = [source.name for source in parts.sources]
    known = _known(parts)
    read = unchanged = failed = 0
    problems = []
    for name in own:
        seen = known.get(name)
        if seen is not None:
            problems += [Problem("source", name, words) for at, words in seen.noted if since is None or at > since]
        if name in late:
            problems.append(Problem("source", name, "it did not answer in time; it is read for the next edition"))
        elif seen is None:
            unchanged += 1
        elif seen.failures:
            failed += 1
            problems.append(Problem("source", name, _failing(seen, now, zone)))
        elif seen.changed is not None and (since is None or seen.changed > since):
            read += 1
        else:
            unchanged += 1
    troubles = parts.store.troubles(own, since)
    postponed = Counter(trouble.item.source for trouble in troubles if trouble.postponed)
    troubles = [trouble for trouble in troubles if not trouble.postponed]
    for trouble in troubles:
        error = trouble.error
        if trouble.state == "new":
            error += "; it is tried again at the next run"
        elif trouble.state == "failed" and trouble.attempts > 1:
            error += f"; tried {trouble.attempts} times and left alone"
        problems.append(Problem("item", trouble.item.source, f"{_called(trouble.item)}: {error}"))
    for name, count in postponed.items():
        pages = "1 page waits" if count == 1 else f"{count} pages wait"
        problems.append(Problem("fetch", name, f"{pages} for a later run, as the site asks for pauses"))
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


def _failing(seen: SourceHealth, now: datetime, zone: str) -> str:
    """What is said of a source that fails, whether it was asked or rests."""
    since = f", failing since {local_time(seen.failing_since, zone)}" if seen.failing_since else ""
    new = f"; its site names {seen.suggestion} as a feed" if seen.suggestion else ""
    if seen.due is not None and seen.checked is not None and seen.checked < now < seen.due:
        times = f"failed {seen.failures} times in a row{since}" if seen.failures > 1 else "failed"
        return f"{seen.error} ({times}; asked again {health.in_about(seen.due - now)}){new}"
    if seen.failures < 2:
        return f"{seen.error}{new}"
    return f"{seen.error} (for the {health.ordinal(seen.failures)} time in a row{since}){new}"


def _called(item: Item) -> str:
    if item.title:
        return f"“{item.title}”"
    path = local_path(item.url) if item.url else None
    return path.name if path else item.url or item.key


@dataclass(frozen=True, slots=True)
class _Read:
    """What an item's bytes hold, what they lack, and by what its server knows this version of the page."""

    articles: Sequence[Article]
    problem: str | None
    etag: str | None = None
    last_modified: str | None = None


def _ones_read(
    parts: Gathering, waiting: Sequence[UnreadItem], patience: float
) -> Generator[tuple[UnreadItem, _Read | ItemError], None, None]:
    """Each item read, in order; some are fetched and read at once, few enough that memory stays bounded."""

    def read(unread: UnreadItem) -> _Read | ItemError:
        try:
            return _read_one(parts, unread)
        except ItemError as error:
            return error

    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="read") as pool:
        for chunk in parts.store.taking.items(waiting, patience, 2 * _PARALLEL):
            yield from zip(chunk, pool.map(read, chunk), strict=True)


def _read_one(parts: Gathering, unread: UnreadItem) -> _Read:
    """Raises FetchError and ExtractError."""
    item = unread.item
    content: Response | None = None
    try:
        content = load(parts.fetcher, item, parts.max_bytes)
        body = (content.body, content.media_type, content.charset)
        found = parts.extractor.extract(item, *body, content.url or item.url, unread.seen)
    except (FetchError, ExtractError) as error:
        if not (item.follow and item.body is not None):
            raise
        # The feed's own teaser is better than silence, as long as it is called one.
        found = parts.extractor.teaser(item, error.message, unread.seen)
        marks = (content.etag, content.last_modified) if content else ()
        return _Read(found, f"{error.message}; its teaser is used", *marks)
    return _Read(found, None, content.etag, content.last_modified)


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


def _without_repeated(kept: Blocks, article: Article, now: datetime) -> Article:
    """The article without the paragraphs its source puts into every article, as far as that is known by now."""
    found = repeated.sightings(article)
    return repeated.without(article, kept.met(article.source, found, now))
