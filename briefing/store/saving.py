"""An edition with all that is kept beside it: what it told, its deliveries, its slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from briefing.store import deliveries as outbox
from briefing.store import document as documents
from briefing.store import search
from briefing.store import threads as stories
from briefing.store.issues import note_made
from briefing.store.tables import editions, texts, told
from briefing.types import Edition, Recipient

__all__ = ["Saving", "save"]


@dataclass(frozen=True, slots=True)
class Saving:
    """An edition to be kept, due then, and who gets it, not before `send_from`. `seconds`: what making it took."""

    edition: Edition
    recipients: Sequence[Recipient]
    due: datetime | None = None
    send_from: datetime | None = None
    seconds: float | None = None


def save(connection: Connection, made: Saving) -> None:
    """Keep it all. What breaks a unique key was there already."""
    edition = made.edition
    when = max(edition.made, made.send_from) if made.send_from else edition.made
    document, texts_of = documents.dump(edition)
    own = {"id": edition.id, "briefing": edition.briefing, "slot": edition.slot, "made": edition.made}
    connection.execute(insert(editions).values(**own, document=document))
    known = set(connection.execute(select(texts.c.digest).where(texts.c.digest.in_(list(texts_of)))).scalars())
    new = [{"digest": mark, "text": text} for mark, text in texts_of.items() if mark not in known]
    if new:
        connection.execute(insert(texts), new)
    told_now = {a.id for summary in edition.summaries for a in summary.pick.story.articles}
    told_now |= {*edition.silent}
    query = select(told.c.article).where(told.c.briefing == edition.briefing, told.c.article.in_(sorted(told_now)))
    told_before = set(connection.execute(query).scalars())
    if told_now - told_before:
        rows = [
            {"briefing": edition.briefing, "article": article, "edition": edition.id}
            for article in sorted(told_now - told_before)
        ]
        connection.execute(insert(told), rows)
    search.note_edition(connection, edition)
    stories.add(connection, edition)
    outbox.add(connection, edition.id, made.recipients, when)
    note_made(connection, edition.briefing, edition.slot, made.due or edition.made, edition.made, made.seconds)
