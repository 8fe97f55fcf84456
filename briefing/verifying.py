"""What an engine answered, checked bullet by bullet; what does not hold gives way to a quotation, or to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from briefing.engines.cuts import presented
from briefing.engines.embedded import tellable
from briefing.engines.standing import stands_alone
from briefing.errors import Unsupported
from briefing.guard import Support
from briefing.text import Span, words
from briefing.types import Article, Bullet, Evidence, Stopped, Summary

__all__ = ["LIKELY", "UNLIKELY", "Judge", "verified"]

LIKELY = 0.45
"""Least probability of a bullet that a model wrote. Most of what a small model invents and no check catches lies below,
and a seventh of what good models write."""
UNLIKELY = "it says too much that the article does not say in such words"


class Judge(Protocol):
    """What decides whether an article supports claims."""

    def check_all(
        self,
        claims: Sequence[str],
        source: str | Article,
        claimed: Sequence[Sequence[Span]] = (),
        published: datetime | None = None,
    ) -> Sequence[Support]:
        """One answer per claim. `claimed`: what the engine says each rests on."""
        ...


def verified(judge: Judge, summary: Summary) -> Summary:
    """The summary with every bullet checked against the article it was told from.

    A sentence quoted word for word needs no check. A bullet that is not supported is replaced by the sentence nearest
    to it, quoted, unless that is told already or can't stand alone; then it is dropped. Raises Unsupported if nothing
    is left. A written headline that is not supported is dropped.

    A bullet that a model wrote must also be likely to be right (LIKELY): the score decides between claims of which half
    are right, and what models tell in words of their own is wrong more often than that.
    """
    kept: list[Bullet] = []
    stopped: list[Stopped] = []
    taken = {bullet.evidence[0] for bullet in summary.bullets if bullet.made == "quoted" and bullet.evidence}
    answers = _judged(judge, summary)
    for place, bullet in enumerate(summary.bullets):
        support = answers.get(place)
        if support is None:
            kept.append(bullet)
            continue
        article = _home(summary, bullet)
        if bullet.made == "written":
            support = _sure(support)
        if support.supported:
            found = tuple(Evidence(article.id, span.start, span.end) for span in support.evidence) or bullet.evidence
            # What a shortened sentence rests on is known; the guard need not look for it.
            evidence = bullet.evidence if bullet.made == "shortened" else found
            kept.append(replace(bullet, evidence=evidence, support=support.score))
            continue
        quotation = _quotation(article, bullet, support, taken)
        stopped.append(Stopped(bullet.text, support.reasons, quotation is not None))
        if quotation is not None:
            taken.add(quotation.evidence[0])
            kept.append(quotation)
    if not kept:
        first = stopped[0].reasons[0] if stopped and stopped[0].reasons else "its article does not say so"
        called = summary.article.title or summary.article.id
        raise Unsupported(summary.engine, f"none of its {len(answers)} bullets on “{called}” held: {first}")
    checked, headline = len(answers), summary.headline
    if headline is not None:
        checked += 1
        (support,) = map(_sure, judge.check_all([headline], summary.article, (), summary.article.published))
        if not support.supported:
            stopped.append(Stopped(headline, support.reasons))
            headline = None
    return replace(summary, bullets=tuple(kept), checked=checked, stopped=tuple(stopped), headline=headline)


def _home(summary: Summary, bullet: Bullet) -> Article:
    """The article a bullet is told from: its evidence names it; without any, or with a strange one, it is the lead."""
    named = bullet.evidence[0].article if bullet.evidence else ""
    return next((one for one in summary.pick.story.articles if one.id == named), summary.article)


def _judged(judge: Judge, summary: Summary) -> dict[int, Support]:
    """The judge's answer on each bullet that is no quotation, by its place; those of one article are asked together."""
    asked: dict[str, list[int]] = {}
    for place, bullet in enumerate(summary.bullets):
        article = _home(summary, bullet)
        if bullet.made != "quoted" or not _verbatim(article, bullet):
            asked.setdefault(article.id, []).append(place)
    found: dict[int, Support] = {}
    for article in summary.pick.story.articles:
        places = asked.get(article.id, [])
        if places:
            own = [summary.bullets[place] for place in places]
            claimed = [[Span(e.start, e.end) for e in one.evidence if e.article == article.id] for one in own]
            supports = judge.check_all([one.text for one in own], article, claimed, article.published)
            found.update(zip(places, supports, strict=True))
            asked.pop(article.id)
    return found


def _sure(support: Support) -> Support:
    """The answer on what a model wrote: not supported if it is too likely to be wrong.

    Where a judge gives no probability, none is asked.
    """
    unlikely = support.supported and support.probability < LIKELY
    return replace(support, supported=False, reasons=(UNLIKELY,)) if unlikely else support


def _verbatim(article: Article, bullet: Bullet) -> bool:
    """Whether a bullet that is called a quotation is one: an engine may be anybody's class."""
    spans = [one for one in bullet.evidence if one.article == article.id]
    said = [word.casefold() for one in spans for word in words(article.text[one.start : one.end])]
    told = [word.casefold() for word in words(bullet.text)]
    return bool(told) and f" {' '.join(told)} " in f" {' '.join(said)} "


def _quotation(article: Article, bullet: Bullet, support: Support, taken: set[Evidence]) -> Bullet | None:
    """The sentence nearest to a bullet that did not hold; of a shortened one, the sentence it was cut from."""
    spans = [Span(one.start, one.end) for one in bullet.evidence] if bullet.made == "shortened" else []
    told = tellable(article)
    for span in [*spans, *support.evidence]:
        for sentence in told:
            evidence = Evidence(article.id, sentence.span.start, sentence.span.end)
            overlaps = sentence.span.start < span.end and span.start < sentence.span.end
            if overlaps and evidence not in taken and stands_alone(sentence.text):
                return Bullet(text=presented(sentence.text), evidence=(evidence,), support=1.0, made="quoted")
    return None
