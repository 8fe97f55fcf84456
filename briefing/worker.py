"""Runs what reads foreign bytes in a process that can be killed: limits on time, and on processor time and memory where
the system has them (RLIMIT_CPU, RLIMIT_AS). A hang or a crash there is one item's error, never the run's."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from types import TracebackType
from typing import TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from briefing.errors import BriefingError, ExtractError, ItemError

Result = TypeVar("Result")

DEFAULT_SECONDS = 30.0
"""By the clock. A call has as much processor time, which ends it even where the clock stands still for it."""
CALLS = 500
"""After so many calls the process is replaced, so that what a library leaks stays small."""
_SIGXCPU = int(getattr(signal, "SIGXCPU", 0))
DEFAULT_MEMORY = 2_000_000_000
"""Bytes of address space. trafilatura's largest honest pages stay far below."""


def _limit(memory: int) -> None:
    # Only what this process inherits is silenced: libraries log every oddity of every page.
    logging.disable(logging.ERROR)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # Ctrl-C belongs to the parent, which then closes the pool.
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _limit_processor(seconds: float) -> None:
    """Give this process `seconds` more of processor time, all its threads together; then the system ends it."""
    if sys.platform != "win32":
        import resource

        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds) + 1, resource.RLIM_INFINITY))


class Worker:
    """Processes that run functions, each one call at a time. They start with the first call.

    Functions and arguments must be importable and picklable, since the process starts afresh (spawn): a
    fork of a process with threads, or with a model's weights in memory, would inherit both.
    """

    def __init__(self, seconds: float = DEFAULT_SECONDS, memory: int = DEFAULT_MEMORY, processes: int = 1) -> None:
        self._seconds = seconds
        self._memory = memory
        self._processes = processes
        self._pool: ProcessPool | None = None
        self._starting = threading.Lock()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def rest(self) -> None:
        """Let what is being done come to its end, then give back what the processes hold; a call starts new ones."""
        with self._starting:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
            pool.join()

    def close(self) -> None:
        """End the processes; a call starts new ones."""
        if self._pool is not None:
            self._pool.stop()
            self._pool.join()
            self._pool = None

    def _running(self) -> ProcessPool:
        with self._starting:
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self._processes,
                    max_tasks=CALLS,
                    context=multiprocessing.get_context("spawn"),
                    initializer=_limit,
                    initargs=(self._memory,),
                )
            return self._pool

    def _scheduled(self, function: Callable[..., object], arguments: tuple[object, ...]) -> ProcessFuture:
        work = (function, *arguments)
        try:
            return self._running().schedule(_call, args=(self._seconds, *work), timeout=self._seconds)
        except RuntimeError:
            # A pool whose process could not be started gives up for good; a fresh one may do better.
            with self._starting:
                self._pool = None
            return self._running().schedule(_call, args=(self._seconds, *work), timeout=self._seconds)

    def call(self, subject: str, function: Callable[..., Result], *arguments: object) -> Result:
        """`function(*arguments)`, run in the process.

        Raises what the function raises if that is an ItemError; ExtractError naming `subject` if it ran
        out of time or memory, crashed, or raised anything else.
        """
        try:
            outcome = self._scheduled(function, arguments).result()
        except FutureTimeout as error:
            raise ExtractError(subject, f"reading it took more than {self._seconds:g} s and was stopped") from error
        except ProcessExpired as error:
            if error.exitcode == -_SIGXCPU:
                words = f"reading it took more than {self._seconds:g} s of processor time and was stopped"
                raise ExtractError(subject, words) from error
            raise ExtractError(subject, f"reading it crashed the reader (exit code {error.exitcode})") from error
        except MemoryError as error:
            raise ExtractError(subject, f"reading it took more than {self._memory / 1e9:g} GB of memory") from error
        except BriefingError:
            raise
        except Exception as error:  # foreign bytes make parsers raise nearly anything; it concerns this one item
            raise ExtractError(subject, f"it can't be read: {type(error).__name__}: {error}") from error
        if isinstance(outcome, _Failure):
            raise outcome.kind(subject, outcome.message, retryable=outcome.retryable)
        return outcome


class _Failure:
    """An ItemError on its way between processes: its constructor takes more than pickle would give it."""

    def __init__(self, error: ItemError) -> None:
        self.kind, self.message, self.retryable = type(error), error.message, error.retryable


def _call(seconds: float, function: Callable[..., Result], *arguments: object) -> Result | _Failure:
    _limit_processor(seconds)
    try:
        return function(*arguments)
    except ItemError as error:
        return _Failure(error)
