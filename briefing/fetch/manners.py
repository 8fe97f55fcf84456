"""How we behave towards one server: few connections at once, pauses, its wish to be left alone, robots.txt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from briefing.errors import FetchError

LONGEST_PAUSE = 5.0
"""Seconds a request waits by itself for a server that asked to be left alone; past that it is for a later run."""
LONGEST_CRAWL = 30.0
"""Seconds a page may wait in the line that a Crawl-delay makes; past that it is for a later run."""
LONGEST_REST = 24 * 3600.0
ROBOTS_BYTES = 250_000
RULES_HOLD = 24 * 3600.0
RULES_FAILED = 3600.0


def origin_of(url: str) -> str:
    """Scheme, host and port of `url`, as they are compared.

    >>> origin_of("HTTPS://News.Example:443/a"), origin_of("http://me:x@[2001:db8::1]:8080/")
    ('https://news.example:443', 'http://[2001:db8::1]:8080')
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    return f"{parts.scheme.lower()}://{f'[{host}]' if ':' in host else host}:{port}"


def shown(url: str) -> str:
    """`url` as it may be printed: without credentials, without the values of its query, which may be keys, and without
    characters that print nothing.

    >>> shown("https://me:secret@news.example/feed?token=abc#x")
    'https://news.example/feed?…'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that can't be read"
    host = parts.netloc.rpartition("@")[2]
    words = f"{parts.scheme}://{host}{parts.path}{'?…' if parts.query else ''}"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words)


def seconds_of(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After asks for (RFC 9110, 10.2.3): a number or a date. None if it says neither.

    >>> seconds_of("120"), seconds_of("soon")
    (120.0, None)
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST_REST)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    # The only place that needs the wall clock: the header names a moment, and is used up at once.
    left = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - (now or datetime.now(UTC))).total_seconds()
    return min(max(left, 0.0), LONGEST_REST)


def max_age(header: str | None) -> float | None:
    """Seconds of a Cache-Control header's max-age, or None.

    >>> max_age("public, max-age=1800"), max_age("no-cache, max-age=60"), max_age("")
    (1800.0, None, None)
    """
    parts = [part.strip().lower() for part in (header or "").split(",")]
    if "no-cache" in parts or "no-store" in parts:
        return None
    ages = [part.partition("=")[2].strip('"') for part in parts if part.startswith("max-age=")]
    return float(ages[0][:12]) if ages and ages[0].isascii() and ages[0].isdigit() else None


class Manners:
    """Shared by all requests of a fetcher; safe to use from many threads."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        # A service meets new servers for years: what stands for one goes with the last request that needs it.
        self._gates: WeakValueDictionary[str, threading.BoundedSemaphore] = WeakValueDictionary()
        self._reading: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._next: dict[str, float] = {}
        self._rest: dict[str, float] = {}
        self._robots: dict[str, tuple[float, _Rules]] = {}

    @contextmanager
    def turn(self, url: str, delay: float = 0.0) -> Iterator[None]:
        """A turn at the server of `url`, `delay` seconds after the one before. Raises FetchError where that is long."""
        origin = origin_of(url)
        with self._lock:
            now = time.monotonic()
            rest = self._rest.get(origin, 0.0) - now
            if rest > LONGEST_PAUSE:
                raise FetchError(
                    url,
                    f"{urlsplit(url).hostname} asked to be left alone for another {_duration(rest)}",
                    retryable=True,
                    kind="limited",
                    retry_after=rest,
                    postponed=True,
                )
            line = max(self._next.get(origin, 0.0) - now, 0.0) if delay else 0.0
            if line > LONGEST_CRAWL:
                raise FetchError(
                    url,
                    f"{urlsplit(url).hostname} wants {delay:g} s between two pages; this one is read at a later run",
                    retryable=True,
                    kind="limited",
                    retry_after=line,
                    postponed=True,
                )
            wait = max(rest, line, 0.0)
            if delay:
                self._next[origin] = now + wait + delay
            gate = self._gates.setdefault(origin, threading.BoundedSemaphore(self._at_once))
        if wait > 0:
            time.sleep(wait)
        with gate:
            yield

    def rest(self, url: str, seconds: float) -> None:
        """The server of `url` wants to be left alone for so long."""
        with self._lock:
            self._rest[origin_of(url)] = time.monotonic() + min(seconds, LONGEST_REST)

    def rules(self, url: str, fetch: Callable[[str], tuple[int | None, bytes]]) -> _Rules:
        """The robots.txt of the server of `url`, read once a day (RFC 9309, 2.4), where it could not be read once an
        hour. `fetch` gives status and body; no status: not reached. Rules that can't be read anew hold on."""
        origin = origin_of(url)
        with self._lock:
            reading = self._reading.setdefault(origin, threading.Lock())
        with reading:
            until, known = self._robots.get(origin, (0.0, None))
            if known is None or time.monotonic() >= until:
                status, body = fetch(f"{origin}/robots.txt")
                found = _Rules(status, body)
                failed = status is None or found.broken
                if known is None or not failed:
                    known = found
                with self._lock:
                    self._forget()
                    self._robots[origin] = (time.monotonic() + (RULES_FAILED if failed else RULES_HOLD), known)
            return known

    def _forget(self) -> None:
        """Drop what no longer holds."""
        now = time.monotonic()
        for moments in (self._next, self._rest):
            for origin in [origin for origin, until in moments.items() if until < now]:
                del moments[origin]
        for origin in [origin for origin, (until, _) in self._robots.items() if until + RULES_HOLD < now]:
            del self._robots[origin]


class _Rules:
    """What a robots.txt allows, as RFC 9309 reads it: none (4xx) allows all, a broken server (5xx) nothing."""

    def __init__(self, status: int | None, body: bytes) -> None:
        from protego import Protego

        self.broken = status is not None and status >= 500
        self._rules = None
        if status == 200:
            self._rules = Protego.parse(body[:ROBOTS_BYTES].decode("utf-8-sig", "replace"))

    def allows(self, url: str, agent: str) -> bool:
        return self._rules is None or bool(self._rules.can_fetch(url, agent))

    def delay(self, agent: str) -> float:
        """Seconds between two requests."""
        found = self._rules.crawl_delay(agent) if self._rules is not None else None
        return min(max(float(found), 0.0), LONGEST_REST) if found else 0.0

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """Addresses of the sitemaps it names."""
        return tuple(self._rules.sitemaps)[:20] if self._rules is not None else ()


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
