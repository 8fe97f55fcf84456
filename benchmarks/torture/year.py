"""A year of `briefing serve`: the service with its threads, several readers and zones, a clock that is moved on.

The clock stands while anything is at work, and is then moved to the next moment at which something is begun or due, at
most by `STEP`. News come by a feed, editions go into files and by mail to a server in a process of its own (aiosmtpd),
so that what is measured here is the service's memory.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from benchmarks.torture import rig
from briefing import clock
from briefing.scheduler import Service

STEP = timedelta(minutes=30)
START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
NEWS_EVERY = timedelta(hours=12)

_READERS: list[dict[str, Any]] = [
    {"name": "ada", "time_zone": "Europe/Berlin", "schedule": {"at": "02:30"}},
    {"name": "bo", "time_zone": "America/New_York", "schedule": {"at": ["07:00", "18:30"], "days": "weekdays"}},
    {"name": "cy", "time_zone": "Australia/Lord_Howe", "schedule": {"at": "02:15"}, "language": "de"},
    # The clocks of Beirut go forward at midnight.
    {"name": "di", "time_zone": "Asia/Beirut", "schedule": {"at": "00:00"}},
]
_OTHERS: list[dict[str, Any]] = [
    {"name": "weekly", "time_zone": "Asia/Kathmandu", "schedule": {"at": "06:00", "days": ["sun"]}},
    {
        "name": "hours",
        "time_zone": "America/Sao_Paulo",
        "schedule": {"at": "06:00", "every": 12, "quiet": ["12-24..01-01"]},
    },
]
BRIEFINGS = len(_READERS) + len(_OTHERS)


@dataclass(frozen=True)
class Year:
    """What a year of serving came to. `megabytes` are those of the process at the start of each quarter and the end."""

    due: int
    made: int
    missing: int
    twice: int
    files: int
    mails_wanted: int
    mails: int
    latest_minutes: float
    megabytes: tuple[float, ...]
    seconds: float


def _inbox(folder: str, pipe: Any) -> None:
    from aiosmtpd.controller import Controller

    class Inbox:
        async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802 (the server's name for it)
            head = envelope.content.decode("utf-8", "replace").partition("\r\n\r\n")[0].splitlines()
            mark = next(line.partition(":")[2].strip() for line in head if line.lower().startswith("message-id:"))
            with (Path(folder) / "mailbox").open("a") as out:
                out.write("".join(json.dumps({"to": to, "id": mark}) + "\n" for to in envelope.rcpt_tos))
            return "250 OK"

    logging.getLogger("mail.log").setLevel(logging.ERROR)
    controller = Controller(Inbox(), hostname="127.0.0.1", port=rig.dead_port())
    controller.start()
    pipe.send(controller.port)
    pipe.recv()
    os._exit(0)


@contextlib.contextmanager
def inbox(folder: Path) -> Iterator[int]:
    """A mail server (aiosmtpd) in a process of its own, that notes what it takes as the rig's own does; its port."""
    folder.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_inbox, args=(str(folder), there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        with contextlib.suppress(OSError):
            here.send("end")
        process.join(5)
        if process.is_alive():
            process.kill()


class _Life:
    """Moves the clock, writes the news, and reads the memory, whenever the service waits."""

    def __init__(self, folder: Path, service: Service, hands: rig.Clock, days: int) -> None:
        import psutil

        self.megabytes: list[float] = []
        self._folder, self._service, self._hands = folder, service, hands
        self._start, self._end = hands.now, hands.now + timedelta(days=days)
        self._quarters = [hands.now + timedelta(days=days) * part / 4 for part in range(5)]
        # What is loaded once, with the first editions, is no growth: the first quarter is measured a day later.
        self._quarters[0] += timedelta(days=1)
        self._process = psutil.Process()
        self._entries: list[str] = []
        self._number = 0
        self.news()

    def news(self) -> None:
        """A new item in the feed."""
        self._number += 1
        self._entries = [*self._entries[-19:], rig.entry(self._number, self._hands.now - timedelta(hours=1))]
        (self._folder / "feed.xml").write_bytes(rig.feed(self._entries))

    def wait(self, _: float) -> None:
        """Stands in for waiting: lets all work end, and moves the clock on."""
        while busy := [thread for thread in list(self._service._working.values()) if thread.is_alive()]:
            for thread in busy:
                thread.join()
        now = self._hands.now
        moments = [moment for one in self._service.coming(now) for moment in (one.begin, one.due.moment)]
        self._hands.now = min([now + STEP, *(moment for moment in moments if moment > now)])
        if (self._hands.now - self._start) // NEWS_EVERY > (now - self._start) // NEWS_EVERY:
            self.news()
        while self._quarters and self._hands.now >= self._quarters[0]:
            self._quarters.pop(0)
            self.megabytes.append(self._process.memory_info().rss / 1e6)
        if self._hands.now >= self._end:
            self._service.stop()


def year(folder: Path, days: int = 365, start: datetime = START) -> Year:
    """`briefing serve` itself, its scheduler, its threads and all, for so many days of a clock that is moved on."""
    began = time.monotonic()
    with rig.servers(folder / "web") as (_, web), inbox(folder / "mail") as smtp:
        file, mail = {"type": "file", "folder": "out"}, rig.mail_to(smtp, "all@example.org")
        readers = [{**reader, "to": [f"{reader['name']}@example.org"]} for reader in _READERS]
        briefings: list[dict[str, Any]] = [
            {"name": "daily", "channels": [file, mail], "readers": readers},
            *({**plan, "channels": [{**file, "folder": f"out-{plan['name']}"}]} for plan in _OTHERS),
        ]
        source = {"name": "Feed", "type": "feed", "url": f"http://127.0.0.1:{web}/feed.xml"}
        limits = {"max_age": 48, "stories": 5}
        rig.write_config(folder, [source], [], briefings=[{**one, "limits": limits} for one in briefings])
        logging.getLogger("briefing").setLevel(logging.ERROR)
        hands = rig.Clock(start)

        class Wall(datetime):
            """The wall clock that the scheduler reads."""

            @classmethod
            def now(cls, tz: Any = None) -> Any:
                """The moment of the clock that is moved on."""
                return hands.now.replace(tzinfo=None)

        with (
            rig.opened(folder, hands) as app,
            mock.patch("schedule.datetime", SimpleNamespace(datetime=Wall, timedelta=timedelta, date=date)),
        ):
            service = Service(app, threads=True)
            life = _Life(folder / "web", service, hands, days)
            service.run(life.wait)
            return _counted(app, folder, start, hands.now, tuple(life.megabytes), time.monotonic() - began)


def _counted(
    app: rig.Rig, folder: Path, start: datetime, end: datetime, megabytes: tuple[float, ...], seconds: float
) -> Year:
    due = made = missing = extra = files = 0
    wanted_mails: Counter[tuple[str, str]] = Counter()
    late = [0.0]
    for briefing in app.config.briefings:
        # What is due in the last minutes may be made or not.
        dues = [one for one in clock.dues_after(start, briefing.plan) if one.moment < end - timedelta(minutes=30)]
        moments = {one.slot: one.moment for one in dues}
        slots = app.store.slots(briefing.name)
        due += len(dues)
        made += len(set(slots) & set(moments))
        missing += len(set(moments) - set(slots))
        # An edition that no issue was due for is one too many.
        inside = range((start + timedelta(days=2)).toordinal(), (end - timedelta(days=1)).toordinal())
        extra += sum(1 for slot in slots if slot not in moments and clock.parse_slot(slot)[0].toordinal() in inside)
        for row in app.store.deliveries(briefing=briefing.name):
            if row.slot not in moments:
                continue
            if row.state == "sent":
                late.append((row.changed - moments[row.slot]).total_seconds() / 60)
            if row.channel.split()[0] == "mail":
                wanted_mails[row.recipient, row.message_id.partition("@")[0]] += 1
            else:
                files += len(list(Path(row.recipient).glob(f"{row.slot.replace(':', '')}.md")))
    got = Counter((mail["to"], mail["id"].partition("@")[0]) for mail in rig.mailbox(folder / "mail"))
    twice = extra + sum(count - 1 for count in got.values() if count > 1)
    mails = sum(1 for key in wanted_mails if got[key] == 1)
    return Year(due, made, missing, twice, files, len(wanted_mails), mails, max(late), megabytes, seconds)
