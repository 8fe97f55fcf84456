"""A model's passes beside each other, each on one core.

torch can spread one pass over all cores instead. The passes here are short (a window of text, a few sentences), and
cores that wait for each other after every multiplication lose a fifth of an idle machine and most of a busy one. One
core a pass also makes what is computed the same however many there are.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["Passes", "cores"]

T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Passes:
    """Threads for the passes of models, as many as cores or as asked for; started with the first pass.

    What a pass does may not run another one here: it would wait for a thread that it holds itself.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._count = threads or cores()
        self._pool: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()

    def run(self, work: Callable[[T], R], over: Sequence[T]) -> list[R]:
        """`work` of each, in order. Raises what the first that failed raised."""
        return list(self._started().map(work, over)) if over else []

    def _started(self) -> ThreadPoolExecutor:
        with self._starting:
            if self._pool is None:
                self._pool = _pool(self._count)
            return self._pool


def _pool(count: int) -> ThreadPoolExecutor:
    import torch

    # torch keeps the number for each thread, and hands the last one set to threads that are new.
    before = torch.get_num_threads()
    together = threading.Barrier(count)

    def begin() -> None:
        # New is a thread until it has asked; without this it would be handed `before` with its first pass.
        torch.get_num_threads()
        torch.set_num_threads(1)
        together.wait()

    pool = ThreadPoolExecutor(count, thread_name_prefix="pass")
    for done in [pool.submit(begin) for _ in range(count)]:
        done.result()
    torch.set_num_threads(before)
    return pool
