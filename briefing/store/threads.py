"""What each briefing has told of each story, and articles of told stories to be looked at again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, insert, or_, select

from briefing.store.dialects import put
from briefing.store.tables import articles, chapters, corrected, items, rechecks, texts
from briefing.text import digest
from briefing.types import Article, Claim, Edition, Evidence, Item, Summary, Thread

__all__ = ["Chapter", "Recheck"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one edition (its id) told of a story; `update` if the story went on from an earlier one."""

    story: str
    day: date
    title: str
    claims: tuple[Claim, ...]
    update: bool
    edition: str


@dataclass(frozen=True, slots=True)
class Recheck:
    """A told article to be looked at again, with what its page answered the last time."""

    item_id: str
    item: Item
    article: str
    text: str
    seen: datetime
    etag: str | None
    modified: str | None


def add(connection: Connection, made: Sequence[Edition]) -> None:
    """Keep what editions tell, story by story, and which corrections they open with."""
    rows = [
        {
            "edition": edition.id,
            "story": summary.pick.story.id,
            "briefing": edition.briefing,
            "day": edition.day.isoformat(),
            "made": edition.made,
            "title": summary.title or "",
            "continues": summary.known is not None,
            "claims": [_plain(bullet) for bullet in summary.bullets],
            "articles": {one.id: _article(one) for one in _told_from(summary)},
        }
        for edition in made
        for summary in edition.summaries
    ]
    if rows:
        connection.execute(insert(chapters), rows)
    for edition in made:
        for article, text in {(one.article, one.text) for one in edition.corrections}:
            own = corrected.c.briefing == edition.briefing
            known = and_(own, corrected.c.article == article, corrected.c.text == text)
            if not connection.execute(select(corrected.c.article).where(known)).first():
                values = {"briefing": edition.briefing, "article": article, "text": text, "edition": edition.id}
                connection.execute(insert(corrected).values(**values))


def _told_from(summary: Summary) -> list[Article]:
    return list({one.id: one for one in summary.pick.story.articles}.values())


def _plain(bullet: Any) -> dict[str, Any]:
    evidence = [[one.article, one.start, one.end] for one in bullet.evidence]
    return {"text": bullet.text, "evidence": evidence, "outlets": list(bullet.outlets)}


def _article(one: Article) -> dict[str, Any]:
    """What of an article can't be had from its text's digest; its row may change later."""
    return {
        "text": digest(one.text),
        "source": one.source,
        "title": one.title,
        "url": one.url,
        "language": one.language,
    }


def listed(connection: Connection, briefing: str, since: datetime | None, before: datetime | None) -> dict[str, Thread]:
    """All threads of a briefing from the editions made since and before some moments, by story."""
    query = select(chapters).where(chapters.c.briefing == briefing)
    if since is not None:
        query = query.where(chapters.c.made >= since)
    if before is not None:
        query = query.where(chapters.c.made < before)
    rows = connection.execute(query.order_by(chapters.c.made, chapters.c.edition)).mappings().all()
    marks = sorted({one["text"] for row in rows for one in row["articles"].values()})
    found: dict[str, str] = {}
    for start in range(0, len(marks), 500):
        part = select(texts).where(texts.c.digest.in_(marks[start : start + 500]))
        found.update((row.digest, row.text) for row in connection.execute(part))
    by_story: dict[str, list[RowMapping]] = {}
    for row in rows:
        by_story.setdefault(row["story"], []).append(row)
    return {story: _thread(story, own, found) for story, own in by_story.items()}


def _thread(story: str, rows: Sequence[RowMapping], known: Mapping[str, str]) -> Thread:
    told = {key: one for row in rows for key, one in row["articles"].items() if one["text"] in known}
    return Thread(
        story=story,
        title=rows[-1]["title"],
        claims=tuple(claim for row in rows for claim in _claims(row)),
        articles=tuple(
            Article(
                id=key, text=known[one["text"]], source=one["source"], title=one["title"], url=one["url"],
                language=one["language"],
            )
            for key, one in told.items()
        ),
    )  # fmt: skip


def _claims(row: RowMapping) -> list[Claim]:
    return [
        Claim(
            text=one["text"],
            day=date.fromisoformat(row["day"]),
            evidence=tuple(Evidence(*span) for span in one["evidence"]),
            outlets=tuple(one["outlets"]),
        )
        for one in row["claims"]
    ]


def timeline(connection: Connection, briefing: str, story: str) -> list[Chapter]:
    """What the briefing's editions told of a story, the oldest first. `story` may be the beginning of an id."""
    query = select(chapters).where(
        chapters.c.briefing == briefing, chapters.c.story.startswith(story.lower(), autoescape=True)
    )
    rows = connection.execute(query.order_by(chapters.c.made, chapters.c.edition)).mappings().all()
    return [
        Chapter(
            row["story"], date.fromisoformat(row["day"]), row["title"], tuple(_claims(row)), row["continues"],
            row["edition"],
        )
        for row in rows
    ]  # fmt: skip


def corrected_of(connection: Connection, briefing: str) -> set[tuple[str, str]]:
    """Article and text digest of every correction the briefing has told."""
    query = select(corrected.c.article, corrected.c.text).where(corrected.c.briefing == briefing)
    return {(row.article, row.text) for row in connection.execute(query)}


def due(connection: Connection, since: datetime, before: datetime, most: int) -> list[Recheck]:
    """Articles of editions made after `since` that were not looked at since `before`, the longest ago first."""
    told = select(chapters.c.articles).where(chapters.c.made >= since)
    ids = sorted({article for row in connection.execute(told) for article in row.articles})
    query = (
        select(
            articles.c.id.label("article"), articles.c.url.label("page"), texts.c.text.label("full"), items,
            rechecks.c.etag, rechecks.c.modified,
        )
        .join(items, articles.c.item == items.c.id)
        .join(texts, articles.c.text == texts.c.digest)
        .join(rechecks, rechecks.c.article == articles.c.id, isouter=True)
        .where(articles.c.id.in_(ids), or_(rechecks.c.checked.is_(None), rechecks.c.checked < before))
        .order_by(rechecks.c.checked.is_not(None), rechecks.c.checked, articles.c.id)
        .limit(most)
    )  # fmt: skip
    rows = connection.execute(query).mappings().all()
    return [
        Recheck(row["id"], _item(row), row["article"], row["full"], row["seen"], row["etag"], row["modified"])
        for row in rows
    ]


def _item(row: Any) -> Item:
    return Item(
        source=row["source"], key=row["key"], url=row["page"] or row["url"], title=row["title"],
        published=row["published"], day_only=row["day_only"], authors=tuple(row["authors"]), language=row["language"],
        media_type=row["media_type"], follow=row["follow"], updated=row["updated"],
    )  # fmt: skip


def note(connection: Connection, article: str, etag: str | None, modified: str | None, now: datetime | None) -> None:
    """Keep what an article's page answered, and when it was looked at (None: when it was first read)."""
    put(connection, rechecks, {"article": article, "etag": etag, "modified": modified, "checked": now})
