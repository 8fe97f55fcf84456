"""What the pipeline takes its work from and puts it back into. Every method is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from briefing.errors import ItemError, StoreError
from briefing.store import deliveries as outbox
from briefing.store import document as documents
from briefing.store import intake, search
from briefing.store import said as sayings
from briefing.store import threads as stories
from briefing.store.answers import AnswerRows
from briefing.store.deliveries import Delivery
from briefing.store.intake import SourceHealth
from briefing.store.library import Library, article_of
from briefing.store.remembering import Remembering
from briefing.store.tables import articles, editions, items, sources, tellings, texts, told
from briefing.text import digest
from briefing.types import Article, Collected, Edition, Feedback, Item, Recipient

MAX_ATTEMPTS = 3
UNUSED = timedelta(days=60)
"""How long an engine's answer is kept that nobody asks for."""
_AHEAD = timedelta(days=1)
"""How far ahead of its arrival an article may be dated before its date is not believed."""


@dataclass(frozen=True, slots=True)
class UnreadItem:
    """An item that waits to be read, and how often that was tried."""

    id: str
    item: Item
    attempts: int
    seen: datetime


class Store(Remembering, AnswerRows):
    """Made by `open_store`. All methods raise StoreError if the database fails."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(only_reads=True)
        self.library = Library(lambda: self._transaction(self._reader))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine | None = None) -> Iterator[Connection]:
        try:
            with (engine or self._engine).begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise StoreError(f"the store failed: {reason}") from error

    # Sources and items

    def source(self, name: str, address: str = "") -> SourceHealth:
        """How the source of this name did, with what it returned with its last items. Nothing counts that was kept
        while it had another address."""
        with self._transaction(self._reader) as connection:
            return intake.source(connection, name, address)

    def health(self) -> dict[str, SourceHealth]:
        """How each source that was ever asked did lately, by name."""
        with self._transaction(self._reader) as connection:
            rows = connection.execute(select(sources)).mappings().all()
        return {row["name"]: intake.health(row) for row in rows}

    def note_items(self, source: str, collected: Collected, now: datetime, address: str = "") -> int:
        """Keep a source's items and, in the same transaction, its state. Returns how many are new or changed."""
        with self._transaction() as connection:
            return intake.note(connection, source, address, collected, now)

    def note_failure(
        self,
        source: str,
        message: str,
        now: datetime,
        *,
        address: str = "",
        kind: str = "",
        next_try: datetime | None = None,
        suggestion: str | None = None,
    ) -> int:
        """Keep that a source failed; its state stays. Returns how many times in a row it did."""
        with self._transaction() as connection:
            before = intake.source(connection, source, address)
            return intake.rest(
                connection, source, state=before.state, address=address, checked=now, failures=before.failures + 1,
                succeeded=before.succeeded, error=message, kind=kind, next_try=next_try, suggestion=suggestion,
            )  # fmt: skip

    def clear_rest(self, names: Iterable[str]) -> None:
        """These sources are asked again at the next run, however long they were to be left alone."""
        with self._transaction() as connection:
            intake.clear_rest(connection, names)

    def unread(self, only: Iterable[str], oldest: datetime | None) -> list[UnreadItem]:
        """Items of the sources `only` that wait to be read, newest first; those dated before `oldest` are left."""
        query = select(items).where(items.c.state == "new", items.c.source.in_(list(only)))
        if oldest is not None:
            query = query.where(or_(items.c.published.is_(None), items.c.published >= oldest))
        order = (func.coalesce(items.c.published, items.c.seen).desc(), items.c.source, items.c.key)
        with self._transaction(self._reader) as connection:
            rows = connection.execute(query.order_by(*order)).mappings().all()
        return [UnreadItem(row["id"], intake.item_of(row), row["attempts"], row["seen"]) for row in rows]

    def keep_articles(self, item: str, found: Sequence[Article]) -> None:
        """Keep the articles read from an item; the item is read then."""
        with self._transaction() as connection:
            for article in found:
                mark = digest(article.text)
                if not connection.execute(select(texts.c.digest).where(texts.c.digest == mark)).first():
                    connection.execute(insert(texts).values(digest=mark, text=article.text))
                values = _article_values(article) | {"item": item, "text": mark}
                # An article that is read again keeps the moment it was first seen.
                again = {key: value for key, value in values.items() if key != "seen"}
                done = connection.execute(update(articles).where(articles.c.id == article.id).values(**again))
                if done.rowcount == 0:
                    connection.execute(insert(articles).values(id=article.id, **values))
                came_out = values["believed"] or article.seen
                assert came_out is not None, "an article that is kept was seen"
                search.note_article(connection, article, mark, came_out)
            # The bytes have served; what matters of them is kept.
            connection.execute(update(items).where(items.c.id == item).values(state="read", body=None, error=None))

    def fail_item(self, item: str, error: ItemError) -> bool:
        """Keep that reading an item failed. Returns whether it will be tried again."""
        with self._transaction() as connection:
            attempts = connection.execute(select(items.c.attempts).where(items.c.id == item)).scalar_one() + 1
            again = error.retryable and attempts < MAX_ATTEMPTS
            connection.execute(
                update(items)
                .where(items.c.id == item)
                .values(attempts=attempts, error=error.message, state="new" if again else "failed")
            )
        return again

    # Articles

    def articles(self, only: Iterable[str], since: datetime | None, until: datetime) -> list[Article]:
        """Articles of the sources `only` that came out after `since` and not after `until`, newest first."""
        when = _effective()
        query = select(articles, texts.c.text.label("full")).join(texts, articles.c.text == texts.c.digest)
        query = query.where(articles.c.source.in_(list(only)), when <= until)
        if since is not None:
            query = query.where(when >= since)
        with self._transaction(self._reader) as connection:
            rows = connection.execute(query.order_by(when.desc(), articles.c.source, articles.c.id)).mappings().all()
        return [article_of(row) for row in rows]

    def count_older(self, only: Iterable[str], before: datetime, since: datetime) -> int:
        """How many articles and unread items first seen after `since` came out before `before`."""
        names = list(only)
        kept = select(func.count()).where(articles.c.source.in_(names), articles.c.seen >= since, _effective() < before)
        left = select(func.count()).where(
            items.c.source.in_(names), items.c.state == "new", items.c.seen >= since, items.c.published < before
        )
        with self._transaction(self._reader) as connection:
            return int(connection.execute(kept).scalar_one()) + int(connection.execute(left).scalar_one())

    def told(self, briefing: str) -> set[str]:
        """Ids of all articles that editions of the briefing have told."""
        with self._transaction(self._reader) as connection:
            return set(connection.execute(select(told.c.article).where(told.c.briefing == briefing)).scalars())

    # Editions

    def save_edition(self, edition: Edition, recipients: Sequence[Recipient]) -> bool:
        """Keep an edition, what it told and its deliveries, all or nothing.

        False if the slot has its edition already: then nothing is changed.
        """
        document, texts_of = documents.dump(edition)
        try:
            with self._transaction() as connection:
                connection.execute(
                    insert(editions).values(
                        id=edition.id,
                        briefing=edition.briefing,
                        slot=edition.slot,
                        made=edition.made,
                        document=document,
                    )
                )
                known = set(
                    connection.execute(select(texts.c.digest).where(texts.c.digest.in_(list(texts_of)))).scalars()
                )
                for mark, text in texts_of.items():
                    if mark not in known:
                        connection.execute(insert(texts).values(digest=mark, text=text))
                told_now = {a.id for summary in edition.summaries for a in summary.pick.story.articles}
                told_now |= {*edition.silent}
                told_before = self._told_of(connection, edition.briefing, told_now)
                for article in sorted(told_now - told_before):
                    connection.execute(
                        insert(told).values(briefing=edition.briefing, article=article, edition=edition.id)
                    )
                search.note_edition(connection, edition)
                stories.add(connection, edition)
                outbox.add(connection, edition.id, recipients, edition.made)
        except IntegrityError:
            if self.edition(edition.briefing, edition.slot) is None:
                raise
            return False
        return True

    @staticmethod
    def _told_of(connection: Connection, briefing: str, ids: set[str]) -> set[str]:
        query = select(told.c.article).where(told.c.briefing == briefing, told.c.article.in_(sorted(ids)))
        return set(connection.execute(query).scalars())

    def edition(self, briefing: str, slot: str) -> Edition | None:
        """The edition of a slot, or None."""
        return self._edition(and_(editions.c.briefing == briefing, editions.c.slot == slot))

    def edition_by_id(self, identity: str) -> Edition | None:
        """The edition with this id, or None."""
        return self._edition(editions.c.id == identity)

    def _edition(self, which: Any) -> Edition | None:
        with self._transaction(self._reader) as connection:
            document = connection.execute(select(editions.c.document).where(which)).scalar()
            if document is None:
                return None
            marks = sorted(documents.digests(document))
            rows = connection.execute(select(texts).where(texts.c.digest.in_(marks)))
            found = {row.digest: row.text for row in rows}
        return documents.load(document, found)

    def slots(self, briefing: str) -> list[str]:
        """The slots that have an edition, newest first."""
        query = select(editions.c.slot).where(editions.c.briefing == briefing).order_by(editions.c.slot.desc())
        with self._transaction(self._reader) as connection:
            return list(connection.execute(query).scalars())

    def last_made(self, briefing: str) -> datetime | None:
        """When the briefing's newest edition was made."""
        with self._transaction(self._reader) as connection:
            query = select(func.max(editions.c.made)).where(editions.c.briefing == briefing)
            found: datetime | None = connection.execute(query).scalar()
        return found

    # What engines answered

    def telling(self, key: str, now: datetime) -> dict[str, Any] | None:
        """The answer kept under a key, or None. It counts as used now."""
        with self._transaction() as connection:
            found = connection.execute(select(tellings.c.document).where(tellings.c.key == key)).scalar()
            if found is not None:
                connection.execute(update(tellings).where(tellings.c.key == key).values(used=now))
        return found

    def keep_telling(self, key: str, document: dict[str, Any], now: datetime) -> None:
        """Keep an answer; one that was kept under the same key gives way. Those long unused are dropped."""
        with self._transaction() as connection:
            connection.execute(delete(tellings).where(or_(tellings.c.key == key, tellings.c.used < now - UNUSED)))
            connection.execute(insert(tellings).values(key=key, document=document, used=now))

    # What readers said

    def keep_feedback(self, said: Feedback) -> None:
        """Keep a reader's word; an earlier one with the same id gives way."""
        with self._transaction() as connection:
            sayings.keep(connection, said)

    def feedback(self, briefing: str | None = None, reader: str | None = None) -> list[Feedback]:
        """What readers said, oldest first; of one briefing or one reader where asked."""
        with self._transaction(self._reader) as connection:
            return sayings.listed(connection, briefing, reader)

    def forget_feedback(self, briefing: str, reader: str | None = None, *, wrong: bool = False) -> int:
        """Drop what was said of a briefing, wrong bullets only with `wrong`. Returns how many words were dropped."""
        with self._transaction() as connection:
            return sayings.forget(connection, briefing, reader, wrong=wrong)

    def drop_feedback(self, identity: str) -> bool:
        """Drop one word. False if there is none with this id."""
        with self._transaction() as connection:
            return sayings.drop(connection, identity)

    def secret(self, name: str = "links") -> bytes:
        """A secret of this installation, 32 bytes; made with its first use."""
        with self._transaction() as connection:
            return sayings.secret(connection, name)

    # Deliveries

    def deliveries(self, edition: str | None = None, state: str | None = None) -> list[Delivery]:
        """Deliveries, of one edition or in one state where asked."""
        with self._transaction(self._reader) as connection:
            return outbox.listed(connection, edition, state)

    def claim(self, delivery: Delivery, now: datetime) -> bool:
        """Take a pending delivery for sending. False if another process was quicker."""
        with self._transaction() as connection:
            return outbox.claim(connection, delivery, now)

    def settle(
        self, delivery: Delivery, state: str, now: datetime, detail: str | None = None, next_try: datetime | None = None
    ) -> None:
        """Write down how the sending of a delivery ended."""
        with self._transaction() as connection:
            outbox.settle(connection, delivery, state, now, detail, next_try)

    def abandoned(self, before: datetime) -> list[Delivery]:
        """Deliveries being sent since before `before`, whose process has ended."""
        with self._transaction(self._reader) as connection:
            return outbox.abandoned(connection, before)


def _effective() -> Any:
    """When an article came out: its date, unless it has none or it lies ahead of the article's arrival."""
    return func.coalesce(articles.c.believed, articles.c.seen)


def _article_values(article: Article) -> dict[str, Any]:
    believed = article.published
    if believed is not None and article.seen is not None and believed > article.seen + _AHEAD:
        believed = None
    return {
        "source": article.source, "url": article.url, "title": article.title, "published": article.published,
        "believed": believed, "day_only": article.day_only, "authors": list(article.authors),
        "language": article.language, "key_points": list(article.key_points), "notes": list(article.notes),
        "seen": article.seen,
    }  # fmt: skip
