"""A server on loopback whose every path is a function, and a canary nobody may connect to."""

from __future__ import annotations

import http.server
import socket
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
        "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1.",
    ]  # fmt: skip
    return [f"http://{host}:{port}/canary" for host in hosts] + [
        f"http://public.example@127.0.0.1:{port}/canary",
        f"http://127.0.0.1:{port}\\@public.example/canary",
        f"http://127.0.0.1:{port}#@public.example/canary",
        f"https://127.0.0.1:{port}/canary",
    ]
