"""The page and the API over a real store: what a reader sees, what is refused, what a wrong configuration does."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import NOON, STORY, Clock, Make
from starlette.testclient import TestClient

from briefing.app import App
from briefing.web import create_app
from briefing.web.security import CONTENT_SECURITY_POLICY

CONFIG = """\
# what is read
sources:
  - {name: Local, type: file, path: news}
topics:
  - name: Sea  # my own harbour
    description: Ships, ferries and harbours.
    keywords: [ferry]
briefings:
  - name: daily
    limits: {max_age: null}
    channels: [{type: file, folder: out}]
summarizer: {model: NOWHERE, engines: []}
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


def token(client: TestClient, path: str = "/ask") -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def until(done: Callable[[], bool]) -> bool:
    """Whether something came true within a minute."""
    for _ in range(600):
        if done():
            return True
        time.sleep(0.1)
    return False


def test_a_new_reader_is_told_what_to_do_and_makes_an_edition(client: TestClient, app: App) -> None:
    page = client.get("/")
    assert "There is no edition yet" in page.text
    assert client.post("/run", data={"briefing": "daily"}).status_code == 403, "no form of ours"
    answer = client.post("/run", data={"briefing": "daily", "form_token": token(client, "/")}, follow_redirects=False)
    assert answer.status_code == 303
    assert until(lambda: "Ferry runs aground at Aldmouth" in client.get("/").text)


def test_evidence_stands_marked_in_its_articles_text(client: TestClient, app: App) -> None:
    edition = app.run().edition
    page = client.get("/").text
    bullet = edition.summaries[0].bullets[0]
    quote = edition.summaries[0].quote(bullet.evidence[0])
    assert f"<mark>{quote}</mark>" in page
    link = re.search(r'href="(/articles/[^"]+mark=[^"#]+)#mark"', page)
    assert link
    whole = client.get(link[1].replace("&amp;", "&")).text
    assert f'<mark id="mark">{quote}</mark>' in whole
    assert "Fishing boats were asked" in whole
    assert client.get(f"/editions/daily/{edition.slot}").status_code == 200
    assert edition.slot in client.get("/editions").text


def test_headers_and_no_remote_or_inline_code(client: TestClient, app: App) -> None:
    app.run()
    for path in ("/", "/editions", "/search?q=ferry", "/ask", "/topics", "/status", "/nothing", "/api/v1/editions"):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.headers["content-type"].startswith("text/html"):
            assert not re.search(
                r"<script(?![^>]*\ssrc=\"/static/)|<style|\sstyle=|\son[a-z]+=|javascript:", answer.text
            )
            assert not re.search(r'(?:src|action)="(?:https?:)?//', answer.text)


def test_hostile_titles_are_text(tmp_path: Path, client: TestClient, app: App) -> None:
    title = '<script>alert(1)</script>"><img src=x onerror=alert(1)> ferry'
    text = STORY.format(title=title, day="10 March 2026", place="Kelby", weekday="Tuesday")
    (tmp_path / "news" / "ferry.txt").write_text(text, encoding="utf-8")
    app.run()
    for path in (
        "/",
        "/search?q=ferry",
        "/editions",
        '/search?q="><script>alert(2)</script>',
        "/ask?url=%22%3E%3Cscript%3E",
    ):
        page = client.get(path).text
        assert "<script>" not in page
        assert "<img" not in page
        assert "onerror=alert" not in re.sub(r"&[a-z#0-9]+;[^<]*", "", page)


def test_the_same_page_again_costs_nothing(client: TestClient, app: App) -> None:
    app.run()
    client.get("/")
    first = client.get("/")
    again = client.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_a_kept_page_is_made_again_when_something_changes(client: TestClient, app: App, clock: Clock) -> None:
    edition = app.run().edition
    form = {"form_token": token(client), "target": f"{edition.id}/1"}
    plain = client.get("/").text
    assert client.get("/").text == plain
    client.post("/feedback", data=form | {"action": "mute"})
    assert 'class="story muted"' in client.get("/").text
    client.post("/feedback", data=form | {"action": "more"})
    assert 'class="story muted"' not in client.get("/").text
    with TestClient(client.app, base_url="http://localhost") as other:
        theirs = other.get("/").text
        assert token(other) in theirs, "each browser's forms have a token of their own"
        assert token(client) not in theirs
    assert app.path is not None
    app.path.write_text(app.path.read_text(encoding="utf-8") + "nonsense: 1\n", encoding="utf-8")
    assert "The configuration on disk has mistakes" in client.get("/").text


def test_other_sites_and_other_names_are_refused(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = client.post("/api/v1/summaries", json={"text": "a"}, headers=headers)
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
    body = {"text": "The mill burned down on Monday. Nobody was hurt, the fire service said."}
    assert client.post("/api/v1/summaries", json=body, headers={"Origin": "http://localhost"}).status_code == 200


def events(text: str) -> list[tuple[str, dict[str, object]]]:
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_a_pasted_text_is_told_as_it_goes(client: TestClient) -> None:
    text = STORY.format(title="Ferry aground", day="10 March 2026", place="Kelby", weekday="Tuesday")
    form = {"text": text, "bullets": "2", "form_token": token(client)}
    answer = client.post("/ask", data=form, headers={"Accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer.text)
    assert [name for name, _ in told if name != "problem"] == ["doing", "telling", "story", "done"]
    (card,) = [data["html"] for name, data in told if name == "story"]
    assert str(card).count('<li class="bullet"') == 2
    assert "<mark>" in str(card)
    whole = client.post("/ask", data=form).text
    assert whole.count('<li class="bullet"') == 2, "without a script the same, as a page"
    assert client.post("/ask", data={"form_token": token(client)}).status_code == 422
    assert client.post("/ask", data={"text": text, "form_token": "x" * 30}).status_code == 403
    file = {"file": ("note.html", f"<h1>Ferry aground</h1><p>{text}</p>", "text/html")}
    assert 'class="bullet"' in client.post("/ask", data={"form_token": token(client)}, files=file).text
    wrong = client.post("/ask", data={"form_token": token(client)}, files={"file": ("note.exe", b"MZ", "x/y")})
    assert wrong.status_code == 422


def test_the_api_tells_with_evidence(client: TestClient) -> None:
    text = "The mill burned down on Monday. Nobody was hurt, the fire service said. " * 3
    answer = client.post("/api/v1/summaries", json={"text": text, "title": "Fire", "bullets": 1}).json()
    (story,) = answer["stories"]
    (bullet,) = story["bullets"]
    (span, *_) = bullet["evidence"]
    assert story["text"][span["start"] : span["end"]] == span["text"]
    assert client.post("/api/v1/summaries", json={"text": text, "url": "https://a.example"}).status_code == 422
    assert client.post("/api/v1/summaries", json={"text": text, "engine": "nobody"}).status_code == 422


@pytest.mark.parametrize("url", ["file:///etc/passwd", "/etc/passwd", "ftp://a.example/b", "data:text/html,x", "C:\\x"])
def test_no_file_of_ours_is_read_by_address(client: TestClient, url: str) -> None:
    answer = client.post("/api/v1/summaries", json={"url": url}).json()
    assert answer["stories"] == []
    assert "only http and https" in answer["problems"][0]["message"]


def test_brief_me_now(client: TestClient, app: App) -> None:
    app.run()
    answer = client.post("/api/v1/briefs", json={"topic": "sea", "hours": 72}).json()
    assert [story["title"] for story in answer["stories"]] == ["Ferry runs aground at Aldmouth"]
    assert client.post("/api/v1/briefs", json={"topic": "nothing"}).status_code == 422
    assert client.post("/api/v1/briefs", json={"topic": "sea", "hours": 1}).json()["stories"] == []


def test_lists_come_in_pages(client: TestClient, app: App, clock: Clock) -> None:
    from datetime import timedelta

    for day in range(5):
        clock.now = NOON + timedelta(days=day)
        app.run()
    seen = []
    after: str | None = None
    for _ in range(3):
        page = client.get("/api/v1/editions", params={"limit": 2, **({"cursor": after} if after else {})}).json()
        seen += [row["slot"] for row in page["items"]]
        after = page["next"]
    assert seen == ["2026-03-15", "2026-03-14", "2026-03-13", "2026-03-12", "2026-03-11"]
    assert after is None
    assert client.get("/api/v1/editions", params={"cursor": "nonsense"}).status_code == 422
    newest = client.get("/api/v1/briefings/daily/editions/latest-edition").json()
    assert newest["slot"] == "2026-03-15"
    (row,) = client.get("/api/v1/articles").json()["items"]
    assert client.get(f"/api/v1/articles/{row['id']}").json()["text"].startswith("NORTHAM")


def test_runs_are_idempotent(client: TestClient) -> None:
    asked = {"headers": {"Idempotency-Key": "a"}, "json": {}}
    first = client.post("/api/v1/briefings/daily/runs", **asked)
    assert first.status_code == 202
    assert client.post("/api/v1/briefings/daily/runs", **asked).json()["id"] == first.json()["id"]
    assert until(lambda: client.get(first.headers["location"]).json()["state"] != "running")
    run = client.get(first.headers["location"]).json()
    assert run["state"] == "made"
    again = client.post("/api/v1/briefings/daily/runs", **asked).json()
    assert (again["id"], again["edition"]) == (run["id"], run["edition"])
    assert client.post("/api/v1/briefings/none/runs", json={}).status_code == 404
    assert client.post("/api/v1/briefings/daily/runs", json={"day": "2030-01-01"}).status_code == 422


def test_a_wrong_configuration_is_shown_and_not_used(client: TestClient, app: App) -> None:
    assert app.path is not None
    right = app.path.read_text(encoding="utf-8")
    app.path.write_text(right.replace("name: daily", "name: Wrong Name\n    limit: 3"), encoding="utf-8")
    page = client.get("/ask").text
    assert "The configuration on disk has mistakes" in page
    assert "line " in page
    assert client.get("/api/v1/briefings").json()[0]["name"] == "daily"
    assert "briefings[0]" in client.get("/readyz").json()["configuration"]
    app.path.write_text(right.replace("name: Sea ", "name: Harbours "), encoding="utf-8")
    assert "mistakes" not in client.get("/ask").text
    assert client.get("/api/v1/briefings").json()[0]["topics"] == ["Harbours"]
    app.path.unlink()
    assert "can&#39;t be read" in client.get("/ask").text


def test_health_and_metrics(client: TestClient, app: App) -> None:
    app.run()
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {"store": "ok", "configuration": "ok"}
    text = client.get("/metrics").text
    assert "briefing_articles 1.0" in text
    assert 'briefing_source_failures{source="Local"} 0.0' in text
    assert 'briefing_deliveries{state="sent"} 1.0' in text
    assert 'briefing_http_requests_total{method="GET",path="/healthz",status="200"} 1.0' in text


def test_a_fault_is_told_in_the_form_that_was_asked_for(client: TestClient) -> None:
    assert client.get("/editions/daily/2020-01-01", headers={"Accept": "text/html"}).text.startswith("<!doctype html>")
    problem = client.get("/api/v1/editions/0123456789abcdef")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == problem.status_code == 404
    assert client.get("/api/v1/nothing").json()["title"] == "Not Found"
    assert (
        client.post("/api/v1/summaries", content=b"x" * 100, headers={"Content-Length": "99999999"}).status_code == 413
    )


def test_a_body_that_does_not_say_its_length_is_bounded_too(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(13):
            yield b"x" * 1_000_000

    answer = client.post("/api/v1/summaries", content=pieces(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (413, "A request may have 12 MB.")
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    assert client.post("/ask", content=pieces(), headers=form).status_code in (400, 413)
    assert client.post("/ask", content=pieces(), headers=form | {"Content-Type": "text/plain"}).status_code in (
        413,
        403,
    )


def test_no_private_address_is_fetched_for_a_reader(client: TestClient) -> None:
    for url in ("http://127.0.0.1:1/", "http://[::1]:1/", "http://169.254.169.254/latest", "http://localhost:1/"):
        answer = client.post("/api/v1/summaries", json={"url": url}).json()
        assert answer["stories"] == []
        assert "address" in answer["problems"][0]["message"], answer


def test_briefings_of_one_title_are_told_apart(client: TestClient, app: App) -> None:
    assert app.path is not None
    text = app.path.read_text(encoding="utf-8").replace(
        "    channels: [", "    readers: [{name: ann}, {name: bo}, {name: cy, title: Tides}]\n    channels: ["
    )
    app.path.write_text(text, encoding="utf-8")
    client.get("/")  # it takes the file over
    app.run("daily-bo")
    page = client.get("/?briefing=daily-bo").text
    assert re.findall(r"<li><a href=\"/\?briefing=[^>]*>([^<]*)</a>", page) == [
        "Daily briefing (daily-ann)", "Daily briefing (daily-bo)", "Tides",
    ]  # fmt: skip


def test_serving_goes_on_without_the_page(app: App, caplog: pytest.LogCaptureFixture) -> None:
    import httpx

    from briefing.cli.web import serving_page

    def at(port: int, *, enabled: bool = True) -> None:
        web = app.config.web.model_copy(update={"port": port, "enabled": enabled})
        app.config = app.config.model_copy(update={"web": web})

    with caplog.at_level("INFO", "briefing"):
        at(0)
        with serving_page(app):
            (url,) = re.findall(r"the page: (http://\S+)", caplog.text)
            assert httpx.get(f"{url}healthz").text == "ok\n"
            at(int(url.rstrip("/").rpartition(":")[2]))
            with serving_page(app):
                assert "can't listen" in caplog.text
        at(0, enabled=False)
        caplog.clear()
        with serving_page(app):
            assert "the page" not in caplog.text


def test_readers_topics_follow_a_new_name(app: App) -> None:
    from briefing.config.edit import delete_topic, save_topic

    assert app.path is not None
    text = app.path.read_text(encoding="utf-8").replace(
        "    channels: [", "    readers: [{name: ann, topics: [Sea]}]\n    channels: ["
    )
    app.path.write_text(text, encoding="utf-8")
    topic = app.config.topics[0]
    config = save_topic(app.path, {}, "Sea", topic.model_copy(update={"name": "Harbour"}), None)
    assert config.briefings[0].topics == ("Harbour",)
    assert delete_topic(app.path, {}, "Harbour", None).briefings[0].topics == ()


def test_the_page_is_not_opened_to_strangers(make_app: Make) -> None:
    from briefing.errors import UsageError
    from briefing.web.server import Server

    app = make_app()
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        with pytest.raises(UsageError, match="it has no users"):
            Server(app, host, 0)
    with Server(app, None, 0) as server:
        import httpx

        assert httpx.get(f"{server.url}healthz").text == "ok\n"
        with pytest.raises(UsageError, match="can't listen"):
            Server(app, None, int(server.url.rstrip("/").rpartition(":")[2]))


def test_words_on_a_story_go_into_the_ledger(client: TestClient, app: App) -> None:
    edition = app.run().edition
    form = {"form_token": token(client), "target": f"{edition.id}/1", "action": "mute"}
    answer = client.post("/feedback", data=form, headers={"Accept": "application/json"})
    assert answer.json() == {"message": "This story is muted."}
    assert 'class="story muted"' in client.get("/").text
    assert client.post("/feedback", data=form | {"action": "more"}, follow_redirects=False).status_code == 303
    assert [one.action for one in app.store.feedback("daily")] == ["more"], "the last word counts"
    wrong = client.post("/api/v1/feedback", json={"target": f"{edition.id}/1.1", "action": "wrong"})
    assert wrong.status_code == 201
    # Both were said at one moment of the test's clock.
    kept = {one.action: one for one in app.store.feedback("daily")}
    assert kept["wrong"].detail["evidence"]
    assert client.post("/api/v1/feedback", json={"target": f"{edition.id}/9", "action": "more"}).status_code == 422
    assert client.post("/feedback", data=form | {"form_token": ""}).status_code == 403


def test_two_people_change_the_same_topic(client: TestClient, app: App) -> None:
    assert app.path is not None
    path = "/api/v1/topics/Sea"
    seen = client.get(path).headers["etag"]
    body = client.get(path).json()["topic"]
    assert client.put(path, json=body).status_code == 428
    first = client.put(path, json={**body, "breadth": 0.9}, headers={"If-Match": seen})
    assert first.status_code == 200
    second = client.put(path, json={**body, "keywords": ["tug"]}, headers={"If-Match": seen})
    assert second.status_code == 412
    assert client.delete(path, headers={"If-Match": seen}).status_code == 412
    text = app.path.read_text(encoding="utf-8")
    assert "# my own harbour" in text
    assert "# what is read" in text
    assert "breadth: 0.9" in text
    assert app.config.topics[0].breadth == 0.9, "in use at once"
    # The same with the page's form: the second sees both, and may then save over it knowingly.
    page = client.get("/topics/edit?name=Sea").text
    mark = re.search(r'name="seen" value="([^"]+)"', page)
    assert mark
    form = {"form_token": token(client), "was": "Sea", "seen": mark[1], "name": "Sea", "keywords": "ferry\ntug"}
    client.put(path, json={**body, "breadth": 0.1}, headers={"If-Match": first.headers["etag"]})
    late = client.post("/topics", data=form, follow_redirects=False)
    assert late.status_code == 409
    assert "Nothing was saved" in late.text
    assert "Breadth 0.1" in late.text
    assert "ferry\ntug</textarea>" in late.text
    mark = re.search(r'name="seen" value="([^"]+)"', late.text)
    assert mark
    assert client.post("/topics", data=form | {"seen": mark[1]}, follow_redirects=False).status_code == 303
    assert app.config.topics[0].keywords == ("ferry", "tug")


def test_topics_are_added_renamed_and_deleted_in_the_file(client: TestClient, app: App) -> None:
    assert app.path is not None
    app.path.write_text(
        app.path.read_text(encoding="utf-8").replace(
            "limits: {max_age: null}", "limits: {max_age: null}\n    topics: [Sea]"
        ),
        encoding="utf-8",
    )
    made = client.post("/api/v1/topics", json={"name": "Fire $5 ${HOME} / mills", "keywords": ["mill: a", "#b", "- c"]})
    assert made.status_code == 201, made.text
    assert client.post("/api/v1/topics", json={"name": "sea"}).status_code == 409
    assert client.get("/api/v1/topics/Fire $5 ${HOME} %2F mills").json()["topic"]["keywords"] == [
        "mill: a",
        "#b",
        "- c",
    ]
    sea = client.get("/api/v1/topics/sea")
    renamed = client.put(
        "/api/v1/topics/sea",
        json={**sea.json()["topic"], "name": "Harbours"},
        headers={"If-Match": sea.headers["etag"]},
    )
    assert renamed.status_code == 200
    assert app.config.briefings[0].topics == ("Harbours",)
    assert client.delete("/api/v1/topics/harbours", headers={"If-Match": "*"}).status_code == 204
    assert [one.name for one in app.config.topics] == ["Fire $5 ${HOME} / mills"]
    assert client.delete("/api/v1/topics/harbours", headers={"If-Match": "*"}).status_code == 404


def test_a_topic_is_tried_before_it_is_saved(client: TestClient, app: App) -> None:
    app.run()
    tried = client.post("/api/v1/topics/preview", json={"name": "New", "keywords": ["ferry"]}).json()
    assert (tried["count"], tried["stories"]) == (1, 1)
    assert '"ferry" in the headline' in tried["matching"][0]["why"]
    none = client.post("/api/v1/topics/preview", json={"name": "New", "keywords": ["volcano"]}).json()
    assert none["count"] == 0
    form = {"form_token": token(client), "name": "", "keywords": "ferry"}
    piece = client.post("/topics/preview", data=form).json()["html"]
    assert "<strong>1</strong> of 1 stories" in piece
    assert client.post("/topics/preview", data=form | {"breadth": "7"}).status_code == 422
    assert [one.name for one in app.config.topics] == ["Sea"]


def test_a_wrong_file_is_not_written_over(client: TestClient, app: App) -> None:
    assert app.path is not None
    broken = app.path.read_text(encoding="utf-8") + "nonsense: [\n"
    app.path.write_text(broken, encoding="utf-8")
    assert client.post("/api/v1/topics", json={"name": "New"}).status_code == 409
    assert app.path.read_text(encoding="utf-8") == broken


def test_a_question_leaves_the_deadline_of_an_edition_alone(app: App, client: TestClient) -> None:
    asked: list[int] = []

    def remaining() -> float:
        asked.append(1)
        return 0.0

    app.teller.begin(remaining=remaining)
    assert client.post("/api/v1/summaries", json={"title": "Ferry", "text": STORY}).status_code == 200
    assert asked == [], "the question is not told by what the edition has left"
    assert app.teller._remaining is remaining
