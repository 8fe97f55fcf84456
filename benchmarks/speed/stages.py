"""A morning in its stages: the app as it runs, with a stopwatch at each stage's door.

The articles are those of `benchmarks.morning`, from a server on this machine. Models are loaded before the watch
starts, as they are in a program that serves; a whole command, `briefing run`, has a line of its own.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.morning import article, config, page
from briefing import collecting, outbox, pipeline, selection
from briefing.app import App
from briefing.app.wiring import READERS
from briefing.extract import Extractor
from briefing.store import Store
from briefing.together import Pool
from briefing.types import Article, Item, Pick, Story
from briefing.worker import Worker

__all__ = ["STAGES", "Watch", "extraction", "measure"]

STAGES = ("collect", "read", "embed", "group", "choose", "tell", "save", "deliver")
"""Feeds asked; pages fetched, extracted and kept; vectors of headline and opening; articles of one event put together;
stories chosen; told and checked; the edition saved; rendered and delivered. `rest` is what lies between."""

_DOORS: tuple[tuple[str, Any, str], ...] = (
    ("collect", collecting, "collect"),
    ("read", pipeline, "gather"),
    ("embed", pipeline, "story_vectors"),
    ("group", Pool, "grouped"),
    ("choose", selection, "choose"),
    ("tell", selection, "tell_within"),
    ("save", Store, "save_edition"),
    ("deliver", outbox, "deliver"),
)
"""Where each stage begins and ends: whose function it is."""
_AT_ONCE = 8
_ENOUGH = 0.99
"""Share of the articles that must have been read for the seconds to mean anything."""
_ELSEWHERE = 1_000_000
"""The number of an invented article that no feed has."""


class Watch:
    """Seconds by stage. A stage inside another is not counted twice: what is inside is taken off what is around."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._inside: list[float] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What runs in it belongs to this stage."""
        self._inside.append(0.0)
        begun = self._clock()
        try:
            yield
        finally:
            whole = self._clock() - begun
            self.seconds[name] = self.seconds.get(name, 0.0) + whole - self._inside.pop()
            if self._inside:
                self._inside[-1] += whole

    def at(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with the watch at its door."""

        def timed(*given: Any, **named: Any) -> Any:
            with self.stage(name):
                return function(*given, **named)

        return timed


def measure(count: int, web: int, mail: int, shorten: bool, most: int | None) -> dict[str, float]:
    """Seconds of each stage of a morning of `count` articles, and of all (`total`), with up to `most` stories told.

    Also how many `articles` were read, how many `stories` told, and the articles of these (`told`). `web` and `mail`
    are the ports of the servers (`benchmarks.morning.serving`).
    """
    watch = Watch()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        path = Path(name) / "config.yaml"
        path.write_text(config(count, web, mail, shorten, most), encoding="utf-8")
        app = stack.enter_context(App.from_file(path))
        _load(app)
        for stage, owner, function in _DOORS:
            stack.enter_context(mock.patch.object(owner, function, watch.at(stage, getattr(owner, function))))
        with watch.stage("rest"):
            outcome = app.run()
        read = outcome.edition.receipt.articles_new
        if read < _ENOUGH * count:
            raise SystemExit(f"{read} of {count} articles were read")
        stories = [summary.pick.story for summary in outcome.edition.summaries]
    counts = {"articles": read, "told": sum(len(story.articles) for story in stories), "stories": len(stories)}
    return {**watch.seconds, "total": sum(watch.seconds.values()), **counts}


def _load(app: App) -> None:
    """Load the models. Raises ModelUnavailable where one is missing: another rung's speed is not asked for."""
    from briefing.ahead import ReadsAhead

    engine = app.engines[0]
    assert isinstance(engine, ReadsAhead), "the embedded engine is the first"
    engine.load()
    # The screen, the guard and the grammar of names load with the first story: one that is in no feed.
    title, parts = article(_ELSEWHERE)
    made = Article(title=title, text="\n\n".join(parts), language="en", source="Elsewhere")
    app.teller.tell(Pick(story=Story(id=made.id, articles=(made,)), score=1.0), None, 4)


def extraction(count: int) -> dict[str, float]:
    """Seconds of extracting `count` pages that are in memory already, in as many processes as the app reads with."""
    now = datetime.now(UTC)
    pages = [page(number) for number in range(count + READERS)]

    def read(number: int) -> int:
        url = f"https://paper.example/{number}"
        item = Item(source="paper", key=str(number), url=url, media_type="text/html")
        return len(extractor.extract(item, pages[number], "text/html", "utf-8", url, now))

    with Worker(processes=READERS) as worker, ThreadPoolExecutor(_AT_ONCE) as pool:
        extractor = Extractor(worker)
        # Processes start with the first pages.
        _all_read(list(pool.map(read, range(count, count + READERS))))
        started = time.perf_counter()
        _all_read(list(pool.map(read, range(count))))
        return {"total": time.perf_counter() - started, "articles": float(count)}


def _all_read(found: Sequence[int]) -> None:
    if min(found) < 1:
        raise SystemExit("a page gave no article")
