"""One item's bytes → the articles in them, by the kind of the bytes. Runs in the worker.

The cascade, in the order it is tried:

1. PDF and Word files, known by their bytes; transcripts of recordings;
2. structured data of our own kind (JSON, JSON Lines): each record is an article;
3. mail: its HTML part as a page's fragment, else its text;
4. Markdown: front matter, then its blocks;
5. pages: `html.page_drafts`, itself a cascade around trafilatura, and what stands before a wall of it;
6. plain text: split into its articles by `assemble`.
"""

from __future__ import annotations

import email
import email.policy
import io
import json
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime

from briefing.decode import decode, short_head
from briefing.errors import ExtractError
from briefing.extract import documents
from briefing.extract.assemble import articles_of, lines_of
from briefing.extract.draft import Draft
from briefing.extract.language import settled
from briefing.extract.transcripts import is_transcript, transcript_drafts
from briefing.extract.walls import before_walls
from briefing.lines import date_in, names_in_byline, same_headline
from briefing.text import normalise, one_line, plain

_MARKUP = ("text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/x-html-fragment")
MAX_CHARACTERS = 400_000
"""Longest text kept of one article, about 65,000 words; what is cut is said in the article's notes."""


def read(subject: str, body: bytes, media_type: str, charset: str | None, url: str | None) -> list[Draft]:
    """The articles in `body`. Raises ExtractError if there is none."""
    if not body.strip():
        raise ExtractError(subject, "it is empty")
    kind = media_type.lower()
    document = documents.kind_of(body, kind)
    if document:
        drafts = documents.document_drafts(subject, body, document)
    elif kind not in _MARKUP and is_transcript(decode(body, charset), kind):
        drafts = transcript_drafts(decode(body, charset))
    elif kind in ("application/json", "application/jsonl", "application/x-ndjson"):
        drafts = _records(subject, decode(body, charset), lines=kind != "application/json")
    elif kind == "message/rfc822":
        drafts = _mail(body)
    elif kind == "text/markdown":
        drafts = _markdown(decode(body, charset))
    elif kind == "text/x-html-fragment":
        from briefing.extract.html import fragment_drafts

        drafts = fragment_drafts(decode(body, charset))
    elif kind == "text/plain" and not _looks_like_html(body):
        drafts = articles_of(lines_of(normalise(_printable(subject, decode(body, charset)))))
    elif kind in (*_MARKUP, "", "text/plain"):
        from briefing.extract.html import page_drafts

        source = _printable(subject, decode(body, charset, markup=True))
        drafts = before_walls(subject, page_drafts(source, url), source)
    else:
        raise ExtractError(subject, f"it is of a kind that is not read ({media_type})")
    drafts = [_bounded(draft) for draft in drafts if draft.text]
    for draft in drafts:
        draft.language = settled(draft.language, draft.text)
    if not drafts:
        raise ExtractError(subject, "there is no article in it")
    return drafts


def _looks_like_html(body: bytes) -> bool:
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<?xml")) or b"<body" in start


def _printable(subject: str, text: str) -> str:
    """`text`, unless it is no text at all: an image or an archive under a text's name."""
    sample = text[:4000]
    odd = sum(1 for c in sample if c == "\ufffd" or (ord(c) < 32 and c not in "\t\n\r\f"))
    if sample and odd > len(sample) * 0.05:
        raise ExtractError(subject, "it is not text")
    return text


def _bounded(draft: Draft) -> Draft:
    if len(draft.text) > MAX_CHARACTERS:
        cut = draft.text.rfind("\n\n", 0, MAX_CHARACTERS)
        kept = draft.text[: cut if cut > 0 else MAX_CHARACTERS]
        draft.notes.append(f"only the first {len(kept):,} of its {len(draft.text):,} characters were read")
        draft.text = kept
    return draft


def _mail(body: bytes) -> list[Draft]:
    message = email.message_from_bytes(short_head(body), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(preferencelist=("html", "plain"))
    if part is None:
        return []
    payload = part.get_payload(decode=True)
    content = decode(payload if isinstance(payload, bytes) else b"", part.get_content_charset(), markup=True)
    if part.get_content_type() == "text/html":
        from briefing.extract.html import page_drafts

        drafts = page_drafts(content, None)
    else:
        # Below "-- " stands a signature, in a newsletter the way to unsubscribe.
        drafts = articles_of(lines_of(normalise(re.split(r"(?m)^-- ?\r?$", content)[0])))
    subject = one_line(str(message.get("Subject", ""))) or None
    if len(drafts) == 1:
        drafts[0].title = subject or drafts[0].title
        drafts[0].text = _without_headline(drafts[0].text, drafts[0].title)
    sent = _mail_date(str(message.get("Date", "")))
    names = [name or address for name, address in getaddresses([str(message.get("From", ""))])]
    for draft in drafts:
        draft.date(sent)
        draft.authors = draft.authors or tuple(one_line(name) for name in names if name)
    return drafts


def _mail_date(text: str) -> tuple[datetime, bool] | None:
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)), False


def _without_headline(text: str, title: str | None) -> str:
    first, gap, rest = text.partition("\n\n")
    return rest if gap and title and same_headline(first, title) else text


def _markdown(text: str) -> list[Draft]:
    from markdown_it import MarkdownIt

    from briefing.extract.html import fragment_drafts

    matter, content = _front_matter(normalise_ends(text))
    draft = Draft()
    title = matter.get("title")
    found = next(iter(fragment_drafts(MarkdownIt("commonmark").render(content))), None)
    if found is None:
        return []
    draft = found
    if title:
        draft.text = _without_headline(draft.text, one_line(title))
        draft.title = one_line(title)
    when = matter.get("date") or matter.get("published") or ""
    if when:
        stated = _iso(when) or date_in(when)
        draft.published, draft.day_only = stated or (draft.published, draft.day_only)
    names = matter.get("authors") or matter.get("author") or ""
    if names:
        draft.authors = tuple(one_line(name) for name in names.split("\n") if name.strip())
    draft.language = matter.get("language") or matter.get("lang") or draft.language
    return [draft]


def normalise_ends(text: str) -> str:
    """Line ends as \\n, a byte order mark gone; blanks stay, since Markdown gives them a meaning."""
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """The YAML between --- lines at the top as text values (lists joined by line ends), and the rest."""
    match = re.match(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", text, re.DOTALL)
    if match is None:
        return {}, text
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="safe", pure=True).load(io.StringIO(match[1]))
    except (YAMLError, ValueError):
        return {}, text
    if not isinstance(data, dict):
        return {}, text
    return {
        str(key).lower(): "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in data.items()
        if value is not None
    }, text[match.end() :]


def _iso(text: str) -> tuple[datetime, bool] | None:
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)), len(text.strip()) <= len("2026-03-10")


def _records(subject: str, text: str, *, lines: bool) -> list[Draft]:
    """Records with a text (also "content", "body", "content_text") and perhaps id, title, url, published,
    authors, language. In JSON Lines a broken line costs only itself."""
    found: list[object] = []
    broken: list[str] = []
    if lines:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    found.append(json.loads(line))
                except (ValueError, RecursionError) as error:
                    broken.append(f"line {number} is broken JSON ({error})")
    else:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ExtractError(subject, f"broken JSON ({error})") from error
        if isinstance(data, dict) and "jsonfeed.org" in str(data.get("version", "")):
            raise ExtractError(subject, "this is a JSON Feed; name it as a source with type: feed")
        if isinstance(data, dict) and isinstance(data.get("articles"), list):
            data = data["articles"]
        found = data if isinstance(data, list) else [data]
    drafts = [draft for record in found if (draft := _record(record)) is not None]
    if not drafts:
        detail = f": {broken[0]}" if broken else ""
        raise ExtractError(subject, f'no record has a "text"{detail}')
    if broken:
        drafts[0].notes.append(f"{len(broken)} lines of its file could not be read; {broken[0]}")
    return drafts


def _record(record: object) -> Draft | None:
    if not isinstance(record, dict):
        return None

    def words(*keys: str) -> str:
        return next((record[key] for key in keys if isinstance(record.get(key), str) and record[key].strip()), "")

    text = normalise(words("text", "content", "body", "content_text")).strip()
    if not text:
        return None
    when = words("published", "date", "date_published", "published_at", "time")
    stated = (_iso(when) or date_in(when)) if when else None
    people = record.get("authors", record.get("author"))
    names = [p.get("name") if isinstance(p, dict) else p for p in (people if isinstance(people, list) else [people])]
    identity = record.get("id")
    title = plain(words("title", "headline")) or None
    draft = Draft(
        title=title,
        text=_without_headline(re.sub(r"\n{2,}", "\n\n", text), title),
        authors=tuple(one_line(name) for name in names if isinstance(name, str) and name.strip()),
        language=words("language", "lang") or None,
        url=words("url", "link") or None,
        key=str(identity) if isinstance(identity, str | int) else "",
    )
    byline = names_in_byline(draft.authors[0]) if len(draft.authors) == 1 else ()
    draft.authors = byline or draft.authors
    draft.date(stated)
    return draft
