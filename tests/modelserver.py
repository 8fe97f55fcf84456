"""A server of the OpenAI kind on a loopback port that does whatever a test wants done, and counts who asks."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Handler", dict[str, Any]], None]

GOOD = {
    "bullets": [
        {"text": "The council closed the old bridge at Aldmouth on Monday", "sentences": [1]},
        {"text": "The repair takes at least four months.", "sentences": [3]},
    ]
}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append((dict(self.headers), body))
            act = self.server.acts.pop(0) if len(self.server.acts) > 1 else self.server.acts[0]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            act(self, body)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""

    def whole(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        # It closes after each answer; a client that is not told would ask into a connection that ends.
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def event(self, text: str, finish: str | None = None, usage: dict[str, int] | None = None) -> None:
        delta = {"role": "assistant", "content": text}
        data: dict[str, Any] = {
            "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }  # fmt: skip
        if usage:
            data["usage"] = usage
        self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()

    def done(self) -> None:
        self.wfile.write(b"data: [DONE]\n\n")
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    """Acts in order, the last one for ever."""

    daemon_threads = True

    def __init__(self, *acts: Act) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.acts = list(acts)
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what is tested."""


@contextlib.contextmanager
def serving(*acts: Act) -> Iterator[Server]:
    """The server, answering while the block runs."""
    server = Server(*acts)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def says(text: str, finish: str = "stop") -> Act:
    """Answers `text` in pieces."""

    def act(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for at in range(0, len(text), 40):
            handler.event(text[at : at + 40])
        handler.event("", finish, {"prompt_tokens": 400, "completion_tokens": 50, "total_tokens": 450})
        handler.done()

    return act


def status(code: int, message: str = "no", **headers: str) -> Act:
    """Answers an error."""

    def act(handler: Handler, body: dict[str, Any]) -> None:
        handler.whole(code, json.dumps({"error": {"message": message}}).encode(), **headers)

    return act


good = says(json.dumps(GOOD))


def hang(handler: Handler, body: dict[str, Any]) -> None:
    """Says nothing at all."""
    time.sleep(5)


def drip(handler: Handler, body: dict[str, Any]) -> None:
    """A byte now and then, never a whole event."""
    handler.begin()
    for _ in range(100):
        handler.wfile.write(b"d")
        handler.wfile.flush()
        time.sleep(0.05)


def drip_head(handler: Handler, body: dict[str, Any]) -> None:
    """Not even the head comes to its end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        handler.wfile.write(b"X: y\r\n")
        handler.wfile.flush()
        time.sleep(0.05)


def die(handler: Handler, body: dict[str, Any]) -> None:
    """Breaks off in the middle."""
    handler.begin()
    handler.event('{"bullets": [{"text": "The old br')
    handler.connection.close()


def garbage(handler: Handler, body: dict[str, Any]) -> None:
    """A page where an answer should be."""
    handler.whole(200, b"<html><body>It works!</body></html>", "text/html")


def broken_events(handler: Handler, body: dict[str, Any]) -> None:
    """Events that are not JSON."""
    handler.begin()
    handler.wfile.write(b"data: {not json\n\n")


def endless(handler: Handler, body: dict[str, Any]) -> None:
    """100,000 tokens."""
    handler.begin()
    for _ in range(100_000):
        handler.event("more and ")


def unstreamed(handler: Handler, body: dict[str, Any]) -> None:
    """The whole reply at once, though a stream was asked for."""
    message = {"role": "assistant", "content": json.dumps(GOOD)}
    data = {"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    handler.whole(200, json.dumps(data).encode())


def picky(*unknown: str) -> Act:
    """Refuses requests with parameters it does not know."""

    def act(handler: Handler, body: dict[str, Any]) -> None:
        for name in unknown:
            if name in body:
                status(400, f"Unsupported parameter: '{name}'")(handler, body)
                return
        good(handler, body)

    return act
