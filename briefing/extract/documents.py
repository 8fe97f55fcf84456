"""PDF and Word files, through the libraries that know them. Runs in the worker: both formats can be bombs."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from briefing.errors import ExtractError
from briefing.extract.assemble import articles_of, lines_of
from briefing.extract.draft import Draft
from briefing.text import normalise, one_line

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MOST_PAGES = 200
_MOST_UNPACKED = 200_000_000
_MOST_PARTS = 5000
_MOST_BLOCKS = 15_000


def kind_of(body: bytes, media_type: str) -> str | None:
    """PDF or DOCX where the bytes are one, whatever they are called."""
    if body[:1024].lstrip()[:5] == b"%PDF-":
        return PDF
    if body[:4] == b"PK\x03\x04" and b"word/" in body[:200_000] + body[-200_000:]:
        return DOCX
    return media_type if media_type in (PDF, DOCX) else None


def document_drafts(subject: str, body: bytes, kind: str) -> list[Draft]:
    """The article in a document of `kind` PDF or DOCX. Raises ExtractError if it can't be read or has no text."""
    try:
        return _pdf(subject, body) if kind == PDF else _docx(subject, body)
    except ExtractError:
        raise
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # both libraries raise kinds of their own and, for broken files, many of Python's
        what = "PDF" if kind == PDF else "Word file"
        raise ExtractError(
            subject, f"this {what} is damaged ({type(error).__name__}: {one_line(str(error))[:100]})"
        ) from error


def _pdf(subject: str, body: bytes) -> list[Draft]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(body), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ExtractError(subject, "this PDF is locked with a password")
    count = len(reader.pages)
    pages = [normalise(reader.pages[number].extract_text() or "") for number in range(min(count, _MOST_PAGES))]
    text = _flowing(pages)
    if not text.strip():
        raise ExtractError(subject, "this PDF holds no text; it may be a scan")
    drafts = articles_of(lines_of(text), one=True)
    about = reader.metadata
    for draft in drafts[:1]:
        title = one_line(str(about.title or "")) if about else ""
        # Programs write the file's name there.
        if title and not re.search(
            r"\.(?:docx?|pdf|indd|qxd|tex)$|^(?:untitled|microsoft word|document\d*)", title, re.I
        ):
            draft.title = draft.title or title
        if about and about.author and not draft.authors:
            draft.authors = (one_line(str(about.author))[:200],)
        draft.date(_moment(about.creation_date if about else None))
        if count > _MOST_PAGES:
            draft.notes.append(f"only the first {_MOST_PAGES} of its {count} pages were read")
    return drafts


def _flowing(pages: list[str]) -> str:
    """Pages as running text: heads and feet that repeat dropped, words put together that were divided at line ends,
    lines joined into paragraphs."""
    edges = Counter(
        _edge(line)
        for page in pages
        for rows in [[row for row in page.split("\n") if row]]
        for line in {*rows[:2], *rows[-2:]}
    )
    lines = [
        line
        for page in pages
        for line in page.split("\n")
        if not (len(pages) >= 3 and edges[_edge(line)] > len(pages) / 2)
        and not re.fullmatch(r"[-– ]*\d{1,4}[-– ]*", line)
    ]
    widths = sorted(len(line) for line in lines if len(line) > 20)
    full = widths[int(len(widths) * 0.75)] if widths else 0
    out: list[str] = []
    for line, following in pairwise([*lines, ""]):
        # A short line that ends a sentence, or is followed by nothing, ends its paragraph.
        ends = not following or (len(line) < 0.8 * full and re.search(r"[.!?:”\"’)]$", line))
        head = len(line) < 0.7 * full and following[:1].isupper() and not re.search(r"[,;]$", line)
        if line.endswith("-") and following[:1].islower():
            out.append(line[:-1])
        else:
            out.append(line + ("\n\n" if ends or head else " "))
    return re.sub(r"\n{3,}", "\n\n", "".join(out))


def _edge(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _docx(subject: str, body: bytes) -> list[Draft]:
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        parts = packed.infolist()
        size = sum(part.file_size for part in parts)
        if size > _MOST_UNPACKED or len(parts) > _MOST_PARTS:
            raise ExtractError(
                subject, f"this Word file unpacks to {size / 1e6:.0f} MB in {len(parts)} parts; it is not read"
            )
    from docx import Document
    from docx.table import Table

    from briefing.extract.html import fragment_drafts

    document = Document(io.BytesIO(body))
    title, markup, cut = "", [], False
    for number, block in enumerate(document.iter_inner_content()):
        if number >= _MOST_BLOCKS:
            cut = True
            break
        if isinstance(block, Table):
            rows = [_row(row) for row in block.rows]
            markup += [f"<p>{html.escape(row)}</p>" for row in rows if row.strip(" ·")]
            continue
        text, style = block.text.strip(), (block.style.name or "") if block.style is not None else ""
        if not text:
            continue
        if style == "Title" or (not title and not markup and style == "Heading 1"):
            title = title or one_line(text)
        elif style.startswith(("Heading", "Subtitle")):
            markup.append(f"<h2>{html.escape(text)}</h2>")
        else:
            tag = "li" if style.startswith("List") else "p"
            markup.append(f"<{tag}>{html.escape(text)}</{tag}>")
    if not markup and not title:
        raise ExtractError(subject, "this Word file holds no text")
    drafts = fragment_drafts("".join(markup))
    about = document.core_properties
    for draft in drafts[:1]:
        draft.title = title or one_line(about.title or "") or draft.title
        author = one_line(about.author or "")
        if author and author.lower() not in ("python-docx", "user", "microsoft office user"):
            draft.authors = draft.authors or (author,)
        draft.date(_moment(about.modified or about.created))
        if cut:
            draft.notes.append(f"only its first {_MOST_BLOCKS:,} paragraphs were read")
    return drafts


def _row(row: Any) -> str:
    """The words of a table's row, by its elements: `cells` has one for each column a cell spans, be they billions."""
    cells = [" ".join(line.text for line in cell.p_lst).strip() for cell in row._tr.tc_lst]
    return " · ".join(dict.fromkeys(cells))


def _moment(when: datetime | None) -> tuple[datetime, bool] | None:
    if when is None:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)), False
