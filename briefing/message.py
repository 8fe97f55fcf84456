"""The end of what flows: an edition dressed for one channel, and where it goes. Part of `briefing.types`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

__all__ = ["Message", "Recipient"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where one copy of an edition goes: an address for mail, a folder for files."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An edition dressed for one channel.

    `bodies` maps a format ("md", "html", "txt", "json" ...) to the rendered text. `id` is fixed per delivery, so a
    message sent twice by accident can be recognised as one. `slot` names the issue; with several a day it has a time
    ("2026-03-10T18:00"). `links` holds what a reader can answer with, where that is configured: "reply_to" (an address
    of mail), "unsubscribe" (an address that takes one click by POST, RFC 8058), "unsubscribe_mail" (a mailto: address),
    "code" (what only the mail to this recipient holds), "answers" (the id of the message this one answers).
    """

    id: str
    recipient: str
    subject: str
    day: date
    made: datetime
    briefing: str
    bodies: dict[str, str]
    title: str = ""
    slot: str = ""
    links: dict[str, str] = field(default_factory=dict)
