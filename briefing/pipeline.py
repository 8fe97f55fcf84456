"""The whole program: sources → items → articles → stories → picks → summaries → edition.

Every stage takes its work from the store and puts it back, so a run that was interrupted goes on at the
next. Expected failures become `Problem`s; a bug stops the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy

from briefing import choose as choosing
from briefing import selection
from briefing import stories as grouping
from briefing.collecting import Gathering, account, gather
from briefing.config import BriefingConfig, TopicConfig
from briefing.engines import Embedder, Vectors
from briefing.following import LASTING, corrected, lasting, recheck, resumed, with_news
from briefing.prompts import Prompts
from briefing.store import History
from briefing.telling import Teller
from briefing.text import digest
from briefing.together import Together
from briefing.types import Article, Edition, Pick, Problem, Receipt, Story, Summary, Thread

LEAD_WORDS = 60
_NEAR_MISSES = 5


@dataclass(frozen=True, kw_only=True)
class Parts(Gathering):
    """What the pipeline works with; `app` puts it together."""

    encoder: Embedder
    teller: Teller
    prompts: Prompts
    topics: Sequence[TopicConfig]
    source_weights: Mapping[str, float]


def together(parts: Parts, now: datetime, as_of: datetime) -> Together:
    """What editions made at the moment `now`, from all that came out until `as_of`, have in common."""
    return Together(parts.store, parts.encoder, parts.topics, parts.source_weights, now, as_of)


def make_edition(
    parts: Parts, briefing: BriefingConfig, slot: str, day: date, shared: Together, before: History
) -> Edition:
    """The edition of one slot. Not saved yet. What is the same for other readers is taken from `shared`."""
    now, as_of = shared.now, shared.as_of
    last = before.last
    oldest = selection.oldest(as_of, briefing.limits.max_age, last)
    late = shared.once(("gather", oldest), lambda: gather(parts, now, oldest, parts.teller.get_ready))
    again = shared.once(("recheck",), lambda: _recheck(parts, now))
    own = [source.name for source in parts.sources]
    zone = briefing.time_zone
    gathered = shared.once(("account", last, oldest, zone), lambda: account(parts, now, last, late, zone))
    # Told articles are looked at as long as a copy of them could still come in.
    since = oldest - grouping.WINDOW if oldest else None
    told_before = parts.store.told(briefing.name, since) if last else set()
    pool = shared.pool(own, oldest, lambda articles: story_vectors(parts, articles, now))
    threads = parts.store.threads(briefing.name, now - LASTING) if last else {}
    corrections, items = (
        corrected(parts.store, parts.teller, briefing.name, pool.known, told_before, now) if threads else ([], set())
    )
    hidden = (pool.older - told_before) | (items & pool.common.place.keys())
    gone = hidden | told_before
    unseen = [article for article in pool.current if article.id not in gone] if gone else pool.current
    grouped = pool.grouped(told_before, hidden)
    stories, membership = list(grouped.stories), grouped.membership
    if threads:
        stories = resumed(lasting(stories, pool.whole(), threads), threads, parts.teller.aligner)
        # What goes on from a thread goes by its id from now on.
        renamed = {one.id: other.id for one, other in zip(grouped.stories, stories, strict=True) if one.id != other.id}
        if renamed:
            membership = {article: renamed.get(story, story) for article, story in membership.items()}
    shared.keep_stories(pool, membership, grouped.merged)
    going_on, silent = with_news(parts.teller, stories, threads)
    topics = topics_of(parts.topics, briefing, shared.topics)
    problems = [*gathered.problems, *again]
    bullets = briefing.limits.bullets
    resuming = {story.id for story in going_on if story.id in threads}
    choice = selection.choose(pool.common, before.said, briefing, topics, going_on, told_before, resuming)
    quiet: list[Story] = []
    summaries, left, failures = selection.tell_within(
        choice, briefing.limits, lambda p: tell_all(parts, p, bullets, threads, quiet)
    )
    problems += failures
    missed = [pick.story.lead.title for pick, _ in left[:_NEAR_MISSES]]
    receipt = Receipt(
        sources_read=gathered.read,
        sources_unchanged=gathered.unchanged,
        sources_failed=gathered.failed,
        sources_late=gathered.late,
        articles_new=gathered.articles,
        articles_considered=len(unseen),
        items_failed=gathered.items_failed,
        quarantined=gathered.quarantined,
        merged=sum([len(story.articles) - 1 for story in grouped.stories]),
        told=len(summaries),
        already_told=len(grouped.repeated),
        outside_topics=len(choice.outside),
        over_limit=len(left),
        muted=len(choice.muted),
        quiet_topics=choosing.quiet(topics, summaries, day),
        silent=len(silent) + len(quiet),
        not_told=len(choice.picks) + len(choice.left) - len(left) - len(summaries) - len(quiet),
        too_old=_too_old(parts, shared, own, oldest, last),
        undated=sum([article.published is None for article in unseen]),
        examples_left_out=tuple(title for title in missed if title),
        engine=names(summaries) or parts.teller.engines[0].name,
        prompts=shared.once(("marks",), lambda: marks(parts)) + written(summaries),
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


def _recheck(parts: Parts, now: datetime) -> list[Problem]:
    # What was told is looked at again only where there is time for it.
    again = recheck(parts.store, parts.fetcher, parts.extractor, now, parts.report) if parts.remaining() > 60 else []
    # All is read; what tells needs the room.
    parts.extractor.rest()
    return again


def _too_old(parts: Parts, shared: Together, own: Sequence[str], oldest: datetime | None, last: datetime | None) -> int:
    if oldest is None:
        return 0
    return shared.once(("older", oldest, last), lambda: parts.store.count_older(own, oldest, last or oldest))


def story_vectors(parts: Parts, articles: Sequence[Article], now: datetime) -> Vectors:
    """One row per article: what its headline and opening mean. Each is read once, and kept."""
    texts = [story_text(parts.prompts, article) for article in articles]
    parts.report("Comparing", 0, 1)
    vectors = _kept_vectors(parts, texts, now) if parts.encoder.meaning else None
    if vectors is None:
        # Words alone: quick, and not to be mixed with what another encoder found.
        vectors = parts.encoder.encode(texts)
    parts.report("Comparing", 1, 1)
    return vectors


def _kept_vectors(parts: Parts, texts: Sequence[str], now: datetime) -> Vectors | None:
    """The texts' vectors, from the store as far as they are there; None if the encoder gave up over the rest."""
    identity = parts.encoder.identity
    marks = [digest("vector", identity, text) for text in texts]
    rows = parts.store.embeddings.known(marks, now)
    missing = {mark: text for mark, text in zip(marks, texts, strict=True) if mark not in rows}
    if missing or not rows:
        found = parts.runtime.vectors(parts.encoder, list(missing.values()))
        if parts.encoder.identity != identity:
            return None
        new = dict(zip(missing, found, strict=True))
        parts.store.embeddings.keep(new, now)
        rows |= new
        if not rows:
            return found
    return numpy.stack([rows[mark] for mark in marks])


def story_text(prompts: Prompts, article: Article) -> str:
    """What the encoder reads of an article: headline and opening."""
    lead = " ".join(article.text.split(maxsplit=LEAD_WORDS)[:LEAD_WORDS])
    return prompts.render("story", title=grouping.headline(article.title), lead=lead)


def topics_of(
    topics: Sequence[TopicConfig], briefing: BriefingConfig, by_name: Mapping[str, TopicConfig] | None = None
) -> list[TopicConfig]:
    """The topics of a briefing, in the order of its editions. `by_name` has them all, where that is known already."""
    if briefing.topics is None:
        return list(topics)
    found = by_name or {topic.name: topic for topic in topics}
    return [found[name] for name in briefing.topics]


def tell_all(
    parts: Parts, picks: Sequence[Pick], most: int, threads: Mapping[str, Thread], quiet: list[Story]
) -> tuple[list[Summary], list[Problem]]:
    """Every pick told; one that no engine can tell becomes a problem; what has nothing new is added to `quiet`."""
    summaries: list[Summary] = []
    problems: list[Problem] = []
    answers = parts.runtime.tell(parts.teller, picks, most, threads)
    for done, (pick, (told, failures)) in enumerate(zip(picks, answers, strict=True), 1):
        thread = threads.get(pick.story.id)
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


def marks(parts: Parts) -> tuple[str, ...]:
    """The prompts by which stories are held against topics."""
    return (parts.prompts.mark("story"), parts.prompts.mark("topic"))


def written(summaries: Sequence[Summary]) -> tuple[str, ...]:
    """The prompts these were written by."""
    return tuple(dict.fromkeys(mark for summary in summaries for mark in summary.prompts))
