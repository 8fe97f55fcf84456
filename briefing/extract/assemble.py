"""From the lines of a page to its articles. Pure.

A scraped page is furniture with articles in between, often more than one. A headline opens an article when
what follows says so: the same headline again, a date, a byline, the site's head furniture, a dateline. A
line that merely looks like a headline is a heading inside the article.
"""

from __future__ import annotations

import itertools
import re

from briefing.extract.draft import Draft, Line
from briefing.lines import (
    Kind,
    classify,
    date_in,
    lead_in,
    names_in_byline,
    point_text,
    same_headline,
    without_dateline,
)
from briefing.text import one_line, paragraphs

_LOOK_AHEAD = 14
_STRONG_HEADER = re.compile(r"(?i)short url|follow\b.*|\d{1,3}\s*-?\s*min(ute)?s?\W?read|listen\b.*")
_UPDATED = re.compile(r"(?i)\b(updated|modified|aktualisiert|mis à jour|actualizado|revised)\b")
_SIGN_OFF = re.compile(r"^-- ?$")


def lines_of(text: str) -> list[Line]:
    """The lines of a plain text, wrapped ones joined, each with its kind."""
    lines: list[Line] = []
    end, rule = 0, False
    for start, stop in paragraphs(text):
        gap = max(0, text.count("\n", end, start) - 1)
        end = stop
        raw = one_line(text[start:stop])
        kind = classify(raw)
        if kind is Kind.RULE:
            rule = True
            continue
        lines.append(Line(raw, kind, gap=gap, after_rule=rule))
        rule = False
    return _join_points(lines)


def _join_points(lines: list[Line]) -> list[Line]:
    """A list entry that was broked at a fixed width goes on in the next line, which starts in small letters."""
    joined: list[Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        if (
            before is not None
            and before.kind is Kind.POINT
            and line.gap == 0
            and line.kind in (Kind.BODY, Kind.HEAD, Kind.SHORT)
            and len(before.text) >= 45
            and (line.text[:1].islower() or not re.search(r"[.!?]['\"”’)]*$", before.text))
        ):
            before.text = f"{before.text} {line.text}"
        else:
            joined.append(line)
    return joined


def _opens_article(lines: list[Line], at: int, usual_gap: int) -> bool:
    """Whether the headline-like line at `at` opens an article."""
    head, bodies = lines[at], 0
    if head.after_rule and any(line.kind is Kind.BODY for line in lines[at + 1 : at + 4]):
        return True
    for line in lines[at + 1 : at + 1 + _LOOK_AHEAD]:
        if same_headline(head.text, line.text):
            return True
        if line.kind in (Kind.DATE, Kind.BYLINE):
            return True
        if line.kind is Kind.HEADER and _STRONG_HEADER.fullmatch(line.text):
            return True
        if line.kind is Kind.BODY:
            if bodies == 0 and without_dateline(line.text):
                return True
            bodies += 1
            if bodies > 1:
                break
        elif line.kind in (Kind.HEAD, Kind.SHORT) and bodies:
            # Past its first paragraph a heading's marks would be the next article's.
            break
    # Set apart by more room than paragraphs are, with text on both sides.
    apart = head.gap > usual_gap >= 1 and head.gap >= 2
    before = sum(line.kind is Kind.BODY for line in lines[:at])
    after = sum(line.kind is Kind.BODY for line in lines[at + 1 :])
    return apart and before >= 3 and after >= 3


def _starts(lines: list[Line]) -> list[int]:
    gaps = sorted(line.gap for line in lines if line.kind is Kind.BODY)
    usual_gap = gaps[len(gaps) // 2] if gaps else 0
    starts: list[int] = []
    content_seen = False
    for at, line in enumerate(lines):
        if line.kind is Kind.HEAD:
            repeats = starts and any(
                same_headline(lines[starts[-1]].text, line.text) and lines[k].kind is not Kind.BODY
                for k in range(starts[-1], at)
            )
            bodies = sum(lines[k].kind is Kind.BODY for k in range(starts[-1], at)) if starts else 0
            if repeats and bodies <= 2:
                continue
            if not content_seen or _opens_article(lines, at, usual_gap):
                starts.append(at)
        if line.kind in (Kind.HEAD, Kind.BODY):
            content_seen = True
    return starts


def articles_of(lines: list[Line], *, one: bool = False) -> list[Draft]:
    """The articles told by `lines`, in order. With `one`, all of it is one article whatever it looks like.

    Headlines without any text after them (teasers of other stories) are dropped, unless there is nothing
    but them.
    """
    starts = _starts(lines)
    if one:
        starts = starts[:1]
    bounds = [*starts, len(lines)]
    segments: list[list[Line]] = []
    opening = lines[: bounds[0]] if starts else lines
    if not starts or any(line.kind is Kind.BODY for line in opening):
        segments.append(opening)
        opening = []
    for first, (a, b) in enumerate(itertools.pairwise(bounds)):
        segment = lines[a:b]
        if first == 0 and opening:
            # Date and byline above the headline belong to it.
            segment = [segment[0], *(line for line in opening if line.kind in (Kind.DATE, Kind.BYLINE)), *segment[1:]]
        segments.append(segment)
    drafts = [_draft(segment) for segment in segments]
    return [draft for draft in drafts if draft.text]


def _draft(segment: list[Line]) -> Draft:
    draft = Draft()
    rest = segment
    if segment and segment[0].kind is Kind.HEAD:
        draft.title = segment[0].text
        rest = segment[1:]
    body_from = _end_of_head(rest, draft.title)
    updated = None
    points: list[str] = []
    for at, line in enumerate(rest):
        if draft.title and same_headline(line.text, draft.title):
            continue
        in_head = at < body_from
        if line.kind in (Kind.DATE, Kind.BYLINE):
            found = date_in(line.text)
            if found and _UPDATED.search(line.text) and not re.search(r"(?i)publi|posted", line.text):
                updated = updated or (found if in_head else None)
            elif in_head or line.kind is Kind.BYLINE:
                draft.date(found)
            names = names_in_byline(line.text)
            if names and not draft.authors:
                draft.authors = names
        elif in_head and line.kind is Kind.POINT:
            points.append(point_text(line.text))
    draft.key_points = (*draft.key_points, *points)
    # The day it came out is the article's date; a later change is used only where nothing else is given.
    draft.date(updated)
    draft.text = _body(rest[body_from:], draft)
    return draft


def _end_of_head(rest: list[Line], title: str | None) -> int:
    """Where the body begins: after the last mark of the article's head."""
    end, bodies = 0, 0
    for at, line in enumerate(rest):
        repeated = title is not None and line.kind in (Kind.HEAD, Kind.BODY) and same_headline(line.text, title)
        if repeated and bodies <= 2:
            end, bodies = at + 1, 0
        elif line.kind in (Kind.DATE, Kind.BYLINE) or (
            line.kind is Kind.HEADER and _STRONG_HEADER.fullmatch(line.text)
        ):
            if bodies <= 1:
                end, bodies = at + 1, 0
        elif line.kind in (Kind.HEADER, Kind.CAPTION, Kind.POINT):
            if bodies == 0:
                end = at + 1
        elif line.kind is Kind.BODY:
            bodies += 1
            if bodies > 2:
                break
    return end


def _body(lines: list[Line], draft: Draft) -> str:
    parts: list[str] = []
    last = max((at for at, line in enumerate(lines) if line.kind is Kind.BODY), default=-1)
    for at, line in enumerate(lines):
        if _SIGN_OFF.match(line.text):
            break
        following = lines[at + 1].kind if at + 1 < len(lines) else None
        if line.kind is Kind.BODY:
            text = line.text
            if not parts:
                begins, names, when = lead_in(text)
                draft.authors = draft.authors or names
                draft.date(when)
                text = text[begins:]
            parts.append(text)
        elif line.kind is Kind.POINT and (at < last or parts):
            parts.append(f"• {point_text(line.text)}")
        elif (
            line.kind in (Kind.HEAD, Kind.SHORT)
            and parts
            and at < last
            and following in (Kind.BODY, Kind.POINT, Kind.CAPTION)
            and not (draft.title and same_headline(line.text, draft.title))
        ):
            parts.append(line.text)
    return "\n\n".join(part for part in parts if part)
