"""The whole program: sources → items → articles → stories → picks → summaries → edition.

Every stage takes its work from the store and puts it back, so a run that was interrupted goes on at the
next. Expected failures become `Problem`s; a bug stops the run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from briefing import choose as choosing
from briefing import selection
from briefing import stories as grouping
from briefing.config import BriefingConfig, TopicConfig
from briefing.engines import Embedder, Vectors
from briefing.errors import ExtractError, FetchError, ItemError
from briefing.extract import Extractor, repeated
from briefing.fetch import Fetcher, Response, local_path, read_file
from briefing.following import LASTING, corrected, lasting, recheck, resumed, with_news
from briefing.prompts import Prompts
from briefing.sources import Source
from briefing.store import Store, UnreadItem
from briefing.store.blocks import Blocks
from briefing.telling import Teller
from briefing.text import digest, one_line
from briefing.types import (
    Article,
    Collected,
    Edition,
    Item,
    Pick,
    Problem,
    Receipt,
    Recipient,
    Story,
    Summary,
    Thread,
)

log = logging.getLogger(__name__)

Report = Callable[[str, int, int], None]
"""Told of progress: the stage, how much of it is done, how much there is."""

_PARALLEL = 8
LEAD_WORDS = 60
_NEAR_MISSES = 5


@dataclass(frozen=True)
class Parts:
    """What the pipeline works with; `app` puts it together."""

    store: Store
    sources: Sequence[Source]
    fetcher: Fetcher
    extractor: Extractor
    encoder: Embedder
    teller: Teller
    prompts: Prompts
    topics: Sequence[TopicConfig]
    source_weights: Mapping[str, float]
    max_bytes: int
    report: Report = lambda stage, done, total: None


@dataclass(frozen=True, slots=True)
class Read:
    """What collecting and reading came to."""

    sources_read: int = 0
    sources_unchanged: int = 0
    sources_failed: int = 0
    articles: int = 0
    failed: int = 0
    problems: tuple[Problem, ...] = ()


def make_edition(
    parts: Parts, briefing: BriefingConfig, slot: str, day: date, now: datetime, as_of: datetime
) -> Edition:
    """The edition of one slot, from all that came out until `as_of`. Not saved yet."""
    oldest = as_of - timedelta(hours=briefing.limits.max_age) if briefing.limits.max_age else None
    read = collect_and_read(parts, now, oldest)
    again = recheck(parts.store, parts.fetcher, parts.extractor, now, parts.report)
    own = [source.name for source in parts.sources]
    told_before = parts.store.told(briefing.name)
    # Told articles are looked at as long as a copy of them could still come in.
    since = oldest - grouping.WINDOW if oldest else None
    known = parts.store.articles(own, since, as_of)
    current = [a for a in known if a.id in told_before or oldest is None or _came_out(a) >= oldest]
    threads = parts.store.threads(briefing.name, now - LASTING)
    corrections, items = corrected(parts.store, parts.teller, briefing.name, known, told_before, now)
    current = [article for article in current if article.id not in items]
    vectors = story_vectors(parts, current)
    grouped = grouping.group(current, vectors, told_before)
    stories = lasting(grouped.stories, grouping.group(current, vectors).stories, threads)
    stories = resumed(stories, threads, parts.teller.aligner)
    going_on, silent = with_news(parts.teller, stories, threads)
    topics = topics_of(parts.topics, briefing)
    problems = [*read.problems, *again]
    bullets = briefing.limits.bullets
    resuming = {story.id for story in going_on if story.id in threads}
    chosen = selection.Given(going_on, current, vectors, told_before, resuming)
    choice = selection.choose(parts.store, parts.encoder, parts.source_weights, briefing, topics, chosen, as_of)
    quiet: list[Story] = []
    summaries, left, failures = selection.tell_within(
        choice, briefing.limits, lambda p: tell_all(parts, p, bullets, threads, quiet)
    )
    problems += failures
    missed = [pick.story.lead.title for pick, _ in left[:_NEAR_MISSES]]
    last = parts.store.last_made(briefing.name)
    receipt = Receipt(
        sources_read=read.sources_read,
        sources_unchanged=read.sources_unchanged,
        sources_failed=read.sources_failed,
        articles_new=read.articles,
        articles_considered=sum(article.id not in told_before for article in current),
        items_failed=read.failed,
        merged=sum(len(story.articles) - 1 for story in grouped.stories),
        told=len(summaries),
        already_told=len(grouped.repeated),
        outside_topics=len(choice.outside),
        over_limit=len(left),
        muted=len(choice.muted),
        quiet_topics=choosing.quiet(topics, summaries, day),
        silent=len(silent) + len(quiet),
        not_told=len(choice.picks) + len(choice.left) - len(left) - len(summaries) - len(quiet),
        too_old=parts.store.count_older(own, oldest, last or oldest) if oldest else 0,
        undated=sum(a.published is None for a in current if a.id not in told_before),
        examples_left_out=tuple(title for title in missed if title),
        engine=names(summaries) or parts.teller.engines[0].name,
        prompts=marks(parts, summaries),
    )
    return Edition(
        id=digest(briefing.name, slot),
        briefing=briefing.name,
        slot=slot,
        title=briefing.title,
        day=day,
        language=briefing.language,
        time_zone=briefing.time_zone,
        made=now,
        summaries=tuple(summaries),
        problems=tuple(problems),
        receipt=tallied(receipt, summaries),
        topics=tuple(topic.name for topic in topics),
        corrections=tuple(corrections),
        silent=tuple(sorted({article.id for story in (*silent, *quiet) for article in story.articles})),
        account=choosing.considered(summaries, left, choice.near, bullets),
    )


def save(parts: Parts, edition: Edition, recipients: Sequence[Recipient]) -> bool:
    """Keep the edition and its deliveries, all or nothing. False if its slot was filled meanwhile."""
    return parts.store.save_edition(edition, recipients)


def collect_and_read(parts: Parts, now: datetime, oldest: datetime | None) -> Read:
    """Ask every source for its items, then read those that wait. Items older than `oldest` stay unread."""
    found = _collect(parts, now)
    articles, failed, problems = _read(parts, now, oldest)
    return replace(found, articles=articles, failed=failed, problems=(*found.problems, *problems))


def _collect(parts: Parts, now: datetime) -> Read:
    def ask(source: Source) -> Collected | Problem:
        try:
            return source.collect(parts.store.source_state(source.name))
        except ItemError as error:
            return Problem(error.stage, source.name, error.message)
        # A source may be anybody's class; its bug is its own failure, named like any other.
        except Exception as error:
            log.exception("source %s", source.name)
            return Problem("source", source.name, f"its code failed: {type(error).__name__}: {one_line(str(error))}")

    read = unchanged = 0
    problems = []
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for done, (source, outcome) in enumerate(zip(parts.sources, pool.map(ask, parts.sources), strict=True), 1):
            parts.report("Collecting", done, len(parts.sources))
            if isinstance(outcome, Problem):
                times = parts.store.note_failure(source.name, outcome.message, now)
                again = f" (for the {_ordinal(times)} time in a row)" if times > 1 else ""
                problems.append(replace(outcome, message=outcome.message + again))
                continue
            parts.store.note_items(source.name, outcome, now)
            read, unchanged = read + (not outcome.unchanged), unchanged + outcome.unchanged
    return Read(read, unchanged, len(problems), problems=tuple(problems))


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _read(parts: Parts, now: datetime, oldest: datetime | None) -> tuple[int, int, list[Problem]]:
    waiting = parts.store.unread([source.name for source in parts.sources], oldest)
    articles = failed = 0
    problems: list[Problem] = []
    for done, (unread, content) in enumerate(_contents(parts, waiting), 1):
        parts.report("Reading", done, len(waiting))
        try:
            found, problem = _articles_of(parts, unread, content)
            found = [_without_repeated(parts, article, now) for article in found]
            parts.store.keep_articles(unread.id, found)
            if isinstance(content, Response) and (content.etag or content.last_modified):
                for article in found:
                    parts.store.note_page(article.id, content.etag, content.last_modified, None)
            articles += len(found)
            problems += [problem] if problem else []
        except ItemError as error:
            again = parts.store.fail_item(unread.id, error)
            failed += 1
            what = "; it is tried again at the next run" if again else ""
            problems.append(Problem(error.stage, unread.item.source, f"{_called(unread.item)}: {error.message}{what}"))
    return articles, failed, problems


def _called(item: Item) -> str:
    if item.title:
        return f"“{item.title}”"
    path = local_path(item.url) if item.url else None
    return path.name if path else item.url or item.key


def _contents(parts: Parts, waiting: Sequence[UnreadItem]) -> Iterator[tuple[UnreadItem, Response | ItemError]]:
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
    parts: Parts, unread: UnreadItem, content: Response | ItemError
) -> tuple[Sequence[Article], Problem | None]:
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
        found = parts.extractor.teaser(item, error.message, unread.seen)
        return found, Problem(error.stage, item.source, f"{_called(item)}: {error.message}; its teaser is used")


def _without_repeated(parts: Parts, article: Article, now: datetime) -> Article:
    """The article without the paragraphs its source puts into every article, as far as that is known by now."""
    found = repeated.sightings(article)
    return repeated.without(article, Blocks(parts.store).met(article.source, found, now))


def _came_out(article: Article) -> datetime:
    when = article.published or article.seen
    assert when is not None, "the store gives every article the moment it was seen"
    return when


def story_vectors(parts: Parts, articles: Sequence[Article]) -> Vectors:
    """One row per article: what its headline and opening mean."""
    texts = [
        parts.prompts.render("story", title=article.title, lead=" ".join(article.text.split()[:LEAD_WORDS]))
        for article in articles
    ]
    parts.report("Comparing", 0, 1)
    vectors = parts.encoder.encode(texts)
    parts.report("Comparing", 1, 1)
    return vectors


def topics_of(topics: Sequence[TopicConfig], briefing: BriefingConfig) -> list[TopicConfig]:
    """The topics of a briefing, in the order of its editions."""
    if briefing.topics is None:
        return list(topics)
    by_name = {topic.name: topic for topic in topics}
    return [by_name[name] for name in briefing.topics]


def tell_all(
    parts: Parts, picks: Sequence[Pick], most: int, threads: Mapping[str, Thread], quiet: list[Story]
) -> tuple[list[Summary], list[Problem]]:
    """Every pick told; one that no engine can tell becomes a problem; what has nothing new is added to `quiet`."""
    summaries: list[Summary] = []
    problems: list[Problem] = []
    for done, pick in enumerate(picks, 1):
        thread = threads.get(pick.story.id)
        told, failures = parts.teller.tell(pick, None, most, thread)
        parts.report("Telling", done, len(picks))
        problems += failures
        if told is not None:
            summaries.append(told)
        elif thread is not None and not failures:
            quiet.append(pick.story)
    return summaries, list(dict.fromkeys(problems))


def names(summaries: Sequence[Summary]) -> str:
    """The engines that told them, each once."""
    return ", ".join(dict.fromkeys(summary.engine for summary in summaries))


def tallied(receipt: Receipt, summaries: Sequence[Summary]) -> Receipt:
    """The receipt with what the guard did."""
    found = tally(summaries)
    return replace(receipt, checked=found["checked"], replaced=found["replaced"], dropped=found["dropped"])


def tally(summaries: Sequence[Summary]) -> dict[str, int]:
    """What the guard did: bullets checked, replaced and dropped."""
    stopped = [one for summary in summaries for one in summary.stopped]
    replaced = sum(one.quoted for one in stopped)
    checked = sum(summary.checked for summary in summaries)
    return {"checked": checked, "replaced": replaced, "dropped": len(stopped) - replaced}


def marks(parts: Parts, summaries: Sequence[Summary]) -> tuple[str, ...]:
    """The prompts an edition of these was made with."""
    written = dict.fromkeys(mark for summary in summaries for mark in summary.prompts)
    return (parts.prompts.mark("story"), parts.prompts.mark("topic"), *written)
