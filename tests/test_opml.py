"""Subscription lists go in and come out equal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from briefing.cli.main import app
from briefing.config import load_config
from briefing.errors import SourceError
from briefing.sources.opml import Feed, parse, write


def listed(count: int) -> list[Feed]:
    """Feeds in and out of nested folders, with names and attributes that have to be escaped, some names twice."""
    folders = [("News",), ("News", "Kelby & around"), ("Wissenschaft",), (), ("News", "Kelby & around", "Harbour")]
    return [
        Feed(
            f"Paper “{n % (count // 2)}” <&> É {'$' if n % 7 else '${HOME}'}",
            f"https://paper{n}.example/feed?a=1&b={n}",
            folders[n % len(folders)],
            {"htmlUrl": f"https://paper{n}.example/", "description": f"Says \"{n}\" 'twice'", "language": "en"}
            if n % 3
            else {},
        )
        for n in range(count)
    ]


def sorted_(feeds: list[Feed]) -> list[tuple[object, ...]]:
    return sorted((feed.folder, feed.name, feed.url, sorted(feed.attributes.items())) for feed in feeds)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("# mine\nsources:\n  - {name: Local, type: file, path: news}  # kept\nbriefings: [{name: daily}]\n")
    (tmp_path / "news").mkdir()
    monkeypatch.chdir(tmp_path)
    return path


def test_200_feeds_go_in_and_come_out_equal(config: Path, tmp_path: Path) -> None:
    feeds = [*listed(200), Feed("Twice", "https://paper1.example/feed?a=1&b=1", ("Wissenschaft",), {})]
    before = tmp_path / "before.opml"
    before.write_bytes(write("Mine", feeds))
    assert sorted_(parse("x", before.read_bytes())) == sorted_(feeds)
    run = CliRunner()
    done = run.invoke(app, ["sources", "import", str(before)])
    assert done.exit_code == 0, done.output
    assert "200 feeds added" in done.output
    text = config.read_text()
    assert text.startswith("# mine") and "# kept" in text
    made = load_config(config, os.environ)
    assert len(made.sources) == 201
    assert {topic.name for topic in made.topics} == {
        "News", "News / Kelby & around", "News / Kelby & around / Harbour", "Wissenschaft",
    }  # fmt: skip
    after = tmp_path / "after.opml"
    assert run.invoke(app, ["sources", "export", str(after)]).exit_code == 0
    twice = feeds[-1]
    expected = [*feeds[:-1], Feed(feeds[1].name, twice.url, twice.folder, feeds[1].attributes)]
    assert sorted_(parse("x", after.read_bytes())) == sorted_(expected)
    again = run.invoke(app, ["sources", "import", str(after)])
    assert "0 feeds added, 200 were there already" in again.output
    assert load_config(config, os.environ) == made


def test_a_list_is_the_same_byte_for_byte_after_a_second_round() -> None:
    once = write("Mine", parse("x", write("Mine", listed(50))))
    assert write("Mine", parse("x", once)) == once


def test_lists_as_programs_write_them() -> None:
    text = """<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
    <opml version="1.1"><head/><body><outline text="A &x;"><outline title="No text" xmlURL="http://a.example/f"/>
    <outline text="Page" type="link" url="http://b.example/"/><outline text="Old" type="rss" url="http://c.example/f"/>
    <outline text="Bad" xmlUrl="javascript:alert(1)"/><outline xmlUrl="http://d.example/f"/></outline></body></opml>"""
    found = parse("x", text.encode("latin-1"))
    assert [(feed.name, feed.url) for feed in found] == [
        ("No text", "http://a.example/f"), ("Old", "http://c.example/f"), ("http://d.example/f", "http://d.example/f"),
    ]  # fmt: skip
    assert all("root" not in "".join(feed.folder) for feed in found)


@pytest.mark.parametrize("body", [b"", b"<html>", b"<opml", b"<opml><body/></opml>", b"<opml>" + b"<outline>" * 20_000])
def test_what_is_no_list_says_so(body: bytes) -> None:
    with pytest.raises(SourceError):
        parse("x", body)


def test_addresses_with_secrets_stay_at_home(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_KEY", "s3cr3t")
    config.write_text(
        "sources:\n  - {name: A, type: feed, url: 'https://a.example/feed?key=${FEED_KEY}'}\n"
        "  - {name: B, type: feed, url: 'https://me:pw@b.example/feed'}\nbriefings: [{name: daily}]\n"
    )
    done = CliRunner().invoke(app, ["sources", "export"])
    assert "s3cr3t" not in done.output and "pw@" not in done.output and "A is left out" in done.output
