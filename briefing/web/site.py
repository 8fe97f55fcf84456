"""What all requests share: the app, kept at what its configuration file says, and what runs in the background."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from briefing.config import load_config
from briefing.errors import BriefingError, ConfigError, UsageError
from briefing.text import digest
from briefing.web.figures import Figures, figures_of
from briefing.web.pacing import Pacing
from briefing.web.previews import Previews

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.types import Edition
    from briefing.web.access import Reader

log = logging.getLogger(__name__)

ASKS = 4
"""Summaries on demand under way at a time; who comes later is asked to come again."""
KEPT_RUNS = 200
KEPT_PAGES = 64
"""Pages of editions that are kept as text, some 60 KB each."""
LOCKED_FOR = 2.0
"""Seconds for which it is believed that there are (no) users; a command may add the first one at any time."""


@dataclass(frozen=True, slots=True)
class Run:
    """An edition that was asked for. `state` is running, made, there (its slot had one already) or failed."""

    id: str
    briefing: str
    day: date
    state: str
    started: datetime
    ended: datetime | None = None
    edition: str | None = None
    message: str | None = None


class Busy(UsageError):
    """More was asked at once than is done at once."""


class Site:
    """One per process. `app` is used by several threads."""

    def __init__(self, app: App, *, loopback: bool = True) -> None:
        self.app = app
        self.loopback = loopback
        self.pacing = Pacing(app.config.web.changes_a_minute)
        self._locked = (-LOCKED_FOR, False)
        self.mistakes: tuple[str, ...] = ()
        self._stamp = self._file_stamp()
        self._lock = threading.Lock()
        self._asks = threading.BoundedSemaphore(ASKS)
        self._runs: dict[str, Run] = {}
        self.previews = Previews()
        self._edition = lru_cache(maxsize=32)(self._load)
        self.figures = lru_cache(maxsize=2_000)(self._figures)
        self.generation = 0
        self.kept_pages: OrderedDict[object, tuple[str, str]] = OrderedDict()
        # Stands in a kept page where each reader's own token goes.
        self.token_place = f"token-{secrets.token_hex(16)}"

    # People

    @property
    def locked(self) -> bool:
        """Whether people must say who they are: there are users, or a proxy that names them."""
        if self.app.config.web.proxy is not None:
            return True
        looked, found = self._locked
        now = time.monotonic()
        if now - looked > LOCKED_FOR:
            found = self.app.store.people.any()
            self._locked = (now, found)
        return found

    @cached_property
    def form_secret(self) -> bytes:
        """What the tokens of forms are made with."""
        return self.app.store.secret("forms")

    def note(self, reader: Reader | None, action: str, subject: str, detail: str = "", *, via: str = "page") -> None:
        """Put what somebody changed into the log."""
        who = "" if reader is None else reader.name or "owner"
        self.app.store.people.note(self.app.now(), who, via, action, subject, detail)

    # The configuration

    def _file_stamp(self) -> tuple[int, int] | None:
        if self.app.path is None:
            return None
        try:
            found = self.app.path.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)

    @property
    def stale(self) -> bool:
        """Whether the file on disk is another than was last looked at."""
        return self._stamp != self._file_stamp()

    def refresh(self) -> None:
        """Look whether the configuration's file was changed. What is right is taken over as a whole; of what is wrong
        nothing is, and `mistakes` says what and where.
        """
        stamp = self._file_stamp()
        if stamp == self._stamp or self.app.path is None:
            return
        with self._lock:
            if stamp == self._stamp:
                return
            try:
                self.app.reload(load_config(self.app.path, os.environ))
                self.mistakes = ()
                self.generation += 1
                log.info("%s was read again", self.app.path.name)
            except ConfigError as error:
                self.mistakes = tuple(str(problem) for problem in error.problems)
                log.warning("%s; the configuration before it stays in use", error)
            except BriefingError as error:
                self.mistakes = (str(error),)
            self._stamp = stamp

    # Editions

    def _load(self, identity: str) -> Edition | None:
        return self.app.store.edition_by_id(identity)

    def _figures(self, identity: str) -> Figures | None:
        found = self.app.store.edition_by_id(identity)
        return None if found is None else figures_of(found)

    def edition(self, identity: str) -> Edition | None:
        """An edition by its id. What is saved never changes, so it is kept; a missing one is looked for again."""
        found = self._edition(identity)
        if found is None:
            self._edition.cache_clear()
        return found

    def kept_page(self, key: object, make: Callable[[], str]) -> tuple[str, str]:
        """A page's text and digest, made once for the same `key`. Templates of the user's may change at any time, and
        their pages are made each time."""
        if self.app.config.templates is not None:
            made = make()
            return made, digest(made)
        with self._lock:
            found = self.kept_pages.get(key)
            if found is not None:
                self.kept_pages.move_to_end(key)
                return found
        text = make()
        found = (text, digest(text))
        with self._lock:
            self.kept_pages[key] = found
            while len(self.kept_pages) > KEPT_PAGES:
                self.kept_pages.popitem(last=False)
        return found

    # Asking

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """Room for one summary on demand. Raises Busy if there is none."""
        if not self._asks.acquire(blocking=False):
            raise Busy(f"{ASKS} summaries are being made already; try again in a moment")
        try:
            yield
        finally:
            self._asks.release()

    # Runs

    def start_run(self, briefing: str, day: date, *, key: str | None = None) -> Run:
        """Make an edition in the background. The same `key`, or the same slot while it is made, is the same run."""
        now = self.app.now()
        with self._lock:
            for run in self._runs.values():
                if run.state == "running" and (run.briefing, run.day) == (briefing, day):
                    return run
            identity = digest("run", briefing, day.isoformat(), key or now.isoformat())
            if key is not None and identity in self._runs:
                return self._runs[identity]
            run = Run(identity, briefing, day, "running", now)
            self._runs[identity] = run
            while len(self._runs) > KEPT_RUNS:
                self._runs.pop(next(iter(self._runs)))
        threading.Thread(target=self._make, args=(run,), name=f"run {briefing}", daemon=True).start()
        return run

    def _make(self, run: Run) -> None:
        try:
            outcome = self.app.run(run.briefing, run.day)
            state = "made" if outcome.made else "there"
            done = replace(run, state=state, edition=outcome.edition.id)
        except BriefingError as error:
            done = replace(run, state="failed", message=str(error))
        except Exception as error:  # whoever asked must hear of a bug, too; the log has its traceback
            log.exception("run of %s", run.briefing)
            done = replace(run, state="failed", message=f"its code failed: {type(error).__name__}")
        with self._lock:
            self._runs[run.id] = replace(done, ended=self.app.now())

    def run(self, identity: str) -> Run | None:
        """A run that was started by this process."""
        return self._runs.get(identity)
