"""The store: migrations match the tables, one winner per slot, what was kept comes back as it was."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from conftest import NOON, Make
from sqlalchemy import create_engine

from briefing.errors import ExtractError, StoreError
from briefing.store import open_store
from briefing.store.open import HEAD
from briefing.store.tables import metadata
from briefing.types import Article, Collected, Item

MIGRATIONS = Path(__file__).parent.parent / "briefing" / "store" / "migrations"


def test_migrations_make_the_tables(tmp_path: Path) -> None:
    open_store("a.db", tmp_path).close()
    with create_engine(f"sqlite:///{tmp_path}/a.db").connect() as connection:
        # The full-text index is a virtual table with tables of its own behind it.
        ours = {"include_name": lambda name, kind, _: kind != "table" or not name.startswith("search_words")}
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), metadata) == []
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("not a database at all, but long enough to be read as one" * 9, encoding="utf-8")
    with pytest.raises(StoreError, match="not a database"):
        open_store("a.db", tmp_path)


def test_an_edition_comes_back_as_it_was(make_app: Make) -> None:
    app = make_app()
    edition = app.run(dry=True).edition
    assert app.store.save_edition(edition, [])
    assert app.store.edition("daily", edition.slot) == edition
    assert not app.store.save_edition(replace(edition, title="Another"), [])
    for form in ("md", "html", "txt", "mail"):
        kept = app.store.edition("daily", edition.slot)
        assert kept is not None
        assert app.renderer.render(kept, form) == app.renderer.render(edition, form)


def test_of_many_writers_one_wins(make_app: Make, tmp_path: Path) -> None:
    edition = make_app().run(dry=True).edition
    stores = [open_store("briefing.db", tmp_path) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda store: store.save_edition(edition, []), stores))
    assert sorted(won) == [False] * 7 + [True]
    assert sqlite3.connect(tmp_path / "briefing.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_items_wait_until_they_are_read_or_given_up(tmp_path: Path) -> None:
    store = open_store("a.db", tmp_path)
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


def test_a_date_that_lies_ahead_is_not_believed(tmp_path: Path) -> None:
    store = open_store("a.db", tmp_path)
    store.note_items("S", Collected(items=(Item(source="S", key="k"),)), NOON)
    (waiting,) = store.unread(["S"], None)
    ahead = Article(text="From next year.", source="S", seen=NOON, published=NOON + timedelta(days=300))
    store.keep_articles(waiting.id, [ahead])
    assert len(store.articles(["S"], NOON - timedelta(hours=1), NOON)) == 1
    store.close()


def test_what_no_database_keeps_does_not_stop_the_rest(tmp_path: Path) -> None:
    store = open_store("a.db", tmp_path)
    odd = Item(source="S", key="\ud800k\x00", url="https://a.example/\udfff", title="a\ud800\x00b", authors=("\ud800",))
    fine = Item(source="S", key="fine", url="https://a.example/")
    assert store.note_items("S", Collected(items=(odd, fine)), NOON) == 2
    assert store.note_items("S", Collected(items=(odd, fine)), NOON) == 0
    assert {one.item.title for one in store.unread(["S"], None)} == {"a\ufffd\ufffdb", None}
    for one in store.unread(["S"], None):
        store.keep_articles(one.id, [Article(id=one.item.key, text="A \ud800 text.", source="S", seen=NOON)])
    assert {one.text for one in store.articles(["S"], None, NOON + timedelta(days=1))} == {"A \ufffd text."}
