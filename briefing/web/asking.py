"""Summaries on demand as a stream of events: what is being done, each story as soon as it is told, the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from briefing import ondemand
from briefing.config import TopicConfig
from briefing.errors import BriefingError, ItemError, UsageError
from briefing.types import Article, Pick, Problem, Summary
from briefing.web.schemas import BriefRequest, TextRequest
from briefing.web.site import Site

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.telling import Teller


@dataclass(frozen=True, slots=True)
class Doing:
    """What is being done now."""

    what: str


@dataclass(frozen=True, slots=True)
class Telling:
    """A story is being told: its place among `of`, and its headline where it has one."""

    number: int
    of: int
    title: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A story is told; each of its bullets has passed the guard."""

    number: int
    summary: Summary


@dataclass(frozen=True, slots=True)
class Failed:
    """Something failed alone."""

    problem: Problem


Event = Doing | Telling | Told | Failed


def asked(site: Site, request: TextRequest) -> Iterator[Event]:
    """An address or a text told. Raises UsageError for an engine that is not there."""
    teller = ondemand.teller_of(site.app, request.engine)
    return _asked(site.app, request, teller)


def _asked(app: App, request: TextRequest, teller: Teller) -> Iterator[Event]:
    articles: Sequence[Article]
    try:
        if request.url is not None:
            yield Doing("Fetching the page")
            articles = ondemand.read_now(app, ondemand.web_item(request.url))
        else:
            assert request.text is not None
            yield Doing("Reading the text")
            if request.title and request.media_type == "text/plain":
                # Who gives a headline gives one article; nothing in it need be found.
                articles = [Article(title=request.title, text=request.text, source="pasted text")]
            else:
                item = ondemand.text_item(request.text.encode("utf-8", "replace"), request.media_type)
                articles = ondemand.read_now(app, item)
    except ItemError as error:
        yield Failed(Problem(error.stage, error.subject, error.message))
        return
    told = ondemand.tell_now(app, teller, articles, request.bullets)
    for number, article in enumerate(articles, 1):
        yield Telling(number, len(articles), article.title)
        summary, failures = next(told)
        yield from (Failed(problem) for problem in failures)
        if summary is not None:
            yield Told(number, summary)


def briefed(site: Site, request: BriefRequest, topics: Sequence[TopicConfig]) -> Iterator[Event]:
    """One of these topics told now. Raises UsageError for a topic or an engine that is not there."""
    app = site.app
    topic = None
    if request.topic is not None:
        found = [one for one in topics if one.name.casefold() == request.topic.casefold()]
        if not found:
            known = ", ".join(one.name for one in topics) or "none"
            raise UsageError(f'no topic is called "{request.topic}"; there are {known}')
        topic = found[0]
    elif request.description is not None:
        topic = TopicConfig(name=request.description[:80], description=request.description)
    return _briefed(app, request, topic, ondemand.teller_of(app, request.engine))


def _briefed(app: App, request: BriefRequest, topic: TopicConfig | None, teller: Teller) -> Iterator[Event]:
    yield Doing("Looking through what came in")
    since = app.now() - timedelta(hours=request.hours)
    picks: list[Pick] = []
    told = 0
    try:
        for found_one in ondemand.briefed(app, topic, since, request.stories, teller):
            if isinstance(found_one, Pick):
                picks.append(found_one)
                continue
            if told == 0:
                yield Doing(f"{len(picks)} stories to tell")
            told += 1
            summary, failures = found_one
            yield from (Failed(problem) for problem in failures)
            if summary is not None:
                yield Told(told, summary)
    except ItemError as error:
        yield Failed(Problem(error.stage, error.subject, error.message))


def stream(site: Site, events: Iterator[Event], show: Callable[[Told], object]) -> Iterator[bytes]:
    """Events as text/event-stream (WHATWG HTML, server-sent events); `show` makes a told story its event's data.

    Its first piece is made before it returns. Raises Busy if too much is being told already.
    """
    pieces = _pieces(site, events, show)
    first = next(pieces)

    def all_of_them() -> Iterator[bytes]:
        try:
            yield first
            yield from pieces
        finally:
            pieces.close()

    return all_of_them()


def _pieces(site: Site, events: Iterator[Event], show: Callable[[Told], object]) -> Generator[bytes, None, None]:
    stories = failures = 0
    with site.asking():
        try:
            for event in events:
                if isinstance(event, Doing):
                    yield _event("doing", {"what": event.what})
                elif isinstance(event, Telling):
                    yield _event("telling", {"number": event.number, "of": event.of, "title": event.title})
                elif isinstance(event, Told):
                    stories += 1
                    yield _event("story", show(event))
                else:
                    failures += 1
                    found = event.problem
                    yield _event("problem", {"subject": found.subject, "message": found.message})
        except BriefingError as error:
            failures += 1
            yield _event("problem", {"subject": "", "message": str(error)})
        yield _event("done", {"stories": stories, "problems": failures})


def collected(site: Site, events: Iterator[Event]) -> tuple[list[Told], list[Problem]]:
    """All that the events tell. Raises Busy."""
    told: list[Told] = []
    problems: list[Problem] = []
    with site.asking():
        for event in events:
            if isinstance(event, Told):
                told.append(event)
            elif isinstance(event, Failed):
                problems.append(event.problem)
    return told, list(dict.fromkeys(problems))


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")
