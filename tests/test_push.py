"""Short messages: as few as possible, broken between stories, within each service's limit, calling nobody."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from apprise import Apprise
from sample_editions import edition, message
from servers import receiver

from briefing.channels.push import MOST, PushChannel, harmless, limits, packed
from briefing.config import PushChannelConfig
from briefing.errors import DeliveryError
from briefing.render import Renderer

SERVICES = {
    "Slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#news",
    "Telegram": "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "Discord": "discord://123456789012345678/abcdefghijkl",
    "ntfy": "ntfys://ntfy.example.org/news",
    "Matrix": "matrixs://user:pass@matrix.example.org/#room",
    "Pushover": "pover://abcdefghijklmnopqrstuvwxyz1234@abcdefghijklmnopqrstuvwxyz5678",
}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apprise waits some seconds between messages, as services ask; a receiver of ours need not be spared."""
    monkeypatch.setattr("apprise.plugins.base.NotifyBase.request_rate_per_sec", 0)
    for plugin in ("ntfy.NotifyNtfy", "telegram.NotifyTelegram"):
        monkeypatch.setattr(f"apprise.plugins.{plugin}.request_rate_per_sec", 0)


def blocks(stories: int, length: int = 1) -> list[str]:
    found: list[str] = json.loads(
        Renderer().render(edition([f"Story {n} & <more>" for n in range(1, stories + 1)], length=length), "blocks")
    )
    return found


def test_a_block_for_each_story() -> None:
    made = blocks(3)
    assert len(made) == 4, "the head and three stories"
    assert made[1].startswith("1. Story 1 & <more>\n(Harbour Courier)\n• The lift bridge")
    assert made[1].endswith("https://news.example.org/story/1?a=1&b=2")


@pytest.mark.parametrize("service", SERVICES)
def test_every_message_is_within_its_services_limit_and_broken_between_stories(service: str) -> None:
    plugin = Apprise.instantiate(SERVICES[service])
    assert plugin is not None
    made = blocks(30)
    limit, size = limits(plugin)
    assert limit <= plugin.body_maxlen
    texts = packed(made, limit, size)
    assert all(size(text) <= limit and len(text) <= plugin.body_maxlen for text in texts)
    assert "\n\n".join(texts) == "\n\n".join(made), "nothing is lost, nothing cut inside a story"
    for one, following in itertools.pairwise(texts):
        assert size(f"{one}\n\n{following.split(chr(10) * 2)[0]}") > limit, "as few as possible"


def test_packing_holds_for_any_blocks_and_limit() -> None:
    chance = random.Random(7)
    for _ in range(300):
        made = [" ".join("x" * chance.randint(1, 30) for _ in range(chance.randint(1, 40))) for _ in range(9)]
        limit = chance.randint(10, 400)
        texts = packed(made, limit)
        assert all(0 < len(text) <= limit for text in texts)
        assert "".join("".join(texts).split()) == "".join("".join(made).split())


def test_nobody_is_called() -> None:
    said = harmless("@everyone @Here mail a@example.org <!channel> <@U1> 3 < 4")
    assert "@everyone" not in said
    assert "@Here" not in said
    assert "<!" not in said
    assert "<@" not in said
    assert "a@example.org" in said
    assert "3 < 4" in said


def _push(url: str, stories: int, length: int = 1) -> str:
    config = PushChannelConfig.model_validate({"type": "push", "to": [{"name": "phone", "url": url}]})
    channel = PushChannel(config, None)
    return channel.send(
        message({"blocks": json.dumps(blocks(stories, length))}, "phone", subject="Мост: Daily briefing")
    )


def test_ntfy_gets_an_edition_in_parts_none_so_large_that_it_becomes_a_file() -> None:
    with receiver() as other:
        said = _push(f"ntfy://{other.url.removeprefix('http://')}/news", 30)
    assert said == "3 messages by ntfy"
    bodies = [json.loads(post.body) for post in other.posts]
    assert all(post.path == "/" and len(post.body) <= 4096 + 200 for post in other.posts)
    assert bodies[0]["title"] == "Мост: Daily briefing"
    assert "30. Story 30" in bodies[-1]["message"]


def test_telegram_gets_what_it_can_show(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as other:
        monkeypatch.setattr("apprise.plugins.telegram.NotifyTelegram.notify_url", f"{other.url}/bot")
        _push(SERVICES["Telegram"], 30)
    texts = [json.loads(post.body)["text"] for post in other.posts]
    assert len(texts) == 3
    assert all(len(text) <= 4096 for text in texts)
    assert "1. Story 1 &amp; &lt;more&gt;" in texts[0]
    assert texts[1].startswith("12. Story 12"), "a story is not divided"


def test_a_part_that_is_refused_leaves_the_rest_unsent_and_is_told() -> None:
    with receiver() as other:
        other.answer = lambda number: (200 if number == 1 else 500, {})
        with pytest.raises(DeliveryError) as caught:
            _push(f"ntfy://{other.url.removeprefix('http://')}/news", 30)
    assert caught.value.uncertain
    assert "only 1 of 3" in caught.value.message


def test_an_endless_edition_does_not_ring_for_an_hour() -> None:
    with receiver() as other:
        said = _push(f"ntfy://{other.url.removeprefix('http://')}/news", 60, length=12)
    assert len(other.posts) == MOST
    assert "more would not fit" in said


def test_an_address_that_apprise_does_not_know() -> None:
    with pytest.raises(DeliveryError) as caught:
        _push("nosuch://canary", 1)
    assert not caught.value.retryable
    assert "canary" not in str(caught.value)
