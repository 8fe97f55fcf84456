"""kill -9 at random and at every named point; full disks; many processes at once."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.torture import rig
from briefing.errors import BeingMade, StoreError

PER_DAY = 3
RECIPIENTS = ("ada@example.org", "ben@example.org")


@dataclass
class Found:
    """What a series of kills came to."""

    kills: int = 0
    unkilled: int = 0
    lost_articles: int = 0
    lost_deliveries: int = 0
    twice: int = 0
    damaged: int = 0
    editions_wrong: int = 0
    uncertain: int = 0


_WARM: list[bool] = []


def warm(folder: Path) -> None:
    """One run in this process, so that its children need not import everything again."""
    if _WARM:
        return
    _WARM.append(True)
    (folder / "news").mkdir(parents=True)
    (folder / "news" / "a.txt").write_text("Kelby mends its bridge\n\nThe bridge was mended. It took a year.\n")
    source = {"name": "News", "type": "file", "path": "news"}
    rig.write_config(folder, [source], [{"type": "file", "folder": "out"}, rig.mail_to(rig.dead_port(), RECIPIENTS[0])])
    with rig.opened(folder, rig.Clock()) as app:
        app.run()


class Series:
    """An installation that is killed, day after day, and each time completed by the next run."""

    def __init__(self, folder: Path, smtp: int, web: int) -> None:
        self.folder = folder
        self.found = Found()
        self._number = 0
        self._entries: list[str] = []
        feed = {"name": "Feed", "type": "feed", "url": f"http://127.0.0.1:{web}/feed.xml"}
        channels = [{"type": "file", "folder": "out"}, rig.mail_to(smtp, *RECIPIENTS)]
        dead = {"name": "Dead", "type": "feed", "url": f"http://127.0.0.1:{web}/nothing.xml"}
        rig.write_config(folder, [feed, dead], channels)
        warm(folder / "warm")

    def news(self, now: datetime) -> None:
        """New items in the feed."""
        for _ in range(PER_DAY):
            self._number += 1
            self._entries.append(rig.entry(self._number, now - timedelta(hours=2)))
        (self.folder / "feed.xml").write_bytes(rig.feed(self._entries[-40:]))

    def run(self, now: datetime) -> int:
        """One `briefing run`, in this process."""
        with rig.opened(self.folder, rig.Clock(now)) as app:
            app.run()
        return 0

    def killed(self, now: datetime, *, after: float | None = None, at: str | None = None) -> None:
        """A day on which the run is killed; the next one must complete it."""
        self.news(now)
        code = rig.child(lambda: self.run(now), kill_after=after, kill_at=at)
        self.found.kills += code == -9
        self.found.unkilled += code != -9
        self.found.damaged += rig.integrity(self.folder) != "ok"
        for later in (1, 16, 60):
            moment = now + timedelta(minutes=later)
            assert rig.child(partial(self.run, moment)) == 0, "a run that nobody kills must succeed"
        self.check(now)

    def check(self, now: datetime) -> None:
        """Nothing is lost, nothing came twice, nothing is damaged."""
        found, day = self.found, now.date().isoformat()
        found.damaged += rig.integrity(self.folder) != "ok"
        editions = rig.query(self.folder, "SELECT id FROM editions WHERE slot = ?", day)
        found.editions_wrong += len(editions) != 1
        keys = {row[0] for row in rig.query(self.folder, "SELECT key FROM items WHERE state = 'read'")}
        articles = rig.query(self.folder, "SELECT count(*) FROM articles")[0][0]
        told = rig.query(self.folder, "SELECT count(*) FROM told")[0][0]
        wanted = {f"story-{number}" for number in range(1, self._number + 1)}
        found.lost_articles += len(wanted - keys) + abs(articles - len(wanted)) + abs(told - len(wanted))
        copies = Counter((mail["to"], mail["id"]) for mail in rig.mailbox(self.folder))
        found.twice += sum(count - 1 for count in copies.values())
        sql = "SELECT recipient, state, message_id FROM deliveries WHERE edition = ?"
        for recipient, state, mark in rig.query(self.folder, sql, editions[0][0] if editions else ""):
            came = sum(n for (to, identity), n in copies.items() if to == recipient and _same(identity, mark))
            if recipient in RECIPIENTS:
                found.uncertain += state == "uncertain"
                found.lost_deliveries += not ((state == "sent" and came == 1) or state == "uncertain")
            else:
                found.lost_deliveries += state != "sent" or not (Path(recipient) / f"{day}.md").is_file()


def _same(identity: str, mark: str) -> bool:
    # The domain may be the sender's own; what comes before it is the delivery's.
    return identity.partition("@")[0] == mark.partition("@")[0]


def points(folder: Path) -> list[str]:
    """Every point that a run passes, found by running it."""
    with rig.servers(folder) as ports:
        series = Series(folder, *ports)
        series.news(rig.START)
        log = folder / "points"
        keep, handle = os.dup(2), os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, 2)
        try:
            rig.child(lambda: series.run(rig.START), kill_at="list")
        finally:
            os.dup2(keep, 2)
            os.close(handle)
            os.close(keep)
    lines = log.read_text().splitlines()
    return list(dict.fromkeys(line.removeprefix("point ") for line in lines if line.startswith("point ")))


def named(folder: Path, chosen: list[str] | None = None) -> tuple[Found, list[str]]:
    """Killed once at every point; at those of a send also at the second passing."""
    names = chosen or points(folder / "points")
    with rig.servers(folder / "named") as ports:
        series = Series(folder / "named", *ports)
        wanted = names + [f"{name}#2" for name in names if name.startswith(("send", "settle", "claim"))]
        for now, name in zip(rig.days(len(wanted)), wanted, strict=True):
            series.killed(now, at=name)
    return series.found, names


def at_random(folder: Path, count: int, seed: int = 1) -> Found:
    """Killed at random moments of a run."""
    chance = random.Random(seed)
    with rig.servers(folder) as ports:
        series = Series(folder, *ports)
        # A kill may come after a run has ended; such days do not count.
        mornings = rig.days(2 * count + 4)
        takes = []
        for now in [next(mornings) for _ in range(3)]:
            series.news(now)
            began = time.monotonic()
            rig.child(partial(series.run, now))
            takes.append(time.monotonic() - began)
        longest = sorted(takes)[1] * 1.1
        for now in mornings:
            if series.found.kills >= count:
                break
            series.killed(now, after=chance.uniform(0.0, longest))
    return series.found


# A full disk


@dataclass
class Full:
    """What full disks came to."""

    failed: int = 0
    succeeded: int = 0
    unclear: int = 0
    damaged: int = 0
    not_resumed: int = 0


def full_disk(folder: Path, count: int) -> Full:
    """So many days on which the store has less room than a run needs, from none to nearly all, and then enough."""
    found = Full()
    with rig.servers(folder) as (smtp, web):
        series = Series(folder, smtp, web)
        mornings = rig.days(2 * count + 3)
        grown = [_pages_of_a_run(series, next(mornings)) for _ in range(3)]
        needed = min(grown[1:])
        for number, now in enumerate(mornings):
            if found.failed >= count:
                break
            series.news(now)
            room = _packed(folder) + needed * (number % count) // count
            with rig.opened(folder, rig.Clock(now)) as app:
                _limit(app, room)
                try:
                    app.run()
                    found.succeeded += 1
                except StoreError as error:
                    found.failed += 1
                    found.unclear += "full" not in str(error)
            found.damaged += rig.integrity(folder) != "ok"
            before = series.found.lost_articles
            series.run(now + timedelta(minutes=15))
            series.run(now + timedelta(minutes=30))
            series.check(now)
            found.not_resumed += series.found.lost_articles != before
        found.damaged += series.found.damaged
        found.not_resumed += series.found.editions_wrong + series.found.lost_deliveries + series.found.twice
    return found


def _pages_of_a_run(series: Series, now: datetime) -> int:
    before = _packed(series.folder)
    series.news(now)
    series.run(now)
    pages: int = rig.query(series.folder, "PRAGMA page_count")[0][0]
    return pages - before


def _packed(folder: Path) -> int:
    """Give the store's free pages back, so that a run can't live on them; the pages it has then."""
    if not (folder / "briefing.db").exists():
        return 0
    rig.query(folder, "VACUUM")
    return int(rig.query(folder, "PRAGMA page_count")[0][0])


def _limit(app: rig.Rig, pages: int) -> None:
    from sqlalchemy import event

    def limited(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(app.store._engine, "connect", limited)
    app.store._engine.dispose()


# Many processes


def crowd(folder: Path, processes: int, runs: int) -> Counter[str]:
    """So many processes make the same editions at the same time; counts what each said."""
    with rig.servers(folder) as (smtp, web):
        series = Series(folder, smtp, web)
        mornings = list(rig.days(runs))
        for now in mornings:
            series.news(now)
        series._entries = series._entries[-40:]
        context = multiprocessing.get_context("fork")
        barrier, said = context.Barrier(processes), context.Queue()

        def work() -> None:
            for now in mornings:
                with contextlib.suppress(Exception):
                    barrier.wait(60)
                try:
                    with rig.opened(folder, rig.Clock(now)) as app:
                        said.put((now.date().isoformat(), "made" if app.run().made else "was made already"))
                except BeingMade:
                    said.put((now.date().isoformat(), "is being made by another"))
                except Exception as error:  # every run is accounted for, however it fails
                    locked = "locked" in str(error)
                    said.put((now.date().isoformat(), "locked" if locked else f"failed: {error}"))

        crew = [context.Process(target=work) for _ in range(processes)]
        for process in crew:
            process.start()
        answers = [said.get(timeout=600) for _ in range(processes * runs)]
        for process in crew:
            process.join()
        words: Counter[str] = Counter(answer for _, answer in answers)
        made = Counter(day for day, answer in answers if answer == "made")
        words["editions"] = rig.query(folder, "SELECT count(*) FROM editions")[0][0]
        words["slots with one winner"] = sum(count == 1 for count in made.values())
        words["mails twice"] = len(rig.mailbox(folder)) - len({m["id"] for m in rig.mailbox(folder)})
        words["integrity ok"] = int(rig.integrity(folder) == "ok")
    return words
