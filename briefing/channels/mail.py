"""Editions by mail: SMTP with STARTTLS or TLS, a text and an HTML part, one mail per recipient.

Many mails go over one connection.
"""

from __future__ import annotations

import re
import select
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path

from briefing.channels.lines import Line
from briefing.config import MailChannelConfig
from briefing.errors import DeliveryError
from briefing.forms import clean
from briefing.text import digest, one_line
from briefing.types import Message, Recipient

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
PER_CONNECTION = 100
"""Mails over one connection; many servers end it after so many."""
_CLOSING = 421
_LONGEST = 400
"""Characters of a header's text; what a headline has beyond that, nobody reads in a list of mails."""


def header(text: str) -> str:
    r"""Foreign text as a header's value: one line, nothing invisible, no half characters, not endless.

    >>> header("Hello\r\nBcc: all@example.org")
    'Hello Bcc: all@example.org'
    """
    # An encoded word (RFC 2047) that stands in a headline would be decoded, whatever it hides.
    plain = clean(text).replace("=?", "= ?")
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1].rstrip()}…"


class _BrokenError(DeliveryError):
    """The server ended the connection before it took the mail."""


class MailLine:
    """A connection to a mail server, and how many mails it took."""

    def __init__(self) -> None:
        self.server: smtplib.SMTP | None = None
        self.sent = 0

    def forget(self) -> bool:
        """Have the server forget the mail it refused; whether it did."""
        assert self.server is not None, "a mail was refused by it"
        try:
            return self.server.rset()[0] // 100 == 2
        except (smtplib.SMTPException, OSError):
            return False

    def close(self) -> None:
        """Say goodbye; the next mail connects again."""
        server, self.server, self.sent = self.server, None, 0
        if server is None:
            return
        try:
            server.quit()
        except (smtplib.SMTPException, OSError):
            # The mails' fate is settled; a server that hangs up without a word changes nothing.
            server.close()


class MailChannel:
    """What the server says decides: 4xx may be tried again, 5xx stops this recipient, and a connection that
    breaks after the text was sent leaves the outcome unknown (RFC 1047)."""

    repeatable = False
    formats: tuple[str, ...] = ("mailtext", "mail")

    def __init__(self, config: MailChannelConfig, base: Path) -> None:
        self._config = config
        self._port = config.port or _PORTS[config.security]
        self.name = f"mail {config.host}:{self._port}"
        secret = config.password.get_secret_value() if config.password else ""
        self.line = digest(config.host, str(self._port), config.security, config.user or "", secret)
        self.per_minute = config.per_minute

    def recipients(self) -> tuple[Recipient, ...]:
        """The addresses."""
        return tuple(Recipient(self.name, address) for address in self._config.to)

    def send(self, message: Message) -> str:
        """Send one mail. Raises DeliveryError, `uncertain` where nobody can know whether it arrived."""
        line = self.open()
        try:
            return self.send_by(line, message)
        finally:
            line.close()

    def open(self) -> MailLine:
        """A line to the server, connected with the first mail."""
        return MailLine()

    def send_by(self, line: Line, message: Message) -> str:
        """As `send`. A line the server has closed in between, or after `PER_CONNECTION` mails, is opened again."""
        assert isinstance(line, MailLine), "the line is one of ours"
        mail = self.mail(message)
        if line.sent >= PER_CONNECTION or (line.server is not None and _hung_up(line.server)):
            line.close()
        used = line.server is not None
        try:
            self._send(line, mail, message.recipient)
        except _BrokenError:
            # A server may end a connection between two mails whenever it likes; it took nothing of this one yet.
            if not used:
                raise
            self._send(line, mail, message.recipient)
        return f"accepted by {self._config.host}"

    def _send(self, line: MailLine, mail: EmailMessage, recipient: str) -> None:
        if line.server is None:
            line.server = self._connect(recipient)
        try:
            self._hand_over(line.server, mail, recipient)
        except DeliveryError as error:
            # After a refusal the connection serves the next mail, if the server agrees to forget this one.
            if error.uncertain or isinstance(error, _BrokenError) or not line.forget():
                line.close()
            raise
        line.sent += 1

    def probe(self) -> str:
        """Log in and send nothing. Raises DeliveryError."""
        if self._config.user and not self._config.password:
            raise DeliveryError(self._where(), "a user without a password")
        self._connect(self._where()).quit()
        return f"{self._where()} answers" + (f" and lets {self._config.user} in" if self._config.user else "")

    def mail(self, message: Message) -> EmailMessage:
        """The mail itself, before it is sent: a list's mail (RFC 2919, 2369, 8058) that no machine should answer."""
        config = self._config
        domain = config.sender.rpartition("@")[2]
        title = header(message.title or message.briefing)
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(header(config.sender_name) if config.sender_name else title, addr_spec=config.sender)
        mail["To"] = message.recipient
        if reply_to := message.links.get("reply_to"):
            mail["Reply-To"] = reply_to
        mail["Subject"] = header(message.subject)
        mail["Date"] = format_datetime(message.made)
        # It was fixed with the delivery; only its domain is the sender's own, as mail servers expect.
        code = f".{message.links['code']}" if "code" in message.links else ""
        mail["Message-ID"] = f"{message.id.rpartition('@')[0]}{code}@{domain}>"
        if answered := message.links.get("answers"):
            mail["In-Reply-To"] = mail["References"] = f"{answered.rpartition('@')[0]}{code}@{domain}>"
        mail["List-Id"] = f"<{message.briefing}.{domain}>"
        ways = [message.links[key] for key in ("unsubscribe", "unsubscribe_mail") if key in message.links]
        if ways:
            mail["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in ways)
        if "unsubscribe" in message.links:
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Precedence"] = "list"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(message.bodies["mailtext"].encode("utf-8", "replace").decode())
        mail.add_alternative(message.bodies["mail"].encode("utf-8", "replace").decode(), subtype="html")
        return mail

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        # Reading the system's certificates takes longer than a mail: once, and only where they are needed.
        return ssl.create_default_context()

    def _where(self) -> str:
        return f"{self._config.host}:{self._port}"

    def _connect(self, recipient: str) -> smtplib.SMTP:
        config = self._config
        try:
            server: smtplib.SMTP
            if config.security == "tls":
                server = smtplib.SMTP_SSL(config.host, self._port, timeout=config.timeout, context=self._trusted)
            else:
                server = smtplib.SMTP(config.host, self._port, timeout=config.timeout)
            if config.security == "starttls":
                server.starttls(context=self._trusted)
            server.ehlo_or_helo_if_needed()
            if config.user:
                password = config.password.get_secret_value() if config.password else ""
                server.login(config.user, password)
        except smtplib.SMTPAuthenticationError as error:
            words = f"{self._where()} refused the login of {config.user} ({_reply(error)}); check user and password"
            raise DeliveryError(recipient, words, retryable=True, everyone=True) from error
        except smtplib.SMTPNotSupportedError as error:
            words = f"{self._where()} does not offer what the configuration asks for: {error}"
            raise DeliveryError(recipient, words, everyone=True) from error
        except ssl.SSLError as error:
            words = f"no protected connection to {self._where()}: {error.reason or error}"
            raise DeliveryError(recipient, words, retryable=True, everyone=True) from error
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(
                recipient, f"{self._where()} answered {_reply(error)}", retryable=True, everyone=True
            ) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error or type(error).__name__
            raise DeliveryError(
                recipient, f"{self._where()} can't be reached: {reason}", retryable=True, everyone=True
            ) from error
        return server

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage, recipient: str) -> None:
        handed_over = False
        try:
            _expect(server.mail(self._config.sender), recipient, self._where())
            _expect(server.rcpt(recipient), recipient, self._where())
            _expect(server.docmd("DATA"), recipient, self._where(), good=3)
            raw = mail.as_bytes(policy=SMTP.clone(cte_type="7bit"))
            server.send(re.sub(rb"(?m)^\.", b"..", raw).removesuffix(b"\r\n") + b"\r\n")
            if _hung_up(server):
                raise smtplib.SMTPServerDisconnected("before the text had ended")
            # Until here no server can have taken the mail. From the final dot on, a broken connection leaves open
            # whether it has (RFC 1047).
            server.send(b".\r\n")
            handed_over = True
            code, text = server.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            if handed_over:
                words = f"the connection to {self._where()} broke after the mail was sent; it may have arrived or not"
                raise DeliveryError(recipient, words, uncertain=True) from error
            raise _BrokenError(recipient, f"the connection to {self._where()} broke", retryable=True) from error
        _expect((code, text), recipient, self._where())


def _hung_up(server: smtplib.SMTP) -> bool:
    """Whether the server closed the connection: it has nothing to say before the text ends."""
    if server.sock is None:
        return True
    ready, _, _ = select.select([server.sock], [], [], 0.0)
    return bool(ready)


def _expect(reply: tuple[int, bytes], recipient: str, where: str, good: int = 2) -> None:
    code, text = reply
    if code // 100 == good:
        return
    said = one_line(text.decode("utf-8", "replace"))[:200]
    kind = _BrokenError if code == _CLOSING else DeliveryError
    raise kind(recipient, f"{where} refused: {code} {said}", retryable=code // 100 == 4)


def _reply(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"{error.smtp_code} {one_line(text)[:200]}"
