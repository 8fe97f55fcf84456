"""Pages whose article stands behind a wall: what is before it is told as just that, what is the wall never."""

from __future__ import annotations

from briefing.errors import ExtractError
from briefing.extract.draft import Draft
from briefing.markup import words_of
from briefing.walls import bot_wall, paywall_line, stops_reading, wall_in

_PREVIEW = 40
"""Words that are worth telling when the rest is behind a paywall."""
_WHOLE = 250
"""Words of an article that ends by itself: a line about subscribing in it is an advertisement."""


def before_walls(subject: str, drafts: list[Draft], source: str) -> list[Draft]:
    """The drafts of a page (its markup: `source`) without the sentences of a paywall.

    Raises ExtractError naming what stands there if there is nothing else.
    """
    if not drafts:
        text = words_of(source[:400_000])
        wall = wall_in(text, source) or _named(bot_wall(200, {}, source))
        if wall:
            raise ExtractError(subject, f"its page shows {wall} and no article")
        return drafts
    kept = [draft for draft in drafts if _cleared(draft, source)]
    if not kept:
        wall = next(filter(None, (wall_in(draft.text, source) for draft in drafts)), "a paywall")
        raise ExtractError(subject, f"its page shows {wall} and no article")
    return kept


def _named(wall: str | None) -> str | None:
    return f"a bot wall ({wall})" if wall else None


def _cleared(draft: Draft, source: str) -> bool:
    """Take the wall's paragraphs out of a draft; False if it was all wall."""
    if wall_in(draft.text, source):
        return False
    parts = draft.text.split("\n\n")
    left = [part for part in parts if not paywall_line(part)]
    count = sum(len(part.split()) for part in left)
    if len(left) < len(parts):
        if count < _PREVIEW:
            return False
        draft.text = "\n\n".join(left)
    if count < _WHOLE and (len(left) < len(parts) or stops_reading(source)):
        draft.notes.append("the page is behind a paywall; only what stands before it could be read")
    return True
