"""Short versions of `python -m benchmarks.torture`: the same rig, fewer rounds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.torture import clocks, kills, outside, rig, told, year


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    # The rig's own channel is found by its module's name.
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent))


def test_one_issue_a_day_through_every_change_of_the_clock() -> None:
    # Gaps at midnight, half hours, changes in the south, changes twice a year around Ramadan.
    names = [
        "Europe/Berlin",
        "Asia/Beirut",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Casablanca",
    ]
    found = clocks.every_zone(names)
    assert found.changes >= 20
    assert found.gaps >= 10
    assert found.wrong == []


@pytest.mark.slow
def test_serving_for_ten_days_makes_every_edition_once(tmp_path: Path) -> None:
    # The clocks of Berlin and of Beirut, there at midnight, go forward on the 29th.
    found = year.year(tmp_path, days=10, start=datetime(2026, 3, 23, 12, tzinfo=UTC))
    assert found.due >= 60
    assert (found.made, found.missing, found.twice) == (found.due, 0, 0)
    assert (found.mails, found.files) == (found.mails_wanted, found.due)
    assert found.mails_wanted >= 40
    assert found.latest_minutes <= 1
    assert len(found.megabytes) == 5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a day ahead and back"])
def test_a_jumping_clock(tmp_path: Path, name: str) -> None:
    slots, twice, unsent = clocks.jump(tmp_path, name)
    assert slots >= 5
    assert (twice, unsent) == (0, 0)


@pytest.mark.slow
def test_what_is_slept_through_is_caught_up_once_or_told(tmp_path: Path) -> None:
    assert clocks.suspend(tmp_path / "b", "asleep for three days") == (3, 0, 0, 3)


BORDERS = ["note_items: before commit", "save_edition: after commit", "send mail: before", "send mail: after"]


def _nothing_lost(found: kills.Found) -> None:
    assert found.kills > 0
    assert (found.lost_articles, found.lost_deliveries, found.twice, found.damaged, found.editions_wrong) == (0,) * 5


@pytest.mark.slow
def test_killed_at_borders_nothing_is_lost_or_sent_twice(tmp_path: Path) -> None:
    found, _ = kills.named(tmp_path, BORDERS[1:3])
    _nothing_lost(found)
    assert found.kills >= 2


@pytest.mark.slow
def test_killed_at_random_nothing_is_lost_or_sent_twice(tmp_path: Path) -> None:
    _nothing_lost(kills.at_random(tmp_path, 1))


@pytest.mark.slow
def test_every_border_of_a_run_has_a_name(tmp_path: Path) -> None:
    names = kills.points(tmp_path)
    assert set(BORDERS) <= set(names)
    assert {"claim: after commit", "settle: before commit", "keep_articles: before commit"} <= set(names)


@pytest.mark.slow
def test_a_full_disk_is_said_and_harms_nothing(tmp_path: Path) -> None:
    found = kills.full_disk(tmp_path, 2)
    assert found.failed >= 1
    assert (found.unclear, found.damaged, found.not_resumed) == (0, 0, 0)


@pytest.mark.slow
def test_of_many_processes_one_makes_it_and_the_others_say_so(tmp_path: Path) -> None:
    words = kills.crowd(tmp_path, 4, 3)
    assert words["made"] == words["editions"] == words["slots with one winner"] == 3
    assert words["made"] + words["was made already"] + words["is being made by another"] == 12, words


@pytest.mark.parametrize("point", outside.DROPS)
def test_a_mail_server_that_hangs_up_gets_it_once(tmp_path: Path, point: str) -> None:
    counts = outside.drops(tmp_path, 1, (point,))[point]
    assert (counts["lost"], counts["twice"]) == (0, 0)
    fate = next(word for word in counts if "then" in word)
    # In the middle of the text it depends on whether the system tells of the end before the final dot is sent.
    fates = {"dot": ("uncertain",), "text": ("uncertain", "sent")}.get(point, ("sent",))
    assert fate.endswith(fates)


def test_one_refused_of_many(tmp_path: Path) -> None:
    counts = outside.refused(tmp_path, 10)
    assert (counts["got it once"], counts["twice"], counts["failed"]) == (9, 0, 1)


def test_one_put_off_of_many(tmp_path: Path) -> None:
    counts = outside.busy(tmp_path, 5)
    assert (counts["got it once"], counts["twice"]) == (5, 0)
    assert counts["tries of one"] > 1


@pytest.mark.slow
def test_a_webhook_that_never_answers_delays_nobody(tmp_path: Path) -> None:
    found = outside.dead_webhook(tmp_path, seconds=3)
    assert found.mail < 2.5 < found.whole
    assert found.file < 2.5
    assert (found.asked, found.state, found.attempts) == (1, "pending", 1)


@pytest.mark.slow
def test_failing_sources_are_named_and_come_back(tmp_path: Path) -> None:
    found = outside.failing_sources(tmp_path, count=8, failing=2)
    assert found["articles of the others"] == 6
    assert (found["named in the foot"], found["came back"]) == (2, 2)
    assert found["others that failed"] == 0
    assert found["hours until the last was back"] <= 24


@pytest.mark.slow
@pytest.mark.parametrize("how", ["damaged", "memory", "hangs"])
def test_on_time_without_the_model(tmp_path: Path, how: str) -> None:
    came, says, late = outside.model(tmp_path, how)
    assert came
    assert says
    assert late * 60 < 15


@pytest.mark.slow
def test_what_failed_is_told_everywhere(tmp_path: Path) -> None:
    found = told.silence(tmp_path)
    assert found.told == dict.fromkeys(found.told, told.PLACES)
    assert len(found.told) == 3
    assert found.tries == 3


@pytest.mark.slow
def test_backups_are_whole_while_others_write(tmp_path: Path) -> None:
    found = told.backups(tmp_path, 4)
    assert (found.made, found.damaged, found.same_after_restore) == (4, 0, True)
    assert found.refused == found.spoilt


@pytest.mark.slow
def test_secrets_are_nowhere(tmp_path: Path) -> None:
    assert outside.secrets(tmp_path) == {"logs": 0, "mails": 0, "pages": 0, "commands": 0}


def test_the_rig_itself_sees_what_is_lost(tmp_path: Path) -> None:
    """A check that can't fail shows nothing: an article taken from the store, a mail sent twice, are counted."""
    with rig.servers(tmp_path) as ports:
        series = kills.Series(tmp_path, *ports)
        series.news(rig.START)
        series.run(rig.START)
        series.check(rig.START)
        _unharmed = series.found
        assert (_unharmed.lost_articles, _unharmed.twice, _unharmed.lost_deliveries) == (0, 0, 0)
        box = tmp_path / "mailbox"
        box.write_text(box.read_text().splitlines()[0] + "\n" + box.read_text())
        with rig.opened(tmp_path, rig.Clock()) as app, app.store._engine.begin() as connection:
            connection.exec_driver_sql("UPDATE items SET state = 'new' WHERE key = 'story-1'")
            connection.exec_driver_sql("UPDATE deliveries SET state = 'pending' WHERE recipient = 'ben@example.org'")
        series.check(rig.START)
        assert (series.found.lost_articles, series.found.twice, series.found.lost_deliveries) == (1, 1, 2)
