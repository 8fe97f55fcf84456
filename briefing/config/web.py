"""The configuration of the page, the HTTP API and the MCP server."""

from __future__ import annotations

from pydantic import Field

from briefing.config.base import Model, Name


class WebConfig(Model):
    """The page, the HTTP API and the MCP server."""

    enabled: bool = Field(True, description="Whether `briefing serve` serves the page as well.")
    host: Name = Field("127.0.0.1", description="Address it listens at; loopback only, as the page has no users.")
    port: int = Field(8484, ge=0, le=65535, description="Port it listens at; 0: any that is free.")
    names: tuple[Name, ...] = Field(
        (), description="Host names it is reached by, beside localhost; requests for others are refused."
    )
