"""What is told soon, screened, read and begun while something else is being checked: models leave cores free."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, runtime_checkable

from briefing.engines import Engine
from briefing.errors import ModelUnavailable
from briefing.screening import Screened
from briefing.text import digest
from briefing.types import Article, Pick, Story

__all__ = ["Ahead", "ReadsAhead"]

log = logging.getLogger(__name__)

DEPTH = 4
"""Picks that are made ready before their turn."""
THREADS = 2
KNOWN = 2000
"""Stories that are remembered as read: they are told from memory to the next reader, and need no reading."""


@runtime_checkable
class ReadsAhead(Protocol):
    """An engine that several threads may use at once; it can read articles before it is asked to tell them."""

    def load(self) -> None:
        """Load what it needs, from any thread. Raises ModelUnavailable."""
        ...

    def read_ahead(self, articles: Sequence[Article]) -> None:
        """From any thread. Raises ModelError."""
        ...


class Ahead:
    """Makes picks ready a few before their turn: screened, and read by `engine` if it can do so.

    What fails is left to whoever tells: it meets the same, and says so.
    """

    def __init__(self, screened: Callable[[Pick], Screened], engine: Engine) -> None:
        self._screened = screened
        self._engine = engine
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[Pick] = deque()
        self._voices: Callable[[Story], Sequence[Article]] = lambda story: story.articles
        self._tell: Callable[[Pick], None] = lambda shown: None
        self._begun: dict[str, Future[Screened]] = {}
        self._read: OrderedDict[str, None] = OrderedDict()

    def get_ready(self) -> None:
        """Load what the engine needs, in a thread."""
        engine = self._engine
        if isinstance(engine, ReadsAhead):
            threading.Thread(target=_loaded, args=(engine,), name="load", daemon=True).start()

    def expect(
        self, picks: Iterable[Pick], voices: Callable[[Story], Sequence[Article]], tell: Callable[[Pick], None]
    ) -> None:
        """These are told next, in this order, instead of what was expected before, from these articles of each.

        `tell` has the engine answer on a pick as it may be shown, from a thread; the answer is kept by whoever tells.
        """
        for left in self._begun.values():
            left.cancel()
        self._begun.clear()
        self._waiting, self._voices, self._tell = deque(picks), voices, tell
        # One alone has nothing beside which it could be read.
        if len(self._waiting) > 1:
            self._begin()

    def of(self, pick: Pick) -> Screened | None:
        """The pick screened, if it was expected."""
        begun = self._begun.pop(pick.story.id, None)
        if begun is None:
            return None
        self._begin()
        if begun.exception() is not None:
            return None
        screened = begun.result()
        return screened if screened.pick == pick else None

    def _begin(self) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ahead")
        while self._waiting and len(self._begun) < DEPTH:
            pick = self._waiting.popleft()
            self._begun[pick.story.id] = self._pool.submit(self._ready, pick, self._voices, self._tell)

    def _ready(
        self, pick: Pick, voices: Callable[[Story], Sequence[Article]], tell: Callable[[Pick], None]
    ) -> Screened:
        screened = self._screened(pick)
        if isinstance(self._engine, ReadsAhead):
            articles = voices(screened.shown.story)
            mark = digest(*(part for article in articles for part in (article.id, article.text)))
            if mark not in self._read:
                self._engine.read_ahead(articles)
                self._read[mark] = None
                while len(self._read) > KNOWN:
                    self._read.popitem(last=False)
            tell(screened.shown)
        return screened


def _loaded(engine: ReadsAhead) -> None:
    try:
        engine.load()
    except ModelUnavailable as error:
        log.debug("%s", error)
