"""The addresses a mail carries for its reader's answers. Pure: a secret goes in, addresses come out.

A link holds a token that says everything. The address of a reply holds the delivery's id and a code only we can make;
so does the mail's id, for servers that do not know addresses with a plus sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from briefing.config.answers import AnswersConfig
from briefing.signing import Signer
from briefing.store import Delivery

__all__ = ["Links", "codes_in"]

PATH = "/answer/"
_CODE = re.compile(r"([0-9a-f]{16})-([a-z2-7]{26})(?![a-z0-9])", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<([0-9a-f]{16})\.[0-9a-f]{16}\.([a-z2-7]{26})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the addresses of one delivery's answers."""

    config: AnswersConfig
    signer: Signer

    def code(self, delivery: Delivery) -> str:
        """What only a mail to this recipient holds."""
        return self.signer.code(delivery.recipient, delivery.id)

    def of(self, delivery: Delivery) -> dict[str, str]:
        """A message's `links`; empty where nobody could take an answer."""
        found = {}
        if self.config.mailbox is not None:
            found["code"] = self.code(delivery)
            found["reply_to"] = self.reply_to(delivery)
            found["unsubscribe_mail"] = self._mailto(delivery, "unsubscribe", "")
        if self.config.url is not None:
            found["unsubscribe"] = self._url(delivery, "unsubscribe", "")
        return found

    def answer(self, delivery: Delivery, action: str, what: str) -> str:
        """Where a click says `action` of `what`: a link, or a mail that need only be sent."""
        if self.config.url is not None:
            return self._url(delivery, action, what)
        return self._mailto(delivery, action, what)

    def reply_to(self, delivery: Delivery) -> str:
        """The address that answers to this delivery come to."""
        mailbox = self.config.mailbox
        assert mailbox is not None, "asked only where there is one"
        if not mailbox.plus:
            return mailbox.address
        local, _, domain = mailbox.address.rpartition("@")
        return f"{local}+{delivery.id}-{self.code(delivery)}@{domain}"

    def _url(self, delivery: Delivery, action: str, what: str) -> str:
        assert self.config.url is not None, "asked only where there is one"
        until = expiry(self.config, delivery.made)
        # Who wants no more mail must be able to say so whenever.
        token = self.signer.sign(
            action, delivery.recipient, f"{delivery.id}/{what}", None if action == "unsubscribe" else until
        )
        return f"{self.config.url.rstrip('/')}{PATH}{token}"

    def _mailto(self, delivery: Delivery, action: str, what: str) -> str:
        order = f"{action} {what}".strip() if action != "pause" else "pause a week"
        return f"mailto:{quote(self.reply_to(delivery), safe='@+-._')}?subject={quote(order)}"


def expiry(config: AnswersConfig, made: datetime) -> datetime:
    """Until when an edition made then can be answered."""
    return made + timedelta(days=config.days)


def codes_in(addresses: str, references: str) -> list[tuple[str, str]]:
    """Delivery ids and codes in the addresses a reply went to, and in the ids of mails it answers.

    >>> codes_in("Briefing <reply+0123456789abcdef-abcdefghijklmnopqrstuvwxyz@example.org>", "")
    [('0123456789abcdef', 'abcdefghijklmnopqrstuvwxyz')]
    """
    found = [(m[1].lower(), m[2].lower()) for m in _CODE.finditer(addresses)]
    found += [(m[1].lower(), m[2].lower()) for m in _MESSAGE_ID.finditer(references)]
    return list(dict.fromkeys(found))
