"""Search over articles and the stories of editions: SQLite's FTS5, PostgreSQL's full text.

What is kept in `search_entries` is indexed in the transaction that keeps it: by SQLite's triggers, or by `vectors`.
Both find the same; only the order of what counts about the same may differ.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, text, update

from briefing.store import vectors
from briefing.store.dialects import on_server
from briefing.store.kinds import Line, Moment, keepable
from briefing.store.tables import search_entries, texts
from briefing.store.vectors import TOKENIZER

if TYPE_CHECKING:
    from briefing.types import Article, Edition

Kind = Literal["article", "story"]

RANKED = 500
"""How many of the newest matches are ranked. A word that is everywhere would otherwise cost a pass over all."""

MARK_START, MARK_END = "\x02", "\x03"
"""What stands around a found word in a snippet; neither can stand in a stored text."""

_TERM = re.compile(r'(?P<no>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_MOST_TERMS = 24
_LOOKED_AT = (8_000, 200_000)
"""Characters of a text in which a snippet is looked for, at first and where nothing is found there. FTS5 takes a time
that grows with the square of what it finds: 36 s for a text that is one word 28,000 times."""


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
    wanted, unwanted = _asked(words)
    if not wanted:
        return ""
    query = " ".join(_quoted(term) for term, _ in wanted)
    query += " *" if wanted[-1][1] else ""
    return f"{query} NOT ({' OR '.join(map(_quoted, unwanted))})" if unwanted else query


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


def _asked(words: str) -> tuple[list[tuple[str, bool]], list[str]]:
    """Terms that must stand there, the last of them perhaps unfinished, and terms that must not."""
    wanted: list[str] = []
    unwanted: list[str] = []
    prefix = False
    for found in list(_TERM.finditer(words))[:_MOST_TERMS]:
        term = found["phrase"] if found["phrase"] is not None else found["word"]
        # A term without a letter or digit has no token, and FTS5 would find nothing for it.
        if not re.search(r"\w", term) or "\x00" in term:
            continue
        term = keepable(term)
        (unwanted if found["no"] else wanted).append(term)
        prefix = not found["no"] and found["phrase"] is None and len(term) >= 4
    last = len(wanted) - 1
    return [(term, prefix and at == last) for at, term in enumerate(wanted)], unwanted


def note_article(connection: Connection, article: Article, mark: str, at: datetime) -> None:
    """Index an article whose text is kept under the digest `mark`; one that was indexed before is changed."""
    values = {"place": article.source, "at": at, "title": article.title or "", "body": "", "text": mark}
    which = (search_entries.c.kind == "article") & (search_entries.c.ref == article.id)
    changed = update(search_entries).where(which).values(**values).returning(search_entries.c.id)
    entry = connection.execute(changed).scalar()
    if entry is None:
        row = {"kind": "article", "ref": article.id, "number": 0, **values}
        entry = connection.execute(insert(search_entries).values(**row).returning(search_entries.c.id)).scalar_one()
    if on_server(connection):
        vectors.index(connection, [(entry, article.title or "", article.text)])


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
    if not rows:
        return
    if on_server(connection):
        added = insert(search_entries).returning(search_entries.c.id, sort_by_parameter_order=True)
        entries = connection.execute(added, rows).scalars().all()
        words = [(str(row["title"]), str(row["body"])) for row in rows]
        vectors.index(connection, [(entry, *both) for entry, both in zip(entries, words, strict=True)])
    else:
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
    query = match_query(words)
    if not query:
        return Hits((), 0)
    conditions = {"kind": (kind, "e.kind = :kind"), "place": (place, "e.place = :place"),
                  "since": (since, "e.at >= :since"), "until": (until, "e.at <= :until")}  # fmt: skip
    given: dict[str, Any] = {name: value for name, (value, _) in conditions.items() if value is not None}
    where = "".join(f" AND {conditions[name][1]}" for name in given)
    typed: list[Any] = [bindparam(name, type_=Moment()) for name in ("since", "until") if name in given]
    typed += [bindparam("place", type_=Line())] if place is not None else []
    if briefings is not None:
        where += " AND (e.kind = 'article' OR e.place IN :briefings)"
        given["briefings"] = list(briefings)
        typed.append(bindparam("briefings", type_=Line(), expanding=True))
    rows = (_in_vectors if on_server(connection) else _in_fts5)(connection, words, where, given, typed)
    order = sorted(rows, key=(lambda row: (row.at, row.id)) if newest else (lambda row: (-row.score, row.id)))
    chosen = [row.id for row in reversed(order)][offset : offset + limit]
    return Hits(tuple(_hits(connection, query, chosen)), len(rows))


def _in_fts5(
    connection: Connection, words: str, where: str, given: dict[str, Any], typed: Sequence[Any]
) -> Sequence[Row[Any]]:
    """The newest entries that match: id, moment, score, the lower the better."""
    # Joined the other way round the planner would go through every entry. Weights: a headline counts four times.
    found = f"""SELECT e.id AS id, e.at AS at, bm25(search_words, 4.0, 1.0) AS score
                FROM search_words CROSS JOIN search_entries e ON e.id = search_words.rowid
                WHERE search_words MATCH :query{where}
                ORDER BY search_words.rowid DESC LIMIT :ranked"""  # noqa: S608 - all of it is ours
    statement = text(found).bindparams(*typed)
    return connection.execute(statement, {"query": match_query(words), "ranked": RANKED, **given}).all()


def _in_vectors(
    connection: Connection, words: str, where: str, given: dict[str, Any], typed: Sequence[Any]
) -> Sequence[Row[Any]]:
    """As `_in_fts5`. What an index of a long text can't say is looked up in the text."""
    strict, loose = vectors.queries(*_asked(words))
    if not strict:
        return ()
    plain = strict == loose
    match = "w.words @@ CAST(:strict AS tsquery)" if plain else vectors.MATCH
    # Words count by how often they stand there, less in a long text; a headline four times, as above.
    found = f"""SELECT e.id AS id, e.at AS at, w.whole AS whole,
                       -ts_rank('{{0.25, 0.25, 0.25, 1.0}}', w.words, CAST(:loose AS tsquery), 1) AS score
                FROM search_words w JOIN search_entries e ON e.id = w.entry
                WHERE {match}{where}
                ORDER BY e.id DESC LIMIT :ranked"""  # noqa: S608 - all of it is ours
    values = {"loose": loose, "strict": strict, "ranked": RANKED, **given}
    rows = connection.execute(text(found).bindparams(*typed), values).all()
    unsure = [] if plain else [row.id for row in rows if not row.whole]
    if not unsure:
        return rows
    held = vectors.matching(match_query(words), _bodies(connection, unsure))
    return [row for row in rows if row.whole or row.id in held]


def _bodies(connection: Connection, ids: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    """Id, title and text of entries, one after the other: some are long."""
    c = search_entries.c
    query = select(c.id, c.title, texts.c.text, c.body).join(texts, c.text == texts.c.digest, isouter=True)
    for identity in ids:
        for row in connection.execute(query.where(c.id == identity)):
            yield row.id, row.title, row.text or row.body


def _snippets(query: str, rows: Sequence[tuple[int, str, str]]) -> dict[int, str]:
    """A stretch of each text around what was found; rows are (id, title, text).

    The texts are indexed once more in memory. In the whole index each of them would have the query looked up anew, and
    the beginning of a word is looked up in all words that begin so: 19 ms for the three letters of a hit among 100,000
    articles, 1 ms for twenty hits here.
    """
    found: dict[int, str] = {}
    for most in _LOOKED_AT:
        left = [(one, title, body[:most]) for one, title, body in rows if one not in found]
        with closing(sqlite3.connect(":memory:")) as memory:
            memory.execute(f"CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize='{TOKENIZER}')")
            memory.executemany("INSERT INTO words(rowid, title, body) VALUES (?, ?, ?)", left)
            one = "SELECT rowid, snippet(words, 1, ?, ?, ' … ', 32) FROM words WHERE words MATCH ?"
            found |= dict(memory.execute(one, (MARK_START, MARK_END, query)).fetchall())
    # What was found stands behind what is looked at.
    return {identity: found.get(identity) or _beginning(body) for identity, _, body in rows}


def _beginning(body: str) -> str:
    words = body[:400].split()
    return " ".join(words[:32])


def _hits(connection: Connection, query: str, ids: list[int]) -> list[Hit]:
    if not ids:
        return []
    rows = {row.id: row for row in connection.execute(select(search_entries).where(search_entries.c.id.in_(ids)))}
    shown = _snippets(query, [(one, title, body[: _LOOKED_AT[1]]) for one, title, body in _bodies(connection, ids)])
    return [
        Hit(row.kind, row.ref, row.number, row.place, row.at, row.title, " ".join(shown[row.id].split()))
        for row in (rows[identity] for identity in ids)
    ]
