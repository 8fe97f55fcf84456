"""The shipped configuration, with the real model: what a new user sees first."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import briefing
from briefing.app import App
from briefing.cli.main import app as command
from briefing.config import parse_config
from briefing.engines.cuts import is_subsequence
from briefing.types import Edition

ROOT = Path(__file__).parent.parent
DUMP = Path(__file__).parent / "fixtures" / "extract" / "02_txt_two_run_together" / "source.txt"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("shipped")
    shutil.copy(ROOT / "config.yaml", folder)
    shutil.copytree(ROOT / "examples", folder / "examples")
    with App.from_file(folder / "config.yaml") as app:
        yield app


@pytest.fixture(scope="module")
def edition(shipped: App) -> Edition:
    return shipped.run().edition


def test_nothing_fails_and_everything_is_accounted_for(edition: Edition) -> None:
    assert edition.problems == ()
    account = edition.receipt
    assert account.sources_read == 5
    assert account.articles_new == 31
    told = sum(len(summary.pick.story.articles) for summary in edition.summaries)
    assert told > len(edition.summaries)
    stories = account.told + account.outside_topics + account.over_limit + account.not_told
    assert stories + account.merged == account.articles_considered


def test_no_article_stands_in_an_edition_twice(edition: Edition) -> None:
    ids = [article.id for summary in edition.summaries for article in summary.pick.story.articles]
    assert len(ids) == len(set(ids))
    assert any(summary.pick.story.copies for summary in edition.summaries), "the reprint is folded into its original"


def test_bullets_and_reasons(edition: Edition) -> None:
    for summary in edition.summaries:
        assert 1 <= len(summary.bullets) <= 4
        assert summary.pick.why
        for bullet in summary.bullets:
            # What further outlets say of the same stands behind the sentence a bullet is made of.
            assert is_subsequence(bullet.text, summary.quote(bullet.evidence[0]))
            assert {summary.article_of(one).source for one in bullet.evidence} <= {*bullet.outlets} or (
                not bullet.outlets and len(bullet.evidence) == 1
            )
            assert bullet.text != summary.title
    assert any(len(bullet.outlets) > 1 for summary in edition.summaries for bullet in summary.bullets)


def test_formats_read_the_same(shipped: App, edition: Edition) -> None:
    pages = {form: shipped.renderer.render(edition, form) for form in ("md", "html", "txt", "mail")}
    for page in pages.values():
        assert "Kestrel Cell picks Dunmarrow" in " ".join(page.split())
    assert "#:~:text=" in pages["md"]
    assert "<script" not in pages["html"]
    assert "file://" not in pages["mail"]
    lead = pages["txt"].partition("IN BRIEF")[2].partition("\n\n")[0]
    assert 1 <= lead.count("\n  - ") <= 5


def test_summarize_a_dump(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, ["summarize", str(DUMP), "--json"])
    assert done.exit_code == 0, done.output
    stories = json.loads(done.stdout)["stories"]
    assert len(stories) == 2
    for story in stories:
        assert story["published"]
        assert 2 <= len(story["bullets"]) <= 4
        for bullet in story["bullets"]:
            (evidence,) = bullet["evidence"]
            assert story["text"][evidence["start"] : evidence["end"]] == evidence["text"]
            assert is_subsequence(bullet["text"], evidence["text"])
            assert story["title"] not in bullet["text"]


def test_lines_stream(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    text = "Short Url\nUpdated 3 March 2026\nThe mill burned down on Monday. Nobody was hurt, the fire service said."
    given = [json.dumps({"id": 7, "text": text}), "no json", "", json.dumps({"id": "b", "text": " "})]
    done = CliRunner().invoke(command, ["summarize", "-", "--jsonl"], input="\n".join(given))
    assert done.exit_code == 1
    first, second, third = (json.loads(line) for line in done.stdout.splitlines())
    assert first["id"] == 7
    assert [bullet["text"] for bullet in first["bullets"]] == [
        "The mill burned down on Monday.",
        "Nobody was hurt, the fire service said.",
    ]
    for bullet in first["bullets"]:
        span = bullet["evidence"][0]
        assert text[span["start"] : span["end"]] == bullet["text"]
    assert "error" in second
    assert third["id"] == "b"
    assert "empty" in third["error"]


def test_as_a_library() -> None:
    text = "ALDMOUTH: The ferry ran aground. " + "A tug came from Dunholm in the night. " * 9 + "The owners will pay."
    summary = briefing.summarize(text, title="Ferry aground", bullets=1)
    (bullet,) = summary.bullets
    span = bullet.evidence[0]
    assert bullet.text in text[span.start : span.end]
    assert bullet.support == 1.0
    with pytest.raises(ValueError, match="at least 1"):
        briefing.summarize(text, bullets=0)
    with pytest.raises(briefing.BriefingError, match="empty"):
        briefing.summarize("  ")


def test_topics_and_sources(shipped: App, edition: Edition) -> None:
    where = ["--config", str(shipped.base / "config.yaml")]
    listed = CliRunner().invoke(command, ["topics", "test", "health", *where])
    assert listed.exit_code == 0, listed.output
    assert "asthma" in listed.output
    assert "Just missed" in listed.output
    checked = CliRunner().invoke(command, ["sources", "check", *where])
    assert checked.exit_code == 0, checked.output
    assert checked.output.count("ok ") == 5
    assert CliRunner().invoke(command, ["check", *where]).exit_code == 0
    shown = CliRunner().invoke(command, ["show", "--format", "md", *where])
    assert shown.output.startswith("# Morning briefing")


def test_whole_sentences_where_they_are_asked_for(edition: Edition, tmp_path: Path) -> None:
    assert {bullet.made for summary in edition.summaries for bullet in summary.bullets} >= {"quoted", "shortened"}
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    settings = (ROOT / "config.yaml").read_text(encoding="utf-8")
    settings = settings.replace("{type: embedded}", "{type: embedded, shorten: false}")
    with App(parse_config(settings, None, {}), tmp_path) as app:
        told = app.run().edition
    assert {bullet.made for summary in told.summaries for bullet in summary.bullets} == {"quoted"}
