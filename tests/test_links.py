"""Links of a mail: signed for one reader, looked at without effect, taken by POST, good for a while."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import html5lib
import pytest
from conftest import NOON, Clock
from servers import Server, smtp_server

from briefing.answers import AnswerServer, respond
from briefing.app import App
from briefing.config import parse_config
from briefing.errors import UsageError

CONFIG = """
sources: [{{name: Local, type: file, path: news}}]
briefings:
  - name: daily
    limits: {{max_age: null}}
    channels:
      - {{type: mail, host: localhost, port: {port}, user: me, password: secret, sender: news@example.org,
          to: [ada@example.org, bo@example.org]}}
      - {{type: feed, url: "https://news.example.org/daily"}}
answers: {{url: "https://news.example.org", listen: "127.0.0.1:0"}}
summarizer: {{model: ./none}}
"""


@pytest.fixture
def smtp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with smtp_server(tmp_path) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path, news: Path, smtp: Server, clock: Clock) -> Iterator[App]:
    with App(parse_config(CONFIG.format(port=smtp.port), None, {}), tmp_path, at=clock) as made:
        made.run()
        yield made


def links_in(smtp: Server, address: str = "ada@example.org") -> dict[str, str]:
    """The links of a recipient's first mail, by what stands on them."""
    mail: Any = next(mail for to, mail in smtp.box.mails if to == [address])
    html = mail.get_body(("html",)).get_content()
    found = re.findall(r'<a [^>]*href="(https://news\.example\.org/answer/[^"]+)"[^>]*>([^<]+)</a>', html)
    return {words: url.removeprefix("https://news.example.org") for url, words in found}


def test_a_mail_has_links_and_the_headers_of_one_click(app: App, smtp: Server) -> None:
    assert set(links_in(smtp)) == {"More like this", "Less like this", "Full text", "Pause for a week", "Unsubscribe"}
    mail: Any = smtp.box.mails[0][1]
    assert mail["List-Unsubscribe"].startswith("<https://news.example.org/answer/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Reply-To" not in mail, "nobody reads a mailbox"
    assert "answer this mail" not in mail.get_body(("html",)).get_content()
    assert "https://news.example.org/daily/2026-03-11.html" in mail.get_body(("html",)).get_content()


def test_looking_does_nothing_and_posting_does_it_once(app: App, smtp: Server, clock: Clock) -> None:
    answering, path = app.replies.answering, links_in(smtp)["Less like this"]
    status, page = respond(answering, "GET", path)
    assert status == 200
    assert "Less like this" in page
    assert "Ferry runs aground" in page
    assert app.store.feedback() == []
    for _ in range(3):
        status, page = respond(answering, "POST", path)
        assert status == 200
        assert "Less like “Ferry runs aground at Aldmouth”: noted." in page
    assert [(one.action, one.reader, one.via) for one in app.store.feedback()] == [("less", "ada@example.org", "link")]
    assert len(app.store.answers()) == 1


def test_one_click_ends_it_for_one_reader(app: App, smtp: Server, clock: Clock) -> None:
    mail: Any = next(mail for to, mail in smtp.box.mails if to == ["ada@example.org"])
    url = re.match(r"<https://news\.example\.org([^>]+)>", mail["List-Unsubscribe"])
    assert url is not None
    clock.now = NOON + timedelta(days=400)
    with AnswerServer("127.0.0.1:0", app.replies.answering) as server:
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}{url[1]}", data=b"List-Unsubscribe=One-Click", method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            page = answer.read().decode()
    assert "You are unsubscribed." in page
    html5lib.HTMLParser(strict=True).parse(page)
    count = len(smtp.box.mails)
    app.run()
    assert [to for to, _ in smtp.box.mails[count:]] == [["bo@example.org"]]
    assert app.store.speak("daily", None, "ada@example.org") == 1
    clock.now += timedelta(days=1)
    app.run()
    assert len(smtp.box.mails) == count + 3


def test_changed_foreign_and_old_links_are_refused(app: App, smtp: Server, clock: Clock) -> None:
    answering, path = app.replies.answering, links_in(smtp)["Less like this"]
    flipped = f"{path[:-9]}{'A' if path[-9] != 'A' else 'B'}{path[-8:]}"
    body, _, mark = path.removeprefix("/answer/").partition(".")
    foreign = links_in(smtp, "bo@example.org")["Less like this"].partition(".")[2]
    for wrong in (
        flipped,
        f"/answer/{body}.{foreign}",
        f"/answer/{body}",
        f"/answer/.{mark}",
        "/answer/%00",
        "/answer/…",
    ):
        for method in ("GET", "POST"):
            status, page = respond(answering, method, wrong)
            assert status == 400
            assert "<form" not in page
    assert respond(answering, "GET", "/")[0] == 404
    assert respond(answering, "POST", f"/answer/{'a' * 5000}")[0] == 404
    clock.now = NOON + timedelta(days=31)
    assert respond(answering, "POST", path)[0] == 410
    assert app.store.feedback() == []


def test_a_full_text_asked_for_by_link_is_sent(app: App, smtp: Server, clock: Clock) -> None:
    status, page = respond(app.replies.answering, "POST", links_in(smtp)["Full text"])
    assert status == 200
    assert "is on its way" in page
    app.take_answers()
    to, mail = smtp.box.mails[-1]
    assert to == ["ada@example.org"]
    assert mail["Subject"] == "Ferry runs aground at Aldmouth"
    assert "Fishing boats were asked to use the old dock" in mail.get_body(("plain",)).get_content()


def test_the_server_bears_nonsense(app: App) -> None:
    with AnswerServer("127.0.0.1:0", app.replies.answering) as server:
        for path, data, status in (("/answer/x", None, 400), ("/", b"", 404), ("/answer/x", b"x" * 5000, 413)):
            request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", data=data)
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=10)
            assert caught.value.code == status
        with pytest.raises(UsageError, match="can't be listened on"):
            AnswerServer(f"127.0.0.1:{server.port}", app.replies.answering)


def test_a_webhook_that_is_gone_is_left_alone(tmp_path: Path, news: Path, clock: Clock) -> None:
    from servers import receiver

    with receiver() as other:
        other.answer = lambda number: (410, {})
        text = (
            "sources: [{name: Local, type: file, path: news}]\nsummarizer: {model: ./none}\n"
            "briefings:\n  - name: daily\n    limits: {max_age: null}\n"
            f"    channels: [{{type: webhook, url: '{other.url}'}}]\n"
        )
        with App(parse_config(text, None, {}), tmp_path, at=clock) as app:
            outcome = app.run()
            assert [row.state for row in outcome.deliveries] == ["failed"]
            clock.now += timedelta(days=1)
            assert app.run().deliveries == ()
            assert len(other.posts) == 1
            (silence,) = app.store.silences(clock())
            assert "410" in silence.why
            assert app.store.speak("daily", None, silence.recipient) == 1
            other.answer = lambda number: (200, {})
            clock.now += timedelta(days=1)
            assert [row.state for row in app.run().deliveries] == ["sent"]
