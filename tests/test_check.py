"""Will tomorrow's edition come? What became of everything; copies of the store; deliveries by hand; sources' paces."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import NOON, Clock, Make
from typer.testing import CliRunner, Result

from briefing import outbox, pace
from briefing.app import App
from briefing.cli import health
from briefing.cli.main import app as commands
from briefing.errors import FetchError, StoreError, UsageError
from briefing.fetch import Fetcher, Limits
from briefing.health import STATES, Verdict, verdict
from briefing.scheduler import Service
from briefing.store import backup, open_store

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, news: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on an installation that needs no model."""
    monkeypatch.setattr(health, "model_checks", lambda _: iter([(True, "model", "none")]))
    text = (
        "sources: [{name: Local, type: file, path: news}]\n"
        "briefings: [{name: daily, limits: {max_age: null}, channels: [{type: file, folder: out}]}]\n"
        "summarizer: {model: ./none}\n"
    )
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    return lambda *words: CliRunner().invoke(commands, [*words, "--config", str(tmp_path / "config.yaml")])


def test_yes(run: Run) -> None:
    assert run("run").exit_code == 0
    done = run("check")
    assert done.exit_code == 0, done.output
    last = done.output.splitlines()[-1]
    assert last.startswith("ok    daily: yes, the edition of ")
    assert '"briefing serve" is not running' in done.output


def test_no_and_why(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be", encoding="utf-8")
    done = run("check")
    assert done.exit_code == 1
    assert "will not come: none of its channels can be used" in done.output.splitlines()[-1]


def test_no_source_no_edition(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "news").iterdir():
        path.unlink()
    (tmp_path / "news").rmdir()
    assert run("run").exit_code == 0
    done = run("check")
    assert done.exit_code == 1
    assert "sources: all of them are failing" in done.output.splitlines()[-1]


def test_a_store_that_cannot_be_written_is_the_reason(run: Run, tmp_path: Path) -> None:
    (tmp_path / "briefing.db").write_text("no database, but long enough to be read as one " * 99, encoding="utf-8")
    done = run("check")
    assert done.exit_code == 1
    assert "will not come: store" in done.output.splitlines()[-1]


def test_the_report_tells_sources_bullets_and_deliveries(run: Run) -> None:
    run("run")
    told = run("report").output
    assert "Deliveries" in told
    assert "Local: read" in told
    record = json.loads(run("report", "--json").output)
    assert record["issues"][0]["state"] == "made"
    assert record["deliveries"][0]["state"] == "sent"
    assert sum(record["bullets"].values()) >= 2
    assert record["receipt"]["seconds"] > 0


def test_next(run: Run) -> None:
    lines = run("next", "-n", "2").output.splitlines()
    assert len([line for line in lines if "  daily  (begun " in line]) == 2
    assert any(line.endswith("asks Local") for line in lines)


def test_a_copy_is_whole_and_can_be_put_back(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    edition = app.run().edition
    made = backup.create(app.store, tmp_path / "backups", NOON)
    assert (made.editions, made.articles) == (1, 1)
    with closing(sqlite3.connect(tmp_path / "briefing.db")) as other:
        for table in ("told", "deliveries", "editions"):
            other.execute(f"DELETE FROM {table}")
        other.commit()
    assert app.store.edition("daily", edition.slot) is None
    with closing(sqlite3.connect(tmp_path / "briefing.db")) as other:
        # What refers to nothing would be found; here only whole rows are gone.
        tables = [row[0] for row in other.execute('SELECT DISTINCT "table" FROM pragma_foreign_key_check')]
        for table in tables:
            other.execute(f"DELETE FROM {table}")
        other.commit()
    kept = backup.restore(app.store, made.path, tmp_path / "backups", NOON + timedelta(hours=1))
    assert app.store.edition("daily", edition.slot) == edition
    assert kept.editions == 0
    assert [one.path for one in backup.listed(tmp_path / "backups")] == [kept.path, made.path]
    assert not app.run().made


def test_a_copy_is_made_while_the_store_is_written(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    app.run()
    with closing(sqlite3.connect(tmp_path / "briefing.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM told")
        assert backup.create(app.store, tmp_path / "backups", NOON).editions == 1
        other.rollback()


def test_only_so_many_copies_are_kept(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    for day in range(4):
        backup.create(app.store, tmp_path, NOON + timedelta(days=day), keep=2)
    assert [one.made.day for one in backup.listed(tmp_path)] == [14, 13]


def test_a_damaged_copy_is_never_put_back(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    edition = app.run().edition
    made = backup.create(app.store, tmp_path / "backups", NOON)
    made.path.write_bytes(made.path.read_bytes()[:20_000])
    with pytest.raises(StoreError):
        backup.verify(made.path)
    with pytest.raises(StoreError):
        backup.restore(app.store, made.path, tmp_path / "backups", NOON)
    assert app.store.edition("daily", edition.slot) == edition
    with pytest.raises(StoreError, match="there is no file"):
        backup.verify(tmp_path / "nothing.db")


def test_a_copy_of_an_older_version_is_brought_up_to_date(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    app.run()
    made = backup.create(app.store, tmp_path / "backups", NOON)
    with closing(sqlite3.connect(made.path)) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()
    with pytest.raises(StoreError, match="newer version"):
        backup.verify(made.path)


def test_deliveries_by_hand(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    app.run()
    (row,) = app.store.deliveries()
    with pytest.raises(UsageError, match="not sent again"):
        outbox.retry(app.outbox, row)
    with pytest.raises(UsageError, match="not uncertain"):
        outbox.resolve(app.outbox, row, arrived=True)
    with pytest.raises(UsageError, match="no delivery begins"):
        outbox.find(app.outbox, "zzz")
    app.store.settle(row, "uncertain", NOON, "nobody knows")
    (row,) = app.store.deliveries()
    assert outbox.resolve(app.outbox, row, arrived=True).state == "sent"
    app.store.settle(row, "uncertain", NOON, "nobody knows")
    (tmp_path / "out" / "2026-03-11.md").unlink()
    (row,) = app.store.deliveries()
    assert outbox.resolve(app.outbox, row, arrived=False).state == "sent"
    assert (tmp_path / "out" / "2026-03-11.md").is_file()


def test_deliveries_are_listed(run: Run) -> None:
    run("run")
    line = run("deliveries", "list").output
    assert "daily" in line
    assert "sent" in line
    assert run("deliveries", "list", "--state", "lost").exit_code == 2
    assert run("deliveries", "retry").exit_code == 2
    assert run("deliveries", "resolve", line[:8], "arrived").exit_code == 2


def test_an_edition_that_is_no_news_is_given_up(make_app: Make, clock: Clock) -> None:
    mail = "{type: mail, host: 127.0.0.1, port: 9, security: none, sender: a@example.org, to: [b@example.org]}"
    app = make_app(channels=f"- {mail}")
    app.run()
    for _ in range(30):
        clock.now += timedelta(hours=1)
        app.deliver_pending()
    (row,) = app.store.deliveries()
    assert row.state == "given up"
    assert 5 < row.attempts < 25
    assert "given up after 24 hours" in (row.detail or "")


def test_one_server_down_is_not_tried_for_each_recipient(make_app: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    people = ", ".join(f"r{number}@example.org" for number in range(20))
    mail = f"{{type: mail, host: 127.0.0.1, port: 9, security: none, sender: a@example.org, to: [{people}]}}"
    app = make_app(channels=f"- {mail}")
    from briefing.channels.mail import MailChannel

    tried = []
    whole = MailChannel._connect
    monkeypatch.setattr(MailChannel, "_connect", lambda self, who: tried.append(who) or whole(self, who))
    app.run()
    assert len(tried) == 1
    assert {row.state for row in app.store.deliveries()} == {"pending"}
    assert {row.attempts for row in app.store.deliveries()} == {1}


def test_paces() -> None:
    hourly = [NOON - timedelta(hours=number) for number in range(10)]
    assert pace.next_ask(NOON, hourly, None) == NOON + timedelta(minutes=30)
    assert pace.next_ask(NOON, hourly, 7200) == NOON + timedelta(hours=2)
    assert pace.next_ask(NOON, [], None) == NOON + pace.USUAL
    weekly = [NOON - timedelta(days=7 * number) for number in range(10)]
    assert pace.next_ask(NOON, weekly, None) == NOON + pace.LONGEST
    assert pace.next_ask(NOON, [], 10**9) == NOON + pace.LONGEST_ORDER
    assert not pace.wanted(NOON, NOON - timedelta(minutes=5), NOON + timedelta(hours=1), 0)
    assert pace.wanted(NOON, NOON - timedelta(minutes=20), NOON + timedelta(hours=1), 0)
    assert pace.wanted(NOON, NOON - timedelta(minutes=5), NOON + timedelta(minutes=10), 1), (
        "a first failure is forgiven"
    )
    assert not pace.wanted(NOON, NOON - timedelta(minutes=5), NOON + timedelta(hours=2), 2)
    assert pace.wanted(NOON, NOON - timedelta(minutes=20), NOON + timedelta(hours=2), 2), "its rest does not count"


@pytest.mark.parametrize("kind", sorted(STATES))
def test_one_rule_says_how_long_a_source_rests(kind: str) -> None:
    def rest(failures: int, order: float | None = None) -> Verdict:
        error = FetchError("https://a.example/", "no", kind=kind, retry_after=order)
        return verdict("Feed", error, failures, NOON)

    rests = [rest(failures).due - NOON for failures in range(1, 30)]
    # Back within a day, each about twice as long as the one before until the longest, and never asked in a hurry.
    assert max(rests) < timedelta(hours=23)
    assert min(rests) > timedelta(minutes=13)
    assert all(later > earlier * 1.5 or later > timedelta(hours=10) for earlier, later in pairwise(rests))
    # Who said no is left alone by editions, too; who may be well by now is not.
    firm = rest(3).next_try
    assert firm in (None, rest(3).due)
    assert (firm is not None) == (kind in {"gone", "missing", "blocked", "login", "page", "refused", "robots"})
    assert rest(1, 23 * 3600).next_try == rest(1, 23 * 3600).due == NOON + timedelta(hours=23)
    assert rest(1, 10**9).due == NOON + timedelta(hours=24)


def test_a_source_is_asked_at_its_pace(make_app: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app()
    service = Service(app)
    asked = []
    whole = app.sources[0].collect
    monkeypatch.setattr(app.sources[0], "collect", lambda state: asked.append(clock.now) or whole(state))
    clock.now = datetime(2026, 3, 11, 12, 30, tzinfo=UTC)
    for _ in range(12 * 60 // 5):
        service.tick()
        clock.now += timedelta(minutes=5)
    assert 10 <= len(asked) <= 14


def test_a_server_that_asks_for_rest_gets_it(site_of: Callable[[dict[str, str], int], str]) -> None:
    busy, fresh = site_of({"Retry-After": "600"}, 429), site_of({"Cache-Control": "max-age=900"}, 200)
    with Fetcher(Limits(tries=3, private=(busy, fresh))) as fetcher:
        with pytest.raises(FetchError) as caught:
            fetcher.get(busy)
        assert caught.value.retry_after == 600
        assert fetcher.get(fresh).fresh_for == 900


@pytest.fixture
def site_of() -> object:
    import http.server
    import threading

    servers = []

    def make(headers: dict[str, str], status: int) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def test_only_one_serves(make_app: Make, tmp_path: Path) -> None:
    app: App = make_app()
    assert app.serving() is False
    with app.served() as alone:
        assert alone
        other = make_app()
        assert other.serving() is True
        with other.served() as second:
            assert not second
    open_store("briefing.db", tmp_path).close()
