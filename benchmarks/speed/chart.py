"""The figures drawn as one SVG: bars and lines as plain values, which the template draws. All is pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.speed.systems import DEFAULT, SLOWEST

__all__ = ["bars", "decades", "drawn", "lines", "number"]

WIDTH, MARGIN = 900.0, 24.0
LABELS, VALUES = 270.0, 190.0
"""Room for the names of bars at the left, and for their values at the right."""
STEP, HEAD, FOOT, GAP = 24.0, 56.0, 30.0, 26.0
PLOT, ROOM, LINE = 250.0, 250.0, 15.0
"""Height of a plot of lines, the room for the names of its lines, and the least distance of two of these."""
_OURS = ("salience alone", DEFAULT)
_LEAST = 0.001

Box = dict[str, Any]


def number(value: float) -> str:
    """A value with two or three digits that count.

    >>> number(0.03456), number(5.123), number(81.98), number(12345.6)
    ('0.035', '5.1', '82', '12,346')
    """
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.2g}"


def decades(values: Sequence[float]) -> tuple[int, int]:
    """Powers of ten between which all positive values lie, at least one apart.

    >>> decades([0.5, 42.0]), decades([10.0])
    ((-1, 2), (1, 2))
    """
    found = [max(value, _LEAST) for value in values]
    low, high = math.floor(math.log10(min(found))), math.ceil(math.log10(max(found)))
    return low, max(high, low + 1)


def _power(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def bars(rows: Sequence[tuple[str, float, str, str]], top: float, log: bool = True) -> Box:
    """A bar for each row of (name, value, what stands behind it, kind), from `top` down.

    On a logarithmic axis it begins at the power of ten below the smallest value.
    """
    left, right = MARGIN + LABELS, WIDTH - MARGIN - VALUES
    values = [value for _, value, _, _ in rows]
    low, high = decades(values)
    most = max(values)

    def place(value: float) -> float:
        share = (math.log10(max(value, _LEAST)) - low) / (high - low) if log else value / most
        return left + (right - left) * share

    ticks = [(10.0**power, _power(power)) for power in range(low, high + 1)]
    if not log:
        ticks = [(most * part / 4, number(most * part / 4)) for part in range(5)]
    bottom = top + STEP * len(rows)
    return {
        "top": top, "bottom": bottom, "left": left, "right": right,
        "ticks": [{"x": round(place(value), 1), "words": words} for value, words in ticks],
        "bars": [
            {
                "name": name, "kind": kind, "words": words, "y": round(top + STEP * at, 1),
                "width": round(max(1.0, place(value) - left), 1), "height": STEP - 8,
            }
            for at, (name, value, words, kind) in enumerate(rows)
        ],
    }  # fmt: skip


def lines(curves: Sequence[Mapping[str, Any]], left: float, top: float, right: float) -> Box:
    """Curves of seconds by size on two logarithmic axes, each named at its end with its exponent."""
    sizes = [float(n) for one in curves for n in one["sizes"]]
    seconds = [float(s) for one in curves for s in one["seconds"]]
    (low_x, high_x), (low_y, high_y) = decades(sizes), decades(seconds)
    end = right - ROOM

    def x(size: float) -> float:
        return round(left + (end - left) * (math.log10(size) - low_x) / (high_x - low_x), 1)

    def y(value: float) -> float:
        return round(top + PLOT * (high_y - math.log10(max(value, _LEAST))) / (high_y - low_y), 1)

    made = []
    for at, one in enumerate(curves):
        points = [(x(n), y(s)) for n, s in zip(one["sizes"], one["seconds"], strict=True)]
        power = "" if one["exponent"] is None else f", exponent {one['exponent']:.2f}"
        made.append(
            {
                "kind": f"line{at % 7}", "points": points, "path": " ".join(f"{a},{b}" for a, b in points),
                "words": f"{one['what']}{power}",
                "told": [
                    f"{one['what']}, {n:,} {one['of']}: {number(s)} s"
                    for n, s in zip(one["sizes"], one["seconds"], strict=True)
                ],
            }
        )  # fmt: skip
    _named_apart(made, top + PLOT)
    return {
        "left": left, "end": end, "top": top, "bottom": top + PLOT, "lines": made,
        "x": [{"at": x(10.0**power), "words": _power(power)} for power in range(low_x, high_x + 1)],
        "y": [{"at": y(10.0**power), "words": _power(power)} for power in range(low_y, high_y + 1)],
    }  # fmt: skip


def _named_apart(made: list[Box], bottom: float) -> None:
    """Gives each line the place of its name: near its end, and apart from the others'."""
    order = sorted(made, key=lambda one: one["points"][-1][1])
    at = -math.inf
    for one in order:
        at = max(at + LINE, one["points"][-1][1])
        one["name"] = at
    # Who has come out below the plot pushes the others up again.
    most = bottom + LINE / 2
    for one in reversed(order):
        one["name"] = round(min(one["name"], most), 1)
        most = one["name"] - LINE


def drawn(figures: Mapping[str, Any]) -> str:
    """The SVG of the figures that `python -m benchmarks.speed --json` writes; a part that is missing is left out."""
    panels: list[Box] = []
    top = 92.0
    for title, note, rows, log in _bar_panels(figures):
        box = bars(rows, top + HEAD, log)
        panels.append({"kind": "bars", "title": title, "note": note, "top": top, "box": box})
        top = box["bottom"] + FOOT + GAP
    curves = figures.get("growth") or ()
    for kind in dict.fromkeys(one["of"] for one in curves):
        own = [one for one in curves if one["of"] == kind]
        box = lines(own, MARGIN + 60, top + HEAD, WIDTH - MARGIN)
        note = f"seconds by the number of {kind}, both axes logarithmic; exponents by least squares on logarithms"
        panels.append({"kind": "lines", "title": f"Growth with {kind}", "note": note, "top": top, "box": box})
        top = box["bottom"] + FOOT + GAP
    told = [f"{one['title']}: {_said(one)}." for one in panels]
    folder = Path(__file__).parent
    room = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    machine = figures["machine"]
    small = ", ".join(f"{key} {machine[key]}" for key in ("system", "cores", "python", "torch") if key in machine)
    return room.get_template("chart.svg.j2").render(
        title=figures["title"],
        machine=small,
        desc=" ".join(told),
        panels=panels,
        width=WIDTH,
        height=top,
        margin=MARGIN,
    )


def _said(panel: Box) -> str:
    if panel["kind"] == "bars":
        return "; ".join(f"{bar['name']} {bar['words']}" for bar in panel["box"]["bars"])
    return "; ".join(line["words"] for line in panel["box"]["lines"])


def _bar_panels(figures: Mapping[str, Any]) -> list[tuple[str, str, list[tuple[str, float, str, str]], bool]]:
    found = []
    systems = figures.get("systems")
    if systems:
        rows = [
            (one["system"], one["articles/s"], _system_words(one), "ours" if one["system"] in _OURS else "other")
            for one in systems
        ]
        note = f"articles a second, logarithmic; behind it the factor over {SLOWEST}, and peak memory"
        found.append(("Systems", note, rows, True))
    stages = [one for one in figures.get("stages") or () if one["articles/s"]]
    if stages:
        whole = ("all stages", "briefing run")
        rows = [
            (
                one["stage"], one["articles/s"], _stage_words(one),
                "other" if one["stage"].startswith(whole) else "ours",
            )
            for one in stages
        ]  # fmt: skip
        found.append(("Stages of a morning", "articles a second, logarithmic; every story is told", rows, True))
    ceiling = figures.get("ceiling")
    if ceiling:
        rows = [
            (f"product {one['product']}", one["GFLOPS"], number(one["GFLOPS"]), "other") for one in ceiling["products"]
        ]
        for one in ceiling["stages"]:
            words = f"{number(one['GFLOPS'])}: {one['share %']:.0f} %, bound by {one['bound by']}"
            rows.append((one["stage"], one["GFLOPS"], words, "ours"))
            inside = f"{number(one['GFLOPS in passes'])}: {one['share in passes %']:.0f} %"
            rows.append((f"{one['stage']}, in passes", one["GFLOPS in passes"], inside, "ours"))
        note = (
            f"GFLOPS of the encoder beside matrix products in {ceiling['precision']} on {ceiling['cores']} cores, "
            f"and the share of the best; memory copies {number(ceiling['memory GB/s'])} GB/s"
        )
        found.append(("The ceiling", note, rows, False))
    return found


def _system_words(one: Mapping[str, Any]) -> str:
    factor = one["times as fast as bart"]
    times = "" if factor is None else f", {number(factor)}x"
    return f"{number(one['articles/s'])}{times}, {one['peak MB']:,.0f} MB"


def _stage_words(one: Mapping[str, Any]) -> str:
    peak = one["peak MB"]
    return number(one["articles/s"]) + ("" if peak is None else f", {peak:,.0f} MB")
