"""Every figure, in the order of the promises. `--only WORD` runs the parts whose name has the word."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.common import arguments, report
from benchmarks.torture import clocks, kills, outside

Row = tuple[str, str, str, bool]
"""What was tried, what was seen, what must be, whether it is."""


def zones(_: Path) -> Iterator[Row]:
    """Promise 1: every zone."""
    found = clocks.every_zone()
    wrong, changes = len(found.wrong), f"{found.changes} changes, {found.gaps} gaps"
    seen = f"{found.cases} cases in {found.zones} zones ({changes}): {wrong} wrong"
    yield "zones × times × changes 2026–27", seen, "0 wrong", not found.wrong
    for line in found.wrong[:10]:
        yield "  wrong", line, "", False


def jumps(folder: Path) -> Iterator[Row]:
    """Promise 1: clocks that jump, computers that sleep."""
    for number, name in enumerate(clocks.JUMPS):
        slots, twice, unsent = clocks.jump(folder / f"jump{number}", name)
        seen = f"{slots} editions in 5 days, {twice} twice, {unsent} unsent"
        yield f"the clock {name}", seen, "0 twice, 0 unsent", twice == unsent == 0 and slots >= 5
    for number, (name, wanted) in enumerate(zip(clocks.SUSPENDS, ((6, 0), (5, 1), (3, 3)), strict=True)):
        slots, twice, unsent, missed = clocks.suspend(folder / f"suspend{number}", name)
        seen = f"{slots} editions, {twice} twice, {unsent} unsent, {missed} noted as missed"
        must = f"{wanted[0]} editions, {wanted[1]} missed"
        yield name, seen, must, (slots, missed) == wanted and twice == unsent == 0


def year(folder: Path, days: int = 365) -> Iterator[Row]:
    """Promise 1: a year of serving."""
    found = clocks.year(folder, days)
    seen = f"{found.editions} of {found.issues} issues, {found.missing} missing, {found.twice} twice, {found.sent} sent"
    yield (
        f"serve for {days} days, {len(clocks.PLANS)} briefings",
        seen,
        "all, 0 twice",
        (found.missing == found.twice == 0 and found.sent == found.issues),
    )
    settled, last = found.megabytes[1], found.megabytes[-1]
    seen = f"{settled:.0f} MB after a month, {last:.0f} MB at the end ({found.seconds:.0f} s)"
    yield "its memory", seen, "no more than 10 % growth", last < settled * 1.1


def random_kills(folder: Path, count: int = 200) -> Iterator[Row]:
    """Promise 2: kill -9 at random."""
    found = kills.at_random(folder, count)
    yield f"kill -9 at {found.kills} random moments", _killed(found), "0 of each", _whole(found, count)


def named_kills(folder: Path) -> Iterator[Row]:
    """Promise 2: kill -9 at every border."""
    found, names = kills.named(folder)
    yield (
        f"kill -9 at {len(names)} named points ({found.kills} kills)",
        _killed(found),
        "0 of each",
        (_whole(found, len(names))),
    )


def _killed(found: kills.Found) -> str:
    return (
        f"{found.lost_articles} articles lost, {found.lost_deliveries} deliveries lost, {found.twice} twice, "
        f"{found.damaged} damaged, {found.editions_wrong} days without exactly one edition; "
        f"{found.uncertain} shown as uncertain"
    )


def _whole(found: kills.Found, wanted: int) -> bool:
    bad = found.lost_articles + found.lost_deliveries + found.twice + found.damaged + found.editions_wrong
    return bad == 0 and found.kills >= wanted


def disk(folder: Path, count: int = 50) -> Iterator[Row]:
    """Promise 2: a full disk."""
    found = kills.full_disk(folder, count)
    seen = (
        f"{found.failed} runs failed, {found.succeeded} had room; {found.unclear} unclear errors, "
        f"{found.damaged} damaged, {found.not_resumed} not resumed"
    )
    yield (
        f"disk full at {count} points",
        seen,
        "0 unclear, damaged, not resumed",
        (found.unclear == found.damaged == found.not_resumed == 0 and found.failed >= count // 2),
    )


def smtp(folder: Path, times: int = 20) -> Iterator[Row]:
    """Promise 3: connections that drop, recipients that are refused."""
    for point, counts in outside.drops(folder / "drops", times).items():
        fate = ", ".join(f"{n} × {word}" for word, n in counts.items() if "then" in word)
        seen = f"{fate}; {counts['copies']} copies, {counts['twice']} twice, {counts['lost']} lost"
        yield f"mail dropped at {point}, {times} times", seen, "0 twice, 0 lost", counts["twice"] == counts["lost"] == 0
    counts = outside.refused(folder / "refused")
    seen = f"{counts['got it once']} got it once, {counts['twice']} twice, {counts['failed']} failed"
    yield "1 of 50 recipients refused", seen, "49 once", counts["got it once"] == 49 and counts["failed"] == 1


def channels(folder: Path) -> Iterator[Row]:
    """Promise 6: a dead channel delays nobody."""
    found = outside.slow_channel(folder)
    seen = ", ".join(f"{name} after {seconds:.1f} s" for name, seconds in found.items())
    yield "a channel that hangs for 6 s beside mail and file", seen, "under 3 s", max(found["mail"], found["file"]) < 3


def sources(folder: Path) -> Iterator[Row]:
    """Promise 6: 30 % of the sources fail."""
    found = outside.failing_sources(folder)
    yield (
        "6 of 20 sources fail",
        ", ".join(f"{name}: {value:g}" for name, value in found.items()),
        "14, 6, -, 6, ≤ 12.5",
        (
            found["articles of the others"] == 14
            and found["named in the foot"] == 6
            and found["came back"] == 6
            and found["hours until the last was back"] <= 12.5
        ),
    )


def models(folder: Path) -> Iterator[Row]:
    """Promise 7: on time without the model."""
    for number, how in enumerate(outside.MODELS):
        came, says, late = outside.model(folder / str(number), how)
        seen = (
            f"{'came' if came else 'did not come'} {late * 60:.0f} s after its time, {'says so' if says else 'silent'}"
        )
        yield f"model: {how} (grace 3 s)", seen, "within grace + 7 s", came and says and late < 10 / 60


def crowd(folder: Path, processes: int = 8, runs: int = 100) -> Iterator[Row]:
    """Promise 12: many processes, one winner."""
    words = kills.crowd(folder, processes, runs)
    seen = ", ".join(f"{count} {word}" for word, count in words.most_common())
    good = words["editions"] == words["slots with one winner"] == words["made"] == runs
    failed = [word for word in words if word.startswith("failed") or word == "locked"]
    yield f"{processes} processes × {runs} runs", seen, f"{runs} editions, 0 locked", good and not failed


def canaries(folder: Path) -> Iterator[Row]:
    """Promise 13: secrets."""
    found = outside.secrets(folder)
    seen = ", ".join(f"{count} in {place}" for place, count in found.items())
    yield "canary secrets", seen, "0", not any(found.values())


PARTS: tuple[Callable[[Path], Iterator[Row]], ...] = (
    zones, jumps, year, random_kills, named_kills, disk, smtp, channels, sources, models, crowd, canaries,
)  # fmt: skip


def main() -> None:
    """Print the table; the exit code says whether every promise held."""
    parser = arguments("Reliability in figures. Needs nothing but this machine; takes some 15 minutes.")
    parser.add_argument("--only", help="run the parts whose name has this word")
    options = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    logging.disable(logging.ERROR)
    table: list[list[object]] = []
    with tempfile.TemporaryDirectory() as name:
        for part in PARTS:
            if options.only and options.only not in part.__name__:
                continue
            began = time.monotonic()
            if part is canaries:
                logging.disable(logging.NOTSET)
            try:
                rows = list(part(Path(name) / part.__name__))
            # One part's fault must not hide the figures of the others.
            except Exception as error:
                rows = [(part.__name__, f"broke: {type(error).__name__}: {error}"[:300], "", False)]
            for tried, seen, must, held in rows:
                table.append([tried, seen, must, "held" if held else "NOT HELD"])
                print(f"{'ok ' if held else 'BAD'} {tried}: {seen}", flush=True)
            print(f"    ({part.__name__}: {time.monotonic() - began:.0f} s)", flush=True)
    report("promises", ["tried", "seen", "must be", ""], table, options.json)
    sys.exit(any(row[-1] != "held" for row in table))


if __name__ == "__main__":
    main()
