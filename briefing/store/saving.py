"""Editions with all that is kept beside them: what they told, deliveries, slots; and what was known before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from briefing.store import deliveries as outbox
from briefing.store import document as documents
from briefing.store import search
from briefing.store import threads as stories
from briefing.store.dialects import alone, unless_there
from briefing.store.issues import Issue, missed_of, note_made
from briefing.store.membership import chunks
from briefing.store.said import feedback_of
from briefing.store.tables import editions, texts, told
from briefing.types import Edition, Feedback, Recipient

__all__ = ["History", "Saving", "histories", "save"]


@dataclass(frozen=True, slots=True)
class Saving:
    """An edition to be kept, due then, and who gets it, not before `send_from`. `seconds`: what making it took."""

    edition: Edition
    recipients: Sequence[Recipient]
    due: datetime | None = None
    send_from: datetime | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class History:
    """When a briefing's last edition was made, what was `said` of all of them, which issues were missed since."""

    last: datetime | None
    said: tuple[Feedback, ...]
    missed: tuple[Issue, ...]


def save(connection: Connection, made: Sequence[Saving]) -> None:
    """Keep all of several editions. What breaks a unique key was there already."""
    for briefing in sorted({one.edition.briefing for one in made}):
        alone(connection, "briefing", briefing)
    rows, texts_of = [], {}
    for one in made:
        document, found = documents.dump(one.edition)
        texts_of.update(found)
        own = {"id": one.edition.id, "briefing": one.edition.briefing, "slot": one.edition.slot}
        rows.append({**own, "made": one.edition.made, "document": document})
    connection.execute(insert(editions), rows)
    unless_there(connection, texts, [{"digest": mark, "text": text} for mark, text in texts_of.items()])
    all_of_them = [one.edition for one in made]
    _note_told(connection, all_of_them)
    search.note_editions(connection, all_of_them)
    stories.add(connection, all_of_them)
    outbox.add(
        connection,
        [(one.edition.id, one.recipients, max(one.edition.made, one.send_from or one.edition.made)) for one in made],
    )
    note_made(
        connection,
        [(o.edition.briefing, o.edition.slot, o.due or o.edition.made, o.edition.made, o.seconds) for o in made],
    )


def _note_told(connection: Connection, made: Sequence[Edition]) -> None:
    """Keep of which articles each told for the first time in its briefing."""
    now = {
        edition.briefing: {a.id for summary in edition.summaries for a in summary.pick.story.articles}
        | {*edition.silent}
        for edition in made
    }
    before: set[tuple[str, str]] = set()
    for chunk in chunks(sorted({article for ids in now.values() for article in ids})):
        query = select(told.c.briefing, told.c.article).where(told.c.briefing.in_(list(now)), told.c.article.in_(chunk))
        before.update((row.briefing, row.article) for row in connection.execute(query))
    rows = [
        {"briefing": edition.briefing, "article": article, "edition": edition.id}
        for edition in made
        for article in sorted(now[edition.briefing])
        if (edition.briefing, article) not in before
    ]
    if rows:
        connection.execute(insert(told), rows)


def histories(connection: Connection, briefings: Sequence[str]) -> dict[str, History]:
    """The history of each briefing."""
    last: dict[str, datetime] = {}
    said: dict[str, list[Feedback]] = {}
    missed: dict[str, list[Issue]] = {}
    for chunk in chunks(sorted(briefings)):
        query = select(editions.c.briefing, func.max(editions.c.made).label("made")).group_by(editions.c.briefing)
        last.update((row.briefing, row.made) for row in connection.execute(query.where(editions.c.briefing.in_(chunk))))
        for one in feedback_of(connection, chunk):
            said.setdefault(one.briefing, []).append(one)
        for issue in missed_of(connection, chunk):
            missed.setdefault(issue.briefing, []).append(issue)
    return {
        name: History(
            last.get(name),
            tuple(said.get(name, ())),
            tuple(one for one in missed.get(name, ()) if name not in last or (one.ended and one.ended > last[name])),
        )
        for name in briefings
    }
