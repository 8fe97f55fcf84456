"""A news briefing people can trust: key bullets, each with the sentence it rests on.

    import briefing

    summary = briefing.summarize(text, title="Bridge opens after a year")
    for bullet in summary.bullets:
        for evidence in bullet.evidence:
            print(bullet.text, text[evidence.start : evidence.end], bullet.support)

    briefing.check("The bridge opened on Monday.", text).reasons

    stories = briefing.group([briefing.Article(title=title, text=text, published="2026-03-10"), ...])

Importing this package loads no model; the first summary or check does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from briefing.errors import BriefingError
from briefing.types import Article, Bullet, Edition, Evidence, Item, Pick, Story, Summary

if TYPE_CHECKING:
    from briefing.guard import check
    from briefing.ondemand import group, summarize

__version__ = "0.1.0"

__all__ = [
    "Article",
    "BriefingError",
    "Bullet",
    "Edition",
    "Evidence",
    "Item",
    "Pick",
    "Story",
    "Summary",
    "__version__",
    "check",
    "group",
    "summarize",
]


def __getattr__(name: str) -> Any:
    # What needs numpy and the models comes in when it is asked for.
    if name == "check":
        from briefing.guard import check

        return check
    if name in ("group", "summarize"):
        from briefing import ondemand

        return getattr(ondemand, name)
    raise AttributeError(f"module 'briefing' has no attribute {name!r}")
