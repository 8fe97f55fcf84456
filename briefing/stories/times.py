"""When an article came out, as far as is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from briefing.types import Article

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(article: Article) -> datetime | None:
    """When it came out, else when it was first seen, else None."""
    return article.published or article.seen


def in_order(articles: Sequence[Article]) -> list[int]:
    """Indices by time, those without one first, then by id: the same whatever the order they were given in."""
    return sorted(range(len(articles)), key=lambda i: (moment(articles[i]) or EPOCH, articles[i].id, i))
