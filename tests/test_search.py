"""Search: what was kept is found, what was changed is found as it is now, and nothing a person types is an operator."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from conftest import NOON, Make
from sqlalchemy import create_engine, text

from briefing.store import MARK_START, Store, open_store
from briefing.store.migrations import versions as migrations
from briefing.store.search import match_query
from briefing.types import Article, Collected, Item


def keep(store: Store, number: int, title: str, body: str, days_ago: int = 0) -> Article:
    seen = NOON - timedelta(days=days_ago)
    item = Item(source="Courier", key=str(number), title=title, published=seen)
    store.note_items("Courier", Collected(items=(item,)), seen)
    (unread,) = [one for one in store.unread(["Courier"], None) if one.item.key == str(number)]
    article = Article(
        id=f"{number:016x}",
        source="Courier",
        title=title,
        text=body,
        published=seen,
        seen=seen,
        url="https://a.example",
    )
    store.keep_articles(unread.id, [article])
    return article


@pytest.fixture
def store(where: str, tmp_path: Path) -> Iterator[Store]:
    store = open_store(where, tmp_path)
    yield store
    store.close()


def found(store: Store, words: str, **more: object) -> list[str]:
    return [hit.ref for hit in store.library.search(words, **more).hits]


def test_words_phrases_exclusions_and_beginnings(store: Store) -> None:
    bridge = keep(store, 1, "Lift bridge opens", "The lift bridge at Kelby opened on Monday after repairs.")
    ferry = keep(store, 2, "Ferry aground", "A ferry ran aground near the bridge. Lift engineers were not needed.")
    assert set(found(store, "bridges")) == {bridge.id, ferry.id}, "a plural finds the singular"
    assert found(store, '"lift bridge"') == [bridge.id]
    assert found(store, "bridge -ferry") == [bridge.id]
    assert found(store, "engin") == [ferry.id], "the last word may be unfinished"
    assert found(store, "café") == []
    assert found(store, "") == found(store, " - ") == found(store, '"') == []


@pytest.mark.parametrize(
    "typed",
    ['"', '""', "a AND", "NEAR(", "title:x", "^a*", "(", "*", "a -", '-"x', "'; DROP TABLE texts; --", "\x00", "a\x00b",
     "\ud800", "{a b} : c", "+ -", "一 二", "💥"],
)  # fmt: skip
def test_nothing_typed_is_an_operator(store: Store, typed: str) -> None:
    keep(store, 1, "Lift bridge opens", "The lift bridge opened.")
    store.library.search(typed)


def test_a_headline_counts_more_and_newest_is_by_date(store: Store) -> None:
    old = keep(store, 1, "Budget vote", "The council met.", days_ago=6)
    new = keep(
        store, 2, "Council meets", "It talked of roads, schools and of the budget at some length in the evening."
    )
    assert found(store, "budget") == [old.id, new.id]
    assert found(store, "budget", newest=True) == [new.id, old.id]
    assert found(store, "budget", since=NOON - timedelta(days=2)) == [new.id]
    assert found(store, "budget", until=NOON - timedelta(days=2)) == [old.id]
    hits = store.library.search("budget", limit=1, offset=1)
    assert (len(hits.hits), hits.count) == (1, 2)
    assert f"{MARK_START}budget" in hits.hits[0].snippet


def test_an_article_read_again_is_found_by_its_new_text_only(store: Store) -> None:
    article = keep(store, 1, "Mill burns", "The mill burned down.")
    item = Item(source="Courier", key="1", title="Mill burns", updated="2")
    store.note_items("Courier", Collected(items=(item,)), NOON)
    (unread,) = store.unread(["Courier"], None)
    again = Article(id=article.id, source="Courier", title="Mill saved", text="The mill was saved.", seen=NOON)
    store.keep_articles(unread.id, [again])
    assert found(store, "burned") == []
    assert found(store, "saved") == [article.id]
    if store.file is not None:
        with create_engine(f"sqlite:///{store.file}").begin() as connection:
            connection.execute(text("INSERT INTO search_words(search_words, rank) VALUES ('integrity-check', 1)"))


def test_stories_of_editions_are_found(make_app: Make, where: str) -> None:
    app = make_app(more=f"store: '{where}'")
    edition = app.run().edition
    (story,) = app.store.library.search("ferry", kind="story").hits
    assert (story.ref, story.number, story.place) == (edition.id, 1, "daily")
    (row,) = app.store.library.editions(("daily",))
    assert (row.id, row.stories, row.headlines) == (edition.id, 1, ("Ferry runs aground at Aldmouth",))


def test_what_was_kept_before_there_was_search_is_found(make_app: Make, tmp_path: Path) -> None:
    app = make_app()
    edition = app.run().edition
    app.close()
    folder = Path(migrations.__file__).parent
    (name,) = [path.stem for path in folder.glob("v*_search.py")]
    with create_engine(f"sqlite:///{tmp_path}/briefing.db").begin() as connection:
        for statement in ("DROP TABLE search_words", "DROP VIEW search_content", "DROP TABLE search_entries"):
            connection.execute(text(statement))
        with Operations.context(MigrationContext.configure(connection)):
            importlib.import_module(f"{migrations.__name__}.{name}").upgrade()
    store = open_store("briefing.db", tmp_path)
    kinds = {hit.kind for hit in store.library.search("ferry").hits}
    assert kinds == {"article", "story"}
    assert found(store, "ferry", kind="story") == [edition.id]


def test_a_query_is_quoted() -> None:
    assert match_query("title:x OR y") == '"title:x" "OR" "y"'
    assert match_query('un"closed phrase') == '"un" "closed phrase"'


def test_stories_of_others_are_not_found(make_app: Make, where: str) -> None:
    app = make_app(more=f"store: '{where}'")
    app.run()
    library = app.store.library
    assert {hit.kind for hit in library.search("ferry").hits} == {"story", "article"}
    assert {hit.kind for hit in library.search("ferry", briefings=("daily",)).hits} == {"story", "article"}
    assert {hit.kind for hit in library.search("ferry", briefings=("other", "it's")).hits} == {"article"}
    assert {hit.kind for hit in library.search("ferry", briefings=()).hits} == {"article"}
    assert library.search("ferry", kind="story", briefings=()).count == 0


def test_a_snippet_of_a_long_text_is_never_empty(store: Store) -> None:
    keep(store, 1, "Minutes", "The council met. " * 15_000 + "A walrus was seen.")
    (hit,) = store.library.search("walrus").hits
    assert hit.snippet.startswith("The council met.")
    assert MARK_START not in hit.snippet
