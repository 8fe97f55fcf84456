"""What asking a server costs: a budget for each edition, and how many requests a minute may go out."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from briefing.engines.chats import Reply, Usage
from briefing.errors import ModelError, ModelUnavailable

if TYPE_CHECKING:
    from briefing.config import ServerEngineConfig

__all__ = ["BUDGET", "Failure", "Meter"]

BUDGET = "its budget"
_LEAST_TOKENS = 32
"""A budget that leaves fewer tokens for a reply is used up."""


class Failure(Exception):
    """A try that came to nothing.

    `again`: whether another may help; `wait`: seconds the server asked for; `billed`: the reply may have to be
    paid for all the same.
    """

    def __init__(
        self, error: ModelError, *, again: bool = False, wait: float | None = None, billed: bool = False
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.again = again
        self.wait = wait
        self.billed = billed


class Meter:
    """Counts what an edition has used, and sets aside what requests under way may still use."""

    def __init__(self, settings: ServerEngineConfig, subject: str) -> None:
        self._settings = settings
        self._subject = subject
        self._lock = threading.Lock()
        self._asked: deque[float] = deque()
        self.begin()

    def begin(self) -> None:
        """A new edition: nothing is used."""
        with self._lock:
            self.used = Usage()
            self._tokens = 0
            self._money = 0.0

    def reserve(self, tokens_in: int, max_new_tokens: int) -> int:
        """Tokens the reply may have, which are set aside until `settle`. Raises Failure."""
        settings = self._settings
        with self._lock:
            allowed = max_new_tokens
            if settings.budget_tokens is not None:
                left = settings.budget_tokens - self.used.tokens_in - self.used.tokens_out - self._tokens
                allowed = min(allowed, left - tokens_in)
            if settings.budget_money is not None:
                money = settings.budget_money - self.used.cost - self._money - self._price(tokens_in, 0)
                if settings.price_out:
                    allowed = min(allowed, int(money / settings.price_out * 1e6))
                elif money < 0:
                    allowed = 0
            if allowed < min(_LEAST_TOKENS, max_new_tokens):
                amounts = [f"{settings.budget_tokens:,} tokens"] if settings.budget_tokens else []
                amounts += [f"{settings.budget_money:g} in money"] if settings.budget_money else []
                amount = " and ".join(amounts)
                raise Failure(ModelUnavailable(self._subject, f"{BUDGET} of {amount} for an edition is used up"))
            self._tokens += tokens_in + allowed
            self._money += self._price(tokens_in, allowed)
        return allowed

    def settle(self, tokens_in: int, allowed: int, reply: Reply, seconds: float) -> None:
        """What was set aside is free again; what the reply took is used."""
        with self._lock:
            self._tokens -= tokens_in + allowed
            self._money -= self._price(tokens_in, allowed)
            cost = self._price(reply.tokens_in, reply.tokens_out)
            self.used += Usage(1, reply.tokens_in, reply.tokens_out, seconds, cost)

    def in_turn(self, until: float) -> None:
        """Wait until another request may go out this minute. Raises Failure if that is after `until`."""
        limit = self._settings.requests_per_minute
        while limit is not None:
            with self._lock:
                now = time.monotonic()
                while self._asked and now - self._asked[0] >= 60:
                    self._asked.popleft()
                if len(self._asked) < limit:
                    self._asked.append(now)
                    return
                pause = 60 - (now - self._asked[0])
            if now + pause >= until:
                words = f"its {limit} requests a minute (requests_per_minute) are used up"
                raise Failure(ModelUnavailable(self._subject, words))
            time.sleep(pause)

    def _price(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self._settings.price_in + tokens_out * self._settings.price_out) / 1e6
