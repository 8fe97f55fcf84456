"""The runtime on Ray: each kind of work is a Ray Data stage whose actors hold what it needs.

Ray Data streams the work through (it holds back what nobody takes yet), starts actors as there is work, and does again
what was lost with a machine. The driver alone writes into the store.
"""

from __future__ import annotations

import logging
import os
import pickle
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy
import ray
import ray.data

from briefing.cluster.stages import Asks, Compares, Order, Reads, Tells
from briefing.cluster.workshop import Workshop
from briefing.config import RayConfig
from briefing.engines import Embedder, Vectors
from briefing.errors import BriefingError, ItemError
from briefing.runtime import Answers, Local
from briefing.sources import Source
from briefing.store import UnreadItem
from briefing.tasks import Read
from briefing.telling import Teller, Told
from briefing.types import Pick, Thread

__all__ = ["RayRuntime"]

log = logging.getLogger(__name__)

_TEXTS = 32
_PICKS = 4


class RayRuntime:
    """`make` makes what an actor works with; it is sent to the actors. `local` does what is not worth sending.

    Raises BriefingError if the cluster can't be reached.
    """

    at_once = 512

    def __init__(self, settings: RayConfig, make: Callable[[], Workshop], local: Local) -> None:
        self._settings = settings
        self._make = make
        self._local = local
        _joined(settings)

    def ask(
        self, sources: Sequence[Source], states: Mapping[str, Mapping[str, str]], answers: Answers
    ) -> Callable[[], None]:
        """As `Runtime.ask`. Sources of one site are asked by one actor, which knows what the site wants."""
        known = {source.name: source for source in sources}
        sites: dict[str, dict[str, Mapping[str, str]]] = {}
        for source in sources:
            sites.setdefault(_site(getattr(source, "address", "")), {})[source.name] = states.get(source.name, {})
        ended = threading.Event()

        def work() -> None:
            for done in self._stage(Asks, list(sites.values()), 1):
                for name, outcome in done.items():
                    answers.put((known[name], outcome))
                if ended.is_set():
                    return

        threading.Thread(target=work, name="collect", daemon=True).start()
        return ended.set

    def read(self, waiting: Sequence[UnreadItem]) -> Generator[tuple[UnreadItem, Read | ItemError], None, None]:
        """As `Runtime.read`. Items of one site are read by one actor."""
        sites: dict[str, list[int]] = {}
        for at, unread in enumerate(waiting):
            item = unread.item
            sites.setdefault(_site(item.read_from or item.url or ""), []).append(at)
        places = list(sites.values())
        outcomes: dict[int, Read | ItemError] = {}
        read = self._stage(Reads, [[waiting[at] for at in own] for own in places], 1)
        for own, done in zip(places, read, strict=True):
            outcomes |= zip(own, done, strict=True)
        yield from ((unread, outcomes[at]) for at, unread in enumerate(waiting))

    def vectors(self, encoder: Embedder, texts: Sequence[str]) -> Vectors:
        """As `Runtime.vectors`."""
        if not encoder.meaning or len(texts) < _TEXTS:
            return self._local.vectors(encoder, texts)
        rows = list(self._stage(Compares, list(texts), _TEXTS))
        if any(row is None for row in rows):
            # A machine without the model: this one's, or words alone, as it would be without a cluster.
            return self._local.vectors(encoder, texts)
        out: Vectors = numpy.stack(rows)
        return out

    def tell(self, teller: Teller, picks: Sequence[Pick], most: int, threads: Mapping[str, Thread]) -> Iterator[Told]:
        """As `Runtime.tell`."""
        new = [pick for pick in picks if not teller.knows(pick, most, threads.get(pick.story.id))]
        if len(new) < _PICKS:
            yield from self._local.tell(teller, picks, most, threads)
            return
        orders = [Order(pick, most, threads.get(pick.story.id)) for pick in new]
        until = time.time() + teller.remaining()
        told = zip(orders, self._stage(Tells, orders, _PICKS, teller.fresh, until, teller.language), strict=True)
        for pick in picks:
            thread = threads.get(pick.story.id)
            if teller.knows(pick, most, thread):
                yield teller.tell(pick, None, most, thread)
                continue
            _, (summary, problems, failures) = next(told)
            teller.learn(pick, most, thread, (summary, [*problems, *failures]))
            yield summary, [*problems, *failures]

    def _stage(self, stage: type[Any], works: Sequence[Any], batch: int, *arguments: Any) -> Iterator[Any]:
        """The result of each piece of work, in order."""
        rows = [{"at": at, "work": pickle.dumps(work)} for at, work in enumerate(works)]
        if not rows:
            return
        blocks = -(-len(rows) // batch)
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]  # Ray gives it no types
        cores = sum(int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"])
        actors = min(self._settings.actors or max(1, cores), blocks)
        data = ray.data.from_items(rows, override_num_blocks=blocks).map_batches(
            stage,
            fn_constructor_args=(self._make, *arguments),
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=actors),
            batch_size=batch,
            num_cpus=self._settings.cpus,
            num_gpus=(self._settings.gpus or None) if stage is Tells else None,
            max_restarts=-1,
            max_task_retries=-1,
        )
        waiting: dict[int, Any] = {}
        wanted = 0
        for row in _rows(data):
            waiting[int(row["at"])] = pickle.loads(row["done"])  # noqa: S301 (what our own actors have pickled)
            while wanted in waiting:
                yield waiting.pop(wanted)
                wanted += 1


def _rows(data: ray.data.Dataset) -> Iterator[dict[str, Any]]:
    try:
        yield from data.iter_rows()
    except ray.exceptions.RayError as error:
        raise BriefingError(f"Ray could not do the work: {str(error).strip().splitlines()[-1]}") from error


def _site(address: str) -> str:
    parts = urlsplit(address)
    return parts.hostname or address


def _joined(settings: RayConfig) -> None:
    if ray.is_initialized():
        return
    # Ray would tell its makers that it is used.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(
            address=settings.address,
            include_dashboard=False if settings.address is None else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
            namespace="briefing",
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = settings.address or "this machine"
        raise BriefingError(f"Ray can't be used at {where}: {error}") from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
