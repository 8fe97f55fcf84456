"""Stories that go on: under which id, whether there is anything new in them, and what told before was wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from briefing.following.recheck import FOR
from briefing.guard.lexicon import MONTHS, WEEKDAYS
from briefing.store import Store
from briefing.telling import Teller
from briefing.text import digest
from briefing.threads import refers
from briefing.types import Article, Correction, Story, Thread
from briefing.voices import Aligner

__all__ = ["LASTING", "corrected", "lasting", "resumed", "with_news"]

LASTING = timedelta(days=14)
"""How long an edition's stories are remembered: one that is quiet for longer begins anew."""

RESUMED = 0.65
"""Cosine from which a story is taken to be one that was told some time ago."""
NAMES = 2
_OPENING = 60


def lasting(stories: Sequence[Story], whole: Sequence[Story], threads: Mapping[str, Thread]) -> list[Story]:
    """The stories, with the ids their threads have. `whole` are the stories with all articles, told or not."""
    told = {article.id: story for story, thread in threads.items() for article in thread.articles}
    begun: dict[str, str] = {}
    for story in whole:
        before = [told[article.id] for article in story.articles if article.id in told]
        # Threads that became one go on as the one that was told most lately.
        begun.update((article.id, before[0]) for article in story.articles if before)
    found: list[Story] = []
    for story in stories:
        thread = begun.get(story.lead.id)
        # Two parts of one thread are two stories; the second keeps its own id.
        free = thread is not None and all(other.id != thread for other in found)
        found.append(replace(story, id=thread) if thread is not None and free else story)
    return found


def resumed(stories: Sequence[Story], threads: Mapping[str, Thread], aligner: Aligner | None) -> list[Story]:
    """The stories, those that come back after a while with the id of the thread they go on from.

    Grouping looks back a few days only. Beyond, a story is taken to be an old one if it is near to it in meaning and
    shares at least `NAMES` names with it; two candidates alike are none.
    """
    free = [thread for thread in threads.values() if thread.claims]
    fresh = [story for story in stories if story.id not in threads]
    if aligner is None or not free or not fresh:
        return list(stories)
    mine = [f"{one.lead.title or ''}. {' '.join(one.lead.text.split(maxsplit=_OPENING)[:_OPENING])}" for one in fresh]
    theirs = [f"{thread.title}. {' '.join(claim.text for claim in thread.claims[:3])}" for thread in free]
    cosines = aligner.table(mine, theirs)
    if cosines is None:
        return list(stories)
    likely: dict[str, list[int]] = {}
    for row, column in zip(*(cosines >= RESUMED).nonzero(), strict=True):
        if len(_names(mine[row]) & _names(theirs[column])) >= NAMES:
            likely.setdefault(fresh[row].id, []).append(int(column))
    found = []
    taken = {story.id for story in stories}
    for story in stories:
        near = [free[at].story for at in likely.get(story.id, ()) if free[at].story not in taken]
        if len(near) == 1:
            taken.add(near[0])
            found.append(replace(story, id=near[0]))
        else:
            found.append(story)
    return found


def _names(text: str) -> frozenset[str]:
    """Words with a capital inside sentences, but days and months."""
    words = re.findall(r"(?<=[\w,;:’'] )[A-ZÀ-ÖØ-Þ][\w’'-]{2,}", text)
    return frozenset(word.casefold() for word in words if word.casefold() not in {*MONTHS, *WEEKDAYS})


def with_news(
    teller: Teller, stories: Sequence[Story], threads: Mapping[str, Thread]
) -> tuple[list[Story], list[Story]]:
    """The stories that have something to tell, and those that were told before and have nothing new."""
    if not threads:
        return list(stories), []
    going_on: list[Story] = []
    silent: list[Story] = []
    for story in stories:
        thread = threads.get(story.id)
        (going_on if thread is None or teller.has_news(story, thread) else silent).append(story)
    return going_on, silent


def corrected(
    store: Store,
    teller: Teller,
    briefing: str,
    known: Sequence[Article],
    told: Collection[str],
    now: datetime,
) -> tuple[list[Correction], set[str]]:
    """What editions of the last days have told and no longer holds, and the ids of articles that are nothing but
    corrections of it."""
    done = store.corrected(briefing)
    lately = store.threads(briefing, now - FOR)
    today = {article.id: article for article in known}
    found: list[Correction] = []
    for thread in lately.values():
        for article in thread.articles:
            again = today.get(article.id)
            if again is not None and (article.id, digest(again.text)) not in done:
                found += teller.corrections(thread, again, article.text)
    items: set[str] = set()
    for article in known:
        if article.id not in told and (said := refers(article, list(lately.values()))) is not None:
            items.add(article.id)
            if (said.article, said.text) not in done:
                found.append(said)
    return found, items
