"""Who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request

from briefing.web.problems import Refused

if TYPE_CHECKING:
    from briefing.web.site import Site

READ, ASK, RUN, ADMIN = "read", "ask", "run", "admin"
SCOPES = (READ, ASK, RUN, ADMIN)
"""read: editions, articles, search, feedback; ask: summaries; run: make editions; admin: sources, topics, users."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. The owner of an installation without users has no name and may do everything."""

    name: str = ""
    scopes: frozenset[str] = frozenset(SCOPES)
    via: str = "loopback"

    def may(self, scope: str) -> bool:
        """Whether this reader may do what `scope` covers."""
        return scope in self.scopes or ADMIN in self.scopes


def site_of(request: Request) -> Site:
    """The process's site."""
    site: Site = request.app.state.site
    return site


def reader_of(request: Request) -> Reader:
    """Who asks."""
    return Reader()


class Needs:
    """A dependency: the reader, if they may do what `scope` covers. Raises Refused."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, request: Request) -> Reader:
        """The reader."""
        reader = reader_of(request)
        if not reader.may(self.scope):
            raise Refused(403, f"This needs the right to {self.scope}.")
        return reader
