"""How often anybody may try: logins by name and address, changing requests by reader. Counted in this process."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from briefing.web.problems import Refused

LOGIN_HERE = parse("5 per 5 minutes")
"""Tries of one name from one address."""
LOGIN_FROM = parse("30 per 15 minutes")
"""Tries of any names from one address."""
LOGIN_AS = parse("60 per hour")
"""Tries of one name from anywhere. It is wide, as it can be used to keep somebody out."""


class Pacing:
    """Moving windows: at most so many in any stretch of that length."""

    def __init__(self, changes_a_minute: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._changes = RateLimitItemPerMinute(changes_a_minute)

    def change(self, who: str) -> None:
        """Count a changing request. Raises Refused (429) if there were too many."""
        self._count(self._changes, "These are too many changes in a minute.", "change", who)

    def login(self, name: str, address: str) -> None:
        """Count a try to log in, before it is looked at. Raises Refused (429) if there were too many."""
        words = "There were too many tries to log in."
        self._count(LOGIN_FROM, words, "login from", address)
        self._count(LOGIN_HERE, words, "login here", name, address)
        self._count(LOGIN_AS, words, "login as", name)

    def logged_in(self, name: str, address: str) -> None:
        """The right password came: what was tried before from there is forgotten."""
        self._limiter.clear(LOGIN_HERE, "login here", name, address)

    def _count(self, item: RateLimitItem, words: str, *key: str) -> None:
        if not self._limiter.hit(item, *key):
            wait = max(1, math.ceil(self._limiter.get_window_stats(item, *key).reset_time - time.time()))
            raise Refused(429, f"{words} Try again in {wait} seconds.", {"Retry-After": str(wait)})
