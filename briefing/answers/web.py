"""The links of a mail, taken by HTTP. Looking at one (GET) does nothing, as mail scanners look at all; POST does.

One-click unsubscribing (RFC 8058) is a POST to the same address. TLS belongs to the web server before it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from briefing.answers.apply import Answering
from briefing.answers.links import PATH
from briefing.errors import BriefingError, UsageError
from briefing.store.answers import REFUSED

__all__ = ["AnswerServer", "respond"]

log = logging.getLogger(__name__)

_LARGEST = 4096
_LONGEST_TOKEN = 2000
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def respond(answering: Answering, method: str, path: str) -> tuple[int, str]:
    """Status and page for a request."""
    token = urlsplit(path).path.removeprefix(PATH)
    if not urlsplit(path).path.startswith(PATH) or not token or len(token) > _LONGEST_TOKEN:
        return 404, _page(answering, "en", heading="404", text="")
    try:
        action, delivery, what = answering.read(token)
    except (UsageError, ValueError) as error:
        return 410 if "good until" in str(error) else 400, _page(answering, "en", heading="", text=str(error))
    edition = answering.store.edition_by_id(delivery.edition)
    language = edition.language if edition else "en"
    words = answering.renderer.words(language)
    title = edition.title if edition else delivery.briefing
    if method == "POST":
        answer = answering.click(token)
        status = 422 if answer.state == REFUSED else 200
        return status, _page(answering, language, heading=title, text=answer.said)
    story = ""
    if edition and what.isdigit() and 1 <= int(what) <= len(edition.summaries):
        story = edition.summaries[int(what) - 1].title or ""
    button = words.get(f"answer_{action}", action)
    return 200, _page(answering, language, heading=title, text=story or delivery.recipient, button=button)


def _page(answering: Answering, language: str, *, heading: str, text: str, button: str = "") -> str:
    values = {"language": language, "heading": heading, "text": text, "button": button}
    return answering.renderer.filled("answer.html.j2", values)


class AnswerServer:
    """Takes links in a thread of its own until closed. Use as a context manager.

    Raises UsageError if it can't listen.
    """

    def __init__(self, listen: str, answering: Answering) -> None:
        host, _, port = listen.rpartition(":")
        try:
            self._server = _Server((host.strip("[]"), int(port)), _handler(answering))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"answers.listen: {listen} can't be listened on: {reason}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="answers", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def __enter__(self) -> AnswerServer:
        self._thread.start()
        log.info("taking readers' links on port %d", self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a request broke off", exc_info=True)


def _handler(answering: Answering) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 15
        server_version = "briefing"
        sys_version = ""

        def do_GET(self) -> None:
            self._answer("GET")

        def do_HEAD(self) -> None:
            self._answer("GET", body=False)

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if not length.isdigit() or int(length) > _LARGEST:
                self.close_connection = True
                self.send_error(413)
                return
            self.rfile.read(int(length))
            self._answer("POST")

        def _answer(self, method: str, *, body: bool = True) -> None:
            try:
                status, page = respond(answering, method, self.path)
            except BriefingError as error:
                log.error("a link could not be taken: %s", error)
                status, page = 503, ""
            except Exception:  # one link that shows a bug must not end the thread without an answer
                log.exception("a link could not be taken")
                status, page = 500, ""
            content = page.encode("utf-8", "replace")
            self.send_response(status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            # Addresses hold tokens; the log holds none.
            log.debug("%s", args[1] if len(args) > 1 else "")

    return Handler
