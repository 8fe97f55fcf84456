"""`briefing web` and `briefing mcp`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import ConfigOption, errors, opened, say
from briefing.errors import UsageError

if TYPE_CHECKING:
    from briefing.app import App

log = logging.getLogger(__name__)


def web(
    host: Annotated[
        str | None, typer.Option(help="Address to listen at. Default: web.host.", show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0: any free one. Default: web.port.", show_default=False)
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Serve the page and the API alone, until stopped; `briefing serve` makes the editions as well."""
    import signal
    import threading

    from briefing.web.server import Server

    with errors(), opened(config, progress=False) as opened_app, Server(opened_app, host, port) as server:
        typer.echo(server.url)
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        while server.alive and not stopped.wait(1):
            pass
        if not stopped.is_set():
            say("briefing: the page's server has ended")


@contextmanager
def serving_page(opened_app: App) -> Iterator[None]:
    """Serve the page as long as the block runs, if the configuration wants it. Editions do not depend on it: where it
    can't be served, that is logged."""
    if not opened_app.config.web.enabled:
        yield
        return
    from briefing.web.server import Server

    with ExitStack() as stack:
        try:
            stack.enter_context(Server(opened_app))
        except UsageError as error:
            log.warning("%s", error)
        yield


def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Streamable HTTP on loopback instead of standard input and output.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for --http.")] = 8485,
    config: ConfigOption = None,
) -> None:
    """Serve a Model Context Protocol server: search, editions, summaries, topics."""
    from briefing.mcp import serve_http, serve_stdio

    with errors(), opened(config, progress=False) as opened_app:
        if http:
            serve_http(opened_app, port)
        else:
            serve_stdio(opened_app)
