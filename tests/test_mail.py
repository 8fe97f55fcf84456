"""Mail through a real SMTP server: what arrives, and what becomes of every kind of refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOON, Clock, Make
from servers import Server, smtp_server

from briefing.render import MAIL_BYTES


@pytest.fixture
def smtp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with smtp_server(tmp_path) as server:
        yield server


def _channels(port: int, to: str = "[a@example.org]", password: str = "secret") -> str:
    return (
        f"- {{type: mail, host: localhost, port: {port}, user: me, password: {password}, "
        f"sender: briefing@example.org, to: {to}}}\n- {{type: file, folder: out}}"
    )


def test_a_mail_arrives_once(make_app: Make, smtp: Server) -> None:
    app = make_app(channels=_channels(smtp.port))
    app.run()
    app.run()
    assert len(smtp.box.mails) == 1
    (recipients, mail) = smtp.box.mails[0]
    assert recipients == ["a@example.org"]
    assert mail["Subject"] == "Daily briefing, Wednesday, 11 March 2026" or "11 March 2026" in mail["Subject"]
    assert mail["Message-ID"].endswith("@example.org>")
    text, html = (mail.get_body(kind).get_content() for kind in (("plain",), ("html",)))
    assert "Ferry runs aground" in text
    assert "Ferry runs aground" in html
    assert 'style="' in html
    assert "<script" not in html
    assert len(html.encode()) < MAIL_BYTES


def test_one_refused_recipient_stops_nobody_else(make_app: Make, smtp: Server, tmp_path: Path) -> None:
    smtp.box.refuse = {"b@example.org": "550 no such user"}
    outcome = make_app(channels=_channels(smtp.port, "[a@example.org, b@example.org, c@example.org]")).run()
    assert sorted(mail[0][0] for mail in smtp.box.mails) == ["a@example.org", "c@example.org"]
    assert {d.recipient: d.state for d in outcome.deliveries if "@" in d.recipient} == {
        "a@example.org": "sent", "b@example.org": "failed", "c@example.org": "sent",
    }  # fmt: skip
    assert "no such user" in (tmp_path / "out" / "2026-03-11.md").read_text(encoding="utf-8")


def test_a_passing_refusal_is_tried_again_later(make_app: Make, smtp: Server, clock: Clock, tmp_path: Path) -> None:
    smtp.box.refuse = {"a@example.org": "451 try later"}
    app = make_app(channels=_channels(smtp.port))
    assert [d.state for d in app.run().undelivered] == ["pending"]
    assert "451" in (tmp_path / "out" / "2026-03-11.md").read_text(encoding="utf-8")
    smtp.box.refuse = {}
    assert smtp.box.mails == []
    app.run()
    assert smtp.box.mails == [], "its time has not come"
    clock.now = NOON + timedelta(minutes=20)
    assert app.run().undelivered == []
    assert len(smtp.box.mails) == 1
    assert "451" not in (tmp_path / "out" / "2026-03-11.md").read_text(encoding="utf-8")


def test_a_wrong_password_is_said_and_the_file_is_written(make_app: Make, smtp: Server, tmp_path: Path) -> None:
    outcome = make_app(channels=_channels(smtp.port, password="wrong")).run()
    assert [d.state for d in outcome.undelivered] == ["pending"]
    written = (tmp_path / "out" / "2026-03-11.md").read_text(encoding="utf-8")
    assert "refused the login of me" in written
    assert "wrong" not in written.partition("refused the login")[2]
    assert "Ferry runs aground" in written


def test_a_connection_lost_after_the_text_is_uncertain_and_never_repeated(
    make_app: Make, smtp: Server, clock: Clock
) -> None:
    smtp.box.drop = True
    app = make_app(channels=_channels(smtp.port))
    assert [d.state for d in app.run().undelivered] == ["uncertain"]
    clock.now = NOON + timedelta(hours=3)
    app.run()
    assert len(smtp.box.mails) == 1


def test_no_server(make_app: Make, tmp_path: Path) -> None:
    outcome = make_app(channels=_channels(9)).run()
    assert [d.state for d in outcome.undelivered] == ["pending"]
    assert "can't be reached" in (tmp_path / "out" / "2026-03-11.md").read_text(encoding="utf-8")
