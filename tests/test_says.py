"""The commands a reader answers with, and those that account for an edition, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from briefing.cli.main import app

NEWS = {
    "library": """Library of Aldmouth reopens after its repair
10 March 2026

ALDMOUTH: The town's library opened its doors again on Tuesday, eleven months after a storm had torn off its roof.

Some 4,000 books were lost to the rain, and readers gave nearly as many to fill the shelves.

The repair cost 3.2 million crowns, of which the insurer paid two thirds.
""",
    "theatre": """Kelby's theatre loses its director
10 March 2026

KELBY: Odile Marchbanks will leave the theatre in June, she told the ensemble at a rehearsal on Monday evening.

Under her the house sold 91 percent of its seats last season, more than in any year since it was founded.

A committee of five is to find a successor before the autumn, said the chair of its board.
""",
    "museum": """Museum buys a glider from 1921
9 March 2026

DUNMARROW: A wooden glider that was found in a barn last year will hang in the museum of technology from May.

It was built by two brothers who ran a bakery, and it flew at least six times, according to their diary.

The price was not told, but the museum said that a foundation had paid for most of it.
""",
}


class Typed:
    """Commands typed in a folder with three articles and a configuration."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yaml"
        (folder / "news").mkdir()
        for name, text in NEWS.items():
            (folder / "news" / f"{name}.txt").write_text(text, encoding="utf-8")
        self.config.write_text(
            "sources: [{name: Local, type: file, path: news}]\n"
            "topics: [{name: Houses, keywords: [library, theatre]}, {name: Sea, keywords: [ferry]}]\n"
            "briefings: [{name: daily, limits: {max_age: null, stories: 1}, channels: [{type: file, folder: out}]}]\n"
            f"summarizer: {{model: '{folder}/no-model'}}\n",
            encoding="utf-8",
        )
        assert self("run")[0] == 0

    def __call__(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*words, "--config", str(self.config)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    return Typed(tmp_path)


def test_an_edition_accounts_for_itself(typed: Typed) -> None:
    code, out = typed("explain")
    assert code == 0
    assert "1 told" in out
    assert "no room: an edition has 1 stories (under Houses)" in out
    assert "outside all topics, nearest topic" in out
    assert "topic: " in out
    one = typed("explain", "last", "1")[1]
    assert "Just missed" not in one
    assert typed("explain", "last", "museum")[0] == 0
    assert typed("explain", "last", "nowhere")[0] == 2
    assert typed("explain", "1999-01-01")[0] == 2


def test_words_are_kept_learned_from_exported_and_forgotten(typed: Typed) -> None:
    assert "nothing was said yet" in typed("feedback", "show")[1]
    assert typed("more", "1")[0] == 0
    assert typed("mute", "sea", "--until", "2031-04-01")[1] == "mute: topic Sea until 2031-04-01\n"
    assert typed("mute", "source:local")[1] == "mute: source Local\n"
    assert typed("wrong", "1.1")[0] == 0
    assert typed("less", "7")[0] == 2
    assert typed("mute", "1", "--until", "soon")[0] == 2
    shown = typed("feedback", "show")[1]
    assert "topic Houses counts 1.07" in shown
    assert "topic Sea is muted until 2031-04-01" in shown
    rows = [json.loads(line) for line in typed("feedback", "export")[1].splitlines()]
    assert {row["action"] for row in rows} == {"more", "mute", "wrong"}
    assert all(row["detail"]["evidence"] for row in rows if row["action"] == "wrong")
    report = typed("report")[1]
    assert "You called 1 of" in report
    assert "source Local: 1 of" in report
    assert "engine plain ranking (words): 1 of" in report
    assert typed("feedback", "reset", rows[0]["id"])[0] == 0
    assert typed("feedback", "reset", rows[0]["id"])[0] == 2
    assert "2 forgotten" in typed("feedback", "reset")[1]
    assert "wrong: " in typed("feedback", "show")[1]
    assert "1 forgotten" in typed("feedback", "reset", "--wrong")[1]


def test_a_quoted_bullet_is_its_articles_own_fault(typed: Typed) -> None:
    assert typed("feedback", "check") == (0, "no bullet was called wrong\n")
    typed("wrong", "1.1")
    code, out = typed("feedback", "check")
    assert code == 1
    assert "0 of 1 are stopped" in out


def test_a_topic_is_tried_on_what_is_stored(typed: Typed) -> None:
    code, out = typed("topics", "test", "Houses")
    assert code == 0
    assert "Houses: 2 of 3 stories match" in out
    assert "A thin topic" in out
    assert "by its words alone: it has no description" in out
    assert "Museum buys a glider" in out.partition("Just missed")[2]
    assert typed("topics", "test", "Nothing")[0] == 2
