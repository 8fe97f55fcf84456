"""What a later report has brought up to date, or an outlet says it got wrong."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from briefing.engines.reading import is_english
from briefing.guard.quantities import Quantity, same
from briefing.types import Article, Disagreement, Evidence, Version
from briefing.voices.align import Aligner, Line, figures
from briefing.voices.differ import Figure, about, aligned, compatible, facts_of, is_later, worded

__all__ = ["Revision", "is_correction", "outdated", "revisions"]

STALE = timedelta(hours=12)
"""A figure of an outlet is no longer told when another's later by more has a new one of the same."""
OPENING = 2
"""Sentences of an article that tell what it is about; a story can hardly be told without them."""
_NOT = re.compile(r"(?i)[^.;]{0,30}\b(?:not|instead of|rather than|and not)(?: the)? ?[$£€]?")
_ITEM = re.compile(r"(?i)^\s*(?:corrections?(?: and clarifications?)?|clarification|erratum|retraction|retracted)\b")


@dataclass(frozen=True, slots=True)
class Revision:
    """A sentence with a figure that no longer holds, and the sentence that has the new one.

    `change` says it in a line. `opening` is set where the old sentence is one of those its article opens with.
    """

    old: Evidence
    new: Evidence
    change: Disagreement
    opening: bool = False


def is_correction(article: Article) -> bool:
    """Whether an article is an outlet's correction of another one."""
    return bool(_ITEM.match(article.title or "") or _ITEM.match(article.text))


def revisions(articles: Sequence[Article], aligner: Aligner) -> tuple[Revision, ...]:
    """Sentences with a figure that a later article of the same outlet, or one of another half a day later, brings up
    to date; and those with a figure that their outlet corrects in an article of its own."""
    found: dict[Evidence, Revision] = {}
    english = [article for article in articles if is_english(article.text)]
    for early, late in itertools.permutations(english, 2):
        if not is_later(late, early, timedelta(0) if early.source == late.source else STALE):
            continue
        if is_correction(late):
            if early.source == late.source:
                found |= {revision.old: revision for revision in _corrected(early, late, aligner)}
            continue
        for revision in _named(early, late, aligner):
            found.setdefault(revision.old, revision)
        latest = facts_of(late, aligner)
        for fact, old in facts_of(early, aligner).items():
            new = latest.get(fact)
            if not new or any(compatible(a, b) for a in old for b in new):
                continue
            for one in old:
                if aligned(one, new[0], aligner, later=True):
                    versions = (
                        Version(worded(one), (early.source,), (_place(one.line),)),
                        Version(worded(new[0]), (late.source,), (_place(new[0].line),)),
                    )
                    change = Disagreement(versions=versions, about=about(fact, one), kind="revised")
                    opening = one.line in aligner.lines(early)[:OPENING]
                    found.setdefault(_place(one.line), Revision(_place(one.line), _place(new[0].line), change, opening))
    return tuple(found.values())


def outdated(articles: Sequence[Article], aligner: Aligner) -> frozenset[Evidence]:
    """Where the sentences stand that `revisions` finds."""
    return frozenset(one.old for one in revisions(articles, aligner))


def _named(early: Article, late: Article, aligner: Aligner) -> list[Revision]:
    """Sentences with a figure of which a later report says "3.9 billion crowns, not 4.2 billion"."""
    out = []
    for line in aligner.lines(late):
        for new, old in itertools.pairwise(_telling(line)):
            if not _NOT.fullmatch(line.text[new.end : old.start]):
                continue
            for place, other in enumerate(aligner.lines(early)):
                for was in _telling(other):
                    if was.kind == new.kind and same(old, was) and not same(new, was):
                        versions = tuple(
                            Version(worded(Figure(q, at, "", article)), (article.source,), (_place(at),))
                            for q, at, article in ((was, other, early), (new, line, late))
                        )
                        change = Disagreement(versions=versions, kind="revised")
                        out.append(Revision(_place(other), _place(line), change, place < OPENING))
    return out


def _corrected(early: Article, late: Article, aligner: Aligner) -> list[Revision]:
    """Sentences of an article with a figure that its outlet's correction repeats: it speaks of that very one."""
    lines = aligner.lines(late)
    named = [(line, figure) for line in lines for figure in _telling(line)]
    if not named:
        return []
    # From the first figure on, which is the wrong one or the right one: both are needed to understand it.
    first = lines.index(named[0][0])
    told = lines[first : first + 2]
    text = " ".join(line.text for line in told)
    change = Disagreement(
        versions=(Version(text, (late.source,), tuple(_place(line) for line in told)),), kind="corrected"
    )
    return [
        Revision(_place(line), _place(told[0]), change)
        for line in aligner.lines(early)
        if any(same(own, other) and own.kind == other.kind for own in _telling(line) for _, other in named)
    ]


def _telling(line: Line) -> list[Quantity]:
    """The figures of a sentence that are unlikely to be another's by chance."""
    return [one for one in figures(line.text) if one.kind != "plain" or (one.value >= 10 and not one.spelled)]


def _place(line: Line) -> Evidence:
    return Evidence(line.article, *line.span)
