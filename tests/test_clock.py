"""Slots, zones and daylight saving; and the service that lives by them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from conftest import Clock, Make

from briefing import clock as clocks
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
    assert app.store.ledger.entries()[0].state == "failed"
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
    missed = app.store.ledger.missed("daily", None)
    assert [entry.slot for entry in missed] == ["2026-03-12", "2026-03-13"]
    newest = app.store.edition("daily", "2026-03-14")
    assert newest is not None
    assert {problem.subject for problem in newest.problems} >= {"edition 2026-03-12", "edition 2026-03-13"}
