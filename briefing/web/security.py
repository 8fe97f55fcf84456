"""What every request and answer passes: host names, origins, headers. Pure ASGI, so that streams stay streams."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from briefing.web.problems import problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGI = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that, browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY = 12_000_000
"""Bytes of a request. A pasted text is bounded further by what is read of any page."""
TOO_LONG = f"A request may have {MAX_BODY // 1_000_000} MB."


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens at `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_name(value: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{value}").hostname or "").lower()
    except ValueError:
        return ""


class Bounded:
    """Refuses a body longer than `MAX_BODY` while it comes in, whatever its headers say of its length (or do not)."""

    def __init__(self, app: ASGI, most: int = MAX_BODY) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        came = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal came
            message = await receive()
            came += len(message.get("body") or b"")
            if came > self._most:
                # Raised where the body is read, so the answer is made where those of all faults are.
                raise HTTPException(413, TOO_LONG)
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)


class Guarded:
    """Refuses what another site makes a browser send, and requests for names that are not ours.

    The first keeps other pages from acting as the reader: browsers name the origin of what they send. The second keeps
    a name that was pointed at this address (DNS rebinding) from reading the answers.
    """

    def __init__(self, app: ASGI, names: Sequence[str]) -> None:
        self._app = app
        self._names = frozenset({"localhost", *(name.lower() for name in names)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        refusal = self._refused(scope)
        if refusal is not None:
            await refusal(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _refused(self, scope: Scope) -> Any:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = host_name(host)
        if not (name in self._names or is_loopback(name)):
            return problem(421, "This server does not answer for that host name; web.names can add it.")
        size = headers.get("content-length", "0")
        if not size.isdigit() or int(size) > MAX_BODY:
            return problem(413, TOO_LONG)
        if scope["method"] in SAFE:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        foreign = origin is not None and (origin == "null" or urlsplit(origin).netloc.lower() != host.lower())
        if foreign or site in ("cross-site", "same-site"):
            return problem(403, "Another site asked for this.")
        return None
