"""`briefing serve`: a `schedule.Scheduler` drives, the store's ledger decides.

Each minute every briefing is asked whether an issue is due that has no edition yet. That is why a run that
was missed (the machine slept, the program was down) is caught up once, and none is ever made twice.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from schedule import Scheduler

from briefing import clock
from briefing.app import App
from briefing.config import BriefingConfig
from briefing.errors import BriefingError

log = logging.getLogger(__name__)

MAX_FAILURES = 3
"""Tries of one slot in a row before it is left for `RETRY_AFTER`."""

RETRY_AFTER = timedelta(minutes=15)


class Service:
    """Runs until `stop` is called. A failing job is logged, and the next one runs all the same."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._scheduler = Scheduler()
        self._scheduler.every(1).minutes.do(self.tick)
        self._stopped = threading.Event()
        self._failures: dict[tuple[str, str], tuple[int, datetime]] = {}

    def run(self) -> None:
        """Look at once, then each minute, until stopped."""
        for briefing in self._app.config.briefings:
            log.info("%s", self.next_line(briefing))
        self.tick()
        while not self._stopped.is_set():
            wait = self._scheduler.idle_seconds
            self._stopped.wait(max(0.0, min(60.0, wait if wait is not None else 60.0)))
            if not self._stopped.is_set():
                self._scheduler.run_pending()

    def stop(self) -> None:
        """End `run` after the job that is under way."""
        self._stopped.set()

    def tick(self) -> None:
        """Make what is due and deliver what waits. Never raises: a job's fault is not the service's."""
        for briefing in self._app.config.briefings:
            try:
                self._make_if_due(briefing)
            # Whatever a job raises, the other briefings and tomorrow's run must not fall with it.
            except Exception:
                log.exception("briefing %s failed", briefing.name)
        try:
            self._app.deliver_pending()
        # A bug in delivering must not end the service either; the rows stay in the outbox.
        except Exception:
            log.exception("delivering failed")

    def _make_if_due(self, briefing: BriefingConfig) -> None:
        plan, now = briefing.schedule, self._app.now()
        due = clock.latest_due(now, plan.at, plan.days, briefing.time_zone, timedelta(hours=plan.catch_up))
        if due is None or self._app.store.edition(briefing.name, due.slot) is not None:
            return
        key = (briefing.name, due.slot)
        failures, last = self._failures.get(key, (0, now))
        if failures >= MAX_FAILURES and now - last < RETRY_AFTER:
            return
        try:
            outcome = self._app.run(briefing.name, due.day)
        except BriefingError as error:
            self._failures[key] = (failures + 1, now)
            log.error("%s %s: %s", briefing.name, due.slot, error)
            return
        # A bug counts as a failure of the slot too, or it would be tried each minute for ever; `tick` logs it.
        except Exception:
            self._failures[key] = (failures + 1, now)
            raise
        self._failures.pop(key, None)
        late = now - due.moment
        words = f", caught up {late.total_seconds() / 60:.0f} minutes late" if late > timedelta(minutes=5) else ""
        log.info("%s %s: %d stories%s", briefing.name, due.slot, len(outcome.edition.summaries), words)
        for delivery in outcome.undelivered:
            log.warning("%s: %s", delivery.recipient, delivery.detail)
        log.info("%s", self.next_line(briefing))

    def next_line(self, briefing: BriefingConfig) -> str:
        """When the briefing's next issue is due, in words."""
        due = clock.next_due(self._app.now(), briefing.schedule.at, briefing.schedule.days, briefing.time_zone)
        if due is None:
            return f"{briefing.name}: never due"
        return f"{briefing.name}: next issue {due.slot} at {briefing.schedule.at:%H:%M} {briefing.time_zone}"
