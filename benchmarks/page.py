"""The page with many articles stored: first paint, search, and many readers at once, on loopback.

The store is filled with sentences made of invented words, distributed like those of a language (Zipf), so that search
meets rare and common ones. Readers ask from a process of their own, so that they do not take the server's time but the
machine's. Server time is from a request's arrival at the application to the last byte of its answer.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from benchmarks.common import SEED, arguments, report
from briefing.app import App
from briefing.config import parse_config
from briefing.store import Store
from briefing.types import Article, Bullet, Collected, Edition, Evidence, Item, Pick, Story, Summary
from briefing.web.server import Server

NOW = datetime(2026, 3, 11, 7, tzinfo=UTC)
SOURCES = 20
SENTENCES = 14
CONFIG = """\
sources: [{name: Paper 0, type: file, path: nothing}]
topics: [{name: News, description: All of it.}]
briefings: [{name: daily}]
"""


def _words(count: int, source: random.Random) -> list[str]:
    parts = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "or")]
    drawn = ("".join(source.choices(parts, k=source.randint(2, 4))) for _ in range(count * 2))
    return list(dict.fromkeys(drawn))[:count]


def words_of() -> list[str]:
    """The invented words, common ones first."""
    return _words(30_000, random.Random(SEED))


def fill(store: Store, count: int, editions: int) -> list[str]:
    """`count` articles of `SENTENCES` sentences, and a daily edition of 12 of them. Returns the words, common first."""
    source = random.Random(SEED)
    words = _words(30_000, source)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    made: list[Article] = []
    for start in range(0, count, 2_000):
        size = min(2_000, count - start)
        seen = NOW - timedelta(days=30) * (1 - (start + size) / count)
        place = f"Paper {start // 2_000 % SOURCES}"
        item = Item(source=place, key=str(start))
        store.note_items(place, Collected(items=(item,)), seen)
        (unread,) = [one for one in store.unread([place], None) if one.item.key == str(start)]
        batch = []
        for number in range(start, start + size):
            drawn = source.choices(words, weights, k=SENTENCES * 15 + 8)
            text = " ".join(
                " ".join(drawn[8 + 15 * k : 23 + 15 * k]).capitalize() + "." + ("\n\n" if k % 2 else "")
                for k in range(SENTENCES)
            )
            title = " ".join(drawn[:8]).capitalize()
            batch.append(
                Article(
                    id=f"{number:016x}", source=place, url=f"https://paper.example/{number}", title=title, text=text,
                    published=seen, seen=seen,
                )
            )  # fmt: skip
        store.keep_articles(unread.id, batch)
        made += batch[:12]
    for back in range(editions):
        made_at = NOW - timedelta(days=back)
        lead = made[back * 12 % max(1, len(made) - 12) :][:12]
        store.save_edition(_edition(lead, made_at), [])
    return words


def _edition(articles: list[Article], made: datetime) -> Edition:
    summaries = []
    for article in articles:
        ends = [k + 1 for k, letter in enumerate(article.text) if letter == "."][:4]
        spans = [Evidence(article.id, a, b) for a, b in zip([0, *(e + 1 for e in ends)], ends, strict=False)]
        told = tuple(Bullet(text=article.text[e.start : e.end].strip(), evidence=(e,), support=1.0) for e in spans)
        pick = Pick(story=Story(id=article.id, articles=(article,)), topic="News", score=0.5, why=("because",))
        summaries.append(Summary(pick=pick, bullets=told, engine="quoted"))
    day = made.date()
    return Edition(
        id=f"{day:%Y%m%d}".rjust(16, "0"), briefing="daily", slot=day.isoformat(), title="Daily briefing", day=day,
        language="en", time_zone="UTC", made=made, summaries=tuple(summaries), topics=("News",),
    )  # fmt: skip


class Timed:
    """Around the application: milliseconds of each answer, and its status. It is used by the server's thread."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.taken: list[tuple[float, int]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        started, status = time.perf_counter(), 0

        async def noted(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._app(scope, receive, noted)
        if scope["type"] == "http":
            self.taken.append(((time.perf_counter() - started) * 1000, status))

    def after(self, answers: int) -> list[float]:
        """Milliseconds of so many answers; the last one is noted a moment after it is read."""
        while len(self.taken) < answers:
            time.sleep(0.001)
        return [one for one, _ in self.taken]


async def _read(reader: asyncio.StreamReader) -> int:
    """One answer of HTTP/1.1 off the wire. Returns its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = re.search(rb"content-length: (\d+)", head)
    await reader.readexactly(int(length[1]) if length else 0)
    return int(head.split(b" ", 2)[1])


async def _reader(host: str, port: int, paths: list[str], until: float | None) -> tuple[list[float], int]:
    """Milliseconds of each answer, and how many were faults, of somebody who asks for one path after the other on one
    connection: once, or over and over until a moment."""
    taken: list[float] = []
    faults = 0
    reader, writer = await asyncio.open_connection(host, port)
    for path in itertools.cycle(paths) if until else paths:
        if until and time.perf_counter() >= until:
            break
        started = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        try:
            faults += await _read(reader) != 200
        except (OSError, EOFError):
            faults += 1
            reader, writer = await asyncio.open_connection(host, port)
        taken.append((time.perf_counter() - started) * 1000)
    writer.close()
    return taken, faults


def _ask(port: int, paths: list[str], readers: int, seconds: float | None) -> tuple[list[float], int]:
    """What `_reader` says of all `readers` together. It runs in a process of its own."""

    async def all_of_them() -> tuple[list[float], int]:
        until = time.perf_counter() + seconds if seconds else None
        found = await asyncio.gather(*(_reader("127.0.0.1", port, paths, until) for _ in range(readers)))
        return [one for taken, _ in found for one in taken], sum(faults for _, faults in found)

    return asyncio.run(all_of_them())


def _row(name: str, server: list[float], client: list[float]) -> list[object]:
    def cut(taken: list[float], at: int) -> float:
        return quantiles(taken, n=20)[at] if len(taken) > 1 else taken[0]

    return [name, len(server), cut(server, 9), cut(server, 18), max(server), cut(client, 9), cut(client, 18)]


def main() -> None:
    """Print the table."""
    parser = arguments("The page over a filled store: milliseconds per answer, on loopback.")
    parser.add_argument("--articles", type=int, default=100_000, help="how many are stored")
    parser.add_argument("--readers", type=int, default=200, help="how many read at once")
    parser.add_argument("--seconds", type=float, default=10.0, help="for how long they read")
    parser.add_argument("--keep", type=Path, help="a folder the store is kept in, and taken from the next time")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        app = stack.enter_context(App(parse_config(CONFIG, None, {}), folder, at=lambda: NOW))
        started = time.perf_counter()
        filled = app.store.library.count()["articles"] >= options.articles
        words = words_of() if filled else fill(app.store, options.articles, 30)
        said = "kept from before" if filled else f"stored in {time.perf_counter() - started:.0f} s"
        source = random.Random(SEED + 1)
        days = [f"/editions/daily/2026-02-{day}" for day in range(12, 29)]
        searches = {
            "search, a frequent word": [words[source.randrange(10)] for _ in range(40)],
            "search, a rare word": [words[source.randrange(5_000, 20_000)] for _ in range(40)],
            "search, two words": [" ".join(source.sample(words[:400], 2)) for _ in range(40)],
            "search, a phrase": [f'"{words[source.randrange(30)]} {words[source.randrange(30)]}"' for _ in range(40)],
            "search, a beginning": [words[source.randrange(300)][:4] for _ in range(40)],
        }
        asked = {
            "today's edition, the first time": ["/"],
            "today's edition": ["/"] * 200,
            "a day of the archive, the first time": days,
            "a day of the archive": days * 5,
            "the archive": ["/editions"] * 50,
            "sources and status": ["/sources", "/status"] * 20,
            **{
                what: [f"/search?{urlencode({'q': one})}" for one in words_asked]
                for what, words_asked in searches.items()
            },
        }
        timed: list[Timed] = []

        def around(application: Any) -> Any:
            timed.append(Timed(application))
            return timed[0]

        table: list[list[object]] = []
        clients = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        server = stack.enter_context(Server(app, port=0, around=around))
        port = int(server.url.rstrip("/").rpartition(":")[2])
        for what, paths in asked.items():
            timed[0].taken.clear()
            taken, faults = clients.submit(_ask, port, paths, 1, None).result()
            assert not faults, f"{what}: {[status for _, status in timed[0].taken]}"
            table.append(_row(what, timed[0].after(len(paths)), taken))
        timed[0].taken.clear()
        taken, faults = clients.submit(_ask, port, ["/"], options.readers, options.seconds).result()
        table.append(_row(f"{options.readers} readers at once", timed[0].after(len(taken)), taken))
    head = ["what", "answers", "server p50", "p95", "worst", "reader p50", "p95"]
    report(f"the page over {options.articles} articles, {said}: milliseconds", head, table, options.json)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{options.readers} readers: {len(taken) / options.seconds:.0f} pages a second, {faults} faults; load {load}")


if __name__ == "__main__":
    main()
