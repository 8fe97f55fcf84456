"""The connection to a model's server: its one origin, no redirects, a deadline on every byte, a cap on all of them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx2
import openai

from briefing.drafts import carried

if TYPE_CHECKING:
    from briefing.config import ServerEngineConfig
    from briefing.engines.chats import Chat

__all__ = ["Limit", "Overrun", "arguments", "client_of"]

Out = TypeVar("Out")


class Overrun(Exception):
    """A reply took too long (`late`) or was too large."""

    def __init__(self, late: bool) -> None:
        super().__init__("too late" if late else "too large")
        self.late = late


_current = threading.local()


class Limit:
    """Holds for all requests of this thread inside its `with`: the moment they must end, the bytes they may have."""

    def __init__(self, until: float, most_bytes: int) -> None:
        self._until = until
        self._left = most_bytes

    def __enter__(self) -> Limit:
        _current.limit = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.limit = None

    def timeout(self, connect: float, read: float, left: float) -> httpx2.Timeout:
        """Time-outs of one request; each wait for bytes ends with the deadline at the latest."""
        return httpx2.Timeout(min(read, left), connect=min(connect, left))

    def took(self, size: int) -> None:
        """Note bytes that came. Raises Overrun."""
        self._left -= size
        if time.monotonic() > self._until:
            raise Overrun(late=True)
        if self._left < 0:
            raise Overrun(late=False)


class _Counted(httpx2.SyncByteStream):
    def __init__(self, inner: Any, limit: Limit) -> None:
        self._inner = inner
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._inner:
            self._limit.took(len(piece))
            yield piece

    def close(self) -> None:
        self._inner.close()


class _OneOrigin(httpx2.BaseTransport):
    """Sends to one scheme, host and port alone, and says nothing that is the library's own idea."""

    def __init__(self, url: str) -> None:
        self._origin = _origin(url)
        self._inner = httpx2.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if _origin(str(request.url)) != self._origin:
            raise httpx2.UnsupportedProtocol("only the configured server is asked", request=request)
        for header in list(request.headers):
            # Of the user's machine and of another service's account, which this server may not be.
            if header.lower().startswith(("x-stainless", "openai-")):
                del request.headers[header]
        # A compressed reply would be counted before it swells.
        request.headers["Accept-Encoding"] = "identity"
        response = self._inner.handle_request(request)
        limit: Limit | None = getattr(_current, "limit", None)
        if limit is not None:
            response.stream = _Counted(response.stream, limit)
        return response

    def close(self) -> None:
        self._inner.close()


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, (parts.hostname or "").lower(), port


def client_of(url: str, key: str) -> openai.OpenAI:
    """A client of the API at `url`. Tries, waits and errors are the caller's; nothing of the environment is used."""
    http = httpx2.Client(transport=_OneOrigin(url), follow_redirects=False, trust_env=False)
    # The client asks for a key; a server without one does not look at it.
    return openai.OpenAI(api_key=key or "none", base_url=url, max_retries=0, http_client=http)


def overrun_in(error: BaseException) -> Overrun | None:
    """The overrun that an error of the library's comes from, if it does."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Overrun):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def root_cause(error: BaseException) -> str:
    """The innermost cause in words."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    text = str(error)
    return text.partition("] ")[2] or text or type(error).__name__


def what_it_says(error: Any) -> str:
    """What the server says of an error of status."""
    body = error.body
    for name in ("message", "detail", "error"):
        if isinstance(body, dict) and isinstance(body.get(name), str):
            return str(body[name])
    return str(body or "") if not isinstance(body, str) or "<" not in body else re.sub(r"<[^>]*>", " ", body)


def retry_after(headers: Any) -> float | None:
    """Seconds a server asks to wait, given as such or as a date."""
    value = headers.get("retry-after", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds()) if when.tzinfo else None


def started(call: Callable[[], Out]) -> Future[Out]:
    """The call under way in a thread that does not keep the program from ending."""
    future: Future[Out] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # handed on to whoever waits
            future.set_exception(error)

    threading.Thread(target=carried(run), daemon=True, name="briefing-server").start()
    return future


def arguments(
    settings: ServerEngineConfig, chat: Chat, max_new_tokens: int, schema: dict[str, Any] | None, dropped: set[str]
) -> dict[str, Any]:
    """What is sent for a chat, without the parts the server does not know."""
    messages = [{"role": message.role, "content": message.text} for message in chat.messages]
    sent: dict[str, Any] = {"model": settings.model, "messages": messages, "stream": True}
    sent["max_completion_tokens" if "max_tokens" in dropped else "max_tokens"] = max_new_tokens
    optional: dict[str, Any] = {"temperature": settings.temperature, "stream_options": {"include_usage": True}}
    if schema is not None:
        named = {"name": "bullets", "schema": schema, "strict": True}
        optional["response_format"] = {"type": "json_schema", "json_schema": named}
    return sent | {name: value for name, value in optional.items() if name not in dropped}


def unknown_part(complaint: str, sent: dict[str, Any]) -> str | None:
    """The part of a request that a server does not know, by what it says, or else the likeliest; None if no part is."""
    if re.search(r"context (?:length|window|size)|too (?:long|large)|exceed", complaint):
        return None
    for name in ("max_tokens", "temperature", "stream_options", "response_format"):
        if name in sent and name in complaint:
            return name
    return "response_format" if "response_format" in sent else None
