"""JSON Feed 1 and 1.1."""

from __future__ import annotations

import json
from typing import Any

from briefing.errors import SourceError
from briefing.markup import words_of
from briefing.sources.formats.entry import (
    Entry,
    ParsedFeed,
    as_html,
    language_of,
    names,
    newest,
    stated_date,
    unescaped,
)
from briefing.text import plain


def parse(subject: str, text: str, most: int) -> ParsedFeed:
    """The feed in `text`. Raises SourceError if it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(subject, f"this is not a feed: broken JSON ({str(error)[:120]})") from error
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(version, str) or "jsonfeed.org" not in version or not isinstance(data.get("items"), list):
        raise SourceError(subject, "this JSON is not a JSON Feed (no version of jsonfeed.org, or no items)")
    people = _people(data)
    found = [_entry(item, people) for item in data["items"] if isinstance(item, dict)]
    title, home = data.get("title"), data.get("home_page_url")
    return ParsedFeed(
        entries=newest(found, most),
        title=(plain(title) or None) if isinstance(title, str) else None,
        language=language_of(data.get("language")),
        count=len(found),
        home=home if isinstance(home, str) else None,
    )


def _people(record: dict[str, Any]) -> tuple[str, ...]:
    # Version 1 has one author, 1.1 a list of them.
    authors = record.get("authors")
    people = authors if isinstance(authors, list) else [record.get("author")]
    return names(person.get("name") for person in people if isinstance(person, dict))


def _entry(item: dict[str, Any], people: tuple[str, ...]) -> Entry:
    def words(key: str) -> str:
        value = item.get(key)
        return value.strip() if isinstance(value, str) else ""

    html = unescaped(words("content_html"))
    if not html and words("content_text"):
        html = as_html(words("content_text"))
    is_content = bool(html)
    if not html and words("summary"):
        html = as_html(words("summary"))
    identity = item.get("id")
    attachments = item.get("attachments")
    kinds = (
        [str(a.get("mime_type", "")) for a in attachments if isinstance(a, dict)]
        if isinstance(attachments, list)
        else []
    )
    return Entry(
        id=str(identity)[:2000] if isinstance(identity, str | int | float) else "",
        link=words("url") or words("external_url") or None,
        title=plain(words("title")[:5000]) or None,
        published=stated_date(words("date_published")) or stated_date(words("date_modified")),
        authors=_people(item) or people,
        language=language_of(item.get("language")),
        html=html,
        text=words_of(html),
        is_content=is_content,
        medium=next((k.partition("/")[0] for k in kinds if k.startswith(("audio/", "video/"))), ""),
    )
