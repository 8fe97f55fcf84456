"""Transcripts of recordings: WebVTT, SubRip, and the JSON of podcasts (podcastindex.org)."""

from __future__ import annotations

import html
import json
import re

from briefing.extract.draft import Draft
from briefing.text import normalise, one_line

_KINDS = frozenset({"text/vtt", "application/vtt", "application/x-subrip", "application/srt", "text/srt", "text/x-srt"})
_TIME = re.compile(r"^\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*\S+.*$")
_SPEAKER = re.compile(r"<v(?:\.[\w.]+)?\s+([^>]{1,80})>")
_SAID = re.compile(r"^(?:>>\s*)?([A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}):\s+(?=\S)")
_PARAGRAPH = 90
"""Words after which a paragraph ends with its sentence."""


def is_transcript(text: str, media_type: str) -> bool:
    """Whether the text is a transcript with times."""
    if media_type in _KINDS or text.lstrip("\ufeff").startswith("WEBVTT"):
        return True
    if media_type == "application/json":
        return text.lstrip()[:1] == "{" and '"segments"' in text[:5000]
    return media_type in ("text/plain", "application/octet-stream", "") and bool(
        re.match(r"\s*1\s*\n\s*\d{2}:\d{2}:\d{2}[.,]\d{3}\s*-->", text)
    )


def transcript_drafts(text: str) -> list[Draft]:
    """What was said, as paragraphs; who said it stands before, where the transcript knows."""
    cues = _segments(text) if text.lstrip()[:1] == "{" else _cues(normalise(text))
    out: list[str] = []
    speaker, words = "", 0
    for who, said in cues:
        who = who or speaker
        new = who != speaker or not out or (words > _PARAGRAPH and re.search(r"[.!?][\"”’]?$", out[-1]))
        if new:
            out.append(f"{who}: {said}" if who and who != speaker else said)
            words = 0
        else:
            out[-1] += f" {said}"
        speaker = who
        words += len(said.split())
    return [Draft(text="\n\n".join(one_line(part) for part in out))] if out else []


def _cues(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    last = ""
    for block in re.split(r"\n\s*\n", text):
        rows = block.split("\n")
        place = next((n for n, row in enumerate(rows) if _TIME.match(row)), None)
        if place is None:
            continue  # the head, a note, a style
        raw = " ".join(rows[place + 1 :])
        who = _SPEAKER.search(raw)
        said = one_line(html.unescape(re.sub(r"<[^>]{0,100}>", "", raw)))
        named = _SAID.match(said) if who is None else None
        name = one_line(who[1]) if who else named[1] if named else ""
        said = said[named.end() :] if named else said
        # Rolling captions say each line twice.
        if said and said != last:
            found.append((name, said))
            last = said
    return found


def _segments(text: str) -> list[tuple[str, str]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    segments = data.get("segments") if isinstance(data, dict) else None
    found = []
    for segment in segments if isinstance(segments, list) else []:
        said = segment.get("body") or segment.get("text") if isinstance(segment, dict) else None
        who = segment.get("speaker") if isinstance(segment, dict) else None
        if isinstance(said, str) and said.strip():
            found.append((one_line(who) if isinstance(who, str) else "", one_line(normalise(said))))
    return found
