"""The store: migrations match the tables, one winner per slot, what was kept comes back as it was."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from conftest import NOON, Make
from sqlalchemy import Engine, inspect, text
from sqlalchemy.types import TypeEngine

from briefing.errors import ExtractError, StoreError
from briefing.store import open_store
from briefing.store.kinds import Words
from briefing.store.open import HEAD, change
from briefing.store.tables import metadata
from briefing.types import Article, Collected, Item

MIGRATIONS = Path(__file__).parent.parent / "briefing" / "store" / "migrations"


def same_type(context: Any, _: Any, __: Any, found: TypeEngine[Any], meant: TypeEngine[Any]) -> bool | None:
    """Whether two types of text differ, as alembic asks: it does not see what a type of ours is in this database."""
    if not isinstance(meant, Words):
        return None
    # PostgreSQL's two names for text without a limit; how it is sorted is looked at below.
    plain = str(found.compile(context.dialect)).replace('TEXT COLLATE "C"', "VARCHAR")
    return plain != str(meant.compile(context.dialect))


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        # The full-text index is a virtual table with tables of its own behind it, or a table with a trigger.
        names = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("search_words")}
        context = MigrationContext.configure(connection, opts=names | {"compare_type": same_type})
        return compare_metadata(context, metadata)


def test_migrations_go_up_and_down_and_up(make_app: Make, where: str) -> None:
    app = make_app(more=f"store: '{where}'")
    edition = app.run().edition
    engine = app.store._engine
    assert differences(engine) == []
    change(engine, "0011", down=True)
    change(engine)
    assert app.store.edition_by_id(edition.id) == edition
    assert app.store.library.search("ferry").count == 2
    change(engine, "base", down=True)
    left = set(inspect(engine).get_table_names())
    assert left == {"alembic_version"}
    change(engine)
    assert differences(engine) == []
    assert app.run().made
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_texts_are_sorted_by_their_characters(database: str, tmp_path: Path) -> None:
    store = open_store(database, tmp_path)
    query = """SELECT table_name, column_name, data_type FROM information_schema.columns
               WHERE table_schema = 'public' AND table_name <> 'alembic_version' AND (data_type LIKE 'char%'
               OR (data_type = 'text' AND collation_name IS DISTINCT FROM 'C'))"""
    with store._engine.connect() as connection:
        assert connection.execute(text(query)).all() == []
    store.close()


def test_every_migration_goes_down_with_rows_in_the_tables(make_app: Make, where: str) -> None:
    app = make_app(more=f"store: '{where}'")
    app.run()
    for number in range(int(HEAD) - 1, 0, -1):
        change(app.store._engine, f"{number:04}", down=True)
    change(app.store._engine)
    assert app.store.library.count() == {"articles": 1, "editions": 1}


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("not a database at all, but long enough to be read as one" * 9, encoding="utf-8")
    with pytest.raises(StoreError, match="not a database"):
        open_store("a.db", tmp_path)


def test_a_new_store_that_another_opens_too_is_waited_for(tmp_path: Path) -> None:
    # SQLite fails the change to a write-ahead log at once while another process writes, whatever the busy time-out.
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    beside = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        beside.execute("PRAGMA busy_timeout = 30000").execute("PRAGMA journal_mode = WAL")
    beside.close()
    timer = threading.Timer(0.2, other.execute, ["COMMIT"])
    timer.start()
    open_store("s.db", tmp_path).close()
    timer.join()
    other.close()


def test_an_edition_comes_back_as_it_was(make_app: Make, where: str) -> None:
    app = make_app(more=f"store: '{where}'")
    edition = app.run(dry=True).edition
    assert app.store.save_edition(edition, [])
    assert app.store.edition("daily", edition.slot) == edition
    assert not app.store.save_edition(replace(edition, title="Another"), [])
    for form in ("md", "html", "txt", "mail"):
        kept = app.store.edition("daily", edition.slot)
        assert kept is not None
        assert app.renderer.render(kept, form) == app.renderer.render(edition, form)


def test_of_many_writers_one_wins(make_app: Make, where: str, tmp_path: Path) -> None:
    edition = make_app(more=f"store: '{where}'").run(dry=True).edition
    stores = [open_store(where, tmp_path) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda store: store.save_edition(edition, []), stores))
    assert sorted(won) == [False] * 7 + [True]
    if stores[0].file is not None:
        assert sqlite3.connect(stores[0].file).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for store in stores:
        store.close()


def test_items_wait_until_they_are_read_or_given_up(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    item = Item(source="S", key="k", url="https://a.example/", updated="1")
    assert store.note_items("S", Collected(items=(item,), state={"etag": "x"}), NOON) == 1
    assert store.source("S").state == {"etag": "x"}
    assert store.note_items("S", Collected(items=(item,)), NOON) == 0
    (waiting,) = store.unread(["S"], None)
    error = ExtractError("k", "no", retryable=True)
    assert [store.fail_item(waiting.id, error) for _ in range(3)] == [True, True, False]
    assert store.unread(["S"], None) == []
    assert store.note_items("S", Collected(items=(replace(item, updated="2"),)), NOON) == 1
    (waiting,) = store.unread(["S"], None)
    store.keep_articles(waiting.id, [Article(text="A text.", source="S", seen=NOON)])
    assert store.unread(["S"], None) == []
    assert [article.text for article in store.articles(["S"], None, NOON)] == ["A text."]
    store.close()


def test_a_date_that_lies_ahead_is_not_believed(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    store.note_items("S", Collected(items=(Item(source="S", key="k"),)), NOON)
    (waiting,) = store.unread(["S"], None)
    ahead = Article(text="From next year.", source="S", seen=NOON, published=NOON + timedelta(days=300))
    store.keep_articles(waiting.id, [ahead])
    assert len(store.articles(["S"], NOON - timedelta(hours=1), NOON)) == 1
    store.close()


def test_what_no_database_keeps_does_not_stop_the_rest(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    odd = Item(source="S", key="\ud800k\x00", url="https://a.example/\udfff", title="a\ud800\x00b", authors=("\ud800",))
    fine = Item(source="S", key="fine", url="https://a.example/")
    assert store.note_items("S", Collected(items=(odd, fine)), NOON) == 2
    assert store.note_items("S", Collected(items=(odd, fine)), NOON) == 0
    assert {one.item.title for one in store.unread(["S"], None)} == {"a\ufffd\ufffdb", None}
    for one in store.unread(["S"], None):
        store.keep_articles(one.id, [Article(id=one.item.key, text="A \ud800 text.", source="S", seen=NOON)])
    assert {one.text for one in store.articles(["S"], None, NOON + timedelta(days=1))} == {"A \ufffd text."}
    store.close()
