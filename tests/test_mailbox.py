"""Newsletters: a real mailbox, and issues of the kinds that are sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import dovecot
import pytest
from conftest import Make

from benchmarks.hostile.servers import canary
from briefing.config import MailboxConfig
from briefing.errors import SourceError
from briefing.sources.formats.newsletter import parse_issue
from briefing.sources.mailbox import MailboxSource

BLURB = "The council of Kelby voted on Monday to reopen the old lift bridge to carts and to people on foot."


def mail(
    html: str = "",
    text: str = "",
    subject: str = "Kelby Weekly",
    number: int = 1,
    sender: str = "Kelby Weekly <news@kelby.example>",
) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = subject, sender, "reader@home.example"
    made["Date"] = "Tue, 10 Mar 2026 06:00:00 +0000"
    made["Message-ID"] = f"<{number}@kelby.example>"
    made.set_content(text or "See the other part.")
    if html:
        made.add_alternative(html, subtype="html")
    return made


def packed(url: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"e": url}).encode()).decode().rstrip("=")


DIGEST = f"""<html><body><div style="display:none">Preheader nobody sees</div>
<table><tr><td><a href="https://click.kelby.example/c/?url=https%3A%2F%2Fkelby.example%2Fonline">View in browser</a></td></tr>
<tr><td><h2><a href="https://tracking.kelby.example/CL0/https:%2F%2Fpaper.example%2Fbridge%3Futm_source=nl/1/0100018abc-xyz">Bridge reopens in Kelby (3 minute read)</a></h2><p>{BLURB}</p></td></tr>
<tr><td><a href="https://substack.com/redirect/2/{packed("https://post.example/harbour?utm_medium=email")}"><b>Harbour closed after a ferry ran aground</b></a><br>All 212 passengers were brought ashore by lifeboats within three hours, and nobody was hurt.</td></tr>
<tr><td>SPONSORED</td></tr><tr><td><h2><a href="https://shop.example/">Buy the best kettle of the year</a></h2><p>It boils water faster than any kettle that was ever made, they say.</p></td></tr>
<tr><td><strong>School roof is to be mended</strong><p>The school at Harrow Cross gets a new roof in spring, the board said on Friday evening.</p><p><a href="https://u123.ct.sendgrid.net/ls/click?upn=opaqueopaqueopaqueopaqueopaqueopaqueopaque">Read more</a></p></td></tr>
<tr><td><a href="https://click.kelby.example/unsubscribe">Unsubscribe</a> You are receiving this because you signed up.</td></tr></table>
<img src="https://pixel.kelby.example/open.gif" width="1" height="1"></body></html>"""


def test_a_digest_becomes_its_articles() -> None:
    found = parse_issue("M", mail(DIGEST).as_bytes())
    assert [(entry.title, entry.link) for entry in found.entries] == [
        ("Bridge reopens in Kelby", "https://paper.example/bridge"),
        ("Harbour closed after a ferry ran aground", "https://post.example/harbour"),
        ("School roof is to be mended", None),
    ]
    assert found.entries[0].text == BLURB
    everything = " ".join(entry.text + (entry.title or "") for entry in found.entries)
    assert not any(word in everything for word in ("Preheader", "kettle", "Unsubscribe", "pixel"))


def test_an_essay_is_one_article() -> None:
    body = f"<html><body><h1>Why bridges close</h1><p>{BLURB}</p><h2>The long wait</h2><p>{BLURB} <a href='https://a.example/x'>As we wrote</a>.</p><p>{BLURB}</p><p>Unsubscribe</p></body></html>"
    found = parse_issue("M", mail(body, subject="Fwd: Why bridges close").as_bytes())
    assert len(found.entries) == 1
    entry = found.entries[0]
    assert entry.title == "Why bridges close" and entry.authors == ("Kelby Weekly",)
    assert entry.text.count(BLURB) == 3 and "Unsubscribe" not in entry.text


def test_an_issue_in_plain_text() -> None:
    text = f"KELBY WEEKLY\n============\n\nBridge reopens in Kelby\n{BLURB}\nhttps://paper.example/bridge?utm_source=x\n\nHarbour closed after accident\nAll 212 passengers were brought ashore by lifeboats within three hours, and nobody was hurt.\nhttps://post.example/harbour\n\n-- \nUnsubscribe: https://x.example/u"
    found = parse_issue("M", mail(text=text).as_bytes())
    assert [(entry.title, entry.link) for entry in found.entries] == [
        ("Bridge reopens in Kelby", "https://paper.example/bridge"),
        ("Harbour closed after accident", "https://post.example/harbour"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe" * 50,
        b"Subject: x\n\n",
        b"From: \xff\xff\nContent-Type: text/html; charset=nonsense\n\n<p>" + b"<div>" * 5000,
        b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 300,
    ],
)
def test_mails_that_are_broken(raw: bytes) -> None:
    try:
        parse_issue("M", raw)
    except SourceError as error:
        assert error.message


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dovecot.Dovecot]:
    with dovecot.running(tmp_path_factory.mktemp("dovecot")) as made:
        yield made


def source(server: dovecot.Dovecot, tools: Any, user: str, **more: Any) -> MailboxSource:
    config = {
        "name": "Letters",
        "type": "mailbox",
        "host": server.host,
        "port": server.port,
        "security": "none",
        "user": user,
        "password": server.password,
    }
    return MailboxSource(MailboxConfig(**(config | more)), tools)


@pytest.mark.slow
def test_a_mailbox_becomes_articles(server: dovecot.Dovecot, make_app: Make) -> None:
    with canary() as bird:
        app = make_app(
            f"- {{name: Letters, type: mailbox, host: 127.0.0.1, port: {server.port}, security: none, user: anna, password: {server.password}}}"
        )
        essay = f"<html><body><p>{BLURB}</p><p>{BLURB.replace('Kelby', 'Dunmarrow')}</p><p>The works took a year, the engineer said, and cost less than was feared.</p><img src='http://127.0.0.1:{bird.port}/pixel'></body></html>"
        server.deliver(mail(essay, subject="The bridge at last"), user="anna")
        edition = app.run().edition
        assert [(s.title, s.article.authors) for s in edition.summaries] == [("The bridge at last", ("Kelby Weekly",))]
        assert "from the newsletter “Kelby Weekly”" in edition.summaries[0].article.notes
        assert bird.connections == 0
    assert all(b"Seen" not in flags for flags in server.flags("anna"))


@pytest.mark.slow
def test_each_look_reads_what_came_since(server: dovecot.Dovecot, make_app: Make) -> None:
    tools = make_app().tools
    letters = source(server, tools, "bert")
    assert letters.collect({}).items == ()
    server.deliver(mail(DIGEST, number=1), user="bert")
    first = letters.collect({})
    assert [item.follow for item in first.items] == [True, True, False]
    assert "left out" in first.items[2].notes[0]
    assert letters.collect(first.state).unchanged
    server.deliver(mail(text="A second letter about the lock at Dunmarrow.", number=2), user="bert")
    server.deliver(mail(text="From somebody else.", number=3, sender="x@spam.example"), user="bert")
    second = source(server, tools, "bert", senders=["kelby.example"]).collect(first.state)
    assert [item.key for item in second.items] == ["<2@kelby.example>"]
    assert source(server, tools, "bert", senders=["kelby.example"]).collect(second.state).unchanged


@pytest.mark.slow
def test_a_mail_too_large_and_a_login_refused(server: dovecot.Dovecot, make_app: Make) -> None:
    tools = make_app(more="fetch: {max_megabytes: 0.1}").tools
    server.deliver(mail(text="x " * 200_000), user="carl")
    found = source(server, tools, "carl").collect({})
    assert found.items == () and "0.4 MB" in found.notes[0]
    with pytest.raises(SourceError, match="refuses the login") as caught:
        source(server, tools, "carl", password="wrong-one").collect({})
    assert "wrong-one" not in str(caught.value)
    with pytest.raises(SourceError, match="can't be reached"):
        source(server, tools, "carl", port=9).collect({})
    with pytest.raises(SourceError, match="mail server"):
        source(server, tools, "carl", folder="Nowhere").collect({})
