"""The main job from end to end: once a day, nothing lost, each failure named and alone."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import NOON, Clock, Make

from briefing.engines.cuts import is_subsequence
from briefing.errors import UsageError
from briefing.store import open_store

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{items}</channel></rss>"""
ITEM = """<item><title>Library reopens in {town}</title><guid>{town}</guid>
<pubDate>Tue, 10 Mar 2026 09:00:00 GMT</pubDate>
<description>{text}</description>{more}</item>"""
LONG = "The library of the town reopened on Tuesday after a long repair of its roof. " * 15


class Site(http.server.BaseHTTPRequestHandler):
    """A feed with an ETag, and pages that fail each in its own way."""

    served: list[tuple[str, int]] = []

    def do_GET(self) -> None:
        body, status = b"", 200
        if self.path == "/feed":
            if self.headers.get("If-None-Match") == '"1"':
                status = 304
            body = FEED.format(items=ITEM.format(town="Aldmouth", text=LONG, more="")).encode()
        elif self.path == "/teaser":
            teaser = "The library of Dunholm opened its doors again on Tuesday."
            body = FEED.format(items=ITEM.format(town="Dunholm", text=teaser, more="<link>/gone</link>")).encode()
        elif self.path == "/garbage":
            body = bytes(range(256)) * 40
        elif self.path == "/site":
            body = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>'
        elif self.path == "/empty":
            body = b""
        elif self.path == "/huge":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(400):
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
            return
        else:
            status = 404
        Site.served.append((self.path, status))
        self.send_response(status)
        if self.path == "/feed":
            self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(0 if status == 304 else len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    Site.served.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def own(site: str) -> str:
    """The configuration that names the tests' own server, which no stranger may lead to."""
    return f"fetch: {{private: ['{site}']}}"


def test_an_edition_is_made_once(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    first = app.run()
    assert first.made
    assert [summary.title for summary in first.edition.summaries] == ["Ferry runs aground at Aldmouth"]
    assert (tmp_path / "out" / "2026-03-11.md").is_file()
    again = app.run()
    assert not again.made
    assert app.store.slots("daily") == ["2026-03-11"]


def test_every_bullet_stands_in_its_evidence(make_app: Make) -> None:
    for summary in make_app().run().edition.summaries:
        assert 2 <= len(summary.bullets) <= 4
        for bullet in summary.bullets:
            assert all(is_subsequence(bullet.text, summary.quote(evidence)) for evidence in bullet.evidence)
            assert not bullet.text.startswith("NORTHAM")


def test_told_stories_are_not_told_again(make_app: Make, clock: Clock) -> None:
    app = make_app()
    app.run()
    clock.now = NOON + timedelta(days=1)
    tomorrow = app.run().edition
    assert tomorrow.summaries == ()
    assert "Nothing new" in app.renderer.render(tomorrow, "md") or "No news" in app.renderer.render(tomorrow, "md")


def test_a_past_day_takes_only_what_was_there(make_app: Make) -> None:
    app = make_app()
    assert app.run(day=date(2026, 3, 9)).edition.summaries == ()
    assert len(app.run(day=date(2026, 3, 10)).edition.summaries) == 1
    with pytest.raises(UsageError):
        app.run(day=date(2026, 3, 12))


def test_what_another_reads_while_an_edition_is_made_is_in_it(make_app: Make, news: Path, clock: Clock) -> None:
    text = "Kelby mends its bridge\n\nThe bridge of Kelby was mended on Monday. It took a year. Trains run again.\n"
    (news / "undated.txt").write_text(text, encoding="utf-8")
    app = make_app()
    # The thread that collects is some seconds later than the one that has begun the edition.
    clock.now += timedelta(seconds=5)
    app.collect()
    clock.now -= timedelta(seconds=5)
    told = [summary.title for summary in app.run().edition.summaries]
    assert "Kelby mends its bridge" in told


def test_dry_run_saves_no_edition(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    assert len(app.run(dry=True).edition.summaries) == 1
    assert app.store.slots("daily") == []
    assert not (tmp_path / "out").exists()


def test_unchanged_feed_is_not_sent_again(make_app: Make, site: str, clock: Clock) -> None:
    app = make_app(f"- {{name: F, type: feed, url: {site}/feed}}", more=own(site))
    assert len(app.run().edition.summaries) == 1
    clock.now = NOON + timedelta(days=1)
    second = app.run().edition
    assert second.receipt.sources_unchanged == 1
    assert Site.served == [("/feed", 200), ("/feed", 304)]


def test_a_site_leads_to_its_feed(make_app: Make, site: str) -> None:
    edition = make_app(f"- {{name: S, type: feed, url: {site}/site}}", more=own(site)).run().edition
    assert [summary.title for summary in edition.summaries] == ["Library reopens in Aldmouth"]


def test_a_teaser_is_called_one_when_its_page_is_gone(make_app: Make, site: str) -> None:
    edition = make_app(f"- {{name: T, type: feed, url: {site}/teaser}}", more=own(site)).run().edition
    assert len(edition.summaries) == 1
    assert any("only the feed's teaser" in note for note in edition.summaries[0].notes)
    assert any("404" in problem.message and "teaser" in problem.message for problem in edition.problems)


def test_one_thing_failing_stops_nothing_else(make_app: Make, site: str, tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("", encoding="utf-8")
    with (tmp_path / "large.txt").open("wb") as handle:
        handle.truncate(200_000_000)
    sources = f"""
        - {{name: Local, type: file, path: news}}
        - {{name: Missing, type: file, path: nowhere.txt}}
        - {{name: Dead, type: feed, url: "http://127.0.0.1:9/feed"}}
        - {{name: Large, type: file, path: large.txt}}
        - {{name: Empty, type: page, url: empty.html}}
        - {{name: Garbage, type: feed, url: {site}/garbage}}
        - {{name: Endless, type: page, url: {site}/huge}}
        - {{name: Gone, type: page, url: {site}/nothing}}
        - {{name: Page, type: feed, url: "{site}/empty"}}
    """
    app = make_app(sources, more=f"fetch: {{retries: 1, private: ['{site}', 'http://127.0.0.1:9']}}")
    edition = app.run().edition
    assert len(edition.summaries) == 1
    said = {problem.subject: problem.message for problem in edition.problems}
    assert "no file" in said["Missing"]
    assert "can't be reached" in said["Dead"]
    assert "too large: 200.0 MB" in said["Large"]
    assert "empty" in said["Empty"]
    assert "not a feed" in said["Garbage"]
    assert "too large" in said["Endless"]
    assert "404" in said["Gone"]
    assert "empty" in said["Page"]
    foot = app.renderer.render(edition, "txt").partition("WHAT FAILED")[2]
    assert all(
        f"- {name}: " in foot for name in ("Missing", "Dead", "Large", "Empty", "Garbage", "Endless", "Gone", "Page")
    )


def test_without_its_model_the_edition_says_so(make_app: Make) -> None:
    app = make_app(topics="- {name: Ships, description: Ferries., keywords: [ferry]}")
    edition = app.run().edition
    assert len(edition.summaries) == 1
    assert any("no-model" in problem.subject for problem in edition.problems)


CRASH = """
import os, sys
from pathlib import Path
from briefing import outbox, telling
from briefing.app import App
from briefing.channels import file
from briefing.store import store

where = sys.argv[1]
def die(*_, **__):
    os._exit(9)
if where == "reading":
    store.Store.keep_articles = die
elif where == "telling":
    telling.Teller.tell = die
elif where == "saving":
    outbox.recipients = die
elif where == "rendering":
    outbox._message = die
elif where == "sending":
    file.FileChannel.send = die
if __name__ == "__main__":
    App.from_file(Path("config.yaml")).run()
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["reading", "telling", "saving", "rendering", "sending"])
def test_a_killed_run_is_completed_by_the_next(where: str, tmp_path: Path, news: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "sources: [{name: Local, type: file, path: news}]\n"
        "briefings: [{name: daily, limits: {max_age: null}}]\nsummarizer: {model: ./none}\n",
        encoding="utf-8",
    )
    script = tmp_path / "crash.py"
    script.write_text(CRASH, encoding="utf-8")
    killed = subprocess.run([sys.executable, str(script), where], cwd=tmp_path, check=False, capture_output=True)
    assert killed.returncode == 9, killed.stderr
    assert not list(tmp_path.glob("editions/*"))
    done = subprocess.run(
        [sys.executable, "-m", "briefing", "run"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    written = sorted(path.suffix for path in tmp_path.glob("editions/*"))
    assert written == [".html", ".md"]
    assert "Ferry runs aground" in next(tmp_path.glob("editions/*.md")).read_text(encoding="utf-8")
    store = open_store("briefing.db", tmp_path)
    assert len(store.slots("daily")) == 1
    store.close()
