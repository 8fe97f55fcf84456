"""Types → plain values for the templates. Everything foreign stays text; the templates escape it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from briefing.store import MARK_END, MARK_START, Chapter, EditionRow, Hit
from briefing.text import is_web, paragraphs, reading_minutes
from briefing.types import Article, Correction, Edition, Evidence, Summary

AROUND = 1
"""Paragraphs shown before and behind the one a bullet rests on; the whole text is a link away."""

Segment = tuple[str, bool]


def marked(text: str, spans: Iterable[tuple[int, int]], around: int | None = None) -> list[list[Segment]]:
    """The paragraphs of `text` as runs of (text, marked). With `around`, only those near a marked one.

    Spans may overlap and may reach over paragraphs.

    >>> marked("It rained. All day.\\n\\nThen it stopped.", [(0, 10)])
    [[('It rained.', True), (' All day.', False)], [('Then it stopped.', False)]]
    """
    wanted = sorted(spans)
    blocks = paragraphs(text)
    hit = {n for n, block in enumerate(blocks) if any(a < block.end and b > block.start for a, b in wanted)}
    near = {n + k for n in hit for k in range(-(around or 0), (around or 0) + 1)}
    shown = []
    for number, block in enumerate(blocks):
        if around is not None and number not in near:
            continue
        runs: list[Segment] = []
        at = block.start
        for start, end in wanted:
            start, end = max(start, at), min(end, block.end)
            if start >= end:
                continue
            if start > at:
                runs.append((text[at:start], False))
            runs.append((text[start:end], True))
            at = end
        if at < block.end:
            runs.append((text[at : block.end], False))
        shown.append(runs)
    return shown


def _evidence(summary: Summary, found: Sequence[Evidence], edition: str) -> list[dict[str, Any]]:
    """Each article a bullet rests on, with the sentences marked in their surroundings."""
    by_article: dict[str, list[tuple[int, int]]] = {}
    for one in found:
        by_article.setdefault(one.article, []).append((one.start, one.end))
    shown = []
    for article in summary.pick.story.articles:
        spans = by_article.get(article.id)
        if not spans:
            continue
        marks = ".".join(f"{a}-{b}" for a, b in spans)
        shown.append(
            {
                "outlet": article.source,
                "title": article.title,
                "paragraphs": marked(article.text, spans, AROUND),
                "whole": f"/articles/{article.id}?edition={edition}&mark={marks}#mark" if edition else None,
            }
        )
    return shown


def edition_page(edition: Edition, view: dict[str, Any]) -> dict[str, Any]:
    """What the edition's page shows beyond the renderer's own view of it."""
    zone = edition.time_zone
    stories = [story for section in view["sections"] for story in section["stories"]]
    for story, summary in zip(stories, edition.summaries, strict=True):
        story["target"] = f"{edition.id}/{story['number']}"
        # A file of this machine is no address for a browser; its text is here.
        story["url"] = story["url"] if is_web(story["url"]) else None
        story["thread"] = f"/stories/{edition.briefing}/{summary.pick.story.id}"
        story["here"] = f"/articles/{summary.article.id}?edition={edition.id}"
        story["articles"] = [article_line(article, zone, edition.id) for article in summary.pick.story.articles]
        for bullet, told in zip(story["bullets"], summary.bullets, strict=True):
            bullet["url"] = bullet["url"] if is_web(bullet["url"]) else None
            bullet["evidence"] = _evidence(summary, told.evidence, edition.id)
    return view | {"edition": {"id": edition.id, "briefing": edition.briefing, "slot": edition.slot}}


def thread_page(told: Sequence[tuple[Chapter, Edition | None]], corrections: Sequence[Correction]) -> dict[str, Any]:
    """A story's chapters, the newest last, and what of them was corrected."""
    shown = []
    for chapter, edition in told:
        summaries = edition.summaries if edition else ()
        found = next(((n, s) for n, s in enumerate(summaries, 1) if s.pick.story.id == chapter.story), None)
        link = None
        bullets: list[dict[str, Any]] = [
            {"text": one.text, "evidence": [], "outlets": one.outlets} for one in chapter.claims
        ]
        if edition is not None and found is not None:
            number, summary = found
            link = f"/editions/{edition.briefing}/{edition.slot}#story-{number}"
            bullets = [
                {"text": one.text, "evidence": _evidence(summary, one.evidence, edition.id), "outlets": one.outlets,
                 "made": one.made}
                for one in summary.bullets
            ]  # fmt: skip
        shown.append(
            {
                "day": f"{chapter.day.day} {chapter.day:%B %Y}", "iso": chapter.day.isoformat(), "title": chapter.title,
                "goes_on": chapter.update, "link": link, "bullets": bullets,
            }
        )  # fmt: skip
    outlets = {one for chapter, _ in told for claim in chapter.claims for one in claim.outlets}
    return {
        "title": told[-1][0].title or "(no headline)",
        "chapters": shown,
        "outlets": sorted(outlets),
        "corrections": [
            {"outlet": one.outlet, "day": f"{one.day.day} {one.day:%B %Y}", "told": one.told, "now": one.now}
            for one in corrections
        ],
    }


def story_card(summary: Summary, zone: str) -> dict[str, Any]:
    """A story told on demand."""
    article = summary.article
    return {
        "title": summary.title,
        "url": article.url if is_web(article.url) else None,
        "about": article_line(article, zone, ""),
        "engine": summary.engine,
        "notes": [note for note in summary.notes if note != "without a date"],
        "bullets": [
            {"text": bullet.text, "made": bullet.made, "evidence": _evidence(summary, bullet.evidence, "")}
            for bullet in summary.bullets
        ],
    }


def when(moment: datetime | None, zone: str, *, day_only: bool = False) -> str:
    """A moment in words, in the zone of a briefing."""
    if moment is None:
        return "no date given"
    if day_only:
        return f"{moment.day} {moment:%B %Y}"
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y, %H:%M}"


def article_line(article: Article, zone: str, edition: str) -> dict[str, Any]:
    """An article in a list."""
    return {
        "title": article.title or "(no headline)",
        "outlet": article.source,
        "when": when(article.published, zone, day_only=article.day_only),
        "url": article.url if is_web(article.url) else None,
        "here": f"/articles/{article.id}" + (f"?edition={edition}" if edition else ""),
    }


def article_page(article: Article, spans: Sequence[tuple[int, int]], zone: str) -> dict[str, Any]:
    """An article's own page."""
    return {
        **article_line(article, zone, ""),
        "authors": list(article.authors),
        "minutes": max(1, round(reading_minutes(article.text))),
        "language": article.language,
        "notes": [note for note in article.notes if note != "without a date"],
        "key_points": list(article.key_points),
        "paragraphs": marked(article.text, spans),
    }


def snippet(hit: Hit) -> list[Segment]:
    """A hit's snippet as runs of (text, found)."""
    runs: list[Segment] = []
    for number, piece in enumerate(hit.snippet.split(MARK_START)):
        if number == 0:
            runs.append((piece, False))
            continue
        word, _, rest = piece.partition(MARK_END)
        runs += [(word, True), (rest, False)]
    return [run for run in runs if run[0]]


def hit_line(hit: Hit, zone: str, slots: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """A hit in the list of results; `slots` gives each edition's (briefing, slot)."""
    if hit.kind == "story":
        briefing, slot = slots.get(hit.ref, (hit.place, ""))
        link = f"/editions/{briefing}/{slot}#story-{hit.number}"
    else:
        link = f"/articles/{hit.ref}"
    return {
        "kind": hit.kind,
        "title": hit.title or "(no headline)",
        "place": hit.place,
        "when": when(hit.at, zone),
        "link": link,
        "snippet": snippet(hit),
    }


def months(rows: Sequence[EditionRow]) -> list[dict[str, Any]]:
    """Editions by month and day, newest first."""

    def day_of(row: EditionRow) -> date:
        return date.fromisoformat(row.slot[:10])

    found = []
    for month, of_month in groupby(rows, key=lambda row: row.slot[:7]):
        days = []
        for day, of_day in groupby(of_month, key=day_of):
            days.append({"day": f"{day:%A} {day.day}", "iso": day.isoformat(), "editions": list(of_day)})
        first = date.fromisoformat(f"{month}-01")
        found.append({"name": f"{first:%B %Y}", "days": days})
    return found
