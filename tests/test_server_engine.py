"""A server may do anything: each fault is a ModelError in plain words within the deadline, and the edition is whole."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import modelserver as fake
import pytest
from conftest import Make
from modelserver import serving
from test_summaries import TEXT, pick

from briefing.config import ServerEngineConfig, parse_config
from briefing.engines import EngineTools
from briefing.engines.server import ServerEngine
from briefing.errors import BadReply, ConfigError, ModelError, ModelUnavailable
from briefing.prompts import Prompts

KEY = "sk-canary-3f9a1"
LONG = "\n\n".join(TEXT.replace("bridge", f"bridge number {i}").replace("the", f"the {i}th") for i in range(12))


def engine(url: str, **more: Any) -> ServerEngine:
    settings = ServerEngineConfig.model_validate(
        {"type": "server", "url": url, "model": "m", "api_key": KEY, "deadline": 1.5, "read_timeout": 0.6, "tries": 2}
        | more
    )
    return ServerEngine(settings, EngineTools(Prompts(), Path()))


def test_a_good_server_tells_and_its_usage_is_counted() -> None:
    with serving(fake.good) as server:
        one = engine(server.url, price_in=2.0, price_out=10.0)
        told = one.tell(pick(TEXT))
    headers, body = server.asked[0]
    assert [bullet.text for bullet in told.bullets] == [
        "The council closed the old bridge at Aldmouth on Monday.",
        "The repair takes at least four months.",
    ]
    assert told.quote(told.bullets[1].evidence[0]).startswith("Engineers said")
    assert {(bullet.made, bullet.support) for bullet in told.bullets} == {("written", 0.0)}
    assert told.engine == "server (m)"
    assert [mark.partition("@")[0] for mark in told.prompts] == ["bullets"]
    assert (one.usage.requests, one.usage.tokens_in, one.usage.tokens_out) == (1, 400, 50)
    assert one.usage.cost == pytest.approx(400 * 2e-6 + 50 * 1e-5)
    assert one.usage.seconds > 0
    assert headers["authorization"] == f"Bearer {KEY}"
    assert not any(name.lower().startswith(("x-stainless", "openai-")) for name in headers)
    assert body["response_format"]["type"] == "json_schema"
    assert "[1] The council closed" in body["messages"][1]["content"]


@pytest.mark.parametrize(
    ("act", "kind", "words"),
    [
        (fake.hang, ModelUnavailable, "no whole answer within 1.5 s"),
        (fake.drip, ModelUnavailable, "no whole answer within 1.5 s"),
        (fake.drip_head, ModelUnavailable, "no whole answer within 1.5 s"),
        (fake.die, ModelUnavailable, "broke"),
        (fake.status(500, "boom"), ModelUnavailable, "answered 500, an error of its own"),
        (fake.status(429, "slow down"), ModelUnavailable, "answered 429, too many requests"),
        (fake.status(429, "slow down", Retry_After="60"), ModelUnavailable, "too many requests"),
        (fake.status(418, "tea"), BadReply, "refused the request (418): tea"),
        (fake.status(302, "", Location="http://127.0.0.1:9/v1"), ModelUnavailable, "a redirect, which is not followed"),
        (fake.garbage, BadReply, "not what such a server sends (text/html)"),
        (fake.broken_events, BadReply, "not what such a server sends"),
        (fake.says(""), BadReply, "it is empty"),
        (fake.says("Internal Server Error: CUDA out of memory"), BadReply, "an error message"),
        (fake.says("<think>The bridge, hm", "length"), BadReply, "nothing but thinking (it was cut at 50 tokens)"),
        (fake.says("the bridge is closed and " * 60), BadReply, "the same again and again"),
        (fake.endless, BadReply, "does not end"),
    ],
)
def test_each_fault_is_said_in_words_within_the_deadline(act: fake.Act, kind: type[ModelError], words: str) -> None:
    with serving(act) as server:
        one = engine(server.url, max_new_tokens=64)
        began = time.monotonic()
        with pytest.raises(kind) as caught:
            one.tell(pick(TEXT))
        assert time.monotonic() - began < 2.5
    assert words in caught.value.message
    assert KEY not in str(caught.value)
    assert len(server.asked) <= 2


@pytest.mark.parametrize(
    ("code", "words"), [(401, "refuses the key"), (403, "refuses this key"), (404, 'no model "m"')]
)
def test_a_wrong_key_or_model_is_said_once_and_never_asked_again(code: int, words: str) -> None:
    with serving(fake.status(code, f"bad key {KEY}")) as server:
        messages = set()
        narrow = {"context": 1600, "max_new_tokens": 300}
        for one in (engine(server.url, **narrow), engine(server.url, **narrow)):
            for _ in range(3):
                one.begin("en")
                with pytest.raises(ModelUnavailable) as caught:
                    one.tell(pick(LONG), None, 4)
                messages.add(caught.value.message)
    assert len(server.asked) == 1
    assert len(messages) == 1
    assert words in messages.pop()


def test_what_passes_by_itself_is_tried_again_after_the_time_asked_for() -> None:
    with serving(fake.status(429, "slow", Retry_After="1"), fake.good) as server:
        began = time.monotonic()
        assert engine(server.url, deadline=5).tell(pick(TEXT)).bullets
        assert time.monotonic() - began >= 1
    assert len(server.asked) == 2


def test_a_text_that_is_too_long_for_the_server_is_no_fault_of_the_form() -> None:
    words = "'max_tokens' is too large: this model's maximum context length is 2048 tokens"
    with serving(fake.status(400, words), fake.good) as server:
        one = engine(server.url)
        with pytest.raises(BadReply, match="context length"):
            one.tell(pick(TEXT))
        assert len(server.asked) == 1
        one.tell(pick(TEXT))
    assert "response_format" in server.asked[-1][1]


@pytest.mark.parametrize("unknown", ["response_format", "temperature", "max_tokens", "stream_options"])
def test_what_a_server_does_not_know_is_left_out_from_then_on(unknown: str) -> None:
    with serving(fake.picky(unknown)) as server:
        one = engine(server.url)
        assert one.tell(pick(TEXT)).bullets
        asked = len(server.asked)
        assert one.tell(pick(TEXT)).bullets
    assert len(server.asked) == asked + 1
    assert unknown not in server.asked[-1][1]


def test_what_did_not_help_is_asked_for_again() -> None:
    with serving(fake.status(400, "model is pinned"), fake.status(400, "model is pinned"), fake.good) as server:
        one = engine(server.url)
        with pytest.raises(BadReply, match="model is pinned"):
            one.tell(pick(TEXT))
        one.tell(pick(TEXT))
    assert ["response_format" in body for _, body in server.asked] == [True, False, True]


def test_a_server_that_does_not_stream_is_understood() -> None:
    with serving(fake.unstreamed) as server:
        assert len(engine(server.url).tell(pick(TEXT)).bullets) == 2


def test_one_repair_and_then_the_next_engine() -> None:
    with serving(fake.says("I think the bridge is closed."), fake.good) as server:
        told = engine(server.url).tell(pick(TEXT))
    assert len(told.bullets) == 2
    assert [mark.partition("@")[0] for mark in told.prompts] == ["bullets", "repair"]
    assert "no bullets in the form" in server.asked[1][1]["messages"][3]["content"]
    with serving(fake.says("I think the bridge is closed.")) as server, pytest.raises(BadReply, match="asked twice"):
        engine(server.url).tell(pick(TEXT))
    assert len(server.asked) == 2


def test_a_server_that_failed_twice_is_left_alone_until_the_next_edition() -> None:
    with serving(fake.status(500)) as server:
        one = engine(server.url, tries=1)
        messages = []
        for _ in range(5):
            with pytest.raises(ModelUnavailable) as caught:
                one.tell(pick(TEXT))
            messages.append(caught.value.message)
        assert len(server.asked) == 2
        assert len(set(messages)) == 1
        one.begin("en")
        with pytest.raises(ModelUnavailable):
            one.tell(pick(TEXT))
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    "budget", [{"budget_tokens": 1500}, {"budget_money": 0.0015, "price_in": 1.0, "price_out": 1.0}]
)
def test_a_budget_is_kept_for_each_edition(budget: dict[str, float]) -> None:
    with serving(fake.good) as server:
        one = engine(server.url, max_new_tokens=200, **budget)
        told = 0
        for _ in range(5):
            try:
                one.tell(pick(TEXT))
                told += 1
            except ModelUnavailable as error:
                assert "budget of" in error.message
                assert "for an edition is used up" in error.message
        assert 1 <= told == len(server.asked) < 5
        assert one.usage.tokens_in + one.usage.tokens_out <= 1500
        one.begin("en")
        assert one.tell(pick(TEXT)).bullets


def test_requests_a_minute_are_limited() -> None:
    with serving(fake.good) as server:
        one = engine(server.url, requests_per_minute=2)
        one.tell(pick(TEXT))
        one.tell(pick(TEXT))
        with pytest.raises(ModelUnavailable, match="2 requests a minute"):
            one.tell(pick(TEXT))
    assert len(server.asked) == 2


def test_no_more_requests_at_once_than_allowed() -> None:
    running, most = 0, 0

    def slow(handler: fake.Handler, body: dict[str, Any]) -> None:
        nonlocal running, most
        with server.lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with server.lock:
            running -= 1
        fake.good(handler, body)

    with serving(slow) as server:
        one = engine(server.url, concurrency=2, context=1600, max_new_tokens=300, deadline=10)
        told = one.tell(pick(LONG))
    assert len(server.asked) > 4
    assert most == 2
    assert "merge" in told.prompts[1]


def test_the_key_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(fake.status(500, f"key {KEY}")) as server, pytest.raises(ModelUnavailable):
        engine(server.url).tell(pick(TEXT))
    assert KEY not in caplog.text
    assert KEY not in repr(engine(server.url).server._settings)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (fake.hang, "silent"),
        (fake.die, "broke"),
        (fake.status(500), "answered 500"),
        (fake.garbage, "not what such a server sends"),
        (fake.says("Error: no memory"), "error message"),
        (fake.status(401), "refuses the key"),
    ],
)
def test_the_edition_is_whole_and_says_what_failed(act: fake.Act, words: str, make_app: Make) -> None:
    with serving(act) as server:
        limits = "deadline: 1, read_timeout: 0.3, tries: 1"
        app = make_app(engines=f"[{{type: server, url: '{server.url}', model: m, {limits}}}]")
        edition = app.run("daily").edition
    assert edition.summaries
    assert edition.summaries[0].engine.startswith("plain ranking")
    assert sum(words in problem.message for problem in edition.problems) == 1


def test_wrong_addresses_and_prices_are_mistakes() -> None:
    start = "sources: [{name: A, type: file, path: n}]\nbriefings: [{name: d}]\nsummarizer:\n  engines:\n"
    for line, words in (
        ("url: 'ftp://x/v1', model: m", "expected an address"),
        ("url: 'http://me:secret@x/v1', model: m", "does not belong in the address"),
        ("url: 'http://x/v1', model: m, budget_money: 1", "needs price_in"),
        ("url: 'http://x/v1', model: m, api_key: 'two secret words'", "characters that no key has"),
    ):
        with pytest.raises(ConfigError, match=words) as caught:
            parse_config(f"{start}    - {{type: server, {line}}}\n", None, {})
        assert "secret" not in str(caught.value)
