"""What must be said: sources that fail, articles that are left alone, deliveries nobody can know of; and backups."""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.torture import rig
from briefing import outbox
from briefing.cli import health
from briefing.errors import StoreError
from briefing.store import backup
from briefing.store.store import Store

PLACES = ("the file", "the mail", "briefing check", "/metrics")


@dataclass(frozen=True)
class Silence:
    """What was told where (trouble → the places that tell it), and how often the page that fails was asked for."""

    told: dict[str, tuple[str, ...]]
    tries: int


def silence(folder: Path) -> Silence:
    """A source that fails, a page that always fails, a mail of which nobody can know: where a reader is told."""
    from starlette.testclient import TestClient

    from briefing.web import create_app

    with rig.servers(folder) as (smtp, web):
        site = f"http://127.0.0.1:{web}"
        page = f"<item><title>Kelby counts its boats</title><guid>page</guid><link>{site}/page.html</link></item>"
        entries = [rig.entry(1, rig.START - timedelta(hours=1)), page]
        (folder / "feed.xml").write_bytes(rig.feed(entries))
        sources = [
            {"name": "Feed", "type": "feed", "url": f"{site}/feed.xml"},
            {"name": "Dead", "type": "feed", "url": f"http://127.0.0.1:{rig.dead_port()}/x.xml"},
        ]
        (folder / "fail").write_text('{"page.html": "500"}')
        channels = [rig.mail_to(smtp, "ada@example.org"), {"type": "file", "folder": "out", "formats": ["txt"]}]
        rig.write_config(folder, sources, channels)
        hands = rig.Clock()
        with rig.opened(folder, hands) as app:
            for day in range(4):
                hands.now = rig.START + timedelta(days=day)
                entries.append(rig.entry(10 + day, hands.now - timedelta(hours=1)))
                (folder / "feed.xml").write_bytes(rig.feed(entries))
                # The connection of the second day's mail is dropped after its final dot.
                (folder / "mode").write_text("dot" if day == 1 else "")
                app.run()
                (folder / "mode").write_text("")
            outbox.deliver(app.outbox)
            metrics = TestClient(create_app(app), base_url="http://localhost").get("/metrics").text
            checked = "\n".join(f"{one.state} {one.what}: {one.words}" for one in health.checks(app))
        files = "\n".join(path.read_text(encoding="utf-8") for path in sorted((folder / "out").iterdir()))
        mails = (folder / "texts").read_text(encoding="utf-8")
        tries = (folder / "asked").read_text().splitlines().count("page.html")
    places = dict(zip(PLACES, (files, mails, checked, metrics), strict=True))
    wanted = {
        "a source that fails": (r"\bDead\b.*", r'source_failures\{source="Dead"\} [1-9]'),
        "an article left alone": (r"Kelby counts its boats", r'briefing_items\{state="failed"\} 1'),
        "a delivery that is uncertain": (r"it may\s+have arrived or not", r'deliveries\{state="uncertain"\} 1'),
    }
    told = {
        what: tuple(place for place, text in places.items() if re.search(gauge if place == "/metrics" else words, text))
        for what, (words, gauge) in wanted.items()
    }
    return Silence(told, tries)


@dataclass(frozen=True)
class Backups:
    """What copies made while others write came to."""

    made: int
    damaged: int
    same_after_restore: bool
    refused: int
    spoilt: int


def backups(folder: Path, count: int = 20) -> Backups:
    """Copies made while another process writes, one of them put back; copies that were spoilt are refused."""
    with rig.servers(folder) as (smtp, web):
        source = {"name": "Feed", "type": "feed", "url": f"http://127.0.0.1:{web}/feed.xml"}
        rig.write_config(folder, [source], [rig.mail_to(smtp, "ada@example.org"), {"type": "file", "folder": "out"}])
        hands = rig.Clock()
        done, days = threading.Event(), iter(range(100_000))
        entries: list[str] = []
        made: list[backup.Backup] = []
        damaged = 0

        def morning() -> None:
            number = next(days)
            hands.now = rig.START + timedelta(days=number)
            entries.append(rig.entry(number + 1, hands.now - timedelta(hours=1)))
            (folder / "feed.xml").write_bytes(rig.feed(entries[-20:]))
            with rig.opened(folder, rig.Clock(hands.now)) as app:
                app.run()

        def write() -> None:
            while not done.is_set():
                morning()

        morning()
        writer = threading.Thread(target=write)
        writer.start()
        with rig.opened(folder, hands) as app:
            try:
                for number in range(count):
                    try:
                        made.append(backup.create(app.store, folder / "copies", rig.START + timedelta(seconds=number)))
                    except StoreError:
                        damaged += 1
            finally:
                done.set()
                writer.join()
            chosen = made[len(made) // 2]
            backup.restore(app.store, chosen.path, folder / "kept", rig.START)
            counts = rig.query(folder, "SELECT (SELECT count(*) FROM editions), (SELECT count(*) FROM articles)")[0]
            same = counts == (chosen.editions, chosen.articles) and rig.integrity(folder) == "ok"
            hands.now += timedelta(days=1)
            same = same and app.run().made
            refused = sum(_refused(app.store, chosen.path, folder / f"spoilt{part}.db", part) for part in range(SPOILT))
    return Backups(len(made), damaged, same, refused, SPOILT)


SPOILT = 10


def _refused(store: Store, whole: Path, path: Path, part: int) -> bool:
    """Whether a copy is refused that was cut off, or has 4 KB of noise, after so many tenths of it."""
    content = bytearray(whole.read_bytes())
    at = len(content) * part // SPOILT
    if part % 2:
        content[at : at + 4096] = os.urandom(len(content[at : at + 4096]))
    else:
        del content[at:]
    path.write_bytes(content)
    try:
        backup.restore(store, path, path.parent / "kept", rig.START)
    except StoreError:
        return True
    return False
