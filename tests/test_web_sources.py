"""Sources in the page and by the API: how they do, tried, added, changed, taken out; comments and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock
from starlette.testclient import TestClient

from briefing.app import App
from briefing.web import create_app

CANARY = "canary-5f2b"
CONFIG = """\
# what is read
sources:
  - {name: Local, type: file, path: news}  # my own folder
  - name: Kelby Post
    type: feed
    url: https://kelby.example/feed  # the short one
  - name: Hidden
    type: feed
    url: https://paid.example/${FEED_KEY}/feed
  - {name: Login, type: page, url: "https://me:canary-5f2b@own.example/x"}
topics:
  - {name: Sea, keywords: [ferry], sources: [Kelby Post]}  # harbours
  - {name: Mills, keywords: [mill], sources: [Kelby Post, Local]}
briefings:
  - name: daily
    limits: {max_age: null}
    channels: [{type: file, folder: out}]
summarizer: {model: NOWHERE, engines: []}
"""
OPML = """<?xml version="1.0"?><opml version="2.0"><body><outline text="Towns">
<outline text="Dunmarrow" type="rss" xmlUrl="https://dunmarrow.example/rss"/>
<outline text="Kelby" type="rss" xmlUrl="https://kelby.example/feed"/></outline></body></opml>"""


@pytest.fixture
def app(tmp_path: Path, news: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.setenv("FEED_KEY", CANARY)
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("NOWHERE", f"{tmp_path}/no-model"), encoding="utf-8")
    with App.from_file(path, at=clock) as made:
        yield made


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(create_app(app), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made


def text_of(app: App) -> str:
    assert app.path is not None
    return app.path.read_text(encoding="utf-8")


def form_of(client: TestClient, name: str = "") -> dict[str, str]:
    """The form's fields as a browser would send them back."""
    page = client.get("/sources/edit", params={"name": name} if name else {}).text
    found = dict(re.findall(r'<input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', page))
    return {key: value for key, value in found.items() if key != "q"}


def test_each_source_is_listed_with_its_health(client: TestClient, app: App, clock: Clock) -> None:
    app.run()
    app.store.note_failure("Kelby Post", "nothing is there", clock(), address="x", kind="missing")
    page = client.get("/sources").text
    assert "missing: there is nothing at its address (404)" in page
    assert "nothing is there" in page
    assert "https://kelby.example/feed" in page
    assert "sources fail" in client.get("/status").text
    rows = {row["name"]: row for row in client.get("/api/v1/sources").json()}
    assert (rows["Local"]["where"], rows["Local"]["failures"]) == ("news", 0)
    # Two runs asked it and one failure was noted: what the store holds of its days.
    assert app.store.library.source_days(clock().date())["Kelby Post"][0].failed >= 1


def test_no_secret_of_an_address_is_shown(client: TestClient) -> None:
    paths = (
        "/sources", "/sources/edit?name=Hidden", "/sources/edit?name=Login", "/status", "/api/v1/sources",
        "/api/v1/sources/Hidden", "/api/v1/sources/Login", "/sources.opml",
    )  # fmt: skip
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200
        assert CANARY not in answer.text, path
    assert "https://paid.example/${FEED_KEY}/feed" in client.get("/sources").text, "as it stands in the file"
    assert "https://own.example/x" in client.get("/sources").text


def test_a_source_is_added_and_changed_and_comments_stay(client: TestClient, app: App) -> None:
    form = form_of(client) | {"name": "Dunmarrow", "type": "page", "url": "https://dunmarrow.example/$5"}
    assert client.post("/sources", data=form, follow_redirects=False).status_code == 303
    assert app.config.sources[-1].url == "https://dunmarrow.example/$5"
    assert "url: https://dunmarrow.example/$$5" in text_of(app)
    again = client.post("/sources", data=form)
    assert (again.status_code, "is called" in again.text) == (409, True)
    change = form_of(client, "Kelby Post") | {"url": "https://kelby.example/all", "weight": "2", "language": "en"}
    assert client.post("/sources", data=change, follow_redirects=False).status_code == 303
    text = text_of(app)
    for kept in ("# what is read", "# my own folder", "# the short one", "# harbours", "${FEED_KEY}"):
        assert kept in text
    assert re.search(r"url: https://kelby.example/all +# the short one", text)
    assert [e.action for e in app.store.people.log()] == ["source changed", "source added"]
    back = form_of(client, "Kelby Post") | {"language": ""}
    client.post("/sources", data=back)
    assert "language" not in text_of(app)


@pytest.mark.parametrize(
    "values",
    [
        {"type": "feed", "url": "/etc/passwd"},
        {"type": "feed", "url": "file:///etc/passwd"},
        {"type": "page", "url": "javascript:alert(1)"},
        {"type": "file", "path": "/etc/passwd", "url": "https://a.example"},
        {"type": "os:system", "url": "https://a.example"},
        {"type": "mailbox", "url": "https://a.example"},
        {"type": "feed", "url": ""},
        {"type": "feed", "url": "https://a.example", "weight": "1000"},
    ],
)
def test_no_file_and_no_code_is_added_by_the_page(client: TestClient, app: App, values: dict[str, str]) -> None:
    before = text_of(app)
    answer = client.post("/sources", data=form_of(client) | {"name": "New", "weight": "1"} | values)
    assert answer.status_code in (409, 422)
    assert 'role="alert"' in answer.text
    typed: dict[str, Any] = {**values, "name": "New"}
    assert client.post("/api/v1/sources", json=typed).status_code in (409, 422)
    assert text_of(app) == before


def test_an_address_from_the_environment_is_not_pointed_elsewhere(client: TestClient, app: App) -> None:
    etag = client.get("/api/v1/sources/Hidden").headers["etag"]
    moved = client.patch("/api/v1/sources/Hidden", json={"url": "https://evil.example/"}, headers={"If-Match": etag})
    assert (moved.status_code, "put together from the environment" in moved.json()["detail"]) == (409, True)
    form = form_of(client, "Hidden")
    assert "url" not in form
    client.post("/sources", data=form | {"url": "https://evil.example/${FEED_KEY}", "weight": "3"})
    assert "url: https://paid.example/${FEED_KEY}/feed" in text_of(app)
    assert "weight: 3" in text_of(app)
    local = client.patch("/api/v1/sources/Local", json={"url": "https://a.example"}, headers={"If-Match": "*"})
    assert local.status_code == 200
    assert "a.example" not in text_of(app), "a file has no address to change"


def test_of_two_people_nobody_loses_a_change(client: TestClient, app: App) -> None:
    mine, theirs = form_of(client, "Kelby Post"), form_of(client, "Kelby Post")
    client.post("/sources", data=theirs | {"weight": "5"})
    late = client.post("/sources", data=mine | {"url": "https://kelby.example/mine"})
    assert late.status_code == 409
    assert "What it is now" in late.text
    assert "Weight 5" in late.text
    assert 'value="https://kelby.example/mine"' in late.text, "what was written is kept in the form"
    assert "kelby.example/mine" not in text_of(app)
    again = dict(re.findall(r'<input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', late.text))
    again.pop("q", None)
    assert client.post("/sources", data=again, follow_redirects=False).status_code == 303
    assert "kelby.example/mine" in text_of(app)
    headers = {"If-Match": client.get("/api/v1/sources/Kelby Post").headers["etag"]}
    assert client.patch("/api/v1/sources/Kelby Post", json={"weight": 4}, headers=headers).status_code == 200
    assert client.patch("/api/v1/sources/Kelby Post", json={"weight": 2}, headers=headers).status_code == 412
    assert client.delete("/api/v1/sources/Kelby Post", headers=headers).status_code == 412
    assert client.delete("/api/v1/sources/Kelby Post").status_code == 428
    gone = client.post("/sources/delete", data=mine)
    assert (gone.status_code, "Nothing was deleted" in gone.text) == (409, True)


def test_a_source_is_taken_out_of_its_topics_too(client: TestClient, app: App) -> None:
    refused = client.post("/sources/delete", data=form_of(client, "Kelby Post"))
    assert (refused.status_code, "reads this source only" in refused.text) == (409, True)
    assert client.post("/sources/delete", data=form_of(client, "Local"), follow_redirects=False).status_code == 303
    assert [one.name for one in app.config.sources] == ["Kelby Post", "Hidden", "Login"]
    assert app.config.topics[1].sources == ("Kelby Post",)
    assert "# harbours" in text_of(app)
    for name in ("Hidden", "Login"):
        assert client.delete(f"/api/v1/sources/{name}", headers={"If-Match": "*"}).status_code == 204
    assert client.delete("/api/v1/sources/Kelby Post", headers={"If-Match": "*"}).status_code == 409, "the last one"


def test_a_list_of_feeds_goes_in_and_out(client: TestClient, app: App) -> None:
    form = {"form_token": form_of(client)["form_token"], "topics": "yes"}
    page = client.post("/sources/import", data=form, files={"file": ("mine.opml", OPML, "text/xml")})
    assert "1 feeds were added, 1 were there already" in page.text
    assert app.config.sources[-1].name == "Dunmarrow"
    assert "# the short one" in text_of(app)
    out = client.get("/sources.opml")
    assert "https://dunmarrow.example/rss" in out.text
    assert "attachment" in out.headers["content-disposition"]
    before = text_of(app)
    for wrong in ("no list at all", "<opml><body/></opml>", '<!DOCTYPE x [<!ENTITY a "b">]><opml>&a;</opml>'):
        refused = client.post("/sources/import", data=form, files={"file": ("x.opml", wrong, "text/xml")})
        assert (refused.status_code, "Nothing was imported" in refused.text) == (422, True)
    assert client.post("/sources/import", data=form).status_code == 422
    assert text_of(app) == before


def test_a_source_is_tried_before_it_is_saved(client: TestClient, app: App) -> None:
    tried = client.post("/sources/try", data=form_of(client, "Local"))
    assert "Ferry runs aground" in tried.text or "ferry.txt" in tried.text
    assert "<strong>1</strong> item" in tried.text or "1 item" in tried.text
    private = form_of(client) | {"name": "Own", "type": "feed", "url": "http://127.0.0.1:9/feed"}
    refused = client.post("/sources/try", data=private)
    assert (refused.status_code, "address" in refused.text) == (200, True)
    assert "What it gives now" in refused.text
    assert client.post("/sources/try", data=private | {"url": "/etc/passwd"}).status_code == 422
    assert [one.name for one in app.config.sources] == ["Local", "Kelby Post", "Hidden", "Login"]


def test_a_wrong_file_is_shown_and_not_written_over(client: TestClient, app: App) -> None:
    assert app.path is not None
    form = form_of(client)
    broken = text_of(app) + "nonsense: [\n"
    app.path.write_text(broken, encoding="utf-8")
    assert "The configuration on disk has mistakes" in client.get("/sources").text
    new = form | {"name": "New", "type": "feed", "url": "https://a.example/"}
    assert client.post("/sources", data=new).status_code == 409
    assert client.post("/api/v1/sources", json={"name": "N", "type": "feed", "url": "https://a.b/"}).status_code == 409
    assert text_of(app) == broken
