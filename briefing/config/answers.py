"""How readers answer: links in mails, and a mailbox that is read for replies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from briefing.config.base import Model, Name
from briefing.config.channels import Address, WebAddress


class ReplyMailboxConfig(Model):
    """A mailbox, read by IMAP. Only mails that answer an edition are looked at; others stay as they are."""

    host: Name = Field(description="Name of the IMAP server.")
    port: int | None = Field(None, ge=1, le=65535, description="Default: 993 with tls, 143 with starttls and none.")
    security: Literal["tls", "starttls", "none"] = Field("tls", description="How the connection is protected.")
    user: Name = Field(description="Login.")
    password: SecretStr = Field(description="Password; write it as ${IMAP_PASSWORD}.")
    folder: Name = Field("INBOX", description="Folder the replies come to.")
    address: Address = Field(description="Address that is answered to. Mails carry it with a code after a plus sign.")
    plus: bool = Field(
        True,
        description="Whether the server delivers reader+code@... to reader@.... Otherwise the mail's id is the code.",
    )
    every: float = Field(5.0, ge=1, le=1440, description="Minutes between two looks of briefing serve.")
    timeout: float = Field(30.0, gt=0, le=300, description="Seconds the server may take for an answer.")


class AnswersConfig(Model):
    """What readers can answer with. Each link and each address is signed for one reader and one edition."""

    url: WebAddress | None = Field(
        None,
        description="Address at which briefing serve is reached from outside, such as https://news.example.org; links "
        "of mails, and unsubscribing with one click, lead there.",
    )
    listen: str | None = Field(
        None,
        pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$",
        description="Host and port briefing serve takes the links on, such as 127.0.0.1:8090. A web server with TLS "
        "belongs before it.",
    )
    mailbox: ReplyMailboxConfig | None = Field(None, description="Where replies arrive.")
    days: int = Field(30, ge=1, le=3650, description="How long an edition's links and addresses are good.")

    @model_validator(mode="after")
    def _links_lead_somewhere(self) -> AnswersConfig:
        if self.listen is not None and self.url is None:
            raise ValueError("listen needs url: the address that links in mails begin with")
        return self
