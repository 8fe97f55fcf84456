"""What was told and no longer holds: an article that was changed since, or an outlet that says it was wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from briefing.guard import Support
from briefing.text import Span, digest, one_line, paragraphs, words
from briefing.types import Article, Claim, Correction, Thread
from briefing.voices.align import Aligner, content

__all__ = ["Checks", "correction_note", "corrections", "refers"]

SHRUNK = 0.4
"""A page that has lost more than the rest of its words, and says nothing of a correction, could not be read."""
_NOTE = re.compile(
    r"(?i)^\W*(?:(?:editor[’']?s? note|note|update)\W+)?"
    r"(?:correction|corrected|clarification|erratum|retraction|retracted)\b"
    r"|\b(?:article|story|report|headline|version|post|page|item)\b[^.]{0,60}\b(?:has been|was|is|have been) "
    r"(?:corrected|amended|retracted|withdrawn|updated to correct|changed to correct|removed)\b"
    r"|\b(?:earlier|previous|original) (?:version|edition)s? of this (?:article|story|report|item)\b"
    r"|\b(?:we|the \w+) (?:have |has )?(?:retracted|withdrawn) (?:this|the) (?:article|story|report)\b"
)
_ITEM = re.compile(r"(?i)^\s*(?:corrections?(?: and clarifications?)?|clarification|erratum|retraction|retracted)\b")


class Checks(Protocol):
    """What says whether an article supports claims (`briefing.guard.Guard`)."""

    def check_all(
        self,
        claims: Sequence[str],
        source: str | Article,
        claimed: Sequence[Sequence[Span]] = (),
        published: datetime | None = None,
    ) -> Sequence[Support]:
        """One answer per claim."""
        ...


def correction_note(text: str, before: str = "") -> str:
    """What a text says of its own correction, or nothing; a note that stood in the text `before` is no news.

    >>> correction_note("The bridge fell.\\n\\nCorrection: An earlier version gave a wrong date.")
    'Correction: An earlier version gave a wrong date.'
    """
    for a, b in paragraphs(text):
        line = one_line(text[a:b])
        if len(line.split()) <= 90 and _NOTE.search(line) and line not in one_line(before):
            return line
    return ""


def readable(new: str, old: str) -> bool:
    """Whether a text read again can be held against the old one."""
    return bool(correction_note(new, old)) or len(words(new)) >= SHRUNK * len(words(old))


def corrections(thread: Thread, article: Article, old: str, checks: Checks, aligner: Aligner) -> list[Correction]:
    """What of the thread's claims no longer holds, now that `article`, whose text was `old`, says something else."""
    claims = [claim for claim in thread.claims if any(one.article == article.id for one in claim.evidence)]
    if not claims or article.text == old or not readable(article.text, old):
        return []
    note = correction_note(article.text, old)
    now = one_line(article.text)
    doubtful = [claim for claim in claims if _rest(claim, article.id, old) not in now]
    found = []
    supports = checks.check_all([one.text for one in doubtful], article, (), article.published) if doubtful else []
    for claim, support in zip(doubtful, supports, strict=True):
        if not support.supported:
            found.append(_correction(thread, claim, article, note or _nearest(claim, article, aligner), note))
    if note and not found:
        # The outlet says that something was wrong; the claim it speaks of is the one nearest to its words.
        found.append(_correction(thread, _about(note, claims), article, note, note))
    return found


def _rest(claim: Claim, article: str, old: str) -> str:
    spans = [one for one in claim.evidence if one.article == article]
    return one_line(" ".join(old[one.start : one.end] for one in spans[:1]))


def _nearest(claim: Claim, article: Article, aligner: Aligner) -> str:
    match = aligner.nearest(claim.text, aligner.lines(article))
    return match.line.text if match is not None and match.near else ""


def _about(note: str, claims: Sequence[Claim]) -> Claim:
    wanted = content(note)
    return max(claims, key=lambda claim: len(wanted & content(claim.text)))


def _correction(thread: Thread, claim: Claim, article: Article, now: str, note: str) -> Correction:
    return Correction(
        story=thread.story,
        title=thread.title,
        outlet=article.source,
        url=article.url,
        day=claim.day,
        told=claim.text,
        now=now,
        noted=bool(note),
        article=article.id,
        text=digest(article.text),
    )


def refers(item: Article, threads: Sequence[Thread]) -> Correction | None:
    """The correction that an outlet publishes as an item of its own, if it speaks of something we told from it."""
    if not _ITEM.match(item.title or "") and not _ITEM.match(item.text):
        return None
    wanted = content(f"{item.title or ''} {item.text}")
    best: tuple[float, Correction | None] = (0.0, None)
    for thread in threads:
        own = {article.id for article in thread.articles if article.source == item.source}
        for claim in thread.claims:
            if not any(one.article in own for one in claim.evidence):
                continue
            said = content(claim.text)
            share = len(wanted & said) / max(1, len(said))
            if share > max(best[0], 0.4):
                best = (share, _correction(thread, claim, item, one_line(item.text)[:600], "noted"))
    return best[1]
