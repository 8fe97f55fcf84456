"""Newsletters from a mailbox, by IMAP. Nothing in it is changed: the folder is opened for reading only."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from briefing.config import MailboxConfig
from briefing.errors import ExtractError, SourceError
from briefing.sources import Tools
from briefing.sources.feed import FRAGMENT
from briefing.sources.formats.newsletter import Issue, parse_issue
from briefing.text import digest, one_line
from briefing.types import Collected, Item

if TYPE_CHECKING:
    from imap_tools import BaseMailBox, MailMessage

_AT_ONCE = 40


class MailboxSource:
    """Polls: each look reads what came in since the last one, known by the folder's UIDs."""

    def __init__(self, config: MailboxConfig, tools: Tools) -> None:
        self.name = config.name
        self.address = f"imap:{config.user}@{config.host}/{config.folder}"
        self._config = config
        self._tools = tools

    def collect(self, state: Mapping[str, str]) -> Collected:
        """The articles of the issues that came in since `state`. A mail that can't be read is named in the notes."""
        from imap_tools import ImapToolsError, MailboxLoginError

        try:
            with self._opened() as box:
                return self._read(box, state)
        except MailboxLoginError as error:
            raise SourceError(
                self.name, f"the mail server refuses the login: {self._said(error)}", kind="login"
            ) from error
        except (ImapToolsError, imaplib.IMAP4.error) as error:
            raise SourceError(
                self.name, f"the mail server: {self._said(error)}", retryable=True, kind="broken"
            ) from error
        except (OSError, ssl.SSLError) as error:
            where = f"{self._config.host}:{self._port}"
            raise SourceError(
                self.name,
                f"the mail server {where} can't be reached: {self._said(error)}",
                retryable=True,
                kind="unreachable",
            ) from error

    @property
    def _port(self) -> int:
        return self._config.port or (993 if self._config.security == "tls" else 143)

    def _said(self, error: BaseException) -> str:
        """An error in words. What a server answers may hold what was sent to it."""
        text = one_line(str(error)) or type(error).__name__
        return text.replace(self._config.password.get_secret_value(), "…")[:200]

    def _opened(self) -> BaseMailBox:
        from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted

        config = self._config
        context = ssl.create_default_context()
        box: BaseMailBox
        if config.security == "tls":
            box = MailBox(config.host, self._port, config.timeout, ssl_context=context)
        elif config.security == "starttls":
            box = MailBoxStartTls(config.host, self._port, config.timeout, ssl_context=context)
        else:
            box = MailBoxUnencrypted(config.host, self._port, config.timeout)
        try:
            return box.login(config.user, config.password.get_secret_value(), initial_folder=None)
        except BaseException:  # it is raised again; only the connection is not left open
            box.client.shutdown()
            raise

    def _read(self, box: BaseMailBox, state: Mapping[str, str]) -> Collected:
        box.folder.set(self._config.folder, readonly=True)
        validity = str(box.folder.status(self._config.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        last = int(state.get("uid", "0")) if state.get("uidvalidity") == validity else 0
        found = sorted(int(uid) for uid in box.uids(f"UID {last + 1}:*"))
        # The star means the last message, whatever its number.
        uids = [uid for uid in found if uid > last]
        if not uids:
            return Collected(state=dict(state) or {"uidvalidity": validity, "uid": str(last)}, unchanged=bool(state))
        uids = uids[-self._config.max_items :] if last == 0 else uids[: self._config.max_items * 4]
        wanted, notes = self._wanted(box, uids, first=last == 0)
        items: list[Item] = []
        for uid in wanted:
            try:
                items += self._items(self._issue(_source(box, uid)))
            except (SourceError, ExtractError) as error:
                notes.append(f"a mail could not be read: {error.message}")
        return Collected(items=tuple(items), state={"uidvalidity": validity, "uid": str(uids[-1])}, notes=tuple(notes))

    def _wanted(self, box: BaseMailBox, uids: Sequence[int], *, first: bool) -> tuple[list[int], list[str]]:
        """The mails that count, by their heads: from the senders asked for, not too large, and at first not too old.

        How old is counted from the newest one, as a source does not know the time.
        """
        heads: list[tuple[int, datetime, str]] = []
        notes: list[str] = []
        for head in _heads(box, uids):
            if not self._from_asked(head):
                continue
            if head.size_rfc822 > self._tools.max_bytes:
                size = f"{head.size_rfc822 / 1e6:.1f} MB"
                notes.append(f"a mail of {head.from_} was left out: {size}, more than is read (fetch.max_megabytes)")
                continue
            heads.append((int(head.uid or 0), head.date, head.from_))
        if first and heads:
            newest = max(_comparable(when) for _, when, _ in heads)
            heads = [head for head in heads if _comparable(head[1]) >= newest - timedelta(days=self._config.days)]
        return [uid for uid, _, _ in heads], notes

    def _from_asked(self, head: MailMessage) -> bool:
        sender = head.from_.lower()
        asked = [name.lower().lstrip("@") for name in self._config.senders]
        return not asked or any(sender == name or sender.endswith((f"@{name}", f".{name}")) for name in asked)

    def _issue(self, body: bytes) -> Issue:
        return self._tools.worker.call(self.name, parse_issue, self.name, body)

    def _items(self, issue: Issue) -> Iterator[Item]:
        several = len(issue.entries) > 1
        origin = f"from the newsletter “{issue.sender}”" if issue.sender else "from a newsletter"
        for entry in issue.entries:
            notes = (origin,)
            if several and entry.link is None:
                notes = (f"{origin}; its link leads through a counter of clicks and was left out",)
            # Of a digest only what leads straight to its article is followed: nobody learns that it was read.
            follow = several and entry.link is not None and not self._tools.fetcher.is_exempt(entry.link)
            yield Item(
                source=self.name,
                key=entry.id,
                url=entry.link,
                title=entry.title,
                published=entry.published,
                authors=entry.authors,
                language=self._config.language,
                body=entry.html.encode("utf-8", "replace") if entry.html else None,
                media_type=FRAGMENT if entry.html else "text/html",
                follow=follow,
                updated=digest(entry.html, entry.title or ""),
                same_text=entry.same_text(""),
                notes=notes,
            )


def _comparable(when: datetime) -> datetime:
    from datetime import UTC

    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _heads(box: BaseMailBox, uids: Sequence[int]) -> Iterator[MailMessage]:
    for start in range(0, len(uids), _AT_ONCE):
        chosen = ",".join(str(uid) for uid in uids[start : start + _AT_ONCE])
        yield from box.fetch(f"UID {chosen}", headers_only=True, mark_seen=False, bulk=True)


def _source(box: BaseMailBox, uid: int) -> bytes:
    """The bytes of a mail, without marking it as read."""
    status, data = box.client.uid("FETCH", str(uid), "(BODY.PEEK[])")
    parts = [part[1] for part in data if isinstance(part, tuple) and len(part) > 1]
    if status != "OK" or not parts:
        raise SourceError(str(uid), "the mail is not there any more")
    return bytes(parts[0])
