"""Summaries on demand as a stream of events: what is being done, each story as soon as it is told, the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import timedelta
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from briefing import ondemand
from briefing.config import TopicConfig
from briefing.errors import BriefingError, ItemError, UsageError
from briefing.types import Article, Problem, Summary
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
class Draft:
    """A bullet of the story `number` that has passed the guard while the rest is still written, as a summary of it
    alone. What is told in the end replaces it."""

    number: int
    summary: Summary


@dataclass(frozen=True, slots=True)
class Told:
    """A story is told; each of its bullets has passed the guard."""

    number: int
    summary: Summary


@dataclass(frozen=True, slots=True)
class Failed:
    """Something failed alone."""

    problem: Problem


Event = Doing | Telling | Draft | Told | Failed
Step = tuple[Summary | None, list[Problem]]
Hear = Callable[[Summary], None]


def asked(site: Site, request: TextRequest, *, live: bool = False) -> Iterator[Event]:
    """An address or a text told; `live`: with each bullet as it is made, where the engine writes them one by one.

    Raises UsageError for an engine that is not there.
    """
    teller = ondemand.teller_of(site.app, request.engine)
    return _asked(site.app, request, teller, live)


def _asked(app: App, request: TextRequest, teller: Teller, live: bool) -> Iterator[Event]:
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
    heard: SimpleQueue[Summary | None] = SimpleQueue()
    told = ondemand.tell_now(app, teller, articles, request.bullets, heard.put if live else None)
    for number, article in enumerate(articles, 1):
        yield Telling(number, len(articles), article.title)
        yield from _step(number, lambda: next(told), heard if live else None)


def _step(number: int, make: Callable[[], Step], heard: SimpleQueue[Summary | None] | None) -> Iterator[Event]:
    """What came of one story, and before it the bullets that were heard while it was told in a thread of its own."""
    if heard is None:
        summary, failures = make()
    else:
        # None says that nothing more is heard.
        future = _started(make)
        future.add_done_callback(lambda _: heard.put(None))
        try:
            while (draft := heard.get()) is not None:
                yield Draft(number, draft)
        finally:
            # Whoever asked may have gone; a place among those who ask is free once this is told.
            wait([future])
        summary, failures = future.result()
    yield from (Failed(problem) for problem in failures)
    if summary is not None:
        yield Told(number, summary)


def _started(make: Callable[[], Step]) -> Future[Step]:
    future: Future[Step] = Future()

    def run() -> None:
        try:
            future.set_result(make())
        except BaseException as error:  # raised again where it is waited for
            future.set_exception(error)

    Thread(target=run, name="ask", daemon=True).start()
    return future


def briefed(site: Site, request: BriefRequest, topics: Sequence[TopicConfig], *, live: bool = False) -> Iterator[Event]:
    """One of these topics told now; `live` as in `asked`. Raises UsageError for a topic or engine not there."""
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
    return _briefed(app, request, topic, ondemand.teller_of(app, request.engine), live)


def _briefed(app: App, request: BriefRequest, topic: TopicConfig | None, teller: Teller, live: bool) -> Iterator[Event]:
    yield Doing("Looking through what came in")
    since = app.now() - timedelta(hours=request.hours)
    heard: SimpleQueue[Summary | None] = SimpleQueue()
    try:
        picks = ondemand.chosen_now(app, topic, since, request.stories)
        if picks:
            yield Doing(f"{len(picks)} {'story' if len(picks) == 1 else 'stories'} to tell")
        told = ondemand.tell_picks(app, teller, picks, heard.put if live else None)
        for number in range(1, len(picks) + 1):
            yield from _step(number, lambda: next(told), heard if live else None)
    except ItemError as error:
        yield Failed(Problem(error.stage, error.subject, error.message))


def stream(
    site: Site, events: Iterator[Event], show: Callable[[Told], object], draft: Callable[[Draft], object]
) -> Iterator[bytes]:
    """Events as text/event-stream (WHATWG HTML, server-sent events); `show` makes a told story its event's data, and
    `draft` a bullet that is heard before.

    Its first piece is made before it returns. Raises Busy if too much is being told already.
    """
    pieces = _pieces(site, events, show, draft)
    first = next(pieces)

    def all_of_them() -> Iterator[bytes]:
        try:
            yield first
            yield from pieces
        finally:
            pieces.close()

    return all_of_them()


def _pieces(
    site: Site, events: Iterator[Event], show: Callable[[Told], object], draft: Callable[[Draft], object]
) -> Generator[bytes, None, None]:
    stories = failures = 0
    with site.asking():
        try:
            for event in events:
                if isinstance(event, Doing):
                    yield _event("doing", {"what": event.what})
                elif isinstance(event, Telling):
                    yield _event("telling", {"number": event.number, "of": event.of, "title": event.title})
                elif isinstance(event, Draft):
                    yield _event("bullet", draft(event))
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
