"""The configuration of the page, the HTTP API and the MCP server."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from briefing.config.base import Model, Name


def _header(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,63}", value):
        raise ValueError(f'expected the name of a header such as Remote-User, got "{value}"')
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f'expected an address or a network such as 10.0.0.2 or 10.0.0.0/24, got "{value}"') from None
    return value


class ProxyConfig(Model):
    """A server before this one that knows who comes (single sign-on), and says so in a header."""

    header: Annotated[str, AfterValidator(_header)] = Field(
        "Remote-User", description="The header that names the user. The proxy must take it off what comes from outside."
    )
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        min_length=1, description="Where the proxy connects from; the header is believed from there only."
    )
    role: Literal["reader", "admin"] | None = Field(
        None,
        description="What people are whom it names and `briefing users` does not know. Without it they are refused.",
    )


class WebConfig(Model):
    """The page, the HTTP API and the MCP server."""

    enabled: bool = Field(True, description="Whether `briefing serve` serves the page as well.")
    host: Name = Field(
        "127.0.0.1", description="Address it listens at; more than loopback only once there are users or a proxy."
    )
    port: int = Field(8484, ge=0, le=65535, description="Port it listens at; 0: any that is free.")
    names: tuple[Name, ...] = Field(
        (), description="Host names it is reached by, beside localhost; requests for others are refused."
    )
    https: bool = Field(
        False,
        description="Whether it is reached by https only, through a server before it: cookies are sent by https only.",
    )
    proxy: ProxyConfig | None = Field(None, description="A trusted proxy that says who comes.")
    changes_a_minute: int = Field(
        120, ge=1, le=100_000, description="How many changing requests one reader may send in a minute."
    )
