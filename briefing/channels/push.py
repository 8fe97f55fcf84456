"""Editions in short messages to phones and rooms, by Apprise: Slack, Telegram, Discord, ntfy, Matrix and many more.

Every service has its own longest message. An edition is told in as few as it takes, broken between stories.
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from briefing.config import PushChannelConfig
from briefing.errors import DeliveryError
from briefing.forms import clean
from briefing.types import Message, Recipient

log = logging.getLogger(__name__)

MOST = 20
"""Messages of one edition. A pager service with 160 characters would otherwise ring for an hour."""

_NTFY_BYTES = 3800
_SPARE = 16
"""Characters left free for what a service adds."""

# What rings everybody in a room, or points at one person, must not come out of a headline.
_CALLS = re.compile(r"@(?=(?:everyone|here|channel|all|room)\b)", re.IGNORECASE)
_MENTIONS = re.compile(r"<(?=[@!#])")


def harmless(text: str) -> str:
    """Text that calls nobody, whatever service shows it.

    >>> harmless("Hello <@U12>, @here")
    'Hello ‹@U12>, @\\u2060here'
    """
    return _MENTIONS.sub("‹", _CALLS.sub("@\u2060", text))


def packed(blocks: Sequence[str], limit: int, size: Callable[[str], int] = len) -> list[str]:
    """As few messages as hold the blocks in their order, none over `limit` as `size` counts it.

    They are broken between blocks; only a block that is too large by itself is broken between its lines, its words, or,
    if need be, within one.

    >>> packed(["one", "two", "three"], 8)
    ['one\\n\\ntwo', 'three']
    """
    out: list[str] = []
    for block in blocks:
        joined = f"{out[-1]}\n\n{block}" if out else block
        if out and size(joined) <= limit:
            out[-1] = joined
        elif size(block) <= limit:
            out.append(block)
        else:
            out += _broken(block, limit, size)
    return out


def _broken(block: str, limit: int, size: Callable[[str], int]) -> list[str]:
    out, rest = [], block
    while rest:
        low, high = 1, len(rest)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if size(rest[:middle]) <= limit else (low, middle - 1)
        end = low
        if end < len(rest):
            for sign in ("\n", " "):
                at = rest.rfind(sign, end // 2, end + 1)
                if at > 0:
                    end = at
                    break
        out.append(rest[:end].strip())
        rest = rest[end:].strip()
    return out


class PushChannel:
    """What a service says goes to the log of Apprise only; here it took a message or it did not.

    If the first message is refused it is tried again. If a later one is, the reader has a part already, so what became
    of it is told and nothing is sent twice.
    """

    repeatable = False
    formats: tuple[str, ...] = ("blocks",)

    def __init__(self, config: PushChannelConfig, base: Path) -> None:
        self.name = "push"
        self._urls = {target.name: target.url.get_secret_value() for target in config.to}

    def recipients(self) -> tuple[Recipient, ...]:
        """The targets, by their names: their addresses hold keys."""
        return tuple(Recipient(self.name, name) for name in self._urls)

    def send(self, message: Message) -> str:
        """Send one edition. Raises DeliveryError."""
        from apprise import Apprise, NotifyFormat

        service = Apprise.instantiate(self._urls[message.recipient], suppress_exceptions=True)
        if service is None:
            raise DeliveryError(message.recipient, "its address is none that Apprise knows; see its list of services")
        titled = service.title_maxlen > 0
        blocks = [harmless(block) for block in json.loads(message.bodies["blocks"])]
        limit, size = limits(service)
        title = harmless(clean(message.subject))
        texts = packed(blocks if titled else [title, *blocks], limit, size)
        more = len(texts) - MOST
        if more > 0:
            texts = texts[:MOST]
        for number, text in enumerate(texts):
            if not self._told(service, title if titled and number == 0 else "", text, NotifyFormat.TEXT):
                if number == 0:
                    words = "the service did not take it; is its address right, and is it reached?"
                    raise DeliveryError(message.recipient, words, retryable=True)
                words = f"only {number} of {len(texts)} messages were taken; the rest is not sent again"
                raise DeliveryError(message.recipient, words, uncertain=True)
        said = f"{len(texts)} message{'s' if len(texts) != 1 else ''} by {service.service_name}"
        return f"{said}; {more} more would not fit" if more > 0 else said

    @staticmethod
    def _told(service: Any, title: str, text: str, form: Any) -> bool:
        from apprise import Apprise

        sender = Apprise()
        sender.add(service)
        try:
            return bool(sender.notify(body=text, title=title, body_format=form, interpret_escapes=False))
        # What it says may hold the address and so is not repeated.
        except Exception as error:  # a plugin of Apprise may raise whatever it likes
            log.warning("apprise: %s", type(error).__name__)
            return False


def limits(service: Any) -> tuple[int, Callable[[str], int]]:
    """The longest text a service of Apprise shows, and how it counts."""
    longest = max(40, service.body_maxlen - _SPARE)
    if service.service_name == "ntfy":
        # Its server turns what has more than 4,096 bytes into an attached file.
        return min(longest, _NTFY_BYTES), lambda text: len(text.encode())
    forms = service.notify_format if isinstance(service.notify_format, tuple) else (service.notify_format,)
    if any(getattr(one, "value", one) == "text" for one in forms):
        return longest, len
    # Those that take HTML get it escaped.
    return longest, lambda text: len(html.escape(text).replace("\n", "<br/>"))
