"""What `briefing check` looks at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from briefing import clock
from briefing.app import App
from briefing.config import BriefingConfig
from briefing.engines.rungs import models
from briefing.errors import BriefingError, DeliveryError, ModelError
from briefing.guard.entailment import EntailmentScorer
from briefing.guard.score import LearnedScorer
from briefing.render import local_time
from briefing.scheduler import Service
from briefing.text import one_line

Check = tuple[bool, str, str]

FINE, NOTE, BAD = "ok", "note", "FAIL"
"""A note says what is wrong and will not keep an edition from coming."""
LEAST_ROOM, LITTLE_ROOM = 50_000_000, 500_000_000
LATELY = timedelta(days=7)
MOST_NAMED = 3
TROUBLED = ("uncertain", "failed", "given up", "pending")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    state: str
    what: str
    words: str


def model_checks(app: App) -> Iterator[Check]:
    """Each model of the embedded engine and of the guard loaded once, and unpacked if it never was."""
    entailment = app.config.guard.entailment
    judges = [(entailment.model, EntailmentScorer(entailment, app.base).load)] if entailment else []
    for name, load in (*models(app.transformer), ("guard", LearnedScorer().load), *judges):
        try:
            load()
            yield True, "model", name
        except ModelError as error:
            yield False, "model", str(error)


def coming_lines(app: App, count: int) -> Iterator[str]:
    """The next issues in order, then the sources in the order they are asked."""
    now = app.now()
    for coming in Service(app).coming(now, count):
        zone = app.briefing(coming.briefing).time_zone
        made = ", made already" if app.existing(app.briefing(coming.briefing), coming.due) else ""
        begun = f"begun {local_time(coming.begin, zone)[11:]}"
        yield f"{local_time(coming.due.moment, zone)} {zone}  {coming.briefing}  ({begun}{made})"
    for briefing in app.config.briefings:
        if clock.next_due(now, briefing.plan) is None:
            yield f"never  {briefing.name}"
    health = app.store.health()
    zone = app.config.briefings[0].time_zone
    asked = [(seen.due if (seen := health.get(s.name)) and seen.due else now, s.name) for s in app.config.sources]
    for moment, name in sorted(asked):
        yield f"{local_time(max(moment, now), zone)} {zone}  asks {name}"


def checks(app: App) -> Iterator[Finding]:
    """Each thing that was looked at, and at the end whether the next edition of each briefing will come."""
    yield Finding(FINE, "configuration", f"{len(app.config.sources)} sources, {len(app.config.topics)} topics")
    general: list[str] = []
    for finding in (*_ground(app), *_models(app), *_sources(app), *_quarantined(app)):
        yield finding
        if finding.state == BAD:
            general.append(f"{finding.what}: {finding.words}")
    for briefing in app.config.briefings:
        reasons = list(general)
        outs = list(_channels(app, briefing)) if not general else []
        yield from outs
        if outs and all(one.state != FINE for one in outs):
            reasons.append("none of its channels can be used")
        yield from _past(app, briefing)
        yield _verdict(app, briefing, reasons)


def _ground(app: App) -> Iterator[Finding]:
    """What everything stands on: clock, store, room on the disk, templates."""
    now = app.now()
    if now < clock.PLAUSIBLE:
        yield Finding(BAD, "clock", f"it says {now:%Y-%m-%d}, which can't be")
    else:
        yield Finding(FINE, "clock", f"{now:%Y-%m-%d %H:%M} UTC, time zones {_zones()}")
    try:
        app.store.write_nothing()
        yield Finding(FINE, "store", app.place.shown)
        file = app.store.file
    except BriefingError as error:
        yield Finding(BAD, "store", str(error))
        file = None
    if file is not None:
        free = shutil.disk_usage(file.parent).free
        state = BAD if free < LEAST_ROOM else NOTE if free < LITTLE_ROOM else FINE
        yield Finding(state, "disk", f"{free / 1e9:.1f} GB free where the store is")
    try:
        names = ", ".join(briefing.name for briefing in app.config.briefings)
        _ = app.renderer, app.prompts.mark("story"), app.prompts.mark("topic")
        yield Finding(FINE, "templates", f"for {names}")
    except BriefingError as error:
        yield Finding(BAD, "templates", str(error))
    serving = app.serving()
    if serving is False:
        words = '"briefing serve" is not running; an edition comes only if something else calls "briefing run"'
        yield Finding(NOTE, "service", words)
    elif serving:
        yield Finding(FINE, "service", "briefing serve is running")


def _zones() -> str:
    import importlib.metadata

    return f"of tzdata {importlib.metadata.version('tzdata')} or newer"


def _models(app: App) -> Iterator[Finding]:
    for fine, what, words in model_checks(app):
        yield Finding(FINE if fine else NOTE, what, words if fine else f"{words}; editions come without it")


def _sources(app: App) -> Iterator[Finding]:
    try:
        health = app.store.health()
    except BriefingError:
        return
    zone = app.config.briefings[0].time_zone
    failing = 0
    for source in app.config.sources:
        seen = health.get(source.name)
        if seen is None:
            yield Finding(FINE, source.name, "not asked yet")
        elif seen.failures:
            failing += 1
            since = f"failing since {local_time(seen.failing_since, zone)}" if seen.failing_since else "failing"
            well = f", last well {local_time(seen.succeeded, zone)}" if seen.succeeded else ", never well"
            again = f", asked again {local_time(seen.due, zone)}" if seen.due else ""
            new = f"; its site names {seen.suggestion} as a feed" if seen.suggestion else ""
            words = f"{seen.error} ({since}, {seen.failures} times in a row{well}{again}){new}"
            yield Finding(NOTE, source.name, words)
        else:
            read = f"last read {local_time(seen.checked, zone)}" if seen.checked else "never read"
            yield Finding(FINE, source.name, read)
    if failing and failing == len(app.config.sources):
        yield Finding(BAD, "sources", "all of them are failing")


def _quarantined(app: App) -> Iterator[Finding]:
    """Items that were lately left alone because they could not be read."""
    try:
        troubles = app.store.troubles([source.name for source in app.config.sources], app.now() - LATELY)
    except BriefingError:
        return
    left: dict[str, list[str]] = {}
    for one in troubles:
        if one.state == "failed":
            called = one.item.title or one.item.url or one.item.key
            left.setdefault(one.item.source, []).append(f"{one_line(called)} ({one_line(one.error)})")
    for name, items in left.items():
        count = "1 item" if len(items) == 1 else f"{len(items)} items"
        more = f" and {len(items) - MOST_NAMED} more" if len(items) > MOST_NAMED else ""
        named = "; ".join(items[-MOST_NAMED:])
        yield Finding(NOTE, name, f"{count} left alone in the last {LATELY.days} days: {named}{more}")


def _channels(app: App, briefing: BriefingConfig) -> Iterator[Finding]:
    """Each channel tried as far as it can be without sending anything."""
    for channel in app.channels(briefing):
        what = f"{briefing.name}: {channel.name}"
        probe = getattr(channel, "probe", None)
        try:
            yield Finding(FINE, what, probe() if probe is not None else "not tried, as trying it would send something")
        except DeliveryError as error:
            yield Finding(NOTE, what, error.message)
        except Exception as error:  # a channel may be anybody's class
            yield Finding(NOTE, what, f"its code failed: {type(error).__name__}: {error}")


def _past(app: App, briefing: BriefingConfig) -> Iterator[Finding]:
    """What lately went wrong: issues that were missed, deliveries that did not arrive."""
    try:
        since = app.now() - LATELY
        for issue in app.store.issues.entries(briefing.name, since=since):
            if issue.state in ("missed", "failed"):
                yield Finding(NOTE, f"{briefing.name} {issue.slot}", f"{issue.state}: {issue.detail}")
        for silence in app.store.silences(app.now()):
            if silence.briefing == briefing.name:
                until = f" until {local_time(silence.until, briefing.time_zone)}" if silence.until else ""
                what = f"{silence.briefing} to {silence.recipient}"
                yield Finding(FINE, what, f"nothing is sent: {silence.why}{until}")
        for row in app.store.deliveries(state=TROUBLED, briefing=briefing.name, since=since):
            if row.state != "pending" or row.attempts:
                what = f"{row.briefing} {row.slot} to {row.recipient}"
                yield Finding(NOTE, what, f"{row.state}: {row.detail} (id {row.id[:8]})")
    except BriefingError:
        return


def _verdict(app: App, briefing: BriefingConfig, reasons: list[str]) -> Finding:
    now = app.now()
    try:
        coming = (due for due in clock.dues_after(now, briefing.plan) if app.existing(briefing, due) is None)
        due = next(coming, None)
    except BriefingError:
        due = clock.next_due(now, briefing.plan)
    if due is None:
        return Finding(BAD, briefing.name, "no edition will come: its schedule has no day in the next year")
    when = f"{local_time(due.moment, briefing.time_zone)} {briefing.time_zone}"
    if reasons:
        return Finding(BAD, briefing.name, f"the edition of {when} will not come: {'; '.join(reasons)}")
    started = "" if app.serving() is not False else ', if "briefing serve" runs by then'
    return Finding(FINE, briefing.name, f"yes, the edition of {when} will come{started}")
