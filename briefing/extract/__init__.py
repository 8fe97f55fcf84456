"""From an item's bytes to articles, in a worker that can be killed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from briefing.addressed import addressed
from briefing.errors import ExtractError
from briefing.escape import web_link
from briefing.extract.cascade import read
from briefing.extract.draft import Draft
from briefing.text import digest, normalise, one_line
from briefing.types import Article, Item
from briefing.worker import Worker

__all__ = ["Extractor"]

MAX_TITLE = 300
"""Characters of a headline that are kept; the longest honest ones have some 200."""
MAX_AUTHOR, MAX_AUTHORS = 120, 20


class Extractor:
    """Reads items. What a feed says of an item (title, date, authors) stands above what its page says."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def extract(
        self, item: Item, body: bytes, media_type: str, charset: str | None, url: str | None, seen: datetime
    ) -> tuple[Article, ...]:
        """The articles in `body`, the content of `item` found at `url`, first seen at `seen`.

        Raises ExtractError if there is none or it can't be read within the worker's limits.
        """
        drafts = self._worker.call(item.title or item.url or item.key, read, item.key, body, media_type, charset, url)
        return tuple(_article(item, draft, len(drafts), seen) for draft in drafts)

    def rest(self) -> None:
        """Give back what reading holds in memory; it starts again by itself."""
        self._worker.rest()

    def teaser(self, item: Item, reason: ExtractError | str, seen: datetime) -> tuple[Article, ...]:
        """What the feed itself holds of an item whose page can't be read: its teaser, named as one."""
        assert item.body is not None
        drafts = self._worker.call(item.title or item.key, read, item.key, item.body, item.media_type, None, None)
        drafts[0].notes.append(f"only the feed's teaser could be read ({reason})")
        return (_article(item, drafts[0], 1, seen),)


def _article(item: Item, draft: Draft, count: int, seen: datetime) -> Article:
    alone = count == 1
    notes = [*item.notes, *draft.notes]
    title = _title((item.title if alone else None) or draft.title, notes)
    published, day_only = (
        (item.published, item.day_only) if alone and item.published else (draft.published, draft.day_only)
    )
    if published is None:
        notes.append("without a date")
    # A page told alone keeps its id when its headline changes; one of several is known by its headline.
    mark = draft.key or ("" if alone else title or draft.text[:200])
    return Article(
        id=digest(item.source, item.key, mark),
        source=item.source,
        url=(web_link(draft.url) if draft.url else None) or item.url,
        title=title,
        text=draft.text,
        published=published,
        day_only=day_only,
        authors=_names((item.authors if alone else ()) or draft.authors),
        language=draft.language or item.language,
        key_points=tuple(point for point in draft.key_points if not addressed(point)),
        notes=tuple(notes),
        seen=seen,
    )


def _title(title: str | None, notes: list[str]) -> str | None:
    """The headline, unless it is an order to a program; its readers are people."""
    if title is None:
        return None
    title = one_line(normalise(title))
    if addressed(title):
        notes.append("its headline was left out, being addressed to a program and not to readers")
        return None
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1].rstrip() + "…"


def _names(authors: Sequence[str]) -> tuple[str, ...]:
    """Authors as far as they can be names."""
    names = [one_line(normalise(name)) for name in authors]
    return tuple(name for name in names if 0 < len(name) <= MAX_AUTHOR and not addressed(name))[:MAX_AUTHORS]
