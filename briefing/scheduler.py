"""`briefing serve`: a `schedule.Scheduler` drives, the store's ledger decides.

Each minute it is asked what is due: sources by their own pace, issues by the plan of their briefing, deliveries by the
outbox. An issue is begun as long before its time as the last ones took, and sent at its time. One that was missed (the
machine slept, the program was down) is caught up once within its window, or else noted as missed. Work is done in
threads, so that nothing slow keeps the clock from going on: not a source, not a channel, not a model that hangs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from schedule import Scheduler

from briefing import clock
from briefing.app import App
from briefing.config import BriefingConfig
from briefing.errors import BeingMade, BriefingError
from briefing.heap import share_heaps
from briefing.notify import ready, stopping, watchdog
from briefing.store.issues import FAILED

log = logging.getLogger(__name__)

MAX_FAILURES = 3
"""Tries of one issue before it is made without models."""
RETRY_AFTER = timedelta(minutes=1)
"""How long an issue rests after it failed; twice as long after each further time."""
LONGEST_RETRY = timedelta(hours=1)

USUAL_LEAD = timedelta(minutes=5)
"""How long before its time an issue is begun while none was made yet."""
SHORTEST_LEAD = timedelta(minutes=1)
LONGEST_LEAD = timedelta(hours=1)
LAST_ISSUES = 10

FAREWELL = 30.0
"""Seconds that work under way has to end after a SIGTERM; whatever is not done then is done after the next start."""


@dataclass(frozen=True, slots=True)
class Coming:
    """An issue to come: when it is due, and when it is begun."""

    briefing: str
    due: clock.Due
    begin: datetime


class Service:
    """Runs until `stop` is called. A failing job is logged, and the next one runs all the same.

    With `threads=False` all work is done where `tick` is called, one after the other, as tests need it.
    """

    def __init__(self, app: App, *, threads: bool = False) -> None:
        self._app = app
        self._threads = threads
        self._stopped = threading.Event()
        self._working: dict[str, threading.Thread] = {}
        self._leads: dict[str, timedelta] = {}
        self._plain: dict[tuple[str, str], str] = {}
        self._settled: dict[str, tuple[datetime, datetime]] = {}
        self._visited = (datetime.max.replace(tzinfo=UTC),) * 2
        self._editing_since = datetime.min.replace(tzinfo=UTC)
        self._implausible = False

    # The loop

    def run(self, wait: Callable[[float], object] | None = None) -> None:
        """Look at once, then each minute, until stopped. `wait` stands in for waiting in tests."""
        share_heaps()
        with self._app.served() as alone:
            if not alone:
                log.warning("another process serves this installation already; each issue is made by one of them")
            self._run(wait)

    def _run(self, wait: Callable[[float], object] | None) -> None:
        for line in self.next_lines():
            log.info("%s", line)
        # Everything is wired before threads share it.
        _ = self._app.parts, self._app.outbox
        scheduler = Scheduler()
        scheduler.every(1).minutes.do(self.tick)
        self.tick()
        ready()
        pause = min(60.0, watchdog() or 60.0)
        while not self._stopped.is_set():
            idle = scheduler.idle_seconds
            if idle is None or idle > 60:
                # The wall clock was put back (by a person, by the network, by the end of summer time): the
                # scheduler, which lives by it, would sleep as long as it was put back.
                scheduler.clear()
                scheduler.every(1).minutes.do(self.tick)
                self.tick()
                idle = scheduler.idle_seconds
            now = self._app.now()
            dues = [due.moment for one in self._app.config.briefings if (due := clock.next_due(now, one.plan))]
            soon = min([(moment - now).total_seconds() for moment in dues], default=pause)
            (wait or self._stopped.wait)(max(0.05, min(pause, soon, idle if idle is not None else pause)))
            watchdog()
            if self._stopped.is_set():
                break
            if dues and min(dues) <= self._app.now():
                # On the minute, wherever in it the scheduler's own minutes begin.
                self.tick()
            scheduler.run_pending()
        stopping()
        until = time.monotonic() + FAREWELL
        for thread in list(self._working.values()):
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                log.warning("%s was not finished; it is taken up after the next start", thread.name)

    def stop(self) -> None:
        """End `run` after the work that is under way, or without it where that takes too long."""
        self._stopped.set()

    def tick(self) -> None:
        """Begin what is due. Never raises: a job's fault is not the service's."""
        now = self._app.now()
        if now < clock.PLAUSIBLE:
            if not self._implausible:
                log.error("the clock says %s, which can't be; nothing is due before it is set", now.date())
            self._implausible = True
            return
        self._implausible = False
        self._work("collecting", self._collect)
        if self._app.replies is not None:
            self._work("answers", self._app.take_answers)
        self._work("editions", self._editions)
        self._work("delivering", self._deliver)
        if self._threads:
            self._rescue(now)

    def _work(self, name: str, job: Callable[[], object]) -> None:
        """Do a job, in a thread of its own unless that name's last one still runs."""

        def safely() -> None:
            try:
                job()
            except BriefingError as error:
                log.error("%s: %s", name, error)
            except Exception:  # whatever a job raises, tomorrow's run must not fall with it
                log.exception("%s failed", name)

        if not self._threads:
            safely()
            return
        running = self._working.get(name)
        if running is not None and running.is_alive():
            return
        self._working[name] = threading.Thread(target=safely, name=name, daemon=True)
        self._working[name].start()

    def _collect(self) -> None:
        """Visit the sources, unless none is due."""
        now = self._app.now()
        since, until = self._visited
        if since <= now < until:
            return
        self._app.collect()
        health = self._app.store.health()
        seen = [health.get(source.name) for source in self._app.config.sources]
        dues = [one.due for one in seen if one is not None and one.due is not None]
        # Another process may ask them too; what it notes is looked at now and then.
        latest = now + timedelta(minutes=15)
        self._visited = (now, min([latest, *dues]) if len(dues) == len(seen) else latest)

    def _deliver(self) -> None:
        if self._app.store.waiting(self._app.now()):
            for delivery in self._app.deliver_pending():
                if delivery.state != "sent":
                    log.warning("%s to %s: %s: %s", delivery.slot, delivery.recipient, delivery.state, delivery.detail)

    # Editions

    def coming(self, now: datetime, count: int = 1) -> list[Coming]:
        """The next issues of every briefing (`count` each), in the order they are begun."""
        found: list[tuple[str, clock.Due]] = []
        for briefing in self._app.config.briefings:
            for number, due in enumerate(clock.dues_after(now, briefing.plan), 1):
                found.append((briefing.name, due))
                if number >= count:
                    break
        found.sort(key=lambda one: one[1].moment)
        leads = [(due, self._lead(self._app.briefing(name))) for name, due in found]
        return [Coming(name, due, begin) for (name, due), begin in zip(found, clock.starts(leads), strict=True)]

    def _lead(self, briefing: BriefingConfig) -> timedelta:
        """How long before its time an issue is begun: half as long again as the slowest but one of the last took."""
        if briefing.schedule.prepare is not None:
            return timedelta(minutes=briefing.schedule.prepare)
        if briefing.name not in self._leads:
            last = sorted(self._app.store.issues.durations(briefing.name, LAST_ISSUES))
            slow = last[-2] if len(last) > 3 else last[-1] if last else None
            lead = USUAL_LEAD if slow is None else timedelta(seconds=slow * 1.5) + SHORTEST_LEAD
            self._leads[briefing.name] = min(LONGEST_LEAD, max(SHORTEST_LEAD, lead))
        return self._leads[briefing.name]

    def _editions(self) -> None:
        self._editing_since = self._app.now()
        for briefing in self._app.config.briefings:
            try:
                self._catch_up(briefing, self._app.now())
            except BriefingError as error:
                log.error("%s: %s", briefing.name, error)
            except Exception:  # one briefing's fault must not keep the others from being made
                log.exception("briefing %s failed", briefing.name)
        begun = [one for one in self.coming(self._app.now()) if one.begin <= self._app.now()]
        if len(begun) > 1:
            self._make_together(begun)
        for coming in begun:
            if not self._stopped.is_set():
                try:
                    self._make(self._app.briefing(coming.briefing), coming.due)
                except BriefingError as error:
                    log.error("%s: %s", coming.briefing, error)
                except Exception:  # as of a job: whatever it was, the next issue must not fall with it
                    log.exception("briefing %s failed", coming.briefing)

    def _make_together(self, begun: list[Coming]) -> None:
        """Make issues that were not tried yet, together; what is left of them is made one by one."""
        new = []
        for one in begun:
            briefing = self._app.briefing(one.briefing)
            known = self._app.store.issues.entry(one.briefing, one.due.slot)
            if known is None and self._app.existing(briefing, one.due) is None:
                new.append((briefing, one.due))
        if len(new) < 2 or self._stopped.is_set():
            return
        found = self._app.issues(new)
        for name in found.made:
            self._leads.pop(name, None)
        log.info("%d issues made together, %d failed", len(found.made), len(found.failed))

    def _catch_up(self, briefing: BriefingConfig, now: datetime) -> None:
        """Make what is due, and note what was missed."""
        since, until = self._settled.get(briefing.name, (now, now))
        if since <= now < until:
            return
        window = timedelta(hours=briefing.schedule.catch_up)
        ledger = self._app.store.issues
        newest = ledger.newest(briefing.name) or self._app.store.last_made(briefing.name)
        due = clock.latest_due(now, briefing.plan, window)
        # Nothing older than what is known: a clock that was put back makes no issue of yesterday.
        if due is not None and newest is not None and due.moment < newest:
            due = None
        # Before anything was made nothing was promised.
        missed = []
        if newest is not None:
            missed = [
                one
                for one in clock.dues_before(now, briefing.plan, newest)
                if (due is None or one.slot != due.slot) and self._app.existing(briefing, one) is None
            ]
        words = "it was missed: nothing ran at its time"
        ledger.settle(briefing.name, missed, None if due is None else due.slot, words, now)
        if missed:
            log.warning("%s: missed %s", briefing.name, ", ".join(one.slot for one in reversed(missed)))
        if due is None or self._make(briefing, due):
            coming = clock.next_due(now, briefing.plan)
            self._settled[briefing.name] = (now, coming.moment if coming else now + timedelta(days=1))

    def _make(self, briefing: BriefingConfig, due: clock.Due) -> bool:
        """Make an issue unless it is made; whether it is now."""
        key = (briefing.name, due.slot)
        if self._app.existing(briefing, due) is not None:
            self._plain.pop(key, None)
            return True
        now = self._app.now()
        known = self._app.store.issues.entry(*key)
        if known is not None and known.state == FAILED and known.ended is not None:
            rest = min(LONGEST_RETRY, RETRY_AFTER * 2 ** min(known.attempts - 1, 8))
            if known.ended <= now < known.ended + rest:
                return False
        why = self._plain.get(key, "")
        if not why and known is not None and known.state == FAILED and known.attempts >= MAX_FAILURES:
            why = f"making it failed {known.attempts} times ({known.detail})"
        try:
            outcome = self._app.issue(briefing, due, why_plain=why)
        except BeingMade as error:
            log.info("%s; it is left to it", error)
            return False
        self._leads.pop(briefing.name, None)
        self._plain.pop(key, None)
        late = self._app.now() - due.moment
        words = f", caught up {late.total_seconds() / 60:.0f} minutes late" if late > timedelta(minutes=5) else ""
        log.info("%s %s: %d stories%s", briefing.name, due.slot, len(outcome.edition.summaries), words)
        log.info("%s", self.next_line(briefing))
        # What was caught up need not wait for the next minute.
        self._work("delivering", self._deliver)
        return True

    def _rescue(self, now: datetime) -> None:
        """Make without models what is past its grace because making it, or what comes before it, hangs."""
        editing = self._working.get("editions")
        if editing is None or not editing.is_alive():
            return
        for briefing in self._app.config.briefings:
            grace = timedelta(minutes=briefing.schedule.grace)
            due = clock.latest_due(now, briefing.plan, timedelta(hours=briefing.schedule.catch_up))
            if due is None or now < max(due.moment, self._editing_since) + grace:
                continue
            newest = self._app.store.issues.newest(briefing.name)
            if newest is not None and due.moment < newest:
                continue
            self._plain[briefing.name, due.slot] = (
                f"it was not ready {briefing.schedule.grace:g} minutes after its time"
            )
            self._work(f"rescue of {briefing.name}", partial(self._make, briefing, due))

    # In words

    def next_lines(self) -> list[str]:
        """When each briefing's next issue is due, in words."""
        return [self.next_line(briefing) for briefing in self._app.config.briefings]

    def next_line(self, briefing: BriefingConfig) -> str:
        """When the briefing's next issue is due, in words."""
        due = clock.next_due(self._app.now(), briefing.plan)
        if due is None:
            return f"{briefing.name}: never due"
        local = due.moment.astimezone(clock.zone_of(briefing.time_zone))
        return f"{briefing.name}: next issue {due.day} at {local:%H:%M} {briefing.time_zone}"
