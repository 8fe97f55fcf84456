"""A server on loopback whose every path is a function, and a canary nobody may connect to."""

from __future__ import annotations

import http.server
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Loopback:
    """`at["/path"] = answer`; `seen` has the path and headers of each request."""

    def __init__(self) -> None:
        self.at: dict[str, Answer | bytes | tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                outer.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                answer = outer.at.get(self.path, outer.at.get(path, (404, {}, b"not here")))
                if isinstance(answer, bytes):
                    answer = (200, {}, answer)
                if callable(answer):
                    answer(self)
                    self.close_connection = True
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # a client that has had enough hangs up

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [path for path, _ in self.seen]

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving() -> Iterator[Loopback]:
    """A server for the length of a block."""
    server = Loopback()
    try:
        yield server
    finally:
        server.close()


class Canary:
    """Listens on loopback and counts who connects."""

    def __init__(self) -> None:
        self.connections = 0
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        with suppress(OSError):  # a machine without IPv6 has nobody to warn there
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listening in self._sockets:
            threading.Thread(target=self._listen, args=(listening,), daemon=True).start()

    def _listen(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        """Stop listening."""
        for listening in self._sockets:
            # Closing alone does not wake who waits in accept.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()


@contextmanager
def canary() -> Iterator[Canary]:
    """A canary for the length of a block."""
    bird = Canary()
    try:
        yield bird
    finally:
        bird.close()


class Watch:
    """The addresses this process tried to connect to, whoever answered there."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, int]] = []


_WATCHES: list[Watch] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and _WATCHES and isinstance(arguments[1], tuple):
        host, port, *_ = arguments[1]
        for watch in _WATCHES:
            watch.tried.append((str(host), int(port)))


@contextmanager
def watching() -> Iterator[Watch]:
    """A watch for the length of a block. The interpreter itself tells it (an audit event), not the code that is tried."""
    if not getattr(_note, "added", False):
        sys.addaudithook(_note)
        _note.added = True  # type: ignore[attr-defined]  # a hook can't be taken away again
    watch = Watch()
    _WATCHES.append(watch)
    try:
        yield watch
    finally:
        _WATCHES.remove(watch)


NOT_PUBLIC = (
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.0", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0",
    "172.31.255.255", "192.0.0.0", "192.0.0.170", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.255", "224.0.0.1",
    "239.255.255.255", "240.0.0.0", "255.255.255.255", "168.63.129.16", "::", "::1", "::7f00:1", "::10.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::1.1.1.1", "64:ff9b:1::a00:1", "64:ff9b:1:ffff::", "100::1", "100:0:0:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2002:a00:1::", "2002:a9fe:a9fe::1", "3fff::1", "5f00::1", "fc00::", "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "fe80::1%1", "febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1",
)  # fmt: skip
"""Ends of the blocks of the special-purpose registries (RFC 6890 and after) and every form that carries an IPv4 address."""
PUBLIC = ("1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1")  # fmt: skip
"""Their neighbours, which must stay in reach."""


def private_forms(port: int) -> list[str]:
    """Addresses that lead, in one notation or another, to this machine or into a private network."""
    hosts = [
        "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001",
        "0", "0.0.0.0", "127.127.127.127", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::1]",
        "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[fec0::1]", "[fc00::1]", "[fd00::1]", "[fe80::1]",
        "[fe80::1%25lo]", "[ff02::1]", "[100::1]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254",
        "100.64.0.1", "192.0.0.170", "198.18.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16",
        "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1.", "127．0．0．1", "１２７.0.0.1", "0x7f.0x0.0x0.0x1", "0X7F.1", "0177.1", "127.000.000.001",
        "127.0x1", "0x7f.0.1", "000000177.0.0.01", "4294967295", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518", "3232235521", "%31%32%37.0.0.1", "127.0.0.1%00.public.example",
        "[0:0:0:0:0:0:0:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::ffff:127.0.0.1%25lo]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fd00:ec2::254]", "[fe80::a9fe:a9fe]", "ip6-localhost", "ip6-loopback", "a.localhost", "localhost.localdomain",
    ]  # fmt: skip
    return [f"http://{host}:{port}/canary" for host in hosts] + [
        f"http://public.example@127.0.0.1:{port}/canary",
        f"http://127.0.0.1:{port}\\@public.example/canary",
        f"http://127.0.0.1:{port}#@public.example/canary",
        f"https://127.0.0.1:{port}/canary",
        f"HTTP://127.0.0.1:{port}/canary",
        f"http:127.0.0.1:{port}/canary",
        f"http:/\\127.0.0.1:{port}/canary",
        f"http://public.example:80@127.0.0.1:{port}/canary",
        f"http://127.0.0.1:0{port}/canary",
        f" http://127.0.0.1:{port}/canary",
        f"http://\t127.0.0.1:{port}/canary",
    ]
