"""A store is copied into another and backed up, between both kinds: everything comes over, or nothing."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOON, Make
from sqlalchemy import text
from test_postgres import NASTY, rows
from test_search import found, keep
from typer.testing import CliRunner

from benchmarks import postgres
from briefing.cli.main import app as commands
from briefing.errors import StoreError, UsageError
from briefing.store import Store, address, backup, open_store
from briefing.store.copying import copy
from briefing.store.people_tables import metadata
from briefing.types import Collected, Item


@pytest.mark.parametrize(("first", "second"), [("s", "p"), ("p", "s"), ("s", "s"), ("p", "p")])
def test_a_store_is_copied(
    make_app: Make, server: postgres.Server, template: str, tmp_path: Path, first: str, second: str
) -> None:
    places = [
        server.database(template) if kind == "p" else f"{number}.db" for number, kind in enumerate(first + second)
    ]
    app = make_app(more=f"store: '{places[0]}'")
    edition = app.run().edition
    app.store.people.note(NOON, "me", "page", "a", "b")
    app.store.people.note(NOON, "me", "page", "c", "d")
    app.store.note_items("Nasty", Collected(items=(Item(source="Nasty", key=NASTY, title=NASTY, body=b"\0"),)), NOON)
    before, after = (address(place, tmp_path) for place in places)
    done = copy(before, after)
    assert done.rows["audit"] == 2
    assert done.whole == sum(len(part) for part in rows(app.store).values())
    other = make_app(more=f"store: '{places[1]}'")
    assert rows(other.store) == rows(app.store)
    assert other.store.edition_by_id(edition.id) == edition
    assert {hit.kind for hit in other.store.library.search("ferry").hits} == {"article", "story"}
    assert not other.run().made
    # New rows get numbers of their own.
    other.store.people.note(NOON, "me", "page", "e", "f")
    assert [line.id for line in other.store.people.log()] == [3, 2, 1]
    keep(other.store, 9, "New", "Something new.")
    assert found(other.store, "something") == [f"{9:016x}"]
    with pytest.raises(UsageError, match=r"not empty: there are rows in .*editions"):
        copy(before, after)
    with pytest.raises(UsageError, match="into itself"):
        copy(before, before)
    other.close()
    app.close()


def test_a_copy_that_fails_changes_nothing(on_server: Store, database: str, tmp_path: Path) -> None:
    source = open_store("a.db", tmp_path)
    keep(source, 1, "One", "One text.")
    with on_server._engine.begin() as connection:
        connection.execute(text("ALTER TABLE search_entries ADD CONSTRAINT never CHECK (title = '')"))
    with pytest.raises(StoreError, match="nothing was changed"):
        copy(address("a.db", tmp_path), address(database, tmp_path))
    assert not any(rows(on_server).values())
    source.close()


def test_the_command_copies(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = open_store("a.db", tmp_path)
    keep(source, 1, "One", "One text.")
    source.close()
    done = CliRunner().invoke(commands, ["store", "copy", "a.db", database])
    assert done.exit_code == 0, done.output
    assert "articles                 1" in done.output
    again = CliRunner().invoke(commands, ["store", "copy", "a.db", database])
    assert again.exit_code == 2
    assert "not empty" in again.output
    assert CliRunner().invoke(commands, ["store", "copy", "none.db", database]).exit_code == 2
    assert not (tmp_path / "none.db").exists()


def test_a_backup_is_made_and_put_back(make_app: Make, database: str, tmp_path: Path) -> None:
    app = make_app(more=f"store: '{database}'")
    edition = app.run().edition
    before = rows(app.store)
    made = backup.create(app.store, tmp_path / "backups", NOON)
    assert (made.editions, made.articles) == (1, 1)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [made.path.name]
    with app.store._engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    kept = backup.restore(app.store, made.path, tmp_path / "backups", NOON + timedelta(hours=1))
    assert kept.editions == 0
    assert [one.path for one in backup.listed(tmp_path / "backups")] == [kept.path, made.path]
    assert rows(app.store) == before
    assert app.store.edition("daily", edition.slot) == edition
    assert found(app.store, "ferry", kind="story") == [edition.id]
    # The copy is a store of its own, and can be put back into a file too.
    file = make_app(more=f"store: '{made.path}'")
    assert rows(file.store) == before
    # One that is damaged changes nothing.
    kept.path.write_bytes(made.path.read_bytes()[:20_000])
    with pytest.raises(StoreError):
        backup.restore(app.store, kept.path, tmp_path / "backups", NOON)
    assert rows(app.store) == before
    app.close()


def test_a_backup_is_of_one_moment(make_app: Make, database: str, tmp_path: Path) -> None:
    app = make_app(more=f"store: '{database}'")
    app.run()
    other = open_store(database, tmp_path)
    stop = threading.Event()

    def write() -> None:
        number = 100
        while not stop.is_set():
            keep(other, number, f"T{number}", f"Text {number}.")
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(3):
            # Looked over: every article has its text, every entry of the index its article's.
            backup.create(app.store, tmp_path / "copies", NOON + timedelta(seconds=number))
    finally:
        stop.set()
        thread.join()
    assert len(backup.listed(tmp_path / "copies")) == 3
    other.close()
    app.close()
