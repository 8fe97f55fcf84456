"""A scripted week: each edition exactly as expected, from day to day and when the week is run again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner
from week import WEEK

from briefing.app import App
from briefing.cli.main import app as commands
from briefing.replay import differences, rebuilt
from briefing.types import Edition

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 3, 9, 18, 0, tzinfo=UTC)
CONFIG = """
sources:
  - {name: Harrow Courier, type: file, path: Harrow}
  - {name: Kelby Post, type: file, path: Kelby}
  - {name: Dunmarrow Times, type: file, path: Dunmarrow}
briefings:
  - {name: daily, limits: {max_age: null, bullets: 4}, channels: [{type: file, folder: out}]}
summarizer: {engines: [{type: 'week:Lines'}]}
"""


def run_week(base: Path, config: str = CONFIG) -> Iterator[Edition]:
    """Day after day: what is published, then the edition, each by a program of its own, as people run it."""
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir()
    (base / "config.yaml").write_text(config, encoding="utf-8")
    for outlet in ("Harrow", "Kelby", "Dunmarrow"):
        (base / outlet).mkdir()
    for day in range(1, 8):
        moment = MONDAY + timedelta(days=day - 1)
        for piece in WEEK:
            if piece.day == day:
                path = piece.write(base)
                os.utime(path, (moment.timestamp(), moment.timestamp()))
        with App.from_file(base / "config.yaml", at=lambda moment=moment: moment) as app:
            outcome = app.run()
            assert outcome.made
            assert outcome.edition.problems == ()
            yield outcome.edition


Told = tuple[str, bool, tuple[str, ...]]


def told(edition: Edition) -> list[Told]:
    """Each story's headline, whether it goes on from an earlier edition, and its bullets."""
    return [(str(s.title), s.known is not None, tuple(b.text for b in s.bullets)) for s in edition.summaries]


MON: list[Told] = [
    (
        "Old quay at Dunmarrow harbour collapses",
        False,
        (
            "The old quay at Dunmarrow harbour collapsed on Monday under a stack of containers.",
            "The collapse of the quay at Dunmarrow killed 15 people, the fire service said.",
            "Divers are searching the harbour basin for sunken containers.",
            "A rusty crane beside the warehouse had been closed in January.",
        ),
    ),
    (
        "Council of Tarnbrook approves the Elm Valley bypass",
        False,
        (
            "The council of Tarnbrook approved the Elm Valley bypass by 21 votes to 18.",
            "Farmers in the Elm Valley would lose about 60 hectares of meadow.",
        ),
    ),
    (
        "Ferry Linnet runs aground off Saltness",
        False,
        (
            "The ferry Linnet ran aground off Saltness in thick fog with 212 passengers on board.",
            "Lifeboats brought all 212 passengers of the ferry Linnet ashore at Saltness.",
        ),
    ),
    (
        "Tram drivers of Ostermouth begin a strike",
        False,
        (
            "Tram drivers of Ostermouth began a strike over night shifts at the Ferrier depot.",
            "Ostermouth has run no trams since the Ferrier depot locked its gates.",
        ),
    ),
]
TUE: list[Told] = [
    (
        "Flood at Wennaby damages homes",
        False,
        (
            "The river Wenna burst its banks at Wennaby and damaged 140 homes.",
            "Pumps from three counties were set up along Mill Lane in Wennaby.",
        ),
    ),
    (
        "Mayor of Corvale accused of selling a park",
        False,
        (
            "Mayor Edith Rowan of Corvale sold Linden Park to her cousin, papers of the land office show.",
            "Corvale residents have called for an inquiry into the sale of Linden Park.",
        ),
    ),
    (
        "Toll of the quay collapse at Dunmarrow rises",
        True,
        ("The collapse of the quay at Dunmarrow killed 17 people, the harbour police said.",),
    ),
]
WED: list[Told] = [
    (
        "Council of Tarnbrook rejects the Elm Valley bypass after all",
        True,
        ("The council of Tarnbrook rejected the Elm Valley bypass in a second vote.",),
    ),
    (
        "Paper mill at Birchley burns down",
        False,
        (
            "A paper mill at Birchley burned down during the night and 30 workers fled through a window.",
            "Sparks from a grinding machine set bales of straw alight, the Birchley fire chief said.",
        ),
    ),
    (
        "Flour mill at Stonegate burns down",
        False,
        (
            "A flour mill at Stonegate burned down at noon and a watchman was taken to hospital with burns.",
            "Lightning had struck the mill's roof in Stonegate, a neighbour said.",
        ),
    ),
]
THU: list[Told] = [
    (
        "Port director of Dunmarrow arrested over quay collapse",
        True,
        ("Port director Oskar Brandt was arrested over the collapse of the quay at Dunmarrow.",),
    )
]
FRI: list[Told] = [
    (
        "Asthma spray Veloran cuts attacks by 38 percent",
        False,
        (
            "The asthma spray Veloran cut attacks by 38 percent in a trial with 1,200 children.",
            "Doctors in Penhallow will offer the asthma spray Veloran from May.",
            "The maker of Veloran wants to test the spray on adults next.",
        ),
    ),
    (
        "Sail loft museum at Greyhaven opens",
        False,
        (
            "The sail loft museum at Greyhaven opened with 90 model ships given by the Ashdown family.",
            "Entry to the sail loft museum at Greyhaven is free on Sundays.",
        ),
    ),
]
SAT: list[Told] = [
    (
        "Comet Hale-Ferris can be seen without a telescope",
        False,
        (
            "The comet Hale-Ferris can be seen without a telescope from Thursday, the observatory at Mount Ilven said.",
            "It will return in 840 years, astronomers at Mount Ilven calculated.",
        ),
    ),
    (
        "Tram drivers of Ostermouth end their strike",
        True,
        ("Tram drivers of Ostermouth accepted a pay rise of 4 percent and ended the strike at the Ferrier depot.",),
    ),
]
SUN: list[Told] = [
    (
        "Bakers of Ludmoor bring back the half-pound loaf",
        False,
        (
            "Bakers of Ludmoor voted to bring back the half-pound loaf after 30 years.",
            "The guild hall of Ludmoor will show loaves from every century.",
        ),
    )
]
EXPECTED = (MON, TUE, WED, THU, FRI, SAT, SUN)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("week") / "week"


@pytest.fixture(scope="module")
def week(base: Path) -> list[Edition]:
    return list(run_week(base))


def test_each_edition_is_as_expected(week: list[Edition]) -> None:
    for edition, expected in zip(week, EXPECTED, strict=True):
        assert sorted(told(edition)) == sorted(expected), edition.slot


def test_no_bullet_is_told_twice(week: list[Edition]) -> None:
    bullets = [bullet.text for edition in week for summary in edition.summaries for bullet in summary.bullets]
    assert len(bullets) == len(set(bullets)) == sum(len(texts) for day in EXPECTED for _, _, texts in day)


def test_the_disagreement_is_told_once_and_of_the_first_day_only(week: list[Edition]) -> None:
    found = [one for edition in week for summary in edition.summaries for one in summary.differing]
    assert [one.about for one in found] == ["dead"]
    versions = {version.text: version.outlets for version in found[0].versions}
    assert versions == {"12": ("Harrow Courier",), "15": ("Kelby Post",)}
    assert any(summary.differing for summary in week[0].summaries)


def test_corrections_open_the_next_edition(week: list[Edition]) -> None:
    found = [[(one.outlet, one.told, one.now) for one in edition.corrections] for edition in week]
    retracted = "This article has been retracted because the papers it rested on were forged."
    assert found == [
        [],
        [],
        [("Dunmarrow Times", bullet, retracted) for bullet in TUE[1][2]],
        [
            (
                "Kelby Post",
                "The river Wenna burst its banks at Wennaby and damaged 140 homes.",
                "The river Wenna burst its banks at Wennaby and damaged 14 homes. "
                "Correction: An earlier version of this article said that 140 homes were damaged at Wennaby.",
            )
        ],
        [],
        [],
        [
            (
                "Kelby Post",
                "The sail loft museum at Greyhaven opened with 90 model ships given by the Ashdown family.",
                "Our report on the sail loft museum at Greyhaven said the 90 model ships were given by the Ashdown "
                "family. They were lent by the navy.",
            )
        ],
    ]


def test_a_story_with_nothing_new_is_silent_and_counted(week: list[Edition]) -> None:
    assert [edition.receipt.silent for edition in week] == [0, 1, 0, 0, 0, 0, 0]


def test_two_voices_and_one_voice(week: list[Edition]) -> None:
    by_title = {summary.title: summary for edition in week for summary in edition.summaries}
    spray = by_title["Asthma spray Veloran cuts attacks by 38 percent"]
    assert [bullet.outlets for bullet in spray.bullets] == [
        ("Harrow Courier", "Dunmarrow Times"),
        ("Harrow Courier",),
        ("Dunmarrow Times",),
    ]
    comet = by_title["Comet Hale-Ferris can be seen without a telescope"]
    assert len(comet.pick.story.articles) == 2
    assert all(bullet.outlets == () and not bullet.only for bullet in comet.bullets)


def test_twelve_stories_keep_their_ids(week: list[Edition]) -> None:
    by_day = [{summary.title: summary.pick.story.id for summary in edition.summaries} for edition in week]
    assert len({identity for titles in by_day for identity in titles.values()}) == 12
    quay = {identity for titles in by_day for title, identity in titles.items() if title and "quay" in title.casefold()}
    strike = {i for titles in by_day for title, i in titles.items() if title and "strike" in title}
    assert len(quay) == len(strike) == 1


def test_editions_say_what_is_known_and_what_was_wrong(week: list[Edition], base: Path) -> None:
    with App.from_file(base / "config.yaml", at=lambda: MONDAY + timedelta(days=7)) as app:
        for form in ("md", "html", "txt", "mail"):
            page = " ".join(app.renderer.render(week[2], form).split())
            assert page.index("This article has been retracted") < page.index("Paper mill at Birchley")
            assert "On 10 March 2026 we told" in page
            assert "Known on 9 March 2026" in page
            assert "Update:" in page
        text = " ".join(app.renderer.render(week[0], "txt").split())
        assert "Accounts differ: 12 dead: Harrow Courier; 15: Kelby Post" in text
        assert "(only Kelby Post reports this)" in text
        assert "1 story with nothing new" in app.renderer.render(week[1], "txt")
        for edition in week:
            assert app.store.edition("daily", edition.slot) is not None
        # Told again from the store, an update is the same update.
        app.now = lambda: MONDAY + timedelta(days=9)
        assert differences(app, rebuilt(app, week[1])) == []


def test_the_timeline_of_a_story(week: list[Edition], base: Path) -> None:
    quay = next(s.pick.story.id for s in week[3].summaries)
    where = ["--config", str(base / "config.yaml")]
    shown = CliRunner().invoke(commands, ["story", quay[:8], *where])
    assert shown.exit_code == 0, shown.output
    days = [line for line in shown.output.splitlines() if line.startswith("2026-03")]
    assert [line[:19] for line in days] == ["2026-03-09  new: Ol", "2026-03-10  update:", "2026-03-12  update:"]
    mayor = next(s.pick.story.id for s in week[1].summaries if "Mayor" in str(s.title))
    assert "corrected by Dunmarrow Times" in CliRunner().invoke(commands, ["story", mayor, *where]).output
    assert "Bakers" in CliRunner().invoke(commands, ["story", "1", *where]).output
    assert "Bakers" in CliRunner().invoke(commands, ["story", *where]).output
    assert CliRunner().invoke(commands, ["story", "ffff", *where]).exit_code == 2
    assert CliRunner().invoke(commands, ["story", "99", *where]).exit_code == 2


def test_run_again_the_week_is_the_same(week: list[Edition], base: Path) -> None:
    for first, again in zip(week, run_week(base), strict=True):
        assert again.summaries == first.summaries
        assert again.corrections == first.corrections
        assert replace(again.receipt, seconds=0.0) == replace(first.receipt, seconds=0.0)


def test_the_engines_that_ship_tell_the_same_week(week: list[Edition], tmp_path: Path) -> None:
    shipped = list(run_week(tmp_path / "shipped", CONFIG.partition("summarizer:")[0]))
    for ours, lines in zip(shipped, week, strict=True):
        assert sorted((t, goes_on) for t, goes_on, _ in told(ours)) == sorted((t, on) for t, on, _ in told(lines))
        assert {(one.told, one.now) for one in ours.corrections} == {(one.told, one.now) for one in lines.corrections}
        assert ours.receipt.silent == lines.receipt.silent
        assert sum(len(summary.differing) for summary in ours.summaries) == (ours is shipped[0])
        for summary in ours.summaries:
            assert summary.engine.startswith("embedded (")
            assert summary.known is None or len(summary.bullets) == 1
    bullets = [bullet.text for edition in shipped for summary in edition.summaries for bullet in summary.bullets]
    assert len(bullets) == len(set(bullets))
