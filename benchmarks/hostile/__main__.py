"""Attacks of our own making against the whole program: what was tried, what was seen, what had to be seen.

`python -m benchmarks.hostile [--short] [--only NAME] [--json FILE]`; the exit code is 1 if something did not hold.
"""

from __future__ import annotations

import sys
import time
from typing import Protocol

from benchmarks.common import arguments, report
from benchmarks.hostile import (
    Figure,
    active,
    alone,
    bounds,
    doors,
    feeds,
    fetching,
    fillers,
    hiding,
    papers,
    templates,
    weights,
)


class Suite(Protocol):
    """A module of attacks."""

    NAME: str
    PROMISE: int


SUITES = [hiding, alone, active, doors, bounds, fillers, papers, weights, templates, fetching, feeds]


def main() -> None:
    """Run the suites and print the table."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--short", action="store_true", help="only what a test run has time for")
    parser.add_argument("--only", help="the suites whose name holds this")
    options = parser.parse_args()
    table: list[tuple[object, ...]] = []
    broken = 0
    for suite in sorted(SUITES, key=lambda one: one.PROMISE):
        if options.only and options.only not in suite.NAME:
            continue
        started = time.perf_counter()
        for figure in _measured(suite, options.short):
            broken += not figure.held
            verdict = "held" if figure.held else "BROKEN"
            table.append((f"{suite.PROMISE} {suite.NAME}: {figure.what}", figure.seen, figure.wanted, verdict))
        print(f"{suite.NAME}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    report("Attacks by promise", ("promise, what was tried", "seen", "wanted", ""), table, options.json)
    if broken:
        sys.exit(1)


def _measured(suite: object, short: bool) -> list[Figure]:
    try:
        return list(suite.measure(short))  # type: ignore[attr-defined]  # a module with `measure`, see the package
    except Exception as error:  # an attack that brings down its own suite has succeeded; the other suites run
        return [Figure("the suite itself", f"{type(error).__name__}: {error}", "ends", False)]


if __name__ == "__main__":
    main()
