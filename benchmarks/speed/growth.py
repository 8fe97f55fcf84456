"""How seconds and memory grow with articles and with readers.

Articles: a morning of so many of them (`benchmarks.speed.stages`), all collected, read, compared, grouped and chosen
from; told is what an edition tells unless told otherwise. Readers: `benchmarks.readers`, what they cost beyond the
shared work.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.readers import exponent
from benchmarks.readers import measure as measure_readers

__all__ = ["ARTICLES", "READERS", "curve", "of_articles", "of_readers", "readers", "sizes"]

ARTICLES = (100, 1_000, 10_000)
READERS = (1, 100, 10_000)
_STEPS = {
    "all of it": ("total",),
    "collect and read": ("collect", "read"),
    "embed": ("embed",),
    "group": ("group",),
    "choose": ("choose",),
    "tell": ("tell",),
    "the rest": ("save", "deliver", "rest"),
}


def sizes(all_of_them: Sequence[int], limit: int | None) -> list[int]:
    """Those up to the limit; the limit alone where that is none.

    >>> sizes((100, 1000), None), sizes((100, 1000), 500), sizes((100, 1000), 20)
    ([100, 1000], [100], [20])
    """
    if limit is None:
        return list(all_of_them)
    return [n for n in all_of_them if n <= limit] or [limit]


def curve(what: str, of: str, points: Sequence[tuple[int, float]]) -> dict[str, Any]:
    """Seconds by size, and the power law through them, `constant` x size ^ `exponent`, by least squares on logarithms.

    `last step` is the exponent of the last two points alone: what is fixed weighs on the first ones. None where there
    are too few.

    >>> curve("group", "articles", [(10, 2.0), (100, 200.0)])["exponent"]
    2.0
    """
    made: dict[str, Any] = {"what": what, "of": of, "sizes": [n for n, _ in points], "seconds": [s for _, s in points]}
    made |= {"exponent": None, "constant": None, "last step": None}
    if len(points) > 1:
        power = exponent(made["sizes"], made["seconds"])
        height = sum(math.log(max(s, 1e-6)) - power * math.log(n) for n, s in points) / len(points)
        last = exponent(made["sizes"][-2:], made["seconds"][-2:])
        made |= {"exponent": round(power, 3), "constant": math.exp(height), "last step": round(last, 3)}
    return made


def readers(count: int) -> dict[str, float]:
    """Seconds that so many readers cost beyond the shared work, and that work itself."""
    found = measure_readers(count, 1)
    work = max(0.0, found["making"] - found["shared"]) + found["rendering"]
    beyond = work + found["saving"] + found["sending"]
    return {"work": work, "beyond": beyond, "shared": found["telling"] + found["shared"]}


def of_articles(found: Mapping[int, Mapping[str, float]]) -> list[dict[str, Any]]:
    """Curves of the steps of mornings, by their number of articles."""
    return [
        curve(what, "articles", [(n, sum(one.get(stage, 0.0) for stage in stages)) for n, one in found.items()])
        for what, stages in _STEPS.items()
    ]


def of_readers(found: Mapping[int, Mapping[str, float]]) -> list[dict[str, Any]]:
    """Curves of readers: choosing and rendering alone, and with saving and sending."""
    return [
        curve("chosen and rendered", "readers", [(n, one["work"]) for n, one in found.items()]),
        curve("with saving and sending", "readers", [(n, one["beyond"]) for n, one in found.items()]),
    ]
