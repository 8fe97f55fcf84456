"""What the extractor's steps hand on to each other: blocks in, drafts out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from briefing.lines import Kind


@dataclass(slots=True)
class Line:
    """One paragraph, heading or list entry of a page, in its order. `gap` counts blank lines before it."""

    text: str
    kind: Kind
    gap: int = 0
    after_rule: bool = False


@dataclass(slots=True)
class Draft:
    """An article as one step of the cascade sees it; fields stay empty where the page does not say."""

    title: str | None = None
    text: str = ""
    published: datetime | None = None
    day_only: bool = False
    authors: tuple[str, ...] = ()
    language: str | None = None
    url: str | None = None
    key: str = ""
    key_points: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    @property
    def words(self) -> int:
        """Words of the text."""
        return len(self.text.split())

    def date(self, found: tuple[datetime, bool] | None) -> None:
        """Take a date over if there is none yet."""
        if found and self.published is None:
            self.published, self.day_only = found
