"""Foreign text inside markup. Pure."""

from __future__ import annotations

import re

from briefing.text import is_web, one_line

__all__ = ["Escaped", "markdown_link", "markdown_text", "web_link"]


class Escaped(str):
    """Text that is escaped already for the place it goes to."""

    __slots__ = ()


def web_link(url: str | None) -> str | None:
    """`url` if a reader may be sent there, else None."""
    return url if is_web(url) else None


def markdown_text(text: str) -> str:
    r"""Foreign text as Markdown that shows it letter for letter (CommonMark's escapes).

    >>> markdown_text("Q&A: is 5 * 5 [really] <25>?")
    'Q&amp;A: is 5 \\* 5 \\[really\\] \\<25\\>?'
    """
    text = re.sub(r"([\\`*_\[\]<>|~$])", r"\\\1", one_line(text)).replace("&", "&amp;")
    # At the start of a line these would make a heading, a list or a rule.
    return re.sub(r"^(#{1,6}(?=\s)|[-+=](?=\s|[-+=])|\d{1,9}(?=[.)](?:\s|$)))", lambda m: _escape_start(m[0]), text)


def _escape_start(mark: str) -> str:
    return f"{mark}\\" if mark.isdigit() else f"\\{mark}"


def markdown_link(url: str) -> str:
    """An address for use inside Markdown's round brackets."""
    return re.sub(r"[\s()<>\\\"]", lambda m: f"%{ord(m[0]):02X}", url)
