"""Connections: made only to checked addresses, and every read and write within the deadline of its request."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from briefing.fetch.addresses import Lookup, is_public, resolve, system_lookup

DEADLINE: ContextVar[float | None] = ContextVar("DEADLINE", default=None)
"""Moment (of `time.monotonic`) at which the request being made in this thread must be over."""


class Refused(httpcore.ConnectError):
    """A host that must not be connected to."""


def _left(timeout: float | None) -> float | None:
    """Seconds the next operation may take: what the phase allows, at most what is left of the deadline."""
    deadline = DEADLINE.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose operations end with the deadline: time-outs per operation do not end what drips."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """Looks a host up itself, refuses it if any of its addresses is not public, and connects to an address it has
    checked: a name that answers differently the second time changes nothing, as it is not asked again.

    With `check` off (a server the configuration names by its exact origin, or a proxy) any address will do.
    """

    def __init__(self, lookup: Lookup = system_lookup, *, check: bool = True) -> None:
        self._lookup = lookup
        self._check = check
        self._inner = httpcore.SyncBackend()

    def addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        """The addresses of `host`, checked. Raises Refused, ConnectError or ConnectTimeout."""
        try:
            found = resolve(host, port, self._lookup, _left(timeout))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(f"there is no host of this name: {error.strerror or error}") from error
        if not found:
            raise httpcore.ConnectError("the host's name has no address")
        bad = [address for address in found if self._check and not is_public(address)]
        if bad:
            which = host if bad[0] == host.strip("[]") else f"{host} leads to {bad[0]}, which"
            raise Refused(f"{which} is not an address of the public network (see fetch.private)")
        return found

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to one of the checked addresses of `host`, the first that answers."""
        failure: Exception | None = None
        for address in self.addresses(host, port, timeout)[:4]:
            try:
                stream = self._inner.connect_tcp(address, port, _left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            reached = str((stream.get_extra_info("server_addr") or ("",))[0])
            if self._check and not is_public(reached):
                stream.close()
                raise Refused(f"{host} was reached at {reached}, which is not a public address (see fetch.private)")
            return _Stream(stream)
        raise failure or httpcore.ConnectError("no address answered")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never done."""
        raise Refused("sockets of this machine are not connected to")

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Transport(httpx.HTTPTransport):
    """httpx's transport over `Backend`. Nothing of the environment is used."""

    def __init__(self, backend: Backend, *, proxy: str | None = None, connections: int = 64) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=10)
        super().__init__(trust_env=False, limits=limits, proxy=proxy)
        # httpx takes no backend; its pool does. The rest of the pool stays as httpx made it.
        self._pool._network_backend = backend
