"""Foreign text on its way out: as HTML, Markdown, a header, a file's name, a line of a terminal, a link. Pure.

Whatever a feed, a page, a file or a model said is data. It is escaped in this room, once, for the place it goes to, and
nowhere else: HTML by Jinja2's autoescaping over `clean`, the rest by the functions below.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from markupsafe import Markup

from briefing.text import INVISIBLE, normalise, one_line

__all__ = [
    "Escaped", "Rendered", "clean", "file_name", "header", "markdown_link", "markdown_text", "markdown_value",
    "plain_value", "terminal", "web_link",
]  # fmt: skip

MAX_LINK = 2_000
"""Characters of an address. Browsers take more, mail programs break them."""
MAX_NAME = 100
"""Bytes of a file's name, with room for an ending below the 255 of most file systems."""
MAX_HEADER = 300

_ESCAPES = re.compile(
    r"""(?x)
    \x1b\][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)? | [\x90\x98\x9d-\x9f][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)?
    | \x1b[PX^_][^\x1b\x9c]{0,4096}(?:\x1b\\|\x9c)? | (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]? | \x1b[ -/]*[0-~]?
    """
)
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$")


class Escaped(str):
    """Text that is escaped already for the place it goes to."""

    __slots__ = ()


class Rendered(Markup):
    """Part of a page that a template of ours made: it goes into the whole as it is."""

    __slots__ = ()


@lru_cache(maxsize=8192)
def clean(text: str) -> str:
    r"""The text without what no reader sees or may be led by: escape sequences, controls, bidirectional overrides,
    invisible characters, lone surrogates. Line ends stay.

    >>> clean("Bread\x1b[31m and\u202e roses\x00")
    'Bread and roses'
    """
    lines = _ESCAPES.sub("", text).replace("\u2028", "\n").replace("\u2029", "\n")
    # Blanks of a template or of a quoted passage are not ours to fold.
    return "\n".join(INVISIBLE.sub("", line) for line in re.split(r"\r\n|[\n\r\v\f\x85]", lines))


def terminal(text: str) -> str:
    r"""Text for a terminal: nothing in it moves the cursor, changes colours, sets a title or writes the clipboard.

    >>> terminal("a\x1b]0;owned\x07b\x1b[2Jc\rd")
    'abc\nd'
    """
    return clean(text)


def header(text: str) -> str:
    r"""Text for a header of a mail or a request: one line that can't begin another header or pose as encoded words.

    >>> header("News\r\nBcc: all@example.org")
    'News Bcc: all@example.org'
    """
    line = one_line(normalise(clean(text))).replace("=?", "= ?")
    return line if len(line) <= MAX_HEADER else line[: MAX_HEADER - 1].rstrip() + "…"


def file_name(text: str, instead: str = "untitled") -> str:
    """A name for a file or a folder, which leads nowhere else on any system; `instead` where nothing is left.

    >>> file_name("../../etc/passwd"), file_name("CON"), file_name("Über uns: 1/2")
    ('etc-passwd', '_CON', 'Über uns- 1-2')
    """
    name = unicodedata.normalize("NFC", one_line(normalise(clean(text))))
    name = re.sub(r"[\\/:*?\"<>|%$`'!&;~#{}\x00-\x1f]+", "-", name)
    name = re.sub(r"(?:^|(?<=-))\.+(?=-|$)", "", name).strip(" .-")
    name = re.sub(r"-{2,}", "-", name)
    while len(name.encode("utf-8")) > MAX_NAME:
        name = name[:-1]
    name = name.strip(" .-") or instead
    return f"_{name}" if _RESERVED.match(name) else name


def web_link(url: str | None) -> str | None:
    """`url` if a reader may be sent there: http or https, with a host, without a login, of a sane length; else None.
    What would break out of a line, an attribute or a Markdown link is percent-encoded.

    >>> web_link("https://a.example/x y"), web_link("javascript:alert(1)"), web_link("https://bank.example@evil.example/")
    ('https://a.example/x%20y', None, 'https://evil.example/')
    """
    if url is None or len(url) > MAX_LINK:
        return None
    # Browsers drop tabs and line ends inside an address, and read a backslash as a slash.
    text = re.sub(r"[\t\r\n]", "", clean(url)).strip().replace("\\", "/")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or not re.search(r"[^\W_]", host):
        return None
    if re.search(r"[\s<>\"'`{}|^%@\\]", host):
        return None
    place = f"[{host}]" if ":" in host else host
    netloc = place if port is None else f"{place}:{port}"
    whole = urlunsplit(SplitResult(parts.scheme.lower(), netloc, parts.path, parts.query, parts.fragment))
    return re.sub(r"[\s<>\"'`{}|^\\]", lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode()), whole)


def markdown_text(text: str) -> Escaped:
    r"""Foreign text as Markdown that shows it letter for letter (CommonMark's escapes).

    >>> markdown_text("Q&A: is 5 * 5 [really] <25>?")
    'Q&amp;A: is 5 \\* 5 \\[really\\] \\<25\\>?'
    """
    if isinstance(text, Escaped):
        return text
    text = re.sub(r"([\\`*_\[\]<>|~$!])", _escaped_mark, one_line(clean(text))).replace("&", "&amp;")
    # Programs that show Markdown often make links of bare addresses; an entity keeps them from that.
    text = re.sub(r"(?i)\b(https?|ftp|mailto|javascript|data|vbscript|file)(:)", r"\1&#58;", text)
    text = re.sub(r"(?i)\b(www)(\.)", r"\1&#46;", text)
    text = re.sub(r"(?<=\S)@(?=\w)", "&#64;", text)
    # At the start of a line these would make a heading, a list or a rule.
    start = r"^(#{1,6}(?=\s|$)|[-+=:](?=\s|[-+=:]|$)|\d{1,9}(?=[.)](?:\s|$)))"
    return Escaped(re.sub(start, lambda m: _escaped_start(m[0]), text))


def _escaped_mark(match: re.Match[str]) -> str:
    mark = match[1]
    # A bang is only a mark before a bracket.
    if mark == "!" and match.string[match.end() : match.end() + 1] != "[":
        return mark
    return f"\\{mark}"


def _escaped_start(mark: str) -> str:
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def markdown_link(url: str) -> Escaped:
    """An address for use inside Markdown's round brackets; anything but a web address or a place in the page is "#"."""
    known = web_link(url)
    if known is None:
        known = url if re.fullmatch(r"#[\w-]+|file:///[^\s<>\"]*", url) else "#"
    return Escaped(re.sub(r"[\s()<>\\\"\[\]]", lambda m: f"%{ord(m[0]):02X}", known))


def markdown_value(value: Any) -> Any:
    """What a template's expression puts into Markdown: text is escaped unless it is already."""
    return markdown_text(value) if isinstance(value, str) else value


def plain_value(value: Any) -> Any:
    """What a template's expression puts into plain text or HTML: cleaned; HTML's own escaping comes after it."""
    return type(value)(clean(value)) if isinstance(value, str) and not isinstance(value, Rendered) else value
