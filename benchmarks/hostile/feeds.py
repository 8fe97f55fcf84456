"""Feeds that attack their reader: entities, depth, hundreds of thousands of entries, and thousands that are damaged."""

from __future__ import annotations

import collections
import time
from collections.abc import Iterator

from benchmarks.hostile import Figure
from benchmarks.hostile.damaged import made, reader
from benchmarks.hostile.servers import canary

NAME, PROMISE = "feeds", 10
WORDS = "The council of Kelby voted on Monday to reopen the old lift bridge to carts and to people on foot."


def _outcome(body: bytes, seconds: float = 30.0) -> tuple[str, float]:
    """What the reader in its process makes of a feed, and the seconds it took."""
    from briefing.errors import ItemError
    from briefing.sources.formats.feed import parse_feed
    from briefing.worker import Worker

    with Worker(seconds=seconds) as worker:
        worker.call("F", len, b"")  # the process starts
        started = time.perf_counter()
        try:
            found = worker.call("F", parse_feed, "F", body, None, "https://paper.example/feed", 100)
            what = f"{len(found.entries)} of {found.count} entries"
            if any(len(entry.text) > 100_000 or "root:" in entry.text for entry in found.entries):
                what = "LEAKED"
        except ItemError as error:
            what = error.message[:60]
        return what, time.perf_counter() - started


def _attacks(port: int) -> dict[str, bytes]:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    inside = f"http://127.0.0.1:{port}"

    def rss(head: str, text: str) -> bytes:
        return f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><item><title>A</title><link>/a</link><description>{text}</description></item></channel></rss>'.encode()

    return {
        "a billion laughs": rss(f'<!DOCTYPE rss [<!ENTITY l0 "lol">{lol}]>', "&l11;"),
        "quadratic entities": rss(f'<!DOCTYPE rss [<!ENTITY a "{"a" * 100_000}">]>', "&a;" * 50_000),
        "a file as an entity": rss('<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        "an address as an entity": rss(f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{inside}/x">]>', "&x;"),
        "an address as a document type": rss(f'<!DOCTYPE rss SYSTEM "{inside}/dtd">', "&x;"),
        "entities in utf-16": rss(f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{inside}/x">]>', "&x;").decode().encode("utf-16"),
        "100,000 nested elements": rss("", "<b>" * 100_000),
        "100,000 nested, escaped": rss("", "&lt;div&gt;" * 100_000),
        "an attribute of 5 MB": rss("", f'<a href="{"x" * 5_000_000}">x</a>'),
        "a million attributes": rss("", f"<a {' '.join(f'a{n}=1' for n in range(300_000))}>x</a>"),
        "tags that do not close": b"<rss><channel>" + b"<item><title>" * 100_000,
        "comments that do not close": rss("", "<!--" * 200_000),
        "CDATA that does not close": rss("", "<![CDATA[" * 100_000),
        "JSON 100,000 deep": b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 100_000,
        "JSON with a number of 5 MB": b'{"version":"https://jsonfeed.org/version/1.1","items":[{"id":'
        + b"9" * 5_000_000
        + b"}]}",
    }


def _many(count: int) -> bytes:
    items = "".join(
        f"<item><title>Item {n}</title><link>https://paper.example/{n}</link><guid>{n}</guid><pubDate>Tue, 10 Mar 2026 09:00:00 GMT</pubDate><description>{WORDS}</description></item>"
        for n in range(count)
    )
    return f"<rss version='2.0'><channel><title>Kelby</title>{items}</channel></rss>".encode()


def measure(short: bool) -> Iterator[Figure]:
    """Each attack alone, then the many."""
    with canary() as bird:
        worst, leaked = 0.0, []
        found = _attacks(bird.port)
        for what, body in found.items():
            outcome, seconds = _outcome(body)
            worst = max(worst, seconds)
            leaked += [what] if outcome == "LEAKED" else []
        held = not leaked and bird.connections == 0 and worst <= 32
        seen = f"{bird.connections} connections, {len(leaked)} leaks, slowest {worst:.1f} s"
        yield Figure(f"{len(found)} attacks by XML and JSON", seen, "0, 0, ≤ 32 s", held)
    body = _many(100_000)
    outcome, seconds = _outcome(body)
    yield Figure(
        f"100,000 entries, {len(body) / 1e6:.0f} MB",
        f"{outcome}, {seconds:.1f} s",
        "its newest, ≤ 30 s",
        seconds <= 30 and outcome.startswith("100 "),
    )
    counts: collections.Counter[str] = collections.Counter()
    slowest = 0.0
    with reader() as opened:
        for kind, damaged in made(300 if short else 4000, seed=11):
            started = time.perf_counter()
            try:
                counts[opened.tried(damaged, kind)] += 1
            except Exception as error:  # whatever else is raised is what is being counted
                counts[f"crash {type(error).__name__}"] += 1
            slowest = max(slowest, time.perf_counter() - started)
    crashes = sum(value for key, value in counts.items() if key.startswith("crash"))
    seen = f"{crashes} crashes, slowest {slowest:.1f} s, {counts['items']} with items"
    yield Figure(
        f"{sum(counts.values()):,} damaged feeds, sitemaps and mails",
        seen,
        "0 crashes, ≤ 30 s",
        crashes == 0 and slowest <= 30,
    )
