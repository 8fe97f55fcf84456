"""Feeds of editions, valid by RFC 4287 and JSON Feed 1.1, read back by a reader of feeds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from lxml import etree
from sample_editions import DAY, MADE, edition, message

from briefing.channels.feed import FeedChannel
from briefing.config import FeedChannelConfig
from briefing.render import Renderer
from briefing.types import Message

ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def issue(back: int = 0, title: str = "Bridge opens at <Kelby> & \u202eDunmarrow") -> Message:
    found, renderer = edition([title]), Renderer()
    bodies = {"entry": renderer.render(found, "entry"), "html": renderer.render(found, "html")}
    day = DAY - timedelta(days=back)
    made = MADE - timedelta(days=back)
    sent = message(bodies, "", subject=f"Daily briefing, {day}")
    return replace(sent, id=f"<{back:016x}@briefing.local>", day=day, slot=day.isoformat(), made=made)


def _channel(tmp_path: Path, **options: object) -> tuple[FeedChannel, Path]:
    channel = FeedChannel(FeedChannelConfig.model_validate({"type": "feed"} | options), tmp_path)
    return channel, Path(channel.recipients()[0].address)


def _send(channel: FeedChannel, sent: Message) -> None:
    channel.send(replace(sent, recipient=channel.recipients()[0].address))


@pytest.mark.parametrize("url", ["https://news.example.org/daily", None])
def test_both_feeds_are_valid(tmp_path: Path, url: str | None) -> None:
    channel, folder = _channel(tmp_path, url=url)
    for back in (2, 0, 1):
        _send(channel, issue(back))
    feed = etree.fromstring((folder / "feed.atom").read_bytes())
    assert feed.tag == f"{ATOM}feed"
    # RFC 4287, 4.1.1 and 4.1.2: exactly one id, title and updated; an author in the feed serves its entries.
    for element in [feed, *feed.findall(f"{ATOM}entry")]:
        assert all(len(element.findall(ATOM + tag)) == 1 for tag in ("id", "title", "updated"))
        assert RFC3339.fullmatch(element.findtext(f"{ATOM}updated"))
        assert element.findtext(f"{ATOM}id").startswith("urn:uuid:")
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    entries = feed.findall(f"{ATOM}entry")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == 3
    assert [entry.findtext(f"{ATOM}title")[-10:] for entry in entries] == ["2026-03-11", "2026-03-10", "2026-03-09"]
    for entry in entries:
        content = entry.find(f"{ATOM}content")
        assert content.get("type") == "html"
        assert len(content) == 0, "HTML in Atom is text, not elements"
        assert len([link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate"]) == 1
    assert [link.get("href") for link in feed.findall(f"{ATOM}link")] == ([f"{url}/feed.atom"] if url else [])
    data = json.loads((folder / "feed.json").read_text(encoding="utf-8"))
    assert data["version"] == "https://jsonfeed.org/version/1.1"
    assert data["title"] == "Daily briefing"
    assert [item["id"] for item in data["items"]] == ids
    for item in data["items"]:
        assert set(item) == {"id", "url", "title", "content_html", "date_published"}
        assert RFC3339.fullmatch(item["date_published"])
    assert data.get("feed_url") == (f"{url}/feed.json" if url else None)
    assert all((folder / f"2026-03-{day}.html").is_file() for day in ("09", "10", "11"))


def test_a_reader_of_feeds_reads_it(tmp_path: Path) -> None:
    channel, folder = _channel(tmp_path, url="https://news.example.org/daily")
    _send(channel, issue())
    read = feedparser.parse((folder / "feed.atom").read_bytes())
    assert not read.bozo
    assert read.entries[0].link == "https://news.example.org/daily/2026-03-11.html"
    html = read.entries[0].content[0].value
    assert "Bridge opens at &lt;Kelby&gt; &amp; Dunmarrow" in html
    assert "\u202e" not in html
    assert "<li>The lift bridge at Kelby" in html


def test_it_holds_the_newest_and_survives_a_damaged_entry(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    channel, folder = _channel(tmp_path, entries=2)
    for back in range(4):
        _send(channel, issue(back))
    titles = [item["title"] for item in json.loads((folder / "feed.json").read_text())["items"]]
    assert titles == ["Daily briefing, 2026-03-11", "Daily briefing, 2026-03-10"]
    (folder / ".entries" / "2026-03-10.json").write_text("{}", encoding="utf-8")
    _send(channel, issue())
    titles = [item["title"] for item in json.loads((folder / "feed.json").read_text())["items"]]
    assert titles == ["Daily briefing, 2026-03-11", "Daily briefing, 2026-03-09"]
    assert "2026-03-10.json is left out" in caplog.text


def test_an_edition_delivered_again_changes_its_entry(tmp_path: Path) -> None:
    channel, folder = _channel(tmp_path)
    _send(channel, issue())
    first = json.loads((folder / "feed.json").read_text())["items"]
    _send(channel, issue(title="Ferry runs aground"))
    second = json.loads((folder / "feed.json").read_text())["items"]
    assert len(second) == 1
    assert first[0]["id"] == second[0]["id"]
    assert "Ferry runs aground" in second[0]["content_html"]
