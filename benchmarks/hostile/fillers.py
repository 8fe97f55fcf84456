"""One short piece over and over, in every place of every format: a pattern whose time grows with the square shows here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from html import escape

from benchmarks.hostile import Figure

NAME, PROMISE = "fillers", 10

PIECES = (
    "-", "(", ")", "[", "]", "<", ">", "&", "&lt;", "&amp;", " ", "\n", "\t", "=", "'", '"', "http://", "https://a.b/ ", "www.", "@", "a@b.c ", ". ", "! ", "A. ", "By A ", "By ", "A", "a", "0", "10.", "10:00 ", "2026-03-10 ", "10 March 2026 ",
    "|", "— ", "- a\n", "* ", "# A\n\n", "* * *\n\n", "```\n", "“", "(CNN) -- ", "Read more ", "\u0301", "\u200b", "港", "<b>", "<p>", "<a href=x>", "<br>", "<td>", "</p>", "<!--", "<h2>A</h2>", "<li>a", "<table>", "A\n", "A b c d.\n\n",
    "Sponsored ", "unsubscribe ", "Mr. ", "%", "\\", "{", "![", "_", "**a**", "> a\n", "...", "\u2028",
)  # fmt: skip
SIZE = 60_000
MOST = 10.0
"""Seconds of the processor that one may take; most take a hundredth of one."""

Reader = Callable[[str], object]


def readers() -> dict[str, Reader]:
    """What reads a filler, by the place it stands in."""
    from briefing.extract.cascade import read
    from briefing.sources import opml
    from briefing.sources.formats.feed import parse_feed
    from briefing.sources.formats.newsletter import parse_issue
    from briefing.sources.formats.sitemap import parse_sitemap

    def feed(place: str, text: str) -> object:
        body = f'<rss version="2.0"><channel><item><title>A</title><link>/a</link><{place}>{text}</{place}></item></channel></rss>'
        return parse_feed("F", body.encode("utf-8", "replace"), None, "https://x.example/feed", 50)

    def mail(kind: str, text: str) -> object:
        head = "Subject: x\nFrom: A <a@b.example>\nDate: Tue, 10 Mar 2026 09:00:00 GMT\nMessage-ID: <1@x>\nMIME-Version: 1.0\n"
        body = f"{head}Content-Type: {kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}"
        return parse_issue("F", body.encode("utf-8", "replace"))

    def article(kind: str, text: str) -> object:
        return read("F", text.encode("utf-8", "replace"), kind, "utf-8", "https://x.example/")

    return {
        "a feed's description": lambda text: feed("description", text),
        "a feed's escaped description": lambda text: feed("description", escape(text)),
        "a feed's title": lambda text: feed("title", escape(text)),
        "a feed's date": lambda text: feed("pubDate", escape(text)),
        "a feed's author": lambda text: feed("author", escape(text)),
        "a feed's start": lambda text: parse_feed("F", (text + "<rss version='2.0'>").encode("utf-8", "replace"), None, "https://x.example/feed", 50),
        "a mail's text": lambda text: mail("text/plain", text),
        "a mail's page": lambda text: mail("text/html", f"<p>{text}"),
        "a page": lambda text: article("text/html", f"<html><body><article><h1>A</h1><p>{text}</p></article>"),
        "a feed's article": lambda text: article("text/x-html-fragment", f"<p>{text}"),
        "a text": lambda text: article("text/plain", f"A title\n\n{text}"),
        "Markdown": lambda text: article("text/markdown", f"# A title\n\n{text}"),
        "a transcript": lambda text: article("text/vtt", f"WEBVTT\n\n{text}"),
        "a sitemap": lambda text: parse_sitemap("F", f"<urlset><url><loc>{text}".encode("utf-8", "replace"), 9_000_000, 50),
        "a list of feeds": lambda text: opml.parse("F", f'<opml><body><outline text="{text}'.encode("utf-8", "replace")),
    }  # fmt: skip


def measure(short: bool) -> Iterator[Figure]:
    """Every piece in every place."""
    from briefing.errors import BriefingError

    pieces = PIECES[::8] if short else PIECES
    size = SIZE // 4 if short else SIZE
    worst, where, odd, late = 0.0, "", [], []
    found = readers()
    for place, reader in found.items():
        for piece in pieces:
            text = (piece * (size // len(piece) + 1))[:size]
            started = time.process_time()
            try:
                reader(text)
            except BriefingError as error:
                assert error
            except Exception as error:  # whatever else is raised is what is looked for
                odd.append(f"{place} of {piece!r}: {type(error).__name__}")
            spent = time.process_time() - started
            worst, where = max((worst, where), (spent, f"{place} of {piece!r}"))
            late += [f"{place} of {piece!r}: {spent:.0f} s"] if spent > MOST else []
    seen = f"{len(odd)} crashes, slowest {worst:.1f} s ({where})" + (f" {late[:4]} {odd[:4]}" if late or odd else "")
    yield Figure(
        f"{len(pieces)} pieces, {size // 1000} KB of each, in {len(found)} places",
        seen,
        f"0, {MOST:g} s",
        not odd and not late,
    )
