"""Several processes at one store: what one holds the others leave, and what a dead one held is free."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import NOON, Make
from sqlalchemy import text

from benchmarks import postgres, processes
from briefing.errors import BeingMade, ExtractError
from briefing.store import Store, open_store
from briefing.store.tables import items
from briefing.types import Article, Collected, Item


def test_one_makes_an_edition_and_serves(make_app: Make, database: str) -> None:
    one, two = (make_app(more=f"store: '{database}'") for _ in range(2))
    with one.store.holding.hold("daily") as held:
        assert held
        with pytest.raises(BeingMade):
            two.run()
    assert two.run().made
    assert one.serving() is False
    with one.served() as mine:
        assert mine
        assert two.serving() is True
        with two.served() as also:
            assert not also
        # A briefing may be called anything.
        with two.store.holding.hold("serve") as free:
            assert free
    assert two.serving() is False


def _hold(url: str, folder: str, item: str) -> None:
    store = open_store(url, Path(folder))
    assert store.taking._take(items, items.c.state == "new", [item])
    while True:
        # Whoever looks whether it is free holds it for that moment.
        with store.holding.hold("daily") as held:
            if held:
                threading.Event().wait()
        time.sleep(0.01)


def test_what_a_dead_process_held_is_free_at_once(on_server: Store, database: str, tmp_path: Path) -> None:
    on_server.note_items("S", Collected(items=(Item(source="S", key="k"),)), NOON)
    (unread,) = on_server.unread(["S"], None)
    process = multiprocessing.get_context("fork").Process(target=_hold, args=(database, str(tmp_path), unread.id))
    process.start()
    try:
        _until(lambda: not _free(on_server))
        assert list(on_server.taking.items([unread])) == []
        assert list(on_server.taking.items([unread], 0.5)) == []
    finally:
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    _until(lambda: _free(on_server))
    assert [list(part) for part in on_server.taking.items([unread], 5.0)] == [[unread]]


def _free(store: Store) -> bool:
    with store.holding.hold("daily") as held:
        return held


def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_items_and_deliveries_go_to_one_taker(make_app: Make, database: str, tmp_path: Path) -> None:
    app = make_app(more=f"store: '{database}'")
    store, other = app.store, open_store(database, tmp_path)
    things = tuple(Item(source="S", key=str(number)) for number in range(40))
    store.note_items("S", Collected(items=things), NOON)
    unread = store.unread(["S"], None)
    mine, theirs = store.taking.items(unread, at_once=10), other.taking.items(unread, at_once=10)
    seen = [{one.id for one in next(part)} for part in (mine, theirs)]
    assert len(seen[0]) == len(seen[1]) == 10
    assert not seen[0] & seen[1]
    mine.close()
    theirs.close()
    # What was given back can be taken by anybody; what was read meanwhile by nobody.
    store.keep_articles(unread[0].id, [])
    assert sum(len(part) for part in other.taking.items(unread)) == 39
    other.close()


def test_an_item_another_tried_in_vain_rests(on_server: Store, database: str, tmp_path: Path) -> None:
    other = open_store(database, tmp_path)
    on_server.note_items("S", Collected(items=(Item(source="S", key="k"),)), NOON)
    unread = on_server.unread(["S"], None)
    theirs = other.taking.items(unread)
    next(theirs)
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.extend(on_server.taking.items(unread, 20.0)))
    thread.start()
    threading.Event().wait(0.3)
    other.fail_item(unread[0].id, ExtractError("k", "no", retryable=True), NOON)
    theirs.close()
    thread.join(20)
    assert seen == []
    other.close()


def test_a_number_that_was_lost_is_replaced(on_server: Store) -> None:
    first = on_server.taking.number
    assert on_server.taking.number == first
    with on_server._engine.connect() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2")
        )
    assert on_server.taking.number not in (None, first)
    assert on_server.library.ready() is None


def test_of_many_who_open_a_new_database_one_makes_the_tables(server: postgres.Server, tmp_path: Path) -> None:
    url = server.database()
    errors: list[BaseException] = []

    def work() -> None:
        try:
            open_store(url, tmp_path).close()
        except BaseException as error:  # whatever it is, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_many_writers_of_the_same_rows(where: str, tmp_path: Path) -> None:
    """Each of these is kept by whoever comes first, or last; none fails."""
    stores = [open_store(where, tmp_path) for _ in range(6)]
    things = tuple(Item(source="S", key=str(number)) for number in range(20))

    def work(store: Store) -> bytes:
        for turn in range(4):
            store.note_items("S", Collected(items=things), NOON + timedelta(minutes=turn))
            store.note_failure("S", "no", NOON)
            store.keep_telling("k", {"turn": turn}, NOON + timedelta(days=70 * turn))
            for one in store.unread(["S"], None)[:5]:
                texts = [Article(id=f"{one.item.key}-{n}", text=f"T{n}", source="S", seen=NOON) for n in range(3)]
                store.keep_articles(one.id, texts if turn % 2 else texts[::-1])
            store.keep_stories({"a": f"s{turn}"}, {f"s{turn}": "s9"})
            store.note_page("a", "e", None, NOON)
        return store.secret()

    with ThreadPoolExecutor(6) as pool:
        secrets = set(pool.map(work, stores))
    assert len(secrets) == 1
    assert stores[0].library.items()["read"] >= 5
    for store in stores:
        store.close()


@pytest.mark.slow
def test_each_article_and_each_delivery_is_handled_once() -> None:
    seen = processes.crowd(3, 4, kill_every=3, articles=6, readers=6)
    assert seen.held, seen
    assert (seen.articles_once, seen.editions, seen.killed) == (24, 4, 1)
