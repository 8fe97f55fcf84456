"""Mail that is answered: out by a real SMTP server, back by a real IMAP server, confirmed in the next edition."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
from conftest import NOON, Clock
from imapserver import PASSWORD, USER, Imap, dovecot
from servers import Server, smtp_server

from briefing.answers import take
from briefing.app import App
from briefing.config import parse_config

CONFIG = """
sources: [{{name: Local, type: file, path: news}}]
briefings:
  - name: daily
    title: Harbour news
    limits: {{max_age: null}}
    channels:
      - {{type: mail, host: localhost, port: {smtp}, user: me, password: secret, sender: news@example.org}}
      - {{type: file, folder: out}}
    readers:
      - {{name: ada, to: [ada@example.org]}}
      - {{name: bo, to: [bo@example.org], language: de}}
answers:
  {more}
  mailbox: {{host: localhost, port: {imap_port}, security: {security}, user: {user}, password: {password},
            address: reply@example.org, plus: {plus}}}
summarizer: {{model: ./none}}
"""
SECOND = """\
Library reopens at Dunholm
10 March 2026

DUNHOLM: The library of Dunholm reopened on Tuesday after a long repair of its roof, the town said.

Some 4,000 books that had been damaged by water were restored by volunteers over the winter.
"""


@pytest.fixture(scope="module")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imap]:
    with dovecot(tmp_path_factory.mktemp("imap")) as server:
        yield server


@pytest.fixture
def smtp(tmp_path: Path, imap: Imap, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    import os

    with smtp_server(tmp_path) as server:
        both = Path(os.environ["SSL_CERT_FILE"]).read_bytes() + (tmp_path / "ca.pem").read_bytes()
        (tmp_path / "both.pem").write_bytes(both)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        with imap.opened() as box:
            box.delete([mail.uid for mail in box.fetch(mark_seen=False) if mail.uid])
        yield server


@pytest.fixture
def app(tmp_path: Path, news: Path, imap: Imap, smtp: Server, clock: Clock) -> Iterator[App]:
    (news / "library.txt").write_text(SECOND, encoding="utf-8")
    with opened(tmp_path, imap, smtp, clock) as made:
        yield made


@contextmanager
def opened(base: Path, imap: Imap, smtp: Server, clock: Clock, **options: Any) -> Iterator[App]:
    fields = {
        "smtp": smtp.port, "imap_port": imap.tls, "security": "tls", "user": USER, "password": PASSWORD, "plus": "true",
        "more": "days: 30",
    } | options  # fmt: skip
    with App(parse_config(CONFIG.format(**fields), None, {}), base, at=clock) as made:
        yield made


def reply(mail: Any, body: str, *, sender: str = "", subject: str = "", html: str = "", **headers: str) -> bytes:
    """An answer to a mail as a mail program writes it: above the quoted mail, below a line that says whose it is."""
    answer = EmailMessage()
    answer["From"] = sender or f"Ada Reader <{mail['To']}>"
    answer["To"] = mail["Reply-To"] or mail["From"]
    answer["Subject"] = subject or f"Re: {mail['Subject']}"
    answer["Message-ID"] = f"<{abs(hash((body, sender, subject, mail['Message-ID'])))}@reader.example.org>"
    answer["In-Reply-To"] = mail["Message-ID"]
    answer["References"] = mail["Message-ID"]
    for name, value in headers.items():
        answer[name.replace("_", "-")] = value
    quoted = "\n".join(f"> {line}" for line in mail.get_body(("plain",)).get_content().splitlines())
    if html:
        answer.set_content(html, subtype="html")
    else:
        answer.set_content(
            f"{body}\n\nOn Wed, 11 Mar 2026 at 07:00, Harbour news <news@example.org> wrote:\n{quoted}\n"
        )
    return answer.as_bytes()


def mail_of(smtp: Server, address: str) -> Any:
    return [mail for recipients, mail in smtp.box.mails if recipients == [address]][-1]


def text_of(mail: Any) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())


def tomorrow(app: App, clock: Clock, days: int = 1) -> None:
    clock.now = clock.now + timedelta(days=days)
    for briefing in app.config.briefings:
        app.run(briefing.name)


def test_words_of_a_reply_are_done_and_confirmed_once(app: App, smtp: Server, imap: Imap, clock: Clock) -> None:
    for briefing in app.config.briefings:
        app.run(briefing.name)
    first = mail_of(smtp, "ada@example.org")
    assert first["Reply-To"].startswith("reply+")
    assert len(parseaddr(first["Reply-To"])[1].partition("@")[0]) <= 64
    assert "mute 3" in text_of(first)
    imap.deliver(reply(first, "More 1\nless Dunholm\nmute source:Local\nwrong 2\n\nBest regards,\nAda"))
    imap.deliver(b"From: friend@example.org\nTo: reply@example.org\nSubject: Lunch?\n\nmore 1\n")
    tomorrow(app, clock)
    second = mail_of(smtp, "ada@example.org")
    said = text_of(second)
    assert "YOUR ANSWERS" in said
    assert "More like “Ferry runs aground at Aldmouth”: noted." in said or "More like “Library" in said
    assert "“less Dunholm” was not done" in said
    assert "“Local” is muted." in said
    assert "is marked as told wrongly" in said
    assert "Your answers" in second.get_body(("html",)).get_content()
    kept = app.store.feedback("daily-ada")
    assert {(one.action, one.kind) for one in kept} == {("more", "story"), ("mute", "source"), ("wrong", "bullet")}
    assert {one.reader for one in kept} == {"ada@example.org"}
    assert app.store.feedback("daily-bo") == []
    assert "Ihre Antworten" not in mail_of(smtp, "bo@example.org").get_body(("plain",)).get_content()
    assert imap.flags() == {f"Re: {first['Subject']}": True, "Lunch?": False}, "other mail stays as it is"
    tomorrow(app, clock)
    assert "YOUR ANSWERS" not in text_of(mail_of(smtp, "ada@example.org")), "it is confirmed once"


def test_a_reply_that_is_read_twice_is_done_once(app: App, smtp: Server, imap: Imap, clock: Clock) -> None:
    app.run("daily-ada")
    raw = reply(mail_of(smtp, "ada@example.org"), "less 1")
    imap.deliver(raw)
    imap.deliver(raw)
    done, problems = app.replies.read()
    assert problems == []
    assert len(done) == 1
    with imap.opened() as box:
        uids = [mail.uid for mail in box.fetch(mark_seen=False)]
        box.flag(uids, "\\Seen", value=False)
    assert app.replies.read()[0] == [], "its flag is not what it is known by"
    assert len(app.store.answers()) == 1


def test_what_is_not_signed_for_the_reader_is_refused(app: App, smtp: Server, clock: Clock, imap: Imap) -> None:
    for briefing in app.config.briefings:
        app.run(briefing.name)
    ada, bo = mail_of(smtp, "ada@example.org"), mail_of(smtp, "bo@example.org")
    code = parseaddr(ada["Reply-To"])[1]
    local, domain = code.split("@")
    wrong = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    swapped = f"{local.partition('-')[0]}-{parseaddr(bo['Reply-To'])[1].partition('-')[2]}"
    for address in (wrong, swapped, "reply@example.org", "reply+@example.org", f"{local.upper()}x@{domain}"):
        answer = EmailMessage()
        answer["From"], answer["To"], answer["Subject"] = "ada@example.org", address, "unsubscribe"
        answer["Message-ID"] = f"<{hash(address)}@reader.example.org>"
        answer["In-Reply-To"] = re.sub(r"[a-z2-7]{26}@", "a" * 26 + "@", ada["Message-ID"])
        answer.set_content("unsubscribe\n")
        imap.deliver(answer.as_bytes())
    assert app.replies.read()[0] == []
    assert app.store.silences(clock()) == []
    assert app.store.answers() == []
    # A code that is right, in the hands of somebody else.
    imap.deliver(reply(ada, "unsubscribe", sender="bo@example.org"))
    (refused,) = app.replies.read()[0]
    assert refused.state == "refused"
    assert refused.reader == "ada@example.org"
    assert app.store.silences(clock()) == []
    tomorrow(app, clock)
    assert "An answer that came from bo@example.org was not taken" in text_of(mail_of(smtp, "ada@example.org"))


def test_machines_are_not_listened_to(app: App, smtp: Server) -> None:
    app.run("daily-ada")
    first = mail_of(smtp, "ada@example.org")
    for headers in (
        {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}, {"List_Id": "<x.example>"},
    ):  # fmt: skip
        assert take(reply(first, "unsubscribe", **headers), app.replies.answering) == []
    assert take(first.as_bytes(), app.replies.answering) == [], "our own mail, sent back"


def test_a_full_text_is_sent_once_by_mail(app: App, smtp: Server, imap: Imap, clock: Clock) -> None:
    app.run("daily-ada")
    first = mail_of(smtp, "ada@example.org")
    imap.deliver(reply(first, "full 1\nfull 9"))
    smtp.box.refuse = {"ada@example.org": "451 later"}
    done, _ = app.replies.read()
    assert [answer.state for answer in done] == ["waiting", "refused"]
    smtp.box.refuse = {}
    clock.now += timedelta(minutes=30)
    (sent,) = app.replies.read()[0]
    assert sent.state == "done"
    mail = mail_of(smtp, "ada@example.org")
    assert mail["In-Reply-To"] == first["Message-ID"]
    told = text_of(mail)
    title = app.find_edition("daily-ada", None).summaries[0].title
    assert mail["Subject"] == title
    assert told.startswith(title)
    article = app.find_edition("daily-ada", None).summaries[0].article
    assert " ".join(article.text.split()) in told
    assert app.replies.read()[0] == []
    assert len([1 for _, one in smtp.box.mails if one["Subject"] == title]) == 1
    tomorrow(app, clock)
    said = text_of(mail_of(smtp, "ada@example.org"))
    assert f"The full text of “{title}” was sent." in said
    assert "“full 9” was not done" in said


def test_pause_resume_and_unsubscribe(app: App, smtp: Server, imap: Imap, clock: Clock) -> None:
    app.run("daily-ada")
    first = mail_of(smtp, "ada@example.org")
    imap.deliver(reply(first, "pause a week"))
    app.replies.read()
    count = len(smtp.box.mails)
    for _ in range(6):
        tomorrow(app, clock)
    assert [to for to, _ in smtp.box.mails[count:] if to == ["ada@example.org"]] == []
    assert (app.base / "out" / "daily-ada" / "2026-03-14.md").is_file(), "only this recipient pauses"
    tomorrow(app, clock)
    after = mail_of(smtp, "ada@example.org")
    assert "Paused until 2026-03-18" in text_of(after)
    imap.deliver(reply(after, "Abbestellen"))
    app.replies.read()
    count = len(smtp.box.mails)
    tomorrow(app, clock, 20)
    assert [to for to, _ in smtp.box.mails[count:]] == [["bo@example.org"]]
    imap.deliver(reply(after, "resume"))
    app.replies.read()
    tomorrow(app, clock)
    assert smtp.box.mails[-2][0] == ["ada@example.org"] or smtp.box.mails[-1][0] == ["ada@example.org"]


def test_who_unsubscribed_gets_nothing_that_waited(app: App, smtp: Server, imap: Imap, clock: Clock) -> None:
    app.run("daily-ada")
    first = mail_of(smtp, "ada@example.org")
    smtp.box.refuse = {"ada@example.org": "451 later"}
    clock.now += timedelta(days=1)
    app.run("daily-ada")
    imap.deliver(reply(first, "unsubscribe"))
    app.replies.read()
    smtp.box.refuse = {}
    count = len(smtp.box.mails)
    clock.now += timedelta(hours=3)
    app.deliver_pending()
    assert len(smtp.box.mails) == count


def test_an_old_edition_can_no_more_be_answered(app: App, smtp: Server, clock: Clock) -> None:
    app.run("daily-ada")
    first = mail_of(smtp, "ada@example.org")
    clock.now = NOON + timedelta(days=31)
    (refused,) = take(reply(first, "more 1"), app.replies.answering)
    assert refused.state == "refused"
    assert "too late" in refused.said


def test_html_replies_and_what_nobody_understands(app: App, smtp: Server, clock: Clock, imap: Imap) -> None:
    app.run("daily-ada")
    first = mail_of(smtp, "ada@example.org")
    html = (
        "<html><body><div>more 1</div><div>Thanks!<br></div><div class='gmail_quote'>On Wed wrote:<blockquote>"
        "<p>unsubscribe</p></blockquote></div></body></html>"
    )
    done = take(reply(first, "", html=html), app.replies.answering)
    assert [(answer.action, answer.what) for answer in done] == [("more", "1")]
    (lost,) = take(reply(first, "I like it very much."), app.replies.answering)
    assert lost.state == "refused"
    done = take(reply(first, "pause forever"), app.replies.answering)
    assert "“pause forever” was not understood" in done[0].said
    done = take(reply(first, "", subject="more 2"), app.replies.answering)
    assert [(answer.action, answer.what) for answer in done] == [("more", "2")]


def test_without_plus_addresses_the_mails_own_id_is_the_code(
    tmp_path: Path, news: Path, imap: Imap, smtp: Server, clock: Clock
) -> None:
    with opened(tmp_path, imap, smtp, clock, plus="false") as app:
        app.run("daily-ada")
        first = mail_of(smtp, "ada@example.org")
        assert first["Reply-To"] == "reply@example.org"
        imap.deliver(reply(first, "less 1"))
        (done,) = app.replies.read()[0]
        assert done.state == "done"


@pytest.mark.parametrize("security", ["starttls", "none"])
def test_other_ways_to_connect(
    tmp_path: Path, news: Path, imap: Imap, smtp: Server, clock: Clock, security: str
) -> None:
    with opened(tmp_path, imap, smtp, clock, security=security, imap_port=imap.plain) as app:
        app.run("daily-ada")
        imap.deliver(reply(mail_of(smtp, "ada@example.org"), "less 1"))
        done, problems = app.replies.read()
        assert [answer.state for answer in done] == ["done"]
        assert problems == []


def test_a_mailbox_that_fails_stops_nothing_and_is_named(
    tmp_path: Path, news: Path, imap: Imap, smtp: Server, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for options, words in (({"password": "canary-wrong"}, "refused the login"), ({"imap_port": 9}, "can't be reached")):
        with opened(tmp_path / words[:6], imap, smtp, clock, **options) as app:
            (tmp_path / words[:6]).mkdir()
            (tmp_path / words[:6] / "news").symlink_to(news)
            edition = app.run("daily-ada").edition
        problem = next(problem for problem in edition.problems if problem.stage == "replies")
        assert words in problem.message
        assert len(edition.summaries) >= 1
        assert "canary" not in repr(edition.problems)
    assert "canary-wrong" not in caplog.text


def test_hostile_replies_break_nothing(app: App, smtp: Server) -> None:
    app.run("daily-ada")
    first = mail_of(smtp, "ada@example.org")
    good = reply(first, "more 1")
    bodies = [
        b"", b"\x00" * 100, good[: len(good) // 2], good.replace(b"utf-8", b"x-unknown-8"), good + b"\xff\xfe" * 1000,
        reply(first, "more 1\n" * 5000), reply(first, "full " + "9" * 5000), reply(first, "mute " + "x" * 100_000),
        reply(first, "", html="<div>" * 5000 + "more 1"), reply(first, "more 1, " * 3000),
        reply(first, "{{ 7*7 }}\nmute {title.__class__}\nmore \u202e1"),
    ]  # fmt: skip
    for body in bodies:
        for answer in take(body, app.replies.answering):
            assert len(answer.said) < 1000
            assert "\n" not in answer.said
