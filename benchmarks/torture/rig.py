"""The rig: an installation in a folder, a clock in the hand, servers on loopback that fail as they are told."""

from __future__ import annotations

import contextlib
import email
import email.policy
import hashlib
import http.server
import json
import multiprocessing
import os
import signal
import socket
import socketserver
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from briefing.app import App
from briefing.config import load_config
from briefing.sources import Tools
from briefing.worker import Result, Worker

START = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)
PLACES = ("Harrow Cross", "Kelby", "Dunmarrow", "Aldmouth", "Northam", "Dunholm", "Westerby", "Oakhaven")
DEEDS = ("reopened its library", "closed its harbour", "mended the old bridge", "counted its votes", "lost its ferry")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The moment it shows."""
        return self.now


class Direct(Worker):
    """Stands in for the reader's process: what is read here are our own texts."""

    def call(self, subject: str, function: Callable[..., Result], *arguments: object) -> Result:
        """`function(*arguments)`, here."""
        return function(*arguments)


class Rig(App):
    """An installation whose reader is no process of its own, so that hundreds start in a minute."""

    @property
    def tools(self) -> Tools:
        """As the installation's, without the process."""
        whole = super().tools
        return Tools(whole.fetcher, Direct(), whole.base, whole.max_bytes)


def opened(folder: Path, clock: Clock) -> Rig:
    """The installation in `folder`."""
    return Rig(load_config(folder / "config.yaml", {}), folder, at=clock)


def _origin(address: str) -> str:
    host, _, _ = address.partition("//")[2].rpartition("@")[2].partition("/")
    return "http://" + ":".join(host.split(":")[:2])


def write_config(folder: Path, sources: list[dict[str, Any]], channels: list[dict[str, Any]], **more: Any) -> None:
    """A configuration, as JSON, which is YAML."""
    briefing = {"name": "daily", "limits": {"max_age": 48}, "channels": channels, **more.pop("briefing", {})}
    whole = {
        "sources": sources,
        "briefings": more.pop("briefings", [briefing]),
        "summarizer": {"model": "./none"},
        "fetch": {"retries": 1, "timeout": 5} | more.pop("fetch", {}),
        **more,
    }
    # Its servers stand on this machine.
    local = {_origin(str(source["url"])) for source in sources if "127.0.0." in str(source.get("url"))}
    whole["fetch"]["private"] = sorted(local)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(json.dumps(whole), encoding="utf-8")


def entry(number: int, day: datetime) -> str:
    """An item of a feed: a story of our own, told nowhere else."""
    place, deed = PLACES[number % len(PLACES)], DEEDS[number % len(DEEDS)]
    text = (
        f"{place} {deed} on its day {number}, the council of ward {number * 7 + 1} said. "
        f"Some {number * 13 + 40} people had come to see it, and {number + 3} of them spoke. "
        f"The work had cost {number * 11 + 5} thousand crowns and taken {number % 9 + 2} months. "
    ) * 4
    when = day.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return (
        f"<item><title>{place} {deed}, number {number}</title>"
        f'<guid isPermaLink="false">story-{number}</guid><pubDate>{when}</pubDate>'
        f"<description>{text}</description></item>"
    )


def feed(entries: list[str]) -> bytes:
    """A feed of these items."""
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{"".join(entries)}</channel></rss>'.encode()
    )


# Servers


class _Smtp(socketserver.StreamRequestHandler):
    """As much of SMTP as a mail needs. `mode` (a file) says where the connection is dropped."""

    server: _Server

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
        self.wfile.flush()

    def handle(self) -> None:
        folder = self.server.folder
        mode = (folder / "mode").read_text() if (folder / "mode").exists() else ""
        with contextlib.suppress(OSError):
            self._talk(folder, mode)

    def _talk(self, folder: Path, mode: str) -> None:
        if mode == "connect":
            return
        if mode == "greeting":
            self.wfile.write(b"220 half a gree")
            return
        self._say("220 rig")
        who = ""
        while line := self.rfile.readline():
            verb = line.split()[0].upper().decode() if line.split() else ""
            if verb in ("EHLO", "HELO"):
                if mode == "ehlo":
                    return
                self._say("250 rig")
            elif verb == "MAIL":
                if mode == "mail":
                    return
                self._say("250 ok")
            elif verb == "RCPT":
                if mode == "rcpt":
                    return
                who = line.decode().partition("<")[2].partition(">")[0]
                refused = mode.removeprefix("refuse ") if mode.startswith("refuse ") else ""
                busy = mode.removeprefix("busy ") if mode.startswith("busy ") else ""
                self._say("550 no such user" if who == refused else "451 later" if who == busy else "250 ok")
            elif verb == "DATA":
                if mode == "data":
                    return
                self._say("354 go on")
                if mode == "text":
                    self.rfile.readline()
                    # Unread bytes left behind make the system reset the connection, as a crash does.
                    return
                body = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    body += part
                if not part:
                    return
                self._keep(folder, who, body)
                if mode == "dot":
                    return
                self._say("250 taken")
                if mode == "quit":
                    return
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    @staticmethod
    def _keep(folder: Path, who: str, body: bytes) -> None:
        head = body.decode("utf-8", "replace").partition("\r\n\r\n")[0].split("\r\n")
        named = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head}
        note = {"to": who, "id": named["message-id"], "subject": named["subject"], "at": time.time()}
        line = json.dumps(note) + "\n"
        handle = os.open(folder / "mailbox", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, line.encode())
        os.close(handle)
        # As a reader sees it: what is encoded on its way must not hide what a test looks for.
        mail = email.message_from_bytes(body, policy=email.policy.default)
        parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
        with (folder / "texts").open("a", encoding="utf-8") as out:
            out.write("\n".join([str(mail["subject"]), *parts, ""]))
        with (folder / "mails").open("ab") as whole:
            whole.write(body + b"\n")


class _Http(http.server.BaseHTTPRequestHandler):
    """Serves the files of the folder with ETags; a name in `fail` (a file of JSON) fails as it says there."""

    server: _Server

    def do_GET(self) -> None:
        folder = self.server.folder
        name = self.path.strip("/").partition("?")[0]
        with (folder / "asked").open("a") as asked:
            asked.write(f"{name}\n")
        failing = json.loads((folder / "fail").read_text()) if (folder / "fail").exists() else {}
        how = failing.get(name)
        path = folder / name
        if how == "hang":
            time.sleep(8)
            return
        if how == "drop":
            self.connection.close()
            return
        if how in ("500", "404", "429") or not path.is_file():
            self._answer(int(how or 404), b"", {"Retry-After": "7200"} if how == "429" else {})
            return
        body = b"<html>no feed" if how == "garbage" else path.read_bytes()
        mark = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        same = self.headers.get("If-None-Match") == mark
        self._answer(304 if same else 200, b"" if same else body, {"ETag": mark})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128
    folder: Path

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Nobody but this machine is answered."""
        return str(client_address[0]).startswith("127.")


def _serve(folder: str, pipe: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ports = []
    for handler in (_Smtp, _Http):
        # Every address of 127.0.0.0/8 is a host of its own.
        server = _Server(("" if handler is _Http else "127.0.0.1", 0), handler)
        server.folder = Path(folder)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ports.append(server.server_address[1])
    pipe.send(ports)
    pipe.recv()


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[tuple[int, int]]:
    """An SMTP and an HTTP server in a process of their own; gives their ports."""
    folder.mkdir(parents=True, exist_ok=True)
    here, there = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(str(folder), there), daemon=True)
    process.start()
    smtp, web = here.recv()
    try:
        yield smtp, web
    finally:
        with contextlib.suppress(OSError):
            here.send("end")
        process.join(5)
        if process.is_alive():
            process.kill()


def mail_to(port: int, *to: str) -> dict[str, Any]:
    """A mail channel to the rig's server."""
    plain = {"type": "mail", "host": "127.0.0.1", "port": port, "security": "none", "timeout": 5}
    return plain | {"sender": "briefing@example.org", "to": list(to)}


def mailbox(folder: Path) -> list[dict[str, Any]]:
    """What the server took: recipient, Message-ID and the moment, in order."""
    path = folder / "mailbox"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


# Processes and their store


def child(job: Callable[[], int], kill_after: float | None = None, kill_at: str | None = None) -> int:
    """Do a job in a process of its own, perhaps killed; returns its exit code, -9 for SIGKILL."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            if kill_at:
                os.environ["BRIEFING_KILL_AT"] = kill_at
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            if kill_at != "list":
                os.dup2(quiet, 2)
            code = job()
        finally:
            os._exit(code)
    if kill_after is not None:
        until = time.monotonic() + kill_after
        while time.monotonic() < until:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def integrity(folder: Path) -> str:
    """What SQLite finds wrong with the store; "ok" if nothing."""
    if not (folder / "briefing.db").exists():
        return "ok"
    with contextlib.closing(sqlite3.connect(folder / "briefing.db")) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        found += [f"foreign key {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    return "ok" if found == ["ok"] else "; ".join(found)


def query(folder: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the store, read beside the program."""
    with contextlib.closing(sqlite3.connect(folder / "briefing.db")) as connection:
        return connection.execute(sql, values).fetchall()


def days(count: int) -> Iterator[datetime]:
    """So many mornings, one after the other."""
    return (START + timedelta(days=number) for number in range(count))


def dead_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
