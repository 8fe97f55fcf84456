"""The command. A process that measures one thing loads only what that needs, so that its memory is its own."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

from benchmarks.common import arguments
from benchmarks.speed import PARTS

ONES = {
    "system": ("systems", "measure"),
    "stages": ("stages", "measure"),
    "extraction": ("stages", "extraction"),
    "ceiling": ("ceiling", "measure"),
    "readers": ("growth", "readers"),
}
"""What one process can be asked to measure: a module beside this one, and its function."""


def main() -> None:
    """Measure and print."""
    parser = arguments(
        "The speed table: systems, stages, growth and ceiling, each figure from a process of its own. --limit: so many "
        "articles and readers at the most."
    )
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="measure these only")
    parser.add_argument("--svg", type=Path, help="draw the figures into this file")
    parser.add_argument("--draw", type=Path, help="measure nothing: print what this JSON file holds, and draw it")
    parser.add_argument("--one", type=json.loads, help="measure one thing in this process, and print it as JSON")
    chosen = parser.parse_args()
    if chosen.one is not None:
        kind, *given = chosen.one
        module, function = ONES[kind]
        print(json.dumps(getattr(importlib.import_module(f"benchmarks.speed.{module}"), function)(*given)))
        return
    from benchmarks.speed import run

    if chosen.draw is not None:
        run.shown(json.loads(chosen.draw.read_text(encoding="utf-8")), chosen.json, chosen.svg)
    else:
        run.measured(chosen.part, chosen.limit, chosen.json, chosen.svg)


if __name__ == "__main__":
    main()
