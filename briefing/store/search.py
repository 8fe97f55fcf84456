"""Search over articles and the stories of editions: SQLite's FTS5, PostgreSQL's full text.

What is kept in `search_entries` is indexed by the database's triggers, in the transaction that keeps it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, String, bindparam, delete, insert, select, text, update

from briefing.store.tables import Moment, search_entries, texts

if TYPE_CHECKING:
    from briefing.types import Article, Edition

Kind = Literal["article", "story"]

RANKED = 500
"""How many of the newest matches are ranked. A word that is everywhere would otherwise cost a pass over all."""

MARK_START, MARK_END = "\x02", "\x03"
"""What stands around a found word in a snippet; neither can stand in a stored text."""

_TERM = re.compile(r'(?P<no>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_MOST_TERMS = 24
_LOOKED_AT = 200_000
"""Characters of a text in which a snippet is looked for."""

TOKENIZER = "porter unicode61 remove_diacritics 2"
"""How the index cuts texts into words; the migration that made it says the same."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found. `snippet` is a stretch of its text, found words between MARK_START and MARK_END.

    `ref` is an article's id, or an edition's, where `number` says which of its stories it is.
    """

    kind: Kind
    ref: str
    number: int
    place: str
    at: datetime
    title: str
    snippet: str


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits. `count` is how many match, exact up to `RANKED`."""

    hits: tuple[Hit, ...]
    count: int


def match_query(words: str) -> str:
    r"""What a person typed as a query of FTS5: all words must stand there, "phrases" as they are, -words must not.

    The last word may be unfinished, from four letters on: the beginnings of all words with the same three letters
    cost up to a tenth of a second. Every term is quoted, so nothing in it is an operator. Empty if nothing is asked.

    >>> match_query('harbour "lift bridge" -ferry clos')
    '"harbour" "lift bridge" "clos" * NOT ("ferry")'
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    prefix = False
    for found in list(_TERM.finditer(words))[:_MOST_TERMS]:
        term = found["phrase"] if found["phrase"] is not None else found["word"]
        # A term without a letter or digit has no token, and FTS5 would find nothing for it.
        if not re.search(r"\w", term) or "\x00" in term:
            continue
        (unwanted if found["no"] else wanted).append('"' + term.replace('"', '""') + '"')
        prefix = not found["no"] and found["phrase"] is None and len(term) >= 4
    if not wanted:
        return ""
    query = " ".join(wanted) + (" *" if prefix else "")
    if prefix and unwanted and not query.endswith("*"):
        query += " *"
    return f"{query} NOT ({' OR '.join(unwanted)})" if unwanted else query


def note_article(connection: Connection, article: Article, mark: str, at: datetime) -> None:
    """Index an article whose text is kept under the digest `mark`; one that was indexed before is changed."""
    values = {"place": article.source, "at": at, "title": article.title or "", "body": "", "text": mark}
    which = (search_entries.c.kind == "article") & (search_entries.c.ref == article.id)
    done = connection.execute(update(search_entries).where(which).values(**values))
    if done.rowcount == 0:
        connection.execute(insert(search_entries).values(kind="article", ref=article.id, number=0, **values))


def note_editions(connection: Connection, made: Sequence[Edition]) -> None:
    """Index the stories of editions."""
    which = (search_entries.c.kind == "story") & search_entries.c.ref.in_([edition.id for edition in made])
    connection.execute(delete(search_entries).where(which))
    rows = [
        {
            "kind": "story",
            "ref": edition.id,
            "place": edition.briefing,
            "at": edition.made,
            "number": number,
            "title": summary.title or "",
            "body": "\n".join(bullet.text for bullet in summary.bullets),
        }
        for edition in made
        for number, summary in enumerate(edition.summaries, 1)
    ]
    if rows:
        connection.execute(insert(search_entries), rows)


def find(
    connection: Connection,
    words: str,
    *,
    kind: Kind | None = None,
    briefings: Sequence[str] | None = None,
    place: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    newest: bool = False,
    limit: int = 20,
    offset: int = 0,
) -> Hits:
    """What matches `words` (see `match_query`), best first, or newest first. Times count from when it came out.

    With `briefings`, stories are those of these briefings only; articles are everybody's.
    """
    sqlite = connection.dialect.name == "sqlite"
    query = match_query(words) if sqlite else " ".join(words.split())
    if not query:
        return Hits((), 0)
    conditions = {"kind": (kind, "e.kind = :kind"), "place": (place, "e.place = :place"),
                  "since": (since, "e.at >= :since"), "until": (until, "e.at <= :until")}  # fmt: skip
    given: dict[str, Any] = {name: value for name, (value, _) in conditions.items() if value is not None}
    where = "".join(f" AND {conditions[name][1]}" for name in given)
    if briefings is not None:
        where += " AND (e.kind = 'article' OR e.place IN :briefings)"
        given["briefings"] = list(briefings)
    if sqlite:
        # Joined the other way round the planner would go through every entry. Weights: a headline counts four times.
        found = f"""SELECT e.id AS id, e.at AS at, bm25(search_words, 4.0, 1.0) AS score
                    FROM search_words CROSS JOIN search_entries e ON e.id = search_words.rowid
                    WHERE search_words MATCH :query{where}
                    ORDER BY search_words.rowid DESC LIMIT :ranked"""  # noqa: S608 - all of it is ours
    else:
        found = f"""SELECT e.id AS id, e.at AS at,
                           -ts_rank_cd(w.words, websearch_to_tsquery('english', :query)) AS score
                    FROM search_words w JOIN search_entries e ON e.id = w.entry
                    WHERE w.words @@ websearch_to_tsquery('english', :query){where}
                    ORDER BY e.id DESC LIMIT :ranked"""  # noqa: S608 - as above
    typed: list[Any] = [bindparam(name, type_=Moment()) for name in ("since", "until") if name in given]
    if briefings is not None:
        typed.append(bindparam("briefings", type_=String(), expanding=True))
    statement = text(found).bindparams(*typed)
    rows = connection.execute(statement, {"query": query, "ranked": RANKED, **given}).all()
    order = sorted(rows, key=(lambda row: (row.at, row.id)) if newest else (lambda row: (-row.score, row.id)))
    chosen = [row.id for row in reversed(order)][offset : offset + limit]
    return Hits(tuple(_hits(connection, query, chosen, sqlite)), len(rows))


def _snippets(query: str, rows: Sequence[tuple[int, str, str]]) -> dict[int, str]:
    """A stretch of each text around what was found; rows are (id, title, text).

    The texts are indexed once more in memory. In the whole index each of them would have the query looked up anew, and
    the beginning of a word is looked up in all words that begin so: 19 ms for the three letters of a hit among 100,000
    articles, 1 ms for twenty hits here.
    """
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute(f"CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize='{TOKENIZER}')")
        memory.executemany("INSERT INTO words(rowid, title, body) VALUES (?, ?, ?)", rows)
        one = "SELECT rowid, snippet(words, 1, ?, ?, ' … ', 32) FROM words WHERE words MATCH ?"
        found = dict(memory.execute(one, (MARK_START, MARK_END, query)).fetchall())
    # What was found stands behind what is looked at.
    return {identity: found.get(identity) or _beginning(body) for identity, _, body in rows}


def _beginning(body: str) -> str:
    words = body[:400].split()
    return " ".join(words[:32])


def _hits(connection: Connection, query: str, ids: list[int], sqlite: bool) -> list[Hit]:
    if not ids:
        return []
    c = search_entries.c
    rows = {row.id: row for row in connection.execute(select(search_entries).where(c.id.in_(ids)))}
    shown: dict[int, str] = {}
    bodies = select(c.id, c.title, texts.c.text, c.body).join(texts, c.text == texts.c.digest, isouter=True)
    if sqlite:
        found = connection.execute(bodies.where(c.id.in_(ids))).all()
        shown = _snippets(query, [(row.id, row.title, (row.text or row.body)[:_LOOKED_AT]) for row in found])
    else:
        options = f'StartSel="{MARK_START}", StopSel="{MARK_END}", MaxWords=32, MinWords=20'
        head = text("SELECT ts_headline('english', :body, websearch_to_tsquery('english', :query), :options)")
        for row in connection.execute(bodies.where(c.id.in_(ids))):
            body = {"body": (row.text or row.body)[:100_000], "query": query, "options": options}
            shown[row.id] = str(connection.execute(head, body).scalar() or "")
    return [
        Hit(row.kind, row.ref, row.number, row.place, row.at, row.title, " ".join(shown[row.id].split()))
        for row in (rows[identity] for identity in ids)
    ]
