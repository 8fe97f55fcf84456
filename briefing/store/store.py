"""What the pipeline takes its work from and puts it back into. Every method is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from briefing.clock import slot_of
from briefing.errors import ItemError
from briefing.kept import Kept
from briefing.store import document as documents
from briefing.store import intake, saving, search
from briefing.store import rows as shape
from briefing.store.answers import AnswerRows
from briefing.store.deliveries import DeliveryRows
from briefing.store.dialects import alone, on_server, put, unless_there
from briefing.store.embeddings import EmbeddingRows
from briefing.store.holding import Holding
from briefing.store.intake import SourceHealth
from briefing.store.issues import Issues
from briefing.store.library import Library
from briefing.store.people import People
from briefing.store.remembering import Remembering
from briefing.store.said import FeedbackRows
from briefing.store.saving import History, Saving
from briefing.store.tables import articles, editions, items, sources, tellings, texts, told
from briefing.store.transaction import transaction
from briefing.text import digest
from briefing.types import Article, Collected, Edition, Item, Recipient

MAX_ATTEMPTS = 3
POSTPONED = "its server asks for pauses"
TEXTS = 500
"""Texts of told articles that are kept in memory. They are known by what they are, so none grows old."""
UNUSED = timedelta(days=60)
"""How long an engine's answer is kept that nobody asks for."""


@dataclass(frozen=True, slots=True)
class UnreadItem:
    """An item that waits to be read, and how often that was tried."""

    id: str
    item: Item
    attempts: int
    seen: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """An item whose reading went wrong: "new" waits for another try, "failed" gets none, "read" lacks something.

    `postponed` says that nothing failed: its server wants pauses.
    """

    item: Item
    state: str
    attempts: int
    error: str

    @property
    def postponed(self) -> bool:
        """Whether it only waits for its turn."""
        return self.state == "new" and self.error == POSTPONED


class Store(DeliveryRows, FeedbackRows, Remembering, AnswerRows):
    """Made by `open_store`. All methods raise StoreError if the database fails."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        # Editions of one morning tell the same articles.
        self._texts: Kept[str, str] = Kept(TEXTS)
        self.issues = Issues(engine)
        self.people = People(engine)
        self.embeddings = EmbeddingRows(engine)
        self.library = Library(lambda: transaction(self._reader, "library"))
        self.holding = Holding(engine, self.file)

    @property
    def file(self) -> Path | None:
        """The database's file; None where it has none of its own."""
        url = self._engine.url
        named = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
        return Path(str(url.database)) if named else None

    @property
    def on_server(self) -> bool:
        """Whether it is a PostgreSQL."""
        return on_server(self._engine)

    def write_nothing(self) -> None:
        """Take the lock that writing takes, and give it back. Raises StoreError where nothing can be written."""
        with transaction(self._engine, "write_nothing") as connection:
            connection.execute(update(sources).where(sources.c.name.is_(None)).values(failures=0))

    def close(self) -> None:
        """Close all connections."""
        self.taking.close()
        self._engine.dispose()

    # Sources and items

    def source(self, name: str, address: str = "") -> SourceHealth:
        """How the source of this name did, with what it returned with its last items. Nothing counts that was kept
        while it had another address."""
        with transaction(self._reader, "source") as connection:
            return intake.source(connection, name, address)

    def health(self) -> dict[str, SourceHealth]:
        """How each source that was ever asked did lately, by name."""
        with transaction(self._reader, "health") as connection:
            rows = connection.execute(select(sources)).mappings().all()
        return {row["name"]: intake.health(row) for row in rows}

    def note_items(
        self, source: str, collected: Collected, now: datetime, address: str = "", due: datetime | None = None
    ) -> int:
        """Keep a source's items and, in the same transaction, its state and when it may be asked again (`due`).

        Returns how many items are new or changed.
        """
        with transaction(self._engine, "note_items") as connection:
            return intake.note(connection, source, address, collected, now, due)

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
        due: datetime | None = None,
    ) -> int:
        """Keep that a source failed; its state stays. Returns how many times in a row it did."""
        with transaction(self._engine, "note_failure") as connection:
            alone(connection, "source", source)
            before = intake.source(connection, source, address)
            intake.count_day(connection, source, now, failed=1)
            return intake.rest(
                connection, source, state=before.state, address=address, checked=now, failures=before.failures + 1,
                succeeded=before.succeeded, error=message, kind=kind, next_try=next_try, suggestion=suggestion,
                due=due, failing_since=before.failing_since or now,
            )  # fmt: skip

    def clear_rest(self, names: Iterable[str]) -> None:
        """These sources are asked again at the next run, however long they were to be left alone."""
        with transaction(self._engine, "clear_rest") as connection:
            intake.clear_rest(connection, names)

    def unread(
        self, only: Iterable[str], oldest: datetime | None, tried_before: datetime | None = None
    ) -> list[UnreadItem]:
        """Items of the sources `only` that wait to be read, newest first; those dated before `oldest` are left.

        With `tried_before`, those that failed since then rest.
        """
        query = select(items).where(items.c.state == "new", items.c.source.in_(list(only)))
        if tried_before is not None:
            query = query.where(or_(items.c.tried.is_(None), items.c.tried <= tried_before, items.c.error == POSTPONED))
        if oldest is not None:
            query = query.where(or_(items.c.published.is_(None), items.c.published >= oldest))
        order = (func.coalesce(items.c.published, items.c.seen).desc(), items.c.source, items.c.key)
        with transaction(self._reader, "unread") as connection:
            rows = connection.execute(query.order_by(*order)).mappings().all()
        return [UnreadItem(row["id"], shape.item(row), row["attempts"], row["seen"]) for row in rows]

    def keep_articles(
        self, item: str, found: Sequence[Article], problem: str | None = None, now: datetime | None = None
    ) -> None:
        """Keep the articles read from an item; the item is read then. `problem` says what they lack."""
        with transaction(self._engine, "keep_articles") as connection:
            alone(connection, "item", item)
            marks = [digest(article.text) for article in found]
            kept = {mark: {"digest": mark, "text": article.text} for mark, article in zip(marks, found, strict=True)}
            unless_there(connection, texts, list(kept.values()))
            for mark, article in zip(marks, found, strict=True):
                values = shape.article_values(article) | {"item": item, "text": mark}
                # An article that is read again keeps the moment it was first seen.
                again = {key: value for key, value in values.items() if key != "seen"}
                done = connection.execute(update(articles).where(articles.c.id == article.id).values(**again))
                if done.rowcount == 0:
                    connection.execute(insert(articles).values(id=article.id, **values))
                came_out = values["believed"] or article.seen
                assert came_out is not None, "an article that is kept was seen"
                search.note_article(connection, article, mark, came_out)
            # The bytes have served; what matters of them is kept.
            read = {"state": "read", "body": None, "error": problem, "tried": now if problem else None}
            connection.execute(update(items).where(items.c.id == item).values(**read))

    def fail_item(self, item: str, error: ItemError, now: datetime | None = None) -> bool:
        """Keep that reading an item failed. Returns whether it will be tried again."""
        query = select(items.c.attempts).where(items.c.id == item).with_for_update()
        with transaction(self._engine, "fail_item") as connection:
            attempts = connection.execute(query).scalar_one() + 1
            again = error.retryable and attempts < MAX_ATTEMPTS
            connection.execute(
                update(items)
                .where(items.c.id == item)
                .values(attempts=attempts, error=error.message, tried=now, state="new" if again else "failed")
            )
        return again

    def postpone_item(self, item: str, now: datetime) -> None:
        """Keep that an item waits for its turn; that is no try."""
        with transaction(self._engine, "postpone_item") as connection:
            connection.execute(update(items).where(items.c.id == item).values(error=POSTPONED, tried=now))

    def troubles(self, only: Iterable[str], since: datetime | None) -> list[Trouble]:
        """Items of the sources `only` whose reading went wrong after `since`, in the order of sources."""
        query = select(items).where(items.c.source.in_(list(only)), items.c.tried.is_not(None))
        if since is not None:
            query = query.where(items.c.tried > since)
        with transaction(self._reader, "troubles") as connection:
            rows = connection.execute(query.order_by(items.c.source, items.c.tried, items.c.key)).mappings().all()
        return [Trouble(shape.item(row), row["state"], row["attempts"], row["error"] or "") for row in rows]

    # Articles

    def articles(self, only: Iterable[str], since: datetime | None, until: datetime) -> list[Article]:
        """Articles of the sources `only` that came out after `since` and not after `until`, newest first."""
        when = _effective()
        query = select(articles, texts.c.text.label("full")).join(texts, articles.c.text == texts.c.digest)
        query = query.where(articles.c.source.in_(list(only)), when <= until)
        if since is not None:
            query = query.where(when >= since)
        with transaction(self._reader, "articles") as connection:
            rows = connection.execute(query.order_by(when.desc(), articles.c.source, articles.c.id)).mappings().all()
        return [shape.article(row) for row in rows]

    def count_older(self, only: Iterable[str], before: datetime, since: datetime) -> int:
        """How many articles and unread items first seen after `since` came out before `before`."""
        names = list(only)
        kept = select(func.count()).where(articles.c.source.in_(names), articles.c.seen >= since, _effective() < before)
        left = select(func.count()).where(
            items.c.source.in_(names), items.c.state == "new", items.c.seen >= since, items.c.published < before
        )
        with transaction(self._reader, "count_older") as connection:
            return int(connection.execute(kept).scalar_one()) + int(connection.execute(left).scalar_one())

    def count_new(self, only: Iterable[str], since: datetime | None) -> int:
        """How many articles of the sources `only` were first seen after `since`."""
        query = select(func.count()).where(articles.c.source.in_(list(only)))
        if since is not None:
            query = query.where(articles.c.seen > since)
        with transaction(self._reader, "count_new") as connection:
            return int(connection.execute(query).scalar_one())

    def last_published(self, source: str, last: int = 20) -> list[datetime]:
        """When the source's newest items came out, as it dates them, the newest first."""
        query = select(items.c.published).where(items.c.source == source, items.c.published.is_not(None))
        with transaction(self._reader, "last_published") as connection:
            return list(connection.execute(query.order_by(items.c.published.desc()).limit(last)).scalars())

    def told(self, briefing: str, since: datetime | None = None) -> set[str]:
        """Ids of all articles that editions of the briefing have told, of those that came out after `since`."""
        query = select(told.c.article).where(told.c.briefing == briefing)
        if since is not None:
            query = query.join(articles, articles.c.id == told.c.article).where(_effective() >= since)
        with transaction(self._reader, "told") as connection:
            return set(connection.execute(query).scalars())

    # Editions

    def save_edition(
        self,
        edition: Edition,
        recipients: Sequence[Recipient],
        *,
        due: datetime | None = None,
        send_from: datetime | None = None,
    ) -> bool:
        """Keep an edition, what it told, its deliveries and its slot (`due` then), all or nothing.

        Nothing is sent before `send_from`. False if the slot has its edition already: then nothing is changed.
        """
        try:
            with transaction(self._engine, "save_edition") as connection:
                saving.save(connection, [Saving(edition, recipients, due, send_from)])
        except IntegrityError:
            if self.edition(edition.briefing, edition.slot) is None:
                raise
            return False
        return True

    def save_editions(self, made: Sequence[Saving]) -> list[bool]:
        """Keep editions of several briefings in one transaction; returns for each what `save_edition` does.

        Where one of them is there already, each is kept by itself.
        """
        if not made:
            return []
        try:
            with transaction(self._engine, "save_editions") as connection:
                saving.save(connection, made)
        except IntegrityError:
            return [
                self.save_edition(one.edition, one.recipients, due=one.due, send_from=one.send_from) for one in made
            ]
        return [True] * len(made)

    def edition(self, briefing: str, slot: str) -> Edition | None:
        """The edition of a slot, or None."""
        return self._edition(and_(editions.c.briefing == briefing, editions.c.slot == slot))

    def edition_by_id(self, identity: str, *, account: bool = True) -> Edition | None:
        """The edition with this id, or None; without what it says of stories it does not tell, where not asked for."""
        return self._edition(editions.c.id == identity, account=account)

    def _edition(self, which: Any, *, account: bool = True) -> Edition | None:
        with transaction(self._reader, "edition") as connection:
            document = connection.execute(select(editions.c.document).where(which)).scalar()
            if document is None:
                return None
            marks = documents.digests(document)
            found = {mark: text for mark in marks if (text := self._texts.get(mark)) is not None}
            if missing := sorted(marks - found.keys()):
                rows = connection.execute(select(texts).where(texts.c.digest.in_(missing)))
                found |= {row.digest: self._texts.put(row.digest, row.text) for row in rows}
        return documents.load(document if account else {**document, "account": []}, found)

    def slots(self, briefing: str) -> list[str]:
        """The slots that have an edition, newest first."""
        query = select(editions.c.slot).where(editions.c.briefing == briefing).order_by(editions.c.slot.desc())
        with transaction(self._reader, "slots") as connection:
            return list(connection.execute(query).scalars())

    def last_made(self, briefing: str) -> datetime | None:
        """When the briefing's newest edition was made."""
        return self.histories([briefing])[briefing].last

    def histories(self, briefings: Sequence[str]) -> dict[str, History]:
        """What is known of each of these briefings before its next edition is made."""
        with transaction(self._reader, "histories") as connection:
            return saving.histories(connection, briefings)

    def made_on(self, briefing: str, day: date) -> dict[str, datetime]:
        """The slots of a local day that have an edition, with the moment each was made."""
        mark = slot_of(day)
        query = select(editions.c.slot, editions.c.made).where(
            editions.c.briefing == briefing, editions.c.slot >= mark, editions.c.slot < f"{mark}U"
        )
        with transaction(self._reader, "made_on") as connection:
            return {row.slot: row.made for row in connection.execute(query)}

    # What engines answered

    def telling(self, key: str, now: datetime) -> dict[str, Any] | None:
        """The answer kept under a key, or None. It counts as used now."""
        with transaction(self._engine, "telling") as connection:
            found = connection.execute(select(tellings.c.document).where(tellings.c.key == key)).scalar()
            if found is not None:
                connection.execute(update(tellings).where(tellings.c.key == key).values(used=now))
        return found

    def keep_telling(self, key: str, document: dict[str, Any], now: datetime) -> None:
        """Keep an answer; one that was kept under the same key gives way. Those long unused are dropped."""
        with transaction(self._engine, "keep_telling") as connection:
            # What another process drops at the same moment is left to it.
            unused = select(tellings.c.key).where(tellings.c.used < now - UNUSED).with_for_update(skip_locked=True)
            connection.execute(delete(tellings).where(tellings.c.key.in_(unused)))
            put(connection, tellings, {"key": key, "document": document, "used": now})


def _effective() -> Any:
    """When an article came out: its date, unless it has none or it lies ahead of the article's arrival."""
    return func.coalesce(articles.c.believed, articles.c.seen)
