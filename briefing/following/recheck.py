"""Articles that were told are looked at again for some days, as outlets change what was wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from briefing.errors import FetchError, ItemError
from briefing.extract import Extractor
from briefing.fetch import Fetcher, Response
from briefing.sources.feed import FRAGMENT
from briefing.store import Recheck, Store
from briefing.text import is_web
from briefing.threads import readable
from briefing.types import Problem

__all__ = ["FOR", "MOST", "recheck"]

FOR = timedelta(days=3)
"""How long after its edition an article is looked at again."""
MOST = 40
"""Articles looked at in one run; the others' turn comes at the next."""
_AGAIN = timedelta(hours=1)
_PARALLEL = 8


def recheck(
    store: Store,
    fetcher: Fetcher,
    extractor: Extractor,
    now: datetime,
    report: Callable[[str, int, int], None] = lambda stage, done, total: None,
    most: int = MOST,
) -> list[Problem]:
    """Ask the pages of told articles, `most` of them, whether they changed, and keep the new text of those that did.

    What a feed itself carries comes again with the feed. Old texts stay kept, as editions are made of them. Pages are
    read as the robots.txt of their servers allows; what it doesn't, or wants later, is left without a word, as nothing
    went wrong. A page that can't be had, or has lost its text, changes nothing; of each source one problem is told at
    most.
    """
    due = [one for one in store.due(now - FOR, now - _AGAIN, most) if _has_page(one)]

    def ask(one: Recheck) -> Response | ItemError:
        try:
            assert one.item.url is not None, "only what has a page is asked"
            return fetcher.get(
                one.item.url, accept="text/html, */*;q=0.5", etag=one.etag, modified=one.modified, page=True
            )
        except ItemError as error:
            return error

    failed: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for done, (one, answer) in enumerate(zip(due, pool.map(ask, due), strict=True), 1):
            report("Looking again", done, len(due))
            try:
                if isinstance(answer, ItemError):
                    raise answer
                store.note_page(one.article, answer.etag or one.etag, answer.last_modified or one.modified, now)
                if not answer.unchanged:
                    _keep(store, extractor, one, answer)
            except ItemError as error:
                # What is to wait goes to the end of the line: one slow server does not keep others from their turn.
                store.note_page(one.article, one.etag, one.modified, now)
                if isinstance(error, FetchError) and (error.kind == "robots" or error.postponed):
                    continue
                failed[one.item.source] += 1
                reasons.setdefault(one.item.source, error.message)
    return [
        Problem("recheck", source, f"{count} told before could not be looked at again: {reasons[source]}")
        for source, count in failed.items()
    ]


def _has_page(one: Recheck) -> bool:
    """Whether the article came from a page of its own; what came whole in a feed is not compared with a page."""
    return is_web(one.item.url) and (one.item.follow or one.item.media_type != FRAGMENT)


def _keep(store: Store, extractor: Extractor, one: Recheck, answer: Response) -> None:
    found = extractor.extract(one.item, answer.body, answer.media_type, answer.charset, answer.url, one.seen)
    now = next((article for article in found if article.id == one.article), None)
    if now is not None and now.text != one.text and readable(now.text, one.text):
        store.keep_articles(one.item_id, found)
