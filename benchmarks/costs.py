"""What one piece of work costs, as `benchmarks.scale` counts with; measured here as far as no other benchmark does.

python -m benchmarks.costs --json speed.json          # on a machine that does nothing else
python -m benchmarks.scale --speed speed.json
"""

from __future__ import annotations

import json
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, make_url

from benchmarks.common import arguments, machine
from benchmarks.morning import article, page
from benchmarks.postgres import running

NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Seconds are those of one core. Each default names the command that gave it, all on 2 cores; `loaded`: beside
    other work. Those without it were seen idle, on a Xeon with AVX-512."""

    ask: float = 0.026
    """Asking one feed: 200 in 5.1 s by `benchmarks.collecting`, waiting counted in."""
    read: float = 0.020
    """A page of 600 words read into an article: `benchmarks.costs`."""
    embed: float = 0.026
    """What headline and opening mean: `benchmarks.costs`."""
    keep: float = 0.0081
    """An article put into a PostgreSQL by one process, both counted, waiting too: `benchmarks.costs`."""
    group: float = 71.0
    """Grouping 100,000 articles: `benchmarks.stories --part cost`, loaded."""
    group_grows: float = 1.03
    """Twice as many articles take two to the power of this as long; from the same command."""
    group_memory: float = 1439.0
    """MiB at 100,000 articles; from the same command."""
    tell: float = 0.33
    """A story of one article of 600 words told, with shortening, without the guard: `benchmarks.costs`."""
    reader: float = 0.0085
    """An edition chosen, saved, rendered and settled for one more reader: `benchmarks.speed --part growth`."""
    rows: float = 6.0
    """Rows written for an article: `benchmarks.costs`."""
    kept_bytes: float = 9_400.0
    """Bytes of an article in PostgreSQL, with its index for search: `benchmarks.costs`."""
    held_bytes: float = 7_800.0
    """Bytes of an article in a process's memory: `benchmarks.costs`."""
    tokens_in: float = 2_500.0
    """Tokens that a chat model reads for a story of three outlets: assumed."""
    tokens_out: float = 300.0
    """Tokens it writes: assumed."""


def costs_of(path: Path | None) -> Costs:
    """The defaults, with what the JSON file says in their place. Raises ValueError for a name there is none of."""
    if path is None:
        return Costs()
    found = json.loads(path.read_text(encoding="utf-8"))
    given = found.get("costs", found) if isinstance(found, dict) else None
    if not isinstance(given, dict):
        raise ValueError(f"{path}: expected names and numbers, such as {json.dumps({'tell': 0.4})}")
    unknown = sorted(given.keys() - asdict(Costs()).keys())
    if unknown:
        raise ValueError(f"{path}: nothing is called {', '.join(unknown)}; there are {', '.join(asdict(Costs()))}")
    wrong = [name for name, value in given.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    wrong += [name for name in given.keys() - set(wrong) if not given[name] >= 0]
    if wrong:
        raise ValueError(f"{path}: expected numbers from 0: {', '.join(sorted(wrong))}")
    return Costs(**{name: float(value) for name, value in given.items()})


def stored(count: int) -> dict[str, float]:
    """What `count` articles cost a PostgreSQL and the process that puts them there, one after the other."""
    from briefing.store import open_store
    from briefing.types import Article, Collected, Item

    items = tuple(Item(source="Paper", key=str(number)) for number in range(count))
    articles = []
    for number in range(count):
        title, parts = article(number)
        url, text = f"https://paper.example/{number}", "\n\n".join(parts)
        articles.append(
            Article(id=f"{number:016x}", source="Paper", url=url, title=title, text=text, published=NOW, seen=NOW)
        )
    with running() as server, tempfile.TemporaryDirectory(prefix="briefing-costs-") as name:
        url, folder = server.database(), Path(name)
        open_store(url, folder).close()
        before = _counted(url)
        store = open_store(url, folder)
        started = time.perf_counter()
        store.note_items("Paper", Collected(items=items), NOW)
        waiting = store.unread(["Paper"], None)
        for unread, one in zip(waiting, articles, strict=True):
            store.keep_articles(unread.id, [one])
        seconds = time.perf_counter() - started
        tracemalloc.start()
        loaded = store.articles(["Paper"], NOW - timedelta(days=1), NOW + timedelta(days=1))
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(loaded) == count, "all were kept"
        store.close()
        after = _counted(url)
    return {
        "keep": seconds / count,
        "rows": (after[0] - before[0]) / count,
        "kept_bytes": (after[1] - before[1]) / count,
        "held_bytes": held / count,
    }


def _counted(url: str) -> tuple[int, int]:
    """Rows that were ever written into a database, and its bytes. Its sessions must have ended: they count late."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            rows = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"
            size = "SELECT pg_database_size(current_database())"
            return int(connection.exec_driver_sql(rows).scalar_one()), int(
                connection.exec_driver_sql(size).scalar_one()
            )
    finally:
        engine.dispose()


def told(count: int) -> dict[str, float]:
    """Seconds of a core for reading a page, for its meaning, for telling it; of `count` pages after a first one."""
    from benchmarks.summaries import Ours
    from briefing.config.models import DEFAULT_MODEL
    from briefing.engines.encoder import TransformerEncoder
    from briefing.extract import Extractor
    from briefing.types import Article, Item
    from briefing.worker import Worker

    found: list[Article] = []
    started = 0.0
    with Worker() as worker:
        extractor = Extractor(worker)
        for number in range(count + 1):
            if number <= 1:
                # The first starts the process.
                started = time.perf_counter()
            item = Item(source="Paper", key=str(number), url=f"https://paper.example/{number}", media_type="text/html")
            found += extractor.extract(item, page(number), "text/html", "utf-8", item.url, NOW)
        # Another process reads while this one waits, so the time by the clock is a core's.
        read = (time.perf_counter() - started) / count
    encoder, ours = TransformerEncoder(DEFAULT_MODEL), Ours()
    openings = [f"{one.title}. {' '.join(one.text.split()[:60])}" for one in found]
    rows = [{"text": one.text, "title": one.title} for one in found]
    encoder.encode_each(openings[:1])
    ours.tell(rows[0], True)
    started = time.process_time()
    encoder.encode_each(openings[1:])
    embed = (time.process_time() - started) / count
    started = time.process_time()
    for row in rows[1:]:
        ours.tell(row, True)
    return {"read": read, "embed": embed, "tell": (time.process_time() - started) / count}


def main(words: Sequence[str] | None = None) -> int:
    """Print what was measured, and write it where asked."""
    parser = arguments("What one piece of work costs.")
    parser.add_argument("--stored", type=int, default=2_000, help="articles put into a PostgreSQL")
    parser.add_argument("--told", type=int, default=40, help="pages read and told")
    options = parser.parse_args(words)
    found = {**told(options.told), **stored(options.stored)}
    for name, value in found.items():
        print(f"{name:12} {value:12.4f}")
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": machine(), "costs": found}, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
