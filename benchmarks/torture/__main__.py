"""Every figure, in the order of the promises, beside what is asked; exits with 1 where one is not held.

`--part NAME` runs one part (again: several), `--json FILE` keeps the figures.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.common import arguments, report
from benchmarks.torture import clocks, kills, outside, told, year

Row = tuple[str, str, str, bool]
"""What was tried, what was seen, what must be, whether it is."""


def zones(_: Path) -> Iterator[Row]:
    """Promise 1: every zone."""
    found = clocks.every_zone()
    wrong, changes = len(found.wrong), f"{found.changes} changes, {found.gaps} gaps"
    gaps = f"{len(found.zones_with_gap)} zones with a gap in 2026, {len(found.at_midnight)} of them at midnight"
    seen = f"{found.cases} cases in {found.zones} zones ({changes}; {gaps}): {wrong} not exactly one"
    yield "zones × times × changes 2026–27", seen, "0 not exactly one", not found.wrong and found.zones > 400
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


def serve_year(folder: Path, days: int = 365) -> Iterator[Row]:
    """Promise 1: a year of serving."""
    found = year.year(folder, days)
    yield (
        f"serve for {days} days, {year.BRIEFINGS} briefings in as many zones, 4 by mail",
        f"{found.due} editions due, {found.made} made, {found.missing} missing, {found.twice} twice, "
        f"the latest {found.latest_minutes:g} min late ({found.seconds:.0f} s)",
        "all made, 0 missing, 0 twice, 0 late",
        found.made == found.due > days and found.missing == found.twice == 0 and found.latest_minutes <= 1,
    )
    seen = f"{found.mails} of {found.mails_wanted} mails came once, {found.files} of {found.due} files are there"
    whole = found.mails == found.mails_wanted > days and found.files == found.due
    yield "what it delivered", seen, "all, each once", whole
    starts = ", ".join(f"{size:.0f}" for size in found.megabytes)
    settled, last = found.megabytes[1], found.megabytes[-1]
    yield (
        "its memory at the start of each quarter and at the end",
        f"{starts} MB: {last / settled * 100 - 100:+.1f} % since the second quarter began",
        "flat: no more than 10 % growth",
        last < settled * 1.1,
    )


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
        f"{count} failed; 0 unclear, damaged, not resumed",
        (found.unclear == found.damaged == found.not_resumed == 0 and found.failed >= count),
    )


def smtp(folder: Path, times: int = 20) -> Iterator[Row]:
    """Promise 3: connections that drop, recipients that are refused."""
    for point, counts in outside.drops(folder / "drops", times).items():
        fate = ", ".join(f"{n} × {word}" for word, n in counts.items() if "then" in word)
        seen = f"{fate}; {counts['copies']} copies, {counts['twice']} twice, {counts['lost']} lost"
        yield f"mail dropped at {point}, {times} times", seen, "0 twice, 0 lost", counts["twice"] == counts["lost"] == 0
    counts = outside.refused(folder / "refused")
    seen = f"{counts['got it once']} got it once, {counts['twice']} twice, {counts['failed']} failed"
    once = counts["got it once"] == 49 and counts["twice"] == 0 and counts["failed"] == 1
    yield "1 of 50 recipients refused (550)", f"{seen} after {counts['tries of one']} try", "49 once, 1 failed", once
    counts = outside.busy(folder / "busy")
    seen = f"{counts['got it once']} got it once, {counts['twice']} twice, after {counts['tries of one']} tries of one"
    once = counts["got it once"] == 50 and counts["twice"] == 0 and counts["tries of one"] > 1
    yield "1 of 50 recipients put off (451) for 3 hours", seen, "50 once", once


def webhook(folder: Path) -> Iterator[Row]:
    """Promise 6: a dead webhook delays nobody."""
    found = outside.dead_webhook(folder)
    seen = f"mail after {found.mail:.1f} s, file after {found.file:.1f} s; the webhook {found.state} after"
    seen += f" {found.whole:.1f} s, asked {found.asked} time"
    held = max(found.mail, found.file) < 3 and found.asked == 1 and found.state == "pending"
    yield "a webhook that never answers (timeout 6 s)", seen, "mail and file within 3 s, tried again later", held


def sources(folder: Path) -> Iterator[Row]:
    """Promise 6: 30 % of the sources fail."""
    found = outside.failing_sources(folder)
    last = found["hours until the last was back"]
    yield (
        "6 of 20 sources fail for two days",
        ", ".join(f"{name}: {value:g}" for name, value in found.items()),
        "14, 6, 0, -, 6, within a day",
        (
            found["articles of the others"] == 14
            and found["named in the foot"] == found["came back"] == 6
            and found["others that failed"] == 0
            and last <= 24
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


def backups(folder: Path) -> Iterator[Row]:
    """Promise 12: copies, put back."""
    found = told.backups(folder)
    seen = f"{found.made} whole, {found.damaged} damaged; {'the same' if found.same_after_restore else 'not the same'}"
    yield (
        "20 backups while others write; one restored",
        seen,
        "20, 0, the same",
        (found.made == 20 and found.damaged == 0 and found.same_after_restore),
    )
    yield "spoilt backups", f"{found.refused} of {found.spoilt} refused", "all", found.refused == found.spoilt


def silence(folder: Path) -> Iterator[Row]:
    """Promises 6 and 13: what failed is tried thrice at most, and told."""
    found = told.silence(folder)
    for what, places in found.told.items():
        yield f"{what} is told", ", ".join(places), ", ".join(told.PLACES), places == told.PLACES
    yield "a page that always fails is asked for", f"{found.tries} times in 4 days", "3", found.tries == 3


def canaries(folder: Path) -> Iterator[Row]:
    """Promise 13: secrets."""
    found = outside.secrets(folder)
    seen = ", ".join(f"{count} in {place}" for place, count in found.items())
    yield "canary secrets", seen, "0", not any(found.values())


PARTS: dict[str, Callable[[Path], Iterator[Row]]] = {
    "zones": zones, "jumps": jumps, "year": serve_year, "random-kills": random_kills, "named-kills": named_kills,
    "disk": disk, "mail": smtp, "webhook": webhook, "sources": sources, "models": models, "crowd": crowd,
    "backups": backups, "silence": silence, "secrets": canaries,
}  # fmt: skip


def _memory() -> str | None:
    """A folder in memory where there is one: no power fails here, so nothing need reach a disk, and it is quicker."""
    shared = Path("/dev/shm")  # noqa: S108 (only our own new folder in it is used)
    roomy = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 1 << 30
    return str(shared) if roomy else None


def main() -> None:
    """Print the table; the exit code says whether every promise held."""
    parser = arguments("Reliability in figures. Needs nothing but this machine; takes some 10 minutes.")
    parser.add_argument("--part", action="append", choices=PARTS, help="run this part only; may be given several times")
    options = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    table: list[list[object]] = []
    whole = time.monotonic()
    with tempfile.TemporaryDirectory(dir=_memory()) as name:
        for word in options.part or PARTS:
            began = time.monotonic()
            # Only the secrets are looked for in the log; elsewhere it would bury the figures.
            logging.disable(logging.NOTSET if word == "secrets" else logging.ERROR)
            try:
                rows = list(PARTS[word](Path(name) / word))
            except Exception as error:  # one part's fault must not hide the figures of the others
                rows = [(word, f"broke: {type(error).__name__}: {error}"[:300], "", False)]
            for tried, seen, must, held in rows:
                table.append([tried, seen, must, "held" if held else "NOT HELD"])
                print(f"{'ok ' if held else 'BAD'} {tried}: {seen} (asked: {must})", flush=True)
            print(f"    ({word}: {time.monotonic() - began:.0f} s)", flush=True)
    print(f"    (all: {time.monotonic() - whole:.0f} s)", flush=True)
    report("promises", ["tried", "seen", "must be", ""], table, options.json)
    sys.exit(any(row[-1] != "held" for row in table))


if __name__ == "__main__":
    main()
