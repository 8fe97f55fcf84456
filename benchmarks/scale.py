"""A day of an installation on paper: cores by kind of work, machines, money, and what saturates first.

Nothing is measured here; `benchmarks.costs` says what a piece of work costs, and by which command that was seen.

    python -m benchmarks.scale                                        # a million articles, 10,000 readers
    python -m benchmarks.scale --articles 20000 --readers 200 --speed speed.json
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.common import arguments, machine, report
from benchmarks.costs import Costs, costs_of

DAY = 86_400.0
LEAD = 3_600.0
"""Seconds before its time at which an issue is begun, at the most (`scheduler.LONGEST_LEAD`)."""
WINDOW, HELD = 2.0, 8.0
"""Days whose articles are grouped (`limits.max_age`), and days whose articles are loaded (`stories.WINDOW` more)."""
VECTOR = 384 * 4
"""Bytes of what an article means, which are held of all that are grouped."""
DOMAIN_A_MINUTE = 120.0
"""Mails to addresses of one domain (`per_minute` of a mail channel)."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a day brings. All but the first two are assumed."""

    articles: int = 1_000_000
    readers: int = 10_000
    per_source: float = 50.0
    """Articles of a source in a day."""
    asks: float = 48.0
    """Times a source is asked in a day."""
    told: int = 5_000
    """Stories told in a day, to whichever reader; each is told once."""
    moments: int = 4
    """Different times of day at which editions are due; each groups anew."""
    peak: float = 2.0
    """How many times the mean the busiest hour brings."""
    one_domain: float = 0.4
    """The share of readers whose addresses belong to one mail provider."""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Assumed on 2026-11-28, in US dollars, as large as public clouds' list prices are; nobody's offer."""

    core_hour: float = 0.04
    """A core with 4 GB of memory."""
    gigabyte_month: float = 0.12
    """A gigabyte of a database's disk."""
    gpu_hour: float = 0.80
    """A GPU with 24 GB, which serves a model of 8 thousand million weights."""
    gpu_read: float = 4_000.0
    """Tokens such a model reads in a second with many stories at once: assumed, not measured."""
    gpu_write: float = 1_000.0
    """Tokens it writes in a second: assumed, not measured."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What machines are bought as."""

    cores: int = 16
    gibibytes: float = 64.0
    use: float = 0.6
    """The share of its cores that work is planned for."""
    disk: float = 4_000.0
    """Gigabytes of the database's disk."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A kind of work: seconds of a core in a day, seconds within which it must be done, cores for that."""

    name: str
    seconds: float
    within: float
    cores: float


@dataclass(frozen=True, slots=True)
class Limit:
    """Something of which there is one. Above 1 it does not do what is asked of it."""

    name: str
    needs: float
    has: float
    unit: str

    @property
    def share(self) -> float:
        """How much of it is used."""
        return self.needs / self.has


@dataclass(frozen=True, slots=True)
class Plan:
    """A day on paper. `limits` begin with what saturates first; `money` is dollars a day by what they buy."""

    stages: tuple[Stage, ...]
    limits: tuple[Limit, ...]
    machines: int
    money: dict[str, float]
    gigabytes_a_day: float
    rows_a_second: float
    gpus: float
    tokens: float


def grouping(costs: Costs, articles: float) -> tuple[float, float]:
    """Seconds of a core, and GiB, for grouping so many articles in one process."""
    times = articles / 100_000
    return costs.group * times**costs.group_grows, costs.group_memory / 1024 * times


def plan(costs: Costs, load: Load, prices: Prices | None = None, one: Machine | None = None) -> Plan:
    """The plan of a day."""
    prices, one = prices or Prices(), one or Machine()
    grouped, group_memory = grouping(costs, load.articles * WINDOW)

    def over_day(name: str, seconds: float) -> Stage:
        return Stage(name, seconds, DAY, seconds * load.peak / DAY)

    def before_issue(name: str, seconds: float) -> Stage:
        """What all of the day's moments share, done in the hour before each."""
        return Stage(name, seconds, LEAD, seconds / load.moments / LEAD)

    sources = load.articles / load.per_source
    stages = (
        over_day("ask sources", sources * load.asks * costs.ask),
        over_day("read pages", load.articles * costs.read),
        over_day("store articles", load.articles * costs.keep),
        over_day("compare meaning", load.articles * costs.embed),
        before_issue("group", grouped * load.moments),
        before_issue("tell", load.told * costs.tell),
        before_issue("readers' editions", load.readers * costs.reader),
    )
    gigabytes = load.articles * costs.kept_bytes / 1e9
    rows = load.articles * costs.rows * load.peak / DAY
    held = load.articles * (HELD * costs.held_bytes + WINDOW * VECTOR) / 2**30 + group_memory
    at_once = load.readers / load.moments
    limits = (
        Limit("memory of the process that makes editions", held, one.gibibytes * 0.8, "GiB"),
        Limit("grouping, in one process", grouped, LEAD, "s before an issue"),
        Limit("readers' editions, in one process", at_once * costs.reader, LEAD, "s before an issue"),
        Limit("telling without Ray, in one process", load.told / load.moments * costs.tell / one.cores, LEAD, "s"),
        Limit("one process that writes", rows, costs.rows / costs.keep if costs.keep else math.inf, "rows/s"),
        Limit("the database's disk in a year", gigabytes * 365, one.disk, "GB"),
        Limit("mails to one provider", at_once * load.one_domain / DOMAIN_A_MINUTE, 60, "minutes"),
    )
    # A model server's GPUs, if it writes the stories instead of the embedded summariser.
    reads, writes = load.told * costs.tokens_in, load.told * costs.tokens_out
    gpu_seconds = reads / prices.gpu_read + writes / prices.gpu_write
    whole = sum(stage.cores for stage in stages) / one.use
    machines = max(1, math.ceil(whole / one.cores))
    return Plan(
        stages=stages,
        limits=tuple(sorted(limits, key=lambda limit: -limit.share)),
        machines=machines,
        money={
            "machines": machines * one.cores * 24 * prices.core_hour,
            "a month of articles on disk": gigabytes * 30 * prices.gigabyte_month / 30,
            "GPUs, if a model server tells": gpu_seconds / 3_600 * prices.gpu_hour,
        },
        gigabytes_a_day=gigabytes,
        rows_a_second=rows,
        gpus=gpu_seconds / load.moments / LEAD,
        tokens=reads + writes,
    )


def shown(made: Plan, one: Machine) -> list[list[object]]:
    """The rows of the table."""
    rows: list[list[object]] = [
        [f"cores: {stage.name}", round(stage.cores, 2), f"{stage.seconds:,.0f} core seconds a day"]
        for stage in made.stages
    ]
    rows.append(
        [f"machines of {one.cores} cores and {one.gibibytes:.0f} GiB", made.machines, f"planned for {one.use:.0%}"]
    )
    rows.append(["GB stored a day", round(made.gigabytes_a_day, 2), "nothing is deleted"])
    rows.append(["rows written a second", round(made.rows_a_second, 1), "in the busiest hour"])
    rows.append(
        ["GPUs, if a model server tells", round(made.gpus, 2), f"{made.tokens / 1e6:,.1f} million tokens a day"]
    )
    rows += [[f"dollars a day: {name}", round(value, 2), "assumed prices"] for name, value in made.money.items()]
    for limit in made.limits:
        words = f"needs {limit.needs:,.1f}, has {limit.has:,.1f} {limit.unit}"
        rows.append([f"used: {limit.name}", f"{limit.share:.0%}", words + (": SATURATED" if limit.share > 1 else "")])
    return rows


def main(words: Sequence[str] | None = None) -> int:
    """Print the table, and write all of it where asked; 2 if the costs can't be read."""
    parser = arguments("A day of an installation on paper.")
    parser.add_argument("--speed", type=Path, default=None, help="JSON of benchmarks.costs, in place of the defaults")
    parser.add_argument("--articles", type=int, default=Load.articles, help="articles a day")
    parser.add_argument("--readers", type=int, default=Load.readers)
    parser.add_argument("--told", type=int, default=Load.told, help="stories told in a day")
    parser.add_argument("--moments", type=int, default=Load.moments, help="times of day at which editions are due")
    options = parser.parse_args(words)
    if min(options.articles, options.readers, options.told, options.moments) < 1:
        parser.error("expected numbers from 1")
    try:
        costs = costs_of(options.speed)
    except (OSError, ValueError) as error:
        print(f"scale: {error}", file=sys.stderr)
        return 2
    load = Load(articles=options.articles, readers=options.readers, told=options.told, moments=options.moments)
    prices, one = Prices(), Machine()
    made = plan(costs, load, prices, one)
    title = f"{load.articles:,} articles a day, {load.readers:,} readers, {load.told:,} stories, on paper"
    report(title, ["what", "how much", "of what"], shown(made, one), None)
    if options.json is not None:
        whole = {
            "machine": machine(), "costs": asdict(costs), "load": asdict(load), "prices": asdict(prices),
            "bought": asdict(one), "plan": asdict(made),
        }  # fmt: skip
        options.json.write_text(json.dumps(whole, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
