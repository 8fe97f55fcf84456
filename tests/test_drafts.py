"""Bullets are shown while the rest is still written, and none before it has passed the guard."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import modelserver as fake
import pytest
from conftest import Make
from modelserver import serving
from test_summaries import TEXT

from briefing import drafts
from briefing.engines.chats import Chat, Message
from briefing.web import asking
from briefing.web.asking import Draft, Event, Failed, Told
from briefing.web.schemas import TextRequest
from briefing.web.site import Site

FIRST = {"text": "The council closed the old bridge at Aldmouth on Monday", "sentences": [1]}
INVENTED = {"text": "The old bridge at Aldmouth was closed after 400 people died.", "sentences": [1]}
SECOND = {"text": "Engineers said the repair would take at least four months.", "sentences": [3]}


class Slow:
    """Answers its parts one by one, each when the test says go."""

    def __init__(self, *parts: str) -> None:
        self.parts = parts
        self.go = threading.Semaphore(0)

    def __call__(self, handler: fake.Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for part in self.parts:
            assert self.go.acquire(timeout=20)
            for at in range(0, len(part), 7):
                handler.event(part[at : at + 7])
        handler.event("", "stop", {"prompt_tokens": 400, "completion_tokens": 50, "total_tokens": 450})
        handler.done()


def parts_of(*bullets: dict[str, Any]) -> list[str]:
    """A reply in JSON, cut behind each bullet."""
    texts = [json.dumps(one) for one in bullets]
    return ['{"bullets": [' + texts[0], *(f", {one}" for one in texts[1:]), "]}"]


def asked(make_app: Make, url: str, **more: Any) -> Iterator[Event]:
    settings = {"type": "server", "url": url, "model": "m", "deadline": 30, "tries": 1} | more
    app = make_app(engines=json.dumps([settings]))
    request = TextRequest(title="Bridge closed", text=TEXT, bullets=2)
    return asking.asked(Site(app), request, live=True)


def until(kind: type, events: Iterator[Event]) -> Any:
    return next(event for event in events if isinstance(event, kind))


def test_a_bullet_is_heard_before_the_next_is_written(make_app: Make) -> None:
    slow = Slow(*parts_of(FIRST, SECOND))
    with serving(slow) as server:
        events = asked(make_app, server.url)
        slow.go.release()
        draft = until(Draft, events)
        # The server has not been let go on: nothing else can have been written yet.
        assert draft.number == 1
        (bullet,) = draft.summary.bullets
        assert bullet.text == "The council closed the old bridge at Aldmouth on Monday."
        assert draft.summary.quote(bullet.evidence[0]).startswith("The council closed")
        slow.go.release()
        assert until(Draft, events).summary.bullets[0].text.startswith("Engineers said")
        slow.go.release()
        told = until(Told, events)
        assert told.summary.bullets[0].text == bullet.text
        assert list(events) == []


def test_what_the_guard_stops_is_never_heard(make_app: Make) -> None:
    slow = Slow(*parts_of(INVENTED, SECOND))
    with serving(slow) as server:
        events = asked(make_app, server.url)
        for _ in range(3):
            slow.go.release()
        heard = [event for event in events if isinstance(event, Draft | Told | Failed)]
    said = [one.summary.bullets[0].text for one in heard if isinstance(one, Draft)]
    assert said == [SECOND["text"]]
    told = heard[-1]
    assert isinstance(told, Told)
    assert all("400" not in bullet.text for bullet in told.summary.bullets)


def test_bullets_in_lines_are_heard_when_their_line_ends(make_app: Make) -> None:
    first = "- The council closed the old bridge at Aldmouth on Monday. [1]\n- Engineers said the rep"
    slow = Slow(first, "air would take at least four months. [3]\n")
    with serving(slow) as server:
        events = asked(make_app, server.url, reply="lines")
        slow.go.release()
        told = until(Draft, events).summary.bullets[0].text
        assert told == "The council closed the old bridge at Aldmouth on Monday."
        slow.go.release()
        assert len(until(Told, events).summary.bullets) == 2


@pytest.mark.parametrize("reply", ['{"bullets": [', "Sure! Here are", "<think>{}}}\n", "- \n- \n", "}\n}\n"])
def test_a_reply_that_is_none_is_heard_by_nobody(make_app: Make, reply: str) -> None:
    with serving(fake.says(reply)) as server:
        events = asked(make_app, server.url)
        heard = list(events)
    assert not [event for event in heard if isinstance(event, Draft)]
    assert [event for event in heard if isinstance(event, Told)], "the embedded summariser tells instead"


def test_without_a_listener_nothing_is_checked_twice(make_app: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from briefing.guard import Guard

    checks: list[int] = []
    real = Guard.check_all
    monkeypatch.setattr(
        Guard, "check_all", lambda self, claims, *given: checks.append(len(claims)) or real(self, claims, *given)
    )
    with serving(fake.good) as server:
        settings = {"type": "server", "url": server.url, "model": "m", "deadline": 30, "tries": 1}
        app = make_app(engines=json.dumps([settings]))
        request = TextRequest(title="Bridge closed", text=TEXT, bullets=2)
        told, _ = asking.collected(Site(app), asking.asked(Site(app), request))
    assert len(told) == 1
    assert checks == [2]


@pytest.mark.slow
def test_a_model_of_this_machine_is_read_along(tmp_path: Path) -> None:
    """Whatever a tiny model writes, what is read along is the beginning of its reply."""
    import tinymodels
    from test_engines import chat_of

    local = chat_of(tinymodels.make("llama", tmp_path / "llama"))
    local.prepare()
    read: list[str] = []
    chat = Chat((Message("system", "a"), Message("user", "b")))
    with drafts.pieces(read.append):
        (reply,) = local.complete([chat], 60, None, time.monotonic() + 60)
    for text in read:
        assert reply.text.startswith(text.rstrip("\ufffd"))
    assert drafts.read() is None
