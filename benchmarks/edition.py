"""Start-up, and an edition from the embedded defaults: seconds and peak memory of whole processes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks.common import arguments, report, whole_process

ROOT = Path(__file__).resolve().parent.parent
RUNS = 3


def main() -> None:
    """Print the table."""
    options = arguments("Whole processes: median of three runs, the first of each command not counted.").parse_args()
    table = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "config.yaml", folder)
        shutil.copytree(ROOT / "examples", folder / "examples")
        for words, fresh in ((["--help"], False), (["run"], True), (["run"], False), (["show"], False)):
            taken = []
            for _ in range(RUNS + 1):
                if fresh:
                    for path in folder.glob("briefing.db*"):
                        path.unlink()
                taken.append(whole_process(words, folder))
            middle = sorted(taken[1:])[RUNS // 2]
            what = f"briefing {' '.join(words)}" + ("" if words != ["run"] else ", new edition" if fresh else ", again")
            table.append([what, middle[0], max(peak for _, peak in taken)])
    report("the embedded defaults", ["command", "seconds", "peak MB"], table, options.json)


if __name__ == "__main__":
    main()
