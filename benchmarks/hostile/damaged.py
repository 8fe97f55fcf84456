"""Broken feeds by the thousand: each gives items or a clear SourceError, in time. `python -m benchmarks.hostile.damaged`

Whole feeds of every kind are written, those of `benchmarks.hostile.odd` among them, then damaged in up to six ways: bytes
changed, pieces cut, doubled or nested, tokens of other formats put in, another encoding than is declared. Each is asked for as
a source asks, under one of several declared types, and its items are kept in a store. `--files FOLDER` reads files instead.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

from benchmarks.hostile import odd
from briefing.config import FeedConfig
from briefing.errors import ExtractError, FetchError, SourceError
from briefing.extract.cascade import read
from briefing.fetch import Fetcher, Limits
from briefing.sources import Tools, opml
from briefing.sources.feed import FeedSource
from briefing.sources.formats.feed import named_feeds
from briefing.sources.formats.newsletter import parse_issue
from briefing.sources.formats.sitemap import parse_sitemap
from briefing.store import Store, open_store
from briefing.types import Collected

WORDS = (
    "bridge council Kelby voted lift lock harbour ferry Café Zürich šumění 港口 قطار &amp; &eacute; &#8217; 😀".split()
)
DATES = ("Tue, 10 Mar 2026 09:00:00 GMT", "2026-03-10T09:00:00Z", "10.03.2026", "1773136800", "0", "-1", "9" * 40, "",
         "Thu, 01 Jan 1970 00:00:00", "2026-13-45T99:99:99+99:99", "mar., 10 mars 2026", "令和8年3月10日", "10 Mar 26 9:00 PDT",
         "2026-W11-2", "Tue, 10 Mar 2026 09:00:00 +9999999")  # fmt: skip
LINKS = ("/a", "https://paper.example/a?x=1&amp;utm_source=y", "http://[::1", "javascript:alert(1)", "//", "http://", "?a", "#b",
         "http://[invalid]/x", "https://ex ample/", "file:///etc/passwd", "data:text/html,x", "http://a:99999/", "\x00", "http://é/")  # fmt: skip
TOKENS = ("<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.0' encoding='utf-16'?>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;", "&#0;",
          "&#xFFFFFFFF;", "&", "<", ">", "</item>", "<item>", "<entry>", "</channel>", "<b", '"', "'", "\x00", "\ufeff", "\u202e", "\x0b",
          "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>", "<content type='application/octet-stream' mode='base64'>",
          "<media:group>", "<itunes:owner>", "<georss:where><gml:Point><gml:pos>x y</gml:pos>", "<georss:polygon>1 2 a", "xml:base='http://[::1'",
          "xmlns:a='b'", "<a:b:c>", "<psc:chapter start='x'/>", "<podcast:transcript url=''/>", "<enclosure length='-1' url='//'/>",
          "<img src='http://[::'>", "<a href='http://[x]:y/'>z</a>", "<source><id/></source>", "<updated/>", "<category term=''/>",
          '{"items":', "]}", "\\ud800", "1e999", "<html><body>", "<script>", "</rss>", "<rss version='2.0'>", "<cc:license rdf:resource=''/>")  # fmt: skip


def _text(random_: random.Random) -> str:
    return " ".join(random_.choice(WORDS) for _ in range(random_.randint(0, 30)))


def _rss(r: random.Random) -> str:
    version = r.choice(["0.91", "0.92", "2.0", "9.9"])
    items = "".join(
        f"<item><title>{_text(r)}</title><link>{r.choice(LINKS)}</link><guid isPermaLink='{r.choice(['true', 'false'])}'>{r.random()}</guid>"
        f"<pubDate>{r.choice(DATES)}</pubDate><description>{_text(r)}&lt;p&gt;{_text(r)}</description><author>x@y.example (Mira)</author>"
        f"<content:encoded><![CDATA[<p>{_text(r)}</p><img src='{r.choice(LINKS)}'>]]></content:encoded><itunes:duration>1:02</itunes:duration>"
        f"<enclosure url='{r.choice(LINKS)}' type='audio/mpeg'/><media:content url='x'/></item>"
        for _ in range(r.randint(0, 6))
    )
    spaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="{version}" {spaces}><channel><title>{_text(r)}</title><link>/</link>{items}</channel></rss>'


def _rdf(r: random.Random) -> str:
    items = "".join(
        f"<item rdf:about='{r.choice(LINKS)}'><title>{_text(r)}</title><link>{r.choice(LINKS)}</link><dc:date>{r.choice(DATES)}</dc:date><dc:creator>M</dc:creator></item>"
        for _ in range(r.randint(0, 5))
    )
    return f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>x</title></channel>{items}</rdf:RDF>'


def _atom(r: random.Random) -> str:
    kinds = ["text", "html", "xhtml", "text/plain", "application/xml", "image/png", ""]
    entries = "".join(
        f"<entry xml:base='{r.choice(LINKS)}' xml:lang='{r.choice(['en', 'de-DE', '', 'x' * 50])}'><id>{r.random()}</id><title type='{r.choice(kinds)}'>{_text(r)}</title>"
        f"<link rel='{r.choice(['alternate', 'enclosure', 'self', ''])}' href='{r.choice(LINKS)}'/><updated>{r.choice(DATES)}</updated>"
        f"<content type='{r.choice(kinds)}' src='{r.choice(LINKS)}'>{_text(r)}</content><summary>{_text(r)}</summary><author><name>M</name><email>x</email></author></entry>"
        for _ in range(r.randint(0, 5))
    )
    space = r.choice(["http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", ""])
    return f"<feed xmlns='{space}' version='0.3'><title>{_text(r)}</title>{entries}</feed>"


def _json(r: random.Random) -> str:
    def value() -> object:
        return r.choice(
            [None, 1, -1.5, True, [], {}, "", _text(r), ["x"], {"name": 7}, r.choice(DATES), r.choice(LINKS)]
        )

    names = ("id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published", "authors", "author",
             "language", "attachments", "tags")  # fmt: skip
    items = [{name: value() for name in names if r.random() < 0.8} for _ in range(r.randint(0, 5))]
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": value(),
        "language": value(),
        "authors": value(),
        "home_page_url": value(),
    }
    return json.dumps(head | {"items": items})


def _sitemap(r: random.Random) -> str:
    urls = "".join(
        f"<url><loc>{r.choice(LINKS)}</loc><lastmod>{r.choice(DATES)}</lastmod><news:news><news:publication_date>{r.choice(DATES)}</news:publication_date><news:title>{_text(r)}</news:title></news:news></url>"
        for _ in range(r.randint(0, 6))
    )
    return f"<urlset xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>{urls}</urlset>"


def _page(r: random.Random) -> str:
    links = "".join(
        f"<link rel='alternate' type='application/rss+xml' href='{r.choice(LINKS)}'>" for _ in range(r.randint(0, 3))
    )
    return f"<!doctype html><html><head>{links}</head><body><p>{_text(r)}</p><a href='{r.choice(LINKS)}'>RSS</a></body></html>"


def _mail(r: random.Random) -> str:
    blocks = "".join(
        f"<tr><td><h2><a href='{r.choice(LINKS)}'>{_text(r)}</a></h2><p>{_text(r)}</p></td></tr>"
        for _ in range(r.randint(0, 5))
    )
    head = f"Subject: {_text(r)}\nFrom: {_text(r)} <a@b.example>\nDate: {r.choice(DATES)}\nMessage-ID: <{r.random()}>\nMIME-Version: 1.0\n"
    return f"{head}Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n{_text(r)}\n--b\nContent-Type: text/html; charset=utf-8\n\n<table>{blocks}</table>\n--b--\n"


def _opml(r: random.Random) -> str:
    feeds = "".join(
        f"<outline text='{_text(r)}' type='{r.choice(['rss', 'RSS', 'link', ''])}' xmlUrl='{r.choice(LINKS)}' url='{r.choice(LINKS)}'/>"
        for _ in range(r.randint(0, 5))
    )
    return f"<opml version='{r.choice(['1.0', '2.0', ''])}'><head><title>{_text(r)}</title></head><body><outline text='{_text(r)}'>{feeds}</outline>{feeds}</body></opml>"


KINDS: dict[str, Callable[[random.Random], str]] = {
    "rss": _rss, "rdf": _rdf, "atom": _atom, "json": _json, "sitemap": _sitemap, "page": _page, "mail": _mail, "opml": _opml, **odd.KINDS,
}  # fmt: skip
ENCODINGS = (
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "latin-1",
    "cp1252",
    "shift_jis",
    "koi8-r",
    "utf-7",
    "cp037",
)


def _damaged(text: str, r: random.Random) -> bytes:
    for _ in range(r.randint(0, 6)):
        place = r.randint(0, len(text))
        piece = text[place : place + r.randint(1, 400)]
        way = r.randint(0, 6)
        if way == 0:
            text = text[:place] + r.choice(TOKENS) + text[place:]
        elif way == 1:
            text = text[:place] + text[place + len(piece) :]
        elif way == 2:
            text = text[:place] + piece * r.randint(2, 60) + text[place:]
        elif way == 3:
            text = text[:place]
        elif way == 4:
            text = (
                text[:place]
                + chr(r.choice([0, 1, 8, 11, 27, 127, 133, 0x2028, 0xFFFE, 0xD7FF, 0x1F600, r.randint(32, 0xD7FF)]))
                + text[place + 1 :]
            )
        elif way == 5:
            text = (
                text[:place]
                + r.choice(["<b>", "<div>", "<item>", "<a><b>", "&lt;"]) * r.choice([10, 1000, 5000])
                + text[place:]
            )
        else:
            other = KINDS[r.choice(list(KINDS))](r)
            text = text[:place] + other + text[place:]
    body = bytearray(text.encode(r.choice(ENCODINGS), "replace"))
    for _ in range(r.choice([0, 0, 0, 1, 5, 40])):
        if body:
            body[r.randrange(len(body))] = r.randrange(256)
    return bytes(body[: r.choice([len(body), len(body), 100_000, 4096])])


def made(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` feeds, most of them damaged, each with the kind it was before; the same for the same seed."""
    r = random.Random(seed)
    kinds = [*KINDS, "raw"]
    for number in range(count):
        kind = kinds[number % len(kinds)]
        if kind == "raw":
            yield kind, odd.raw(r)
        elif kind in odd.KINDS and r.random() < 0.5:
            yield kind, KINDS[kind](r).encode(r.choice(ENCODINGS), "replace")
        else:
            yield kind, _damaged(KINDS[kind](r), r)


TYPES = (
    "application/rss+xml", "text/xml; charset=utf-8", "application/atom+xml; charset=iso-8859-1", "text/html; charset=nonsense", "application/feed+json", "text/plain; charset=us-ascii",
    "application/xml; charset=utf-16", "", ";;charset=;", "text/xml; charset=punycode", 'text/xml; charset="utf-8', "image/png",
)  # fmt: skip


class Late(BaseException):
    """A feed took too long. No `Exception`, so that no handler of foreign errors takes it for one."""


class _Here:
    """Stands for the worker: what it would do in its process is done in this one, so that nothing catches what is raised."""

    def call(self, subject: str, work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)


class Reader:
    """Reads feeds as a run does: asked for over a network that is none, parsed, kept, and (each `every`th) read."""

    def __init__(self, folder: Path, every: int = 10) -> None:
        self._body, self._type, self._every, self._count = b"", "", every, 0

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path != "/feed":
                return httpx.Response(404)
            return httpx.Response(200, headers={"Content-Type": self._type}, stream=httpx.ByteStream(self._body))

        fetcher = Fetcher(Limits(tries=1), httpx.MockTransport(answer))
        worker: Any = _Here()
        config = FeedConfig.model_validate(
            {"type": "feed", "name": "F", "url": "https://paper.example/feed", "max_items": 50}
        )
        self._source = FeedSource(config, Tools(fetcher, worker, folder, 100_000_000))
        self._store: Store = open_store(str(folder / "damaged.db"), folder)

    def tried(self, body: bytes, kind: str = "") -> str:
        """What became of a feed: "items", "nothing" (a feed without any), or "error". Anything else that is raised is a bug."""
        self._count += 1
        self._body, self._type = body, TYPES[self._count % len(TYPES)]
        charset = {0: None, 1: "utf-8", 2: "iso-8859-1", 3: "nonsense"}[self._count % 4]
        outcome = "error"
        try:
            found = self._source.collect({})
            outcome = "items" if found.items else "nothing"
            self._kept(found)
        except (SourceError, FetchError) as error:
            assert error.message
            assert error.message.isprintable(), error.message
        if kind in ("page", "raw", ""):
            named_feeds(body, charset, "https://paper.example/")
        others: dict[str, Callable[[], object]] = {
            "sitemap": lambda: parse_sitemap("F", body, 1_000_000, 50), "mail": lambda: parse_issue("F", body), "opml": lambda: opml.parse("F", body)
        }  # fmt: skip
        for name, parse in others.items():
            if kind in (name, "raw", ""):
                try:
                    parse()
                except SourceError as error:
                    assert error.message
        return outcome

    def _kept(self, found: Collected) -> None:
        now = datetime(2026, 3, 11, 12, tzinfo=UTC)
        self._store.note_items("F", found, now)
        if self._count % self._every:
            return
        for item in found.items[:3]:
            try:
                read("F", item.body or b"", item.media_type, "utf-8", item.url)
            except ExtractError as error:
                assert error.message


@contextmanager
def reader(every: int = 10) -> Iterator[Reader]:
    """A reader with a store of its own, for the length of a block."""
    with tempfile.TemporaryDirectory() as folder:
        yield Reader(Path(folder), every)


def main() -> int:
    """Print what became of the feeds; 1 if one crashed the reader or took too long."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=7000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--files", type=Path, help="a folder whose files are read instead")
    options.add_argument("--seconds", type=int, default=20, help="what one feed may take")
    options.add_argument("--keep", type=Path, help="folder for the feeds that failed")
    chosen = options.parse_args()

    def late(number: int, frame: FrameType | None) -> None:
        raise Late

    # Seconds of the processor: on a busy machine the clock says nothing.
    signal.signal(signal.SIGVTALRM, late)
    counts: collections.Counter[str] = collections.Counter()
    slowest, failed = (0.0, ""), []
    feeds: Iterator[tuple[str, bytes]] = made(chosen.count, chosen.seed)
    if chosen.files:
        feeds = (("", path.read_bytes()) for path in sorted(chosen.files.rglob("*")) if path.is_file())
    with reader() as opened:
        for number, (kind, body) in enumerate(feeds):
            started = time.process_time()
            signal.setitimer(signal.ITIMER_VIRTUAL, chosen.seconds)
            try:
                counts[opened.tried(body, kind)] += 1
            except (Exception, Late) as error:  # whatever is raised that is no error of ours is being counted
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                what = "hang" if isinstance(error, Late) else "crash"
                counts[what] += 1
                failed.append(f"{number} ({kind}): {type(error).__name__}: {str(error)[:200]}")
                if chosen.keep:
                    chosen.keep.mkdir(parents=True, exist_ok=True)
                    (chosen.keep / f"{chosen.seed}-{number}-{what}").write_bytes(body)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            slowest = max(slowest, (time.process_time() - started, f"{number} ({kind}, {len(body):,} bytes)"))
    for name, value in sorted(counts.items()):
        print(f"{name:8}{value:>8}")
    print(f"slowest {slowest[0]:.2f} s: {slowest[1]}")
    kinds = {line.partition(": ")[2]: line for line in failed}
    for line in list(kinds.values())[:30]:
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
