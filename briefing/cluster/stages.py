"""What Ray's actors do: batches of pickled work in, batches of pickled results out.

A batch is a table with the columns `at` (which piece of work it is) and `work` or `done` (bytes). Each class is made
once per actor, with what its models are made from.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy

from briefing.cluster.workshop import Workshop
from briefing.runtime import Answers
from briefing.store import UnreadItem
from briefing.types import Pick, Thread

__all__ = ["Asks", "Batch", "Compares", "Order", "Reads", "Tells"]

Batch = dict[str, Any]
Make = Callable[[], Workshop]


@dataclass(frozen=True, slots=True)
class Order:
    """A pick to be told, in at most so many bullets, after what its thread told."""

    pick: Pick
    most: int
    thread: Thread | None


class _Stage:
    def __init__(self, make: Make) -> None:
        self._shop = make()

    def __call__(self, batch: Batch) -> Batch:
        """The batch done."""
        works = [pickle.loads(work) for work in batch["work"]]  # noqa: S301 (what our own driver has pickled)
        done = numpy.empty(len(works), dtype=object)
        for at, result in enumerate(self._done(works)):
            done[at] = pickle.dumps(result)
        return {"at": batch["at"], "done": done}

    def _done(self, works: Sequence[Any]) -> Iterator[Any]:
        raise NotImplementedError


class Asks(_Stage):
    """Work: names of sources of one site and what each returned last. Result: the answer of each, by name."""

    def _done(self, works: Sequence[Mapping[str, Mapping[str, str]]]) -> Iterator[Any]:
        known = {source.name: source for source in self._shop.sources}
        for states in works:
            answers: Answers = SimpleQueue()
            self._shop.local.ask([known[name] for name in states], states, answers)
            yield {source.name: outcome for source, outcome in (answers.get() for _ in states)}


class Reads(_Stage):
    """Work: items of one site. Result: what each holds, in order."""

    def _done(self, works: Sequence[Sequence[UnreadItem]]) -> Iterator[Any]:
        for items in works:
            yield [outcome for _, outcome in self._shop.local.read(items)]


class Compares(_Stage):
    """Work: a text. Result: its vector, or None where this machine's encoder can't be used."""

    def _done(self, works: Sequence[str]) -> Iterator[Any]:
        identity = self._shop.encoder.identity
        for row in self._shop.local.vectors(self._shop.encoder, works):
            yield row if self._shop.encoder.identity == identity else None


class Tells(_Stage):
    """Work: an order. Result: the summary or None, and what failed on the way, models that are missing too.

    `until` is the moment (seconds since 1970) from which no model is waited for.
    """

    def __init__(self, make: Make, fresh: bool, until: float, language: str | None) -> None:
        super().__init__(make)
        self._shop.teller.begin(fresh=fresh, remaining=lambda: until - time.time(), language=language)

    def _done(self, works: Sequence[Order]) -> Iterator[Any]:
        teller = self._shop.teller
        threads = {order.pick.story.id: order.thread for order in works if order.thread is not None}
        teller.expect([order.pick for order in works], works[0].most, threads)
        for order in works:
            told, problems = teller.tell(order.pick, None, order.most, order.thread)
            yield told, problems, self._shop.failures()
