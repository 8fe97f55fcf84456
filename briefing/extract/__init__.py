"""From an item's bytes to articles, in a worker that can be killed."""

from __future__ import annotations

from datetime import datetime

from briefing.errors import ExtractError
from briefing.extract.cascade import read
from briefing.extract.draft import Draft
from briefing.text import digest, is_web
from briefing.types import Article, Item
from briefing.worker import Worker

__all__ = ["Extractor"]


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

    def teaser(self, item: Item, reason: ExtractError | str, seen: datetime) -> tuple[Article, ...]:
        """What the feed itself holds of an item whose page can't be read: its teaser, named as one."""
        assert item.body is not None
        drafts = self._worker.call(item.title or item.key, read, item.key, item.body, item.media_type, None, None)
        drafts[0].notes.append(f"only the feed's teaser could be read ({reason})")
        return (_article(item, drafts[0], 1, seen),)


def _article(item: Item, draft: Draft, count: int, seen: datetime) -> Article:
    alone = count == 1
    title = (item.title if alone else None) or draft.title
    published, day_only = (
        (item.published, item.day_only) if alone and item.published else (draft.published, draft.day_only)
    )
    notes = [*item.notes, *draft.notes]
    if published is None:
        notes.append("without a date")
    # A page told alone keeps its id when its headline changes; one of several is known by its headline.
    mark = draft.key or ("" if alone else title or draft.text[:200])
    return Article(
        id=digest(item.source, item.key, mark),
        source=item.source,
        url=draft.url if is_web(draft.url) else item.url,
        title=title,
        text=draft.text,
        published=published,
        day_only=day_only,
        authors=(item.authors if alone else ()) or draft.authors,
        language=draft.language or item.language,
        key_points=draft.key_points,
        notes=tuple(notes),
        seen=seen,
    )
