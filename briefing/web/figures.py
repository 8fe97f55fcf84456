"""Figures of editions and sources, and charts of them as plain values: bars in a box, which the templates draw as SVG.

Nothing is drawn that the store does not hold. All is pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from briefing.store import SourceDay
from briefing.text import reading_minutes
from briefing.types import Correction, Edition

HEIGHT, STEP, GAP = 40.0, 10.0, 2.0
"""A chart's box: its height, and what a day takes of its width, with the gap between two."""
MOST_TOPICS, MOST_SOURCES = 20, 60


@dataclass(frozen=True, slots=True)
class Figures:
    """What of one edition is counted. `minutes` to read its bullets, `whole` to read the articles they are told from.

    `checked`, `replaced` and `dropped` are the guard's, of bullets.
    """

    day: date
    topics: Mapping[str, int]
    bullets: int
    minutes: float
    whole: float
    checked: int
    replaced: int
    dropped: int
    corrections: tuple[Correction, ...]


def figures_of(edition: Edition) -> Figures:
    """An edition counted."""
    told = edition.summaries
    return Figures(
        day=edition.day,
        topics=Counter(summary.pick.topic for summary in told),
        bullets=sum(len(summary.bullets) for summary in told),
        minutes=sum(reading_minutes(summary.told) for summary in told),
        whole=sum(reading_minutes(summary.article.text) for summary in told),
        checked=edition.receipt.checked,
        replaced=edition.receipt.replaced,
        dropped=edition.receipt.dropped,
        corrections=edition.corrections,
    )


def in_words(day: date) -> str:
    """A day, shortly.

    >>> in_words(date(2026, 3, 9))
    '9 March'
    """
    return f"{day.day} {day:%B}"


def bars(days: Sequence[date], parts: Sequence[tuple[str, str, Mapping[date, float]]], most: float) -> dict[str, Any]:
    """A bar for each day, its parts on top of each other; each part is (class, what it counts, values by day).

    >>> chart = bars([date(2026, 3, 9)], [("a", "stories", {date(2026, 3, 9): 2})], 4)
    >>> chart["bars"]
    [{'kind': 'a', 'x': 1.0, 'y': 20.0, 'width': 8.0, 'height': 20.0, 'words': '9 March: 2 stories'}]
    """
    found = []
    for place, day in enumerate(days):
        top = HEIGHT
        for kind, what, values in parts:
            value = values.get(day, 0)
            if not value:
                continue
            height = round(HEIGHT * value / (most or 1), 2)
            top = round(top - height, 2)
            shown = f"{value:g}" if value == int(value) else f"{value:.1f}"
            found.append(
                {
                    "kind": kind, "x": place * STEP + GAP / 2, "y": top, "width": STEP - GAP, "height": height,
                    "words": f"{in_words(day)}: {shown} {what}",
                }
            )  # fmt: skip
    return {"width": len(days) * STEP, "height": HEIGHT, "bars": found}


def _by_day(figures: Sequence[Figures], count: Any) -> dict[date, float]:
    found: dict[date, float] = {}
    for one in figures:
        found[one.day] = found.get(one.day, 0) + count(one)
    return found


def _sum(values: Mapping[date, float]) -> float:
    return sum(values.values())


def topics_chart(figures: Sequence[Figures], days: Sequence[date]) -> dict[str, Any]:
    """Stories per topic and day: a row of bars for each topic, all by one scale, those with most stories first."""
    names = Counter({name: 0 for one in figures for name in one.topics})
    for one in figures:
        names.update(one.topics)
    shown = [name for name, _ in names.most_common(MOST_TOPICS)]
    by_topic = {name: _by_day(figures, lambda one, name=name: one.topics.get(name, 0)) for name in shown}
    most = max((max(values.values(), default=0) for values in by_topic.values()), default=0)
    rows = [
        {
            "name": name, "total": int(_sum(values)), "best": int(max(values.values(), default=0)),
            "chart": bars(days, [("one", "stories", values)], most),
        }
        for name, values in by_topic.items()
    ]  # fmt: skip
    table = [
        {"day": in_words(day), "cells": [int(by_topic[name].get(day, 0)) for name in shown]}
        for day in days
        if any(one.day == day for one in figures)
    ]
    return {"rows": rows, "names": shown, "table": table, "most": int(most), "others": len(names) - len(shown)}


def guard_chart(figures: Sequence[Figures], days: Sequence[date]) -> dict[str, Any]:
    """The guard's tally: bullets that were checked and stayed, were replaced by a quotation, were dropped."""
    stayed = _by_day(figures, lambda one: max(0, one.checked - one.replaced - one.dropped))
    replaced = _by_day(figures, lambda one: one.replaced)
    dropped = _by_day(figures, lambda one: one.dropped)
    checked = _by_day(figures, lambda one: max(one.checked, one.replaced + one.dropped))
    parts = [("one", "held", stayed), ("two", "replaced", replaced), ("bad", "dropped", dropped)]
    most = max(checked.values(), default=0)
    table = [
        {"day": in_words(day), "cells": [int(of.get(day, 0)) for of in (checked, stayed, replaced, dropped)]}
        for day in days
        if day in checked
    ]
    return {
        "chart": bars(days, parts, most), "table": table, "most": int(most),
        "checked": int(_sum(checked)), "replaced": int(_sum(replaced)), "dropped": int(_sum(dropped)),
    }  # fmt: skip


def reading_chart(figures: Sequence[Figures], days: Sequence[date]) -> dict[str, Any]:
    """Minutes that editions take to read, and what the articles they were told from would have taken."""
    minutes = _by_day(figures, lambda one: one.minutes)
    whole = _by_day(figures, lambda one: one.whole)
    most = max(minutes.values(), default=0)
    table = [
        {"day": in_words(day), "cells": [f"{minutes[day]:.1f}", f"{whole[day]:.0f}"]} for day in days if day in minutes
    ]
    return {
        "chart": bars(days, [("one", "minutes", minutes)], most), "table": table, "most": f"{most:.1f}",
        "minutes": f"{_sum(minutes):.0f}", "whole": f"{_sum(whole):.0f}",
    }  # fmt: skip


def sources_chart(
    known: Mapping[str, Sequence[SourceDay]], names: Sequence[str], days: Sequence[date]
) -> dict[str, Any]:
    """Each source's days: a low bar where it was well all day, a full one, in part or whole of another kind, where it
    failed. Those that failed most come first."""
    rows: list[dict[str, Any]] = []
    for name in names:
        by_day = {one.day: one for one in known.get(name, ()) if one.day in set(days)}
        asked = sum(one.well + one.failed for one in by_day.values())
        failed = sum(one.failed for one in by_day.values())
        well = {day: 0.35 if not one.failed else one.well / (one.well + one.failed) for day, one in by_day.items()}
        bad = {day: one.failed / (one.well + one.failed) for day, one in by_day.items() if one.failed}
        chart = bars(days, [("calm", "", well), ("bad", "", bad)], 1)
        for bar in chart["bars"]:
            day = days[int(bar["x"] // STEP)]
            one = by_day[day]
            bar["words"] = f"{in_words(day)}: asked {one.well + one.failed} times, failed {one.failed} times"
        rows.append(
            {
                "name": name, "asked": asked, "failed": failed, "chart": chart,
                "bad_days": [in_words(day) for day in sorted(bad)], "days": len(by_day),
            }
        )  # fmt: skip
    rows.sort(key=lambda row: (-row["failed"], row["name"].casefold()))
    return {"rows": rows[:MOST_SOURCES], "others": max(0, len(rows) - MOST_SOURCES)}


def days_until(last: date, count: int) -> list[date]:
    """`count` days up to `last`, oldest first."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
