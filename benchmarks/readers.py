"""Readers in bulk: how much time and memory many readers of the same news cost beyond the news itself.

Each number of readers is a process of its own, with a store of its own that holds the same invented articles: 300, two
outlets telling every second story. Every reader has 20 of 200 topics, and gets a mail (text and HTML) from the outbox;
the channel it goes to keeps nothing. Telling is shared work: it is done first, for a reader who is told everything, by
a quick stand-in for the encoder and the plain ranking (`benchmarks.morning` measures it as it ships). What else is
shared, comparing articles with each other and with all topics, is measured by a reader who has them all, and taken off.
"""

from __future__ import annotations

import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.common import SEED, arguments, report
from benchmarks.morning import _ROLES, _THINGS, _WHY, article
from briefing import clock
from briefing.app import App, Batch
from briefing.config import BriefingConfig, Config, ReaderConfig, TopicConfig
from briefing.engines import Embedder
from briefing.engines.encoder import WordEncoder
from briefing.outbox import deliver
from briefing.sources.feed import FRAGMENT
from briefing.types import Article, Collected, Item, Message, Recipient

READERS = (1, 100, 1_000, 10_000)
STORIES, TOPICS, EACH = 200, 200, 20
NOW = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
OUTLETS = ("Courier", "Post", "Times", "Gazette")
ALL = 1e9


class Meanings(WordEncoder):
    """Words taken for meaning: as many numbers as the encoder gives, in no time."""

    name = "stand-in"
    meaning = True
    _DIMENSIONS = 384


class Bench(App):
    """An installation with the stand-in."""

    @property
    def encoder(self) -> Embedder:
        """The stand-in."""
        return self._once("encoder", Meanings)


class Nowhere:
    """A channel that renders as mail does and keeps nothing."""

    formats = ("mailtext", "mail")
    repeatable = False

    def __init__(self, config: Any, base: Path) -> None:
        self.name = "nowhere"
        self._to = tuple(Recipient(self.name, address) for address in config.to)

    def recipients(self) -> tuple[Recipient, ...]:
        """Where it would go."""
        return self._to

    def send(self, message: Message) -> str:
        """Take it."""
        return f"{sum(len(body) for body in message.bodies.values())} characters"


def config(readers: int) -> Config:
    """So many readers, each of 20 topics."""
    subjects = [f"{first} {second}" for first in _THINGS for second in (*_WHY, *_ROLES)]
    chosen = random.Random(SEED).sample(subjects, TOPICS)
    topics = [
        TopicConfig(name=name.capitalize(), description=f"News about the {name}", keywords=(name.split()[0],))
        for name in chosen
    ]
    rng = random.Random(SEED + 1)
    channel = {"type": "benchmarks.readers:Nowhere", "to": ["reader"]}
    people = [
        ReaderConfig(name=f"r{n}", topics=tuple(topic.name for topic in rng.sample(topics, EACH)))
        for n in range(readers)
    ]
    morning = BriefingConfig.model_validate({"name": "morning", "channels": [channel]})
    most = {"stories": 500, "per_topic": 500, "minutes": None, "max_age": 48}
    everything = BriefingConfig.model_validate({"name": "everything", "channels": [], "topics": [], "limits": most})
    topical = [BriefingConfig.model_validate({"name": name, "channels": []}) for name in ("topical", "again")]
    return Config.model_validate(
        {
            "sources": [{"name": name, "type": "file", "path": name} for name in OUTLETS],
            "topics": topics,
            "briefings": [everything, *topical, morning.model_copy(update={"readers": tuple(people)})],
            "summarizer": {"model": "./none"},
        }
    )


def fill(app: App, day: int) -> None:
    """The articles of a day, as if they had been collected and read."""
    rng = random.Random(SEED + day)
    for number in range(STORIES):
        title, parts = article(day * STORIES + number)
        for outlet in rng.sample(OUTLETS, 1 + number % 2):
            # The second outlet tells the same in another order.
            text = "\n\n".join(parts if outlet == OUTLETS[0] else [parts[0], *reversed(parts[1:])])
            url = f"https://{outlet.lower()}.example/{day}/{number}"
            when = NOW + timedelta(days=day) - timedelta(minutes=rng.randrange(30, 1200))
            item = Item(source=outlet, key=url, url=url, title=title, published=when, media_type=FRAGMENT)
            app.store.note_items(outlet, Collected(items=(item,)), when)
            (waiting,) = app.store.unread([outlet], None)
            made = Article(title=title, text=text, url=url, source=outlet, published=when, seen=when, language="en")
            app.store.keep_articles(waiting.id, [made])


def measure(readers: int, days: int) -> dict[str, float]:
    """Seconds of making and delivering all editions of the last day, and the peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        for name in OUTLETS:
            (Path(folder) / name).mkdir()
        started = time.monotonic()
        made = config(readers)
        configured = time.monotonic() - started
        moment = [NOW]
        with Bench(made, Path(folder), at=lambda: moment[0]) as app:
            for day in range(days):
                moment[0] = NOW + timedelta(days=day)
                fill(app, day)
                first, topical, again, *others = app.config.briefings
                telling = _made(app, [first])[0] + _made(app, [topical])[0]
                # By now it is known which story each article belongs to, as it is for all who follow.
                shared, _ = _made(app, [again])
                saving = _timed(app.store, "save_editions")
                making, batch = _made(app, others)
                # The issues go out at their time.
                moment[0] += timedelta(hours=2)
                rendering = _timed(app.outbox.renderer, "render")
                started = time.monotonic()
                deliver(app.outbox, patience=ALL)
                delivering = time.monotonic() - started
            if batch.failed or len(batch.made) != readers:
                sys.exit(f"{len(batch.made)} of {readers} editions were made; {dict(list(batch.failed.items())[:3])}")
            stories = sum(batch.made.values()) / readers
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    saved, rendered = sum(saving), sum(rendering)
    seconds = {"configuring": configured, "telling": telling, "shared": shared, "making": making - saved}
    seconds |= {"saving": saved, "rendering": rendered, "sending": delivering - rendered}
    return {**seconds, "stories": stories, "peak": peak}


def _timed(owner: object, name: str) -> list[float]:
    """Has each call of a method add the seconds it took to the list."""
    found: list[float] = []
    method = getattr(owner, name)

    def timed(*given: Any, **named: Any) -> Any:
        started = time.monotonic()
        answer = method(*given, **named)
        found.append(time.monotonic() - started)
        return answer

    setattr(owner, name, timed)
    return found


def _made(app: App, briefings: Sequence[BriefingConfig]) -> tuple[float, Batch]:
    """Seconds it took to make today's issues of these, and what became of them."""
    now = app.now()
    started = time.monotonic()
    batch = app.issues([(one, clock.due_on(one.plan, now.date(), now, None)) for one in briefings])
    return time.monotonic() - started, batch


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of a line through the logarithms."""
    x, y = [math.log(n) for n in sizes], [math.log(max(s, 1e-6)) for s in seconds]
    mean = sum(x) / len(x)
    return sum((a - mean) * b for a, b in zip(x, y, strict=True)) / sum((a - mean) ** 2 for a in x)


def main() -> None:
    """One process per number of readers; the table, and the exponent fitted to all but the first."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--one", type=int, help="measure this number of readers and print JSON")
    parser.add_argument("--days", type=int, default=1, help="days of news; the last one is measured")
    chosen = parser.parse_args()
    if chosen.one is not None:
        print(json.dumps(measure(chosen.one, chosen.days)))
        return
    sizes = [n for n in READERS if chosen.limit is None or n <= chosen.limit]
    found = []
    for n in sizes:
        command = [sys.executable, "-m", "benchmarks.readers", "--one", str(n), "--days", str(chosen.days)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
        print(n, found[-1], file=sys.stderr)
    table, work, whole = [], [], []
    for n, one in zip(sizes, found, strict=True):
        choosing = max(0.0, one["making"] - one["shared"])
        work.append(choosing + one["rendering"])
        whole.append(work[-1] + one["saving"] + one["sending"])
        parts = (choosing, one["rendering"], one["saving"], one["sending"])
        each = (1000 * work[-1] / n, 1000 * whole[-1] / n)
        table.append((n, one["telling"] + one["shared"], *parts, *each, one["stories"], one["peak"]))
    columns = (
        "readers", "shared s", "choosing s", "rendering s", "saving s", "sending s", "chosen, rendered ms each",
        "all ms each", "stories", "peak MB",
    )  # fmt: skip
    report("Readers of 20 topics each over the same news", columns, table, chosen.json)
    if len(sizes) > 2:
        print(f"exponent in readers: chosen and rendered {exponent(sizes[1:], work[1:]):.2f}, ", end="")
        print(f"with saving and sending {exponent(sizes[1:], whole[1:]):.2f}")


if __name__ == "__main__":
    main()
