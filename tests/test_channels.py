"""One contract for every channel: the same message arrives, again does no harm, and every failure is mapped."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sample_editions import edition, message
from servers import receiver, smtp_server

from briefing.channels import Channel
from briefing.config import (
    FeedChannelConfig,
    FileChannelConfig,
    MailChannelConfig,
    PushChannelConfig,
    WebhookChannelConfig,
)
from briefing.errors import DeliveryError
from briefing.plugins import OURS, find
from briefing.render import Renderer
from briefing.types import Message

CANARY = "canary-5f2d"
SECRET = "whsec_" + "Y2FuYXJ5LTVmMmQtY2FuYXJ5LTVmMmQtY2FuYXJ5"


@dataclass
class Kit:
    """A channel with its other side. `seen` gives what arrived, each with what tells it from others; `break_it` makes
    the next message fail in a way ("temporary", "permanent", "uncertain", "gone")."""

    channel: Channel
    seen: Callable[[], list[tuple[str, str]]]
    break_it: dict[str, Callable[[], object]] = field(default_factory=dict)
    secrets: tuple[str, ...] = (CANARY,)


def _files(folder: Path) -> list[tuple[str, str]]:
    return [(str(p.relative_to(folder)), p.read_text()) for p in sorted(folder.rglob("*")) if p.is_file()]


def _file_kit(tmp_path: Path, stack: ExitStack, **options: Any) -> Kit:
    folder = tmp_path / "out"
    config = FileChannelConfig.model_validate({"type": "file", "folder": "out"} | options)
    return Kit(
        find("channel", "file")(config, tmp_path), lambda: _files(folder), {"temporary": lambda: _block(folder)}, ()
    )


def _block(folder: Path) -> None:
    folder.write_text("a file stands where the folder should be")


def _feed_kit(tmp_path: Path, stack: ExitStack) -> Kit:
    folder = tmp_path / "feed"
    channel = find("channel", "feed")(FeedChannelConfig(type="feed"), tmp_path)

    def seen() -> list[tuple[str, str]]:
        items = json.loads((folder / "feed.json").read_text())["items"] if folder.is_dir() else []
        return [(item["id"], item["content_html"]) for item in items]

    return Kit(channel, seen, {"temporary": lambda: _block(folder)}, ())


def _mail_kit(tmp_path: Path, stack: ExitStack) -> Kit:
    server = stack.enter_context(smtp_server(tmp_path))
    fields = {"host": "localhost", "port": server.port, "user": "me", "password": "secret"}
    to = ("a@example.org", "b@example.org")
    config = MailChannelConfig.model_validate({"type": "mail", "sender": "briefing@example.org", "to": to} | fields)
    box = server.box

    def seen() -> list[tuple[str, str]]:
        return [(mail["Message-ID"], mail.get_body(("plain",)).get_content()) for _, mail in box.mails]

    return Kit(find("channel", "mail")(config, tmp_path), seen, {
        "temporary": lambda: box.refuse.update({"a@example.org": "451 come back later"}),
        "permanent": lambda: box.refuse.update({"a@example.org": "550 nobody here"}),
        "uncertain": lambda: (box.refuse.clear(), setattr(box, "drop", True)),
    })  # fmt: skip


def _webhook_kit(tmp_path: Path, stack: ExitStack) -> Kit:
    other = stack.enter_context(receiver())
    config = WebhookChannelConfig.model_validate(
        {"type": "webhook", "url": f"{other.url}/hook?key={CANARY}", "name": "kelby", "secret": SECRET}
    )

    def answer(status: int, **headers: str) -> Callable[[], None]:
        return lambda: setattr(other, "answer", lambda number: (status, headers))

    return Kit(find("channel", "webhook")(config, tmp_path),
               lambda: [(post.headers["webhook-id"], post.body.decode()) for post in other.posts], {
        "temporary": answer(503), "permanent": answer(401), "gone": answer(410),
        "broken": lambda: setattr(other, "answer", lambda number: None),
    }, (CANARY, SECRET, SECRET.removeprefix("whsec_")))  # fmt: skip


def _push_kit(tmp_path: Path, stack: ExitStack) -> Kit:
    other = stack.enter_context(receiver())
    address = other.url.removeprefix("http://")
    config = PushChannelConfig.model_validate(
        {"type": "push", "to": [{"name": "phone", "url": f"json://user:{CANARY}@{address}/{CANARY}"},
                                {"name": "room", "url": f"json://{address}/room"}]}
    )  # fmt: skip

    def later(number: int) -> Callable[[], None]:
        return lambda: setattr(other, "answer", lambda at: (500 if at > number else 200, {}))

    def seen() -> list[tuple[str, str]]:
        return [("", json.loads(post.body)["message"]) for post in other.posts]

    return Kit(find("channel", "push")(config, tmp_path), seen, {"temporary": later(0)})


KITS: dict[str, Callable[[Path, ExitStack], Kit]] = {
    "file": _file_kit,
    "obsidian": lambda path, stack: _file_kit(path, stack, layout="obsidian"),
    "logseq": lambda path, stack: _file_kit(path, stack, layout="logseq"),
    "every format": lambda path, stack: _file_kit(path, stack, formats=("md", "html", "txt", "json")),
    "feed": _feed_kit,
    "mail": _mail_kit,
    "webhook": _webhook_kit,
    "push": _push_kit,
}


@pytest.fixture(params=KITS)
def kit(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kit]:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with ExitStack() as stack:
        yield KITS[request.param](tmp_path, stack)


def dressed(channel: Channel, recipient: str) -> Message:
    renderer = Renderer()
    found = edition(["Bridge opens at Kelby", "Ferry runs aground"])
    bodies = {form: renderer.render(found, form) for form in channel.formats}
    return message(bodies, recipient, subject=renderer.subject(found))


def test_no_channel_of_ours_is_left_out() -> None:
    assert set(OURS["channel"]) <= set(KITS)


def test_it_is_a_channel(kit: Kit) -> None:
    assert isinstance(kit.channel, Channel)
    recipients = kit.channel.recipients()
    assert recipients
    assert len(set(recipients)) == len(recipients)
    assert recipients == kit.channel.recipients(), "an address is what a delivery is known by"
    assert all(one.channel == kit.channel.name for one in recipients)
    assert not any(secret in repr(recipients) for secret in kit.secrets)


def test_the_same_message_arrives(kit: Kit) -> None:
    for recipient in kit.channel.recipients():
        said = kit.channel.send(dressed(kit.channel, recipient.address))
        assert said
        assert not any(secret in said for secret in kit.secrets)
    text = "\n".join(content for _, content in kit.seen())
    for words in ("Bridge opens at Kelby", "Ferry runs aground", "opened to trains on Monday after a year of repairs"):
        assert words in " ".join(text.split())


def test_sent_again_it_is_known_as_the_same(kit: Kit) -> None:
    sent = dressed(kit.channel, kit.channel.recipients()[0].address)
    kit.channel.send(sent)
    once = kit.seen()
    kit.channel.send(sent)
    twice = kit.seen()
    if kit.channel.repeatable:
        assert dict(twice) == dict(once), "by what tells messages apart there is one"
    else:
        assert {name for name, _ in twice} == {name for name, _ in once}


def test_failures_are_mapped_and_hold_no_secret(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "briefing")
    sent = dressed(kit.channel, kit.channel.recipients()[0].address)
    assert kit.break_it
    for kind, break_it in kit.break_it.items():
        break_it()
        with pytest.raises(DeliveryError) as caught:
            kit.channel.send(sent)
        error = caught.value
        expected = {
            "temporary": (True, False, False), "broken": (True, False, False), "permanent": (False, False, False),
            "uncertain": (False, True, False), "gone": (False, False, True),
        }[kind]  # fmt: skip
        assert (error.retryable, error.uncertain, error.gone) == expected, kind
        assert error.subject == sent.recipient
        assert error.message
        assert not any(secret in f"{error}{error!r}" for secret in kit.secrets)
        if kind == "uncertain":
            break
    assert not any(secret in caplog.text for secret in kit.secrets)


def test_one_recipient_failing_stops_no_other(kit: Kit) -> None:
    recipients = kit.channel.recipients()
    if len(recipients) < 2 or "permanent" not in kit.break_it:
        return
    kit.break_it["permanent"]()
    with pytest.raises(DeliveryError):
        kit.channel.send(dressed(kit.channel, recipients[0].address))
    kit.channel.send(dressed(kit.channel, recipients[1].address))
    assert len(kit.seen()) == 1
