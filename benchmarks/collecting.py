"""Seconds to collect many feeds from a server with latency: at first, unchanged, with a third of them failing.

Asked, of 200 feeds at 50 ms on 2 cores: under 15 s at first, under 5 s unchanged. The exit code is 1 if it took longer,
or if other feeds than the failing ones failed.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.common import arguments, report

ENTRIES = 30
ASKED = {"first": 15.0, "unchanged": 5.0, "a third failing": 15.0}
"""Seconds."""
WORDS = "The council of Kelby voted on Monday to reopen the old lift bridge to carts and to people on foot. " * 6


def _feed(number: int) -> bytes:
    items = "".join(
        f"<item><title>Item {n} of paper {number}</title><link>https://paper{number}.example/{n}</link><guid>{number}-{n}</guid>"
        f"<pubDate>Tue, 10 Mar 2026 {n % 24:02}:00:00 GMT</pubDate><description>{WORDS}</description></item>"
        for n in range(ENTRIES)
    )
    return f"<rss version='2.0'><channel><title>Paper {number}</title>{items}</channel></rss>".encode()


def _serve(latency: float, pipe: Connection) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        failing = False

        def do_GET(self) -> None:
            time.sleep(latency)
            number = int(self.path.rpartition("/")[2])
            known = self.headers.get("If-None-Match") == f'"{number}"'
            status = 503 if Handler.failing and number % 3 == 0 else 304 if known else 200
            body = _feed(number) if status == 200 else b""
            self.send_response(status)
            self.send_header("ETag", f'"{number}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_port)
    while pipe.recv():
        Handler.failing = True
        pipe.send(True)


def main() -> None:
    """Print the table."""
    options = arguments(__doc__ or "")
    options.add_argument("--feeds", type=int, default=200)
    options.add_argument("--latency", type=float, default=0.05, help="seconds the server takes for each answer")
    chosen = options.parse_args()
    from briefing import collecting
    from briefing.app import App
    from briefing.config import parse_config

    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(chosen.latency, there), daemon=True)
    server.start()
    origin = f"http://127.0.0.1:{here.recv()}"
    feeds = "\n".join(f"  - {{name: F{n}, type: feed, url: '{origin}/{n}'}}" for n in range(chosen.feeds))
    text = f"sources:\n{feeds}\nbriefings: [{{name: daily}}]\nsummarizer: {{model: ./none}}\n"
    text += f"fetch: {{private: ['{origin}'], retries: 1}}\n"
    moment = datetime(2026, 3, 11, 12, tzinfo=UTC)
    table = []
    held = True
    with tempfile.TemporaryDirectory() as folder, App(parse_config(text, None, {}), Path(folder)) as app:
        parts = app.parts
        for what, later in (("first", 0), ("unchanged", 60), ("a third failing", 120)):
            if later == 120:
                here.send(True)
                here.recv()
            started = time.perf_counter()
            when = moment + timedelta(minutes=later)
            late = collecting.collect(parts, when)
            seconds = time.perf_counter() - started
            read = collecting.account(parts, when, when - timedelta(seconds=1), late, "UTC")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
            failing = (chosen.feeds + 2) // 3 if later == 120 else 0
            fine = (
                seconds < ASKED[what]
                and read.failed == failing
                and read.read + read.unchanged == chosen.feeds - failing
            )
            held = held and fine
            table.append(
                [
                    what,
                    seconds,
                    f"{ASKED[what]:g}",
                    read.read,
                    read.unchanged,
                    read.failed,
                    peak,
                    "held" if fine else "BROKEN",
                ]
            )
    here.send(False)
    server.join(5)
    title = f"{chosen.feeds} feeds of {ENTRIES} items, {chosen.latency * 1000:g} ms latency, one server"
    report(title, ["look", "seconds", "under", "read", "unchanged", "failed", "peak MB", ""], table, chosen.json)
    if not held:
        sys.exit(1)


if __name__ == "__main__":
    main()
