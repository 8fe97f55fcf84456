"""What all benchmarks share: options, data, the machine, tables."""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import math
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SEED = 20261123


def arguments(description: str) -> argparse.ArgumentParser:
    """The options every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--limit", type=int, default=None, help="use only so many rows, chosen by a fixed seed")
    return parser


def rows(name: str, limit: int | None) -> list[dict[str, Any]]:
    """Rows of a development set from $BRIEFING_DATA. Exits with a plain word where it is missing."""
    folder = Path(os.environ.get("BRIEFING_DATA", "../shared/data"))
    path = folder / f"{name}.jsonl"
    if not path.is_file():
        sys.exit(f"the data is missing: {path} (the environment variable BRIEFING_DATA names its folder)")
    with path.open(encoding="utf-8") as handle:
        found = [json.loads(line) for line in handle]
    if limit is not None and limit < len(found):
        found = random.Random(SEED).sample(found, limit)
    return found


def sample() -> list[dict[str, Any]]:
    """Our own small sample: invented articles of examples/ with bullets written by us."""
    from datetime import UTC, datetime

    from briefing.extract import Extractor
    from briefing.sources.file import MEDIA_TYPES
    from briefing.types import Item
    from briefing.worker import Worker

    here = Path(__file__).parent
    found = []
    with Worker() as worker:
        for line in (here / "sample.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            path = here.parent / "examples" / row["path"]
            kind = MEDIA_TYPES[path.suffix]
            item = Item(source="sample", key=row["path"], url=f"https://example.org/{row['path']}", media_type=kind)
            moment = datetime(2026, 3, 11, 18, tzinfo=UTC)
            (article,) = Extractor(worker).extract(item, path.read_bytes(), kind, "utf-8", item.url, moment)
            found.append({**row, "id": row["path"], "text": article.text, "title": article.title})
    return found


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    names = ("briefing", "torch", "transformers", "trafilatura", "sentencex", "rouge-score")
    versions = {name: _version(name) for name in names}
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": str(os.cpu_count()),
        **versions,
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


class CommandFailed(SystemExit):
    """A command that was measured failed: it ends the program with what was said, unless it is caught."""


def watched(
    command: Sequence[str],
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    every: float = 0.02,
    most: float = math.inf,
) -> tuple[float, float, str]:
    """Seconds that a command takes in `folder`, the peak memory in MB of all its processes, and what it printed.

    It is looked at `every` so many seconds; what processes share is counted once (the proportional set size). After
    `most` seconds it is ended. Raises CommandFailed.
    """
    import psutil

    started = time.perf_counter()
    with (folder / "printed").open("w") as printed, (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=printed, stderr=log, env=env)
        watching, peak = psutil.Process(process.pid), 0
        while process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                tree = [watching, *watching.children(recursive=True)]
                peak = max(peak, sum(one.memory_full_info().pss for one in tree))
            if time.perf_counter() - started > most:
                for one in [*watching.children(recursive=True), watching]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        one.kill()
                break
            time.sleep(every)
        process.wait()
    seconds = time.perf_counter() - started
    said = (folder / "printed").read_text(encoding="utf-8")
    if process.returncode:
        log_said = (folder / "log").read_text(encoding="utf-8")
        raise CommandFailed(f"{' '.join(command)} failed with {process.returncode}: {said}{log_said}")
    return seconds, peak / 1e6, said


def whole_process(
    words: Sequence[str], folder: Path, *, env: Mapping[str, str] | None = None, every: float = 0.02
) -> tuple[float, float]:
    """Seconds that `briefing` with these words takes in `folder`, and the peak memory in MB, as `watched`."""
    seconds, peak, _ = watched([sys.executable, "-m", "briefing", *words], folder, env=env, every=every)
    return seconds, peak


def show(title: str, columns: Sequence[str], table: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    cells = [[f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in [columns, *table]]
    widths = [max(len(row[k]) for row in cells) for k in range(len(columns))]
    print(title)
    for row in cells:
        print(
            "  ".join(
                cell.ljust(width) if k == 0 else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )


def report(title: str, columns: Sequence[str], table: Sequence[Sequence[object]], out: Path | None) -> None:
    """Print the table with the machine under it, and write both as JSON where asked."""
    show(title, columns, table)
    here = machine()
    print(", ".join(f"{key} {value}" for key, value in here.items()))
    if out is not None:
        figures = [dict(zip(columns, row, strict=True)) for row in table]
        out.write_text(json.dumps({"title": title, "machine": here, "rows": figures}, indent=2), encoding="utf-8")
