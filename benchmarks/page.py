"""The page with many articles stored: first paint, search, and many readers at once, on loopback.

The store is filled with sentences made of invented words, distributed like those of a language (Zipf), so that search
meets rare and common ones. Times are the server's own, measured by its middleware, in milliseconds.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import httpx

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


def _timed(client: httpx.Client, paths: list[str]) -> list[float]:
    taken = []
    for path in paths:
        started = time.perf_counter()
        answer = client.get(path)
        taken.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
    return taken


def _row(name: str, taken: list[float]) -> list[object]:
    cut = quantiles(taken, n=20) if len(taken) > 1 else taken * 19
    return [name, len(taken), cut[9], cut[18], max(taken)]


def _crowd(url: str, readers: int, seconds: float) -> tuple[list[float], int]:
    """Milliseconds of every answer, and how many were faults, of `readers` that ask one after the other."""
    until = time.perf_counter() + seconds
    faults = 0
    lock = threading.Lock()
    limits = httpx.Limits(max_connections=readers, max_keepalive_connections=readers)
    with httpx.Client(base_url=url, timeout=60, limits=limits) as client:

        def read(_: int) -> list[float]:
            nonlocal faults
            taken = []
            while time.perf_counter() < until:
                started = time.perf_counter()
                try:
                    bad = client.get("/").status_code != 200
                except httpx.HTTPError:
                    bad = True
                taken.append((time.perf_counter() - started) * 1000)
                if bad:
                    with lock:
                        faults += 1
            return taken

        with ThreadPoolExecutor(readers) as pool:
            found = [one for taken in pool.map(read, range(readers)) for one in taken]
    return found, faults


def main() -> None:
    """Print the table."""
    parser = arguments("The page over a filled store: milliseconds per answer, on loopback.")
    parser.add_argument("--articles", type=int, default=100_000, help="how many are stored")
    parser.add_argument("--readers", type=int, default=200, help="how many read at once")
    parser.add_argument("--seconds", type=float, default=10.0, help="for how long they read")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, App(parse_config(CONFIG, None, {}), Path(name), at=lambda: NOW) as app:
        started = time.perf_counter()
        words = fill(app.store, options.articles, 30)
        filled = time.perf_counter() - started
        source = random.Random(SEED + 1)
        searches = {
            "search, a rare word": [words[source.randrange(5_000, 20_000)] for _ in range(40)],
            "search, a common word": [words[source.randrange(10)] for _ in range(40)],
            "search, three words": [" ".join(source.sample(words[:400], 3)) for _ in range(40)],
            "search, a phrase": [f'"{words[source.randrange(30)]} {words[source.randrange(30)]}"' for _ in range(40)],
            "search, a beginning": [words[source.randrange(300)][:3] for _ in range(40)],
        }
        table: list[list[object]] = []
        with Server(app, port=0) as server, httpx.Client(base_url=server.url, timeout=60) as client:
            table.append(_row("today's edition, the first time", _timed(client, ["/"])))
            table.append(_row("today's edition", _timed(client, ["/"] * 60)))
            table.append(
                _row(
                    "an edition of the archive, first time",
                    _timed(client, [f"/editions/daily/2026-02-{d}" for d in range(12, 29)]),
                )
            )
            table.append(_row("the archive", _timed(client, ["/editions"] * 20)))
            for what, asked in searches.items():
                paths = [str(httpx.URL("/search", params={"q": words_of})) for words_of in asked]
                table.append(_row(what, _timed(client, paths)))
            taken, faults = _crowd(server.url, options.readers, options.seconds)
            table.append(_row(f"{options.readers} readers at once, {faults} faults", taken))
    size = f"{options.articles} articles, stored in {filled:.0f} s"
    report(f"the page over {size}: milliseconds", ["what", "answers", "median", "95 %", "worst"], table, options.json)
    print(f"{options.readers} readers: {len(taken) / options.seconds:.0f} pages a second, {faults} faults")


if __name__ == "__main__":
    main()
