"""Keywords and phrases in a story."""

from __future__ import annotations

import re
from functools import lru_cache

from briefing.types import Story

_LEAD_PARAGRAPHS = 3


@lru_cache(maxsize=4096)
def pattern(phrase: str) -> re.Pattern[str]:
    """What finds a phrase: "wind farm" also finds "wind farms"."""
    # A phrase of signs ("C++") has no word boundary to ask for.
    inner = r"\s+".join(re.escape(word) for word in phrase.split())
    before = r"\b" if re.match(r"\w", phrase) else ""
    after = r"(?:s|es|'s|’s)?\b" if re.search(r"\w$", phrase) else ""
    return re.compile(before + inner + after, re.IGNORECASE)


def stands_in(phrase: str, story: Story) -> bool:
    """Whether a phrase stands anywhere in a story."""
    return any(pattern(phrase).search(f"{a.title or ''}\n{a.text}") for a in story.articles)


def prominent(phrase: str, story: Story) -> str | None:
    """Where a phrase stands prominently in a story, in words, or None."""
    found = pattern(phrase)
    for article in story.articles:
        if article.title and found.search(article.title):
            return f'"{phrase}" in the headline'
    lead = story.lead
    if found.search("\n\n".join(lead.text.split("\n\n")[:_LEAD_PARAGRAPHS])):
        return f'"{phrase}" in its opening'
    # One mention far down is what a story touches on, not what it is about.
    count = len(found.findall(lead.text))
    return f'"{phrase}" {count} times' if count >= 2 else None
