"""A saved edition told again from what is stored: the same to the letter by the same engines, or beside another.

Nothing is fetched and nothing is saved but what the engines answer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from briefing import pipeline
from briefing.engines import Engine, PerEdition
from briefing.errors import UsageError
from briefing.following import LASTING
from briefing.telling import Teller
from briefing.types import Edition, Problem, Summary

if TYPE_CHECKING:
    from briefing.app import App

__all__ = ["Replay", "Side", "by_engine", "differences", "rebuilt", "view"]


@dataclass(frozen=True, slots=True)
class Side:
    """An edition as one ladder of engines tells it: what it took, in seconds and in the money of its prices."""

    name: str
    edition: Edition
    seconds: float
    cost: float
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """The edition as it was saved, and told again by the same engines or by another one."""

    stored: Edition
    again: Side


def rebuilt(app: App, edition: Edition, *, fresh: bool = False) -> Replay:
    """The edition told again, each story by the engine that told it. What engines answered before is taken from the
    store unless `fresh` is set.

    Raises UsageError if one of these engines is not configured any more.
    """
    names = list(dict.fromkeys(summary.engine for summary in edition.summaries))
    by_name = {engine.name: engine for engine in app.engines}
    gone = [name for name in names if name not in by_name]
    if gone:
        known = ", ".join(dict.fromkeys(by_name))
        raise UsageError(f'the edition was told by "{gone[0]}", which is not configured now; there are {known}')
    return Replay(edition, _told(app, edition, ", ".join(names), {n: [by_name[n]] for n in names}, fresh))


def by_engine(app: App, edition: Edition, name: str, *, fresh: bool = False) -> Replay:
    """The edition told by one configured engine alone, found by its kind ("chat") or a part of its name.

    Raises UsageError if there is no such engine, or if several are meant.
    """
    kinds = {e.type: i for i, e in enumerate(app.config.summarizer.engines) if e.type != "embedded"}
    engines = app.engines
    found = [e for e in engines if e.name == name] or [e for e in engines if name in e.name]
    if name == "embedded":
        found = [engines[sum(e.type != "embedded" for e in app.config.summarizer.engines)]]
    elif name in kinds and not any(e.name == name for e in engines):
        own = [e for e in app.config.summarizer.engines if e.type != "embedded"]
        found = [engines[i] for i, e in enumerate(own) if e.type == name]
    known = ", ".join(dict.fromkeys(engine.name for engine in engines))
    if not found:
        raise UsageError(f'no engine is called "{name}"; there are {known}')
    if len({id(one) for one in found}) > 1:
        raise UsageError(f'"{name}" may mean several engines; give one of {known}')
    ladder = {summary.engine: found for summary in edition.summaries}
    return Replay(edition, _told(app, edition, found[0].name, ladder, fresh))


def _told(app: App, edition: Edition, name: str, ladders: dict[str, list[Engine]], fresh: bool) -> Side:
    for engine in {id(e): e for engines in ladders.values() for e in engines}.values():
        if isinstance(engine, PerEdition):
            engine.begin(edition.language)
    memory = app.memory
    tellers = {
        key: Teller(engines, app.guard, memory, app.aligner, screen=app.screen) for key, engines in ladders.items()
    }
    most = app.briefing(edition.briefing).limits.bullets
    for teller in tellers.values():
        teller.begin(fresh=fresh)
    started = time.perf_counter()
    threads = app.store.threads(edition.briefing, edition.made - LASTING, edition.made)
    summaries: list[Summary] = []
    problems: list[Problem] = []
    for done, old in enumerate(edition.summaries, 1):
        told, failures = tellers[old.engine].tell(
            old.pick, None, most, threads.get(old.pick.story.id) if old.known else None
        )
        app.report("Telling", done, len(edition.summaries))
        problems += failures
        if told is not None:
            summaries.append(told)
    seconds = time.perf_counter() - started
    engines = {id(e): e for found in ladders.values() for e in found}.values()
    cost = sum(float(getattr(getattr(engine, "usage", None), "cost", 0.0)) for engine in engines)
    receipt = replace(
        edition.receipt,
        told=len(summaries),
        not_told=edition.receipt.not_told + len(edition.summaries) - len(summaries),
        engine=pipeline.names(summaries) or name,
        prompts=pipeline.marks(app.parts) + pipeline.written(summaries),
    )
    receipt = pipeline.tallied(receipt, summaries)
    made = replace(edition, summaries=tuple(summaries), receipt=receipt)
    return Side(name, made, seconds, cost, tuple(dict.fromkeys(problems)))


def differences(app: App, replay: Replay) -> list[str]:
    """Formats in which the edition told again is not the stored one byte for byte."""
    render = app.renderer.render
    return [form for form in ("md", "html", "txt") if render(replay.stored, form) != render(replay.again.edition, form)]


def view(replay: Replay) -> dict[str, Any]:
    """Both sides story by story, in plain values for a table, a page or JSON."""
    again = {summary.pick.story.id: summary for summary in replay.again.edition.summaries}
    stories = []
    for old in replay.stored.summaries:
        new = again.get(old.pick.story.id)
        stories.append(
            {
                "title": old.title or old.article.id,
                "stored": _bullets(old),
                "again": _bullets(new) if new else [],
                "stopped": [{"text": one.text, "reasons": list(one.reasons)} for one in new.stopped] if new else [],
                "same": new is not None and new.bullets == old.bullets,
            }
        )
    return {
        "day": replay.stored.day.isoformat(),
        "briefing": replay.stored.briefing,
        "stories": stories,
        "stored": _totals(replay.stored.summaries, replay.stored.receipt.engine, None, None),
        "again": _totals(replay.again.edition.summaries, replay.again.name, replay.again.seconds, replay.again.cost),
        "problems": [f"{problem.subject}: {problem.message}" for problem in replay.again.problems],
    }


def _bullets(summary: Summary) -> list[dict[str, Any]]:
    return [{"text": b.text, "made": b.made, "support": round(b.support, 2)} for b in summary.bullets]


def _totals(summaries: Sequence[Summary], engine: str, seconds: float | None, cost: float | None) -> dict[str, Any]:
    return {
        "engine": engine,
        "stories": len(summaries),
        "bullets": sum(len(summary.bullets) for summary in summaries),
        **pipeline.tally(summaries),
        "seconds": None if seconds is None else round(seconds, 2),
        "cost": cost,
    }
