"""Several worker processes at one PostgreSQL: is each article read once, and each delivery sent once?

In each run there is a new folder of articles and an edition that is due; all workers begin at the same moment, each
does what `briefing run` does, and one of them may be killed in the middle. Two witnesses that are not our code count:
a trigger in the database, which notes each time an item becomes read and each time a delivery is taken for sending,
and a file to which the channel appends what it sends.

    python -m benchmarks.processes                       # 8 workers, 100 runs
    python -m benchmarks.processes --workers 4 --runs 10
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common import arguments, report
from benchmarks.postgres import running

if TYPE_CHECKING:
    from briefing.config.channels import CustomChannelConfig
    from briefing.types import Message, Recipient

START = datetime(2026, 3, 11, 12, tzinfo=UTC)
ARTICLES, READERS = 10, 24

CONFIG = """\
sources: [{{name: Local, type: file, path: news}}]
briefings:
  - name: daily
    limits: {{max_age: null}}
    channels: [{{type: "benchmarks.processes:Noted", options: {{readers: {readers}}}}}]
summarizer: {{model: "{folder}/no-model"}}
store: "{url}"
"""

TEXT = """\
Bridge {number} of run {run} is mended

KELBY: The bridge over the {number}th lock was closed on Monday for the {run}th time, the harbour master said.

Its {number} bolts were found loose by a diver, who reported {run} cracks in the eastern pier of bridge {number}.

A crew from Dunholm brought {number} tonnes of steel by barge and finished within {run} hours.
"""

WITNESS = (
    "CREATE TABLE witness (what text, id text)",
    """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO witness VALUES (TG_ARGV[0], new.id); RETURN new; END $$""",
    """CREATE TRIGGER read AFTER UPDATE OF state ON items FOR EACH ROW WHEN (new.state = 'read')
       EXECUTE FUNCTION note('read')""",
    """CREATE TRIGGER taken AFTER UPDATE OF state ON deliveries FOR EACH ROW WHEN (new.state = 'sending')
       EXECUTE FUNCTION note('sending')""",
)


class Noted:
    """A channel that appends a line to the file `sent` for each message."""

    repeatable = False

    def __init__(self, config: CustomChannelConfig, base: Path) -> None:
        self.name = "noted"
        self.formats = ("txt",)
        self._readers = int(config.options["readers"])
        self._file = base / "sent"

    def recipients(self) -> tuple[Recipient, ...]:
        """So many readers as are configured."""
        from briefing.types import Recipient

        return tuple(Recipient(self.name, f"reader-{number:03}") for number in range(self._readers))

    def send(self, message: Message) -> str:
        """Append the message's id and recipient."""
        with self._file.open("ab", buffering=0) as handle:
            handle.write(f"{message.slot} {message.recipient}\n".encode())
        # As long as a server would need: the others come by meanwhile.
        time.sleep(0.002)
        return "noted"


@dataclass
class Seen:
    """What all runs came to."""

    runs: int = 0
    articles: int = 0
    articles_once: int = 0
    articles_twice: int = 0
    articles_never: int = 0
    editions: int = 0
    editions_wrong: int = 0
    deliveries: int = 0
    deliveries_once: int = 0
    deliveries_twice: int = 0
    deliveries_never: int = 0
    uncertain: int = 0
    killed: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    readers_of_runs: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether nothing was lost, nothing done twice, and nothing failed."""
        wrong = self.articles_twice + self.articles_never + self.editions_wrong + self.deliveries_twice
        return not (wrong or self.failed or self.deliveries_never > 0 or self.uncertain > self.killed)


def work(folder: Path, talk: Connection) -> None:
    """A worker: for each moment it is told, collect, make the edition or leave it, deliver what waits."""
    from briefing.app import App
    from briefing.errors import BeingMade, BriefingError

    now = START
    with App.from_file(folder / "config.yaml", at=lambda: now) as app:
        talk.send("ready")
        while (told := talk.recv()) is not None:
            now = told
            try:
                app.collect()
                outcome = app.run()
                said = "made it" if outcome.made else "found it made"
            except BeingMade:
                said = "left it to another"
            except BriefingError as error:
                said = f"failed: {error}"
            try:
                app.deliver_pending()
            except BriefingError as error:
                said = f"failed: {error}"
            talk.send(said)


def crowd(workers: int, runs: int, *, kill_every: int = 0, articles: int = ARTICLES, readers: int = READERS) -> Seen:
    """Let so many workers do so many runs; with `kill_every`, one is killed in each so manieth run and replaced."""
    from briefing.store import open_store

    seen = Seen(runs=runs)
    with running() as server, tempfile.TemporaryDirectory(prefix="briefing-processes-") as name:
        folder = Path(name)
        url = server.database()
        store = open_store(url, folder)
        with store._engine.begin() as connection:
            for statement in WITNESS:
                connection.exec_driver_sql(statement)
        (folder / "config.yaml").write_text(CONFIG.format(url=url, folder=folder, readers=readers), encoding="utf-8")
        (folder / "news").mkdir()
        crew = [_started(folder) for _ in range(workers)]
        began = time.monotonic()
        for run in range(runs):
            now = START + timedelta(days=run)
            # Only what is new lies there, as in a feed; else each worker would read all earlier runs' again.
            for old in (folder / "news").iterdir():
                old.unlink()
            for number in range(articles):
                path = folder / "news" / f"{run}-{number}.txt"
                path.write_text(TEXT.format(run=run, number=number), encoding="utf-8")
            for _, talk in crew:
                talk.send(now)
            victim = run % workers if kill_every and run % kill_every == kill_every - 1 else None
            if victim is not None:
                # Somewhere in the middle, each time a little later.
                time.sleep(0.05 + 0.03 * (run % 11))
                process = crew[victim][0]
                assert process.pid is not None, "it was started"
                os.kill(process.pid, signal.SIGKILL)
                process.join()
                seen.killed += 1
            for place, (_, talk) in enumerate(crew):
                if place == victim:
                    crew[place] = _started(folder)
                    # What the dead one left is taken up by the new one.
                    crew[place][1].send(now + timedelta(minutes=15))
                    talk = crew[place][1]
                said = talk.recv()
                (seen.failed if said.startswith("failed") else seen.said)[said] += 1
        seen.seconds = time.monotonic() - began
        for process, talk in crew:
            talk.send(None)
            process.join()
        _count(seen, store, folder, runs, articles, readers)
        store.close()
    return seen


def _started(folder: Path) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(folder, theirs), daemon=False)
    process.start()
    theirs.close()
    assert ours.recv() == "ready"
    return process, ours


def _count(seen: Seen, store: Any, folder: Path, runs: int, articles: int, readers: int) -> None:
    with store._engine.connect() as connection:

        def counted(what: str) -> Counter[str]:
            rows = connection.exec_driver_sql("SELECT id, count(*) FROM witness WHERE what = %s GROUP BY id", (what,))
            return Counter({row[0]: row[1] for row in rows})

        read, taken = counted("read"), counted("sending")
        seen.editions = connection.exec_driver_sql("SELECT count(*) FROM editions").scalar_one()
        told = connection.exec_driver_sql("SELECT count(*) FROM told").scalar_one()
        states = "SELECT count(*) FROM deliveries WHERE state = 'uncertain'"
        seen.uncertain = connection.exec_driver_sql(states).scalar_one()
    sent: Counter[str] = Counter()
    with contextlib.suppress(FileNotFoundError):
        sent.update((folder / "sent").read_text(encoding="utf-8").splitlines())
    seen.articles, seen.deliveries = runs * articles, runs * readers
    seen.articles_once = sum(count == 1 for count in read.values())
    seen.articles_twice = sum(count > 1 for count in read.values())
    seen.articles_never = seen.articles - len(read)
    seen.editions_wrong = abs(seen.editions - runs)
    seen.deliveries_once = sum(count == 1 for count in sent.values())
    seen.deliveries_twice = sum(count > 1 for count in sent.values()) + sum(count > 1 for count in taken.values())
    # One that was being sent when its process was killed is "uncertain", and a person is asked; it is not lost.
    seen.deliveries_never = seen.deliveries - len(sent) - seen.uncertain
    seen.said["articles told"] = told


def main(words: Sequence[str] | None = None) -> int:
    """Print the table; 1 if anything was lost or done twice."""
    parser = arguments("Several processes at one PostgreSQL.")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--kill-every", type=int, default=0, help="kill a worker in each so manieth run")
    options = parser.parse_args(words)
    seen = crowd(options.workers, options.runs, kill_every=options.kill_every)
    rows: list[tuple[str, object, object]] = [
        ("editions due", seen.runs, seen.runs),
        ("editions made", seen.editions, seen.runs),
        ("articles", seen.articles, seen.articles),
        ("read once", seen.articles_once, seen.articles),
        ("read twice or more", seen.articles_twice, 0),
        ("never read", seen.articles_never, 0),
        ("deliveries", seen.deliveries, seen.deliveries),
        ("sent once", seen.deliveries_once, f"{seen.deliveries}, but for the uncertain"),
        ("taken or sent twice or more", seen.deliveries_twice, 0),
        ("never sent", seen.deliveries_never, 0),
        ("uncertain", seen.uncertain, f"at most {seen.killed}"),
        ("workers killed", seen.killed, "-"),
        *((words, count, "-") for words, count in sorted(seen.said.items())),
        *((words, count, 0) for words, count in sorted(seen.failed.items())),
        ("seconds", round(seen.seconds, 1), "-"),
    ]
    title = f"{options.workers} processes at one PostgreSQL, {options.runs} runs"
    report(title, ("what", "seen", "asked"), rows, options.json)
    return 0 if seen.held else 1


if __name__ == "__main__":
    raise SystemExit(main())
