"""What was measured as rows of plain values: what is printed, written as JSON, and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.speed.stages import STAGES
from benchmarks.speed.systems import DEFAULT, SLOWEST

__all__ = ["CEILING", "columns", "growth_rows", "stages", "systems"]

Row = dict[str, Any]
NAMES = {
    "collect": "collect: feeds asked",
    "read": "read: pages fetched, extracted, kept",
    "embed": "embed: headline and opening",
    "group": "group",
    "choose": "choose",
    "tell": "tell, shortened and checked",
    "save": "save",
    "deliver": "render and deliver, a file and a mail",
    "rest": "between the stages",
}
CEILING = (
    "stage", "articles/s", "passes", "tokens", "GFLOP", "GFLOPS", "share %", "GFLOPS in passes",
    "share in passes %", "of the quickest %", "GB/s", "memory share %", "bound by", "articles/s at the ceiling",
)  # fmt: skip
"""What the printed table has of the encoder's stages."""


def systems(found: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """A row per system; ratios where what they are beside was measured too."""
    return [
        {
            "system": name,
            "s/article": one["each"],
            "articles/s": 1 / one["each"],
            "times as fast as bart": found[SLOWEST]["each"] / one["each"] if SLOWEST in found else None,
            "default is times as fast": one["each"] / found[DEFAULT]["each"] if DEFAULT in found else None,
            "first, s": one["first"],
            "peak MB": one["peak"],
        }
        for name, one in found.items()
    ]


def stages(found: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """A row per stage of a morning in which every story is told; `found` by what was run.

    "shortened" and "whole" are mornings, "extraction" pages from memory, "command" a whole `briefing run`.
    """
    rows = []
    if "shortened" in found:
        morning = found["shortened"]
        for stage in (*STAGES, "rest"):
            count = morning["told" if stage == "tell" else "articles"]
            name = NAMES[stage] + (f": {morning['stories']:.0f} stories" if stage == "tell" else "")
            rows.append(_stage(name, count, morning.get(stage, 0.0)))
        rows.append(_stage("all stages", morning["articles"], morning["total"], morning["peak"]))
    if "whole" in found:
        rows.append(_stage("tell, whole sentences, checked", found["whole"]["told"], found["whole"]["tell"]))
        rows.append(
            _stage("all stages, whole sentences", *(found["whole"][key] for key in ("articles", "total", "peak")))
        )
    if "extraction" in found:
        rows.append(_stage("extract alone, from memory", found["extraction"]["articles"], found["extraction"]["total"]))
    if "command" in found:
        name = "briefing run, with all loading"
        rows.append(_stage(name, *(found["command"][key] for key in ("articles", "total", "peak"))))
    return rows


def _stage(name: str, count: float, seconds: float, peak: float | None = None) -> Row:
    return {
        "stage": name, "articles": int(count), "s": seconds,
        "articles/s": count / seconds if seconds else None, "peak MB": peak,
    }  # fmt: skip


def growth_rows(kind: str, curves: Sequence[Row], peaks: Mapping[Any, float]) -> list[Row]:
    """Rows of what grows with `kind`: seconds at each size and the exponents; at the end the peak memory."""
    rows = [
        {
            "what": one["what"], **_sized(one["sizes"], one["seconds"]),
            "exponent": one["exponent"], "last step": one["last step"], "constant, s": one["constant"],
        }
        for one in curves
        if one["of"] == kind
    ]  # fmt: skip
    # JSON has written its keys as texts.
    return [*rows, {"what": "peak MB", **_sized([int(n) for n in peaks], list(peaks.values()))}]


def _sized(sizes: Sequence[int], values: Sequence[float]) -> Row:
    return {f"{n:,}": value for n, value in zip(sizes, values, strict=True)}


def columns(rows: Sequence[Row]) -> tuple[list[str], list[list[object]]]:
    """Column names and cells of rows that need not have all columns; what is missing or None is "-"."""
    names = list(dict.fromkeys(key for row in rows for key in row))
    return names, [[_cell(row.get(name)) for name in names] for row in rows]


def _cell(value: object) -> object:
    if value is None:
        return "-"
    if isinstance(value, float) and 0 < abs(value) < 0.1:
        return f"{value:.2g}"
    return value
