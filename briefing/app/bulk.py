"""Issues of many readers that are due together: what they share is worked out once; what is one's own is little."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby, islice
from time import monotonic
from typing import TYPE_CHECKING

from briefing import clock, outbox
from briefing.app.issues import MEANWHILE, Issues, crashed
from briefing.config import BriefingConfig
from briefing.errors import BeingMade, BriefingError
from briefing.store import History, Saving
from briefing.types import Problem

if TYPE_CHECKING:
    from briefing.pipeline import Parts
    from briefing.together import Together

__all__ = ["App", "Batch"]

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Editions that are held in memory, and saved in one transaction."""

Due = tuple[BriefingConfig, clock.Due]


@dataclass(slots=True)
class Batch:
    """What became of issues made together, by the name of their briefing: `made` with the number of stories told,
    `failed` with why, `busy` those that another process makes just now."""

    made: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    busy: list[str] = field(default_factory=list)


class App(Issues):
    """An installation at work. Use as a context manager."""

    def issues(self, due: Sequence[Due]) -> Batch:
        """Make the issues of many briefings, each the same as `issue` makes it. They are sent from their times on.

        One that fails is named, and the others are made. Raises StoreError where the store fails.
        """
        from briefing import pipeline

        found = Batch()
        for moment, same in groupby(sorted(due, key=lambda one: one[1].moment), key=lambda one: one[1].moment):
            now = self.now()
            parts = self.parts
            # What readers asked for until now counts already.
            unread = self.replies.read(due=True)[1] if self.replies else []
            shared = pipeline.together(parts, now, max(now, moment) + MEANWHILE)
            with _settled():
                for some in _parts_of(same, AT_ONCE):
                    self._issues(parts, some, shared, unread, found)
        return found

    def _issues(
        self, parts: Parts, due: Sequence[Due], shared: Together, unread: Sequence[Problem], found: Batch
    ) -> None:
        with ExitStack() as held:
            free = []
            for one in due:
                try:
                    held.enter_context(self._making(one[0].name, one[1].slot))
                    free.append(one)
                except BeingMade:
                    found.busy.append(one[0].name)
            begun = self.store.issues.begin([(briefing.name, at) for briefing, at in free], shared.now)
            known = self.store.histories([briefing.name for briefing, _ in free])
            plain = [one for one, before in zip(free, begun, strict=True) if crashed(before)]
            ready = [
                self._ready(parts, *one, shared, known[one[0].name], unread, found) for one in free if one not in plain
            ]
            made = [one for one in ready if one is not None]
            for saving, new in zip(made, self.store.save_editions(made), strict=True):
                if new:
                    found.made[saving.edition.briefing] = len(saving.edition.summaries)
                else:
                    found.busy.append(saving.edition.briefing)
        for briefing, at in plain:
            self._alone(briefing, at, found)

    def _ready(
        self,
        parts: Parts,
        briefing: BriefingConfig,
        due: clock.Due,
        shared: Together,
        known: History,
        unread: Sequence[Problem],
        found: Batch,
    ) -> Saving | None:
        """One reader's edition, not saved yet; None if it could not be made, which is noted."""
        started = monotonic()
        grace = timedelta(minutes=briefing.schedule.grace)
        parts = replace(parts, remaining=self._until(max(due.moment, shared.now) + grace))
        try:
            edition = self._make(parts, briefing, due, shared, known=known)
            edition = replace(edition, problems=(*edition.problems, *unread)) if unread else edition
            seconds = monotonic() - started
            edition = self._metered(edition, seconds, asked=True)
            silences = shared.once(("silences",), lambda: self.store.silences(shared.now))
            to = outbox.recipients(self.channels(briefing), briefing.name, silences)
        except BriefingError as error:
            log.error("%s: %s", briefing.name, error)
            found.failed[briefing.name] = self._tried(briefing, due, error)
            return None
        # One reader's bug must not keep ten thousand others from their editions.
        except Exception as error:  # whatever it was, it is this reader's own failure, and the others go on
            log.exception("%s", briefing.name)
            found.failed[briefing.name] = self._tried(briefing, due, error)
            return None
        return Saving(edition, to, due.moment, due.moment, seconds)

    def _alone(self, briefing: BriefingConfig, due: clock.Due, found: Batch) -> None:
        try:
            outcome = self.issue(briefing, due)
        except BeingMade:
            found.busy.append(briefing.name)
        except BriefingError as error:
            found.failed[briefing.name] = str(error)
        else:
            found.made[briefing.name] = len(outcome.edition.summaries)


@contextmanager
def _settled() -> Iterator[None]:
    """While thousands of small objects come and go, those that stay need not be gone through again and again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _parts_of(due: Iterator[Due], size: int) -> Iterator[list[Due]]:
    while some := list(islice(due, size)):
        yield some
