"""Summaries on demand: of an address, a file, standard input, or a text given by a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from briefing import pipeline, selection
from briefing import stories as grouping
from briefing.config import TopicConfig
from briefing.engines.encoder import FallbackEncoder, TransformerEncoder
from briefing.engines.rungs import ladder
from briefing.errors import ItemError, ModelError, SourceError, UsageError
from briefing.escape import terminal
from briefing.extract import Extractor
from briefing.fetch import local_path
from briefing.guard import Guard
from briefing.guard.score import LearnedScorer
from briefing.prompts import Prompts
from briefing.screening import Classifier, Screen
from briefing.sources.file import MEDIA_TYPES
from briefing.tasks import load
from briefing.telling import Teller
from briefing.text import is_web, reading_minutes
from briefing.types import Article, Item, Pick, Problem, Story, Summary

if TYPE_CHECKING:
    from briefing.app import App

MOST = 4


@cache
def _teller() -> Teller:
    from briefing.config.models import DEFAULT_MODEL

    encoder = TransformerEncoder(DEFAULT_MODEL)
    careful = FallbackEncoder(encoder)
    guard = Guard(careful, scorers=[LearnedScorer()])
    return Teller(ladder(encoder, encoder), guard, screen=Screen(Classifier(careful)))


def summarize(text: str, title: str | None = None, bullets: int | None = None) -> Summary:
    """Tell `text` in key bullets, each with the span of `text` it rests on.

    `bullets` asks for a number; without it two to four are chosen, and a very short text is given whole.
    Offsets of the evidence count characters of `text` as it was given. The model is loaded with the first
    call and kept.

    >>> summary = summarize("The bridge opened on Monday. It had been closed for a year.")
    >>> [bullet.text for bullet in summary.bullets]
    ['The bridge opened on Monday.', 'It had been closed for a year.']

    Where a model can't be loaded a plainer engine tells the text, and `engine` of the summary names it. Raises
    ValueError if `bullets` is less than 1, ModelError if the text has nothing to tell.
    """
    if bullets is not None and bullets < 1:
        raise ValueError(f"bullets must be at least 1, got {bullets}")
    if not text.strip():
        raise ModelError(title or "text", "the text is empty")
    told, problems = _teller().tell(_pick(Article(text=text, title=title)), bullets, MOST)
    if told is None:
        raise ModelError(problems[-1].subject, problems[-1].message)
    return told


def group(articles: Iterable[Article], vectors: Any = None) -> list[Story]:
    """The stories in `articles`, in the order of their first article's date.

    Articles of one event are one story; those that repeat another one nearly word for word are named in its `copies`.
    `vectors` may give a unit vector per article, shape (articles, dimensions); without them headline and opening are
    read by the default encoder, which is loaded with the first call and kept, or compared by their words where it
    can't be. Nothing is remembered between calls.

    >>> found = group([Article(title="Kelby ferry runs aground", text="The ferry ran aground at Kelby on Monday.")])
    >>> [story.lead.title for story in found]
    ['Kelby ferry runs aground']

    Raises ValueError if `vectors` has another number of rows.
    """
    given = list(articles)
    if vectors is None:
        vectors = _encoder().encode([pipeline.story_text(Prompts(None), article) for article in given])
    return list(grouping.group(given, vectors).stories)


@cache
def _encoder() -> FallbackEncoder:
    from briefing.config.models import DEFAULT_MODEL

    return FallbackEncoder(TransformerEncoder(DEFAULT_MODEL))


def _pick(article: Article) -> Pick:
    return Pick(story=Story(id=article.id, articles=(article,)), why=("asked for",), score=1.0)


def summarize_source(
    app: App, target: str, stdin: bytes | None, bullets: int | None, *, fresh: bool = False
) -> tuple[list[Summary], list[Problem]]:
    """Every article in `target` (an address, a file, or "-" for `stdin`), told.

    Raises ItemError if the target can't be read or holds no article; an article that can't be told is a
    problem, and the others are told. `fresh` asks the engines again, whatever they answered before.
    """
    app.teller.begin(fresh=fresh)
    item = text_item(stdin or b"", "text/plain", "standard input") if target == "-" else _item(target)
    articles = read_now(app, item, app.teller.get_ready)
    summaries, problems = [], []
    for done, (told, failures) in enumerate(tell_now(app, app.teller, articles, bullets), 1):
        app.report("Telling", done, len(articles))
        problems += failures
        if told:
            summaries.append(told)
    return summaries, list(dict.fromkeys(problems))


def text_item(body: bytes, media_type: str, name: str = "pasted text") -> Item:
    """A text somebody gave, as an item."""
    return Item(source=name, key=name, body=body, media_type=media_type)


def web_item(url: str) -> Item:
    """An address somebody gave, as an item. Raises SourceError unless it is http or https: no file of ours is read."""
    if not is_web(url):
        raise SourceError(url, "only http and https addresses are read")
    return Item(source=urlsplit(url).hostname or url, key=url, url=url)


def read_now(app: App, item: Item, meanwhile: Callable[[], None] = lambda: None) -> tuple[Article, ...]:
    """The articles of an item, fetched and read at once; `meanwhile` is called once it is fetched, and another process
    reads it. Raises ItemError."""
    app.report("Reading", 0, 1)
    content = load(app.tools.fetcher, item, app.max_bytes, asked=True)
    meanwhile()
    found = Extractor(app.tools.worker).extract(
        item, content.body, content.media_type, content.charset, content.url or item.url, app.now()
    )
    app.report("Reading", 1, 1)
    return found


def tell_now(
    app: App,
    teller: Teller,
    articles: Sequence[Article],
    bullets: int | None,
    hear: Callable[[Summary], None] | None = None,
) -> Iterator[tuple[Summary | None, list[Problem]]]:
    """Each article told, one after the other; None where no engine could. `hear` as in `Teller.tell`."""
    for article in articles:
        yield teller.tell(_pick(article), bullets, MOST, hear=hear)


def teller_of(app: App, engine: str | None) -> Teller:
    """What tells by the engine of this name (by default the first), and by those behind it where it can't.

    It is made for one question: its deadlines and resting engines are not those of an edition that is being made
    meanwhile. Raises UsageError if there is no such engine.
    """
    names = [one.name for one in app.engines]
    if engine is not None and engine not in names:
        raise UsageError(f'no engine is called "{engine}"; there are {", ".join(dict.fromkeys(names))}')
    first = names.index(engine) if engine is not None else 0
    return Teller(app.engines[first:], app.guard, app.memory, app.aligner, screen=app.screen)


def chosen_now(app: App, topic: TopicConfig | None, since: datetime, stories: int) -> tuple[Pick, ...]:
    """The stories of a topic from the articles that came out after `since` and are kept, the best first.

    Without a topic the biggest ones. Nothing is fetched, and nothing counts as told.
    """
    parts, moment = app.parts, app.now()
    kept = parts.store.articles([source.name for source in parts.sources], since, moment)
    if not kept:
        return ()
    vectors = pipeline.story_vectors(parts, kept, moment)
    grouped = grouping.group(kept, vectors).stories
    briefing = app.briefing(None)
    limits = briefing.limits.model_copy(update={"stories": stories, "per_topic": stories, "also_today": 0})
    wanted = [topic] if topic else []
    briefing = briefing.model_copy(update={"limits": limits})
    common = selection.Common(parts.encoder, kept, vectors, parts.source_weights, moment)
    said = parts.store.feedback(briefing.name)
    chosen = selection.choose(common, said, briefing, wanted, grouped)
    return tuple(chosen.picks)


def tell_picks(
    app: App, teller: Teller, picks: Sequence[Pick], hear: Callable[[Summary], None] | None = None
) -> Iterator[tuple[Summary | None, list[Problem]]]:
    """Each pick told, one after the other; None where no engine could. `hear` as in `Teller.tell`."""
    most = app.briefing(None).limits.bullets
    for pick in picks:
        yield teller.tell(pick, None, most, hear=hear)


def _item(target: str) -> Item:
    path = local_path(target)
    if path is None:
        return Item(source=target, key=target, url=target)
    path = path.expanduser().absolute()
    if path.is_file() and path.suffix and path.suffix.lower() not in MEDIA_TYPES:
        raise SourceError(target, f"its ending is none of {', '.join(sorted(MEDIA_TYPES))}")
    kind = MEDIA_TYPES.get(path.suffix.lower(), "text/plain")
    return Item(source=path.name, key=str(path), url=path.as_uri(), media_type=kind)


def summarize_lines(app: App, lines: Iterable[str], bullets: int | None) -> Iterator[dict[str, Any]]:
    """A record per line of JSON {id, title?, text}: {id, bullets} or, where that failed, {id, error}.

    One line at a time, so that any number of them streams through.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        identity: object = None
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or not isinstance(record.get("text"), str):
                raise ValueError('expected an object with "text"')
            identity = record.get("id")
            title = record.get("title")
            if title is not None and not isinstance(title, str):
                raise ValueError('"title" is not text')
        except (ValueError, RecursionError) as error:
            yield {"id": identity, "line": number, "error": f"line {number}: {error}"}
            continue
        try:
            if not record["text"].strip():
                raise ModelError(str(identity), "the text is empty")
            article = Article(text=record["text"], title=title or None, language=_code(record.get("language")))
            told, problems = app.teller.tell(_pick(article), bullets, MOST)
            if told is None:
                raise ModelError(str(identity), problems[-1].message)
        except ItemError as error:
            yield {"id": identity, "line": number, "error": error.message}
            continue
        yield {
            "id": identity,
            "bullets": [
                {
                    "text": bullet.text,
                    "evidence": [{"start": e.start, "end": e.end} for e in bullet.evidence],
                    "support": bullet.support,
                }
                for bullet in told.bullets
            ],
        }


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def date_text(article: Article) -> str | None:
    """An article's date in ISO 8601, as a day where only the day is known."""
    when: datetime | None = article.published
    if when is None:
        return None
    return when.date().isoformat() if article.day_only else when.isoformat()


def as_record(summary: Summary) -> dict[str, Any]:
    """A summary as JSON: spans count characters of the record's own "text"."""
    article = summary.article
    return {
        "title": summary.title,
        "published": date_text(article),
        "authors": list(article.authors),
        "language": article.language,
        "url": article.url,
        "key_points": list(article.key_points),
        "bullets": [
            {
                "text": bullet.text,
                "evidence": [{"start": e.start, "end": e.end, "text": summary.quote(e)} for e in bullet.evidence],
                "support": bullet.support,
                "made": bullet.made,
            }
            for bullet in summary.bullets
        ],
        "whole": summary.whole,
        "engine": summary.engine,
        "notes": list(summary.notes),
        "text": article.text,
    }


def as_text(summaries: Sequence[Summary]) -> str:
    """Summaries for people: title, what is known of the article, bullets."""
    blocks = []
    for summary in summaries:
        article = summary.article
        about = [", ".join(article.authors), date_text(article) or "no date given"]
        about.append(f"{max(1, round(reading_minutes(article.text)))} min read")
        notes = [note for note in summary.notes if note != "without a date"]
        lines = [summary.title] if summary.title else []
        lines.append(" · ".join(part for part in [*about, *notes] if part))
        lines += [f"  - {bullet.text}" for bullet in summary.bullets]
        blocks.append("\n".join(lines) + "\n")
    return terminal("\n".join(blocks))


def input_path(target: str) -> Path | None:
    """The file a command's argument means, or None for an address or "-"."""
    return None if target == "-" else local_path(target)
