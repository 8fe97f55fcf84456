"""Where people look back: charts of what the store holds, and a story's timeline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import NOON, Clock
from starlette.testclient import TestClient

from briefing.app import App
from briefing.store import SourceDay
from briefing.types import Claim, Collected
from briefing.web import create_app, figures

CONFIG = """\
sources:
  - {name: Local, type: file, path: news}
  - {name: "<b>Gone</b>", type: file, path: nothing-here}
topics:
  - {name: Sea, keywords: [ferry]}
  - {name: Mills, keywords: [mill]}
briefings: [{name: daily, limits: {max_age: null}, channels: [{type: file, folder: out}]}]
summarizer: {model: NOWHERE, engines: []}
"""
MILL = """\
Mill at Kelby burns down
{day} March 2026

KELBY: The old corn mill burned down on Monday night, and nobody was hurt, the fire service said.

Sixty firefighters from four towns pumped water out of the canal until the morning to keep the flames from the library.
"""


@pytest.fixture
def app(tmp_path: Path, news: Path, clock: Clock) -> Iterator[App]:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("NOWHERE", f"{tmp_path}/no-model"), encoding="utf-8")
    with App.from_file(path, at=clock) as made:
        yield made


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(create_app(app), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made


def test_charts_hold_what_the_store_holds(client: TestClient, app: App, clock: Clock, tmp_path: Path) -> None:
    empty = client.get("/charts").text
    assert "No edition was made in these days." in empty
    assert "<rect" not in empty
    app.run()
    clock.now += timedelta(days=1)
    (tmp_path / "news" / "mill.txt").write_text(MILL.format(day=11), encoding="utf-8")
    app.run()
    page = client.get("/charts").text
    assert re.search(r'<th scope="row">Mills</th><td><svg class="chart".*?</svg>\s*</td><td>1</td>', page, re.S)
    assert "<title>12 March: 1 stories</title>" in page
    assert "<title>11 March: asked 1 times, failed 1 times</title>" in page, "the source that is not there"
    assert "&lt;b&gt;Gone&lt;/b&gt;" in page
    assert "<b>Gone" not in page
    assert "Nothing had to be checked" in page, "all bullets were quoted"
    # A picture is never all there is: the same numbers stand in a table.
    assert page.count('<details class="numbers">') == 3
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)", page), "nothing the policy would stop"
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        title, desc = re.findall(r'aria-labelledby="(\S+) (\S+)"', svg)[0]
        assert f'<title id="{title}">' in svg
        assert f'<desc id="{desc}">' in svg


def test_bars_stand_on_the_ground_and_inside_their_box() -> None:
    days = figures.days_until(date(2026, 3, 31), 28)
    values = {day: float(n % 5) for n, day in enumerate(days)}
    chart = figures.bars(days, [("one", "a", values), ("two", "b", values)], 8)
    assert chart["width"] == 280
    for bar in chart["bars"]:
        assert 0 <= bar["y"] <= bar["y"] + bar["height"] <= 40.001
    assert figures.bars(days, [("one", "a", {})], 0)["bars"] == []


def test_the_guards_tally_adds_up() -> None:
    days = figures.days_until(date(2026, 3, 31), 3)
    plain = {"topics": {}, "bullets": 9, "minutes": 1.0, "whole": 5.0, "corrections": ()}
    found = [
        figures.Figures(day=days[0], checked=10, replaced=2, dropped=1, **plain),
        figures.Figures(day=days[0], checked=4, replaced=0, dropped=0, **plain),
        figures.Figures(day=days[2], checked=0, replaced=0, dropped=0, **plain),
    ]
    chart = figures.guard_chart(found, days)
    assert (chart["checked"], chart["replaced"], chart["dropped"], chart["most"]) == (14, 2, 1, 14)
    assert [row["cells"] for row in chart["table"]] == [[14, 11, 2, 1], [0, 0, 0, 0]]
    assert sum(bar["height"] for bar in chart["chart"]["bars"]) == pytest.approx(40, abs=0.1), "one full bar of parts"
    assert [bar["kind"] for bar in chart["chart"]["bars"]] == ["one", "two", "bad"]


def test_sources_that_failed_come_first() -> None:
    days = figures.days_until(date(2026, 3, 31), 3)
    known = {
        "well": [SourceDay(days[0], 4, 0)], "half": [SourceDay(days[1], 2, 2)], "bad": [SourceDay(days[2], 0, 9)],
        "old": [SourceDay(date(2025, 1, 1), 0, 9)],
    }  # fmt: skip
    rows = figures.sources_chart(known, ["well", "half", "bad", "old", "never"], days)["rows"]
    assert [(row["name"], row["asked"], row["failed"]) for row in rows] == [
        ("bad", 9, 9), ("half", 4, 2), ("never", 0, 0), ("old", 0, 0), ("well", 4, 0),
    ]  # fmt: skip
    assert rows[1]["bad_days"] == ["30 March"]


def test_each_asking_of_a_source_is_counted_under_its_day(app: App, clock: Clock) -> None:
    store = app.store
    for hours, failed in ((0, False), (1, True), (2, False), (12, True)):
        now = NOON + timedelta(hours=hours)
        if failed:
            store.note_failure("Local", "nothing", now)
        else:
            store.note_items("Local", Collected(), now)
    days = store.library.source_days(NOON.date())["Local"]
    assert days == [SourceDay(date(2026, 3, 11), 2, 1), SourceDay(date(2026, 3, 12), 0, 1)]
    assert store.library.source_days(date(2026, 3, 12))["Local"] == days[1:]


def test_a_story_has_a_timeline(client: TestClient, app: App, clock: Clock, tmp_path: Path) -> None:
    first = app.run().edition
    summary = first.summaries[0]
    goes_on = replace(summary, known=Claim(text="It ran aground.", day=date(2026, 3, 11)), bullets=summary.bullets[1:])
    day = date(2026, 3, 12)
    second = replace(
        first, id="f" * 16, slot=day.isoformat(), day=day, made=clock() + timedelta(days=1), summaries=(goes_on,)
    )
    assert app.store.save_edition(second, [])
    story = first.summaries[0].pick.story.id
    link = f"/stories/daily/{story}"
    assert f'href="{link}"' in client.get(f"/editions/daily/{first.slot}").text
    page = client.get(link).text
    assert "Ferry runs aground at Aldmouth" in page
    assert f'href="/editions/daily/{first.slot}#story-1"' in page
    quote = first.summaries[0].quote(first.summaries[0].bullets[0].evidence[0])
    assert f"<mark>{quote}</mark>" in page, "each bullet with its evidence"
    assert "Told in 2 editions" in page
    assert page.index("11 March 2026") < page.index("12 March 2026")
    assert page.count('class="kind">new') == page.count('class="kind">update') == 1
    for wrong in ("0" * 16, story[:8], "%", "../x", story.upper() + "x"):
        assert client.get(f"/stories/daily/{wrong}").status_code == 404
    assert client.get(f"/stories/other/{story}").status_code == 404
