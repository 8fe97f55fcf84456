"""What an installation does: an issue made once, sources visited, what waits delivered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from briefing import clock, outbox
from briefing.app.wiring import Wiring
from briefing.config import BriefingConfig
from briefing.errors import BeingMade, BriefingError, StoreError, UsageError
from briefing.store import Delivery, History
from briefing.store.issues import MAKING, Issue
from briefing.types import Edition, Problem

if TYPE_CHECKING:
    from briefing.pipeline import Parts
    from briefing.together import Together

__all__ = ["Issues", "Outcome"]

log = logging.getLogger(__name__)

MEANWHILE = timedelta(minutes=10)
"""What another thread or process reads while an edition is made belongs to it too; without this an article without a
date, seen a moment after the edition was begun, would wait for the next one."""

SERVING = "+serve"
"""What the process that serves holds; no briefing can be called so."""
CRASHES = 2
"""Times the program may end while it makes an edition, before it is made without models."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. `made` is False where the slot had its edition already."""

    edition: Edition
    made: bool
    deliveries: tuple[Delivery, ...] = ()

    @property
    def undelivered(self) -> list[Delivery]:
        """Deliveries that did not arrive, as far as anybody knows."""
        return [delivery for delivery in self.deliveries if delivery.state != "sent"]


def crashed(before: Issue | None) -> str:
    """Why an issue is made without models: the program ended while it made it. Empty where it did not."""
    if before is not None and before.state == MAKING and before.attempts >= CRASHES:
        return f"the program ended {before.attempts} times while it made this edition"
    return ""


class Issues(Wiring):
    """One issue at a time. Use as a context manager."""

    def run(
        self,
        name: str | None = None,
        day: date | None = None,
        at: time | None = None,
        *,
        dry: bool = False,
        fresh: bool = False,
    ) -> Outcome:
        """Make the edition of a day (default: today) unless it is there already, and deliver what waits.

        `at` names one of several issues of the day; without it the latest that was due is meant. With `dry` nothing is
        saved but the articles read, and nothing is delivered. With `fresh` engines are asked again, whatever they
        answered before. Raises BeingMade if another process is making it.
        """
        briefing = self.briefing(name)
        moment = self.now()
        today = clock.local_day(moment, briefing.time_zone)
        day = day or today
        if day > today:
            raise UsageError(f"{day.isoformat()} has not come yet")
        due = clock.due_on(briefing.plan, day, moment, at)
        slot = None if dry else self.existing(briefing, due)
        found = self.store.edition(briefing.name, slot) if slot else None
        made = found is None
        if found is None:
            as_of = min(moment + MEANWHILE, clock.closes(briefing.plan, due))
            outcome = self._issue(briefing, due, as_of, dry=dry, fresh=fresh)
            if dry:
                return outcome
            found, made = outcome.edition, outcome.made
        deliveries = outbox.deliver(self.outbox, only=found.id)
        return Outcome(outbox.with_deliveries(found, deliveries), made, tuple(deliveries))

    def issue(self, briefing: BriefingConfig, due: clock.Due, *, why_plain: str = "") -> Outcome:
        """Make an issue for its time: it is begun before `due` and sent from then on, by `deliver_pending`.

        Past its grace no model is waited for. With `why_plain` none is asked, and the edition says why. Raises
        BeingMade if another process is making it.
        """
        by = due.moment + timedelta(minutes=briefing.schedule.grace)
        # An issue that is caught up has the same time from now on.
        by = max(by, self.now() + timedelta(minutes=briefing.schedule.grace))
        as_of = max(self.now(), due.moment) + MEANWHILE
        return self._issue(briefing, due, as_of, send_from=due.moment, by=by, why_plain=why_plain)

    def existing(self, briefing: BriefingConfig, due: clock.Due) -> str | None:
        """The slot of an issue's edition, whatever the schedule was when it was made.

        Editions of a time when the briefing came once a day, or several times, stand for the day or for what was due
        before they were made.
        """
        made = self.store.made_on(briefing.name, due.day)
        day = clock.slot_of(due.day)
        if due.slot in made:
            return due.slot
        if due.slot == day:
            return max(made, default=None)
        return day if day in made and made[day] >= due.moment else None

    def _issue(
        self,
        briefing: BriefingConfig,
        due: clock.Due,
        as_of: datetime,
        *,
        dry: bool = False,
        fresh: bool = False,
        send_from: datetime | None = None,
        by: datetime | None = None,
        why_plain: str = "",
    ) -> Outcome:
        from briefing import pipeline

        moment, started = self.now(), monotonic()
        parts = self.parts
        if by is not None:
            parts = replace(parts, remaining=self._until(by))
        if dry:
            return Outcome(self._make(parts, briefing, due, pipeline.together(parts, moment, as_of), fresh), made=True)
        with self._making(briefing.name, due.slot):
            (before,) = self.store.issues.begin([(briefing.name, due)], moment)
            why_plain = why_plain or crashed(before)
            try:
                # What readers asked for until now counts already.
                unread = self.replies.read(due=send_from is not None)[1] if self.replies and not why_plain else []
                # What is made without models shares nothing with what is not.
                words = self._without_models(parts) if why_plain else parts
                shared = pipeline.together(words, moment, as_of)
                edition = self._make(words, briefing, due, shared, fresh, why_plain)
                edition = replace(edition, problems=(*edition.problems, *unread)) if unread else edition
                taken = monotonic() - started
                edition = self._metered(edition, taken, asked=not why_plain)
                to = outbox.recipients(self.channels(briefing), briefing.name, self.store.silences(self.now()))
                made = self.store.save_edition(edition, to, due=due.moment, send_from=send_from)
            except Exception as error:  # whatever it was, it is raised; the ledger keeps that it was tried
                self._tried(briefing, due, error)
                raise
            if made:
                self.store.issues.took(briefing.name, due.slot, taken)
        saved = self.store.edition(briefing.name, due.slot)
        assert saved is not None, "it was there or has just been saved"
        return Outcome(saved, made)

    def _tried(self, briefing: BriefingConfig, due: clock.Due, error: Exception) -> str:
        """Keep in the ledger that making an issue failed; returns why, in words."""
        said = str(error) if isinstance(error, BriefingError) else f"{type(error).__name__}: {error}"
        with suppress(StoreError):
            self.store.issues.fail(briefing.name, due.slot, said, self.now())
        return said

    def _until(self, by: datetime) -> Callable[[], float]:
        def remaining() -> float:
            return (by - self.now()).total_seconds()

        return remaining

    def _metered(self, edition: Edition, seconds: float, *, asked: bool) -> Edition:
        """The edition with what it took: seconds, and the tokens and the money of engines that count them."""
        used = [usage for engine in self.engines if (usage := getattr(engine, "usage", None))] if asked else []
        receipt = replace(
            edition.receipt,
            seconds=round(seconds, 1),
            tokens=sum(one.tokens_in + one.tokens_out for one in used),
            cost=round(sum(one.cost for one in used), 6),
        )
        return replace(edition, receipt=receipt)

    @contextmanager
    def _making(self, name: str, slot: str) -> Iterator[None]:
        """Hold what only one process may hold at a time while it makes an edition. Raises BeingMade.

        The unique key in the store decides all the same; this only spares the others the work.
        """
        with self.store.holding.hold(name) as held:
            if not held:
                raise BeingMade(f"another process is making the edition {slot} of {name}")
            yield

    def _without_models(self, parts: Parts) -> Parts:
        from briefing.engines.embedded import EmbeddedEngine
        from briefing.engines.encoder import WordEncoder
        from briefing.screening import Screen
        from briefing.telling import Teller

        words = WordEncoder()
        teller = Teller([EmbeddedEngine(words)], screen=Screen())
        return replace(parts, encoder=words, teller=teller, runtime=self.local(parts.extractor))

    def _make(
        self,
        parts: Parts,
        briefing: BriefingConfig,
        due: clock.Due,
        shared: Together,
        fresh: bool = False,
        why_plain: str = "",
        known: History | None = None,
    ) -> Edition:
        from briefing import pipeline

        found = []
        if why_plain:
            found.append(Problem("tell", "models", f"{why_plain}; it was made without models, by a plain ranking"))
        parts.teller.begin(fresh=fresh, remaining=parts.remaining, language=briefing.language)
        known = known or self.store.histories([briefing.name])[briefing.name]
        edition = pipeline.make_edition(parts, briefing, due.slot, due.day, shared, known)
        missed = [one for one in known.missed if one.slot != due.slot]
        found += [Problem("schedule", f"edition {one.slot}", one.detail or "it was missed") for one in missed]
        if not why_plain:
            found += self.failures()
        return replace(edition, problems=tuple(dict.fromkeys((*edition.problems, *found))))

    def collect(self) -> int:
        """Ask the sources whose time it is and read what they gave. Returns how many were asked."""
        from briefing import collecting

        ages = [briefing.limits.max_age for briefing in self.config.briefings]
        widest = None if None in ages else max(age for age in ages if age is not None)
        now = self.now()
        return collecting.visit(self.parts, now, now - timedelta(hours=widest) if widest else None)

    @contextmanager
    def served(self) -> Iterator[bool]:
        """Be the one who serves; gives False where another process is. It serves all the same: the ledger decides."""
        with ExitStack() as stack:
            try:
                held = stack.enter_context(self.store.holding.hold(SERVING, shared=False))
            except StoreError:
                held = False
            yield held

    def serving(self) -> bool | None:
        """Whether a process serves this installation; None where that can't be known."""
        try:
            if not self.store.holding.known:
                return None
            with self.served() as free:
                return not free
        except StoreError:
            return None

    def take_answers(self) -> None:
        """Take what readers answered, where they can and the mailbox's time has come."""
        for problem in self.replies.read(due=True)[1] if self.replies else ():
            log.warning("%s: %s", problem.subject, problem.message)

    def deliver_pending(self) -> list[Delivery]:
        """Deliver what waits, of all editions."""
        return outbox.deliver(self.outbox)

    def find_edition(
        self, briefing: str | None, day: date | None, at: time | None = None, *, deliveries: bool = True
    ) -> Edition:
        """A saved edition, the newest by default (or of its day), with what became of its deliveries.

        Raises UsageError.
        """
        entry = self.briefing(briefing)
        slots = self.store.slots(entry.name)
        if not slots:
            raise UsageError(f'"{entry.name}" has no edition yet; "briefing run" makes one')
        wanted = clock.slot_of(day, at) if day else slots[0]
        slot = next((one for one in slots if one == wanted or (at is None and one.startswith(wanted))), wanted)
        edition = self.store.edition(entry.name, slot)
        if edition is None:
            raise UsageError(f'"{entry.name}" has no edition of {slot}; the newest is of {slots[0]}')
        return outbox.with_deliveries(edition, self.store.deliveries(edition=edition.id)) if deliveries else edition
