"""Items and articles as rows of their tables, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import RowMapping

from briefing.types import Article, Item

_AHEAD = timedelta(days=1)
"""How far ahead of its arrival an article may be dated before its date is not believed."""


def item_values(item: Item) -> dict[str, Any]:
    """An item as a row, without what the store says of it."""
    return {
        "source": item.source, "key": item.key, "url": item.url, "title": item.title, "published": item.published,
        "day_only": item.day_only, "authors": list(item.authors), "language": item.language, "body": item.body,
        "media_type": item.media_type, "follow": item.follow, "read_from": item.read_from, "updated": item.updated,
        "same_url": item.same_url or None, "same_text": item.same_text or None, "notes": list(item.notes),
    }  # fmt: skip


def item(row: RowMapping) -> Item:
    """The item of a row."""
    return Item(
        source=row["source"], key=row["key"], url=row["url"], title=row["title"], published=row["published"],
        day_only=row["day_only"], authors=tuple(row["authors"]), language=row["language"], body=row["body"],
        media_type=row["media_type"], follow=row["follow"], read_from=row["read_from"], updated=row["updated"],
        same_url=row["same_url"] or "", same_text=row["same_text"] or "", notes=tuple(row["notes"] or ()),
    )  # fmt: skip


def article_values(article: Article) -> dict[str, Any]:
    """An article as a row, without its id."""
    believed = article.published
    if believed is not None and article.seen is not None and believed > article.seen + _AHEAD:
        believed = None
    return {
        "source": article.source, "url": article.url, "title": article.title, "published": article.published,
        "believed": believed, "day_only": article.day_only, "authors": list(article.authors),
        "language": article.language, "key_points": list(article.key_points), "notes": list(article.notes),
        "seen": article.seen,
    }  # fmt: skip


def article(row: RowMapping) -> Article:
    """The article of a row, with its text as "full"."""
    return Article(
        id=row["id"], source=row["source"], url=row["url"], title=row["title"], text=row["full"],
        published=row["published"], day_only=row["day_only"], authors=tuple(row["authors"]), language=row["language"],
        key_points=tuple(row["key_points"]), notes=tuple(row["notes"]), seen=row["seen"],
    )  # fmt: skip
