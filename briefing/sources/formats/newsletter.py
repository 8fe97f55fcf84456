"""An issue of a newsletter → its articles. Links that only count clicks are undone where they say where they lead."""

from __future__ import annotations

import email
import html as escaping
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice
from typing import Any

from briefing.decode import decode
from briefing.errors import SourceError
from briefing.links import direct, is_redirect
from briefing.sources.formats.entry import Entry, as_html, believable
from briefing.text import digest, is_web, normalise, one_line, plain

_FURNITURE = re.compile(
    r"unsubscribe|view (?:this |it )?(?:email |issue |post )?(?:in|on) (?:your |a |the )?(?:browser|web)|(?:read|view|open) (?:it )?online|"
    r"web version|manage (?:your )?(?:preferences|subscription|settings|account)|update (?:your )?(?:preferences|profile)|"
    r"privacy policy|terms of (?:use|service)|forward(?:ed)? (?:this|to a friend)|was this (?:email )?forwarded|"
    r"(?:you(?:'|’)re|you are) (?:receiving|subscribed)|you received this|add us to your|all rights reserved|©|\(c\) 20\d\d|"
    r"^(?:share|like|comment|restack|tweet|follow us|sign up|subscribe(?: now)?|advertise|sponsor us|download the app|"
    r"get the app|join the discussion|read in app|listen)$|abmelden|abbestellen|im browser (?:ansehen|lesen)|se désabonner|darse de baja",
    re.I,
)
_END = re.compile(
    r"unsubscribe|(?:you(?:'|’)re|you are) (?:receiving|subscribed)|you received this|abmelden|abbestellen|se désabonner|darse de baja",
    re.I,
)
_MORE = re.compile(
    r"^\W*(?:(?:read|learn|see|find out|hear) (?:more|on|the (?:full|whole|rest)|it|article|story)\b.{0,40}|continue reading|"
    r"full (?:story|article)|more|weiterlesen|mehr|lire la suite|leer más|go (?:deeper|to article)|link|here)\W*$",
    re.I,
)
_SPONSOR = re.compile(
    r"\(sponsor(?:ed)?\)|^\W*(?:sponsored|advertisement|ad|anzeige|a (?:message|word) from (?:our|today).*|(?:presented|brought to you) by\b.*|"
    r"together with\b.*|in partnership with\b.*|(?:today(?:'|’)s |our )?sponsors?)\W*$",
    re.I,
)
_BROWSER = re.compile(r"(?:in|on) (?:your |a |the )?(?:browser|web)|online|web version|im browser", re.I)
_BLOCKS = frozenset({"p", "div", "td", "th", "tr", "table", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr",
                     "blockquote", "section", "article", "center", "body", "header", "footer", "tbody", "figure", "pre"})  # fmt: skip
_DROPPED = frozenset({"script", "style", "head", "title", "noscript", "template", "object", "svg", "form", "button"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0|font-size\s*:\s*[01](?:px)?\s*(?:;|$)|opacity\s*:\s*0\s*(?:;|$)", re.I)  # fmt: skip
_MOST_PARTS = 300
_MOST = 60
"""Articles of one issue."""
_BLURB = 10
"""Words under a linked headline that make it an article of a digest."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One mail. `entries` are its articles; where the mail is one article, it is the only one."""

    key: str
    title: str
    sender: str
    entries: tuple[Entry, ...] = ()
    plain: tuple[str, ...] = ()


@dataclass(slots=True)
class _Line:
    """A line of a mail as it is seen. `strong` and `linked` count its letters that are bold, or part of a link."""

    text: str = ""
    heading: bool = False
    strong: int = 0
    linked: int = 0
    links: list[tuple[str, str]] = field(default_factory=list)

    @property
    def letters(self) -> int:
        return len(self.text.replace(" ", ""))

    @property
    def opens(self) -> bool:
        """Whether it looks like a headline: marked as one, bold or linked as a whole, and neither too short nor long."""
        count = len(self.text.split())
        marked = self.heading or max(self.strong, self.linked) >= 0.8 * max(1, self.letters)
        return marked and 3 <= count <= 30 and not _MORE.match(self.text)


def parse_issue(subject: str, body: bytes) -> Issue:
    """The articles in a mail. Raises SourceError if there is nothing to read in it."""
    # The newer policy's parser of headers takes quadratic time on some that are broken.
    message = email.message_from_bytes(body)
    title, sender, when = _title(message), _sender(message), _date(message)
    key = one_line(_header(message, "Message-ID"))[:500] or digest(body)
    part = _body(message)
    payload = part.get_payload(decode=True) if part is not None else None
    if part is None or not isinstance(payload, bytes):
        raise SourceError(subject, f"the mail “{title}” has no text")
    content = decode(payload, _charset(part), markup=True)
    lines = _cut(list(_html_lines(content) if part.get_content_type() == "text/html" else _text_lines(content)))
    online = next((link for line in lines for words, link in line.links if _BROWSER.search(words)), None)
    kept = [line for line in lines if not (_FURNITURE.search(line.text) and len(line.text.split()) <= 40)]
    found = _digest(kept, key)
    if not found:
        found = [_essay(kept, key, title, sender, online)]
    entries = tuple(
        Entry(
            id=entry.id, link=entry.link, title=entry.title, published=when, authors=entry.authors,
            html=entry.html, text=entry.text, is_content=entry.is_content,
        )
        for entry in found[:_MOST]
        if entry.text or entry.link
    )  # fmt: skip
    if not entries:
        raise SourceError(subject, f"the mail “{title}” has no text")
    return Issue(key, title, sender, entries)


def _body(message: Message) -> Message | None:
    """The part that holds the issue: the first HTML, or else the first plain text, that is no attachment."""
    plain_part: Message | None = None
    for part in islice(message.walk(), _MOST_PARTS):
        if part.is_multipart() or str(part.get("Content-Disposition", "")).lower().startswith("attachment"):
            continue
        kind = part.get_content_type()
        if kind == "text/html":
            return part
        plain_part = plain_part or (part if kind == "text/plain" else None)
    return plain_part


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError, UnicodeError, TypeError):
        return None


def _header(message: Message, name: str) -> str:
    raw = message.get(name)
    text = str(raw)[:4000] if raw is not None else ""
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError, UnicodeError, HeaderParseError, AssertionError):
        return text


def _title(message: Message) -> str:
    text = plain(_header(message, "Subject"))
    return re.sub(r"^(?:(?:fwd?|wg|tr)\s*:\s*|\[[^\]]{1,40}\]\s*)+", "", text, flags=re.I)[:500] or "without a subject"


def _sender(message: Message) -> str:
    pairs = getaddresses([_header(message, "From")])
    return next((plain(name or address) for name, address in pairs if name or address), "")[:200]


def _date(message: Message) -> datetime | None:
    try:
        when = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return believable(when if when.tzinfo else when.replace(tzinfo=UTC))


def _html_lines(content: str) -> Iterator[_Line]:
    from lxml import html
    from lxml.etree import LxmlError

    try:
        root = html.document_fromstring(
            content.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8", remove_comments=True)
        )
    except (LxmlError, ValueError):
        return
    line = _Line()
    for run in _runs(root):
        if run is None:
            if line.text.strip():
                line.text = one_line(line.text)
                yield line
            line = _Line()
            continue
        text, strong, heading, link = run
        letters = len(re.sub(r"\s", "", text))
        line.text += text
        line.heading = line.heading or (heading and letters > 0)
        line.strong += letters if strong else 0
        if link is not None and letters:
            line.linked += letters
            if line.links and line.links[-1][1] == link:
                line.links[-1] = (line.links[-1][0] + text, link)
            else:
                line.links.append((text, link))
    if line.text.strip():
        line.text = one_line(line.text)
        yield line


_Run = tuple[str, bool, bool, str | None] | None


def _runs(root: Any) -> Iterator[_Run]:
    """Pieces of text with what they look like; None where a line ends. Without recursion: mails nest tables deeply."""
    stack: list[tuple[str, Any, bool, bool, str | None]] = [("open", root, False, False, None)]
    while stack:
        step, element, strong, heading, link = stack.pop()
        if step == "text":
            yield normalise(element).replace("\n", " ") if element.strip() else " ", strong, heading, link
            continue
        if step == "end":
            yield None
            continue
        tag = element.tag
        todo: list[tuple[str, Any, bool, bool, str | None]] = []
        if isinstance(tag, str) and tag not in _DROPPED and not _HIDDEN.search(element.get("style") or ""):
            size = re.search(r"font-size\s*:\s*(\d+)px", element.get("style") or "")
            bold = re.search(r"font-weight\s*:\s*(?:bold|[6-9]00)", element.get("style") or "")
            inner_strong = strong or tag in ("b", "strong") or bold is not None
            inner_heading = heading or tag in ("h1", "h2", "h3", "h4") or (size is not None and int(size[1]) >= 20)
            inner_link = (_target(element.get("href") or "") or link) if tag == "a" else link
            block = tag in _BLOCKS
            todo += [("end", None, False, False, None)] if block else []
            todo += [("text", element.text, inner_strong, inner_heading, inner_link)] if element.text else []
            for child in element:
                todo.append(("open", child, inner_strong, inner_heading, inner_link))
                todo += [("text", child.tail, inner_strong, inner_heading, inner_link)] if child.tail else []
            todo += [("end", None, False, False, None)] if block else []
        stack.extend(reversed(todo))


def _target(href: str) -> str | None:
    """Where a link leads, without asking; an address that does not say is kept as it stands."""
    href = href.strip()
    return direct(href) if is_web(href) and len(href) <= 4096 else None


def _text_lines(content: str) -> Iterator[_Line]:
    """Lines of a mail in plain text. A line before a blank or ruled one may be a headline; a bare address is a link."""
    blocks = re.split(r"\n[ \t]*(?:[-=*_~#]{3,}[ \t]*)?\n", re.split(r"(?m)^-- ?\r?$", normalise(content))[0])
    for block in blocks:
        rows = [row.strip() for row in block.split("\n") if row.strip() and not re.fullmatch(r"[-=*_~#\s]{3,}", row)]
        if not rows:
            continue
        first = rows[0]
        short = 3 <= len(first.split()) <= 20 and not first.endswith((".", ",", ";", ":")) and "http" not in first
        if short and (len(rows) > 1 or not first.endswith("?")):
            yield _Line(first, heading=True)
            rows = rows[1:]
        text = one_line(" ".join(rows))
        links = [target for url in re.findall(r"https?://[^\s<>\"]+", text) if (target := _target(url.rstrip(").,;")))]
        text = one_line(re.sub(r"\W{0,8}https?://[^\s<>\"]+[>)\]]*", " ", text))
        if text or links:
            yield _Line(text, links=[("read more", link) for link in links])


def _cut(lines: list[_Line]) -> list[_Line]:
    """Without what stands under the way to unsubscribe."""
    for place, line in enumerate(lines):
        if place > len(lines) * 0.5 and _END.search(line.text):
            return [*lines[:place], *(late for late in lines[place:] if _BROWSER.search(late.text))]
    return lines


def _usable(links: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(words, link) for words, link in links if not _FURNITURE.search(one_line(words)) and not re.search(
        r"//(?:www\.)?(?:facebook|twitter|x|linkedin|instagram|threads|bsky|t|wa)\.(?:com|app|me)/(?:share|intent|sharer|sharing|$)|"
        r"unsubscribe|preferences|/profile|mailto:", link, re.I)]  # fmt: skip


def _digest(lines: list[_Line], key: str) -> list[Entry]:
    """The articles of an issue that tells several: headlines that lead elsewhere, each with its lines. Empty where
    fewer than two are there."""
    sections: list[tuple[_Line, list[_Line], bool]] = []
    sponsored = False
    for line in lines:
        if _SPONSOR.search(line.text):
            sponsored = True
            if not line.opens:
                continue
        if line.opens:
            sections.append((line, [], sponsored))
            sponsored = False
        elif sections:
            sections[-1][1].append(line)
    told: list[tuple[Entry, int]] = []
    for head, below, is_ad in sections:
        entry = None if is_ad else _section(head, below, key, len(told))
        if entry is not None:
            told.append((entry, entry.words))
    proper = [entry for entry, count in told if count >= _BLURB]
    return [entry for entry, _ in told] if len(proper) >= 2 else []


def _section(head: _Line, below: list[_Line], key: str, number: int) -> Entry | None:
    own = _usable(head.links)
    inside = _usable([pair for line in below for pair in line.links])
    more = [pair for pair in inside if _MORE.match(one_line(pair[0]))]
    chosen = next((pair for pair in (*own, *more, *inside)), None)
    if chosen is None:
        return None
    body = [line.text for line in below if not _MORE.match(line.text) and line.text]
    text = "\n".join(body)
    title = re.sub(r"\s*\((?:\d+ min(?:ute)?s?(?: read)?|sponsor(?:ed)?)\)\s*$", "", head.text, flags=re.I)
    link = None if is_redirect(chosen[1]) else chosen[1]
    if not text and link is None:
        return None
    return Entry(
        id=f"{key}#{link or digest(title, str(number))}",
        link=link,
        title=title,
        html=as_html(text),
        text=one_line(text),
    )


def _essay(lines: list[_Line], key: str, title: str, sender: str, online: str | None) -> Entry:
    """The whole issue as one article."""
    if lines and one_line(lines[0].text).casefold() == title.casefold():
        lines = lines[1:]
    parts = []
    for line in lines:
        if line.text and not _SPONSOR.search(line.text):
            tag = "h2" if line.opens and not line.text.endswith((".", "!", "”", '"')) else "p"
            parts.append(f"<{tag}>{escaping.escape(line.text)}</{tag}>")
    text = one_line(" ".join(line.text for line in lines))
    link = online if online and not is_redirect(online) else None
    return Entry(
        id=key,
        link=link,
        title=title,
        authors=(sender,) if sender else (),
        html="".join(parts),
        text=text,
        is_content=True,
    )
