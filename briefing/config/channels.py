"""How editions reach their readers: the channels' sections of the configuration."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, SecretStr, Tag, field_validator

from briefing.config.base import Model, Name, PluginPath


def _address(value: str) -> str:
    local, at, domain = value.strip().rpartition("@")
    if not at or not local or not domain or any(c.isspace() or c in "<>," for c in value.strip()):
        raise ValueError(f'expected a mail address such as reader@example.org, got "{value}"')
    return value.strip()


def _web(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f'expected an address such as https://news.example.org, got "{value}"')
    return value.strip()


def _secret_web(value: SecretStr) -> SecretStr:
    # The message must not repeat the address: it may hold a key.
    parts = urlsplit(value.get_secret_value().strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address such as https://hooks.example.org/news")
    return SecretStr(value.get_secret_value().strip())


Address = Annotated[str, AfterValidator(_address)]
WebAddress = Annotated[str, AfterValidator(_web)]
SecretWebAddress = Annotated[SecretStr, AfterValidator(_secret_web)]


class FileChannelConfig(Model):
    """Saves each edition as a file YYYY-MM-DD.md (and .html, .txt, .json), or as a note."""

    type: Literal["file"]
    folder: Name = Field("editions", description="Folder the files are written to: for notes, that of the vault.")
    formats: tuple[Literal["md", "html", "txt", "json"], ...] = Field(
        ("md", "html"), min_length=1, description="What is written."
    )
    layout: Literal["plain", "obsidian", "logseq"] = Field(
        "plain",
        description="plain: the formats, side by side. obsidian: Briefings/YYYY/YYYY-MM-DD TITLE.md with front "
        "matter. logseq: a page of blocks under pages/.",
    )


class MailChannelConfig(Model):
    """Sends each edition by SMTP, as text and HTML."""

    type: Literal["mail"]
    host: Name = Field(description="Name of the mail server.")
    port: int | None = Field(
        None, ge=1, le=65535, description="Default: 465 with tls, 587 with starttls, 25 with none."
    )
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the connection is protected.")
    user: str | None = Field(None, description="Login, where the server asks for one.")
    password: SecretStr | None = Field(None, description="Password; write it as ${SMTP_PASSWORD}.")
    sender: Address = Field(description="Address the mail comes from.")
    sender_name: Name | None = Field(None, description="Name the mail comes from. Default: the briefing's title.")
    to: tuple[Address, ...] = Field(
        (), description="Addresses it goes to, each as a mail of its own. Readers may give theirs instead."
    )
    timeout: float = Field(30.0, gt=0, le=300, description="Seconds the server may take for an answer.")
    per_minute: int | None = Field(
        120,
        ge=1,
        description="Mails that addresses of one domain get in a minute, at the most; the others do not wait for them. "
        "null: any number.",
    )


class WebhookChannelConfig(Model):
    """Posts each edition as JSON to an address of yours, signed as Standard Webhooks has it."""

    type: Literal["webhook"]
    url: SecretWebAddress = Field(description="Address it is posted to; it is shown nowhere, as it may hold a key.")
    name: Name | None = Field(None, description="What it is called in editions and tables. Default: the host's name.")
    secret: SecretStr | None = Field(
        None, description="Signs what is posted: whsec_ and base64 of 24 to 64 bytes. Write it as ${WEBHOOK_SECRET}."
    )
    timeout: float = Field(15.0, gt=0, le=300, description="Seconds the receiver may take for an answer.")

    @field_validator("secret")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                size = len(base64.b64decode(value.get_secret_value().removeprefix("whsec_"), validate=True))
            except (binascii.Error, ValueError):
                size = 0
            if not 24 <= size <= 64:
                raise ValueError("expected whsec_ and base64 of 24 to 64 bytes")
        return value


class FeedChannelConfig(Model):
    """Keeps an Atom feed and a JSON Feed of the editions, as files in a folder."""

    type: Literal["feed"]
    folder: Name = Field("feed", description="Folder of feed.atom, feed.json and the editions' pages.")
    url: WebAddress | None = Field(
        None, description="Address the folder is served at, such as https://example.org/news; feeds then name it."
    )
    entries: int = Field(30, ge=1, le=1000, description="How many editions the feeds hold, newest first.")


class PushTarget(Model):
    """One phone, room or channel."""

    name: Name = Field(description="What it is called in editions and tables.")
    url: SecretStr = Field(
        min_length=1, description="Its address as Apprise writes it, such as ntfy://... or tgram://...; use ${NAME}."
    )


class PushChannelConfig(Model):
    """Tells each edition in short messages: Slack, Telegram, Discord, ntfy, Matrix and what else Apprise knows."""

    type: Literal["push"]
    to: tuple[PushTarget, ...] = Field(min_length=1, description="Where it goes.")

    @field_validator("to")
    @classmethod
    def _names_differ(cls, value: tuple[PushTarget, ...]) -> tuple[PushTarget, ...]:
        names = [target.name for target in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f'two are called "{twice[0]}"')
        return value


class CustomChannelConfig(Model):
    """A channel of your own."""

    type: PluginPath = Field(description='A class as "package.module:Class".')
    to: tuple[Name, ...] = Field(("",), description="Its recipients, as the class understands them.")
    options: dict[str, Any] = Field(default_factory=dict, description="Handed to the class as they are.")


CHANNELS: dict[str, type[Model]] = {
    "file": FileChannelConfig,
    "mail": MailChannelConfig,
    "webhook": WebhookChannelConfig,
    "feed": FeedChannelConfig,
    "push": PushChannelConfig,
}


def _kind_of(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return kind if isinstance(kind, str) and kind in CHANNELS else "custom"


ChannelConfig = Annotated[
    Annotated[FileChannelConfig, Tag("file")]
    | Annotated[MailChannelConfig, Tag("mail")]
    | Annotated[WebhookChannelConfig, Tag("webhook")]
    | Annotated[FeedChannelConfig, Tag("feed")]
    | Annotated[PushChannelConfig, Tag("push")]
    | Annotated[CustomChannelConfig, Tag("custom")],
    Discriminator(_kind_of),
]
