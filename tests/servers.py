"""Real servers for tests: SMTP with STARTTLS and login, and a receiver of HTTP posts."""

from __future__ import annotations

import http.server
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Box:
    """What the server got, and how it is to answer."""

    mails: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    drop: bool = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        if self.drop:
            # The mail is taken, and the connection dies before the server says so.
            server.transport.abort()
        return "250 OK"


@dataclass
class Server:
    box: Box
    port: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def plain_smtp_server() -> Iterator[Server]:
    """SMTP without a login, for many mails."""
    box = Box()
    controller = Controller(box, hostname="localhost", port=free_port())
    controller.start()
    try:
        yield Server(box, controller.port)
    finally:
        controller.stop()


@contextmanager
def smtp_server(certificates: Path) -> Iterator[Server]:
    """SMTP on "localhost" for user "me", password "secret"; ca.pem in `certificates` is what clients must trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(certificates / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"me", b"secret")
        return AuthResult(success=good, handled=False)

    logging.getLogger("mail.log").setLevel(logging.ERROR)
    box = Box()
    controller = Controller(
        box, hostname="localhost", port=free_port(), tls_context=context, require_starttls=True, authenticator=login,
        auth_required=True,
    )  # fmt: skip
    controller.start()
    try:
        yield Server(box, controller.port)
    finally:
        controller.stop()


@dataclass
class Posted:
    """One post: path, headers by lower-cased name, body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """An HTTP server that takes posts. `answer` says how: a status, with headers, or None to break the connection."""

    url: str = ""
    posts: list[Posted] = field(default_factory=list)
    answer: Callable[[int], tuple[int, dict[str, str]] | None] = lambda number: (200, {})


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on the loopback interface."""
    state = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            state.posts.append(Posted(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            answer = state.answer(len(state.posts))
            if answer is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            status, headers = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
