"""Slots, zones and daylight saving; and the service that lives by them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from conftest import Clock, Make

from briefing import clock as clocks
from briefing import notify
from briefing.config import ScheduleConfig
from briefing.scheduler import Service


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 3, 29), time(2, 30), "Europe/Berlin", "2026-03-29T01:00+00:00"),
        (date(2026, 10, 25), time(2, 30), "Europe/Berlin", "2026-10-25T00:30+00:00"),
        (date(2026, 3, 8), time(2, 15), "America/New_York", "2026-03-08T07:00+00:00"),
        (date(2026, 3, 10), time(7, 0), "Asia/Kathmandu", "2026-03-10T01:15+00:00"),
    ],
)
def test_moments(day: date, at: time, zone: str, expected: str) -> None:
    assert clocks.moment_of(day, at, zone).isoformat(timespec="minutes") == expected


def test_every_zone_has_one_moment_a_day_in_order() -> None:
    for zone in sorted(available_timezones()):
        local = ZoneInfo(zone)
        days = [date(2026, 1, 1) + timedelta(days=k) for k in range(365)]
        shifts = [d for d in days if _offset(local, d) != _offset(local, d + timedelta(days=1))]
        for day in shifts:
            for at in (time(0, 0), time(0, 30), time(2, 0), time(2, 30)):
                moment = clocks.moment_of(day, at, zone)
                wall = moment.astimezone(local)
                assert wall.date() == day, (zone, day, at)
                assert wall.time() >= at, (zone, day, at)


def _offset(zone: ZoneInfo, day: date) -> timedelta | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).astimezone(zone).utcoffset()


def test_catching_up_has_a_window() -> None:
    plan = clocks.Plan((time(7, 0),), clocks.WEEKDAYS[:5], "UTC")
    window = timedelta(hours=12)
    friday = datetime(2026, 3, 13, 18, 0, tzinfo=UTC)
    due = clocks.latest_due(friday, plan, window)
    assert due is not None
    assert due.slot == "2026-03-13"
    assert clocks.latest_due(friday + timedelta(hours=2), plan, window) is None
    following = clocks.next_due(friday, plan)
    assert following is not None
    assert following.slot == "2026-03-16"


def test_the_service_makes_each_slot_once_and_survives_a_failure(
    make_app: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    service = Service(app)
    clock.now = datetime(2026, 3, 11, 6, 50, tzinfo=UTC)
    service.tick()
    assert app.store.slots("daily") == []
    whole = app.parts.encoder.encode
    monkeypatch.setattr(app.parts.encoder, "encode", lambda *_: 1 / 0)
    clock.now = datetime(2026, 3, 11, 6, 56, tzinfo=UTC)
    service.tick()
    assert app.store.issues.entries()[0].state == "failed"
    monkeypatch.setattr(app.parts.encoder, "encode", whole)
    for minute in range(4):
        clock.now = datetime(2026, 3, 11, 6, 57 + minute % 3, tzinfo=UTC)
        service.tick()
    assert app.store.slots("daily") == ["2026-03-11"]
    assert [row.state for row in app.store.deliveries()] == ["pending"], "it is ready, and its time has not come"
    clock.now = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
    service.tick()
    assert [row.state for row in app.store.deliveries()] == ["sent"]
    clock.now = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
    service.tick()
    assert app.store.slots("daily") == ["2026-03-14", "2026-03-11"], (
        "a missed day is not made up for after another came"
    )
    missed = app.store.issues.missed("daily", None)
    assert [entry.slot for entry in missed] == ["2026-03-12", "2026-03-13"]
    newest = app.store.edition("daily", "2026-03-14")
    assert newest is not None
    assert {problem.subject for problem in newest.problems} >= {"edition 2026-03-12", "edition 2026-03-13"}


def _plan(*times: str, days: str = "daily", quiet: tuple[str, ...] = (), zone: str = "UTC", **more: Any) -> clocks.Plan:
    return ScheduleConfig(at=times, days=days, quiet=quiet, **more).plan(zone)


def test_several_times_a_day_have_slots_of_their_own() -> None:
    plan = _plan("18:00", "07:00", zone="Europe/Berlin")
    assert [due.slot for due in plan.on(date(2026, 3, 10))] == ["2026-03-10T07:00", "2026-03-10T18:00"]
    assert [due.slot for due in _plan("07:00").on(date(2026, 3, 10))] == ["2026-03-10"]


def test_two_times_in_a_gap_are_one_issue() -> None:
    plan = _plan("02:00", "02:30", "08:00", zone="Europe/Berlin")
    assert len(plan.on(date(2026, 3, 28))) == 3
    assert len(plan.on(date(2026, 3, 29))) == 2


def test_every_so_many_hours() -> None:
    assert [f"{at:%H:%M}" for at in _plan("06:30", every=4, until="20:00").times] == [
        "06:30",
        "10:30",
        "14:30",
        "18:30",
    ]
    assert len(_plan("06:30", every=4).times) == 6
    with pytest.raises(ValueError, match="every counts its hours"):
        _plan("06:30", "07:00", every=4)


def test_quiet_days_bring_nothing() -> None:
    plan = _plan("07:00", days="weekdays", quiet=("12-24..01-01", "2026-05-01"))
    issues = [due.slot for due in clocks.dues_after(datetime(2026, 4, 30, 8, tzinfo=UTC), plan)]
    assert issues[0] == "2026-05-04"
    assert "2026-12-23" in issues
    assert not any("2026-12-24" <= slot <= "2027-01-01" for slot in issues)
    assert "2027-01-04" in issues


def test_issues_due_together_are_begun_one_after_the_other() -> None:
    seven = datetime(2026, 3, 10, 7, tzinfo=UTC)
    due = clocks.Due("2026-03-10", seven.date(), seven)
    five = timedelta(minutes=5)
    assert clocks.starts([(due, five), (due, five)]) == [seven - 2 * five, seven - five]


@pytest.mark.parametrize(("before", "after"), [("07:00", ["07:00", "18:00"]), (["07:00", "18:00"], "12:00")])
def test_a_changed_schedule_makes_no_second_edition(make_app: Make, clock: Clock, before: Any, after: Any) -> None:
    app = make_app()
    clock.now = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
    daily = app.config.briefings[0]

    def scheduled(at: Any) -> None:
        changed = daily.model_copy(update={"schedule": ScheduleConfig(at=at)})
        app.config = app.config.model_copy(update={"briefings": (changed,)})

    scheduled(before)
    Service(app).tick()
    assert len(app.store.slots("daily")) == 1
    scheduled(after)
    clock.now = datetime(2026, 3, 11, 12, 30, tzinfo=UTC)
    Service(app).tick()
    assert len(app.store.slots("daily")) == 1


@pytest.mark.parametrize(
    ("jump", "expected"),
    [
        (timedelta(hours=1), 1),
        (timedelta(hours=-1), 1),
        (timedelta(days=1), 2),
        (timedelta(days=-1), 1),
        (timedelta(hours=20), 1),
    ],
    ids=["an hour on", "an hour back", "a day on", "a day back", "past the window"],
)
def test_a_clock_that_jumps_makes_nothing_twice(make_app: Make, clock: Clock, jump: timedelta, expected: int) -> None:
    app = make_app()
    service = Service(app)
    clock.now = datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
    service.tick()
    for moment in (clock.now + jump, clock.now + timedelta(minutes=2)):
        clock.now = moment
        service.tick()
    assert len(app.store.slots("daily")) == expected
    assert [row.state for row in app.store.deliveries()] == ["sent"] * expected


def test_a_clock_that_was_never_set_makes_nothing(make_app: Make, clock: Clock) -> None:
    app = make_app()
    service = Service(app)
    for hour in range(5, 24):
        clock.now = datetime(1970, 1, 2, hour, tzinfo=UTC)
        service.tick()
    assert app.store.slots("daily") == []
    clock.now = datetime(2026, 3, 11, 9, tzinfo=UTC)
    service.tick()
    assert app.store.slots("daily") == ["2026-03-11"]
    assert app.store.issues.missed("daily", None) == []


def test_the_loop_goes_on_when_the_clock_is_put_back(make_app: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scheduler lives by the local wall clock; put back by a day, it would sleep for a day."""
    service = Service(make_app())
    moments = [datetime(2026, 3, 11, 9), datetime(2026, 3, 10, 9)]
    wall = [moments[0]]
    monkeypatch.setattr("schedule.datetime", SimpleNamespace(datetime=_wall(wall), timedelta=timedelta, date=date))
    ticks: list[int] = []
    monkeypatch.setattr(service, "tick", lambda: ticks.append(1))

    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        wall[0] += timedelta(seconds=seconds)
        if len(waited) == 3:
            wall[0] = moments[1]
        if len(waited) == 6:
            service.stop()

    service.run(wait)
    assert max(waited) <= 60
    assert len(ticks) >= 5


def _wall(wall: list[datetime]) -> type[datetime]:
    class Wall(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return wall[0]

    return Wall


def test_a_maker_that_hangs_is_overtaken(make_app: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()
    service = Service(app, threads=True)
    entered, released = threading.Event(), threading.Event()
    clock.now = datetime(2026, 3, 11, 6, 58, tzinfo=UTC)
    _ = app.parts, app.outbox

    def hang(*_: object) -> None:
        entered.set()
        released.wait(60)

    monkeypatch.setattr(app.parts.encoder, "encode", hang)
    try:
        service.tick()
        # The clock goes on only once it hangs, however slowly this machine begins a thread.
        assert entered.wait(30)
        for minute in (0, 9, 11):
            clock.now = datetime(2026, 3, 11, 7, minute, tzinfo=UTC)
            service.tick()
            assert app.store.slots("daily") == []
            if minute == 11:
                service._working["rescue of daily"].join(10)
        edition = app.store.edition("daily", "2026-03-11")
        assert edition is not None
        assert edition.summaries
        assert any("not ready 10 minutes after its time" in problem.message for problem in edition.problems)
    finally:
        released.set()
        service._working["editions"].join(10)
    assert len(app.store.slots("daily")) == 1


def test_after_two_crashes_it_is_made_without_models(make_app: Make, clock: Clock) -> None:
    app = make_app()
    due = clocks.due_on(app.briefing(None).plan, clock.now.date(), clock.now)
    for _ in range(2):
        app.store.issues.begin([("daily", due)], clock.now)
    Service(app).tick()
    edition = app.store.edition("daily", "2026-03-11")
    assert edition is not None
    assert any("ended 2 times" in problem.message for problem in edition.problems)


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000000")
        notify.ready()
        assert notify.watchdog() == 15
        notify.stopping()
        assert [listener.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


@pytest.mark.slow
def test_serve_says_ready_and_ends_on_sigterm(tmp_path: Path, news: Path) -> None:
    """The command itself: READY once it is up, the issue that is due made, a clean end."""
    (tmp_path / "config.yaml").write_text(
        "sources: [{name: Local, type: file, path: news}]\n"
        "briefings: [{name: daily, limits: {max_age: null}, schedule: {at: '00:00', every: 1}}]\n"
        "summarizer: {model: ./none}\n",
        encoding="utf-8",
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(60)
        environment = os.environ | {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "2000000",
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        command = [sys.executable, "-m", "briefing", "serve"]
        with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as served:
            try:
                assert listener.recv(64) == b"READY=1"
                until = monotonic() + 60
                while monotonic() < until and not list(tmp_path.glob("editions/*.md")):
                    sleep(0.1)
                assert len(list(tmp_path.glob("editions/*.md"))) == 1
                assert listener.recv(64) == b"WATCHDOG=1"
                served.send_signal(signal.SIGTERM)
                assert served.wait(30) == 0
            finally:
                served.kill()
            assert served.stderr is not None
            said = served.stderr.read()
    assert "next issue" in said
    assert "Traceback" not in said


def test_what_came_out_while_an_edition_was_made_is_in_the_next(make_app: Make, news: Path, clock: Clock) -> None:
    """A day's edition is begun before its time, so what comes out before that time is older than a day in the next."""
    app = make_app()
    daily = app.config.briefings[0]
    limits = daily.limits.model_copy(update={"max_age": 24.0})
    daily = daily.model_copy(update={"limits": limits})
    app.config = app.config.model_copy(update={"briefings": (daily,)})
    clock.now = datetime(2026, 3, 11, 6, 50, tzinfo=UTC)
    first, second = list(clocks.dues_after(clock.now, daily.plan))[:2]
    app.issue(daily, first)
    text = "Kelby mends its bridge\n\nThe bridge of Kelby was mended on Monday. It took a year. Trains run again.\n"
    (news / "undated.txt").write_text(text, encoding="utf-8")
    clock.now += timedelta(minutes=3)
    app.store.clear_rest(["Local"])
    assert app.collect() == 1
    # The second one took less time, and so is begun later.
    clock.now = datetime(2026, 3, 12, 6, 59, tzinfo=UTC)
    told = [summary.title for summary in app.issue(daily, second).edition.summaries]
    assert told == ["Kelby mends its bridge"]
