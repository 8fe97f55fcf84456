"""Where the work is done that can be spread: sources asked, items read, articles compared, picks told.

The pipeline is the same wherever that is. It hands work to a `Runtime` and alone writes what comes back into the store,
so work that is lost with a machine and done again changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import Protocol

from briefing.engines import Embedder, Vectors
from briefing.errors import ItemError
from briefing.extract import Extractor
from briefing.fetch import Fetcher
from briefing.sources import Source
from briefing.store import UnreadItem
from briefing.tasks import Failure, Read, ask, read
from briefing.telling import Teller, Told
from briefing.types import Collected, Pick, Thread

__all__ = ["Answers", "Local", "Runtime"]

Answers = SimpleQueue[tuple[Source, Collected | Failure]]

_PARALLEL = 8
"""Items that are fetched at once."""


class Runtime(Protocol):
    """Does what is spread. What fails is an answer too; nothing is raised but by a bug.

    `at_once` is how many items are read at once: what they hold is kept in memory until it is their turn.
    """

    at_once: int

    def ask(
        self, sources: Sequence[Source], states: Mapping[str, Mapping[str, str]], answers: Answers
    ) -> Callable[[], None]:
        """Begin to ask sources, each with the state it returned last; answers are put into the queue as they come.

        What is returned makes an end: who has not been asked by then is not.
        """
        ...

    def read(self, waiting: Sequence[UnreadItem]) -> Generator[tuple[UnreadItem, Read | ItemError], None, None]:
        """Each item read, in order."""
        ...

    def vectors(self, encoder: Embedder, texts: Sequence[str]) -> Vectors:
        """One row per text, as `encoder.encode_each`."""
        ...

    def tell(self, teller: Teller, picks: Sequence[Pick], most: int, threads: Mapping[str, Thread]) -> Iterator[Told]:
        """Each pick told, in order, as `teller` tells it."""
        ...


class Local:
    """This process, with threads for what waits for others."""

    at_once = 2 * _PARALLEL

    def __init__(self, fetcher: Fetcher, extractor: Extractor, max_bytes: int, parallel: int = 16) -> None:
        self._fetcher = fetcher
        self._extractor = extractor
        self._max_bytes = max_bytes
        self._parallel = parallel

    def ask(
        self, sources: Sequence[Source], states: Mapping[str, Mapping[str, str]], answers: Answers
    ) -> Callable[[], None]:
        """As `Runtime.ask`."""
        waiting: SimpleQueue[Source] = SimpleQueue()
        for source in sources:
            waiting.put(source)

        def work() -> None:
            while True:
                try:
                    source = waiting.get_nowait()
                except Empty:
                    return
                answers.put((source, ask(source, states.get(source.name, {}))))

        # Threads of our own: a pool would wait for all of them, and a server that hangs may take its time.
        for number in range(min(self._parallel, len(sources))):
            threading.Thread(target=work, name=f"collect {number}", daemon=True).start()

        def end() -> None:
            while True:
                try:
                    waiting.get_nowait()
                except Empty:
                    return

        return end

    def read(self, waiting: Sequence[UnreadItem]) -> Generator[tuple[UnreadItem, Read | ItemError], None, None]:
        """As `Runtime.read`."""

        def one(unread: UnreadItem) -> Read | ItemError:
            return read(self._fetcher, self._extractor, self._max_bytes, unread)

        with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="read") as pool:
            yield from zip(waiting, pool.map(one, waiting), strict=True)

    def vectors(self, encoder: Embedder, texts: Sequence[str]) -> Vectors:
        """As `Runtime.vectors`."""
        return encoder.encode_each(list(texts))

    def tell(self, teller: Teller, picks: Sequence[Pick], most: int, threads: Mapping[str, Thread]) -> Iterator[Told]:
        """As `Runtime.tell`."""
        teller.expect(picks, most, threads)
        for pick in picks:
            yield teller.tell(pick, None, most, threads.get(pick.story.id))
