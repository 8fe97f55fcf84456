"""Replies, read by IMAP. Only mails that carry a code of ours are touched; the rest of a mailbox stays as it is."""

from __future__ import annotations

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as policy
from email.utils import parseaddr
from typing import TYPE_CHECKING

from briefing.answers.apply import Answering
from briefing.answers.links import codes_in
from briefing.answers.words import understand
from briefing.config.answers import ReplyMailboxConfig
from briefing.decode import short_head
from briefing.errors import ItemError
from briefing.store import Answer, Delivery
from briefing.text import digest

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

__all__ = ["MailboxError", "read_replies", "take"]

log = logging.getLogger(__name__)

MOST = 200
"""Unseen mails that are looked at in one go."""
LARGEST = 1_000_000
"""Bytes of a reply that is read."""

_TO = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
_PORTS = {"tls": 993, "starttls": 143, "none": 143}


class MailboxError(ItemError):
    """The mailbox can't be read now."""

    stage = "replies"


def read_replies(config: ReplyMailboxConfig, answering: Answering) -> list[Answer]:
    """Take every reply that waits; returns what became of each of their words.

    Each mail is marked as seen only after its words are kept, and is known again if that fails. Raises MailboxError.
    """
    done: list[Answer] = []
    with _opened(config) as mailbox:
        from imap_tools import AND, MailMessageFlags

        heads = mailbox.fetch(AND(seen=False), mark_seen=False, headers_only=True, bulk=True, limit=MOST)
        for head in list(heads):
            if not _codes(head.obj) or not head.uid:
                continue
            mails = [*mailbox.fetch(AND(uid=head.uid), mark_seen=False)] if head.size_rfc822 <= LARGEST else []
            for mail in mails:
                done += _taken(mail.obj.as_bytes(), answering)
            mailbox.flag(head.uid, MailMessageFlags.SEEN, value=True)
    return done


def _taken(raw: bytes, answering: Answering) -> list[Answer]:
    try:
        return take(raw, answering)
    except Exception:  # a mail holds whatever a stranger likes; one that breaks our reading must not stop the others
        log.exception("a reply could not be read")
        return []


def take(raw: bytes, answering: Answering) -> list[Answer]:
    """What becomes of one mail's words. Nothing, where it is no person's answer to an edition of ours.

    A mail is taken if it holds the code that was made for a reader and comes from that reader's address. One that
    holds a reader's code and comes from elsewhere is refused, and that reader is told.
    """
    mail = BytesParser(policy=policy).parsebytes(short_head(raw))
    assert isinstance(mail, EmailMessage)
    if _by_machine(mail):
        return []
    delivery = _signed_for(mail, answering)
    if delivery is None:
        return []
    key = digest("mail", str(mail.get("Message-ID", "")).strip() or raw, delivery.id)
    if answering.store.answers(identity=digest(key, "0")):
        return []
    sender = parseaddr(str(mail.get("From", "")))[1]
    answers: list[Answer]
    if not _same_person(sender, delivery.recipient):
        answers = [answering.refused(delivery, digest(key, "0"), "reply", "reply_stranger", sender=sender or "?")]
    elif answering.too_old(delivery):
        answers = [answering.refused(delivery, digest(key, "0"), "reply", "reply_old", slot=delivery.slot)]
    else:
        found = understand(_text(mail), str(mail.get("Subject", "")))
        answers = [
            answering.apply(word, delivery, digest(key, str(number)), "reply")
            for number, word in enumerate(found.words)
        ]
        unclear = found.unclear or (() if answers else ("…",))
        answers += [
            answering.refused(delivery, digest(key, str(len(answers) + n)), "reply", "reply_unclear", line=line)
            for n, line in enumerate(unclear)
        ]
    answering.store.keep_answers(answers)
    return answers


def _signed_for(mail: EmailMessage, answering: Answering) -> Delivery | None:
    for identity, code in _codes(mail):
        delivery = answering.delivery(identity)
        if delivery is not None and answering.links.signer.is_code(code, delivery.recipient, delivery.id):
            return delivery
    return None


def _codes(mail: object) -> list[tuple[str, str]]:
    assert hasattr(mail, "get_all")
    to = " ".join(str(value) for name in _TO for value in mail.get_all(name, []))
    answered = " ".join(str(value) for name in ("in-reply-to", "references") for value in mail.get_all(name, []))
    return codes_in(to, answered)


def _by_machine(mail: EmailMessage) -> bool:
    """Whether nobody wrote it: bounces, absence notes, other lists (RFC 3834). Their words are nobody's."""
    automatic = str(mail.get("Auto-Submitted", "no")).strip().lower() not in ("no", "")
    bulk = str(mail.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply")
    machine = mail.get_content_type() == "multipart/report" or "X-Autoreply" in mail or "X-Autorespond" in mail
    return automatic or bulk or machine or "List-Id" in mail


def _same_person(sender: str, recipient: str) -> bool:
    def plain(address: str) -> str:
        local, _, domain = address.strip().casefold().rpartition("@")
        return f"{local.partition('+')[0]}@{domain}"

    return bool(sender) and plain(sender) == plain(recipient)


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    try:
        if part is not None:
            return str(part.get_content())
        part = mail.get_body(("html",))
        return _plain(str(part.get_content())) if part is not None else ""
    except (LookupError, ValueError, KeyError):
        # An encoding nobody knows: what can be read of it is all there is.
        raw = part.get_payload(decode=True) if part is not None else b""
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def _plain(markup: str) -> str:
    """HTML as lines of text, with what is quoted in it left out."""
    from lxml import html as markup_of
    from lxml.etree import LxmlError

    try:
        root = markup_of.fromstring(markup)
    except (LxmlError, ValueError):
        return ""
    for quoted in root.xpath("//blockquote | //script | //style | //head | //*[contains(@class, 'gmail_quote')]"):
        if quoted.getparent() is not None:
            quoted.drop_tree()
    for block in root.xpath("//p | //div | //br | //li | //tr | //h1 | //h2 | //h3"):
        block.tail = f"\n{block.tail or ''}"
        if block.tag != "br":
            block.text = f"\n{block.text or ''}"
    return str(root.text_content())


@contextmanager
def _opened(config: ReplyMailboxConfig) -> Iterator[BaseMailBox]:
    from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted
    from imap_tools.errors import ImapToolsError, MailboxLoginError

    port = config.port or _PORTS[config.security]
    where = f"{config.host}:{port}"
    context = ssl.create_default_context()
    box: BaseMailBox
    try:
        if config.security == "tls":
            box = MailBox(config.host, port, timeout=config.timeout, ssl_context=context)
        elif config.security == "starttls":
            box = MailBoxStartTls(config.host, port, timeout=config.timeout, ssl_context=context)
        else:
            box = MailBoxUnencrypted(config.host, port, timeout=config.timeout)
        with box.login(config.user, config.password.get_secret_value(), initial_folder=config.folder) as opened:
            yield opened
    except MailboxLoginError as error:
        raise MailboxError(where, f"refused the login of {config.user}; check user and password") from error
    except ImapToolsError as error:
        raise MailboxError(where, f"can't be read: {type(error).__name__}", retryable=True) from error
    except ssl.SSLError as error:
        words = f"no protected connection: {error.reason or type(error).__name__}"
        raise MailboxError(where, words, retryable=True) from error
    except OSError as error:
        words = f"can't be reached: {error.strerror or type(error).__name__}"
        raise MailboxError(where, words, retryable=True) from error
    except imaplib.IMAP4.error as error:
        raise MailboxError(where, "the connection broke", retryable=True) from error
