"""The outside: mail servers that hang up, recipients that are refused, channels and sources that are dead, models that
are missing or hang, secrets that must not be seen."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from benchmarks.torture import rig
from briefing import outbox
from briefing.config import load_config
from briefing.errors import ModelUnavailable
from briefing.scheduler import Service

DROPS = ("connect", "greeting", "ehlo", "mail", "rcpt", "data", "text", "dot", "quit")
FEED = {"name": "Feed", "type": "feed"}


def _news(folder: Path, web: int, count: int = 2) -> list[dict[str, Any]]:
    (folder / "feed.xml").write_bytes(rig.feed([rig.entry(n, rig.START - timedelta(hours=2)) for n in range(count)]))
    return [{**FEED, "url": f"http://127.0.0.1:{web}/feed.xml"}]


def drops(folder: Path, times: int, points: tuple[str, ...] = DROPS) -> dict[str, Counter[str]]:
    """The connection is dropped at a point, so often; per point what became of the mails after a day of tries."""
    found: dict[str, Counter[str]] = {}
    with rig.servers(folder) as (smtp, web):
        rig.write_config(folder, _news(folder, web), [rig.mail_to(smtp, "ada@example.org")])
        mornings = rig.days(times * len(points))
        for point in points:
            counts: Counter[str] = Counter()
            for _ in range(times):
                now = next(mornings)
                hands = rig.Clock(now)
                (folder / "mode").write_text(point)
                before = len(rig.mailbox(folder))
                with rig.opened(folder, hands) as app:
                    first = app.run().deliveries[0].state
                    (folder / "mode").write_text("")
                    for hours in (1, 3, 6):
                        hands.now = now + timedelta(hours=hours)
                        app.deliver_pending()
                    last = app.store.deliveries()[-1]
                copies = len(rig.mailbox(folder)) - before
                counts[f"{first}, then {last.state}"] += 1
                counts["copies"] += copies
                counts["twice"] += max(0, copies - 1)
                counts["lost"] += copies == 0 and last.state != "uncertain"
            found[point] = counts
    return found


def refused(folder: Path, recipients: int = 50) -> Counter[str]:
    """One of so many recipients is refused for good; the others get their mail once, whatever is tried again."""
    people = [f"reader{number}@example.org" for number in range(recipients)]
    return _answered(folder, people, f"refuse {people[recipients // 2]}")


def busy(folder: Path, recipients: int = 50) -> Counter[str]:
    """The server has no time for one of so many recipients (451), for three hours."""
    people = [f"reader{number}@example.org" for number in range(recipients)]
    return _answered(folder, people, f"busy {people[recipients // 2]}", until=3)


def _answered(folder: Path, people: list[str], mode: str, until: int = 99) -> Counter[str]:
    with rig.servers(folder) as (smtp, web):
        rig.write_config(folder, _news(folder, web), [rig.mail_to(smtp, *people)])
        hands = rig.Clock()
        with rig.opened(folder, hands) as app:
            for hours in (0, 1, 2, 3, 5, 8):
                (folder / "mode").write_text(mode if hours < until else "")
                hands.now = rig.START + timedelta(hours=hours)
                app.run()
            rows = app.store.deliveries()
    copies = Counter(mail["to"] for mail in rig.mailbox(folder))
    return Counter(row.state for row in rows) + Counter(
        {
            "got it once": sum(n == 1 for n in copies.values()),
            "twice": sum(n > 1 for n in copies.values()),
            "tries of one": max(row.attempts for row in rows),
        }
    )


class Silent:
    """A server that accepts every connection, reads what it is sent, and never answers."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.asked = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.asked += 1
                self._open.append(connection)

    def close(self) -> None:
        """Let go of all of them."""
        for one in (self._listener, *self._open):
            one.close()


@dataclass(frozen=True)
class Hung:
    """Seconds after which the mail and the file were there, and all was done; what became of the webhook's delivery."""

    mail: float
    file: float
    whole: float
    asked: int
    state: str
    attempts: int


def dead_webhook(folder: Path, seconds: float = 6.0) -> Hung:
    """A webhook whose receiver accepts and never answers, before mail and files."""
    silent = Silent()
    with rig.servers(folder) as (smtp, web), contextlib.closing(silent):
        hook = {"type": "webhook", "url": f"http://127.0.0.1:{silent.port}/hook", "timeout": seconds}
        channels = [hook, rig.mail_to(smtp, "ada@example.org"), {"type": "file", "folder": "out"}]
        rig.write_config(folder, _news(folder, web), channels)
        with rig.opened(folder, rig.Clock()) as app:
            edition = app.run(dry=True).edition
            app.store.save_edition(edition, outbox.recipients(app.channels(app.briefing(None))))
            began = time.time()
            seen: list[float] = []

            def watch() -> None:
                while not list((folder / "out").glob("*.md")):
                    time.sleep(0.02)
                seen.append(time.time() - began)

            watcher = threading.Thread(target=watch, daemon=True)
            watcher.start()
            outbox.deliver(app.outbox, only=edition.id)
            whole = time.time() - began
            rows = {row.channel.split()[0]: row for row in app.store.deliveries()}
        mail = rig.mailbox(folder)[0]["at"] - began
        watcher.join(5)
    assert rows["mail"].state == rows["file"].state == "sent"
    return Hung(mail, seen[0], whole, silent.asked, rows["webhook"].state, rows["webhook"].attempts)


def failing_sources(folder: Path, count: int = 20, failing: int = 6) -> dict[str, float]:
    """Of so many feeds some fail, each in its own way; later they are well again."""
    ways = ("500", "404", "hang", "drop", "garbage", "429")
    with rig.servers(folder) as (_, web):
        sources = []
        for number in range(count):
            (folder / f"feed{number}.xml").write_bytes(rig.feed([rig.entry(number, rig.START - timedelta(hours=2))]))
            # Each on a host of its own: where one host asks for a rest, its other feeds rest too.
            url = f"http://127.0.0.{number + 1}:{web}/feed{number}.xml"
            sources.append({"name": f"Feed {number}", "type": "feed", "url": url})
        rig.write_config(folder, sources, [{"type": "file", "folder": "out"}], fetch={"retries": 1, "timeout": 2})
        bad = {f"feed{number}.xml": ways[number % len(ways)] for number in range(failing)}
        (folder / "fail").write_text(json.dumps(bad))
        hands = rig.Clock()
        # A host's rest is measured by this clock too.
        ticking = SimpleNamespace(monotonic=lambda: hands().timestamp(), sleep=time.sleep)
        with rig.opened(folder, hands) as app, mock.patch("briefing.fetch.manners.time", ticking):
            edition = app.run().edition
            told = sum(len(summary.pick.story.articles) for summary in edition.summaries)
            left = edition.receipt.over_limit
            named = len({problem.subject for problem in edition.problems if problem.stage == "source"})
            # They fail for two days, in which they are asked by their pace, and then they are well.
            until = rig.START + timedelta(days=2)
            while hands.now < until:
                hands.now += timedelta(minutes=30)
                app.collect()
            health = app.store.health()
            failures = max(seen.failures for seen in health.values())
            bystanders = sum(seen.failures > 0 for seen in health.values()) - failing
            (folder / "fail").write_text("{}")
            back: dict[str, float] = {}
            while len(back) < failing and hands.now < until + timedelta(days=2):
                hands.now += timedelta(minutes=15)
                app.collect()
                for name, seen in app.store.health().items():
                    if seen.failures == 0 and f"{name.lower().replace(' ', '')}.xml" in bad:
                        back.setdefault(name, (hands.now - until).total_seconds() / 3600)
    return {
        "articles of the others": float(told + left),
        "named in the foot": float(named),
        "others that failed": float(bystanders),
        "tries of one in two days": float(failures),
        "came back": float(len(back)),
        "hours until the last was back": max(back.values(), default=float("inf")),
    }


# Models


class Broken:
    """An encoder that fails as it is told."""

    name, meaning, identity = "broken", True, "broken"

    def __init__(self, how: str) -> None:
        self.how = how
        self.released = threading.Event()

    def encode(self, texts: list[str]) -> Any:
        """Never anything."""
        if self.how == "hangs":
            self.released.wait(60)
        if self.how == "memory":
            raise MemoryError
        if self.how == "torch's memory":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        raise ModelUnavailable(self.name, "it is not there")

    encode_each = encode


MODELS = ("missing", "damaged", "memory", "torch's memory", "hangs", "server hangs", "server gone")


def model(folder: Path, how: str) -> tuple[bool, bool, float]:
    """An issue without its model: (whether it came, whether it says so, minutes after its time)."""
    from briefing.engines.encoder import FallbackEncoder

    (folder / "news").mkdir(parents=True)
    text = "Kelby mends its bridge\n\nThe bridge of Kelby was mended on Monday. It took a year. Trains run again.\n"
    (folder / "news" / "a.txt").write_text(text, encoding="utf-8")
    summarizer: dict[str, Any] = {"model": "./none"}
    listener = socket.create_server(("127.0.0.1", 0))
    if how == "damaged":
        (folder / "none").mkdir()
        (folder / "none" / "config.json").write_text('{"model_type": "bert"}')
        (folder / "none" / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{not safetensors" * 9)
    if how.startswith("server"):
        port = listener.getsockname()[1] if how == "server hangs" else rig.dead_port()
        engine = {"type": "server", "url": f"http://127.0.0.1:{port}/v1", "model": "m", "deadline": 600}
        summarizer["engines"] = [engine]
    channels = [{"type": "file", "folder": "out"}]
    source = {"name": "News", "type": "file", "path": "news"}
    rig.write_config(folder, [source], channels, summarizer=summarizer, briefing={"schedule": {"grace": 0.05}})

    began = time.monotonic()

    def hands() -> datetime:
        """A clock that runs: the issue is due two seconds after the start."""
        return rig.START.replace(minute=0) + timedelta(seconds=time.monotonic() - began - 2)

    due = rig.START.replace(hour=7, minute=0)
    app = rig.Rig(load_config(folder / "config.yaml", {}), folder, at=hands)
    broken = Broken(how)
    if how in ("memory", "torch's memory", "hangs"):
        app._made["encoder"] = FallbackEncoder(broken)
    with app, contextlib.closing(listener):
        service = Service(app, threads=True)

        def wait(_: float) -> None:
            time.sleep(0.25)
            service.tick()

        runner = threading.Thread(target=service.run, args=(wait,), daemon=True)
        runner.start()
        while time.monotonic() - began < 45 and not any(row.state == "sent" for row in app.store.deliveries()):
            time.sleep(0.1)
        late = (hands() - due).total_seconds() / 60
        broken.released.set()
        service.stop()
        runner.join(40)
        slots = app.store.slots("daily")
        edition = app.store.edition("daily", slots[0]) if slots else None
    came = edition is not None and len(slots) == 1 and bool(edition.summaries)
    says = edition is not None and any(problem.stage == "tell" for problem in edition.problems)
    return came, says, late


# Secrets

CANARY = "canary-7f3a9c"


def secrets(folder: Path) -> dict[str, int]:
    """Secrets in addresses, mail log-ins and keys, with everything failing: where they were seen."""
    from typer.testing import CliRunner

    from briefing.cli.main import app as commands

    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    logging.getLogger("briefing").setLevel(logging.DEBUG)
    try:
        with rig.servers(folder) as (smtp, web):
            site = f"127.0.0.1:{web}"
            sources = [
                *_news(folder, web),
                {"name": "User", "type": "feed", "url": f"http://{CANARY}:{CANARY}@{site}/feed.xml"},
                {"name": "Token", "type": "feed", "url": f"http://{site}/nothing.xml?token={CANARY}"},
                {"name": "Page", "type": "page", "url": f"http://{site}/nothing?key={CANARY}"},
                {"name": "Dead", "type": "feed", "url": f"http://127.0.0.1:{rig.dead_port()}/x?key={CANARY}"},
                {"name": "Odd", "type": "feed", "url": f"http://{site}:{CANARY}/x"},
            ]
            login = {"user": "me", "password": CANARY}
            channels = [
                rig.mail_to(smtp, "ada@example.org"),
                rig.mail_to(smtp, "eve@example.org") | login,
                rig.mail_to(rig.dead_port(), "bob@example.org") | login,
                {"type": "webhook", "url": f"http://127.0.0.1:{rig.dead_port()}/hook?key={CANARY}", "name": "hook"},
                {"type": "file", "folder": "out", "formats": ["md", "html", "txt"]},
            ]
            key = {"type": "server", "url": f"http://{site}/v1", "model": "m", "api_key": CANARY}
            rig.write_config(folder, sources, channels, summarizer={"model": "./none", "engines": [key]})
            with rig.opened(folder, rig.Clock()) as app:
                app.run()
            said = ""
            runner = CliRunner()
            for words in (["check"], ["deliveries", "list"], ["next"], ["show"], ["sources", "check"], ["report"]):
                said += runner.invoke(commands, [*words, "--config", str(folder / "config.yaml")]).output
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        logging.getLogger("briefing").setLevel(logging.WARNING)
    pages = "".join(path.read_text(encoding="utf-8") for path in (folder / "out").iterdir())
    # On the wire, and as they are read.
    mails = "".join((folder / name).read_text(encoding="utf-8") for name in ("mails", "texts"))
    where = {"logs": log.getvalue(), "mails": mails, "pages": pages, "commands": said}
    assert all(len(text) > 40 for text in where.values()), {k: len(v) for k, v in where.items()}
    return {name: text.count(CANARY) for name, text in where.items()}
