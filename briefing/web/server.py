"""The page's server: uvicorn in this process, beside the scheduler."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from briefing.errors import UsageError
from briefing.web.security import is_loopback

if TYPE_CHECKING:
    from types import TracebackType

    import uvicorn
    from fastapi import FastAPI

    from briefing.app import App

log = logging.getLogger(__name__)

START = 15.0
"""Seconds within which the server listens, or has failed."""


def check_address(app: App, host: str) -> None:
    """Raises UsageError if strangers could reach a page that asks nobody who they are."""
    if is_loopback(host) or app.config.web.proxy is not None or app.store.people.any():
        return
    raise UsageError(
        f'the page would be open to everybody who can reach "{host}": it has no users. '
        '"briefing users add NAME --admin" makes one; or listen at 127.0.0.1 (web.host)'
    )


def _warnings(app: App, host: str) -> list[str]:
    """What whoever opens the page to others should know."""
    web = app.config.web
    found: list[str] = []
    if is_loopback(host):
        return found
    if host in ("0.0.0.0", "::") and not web.names:  # noqa: S104 - it is asked for, not bound here
        found.append("the page answers requests for localhost only; web.names says by which names it is reached")
    if not web.https:
        found.append(
            "passwords cross the network as they are, unless a web server with TLS stands before the page (web.https)"
        )
    return found


class Server:
    """Serves the page in a thread until it is closed. `url` says where. Use as a context manager. `around` puts
    something around the application, for measurements.

    Raises UsageError if it may not or can't listen there.
    """

    def __init__(
        self,
        app: App,
        host: str | None = None,
        port: int | None = None,
        around: Callable[[FastAPI], Any] = lambda application: application,
    ) -> None:
        import uvicorn

        from briefing.web.factory import create_app

        web = app.config.web
        host, port = host or web.host, web.port if port is None else port
        check_address(app, host)
        for words in _warnings(app, host):
            log.warning("%s", words)
        self._app = app
        self._socket = _bound(host, port)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}/"
        settings = uvicorn.Config(
            around(create_app(app, host)),
            log_level="warning",
            access_log=False,
            server_header=False,
            # Headers that name another client are believed from nobody.
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
        self._server: uvicorn.Server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._serve, name="page", daemon=True)

    def _serve(self) -> None:
        try:
            self._server.run([self._socket])
        except Exception:  # editions go on without the page; whoever looks for it finds this
            log.exception("the page's server failed")

    def __enter__(self) -> Server:
        from briefing.web.pages import warm

        warm(self._app)
        self._thread.start()
        waited = 0.0
        while not self._server.started and self._thread.is_alive() and waited < START:
            self._thread.join(0.05)
            waited += 0.05
        if not self._server.started:
            raise UsageError(f"the page can't be served at {self.url}")
        self._first_answer()
        log.info("the page: %s", self.url)
        return self

    def _first_answer(self) -> None:
        """The first answer takes a tenth of a second more, in which FastAPI puts its routes together."""
        host, port = self._socket.getsockname()[:2]
        at = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing is bound here
        connection = http.client.HTTPConnection(at, port, timeout=START)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            log.warning("the page's first answer failed: %s", error)
        finally:
            connection.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    @property
    def alive(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only of sockets that name their protocol does asyncio turn Nagle's algorithm off; with it, an answer in two
    # pieces waits 40 ms for the acknowledgement of the first.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"the page can't listen at {host}:{port}: {reason} (web.port names another)") from error
    return found
