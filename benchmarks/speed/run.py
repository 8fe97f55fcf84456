"""All parts measured, each figure in a process of its own; the tables printed, written as JSON, drawn."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.common import CommandFailed, machine, show, watched
from benchmarks.morning import ENVIRONMENT, morning, serving
from benchmarks.speed import PARTS, chart, growth, systems, tables

TITLE = f"Speed of the embedded summariser, articles of {systems.WORDS} words"
_SYSTEMS, _STAGES, _CEILING = 30, 50, 60
"""Articles of each part; of growth see there."""
_MOST = 1800.0
"""Seconds after which one process is given up."""


class Run:
    """Measures, one process after the other. What fails is named, and the others are measured."""

    def __init__(self) -> None:
        self.failed: dict[str, str] = {}

    def one(self, name: str, kind: str, *given: object) -> dict[str, Any] | None:
        """What a process of its own measures, with the peak memory of all its processes; None where it failed."""
        command = [sys.executable, "-m", "benchmarks.speed", "--one", json.dumps([kind, *given])]
        return self.tried(name, partial(_measured, command))

    def tried(self, name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        """What `measure` gives, or None where its command failed."""
        started = time.perf_counter()
        try:
            found = measure()
        except CommandFailed as error:
            self.failed[name] = str(error)
            print(f"{name}: {error}", file=sys.stderr)
            return None
        print(f"{name}: measured in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        return found


def _measured(command: Sequence[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        _, peak, said = watched(command, Path(folder), env=ENVIRONMENT, every=1.0, most=_MOST)
    return {"peak": peak, **json.loads(said.splitlines()[-1])}


def _systems(run: Run, limit: int | None) -> dict[str, Any]:
    count = min(_SYSTEMS, limit or _SYSTEMS)
    found = {name: one for name in systems.SYSTEMS if (one := run.one(name, "system", name, count)) is not None}
    return {"systems": tables.systems(found)}


def _morning_stages(run: Run, name: str, count: int, shorten: bool, most: int | None) -> dict[str, Any] | None:
    with serving(count) as servers:
        return run.one(name, "stages", count, servers.web, servers.mail, shorten, most)


def _stages(run: Run, limit: int | None) -> dict[str, Any]:
    count = min(_STAGES, limit or _STAGES)

    def command() -> dict[str, Any]:
        one = morning(count, True)
        return {"articles": count, "total": one.seconds, "peak": one.peak}

    found = {
        "shortened": _morning_stages(run, "stages", count, True, count),
        "whole": _morning_stages(run, "stages, whole sentences", count, False, count),
        "extraction": run.one("extraction alone", "extraction", count),
        "command": run.tried("briefing run", command),
    }
    return {"stages": tables.stages({name: one for name, one in found.items() if one is not None})}


def _ceiling(run: Run, limit: int | None) -> dict[str, Any]:
    found = run.one("ceiling", "ceiling", min(_CEILING, limit or _CEILING))
    return {} if found is None else {"ceiling": found}


def _growth(run: Run, limit: int | None) -> dict[str, Any]:
    articles, readers = {}, {}
    for n in growth.sizes(growth.ARTICLES, limit):
        if (one := _morning_stages(run, f"{n:,} articles", n, True, None)) is not None:
            articles[n] = one
    for n in growth.sizes(growth.READERS, limit):
        if (one := run.one(f"{n:,} readers", "readers", n)) is not None:
            readers[n] = one
    peaks = {
        kind: {n: one["peak"] for n, one in found.items()}
        for kind, found in (("articles", articles), ("readers", readers))
        if found
    }
    curves = [*(growth.of_articles(articles) if articles else ()), *(growth.of_readers(readers) if readers else ())]
    return {"growth": curves, "peaks": peaks}


MEASURES: dict[str, Callable[[Run, int | None], dict[str, Any]]] = {
    "systems": _systems,
    "stages": _stages,
    "ceiling": _ceiling,
    "growth": _growth,
}


def _print(figures: dict[str, Any]) -> None:
    if figures.get("systems"):
        show("Systems, one article after the other", *tables.columns(figures["systems"]))
    if figures.get("stages"):
        show("\nStages of a morning, every story told", *tables.columns(figures["stages"]))
    if "ceiling" in figures:
        found = figures["ceiling"]
        rates = ", ".join(
            f"{one['product']} {one['GFLOPS']:.1f} ({one['quickest GFLOPS']:.1f})" for one in found["products"]
        )
        print(f"\nCeiling on {found['cores']} cores, {found['precision']}")
        print(f"matrix products in GFLOPS, sustained (quickest): {rates}")
        print(f"memory: {found['memory GB/s']:.1f} GB/s copied (read and written)")
        rows = [{name: one[name] for name in tables.CEILING} for one in found["stages"]]
        show("The encoder beside it; passes, tokens and GFLOP are an article's", *tables.columns(rows))
    for kind, peaks in figures.get("peaks", {}).items():
        rows = tables.growth_rows(kind, figures["growth"], peaks)
        show(f"\nGrowth with {kind}: seconds by their number, constant x number ^ exponent", *tables.columns(rows))
    print()
    print(", ".join(f"{key} {value}" for key, value in figures["machine"].items()))


def measured(parts: Collection[str], limit: int | None, out: Path | None, svg: Path | None) -> None:
    """Measure these parts, print and draw them. Exits with the names of what failed, if anything did."""
    run, started = Run(), time.perf_counter()
    figures: dict[str, Any] = {"title": TITLE, "machine": machine()}
    with ExitStack() as stack:
        # What is measured by then is shown, whatever ends the program.
        stack.callback(shown, figures, out, svg)
        for part in PARTS:
            if part in parts:
                figures |= MEASURES[part](run, limit)
                figures |= {"seconds": time.perf_counter() - started, "failed": run.failed}
    if run.failed:
        sys.exit(f"not measured: {', '.join(run.failed)}")


def shown(figures: dict[str, Any], out: Path | None, svg: Path | None) -> None:
    """Print figures; write and draw them where asked."""
    _print(figures)
    if out is not None:
        out.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    if svg is not None:
        svg.write_text(chart.drawn(figures), encoding="utf-8")
