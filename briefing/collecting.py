"""Sources → items → articles, through the day and just before an edition.

Each source is asked at its own pace; what it gives waits in the store until it is read. What became of it all is told
from the store, as most of it happened before the edition was begun.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from briefing import health, pace
from briefing.errors import FetchError, ItemError
from briefing.extract import Extractor, repeated
from briefing.fetch import Fetcher, local_path
from briefing.render import local_time
from briefing.runtime import Answers, Runtime
from briefing.sources import Source
from briefing.sources.file import FileSource
from briefing.store import SourceHealth, Store, UnreadItem
from briefing.store.blocks import Blocks
from briefing.tasks import Failure, Read
from briefing.types import Article, Item, Problem

__all__ = ["Account", "Gathering", "Report", "account", "collect", "gather", "visit"]

log = logging.getLogger(__name__)

Report = Callable[[str, int, int], None]
"""Told of progress: the stage, how much of it is done, how much there is."""

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
    runtime: Runtime
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


def _collect(
    parts: Gathering, asked: Sequence[Source], known: dict[str, SourceHealth], now: datetime
) -> tuple[str, ...]:
    """Ask these sources at the same time, and keep what each gives. Half of the time that is left is theirs."""
    answers: Answers = SimpleQueue()
    states = {name: seen.state for name, seen in known.items()}
    end = parts.runtime.ask(asked, states, answers)
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
        if isinstance(outcome, Failure):
            _note_failure(parts, source, outcome, known.get(source.name), now)
        else:
            dates = [item.published for item in outcome.items if item.published is not None]
            dates = dates or parts.store.last_published(source.name)
            again = pace.next_ask(now, dates, outcome.wait)
            parts.store.note_items(source.name, outcome, now, _address(source), again)
    end()
    return tuple(missing)


def _note_failure(parts: Gathering, source: Source, failure: Failure, seen: SourceHealth | None, now: datetime) -> None:
    """Keep that a source failed and when it is asked again."""
    error, failures = failure.error, (seen.failures if seen else 0) + 1
    found = health.verdict(source.name, error, failures, now)
    parts.store.note_failure(
        source.name, error.message, now,
        address=_address(source), kind=found.kind, next_try=found.next_try,
        suggestion=failure.suggestion or (seen.suggestion if seen else None), due=found.due,
    )  # fmt: skip


def _read(
    parts: Gathering,
    now: datetime,
    oldest: datetime | None,
    tried_before: datetime | None = None,
    *,
    expecting: Callable[[], None] = lambda: None,
) -> None:
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
            if isinstance(one, Read):
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


def _ones_read(
    parts: Gathering, waiting: Sequence[UnreadItem], patience: float
) -> Generator[tuple[UnreadItem, Read | ItemError], None, None]:
    """Each item read, in order, so many at once that memory stays bounded."""
    for chunk in parts.store.taking.items(waiting, patience, parts.runtime.at_once):
        yield from parts.runtime.read(chunk)


def _without_repeated(kept: Blocks, article: Article, now: datetime) -> Article:
    """The article without the paragraphs its source puts into every article, as far as that is known by now."""
    found = repeated.sightings(article)
    return repeated.without(article, kept.met(article.source, found, now))
