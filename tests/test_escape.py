"""Foreign text on its way out."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import PurePosixPath, PureWindowsPath

import pytest

from briefing.escape import clean, file_name, header, markdown_link, markdown_text, terminal, web_link

NASTY = [
    "a\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "\x9b31m", "\x90q\x9c", "\x1bc",
    "\r\nBcc: x@example.org", "\u2028Bcc: x", "\u202egnp.exe", "\ud800", "\x00", "\x85X: y", "\x0b", "\x0c", "\ufeff",
    "a\x08\x08", "\U000e0041\U000e0042", "\x1b[6n", "\x1b]52;c;ZXZpbA==\x07", "\x1b",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_a_terminal_gets_only_text(text: str) -> None:
    out = terminal(f"before {text} after")
    assert out.startswith("before ")
    # A lone escape takes the two characters after it along, as a terminal would.
    assert out.endswith("fter")
    assert all(c == "\n" or c.isprintable() for c in out)
    out.encode("utf-8")


@pytest.mark.parametrize("text", [*NASTY, "=?utf-8?q?=0d=0aBcc:_x?=", "x" * 5000])
def test_a_header_stays_one_header(text: str) -> None:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = header(f"News {text}")
    raw = mail.as_bytes()
    assert [line for line in raw.split(b"\r\n") if b":" in line and not line.startswith((b"Subject:", b" "))] == []
    assert b"=?utf-8?q?=0d" not in raw.lower()


@pytest.mark.parametrize(
    "text",
    ["../../etc/passwd", "/etc/passwd", "..", ".", "", "C:\\x", "a/../b", "nul", "COM1.txt", "x\x00y", "a" * 900, "é" * 900,
     ".hidden", "~root", "$(rm -rf .)", "`id`", "%2e%2e%2f", "\u202etxt.exe", "con.md", "a|b", "-rf", "...", "a: b?"],
)  # fmt: skip
def test_a_files_name_leads_nowhere_else(text: str) -> None:
    name = file_name(text)
    assert PurePosixPath(name).name == name
    assert PureWindowsPath(name).name == name
    assert not name.startswith((".", "-", "~"))
    assert name.split(".")[0].lower() not in ("con", "nul", "com1")
    assert 0 < len(name.encode()) <= 110


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
     "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd", "//evil.example", "https://", "http:///x",
     "https:evil", "blob:https://a", "view-source:https://a.example", "ftp://a.example/", "https://[::1", "mailto:a@b.example",
     "https://a.example:99999/", "https://" + "a" * 3000, "https://a b.example/", "https://.../"],
)  # fmt: skip
def test_only_web_addresses_are_links(url: str) -> None:
    assert web_link(url) is None
    assert markdown_link(url) in ("#", "file:///etc/passwd")


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("HTTPS://A.Example/Path?q=1&r=2#top", "https://a.example/Path?q=1&r=2#top"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("https://user:secret@a.example:8443/x", "https://a.example:8443/x"),
        ("https://a.example\\@evil.example/", "https://a.example/@evil.example/"),
        ("https://a.example/(x)", "https://a.example/(x)"),
        ("https://münchen.example/ä", "https://münchen.example/ä"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
    ],
)
def test_addresses_are_made_safe_to_stand_anywhere(url: str, link: str) -> None:
    assert web_link(url) == link


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://evil.example/p.png)", "<http://evil.example>",
     "# heading", "- list", "1. one", "`code`", "| a | b |", "http://evil.example/x", "www.evil.example", "a@evil.example",
     "&lt;b&gt;", "***", "~~~", "[x]: http://evil.example", "\n\n<b>", "$$x$$", "---", "+ x", ": y", "    code"],
)  # fmt: skip
def test_markdown_shows_foreign_text_letter_for_letter(text: str) -> None:
    from markdown_it import MarkdownIt

    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(f"- {markdown_text(text)}")
    import html as entities

    assert html.startswith("<ul>\n<li>")
    inside = html.removeprefix("<ul>\n<li>").removesuffix("</li>\n</ul>\n")
    assert "<" not in inside
    assert entities.unescape(inside).strip() == " ".join(text.split())
    assert markdown_text(markdown_text(text)) == markdown_text(text)


def test_clean_keeps_what_people_write() -> None:
    text = "“Überraschung”, sagte er – 5 °C, 20 €\n\tनमस्ते العربية 日本語 🙂"
    assert clean(text) == text
