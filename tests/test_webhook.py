"""Standard Webhooks, seen by an independent verifier, and the edges of what a receiver may answer."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from sample_editions import edition, message
from servers import receiver
from standardwebhooks import Webhook, WebhookVerificationError

from briefing.channels.webhook import WebhookChannel
from briefing.config import WebhookChannelConfig, parse_config
from briefing.errors import ConfigError, DeliveryError
from briefing.forms import json_text

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def _send(url: str, **options: object) -> str:
    config = WebhookChannelConfig.model_validate({"type": "webhook", "url": url, "secret": SECRET} | options)
    return WebhookChannel(config, Path()).send(message({"json": json_text(edition())}, "127.0.0.1"))


def test_its_signature_is_verified_by_the_standards_own_library() -> None:
    with receiver() as other:
        _send(f"{other.url}/hook")
    post = other.posts[0]
    payload = Webhook(SECRET).verify(post.body, post.headers)
    assert payload["type"] == "edition.published"
    assert payload["data"]["stories"][0]["bullets"][0]["evidence"][0]["text"].startswith("The lift bridge")
    assert abs(int(post.headers["webhook-timestamp"]) - time.time()) < 60
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(post.body.replace(b"Kelby", b"Melby"), post.headers)


def test_without_a_secret_nothing_is_signed() -> None:
    with receiver() as other:
        _send(other.url, secret=None)
    assert "webhook-signature" not in other.posts[0].headers


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(200, None), (202, None), (204, None), (301, False), (308, False), (400, False), (401, False), (404, True),
     (408, True), (422, False), (425, True), (429, True), (500, True), (502, True), (503, True), (599, True)],
)  # fmt: skip
def test_what_an_answer_means(status: int, retryable: bool | None) -> None:
    with receiver() as other:
        other.answer = lambda number: (status, {"Location": f"{other.url}/elsewhere"})
        if retryable is None:
            assert "taken" in _send(other.url)
        else:
            with pytest.raises(DeliveryError) as caught:
                _send(other.url)
            assert caught.value.retryable is retryable
            assert str(status) in caught.value.message
    assert len(other.posts) == 1, "no redirect is followed and nothing is tried again here"


@pytest.mark.parametrize(("asked", "wait"), [("120", 120.0), ("999999999", 6 * 3600.0), ("soon", None), ("", None)])
def test_a_receiver_may_ask_for_time(asked: str, wait: float | None) -> None:
    with receiver() as other:
        other.answer = lambda number: (429, {"Retry-After": asked})
        with pytest.raises(DeliveryError) as caught:
            _send(other.url)
    assert caught.value.wait == wait


def test_nobody_there() -> None:
    with pytest.raises(DeliveryError) as caught:
        _send("http://127.0.0.1:9/key-canary")
    assert caught.value.retryable
    assert "canary" not in str(caught.value)


def test_a_secret_of_the_wrong_form_is_a_mistake_that_does_not_repeat_it() -> None:
    text = (
        "sources: [{name: A, type: file, path: .}]\nbriefings:\n  - name: daily\n    channels:\n"
        "      - {type: webhook, url: 'ftp://key-canary', secret: hunter2}\n"
    )
    with pytest.raises(ConfigError) as caught:
        parse_config(text, None, {})
    said = str(caught.value)
    assert "line 5" in said
    assert "whsec_" in said
    assert "https://" in said
    assert "hunter2" not in said
    assert "canary" not in said


def test_the_document_keeps_its_form() -> None:
    data = json.loads(json_text(edition()))
    assert data["version"] == 1
    assert set(data) == {
        "version", "id", "briefing", "slot", "title", "day", "language", "time_zone", "made", "topics", "stories",
        "problems", "receipt",
    }  # fmt: skip
    assert set(data["stories"][0]) >= {"number", "id", "topic", "title", "url", "source", "sources", "bullets", "why"}
