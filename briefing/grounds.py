"""Which articles a telling is made from, and which places of them it rests on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from briefing.types import Article, Bullet, Evidence, Story, Summary, Thread
from briefing.voices import Aligner, is_correction, voices_of

__all__ = ["all_in", "reports", "rests_on", "untold"]


def untold(story: Story, thread: Thread) -> tuple[Article, ...]:
    """The voices of a story that no edition has told yet; all of them if there is none such."""
    before = {article.id for article in thread.articles}
    voices = voices_of(story)
    return tuple(article for article in voices if article.id not in before) or voices


def reports(story: Story, voices: Sequence[Article]) -> list[Article]:
    """The voices of a story, and the corrections among its articles."""
    return [*voices, *(one for one in story.articles if is_correction(one) and one not in voices)]


def rests_on(summary: Summary, place: Evidence) -> bool:
    """Whether any bullet of a summary rests on a place."""
    return any(
        one.article == place.article and one.start < place.end and place.start < one.end
        for bullet in summary.bullets
        for one in bullet.evidence
    )


def all_in(bullet: Bullet, places: Collection[Evidence], voices: Sequence[Article], aligner: Aligner) -> bool:
    """Whether all sentences that a bullet rests on are among some places."""
    spans = [
        Evidence(line.article, *line.span)
        for one in bullet.evidence
        for article in voices
        if article.id == one.article
        for line in aligner.lines(article)
        if line.span.start < one.end and one.start < line.span.end
    ]
    return bool(spans) and all(one in places for one in spans)
