"""What `briefing check` looks at."""

from __future__ import annotations

from collections.abc import Iterator

from briefing import clock
from briefing.app import App
from briefing.config import MailChannelConfig
from briefing.engines.embedded import models
from briefing.errors import BriefingError, ModelError
from briefing.guard.entailment import EntailmentScorer
from briefing.guard.score import LearnedScorer
from briefing.render import local_time
from briefing.scheduler import Service

Check = tuple[bool, str, str]


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


def checks(app: App) -> Iterator[Check]:
    """Each check as (whether it is fine, what was looked at, what was seen)."""
    yield True, "configuration", f"{len(app.config.sources)} sources, {len(app.config.topics)} topics"
    try:
        health = app.store.health()
        yield True, "store", app.config.store
    except BriefingError as error:
        yield False, "store", str(error)
        return
    yield from model_checks(app)
    try:
        edition_names = ", ".join(briefing.name for briefing in app.config.briefings)
        _ = app.renderer, app.parts.prompts.mark("story"), app.parts.prompts.mark("topic")
        yield True, "templates", f"for {edition_names}"
    except BriefingError as error:
        yield False, "templates", str(error)
    zone = app.config.briefings[0].time_zone
    for source in app.config.sources:
        seen = health.get(source.name)
        if seen is None:
            yield True, source.name, "not asked yet"
        elif seen.failures:
            since = f", last well {local_time(seen.succeeded, zone)}" if seen.succeeded else ", never well"
            yield False, source.name, f"{seen.error} ({seen.failures} times in a row{since})"
        else:
            yield True, source.name, f"last read {local_time(seen.checked, zone)}" if seen.checked else "never read"
    for briefing in app.config.briefings:
        for channel in briefing.channels:
            if isinstance(channel, MailChannelConfig) and channel.user and not channel.password:
                yield False, f"{briefing.name}: mail", "a user without a password"
        yield True, "schedule", Service(app).next_line(briefing)
    for row in app.store.deliveries():
        if row.state in ("uncertain", "failed") or (row.state == "pending" and row.attempts):
            yield False, f"{row.briefing} {row.slot} to {row.recipient}", f"{row.state}: {row.detail}"
