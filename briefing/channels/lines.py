"""Connections that many messages share, and how many of them one domain gets in a minute."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from briefing.types import Message

__all__ = ["MINUTE", "Allowance", "Line", "Lined"]

MINUTE = 60.0


class Line(Protocol):
    """An open way to a server."""

    def close(self) -> None:
        """Say goodbye. Never raises."""
        ...


@runtime_checkable
class Lined(Protocol):
    """A channel whose messages may share a connection: with each other, and with those of other channels of one `line`.

    `per_minute` is how many messages one recipient's domain may get in a minute; None for any number.
    """

    line: str
    per_minute: int | None

    def open(self) -> Line:
        """A line, not connected before it is needed."""
        ...

    def send_by(self, line: Line, message: Message) -> str:
        """As `send`, over a line that `open` of a channel of the same line gave."""
        ...


class Allowance:
    """How many messages each domain got in the last minute. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: dict[str, deque[float]] = defaultdict(deque)

    def wait(self, recipient: str, per_minute: int | None) -> float:
        """Seconds until the domain of an address may get another message; 0 if it may now."""
        if per_minute is None:
            return 0.0
        sent, now = self._sent[_domain(recipient)], self._clock()
        while sent and now - sent[0] >= MINUTE:
            sent.popleft()
        return 0.0 if len(sent) < per_minute else sent[len(sent) - per_minute] + MINUTE - now

    def note(self, recipient: str) -> None:
        """One more is sent."""
        self._sent[_domain(recipient)].append(self._clock())


def _domain(recipient: str) -> str:
    return recipient.rpartition("@")[2].casefold()
