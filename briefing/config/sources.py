"""What may be read, and how it is fetched."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, SecretStr, Tag

from briefing.config.base import Model, Name, PluginPath


def _language(code: str) -> str:
    if not (code.replace("-", "").isalpha() and 2 <= len(code.split("-", maxsplit=1)[0]) <= 3 and code.isascii()):
        raise ValueError(f'expected a language code such as en, de or pt-BR, got "{code}"')
    return code


def _origin(value: str) -> str:
    try:
        parts = urlsplit(value.rstrip("/"))
        fits = (
            parts.scheme in ("http", "https") and parts.hostname and not (parts.path or parts.query or parts.username)
        )
        _ = parts.port
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f'expected an origin such as "http://192.168.1.5:8080", without a path, got "{value}"')
    return value.rstrip("/")


def _proxy(value: str) -> str:
    if urlsplit(value).scheme not in ("http", "https"):
        raise ValueError("expected a proxy such as http://proxy.example:3128")
    return value


Language = Annotated[str, AfterValidator(_language)]
Origin = Annotated[str, AfterValidator(_origin)]


class _Source(Model):
    name: Name = Field(description="What the source is called in an edition.")
    language: Language | None = Field(None, description="Language of the source, where it does not say it itself.")
    weight: float = Field(1.0, gt=0, le=10, description="How much its stories count against those of other sources.")
    outline: dict[str, str] = Field(
        default_factory=dict, description="What an OPML file said of it besides; kept for the next export."
    )


class FeedConfig(_Source):
    """RSS, Atom or JSON Feed; also the addresses of subreddits, channels and podcasts that have one."""

    type: Literal["feed"]
    url: Name = Field(description="Address or file of the feed, or address of a site that names its feed.")
    full_text: Literal["auto", "feed", "page"] = Field(
        "auto",
        description="Where the text is taken from: the feed, each item's page, or the page only where the feed "
        "gives a teaser (auto).",
    )
    max_items: int = Field(100, ge=1, le=10_000, description="How many items of the feed are looked at, newest first.")


class PageConfig(_Source):
    """One page that is read again each time."""

    type: Literal["page"]
    url: Name = Field(description="Address or file of the page.")


class SitemapConfig(_Source):
    """The sitemap of a site without a feed: a news sitemap, an index of sitemaps, or a site that names one."""

    type: Literal["sitemap"]
    url: Name = Field(description="Address of the sitemap or of the site.")
    only: tuple[Name, ...] = Field((), description="Beginnings of paths that count, such as /news/. Default: all.")
    max_items: int = Field(50, ge=1, le=1000, description="How many of its pages are looked at, newest first.")


class FileConfig(_Source):
    """Files of news: .txt .md .html .eml .json .jsonl .pdf .docx."""

    type: Literal["file"]
    path: Name = Field(
        description="A file, a folder (watched, with its sub-folders) or a glob such as news/*.txt.",
    )


class MailboxConfig(_Source):
    """Newsletters from a mailbox (IMAP). Nothing in it is changed, not even what counts as read."""

    type: Literal["mailbox"]
    host: Name = Field(description="Name of the mail server.")
    port: int | None = Field(None, ge=1, le=65535, description="Default: 993 with tls, 143 otherwise.")
    security: Literal["tls", "starttls", "none"] = Field("tls", description="How the connection is protected.")
    user: Name = Field(description="Login.")
    password: SecretStr = Field(description="Password; write it as ${IMAP_PASSWORD}.")
    folder: Name = Field("INBOX", description="Folder the newsletters lie in.")
    senders: tuple[Name, ...] = Field(
        (), description="Only mail from these addresses or domains (news@example.org, example.org). Default: all."
    )
    days: int = Field(7, ge=1, le=365, description="How far back the first look goes.")
    max_items: int = Field(50, ge=1, le=1000, description="How many issues are read at once, newest first.")
    timeout: float = Field(30.0, gt=0, le=300, description="Seconds the server may take for an answer.")


class CustomSourceConfig(_Source):
    """A source of your own."""

    type: PluginPath = Field(description='A class as "package.module:Class".')
    options: dict[str, Any] = Field(default_factory=dict, description="Handed to the class as they are.")


SOURCE_KINDS: dict[str, type[Model]] = {
    "feed": FeedConfig,
    "page": PageConfig,
    "file": FileConfig,
    "sitemap": SitemapConfig,
    "mailbox": MailboxConfig,
}


def _kind_of(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return kind if isinstance(kind, str) and kind in SOURCE_KINDS else "custom"


SourceConfig = Annotated[
    Annotated[FeedConfig, Tag("feed")]
    | Annotated[PageConfig, Tag("page")]
    | Annotated[SitemapConfig, Tag("sitemap")]
    | Annotated[FileConfig, Tag("file")]
    | Annotated[MailboxConfig, Tag("mailbox")]
    | Annotated[CustomSourceConfig, Tag("custom")],
    Discriminator(_kind_of),
]


class FetchConfig(Model):
    """Limits of what is fetched from the network."""

    timeout: float = Field(20.0, gt=0, le=600, description="Seconds a whole response may take.")
    max_megabytes: float = Field(10.0, gt=0, le=1000, description="Largest page, feed or file that is read (decoded).")
    user_agent: Name | None = Field(None, description="How we name ourselves. Default: briefing/VERSION.")
    retries: int = Field(3, ge=1, le=10, description="Tries of one address in a run.")
    parallel: int = Field(16, ge=1, le=64, description="How many sources are asked at once.")
    per_server: int = Field(4, ge=1, le=16, description="How many connections one server sees at once.")
    robots: bool = Field(True, description="Whether pages are read only as the robots.txt of their server allows.")
    proxy: Annotated[str, AfterValidator(_proxy)] | None = Field(
        None,
        description="The proxy to use, http or https; write credentials as ${NAME}. The environment's is not used.",
    )
    private: tuple[Origin, ...] = Field(
        (),
        description="Servers of your own network that sources may be read from, each by its exact origin such as "
        "http://192.168.1.5:8080. All other private addresses are refused.",
    )
