"""PostgreSQL's full-text index, with the words that SQLite finds by: FTS5's own tokenizer cuts and stems them.

A tsvector has its limits: 1 MB in all, 2 KB a word, 256 places a word, no place past the 16,383rd. What fits of a long
text is indexed, and the row says that it is not `whole`: there a phrase, or a word that must not stand in it, is looked
for in the text itself.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from briefing.store.kinds import keepable

__all__ = ["MATCH", "TOKENIZER", "Vector", "index", "index_all", "matching", "queries", "vector"]

TOKENIZER = "porter unicode61 remove_diacritics 2"
"""How the index cuts texts into words; the migration that made SQLite's says the same."""

_MOST_BYTES = 1_000_000
_MOST_OF_A_WORD = 2_000
_MOST_PLACES = 255
_LAST_PLACE = 16_382
_AT_ONCE = 200

MATCH = "(w.words @@ CAST(:strict AS tsquery) OR (NOT w.whole AND w.words @@ CAST(:loose AS tsquery)))"

_mine = threading.local()


@dataclass(frozen=True, slots=True)
class Vector:
    """A text as PostgreSQL indexes it: a tsvector as it is written, and whether all of the text is in it."""

    words: str
    whole: bool


def _cut(title: str, body: str) -> list[tuple[str, int, int]]:
    """Word, column (0 for the title) and place of all words."""
    memory: sqlite3.Connection | None = getattr(_mine, "memory", None)
    if memory is None:
        memory = sqlite3.connect(":memory:", isolation_level=None)
        # A word of more than 32 KB is cut wherever that is, also inside of a character.
        memory.text_factory = lambda data: data.decode("utf-8", "ignore")
        memory.execute(f"CREATE VIRTUAL TABLE cut USING fts5(title, body, content='', tokenize='{TOKENIZER}')")
        memory.execute("CREATE VIRTUAL TABLE words USING fts5vocab(cut, 'instance')")
        _mine.memory = memory
    memory.execute("INSERT INTO cut(rowid, title, body) VALUES (1, ?, ?)", (keepable(title), keepable(body)))
    try:
        rows = memory.execute('SELECT term, col, "offset" FROM words').fetchall()
    finally:
        memory.execute("INSERT INTO cut(cut) VALUES ('delete-all')")
    return [(word, 0 if column == "title" else 1, place) for word, column, place in rows]


def _kept(word: str) -> str:
    data = word.encode()
    return word if len(data) <= _MOST_OF_A_WORD else data[:_MOST_OF_A_WORD].decode("utf-8", "ignore")


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def vector(title: str, body: str) -> Vector:
    """A headline and a text as PostgreSQL indexes them; the headline's words have the weight A.

    >>> vector("The mills", "Mills burn.").words
    "'the':1A 'mill':2A,4 'burn':5"
    """
    found = sorted(_cut(title, body), key=lambda row: row[1:])
    # A phrase never goes on from the headline into the text: a place between them stays empty.
    after = sum(1 for _, column, _ in found if column == 0) + 2
    places: dict[str, list[str]] = {}
    whole = True
    for word, column, place in found:
        short = _kept(word)
        whole = whole and short == word
        at = places.setdefault(short, [])
        number = place + (after if column else 1)
        if number > _LAST_PLACE or len(at) >= _MOST_PLACES:
            whole = False
        else:
            at.append(f"{number}{'' if column else 'A'}")
    room, written = _MOST_BYTES, []
    for word, at in places.items():
        # As PostgreSQL counts it: the word, made even, two bytes for the number of its places and two for each.
        room -= len(word.encode()) + 4 + 2 * len(at)
        if room < 0:
            whole = False
            break
        written.append(_quoted(word) + (":" + ",".join(at) if at else ""))
    return Vector(" ".join(written), whole)


def queries(wanted: Sequence[tuple[str, bool]], unwanted: Sequence[str]) -> tuple[str, str]:
    """What was asked for as two tsqueries: as it is meant, and the words alone, wherever they stand.

    `wanted` are terms, each with whether its last word may be unfinished. Empty if nothing is asked.

    >>> queries([("harbour", False), ("lift bridges", False), ("clos", True)], ["ferry"])
    ("'harbour' & ('lift' <-> 'bridg') & 'clo':* & !'ferri'", "'harbour' & 'lift' & 'bridg' & 'clo':*")
    """
    strict, loose = [], []
    for term, unfinished in wanted:
        words = _terms(term)
        if words and unfinished:
            words[-1] += ":*"
        if words:
            strict.append(_phrase(words))
            loose += words
    if not strict:
        return "", ""
    strict += ["!" + _phrase(words) for term in unwanted if (words := _terms(term))]
    return " & ".join(strict), " & ".join(loose)


def _terms(term: str) -> list[str]:
    found = sorted((place, word) for word, _, place in _cut("", term))
    return [_quoted(_kept(word)) for _, word in found]


def _phrase(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"({' <-> '.join(words)})"


def matching(query: str, rows: Iterable[tuple[int, str, str]]) -> set[int]:
    """The ids of those rows (id, title, text) that a query of FTS5 matches, looked for in the texts themselves."""
    found: set[int] = set()
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        memory.execute(f"CREATE VIRTUAL TABLE words USING fts5(title, body, content='', tokenize='{TOKENIZER}')")
        # One text at a time: these are the long ones.
        for identity, title, body in rows:
            memory.execute("INSERT INTO words(rowid, title, body) VALUES (1, ?, ?)", (title, body))
            if memory.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,)).fetchone():
                found.add(identity)
            memory.execute("INSERT INTO words(words) VALUES ('delete-all')")
    return found


def index(connection: Connection, rows: Iterable[tuple[int, str, str]]) -> None:
    """Index entries (id, title, text) anew."""
    made = [(identity, vector(title, body)) for identity, title, body in rows]
    statement = text(
        "INSERT INTO search_words(entry, words, whole) VALUES (:entry, CAST(:words AS tsvector), :whole)"
        " ON CONFLICT (entry) DO UPDATE SET words = excluded.words, whole = excluded.whole"
    )
    if made:
        connection.execute(statement, [{"entry": one, "words": v.words, "whole": v.whole} for one, v in made])


def index_all(connection: Connection) -> None:
    """Index every entry, some at a time."""
    for rows in _entries(connection):
        index(connection, rows)


def _entries(connection: Connection) -> Iterator[list[tuple[int, str, str]]]:
    query = text(
        "SELECT e.id, e.title, coalesce(t.text, e.body) FROM search_entries e LEFT JOIN texts t ON t.digest = e.text"
        " WHERE e.id > :last ORDER BY e.id LIMIT :most"
    )
    last = -1
    while found := connection.execute(query, {"last": last, "most": _AT_ONCE}).all():
        rows: list[Any] = [tuple(row) for row in found]
        yield rows
        last = rows[-1][0]
