"""PostgreSQL as the store: what it holds is what SQLite holds, several processes share it, no password is shown."""

from __future__ import annotations

import contextlib
import logging
import re
import subprocess
import sys
import traceback
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import NOON, Make
from sqlalchemy import text
from starlette.testclient import TestClient
from test_search import found, keep

from benchmarks import postgres
from briefing.app import App
from briefing.cli.health import _ground
from briefing.config import parse_config
from briefing.errors import ConfigError, StoreError
from briefing.store import Store, address, open_store
from briefing.store.people_tables import metadata
from briefing.store.vectors import MATCH, queries, vector
from briefing.types import Article, Collected, Feedback, Item
from briefing.web import create_app


def rows(store: Store) -> dict[str, list[dict[str, object]]]:
    """All that a store holds, by table."""
    with store._engine.connect() as connection:
        return {
            table.name: [
                dict(row) for row in connection.execute(table.select().order_by(*table.primary_key.columns)).mappings()
            ]
            for table in metadata.sorted_tables
        }


# The same as SQLite


def test_an_edition_is_the_same_byte_for_byte(make_app: Make, database: str, tmp_path: Path) -> None:
    (tmp_path / "news" / "mill.txt").write_text(
        "The mill of Kelby burned on Monday, the fire chief said. " * 9, "utf-8"
    )
    forms = ("md", "html", "txt", "mail", "json")
    shown = []
    for place in ("one.db", database):
        app = make_app(more=f"store: '{place}'", channels=f"- {{type: file, folder: out-{len(shown)}}}")
        edition = app.run().edition
        bodies = [app.renderer.render(edition, form) for form in forms]
        files = sorted((tmp_path / f"out-{len(shown)}").rglob("*.*"))
        shown.append((edition.id, bodies, [path.read_bytes() for path in files]))
        seen = rows(app.store)
        shown[-1] += ([sorted(row["document"].items()) for row in seen["editions"]], seen["told"], seen["chapters"])
    # What it took differs from run to run, wherever it is kept.
    one, two = shown
    assert one[0] == two[0]
    assert [_without_seconds(body) for body in one[1]] == [_without_seconds(body) for body in two[1]]
    assert one[4:] == two[4:]


def _without_seconds(body: str) -> str:
    return re.sub(r'("seconds": |made in |in )[\d.]+( seconds| s\b)?', r"\1", body)


NASTY = "a\x00b \ud800 x\udfffy %s %(a)s :b ? $1 'q' \"d\" \\ \u2028 " + "é" * 400


def test_what_strangers_write_is_kept_alike(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    long = "L" * 3000
    item = Item(
        source=NASTY, key=NASTY, title=NASTY, url=NASTY, authors=(NASTY,), language=long, media_type=long,
        updated=NASTY, body=b"\x00\xff", notes=(NASTY,), published=NOON,
    )  # fmt: skip
    assert store.note_items(NASTY, Collected(items=(item,), state={"etag": NASTY}, notes=(NASTY,)), NOON, NASTY) == 1
    assert store.note_items(NASTY, Collected(items=(item,)), NOON, NASTY) == 0
    (waiting,) = store.unread([NASTY], None)
    assert waiting.item.authors == (NASTY,)
    assert (waiting.item.body, waiting.item.language) == (b"\x00\xff", long)
    store.keep_articles(waiting.id, [Article(id=long, text=NASTY, title=NASTY, source=NASTY, seen=NOON)], NASTY)
    (article,) = store.articles([NASTY], None, NOON)
    assert article.text == NASTY.replace("\x00", "\ufffd").replace("\ud800", "\ufffd").replace("\udfff", "\ufffd")
    assert store.library.article(long) == article
    assert store.library.search("é" * 400, place=NASTY).count == 1
    assert store.library.search("x", place="\x00").count == 0
    assert store.edition_by_id("\x00") is None
    store.people.note(NOON, long, "page", "x", NASTY, NASTY)
    assert store.people.log()[0].who == long[:64]
    word = Feedback(
        id="f", action="more", kind="topic", target=NASTY, briefing="daily", reader="r", edition="e", at=NOON,
        until=None, via="page", detail={"x": NASTY},
    )  # fmt: skip
    store.keep_feedback(word)
    store.keep_feedback(word)
    assert store.feedback()[0].detail == {"x": NASTY}
    store.close()


def test_lists_come_in_the_order_of_characters(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    keys = ["b", "B", "a", "ä", "Z", "_", "-", "ab", "a b", "𝒜", "é", "1"]
    store.note_items("S", Collected(items=tuple(Item(source="S", key=key, published=NOON) for key in keys)), NOON)
    assert [one.item.key for one in store.unread(["S"], None)] == sorted(keys)
    store.close()


# Search


LONG = {
    "a word of 1 MB": "x" * 1_000_000 + " walrus",
    "Korean": "바다코끼리를 보았다 " + " ".join(f"항구{number}에서" for number in range(50_000)),
    "Chinese": "海象" * 200_000 + "。北京",
    "60,000 words": "walrus " + " ".join(f"word{number}word" for number in range(60_000)),
    "one word": "walrus " * 20_000,
    "signs": "walrus ' \\ : & | ! <-> * () 'a':1A \\' '' " * 2_000,
}


@pytest.mark.parametrize("what", LONG)
def test_a_long_text_is_kept_and_found_by_what_fits(on_server: Store, what: str) -> None:
    body = LONG[what]
    article = keep(on_server, 1, "Minutes", body)
    (kept,) = on_server.articles(["Courier"], None, NOON)
    assert kept.text == body
    first = {"a word of 1 MB": "x" * 2000, "Korean": "바다코끼리를", "Chinese": "海象海象"}.get(what, "walrus")
    assert found(on_server, first) == [article.id]
    assert found(on_server, "minutes") == [article.id]


def test_a_phrase_far_down_is_looked_up_in_the_text(where: str, tmp_path: Path) -> None:
    store = open_store(where, tmp_path)
    start = " ".join(f"w{number}" for number in range(17_000))
    one = keep(store, 1, "One", f"{start} lift bridge. {start}")
    two = keep(store, 2, "Two", f"{start} bridge lift. {start}")
    three = keep(store, 3, "Three", "The lift bridge.")
    assert set(found(store, '"lift bridge"')) == {one.id, three.id}
    assert found(store, '"bridge lift"') == [two.id]
    assert set(found(store, 'lift -"bridge lift"')) == {one.id, three.id}
    assert found(store, "lift -w16999") == [three.id]
    often = keep(store, 4, "Four", "the sea " * 400 + "the old mill burned")
    assert found(store, '"old mill"') == [often.id]
    assert found(store, '"sea the old mill"') == [often.id]
    assert found(store, '"the mill"') == []
    store.close()


SEARCHES = [
    "bridges", '"lift bridge"', "bridge -ferry", "engin", "cafe", "Café", "e-mail", "mail", "the", '"the lift"',
    "",
    "-bridge", '"opens the"', "AND", "o'clock", "3.5", "u.s. senate", "北京", '"北京"', "bridge bridge", "ﬁne",
    "STRASSE",
    "straße", '"a-b c"', "_", "x_y", "running", "ran", "universities", "'", "\\", ":*", "bridge:*", "a & b", "💥",
    "x💥y",
    "https://a.example/path?q=1", "user@example.org", "-5", "1,000", 'lift -"near the"', "-ferry -lift bridge",
]  # fmt: skip


def test_both_find_the_same(database: str, tmp_path: Path) -> None:
    stores = [open_store("a.db", tmp_path), open_store(database, tmp_path)]
    texts = [
        (
            "Lift bridge opens",
            "The lift bridge at Kelby opened on Monday after repairs. Opens the way at five o'clock.",
        ),
        (
            "Ferry aground",
            "A ferry ran aground near the bridge. Lift engineers were not needed. It cost 3.5 and 1,000.",
        ),
        ("Café", "The café's e-mail is user@example.org, says https://a.example/path?q=1. x_y. −5 and -5."),
        ("北京", "北京 is Beijing. The U.S. Senate met. Universities are running fine, ﬁne, in the Straße. x💥y"),
        ("", "a-b c. 'quoted' \\ back. :* & | a & b STRASSE"),
    ]
    for number, (title, body) in enumerate(texts):
        for one in stores:
            keep(one, number, title, body)
    for words in SEARCHES:
        first, second = (one.library.search(words) for one in stores)
        assert {hit.ref for hit in first.hits} == {hit.ref for hit in second.hits}, words
        assert first.count == second.count
        shown = [{hit.ref: (hit.snippet, hit.title, hit.at) for hit in hits.hits} for hits in (first, second)]
        assert shown[0] == shown[1], words
        newest = [[hit.ref for hit in one.library.search(words, newest=True).hits] for one in stores]
        assert newest[0] == newest[1], words
    for one in stores:
        one.close()


def test_the_index_is_used(on_server: Store) -> None:
    keep(on_server, 1, "Lift bridge opens", "The lift bridge opened.")
    with on_server._engine.connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))
        strict, loose = queries([("lift bridge", False)], ["ferry"])
        plan = connection.execute(
            text(f"EXPLAIN SELECT entry FROM search_words w WHERE {MATCH}"), {"strict": strict, "loose": loose}
        ).scalars()
        assert "ix_search_words_words" in "\n".join(plan)


def test_a_vector_keeps_to_its_limits() -> None:
    for body in LONG.values():
        made = vector("Title", body)
        assert len(made.words.encode()) < 3_000_000
    assert vector("A b", "c").whole
    assert not vector("", "w " * 300).whole


# Addresses and passwords

SECRET = "s3cr3t?@#/%"


@pytest.mark.parametrize(
    "password", ["hunter2x", "hunt?er2x", "hunt@er2x", "hunt#er2x", "hunt/er2x", "hunt%40er2x", "hunt:er2x"]
)
@pytest.mark.parametrize("how", ["url", "quoted", "key", "query"])
def test_no_error_shows_the_password(password: str, how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    own = None
    place = "127.0.0.1:1/news"
    url = {
        "url": f"postgresql://ann:{password}@{place}",
        "quoted": f"postgresql://ann:{quote(password, safe='')}@{place}",
        "key": f"postgresql://ann@{place}",
        "query": f"postgresql://ann@{place}?password={quote(password, safe='')}",
    }[how]
    own = password if how == "key" else None
    with pytest.raises(StoreError) as caught:
        open_store(address(url, tmp_path, own), tmp_path)
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    # The frames' own lines are ours; what they hold is not printed.
    for piece in ("hunt", "er2x"):
        assert piece not in shown


def test_the_configuration_shows_no_password(make_app: Make) -> None:
    text = "sources: [{name: a, type: file, path: x}]\nbriefings: [{name: d}]\n"
    config = parse_config(f"{text}store: {{url: 'postgresql://u@h/d', password: '{SECRET}'}}", None, {})
    assert SECRET not in repr(config)
    app = App(config, Path())
    assert app.place.shown == "postgresql://u@h/d" or app.place.shown == "postgresql://u:***@h/d"
    assert app.place.url.password == SECRET
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{text}store: {{url: 'postgresql://u@h/d', password: 12345}}", None, {})
    assert "12345" not in str(caught.value)
    config = parse_config(f"{text}store: 'postgresql://u:{'${P}'}@h/d'", None, {"P": "hush9"})
    assert "hush9" not in repr(config)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("mysql://a/b", "no kind of store"),
        ("postgresql://host", "names no database"),
        ("postgresql://host:port/d", "can't be read"),
        ("postgresql://u@127.0.0.1:1/d", "can't be opened"),
        ("postgresql://u@h/d?nonsense=1", "can't be opened"),
    ],
)
def test_an_address_that_can_not_be(place: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=words):
        open_store(place, tmp_path)


def test_a_missing_driver_names_the_extra(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\nfrom pathlib import Path\nfrom briefing.store import open_store\n"
        "try:\n    open_store('postgresql://u:word@h/d', Path())\nexcept Exception as error:\n    print(repr(error))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "briefing[postgres]" in done.stdout
    assert "StoreError" in done.stdout
    assert "word" not in done.stdout


def test_a_database_in_another_encoding_is_refused(server: postgres.Server, tmp_path: Path) -> None:
    url = server.database()
    server.drop(url)
    server._say(f"CREATE DATABASE \"{postgres.name_of(url)}\" TEMPLATE template0 ENCODING 'SQL_ASCII'")
    with pytest.raises(StoreError, match="UTF8"):
        open_store(url, tmp_path)


def test_a_server_that_goes_away_is_an_error_of_ours_and_comes_back(on_server: Store, server: postgres.Server) -> None:
    with contextlib.suppress(Exception):
        server._say("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'briefing'")
    on_server.library.ready()


def test_a_missing_server_fails_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(postgres.Missing, match="there is no PostgreSQL"), postgres.running():
        pass


def test_check_pages_and_figures_work_with_it(make_app: Make, database: str) -> None:
    app = make_app(more=f"store: '{database}'\n")
    app.run()
    shown = {one.what: one for one in _ground(app)}
    assert shown["store"].state == "ok"
    assert shown["store"].words.startswith("postgresql://")
    with TestClient(create_app(app), base_url="http://localhost") as client:
        for path in ("/", "/search?q=ferry", "/sources", "/api/v1/search?q=ferry", "/readyz", "/metrics"):
            answer = client.get(path)
            assert answer.status_code == 200, path
        assert "Ferry" in client.get("/search?q=ferr").text
