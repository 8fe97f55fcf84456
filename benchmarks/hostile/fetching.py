"""Servers that attack whoever asks them: addresses inside, redirects, bombs, bodies without end."""

from __future__ import annotations

import gzip
import http.server
import multiprocessing
import resource
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.hostile import Figure
from benchmarks.hostile.servers import Canary, Loopback, canary, private_forms, serving

NAME, PROMISE = "fetching", 8
PUBLIC = "93.184.215.14"
DEADLINE = 3.0


def _refused(url: str, **options: Any) -> str:
    """Fetch `url`, which must fail. The kind of the failure; "answered" if it did not fail."""
    from briefing.errors import FetchError
    from briefing.fetch import Fetcher, Limits

    lookup = options.pop("lookup", None)
    with Fetcher(
        Limits(**({"tries": 1, "timeout": DEADLINE} | options)), **({"lookup": lookup} if lookup else {})
    ) as fetcher:
        try:
            fetcher.get(url)
        except FetchError as error:
            return error.kind
    return "answered"


def _direct(bird: Canary, short: bool) -> Figure:
    forms = private_forms(bird.port)
    answered = [url for url in forms if _refused(url) == "answered"]
    return _quiet(bird, f"{len(forms)} notations of private addresses", answered)


def _redirected(bird: Canary, short: bool) -> Figure:
    targets = [
        *private_forms(bird.port),
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "unix:///run/x",
    ]
    answered = []
    with serving() as server:
        for number, target in enumerate(targets):
            header = {"Location": target.encode("utf-8").decode("latin-1")}
            server.at[f"/b{number}"] = ((301, 302, 303, 307, 308)[number % 5], header, b"")
            server.at[f"/a{number}"] = (302, {"Location": f"/b{number}"}, b"")
            if _refused(f"{server.origin}/a{number}", private=[server.origin]) == "answered":
                answered.append(target)
    return _quiet(bird, f"{len(targets)} chains of redirects", answered)


def _rebound(bird: Canary, short: bool) -> Figure:
    """A name that is public when it is looked at and private for whoever asks again, in all orders."""
    answered = []
    orders = [[PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, PUBLIC, "127.0.0.1"], [PUBLIC, "::1"]]
    for order in orders:
        left = list(order)

        def lookup(host: str, port: int, left: list[str] = left) -> list[str]:
            return [left.pop(0) if len(left) > 1 else left[0]]

        for _ in range(4):
            if _refused(f"http://rebound.example:{bird.port}/", lookup=lookup, timeout=0.5) == "answered":
                answered.append(str(order))
    both = _refused(f"http://both.example:{bird.port}/", lookup=lambda host, port: [PUBLIC, "127.0.0.1"])
    return _quiet(bird, "names that change their address", [*answered, *(["both"] if both != "refused" else [])])


def _followed(bird: Canary, short: bool) -> Figure:
    """A whole run over feeds, pages and sitemaps that name the canary in every field we know."""
    from briefing.app import App
    from briefing.config import parse_config

    inside = f"http://127.0.0.1:{bird.port}"
    text = "The council of Kelby voted on Monday to reopen the old lift bridge to carts and people. " * 4
    items = "".join(
        f"<item><title>Item {n}</title><guid>{n}</guid><link>{url.replace('&', '&amp;')}</link><description>Short.</description>"
        f"<enclosure url='{inside}/e.mp3' type='audio/mpeg'/><podcast:transcript url='{inside}/t.vtt' type='text/vtt'/>"
        f"<comments>{inside}/c</comments><content:encoded><![CDATA[<p>{text}</p><img src='{inside}/i.png'><iframe src='{inside}/f'></iframe>]]></content:encoded></item>"
        f"<item><title>Teaser {n}</title><guid>t{n}</guid><link>{url.replace('&', '&amp;')}</link><description>A teaser...</description></item>"
        for n, url in enumerate(private_forms(bird.port)[:: 6 if short else 1])
    )
    spaces = 'xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    attack = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{inside}/x"><!ENTITY % p SYSTEM "{inside}/p"> %p;]>'
    sitemap = f"<urlset><url><loc>{inside}/page</loc><news:news><news:publication_date>2026-03-10</news:publication_date></news:news></url></urlset>"
    with serving() as server, tempfile.TemporaryDirectory() as folder:
        server.at |= {
            "/feed": f'<?xml version="1.0"?><?xml-stylesheet href="{inside}/s.xsl"?>{attack}<rss version="2.0" {spaces}><channel><image><url>{inside}/i</url></image>{items}</channel></rss>'.encode(),
            "/site": f'<html><head><base href="{inside}/"><link rel="alternate" type="application/rss+xml" href="feed"></head></html>'.encode(),
            "/page": f'<html><head><meta http-equiv="refresh" content="0;url={inside}/r"><link rel="canonical" href="{inside}/c"><link rel="stylesheet" href="{inside}/s.css"></head><body><article><h1>Bridge</h1><p>{text}</p><img src="{inside}/i"></article></body></html>'.encode(),
            "/map.xml": sitemap.encode(),
            "/index.xml": f"<sitemapindex><sitemap><loc>{inside}/deep.xml</loc></sitemap></sitemapindex>".encode(),
            "/robots.txt": f"Sitemap: {inside}/map.xml\nUser-agent: *\nAllow: /\n".encode(),
        }
        kinds = {
            "feed": "feed",
            "site": "feed",
            "page": "page",
            "map.xml": "sitemap",
            "index.xml": "sitemap",
            "": "sitemap",
        }
        sources = "\n".join(
            f"  - {{name: '{path or 'root'}', type: {kind}, url: '{server.origin}/{path}'}}"
            for path, kind in kinds.items()
        )
        config = f"sources:\n{sources}\nbriefings: [{{name: daily, limits: {{max_age: null}}}}]\nsummarizer: {{model: ./none}}\nfetch: {{private: ['{server.origin}'], retries: 1, timeout: 3}}\n"
        with App(parse_config(config, None, {}), Path(folder)) as app:
            app.run()
    return _quiet(bird, "a whole run over what names it in every field", [])


def _quiet(bird: Canary, what: str, answered: list[str]) -> Figure:
    seen = f"{bird.connections} connections" + (f", answered: {', '.join(answered[:3])}" if answered else "")
    return Figure(what, seen, "0 connections", bird.connections == 0 and not answered)


def _bombed(coding: str, url: str, cap: int, pipe: Connection) -> None:
    """In a process of its own, whose peak of memory is this request's."""
    from briefing.fetch import Fetcher, Limits

    origin = url.rpartition("/")[0]
    with Fetcher(Limits(tries=1, timeout=30.0, private=[origin], max_bytes=cap)) as fetcher:
        fetcher.get(f"{origin}/small")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        try:
            fetcher.get(url)
            kind = "answered"
        # An error of another kind ends the attack as well, and is a finding; without a word the parent would wait.
        except Exception as error:
            kind = getattr(error, "kind", repr(error))
        seconds = time.perf_counter() - started
        pipe.send((kind, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, seconds))


def _bombs(short: bool) -> Iterator[Figure]:
    megabytes = 100 if short else 1000
    machine = zlib.compressobj(9, wbits=31)
    zeros = bytes(1_000_000)
    member = b"".join(machine.compress(zeros) for _ in range(megabytes)) + machine.flush()
    body = member * 10
    import brotli
    import zstandard

    made = brotli.Compressor(quality=5)
    packed = b"".join(made.process(zeros) for _ in range(megabytes)) + made.finish()
    frame = zstandard.ZstdCompressor(level=3).compress(zeros * 100)
    attacks = {"gzip": body, "gzip, gzip": gzip.compress(body), "br": packed, "zstd": frame * (megabytes // 10)}
    for coding, attack in attacks.items():
        with serving() as server:
            server.at |= {"/small": b"x", "/bomb": (200, {"Content-Encoding": coding}, attack)}
            here, there = multiprocessing.Pipe()
            # A cap above what is sent: the decoded bytes must end it.
            arguments = (coding, f"{server.origin}/bomb", 10_000_000 if len(attack) < 9_000_000 else 12_000_000, there)
            child = multiprocessing.get_context("spawn").Process(target=_bombed, args=arguments)
            child.start()
            kind, grown, seconds = here.recv() if here.poll(60) else ("hung", 0.0, 60.0)
            child.kill()
            child.join()
        held = kind == "large" and grown <= 64 and seconds <= 30
        size = f"{len(attack) / 1e6:.1f} MB"
        yield Figure(
            f"{coding} bomb of {size}",
            f"{kind}, {grown:.0f} MB more, {seconds:.1f} s",
            "refused, ≤ 64 MB, ≤ 30 s",
            held,
        )


def _drip(piece: bytes, pause: float, status: bytes) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(status)
        try:
            for _ in range(600):
                handler.wfile.write(piece)
                handler.wfile.flush()
                time.sleep(pause)
        except OSError:
            pass

    return answer


def _slow(short: bool) -> Iterator[Figure]:
    ok = b"HTTP/1.1 200 OK\r\n"
    attacks: dict[str, tuple[bytes, float, bytes]] = {
        "1 byte a second": (b"x", 1.0, ok + b"\r\n"),
        "a header a second": (b"X-A: b\r\n", 1.0, ok),
        "1 byte of a status a second": (b"H", 1.0, b""),
        "100 Continue without end": (b"HTTP/1.1 100 Continue\r\n\r\n", 0.001, b""),
        "a body without end": (b"x" * 65536, 0.0, ok + b"\r\n"),
        "chunks of nothing": (b"1\r\nx\r\n", 0.5, ok + b"Transfer-Encoding: chunked\r\n\r\n"),
        "a header without end": (b"x" * 65536, 0.0, ok + b"X-A: "),
        "silence": (b"", 1.0, b""),
    }
    for what, (piece, pause, status) in attacks.items():
        with serving() as server:
            server.at["/slow"] = _drip(piece, pause, status)
            started = time.perf_counter()
            kind = _refused(f"{server.origin}/slow", private=[server.origin], max_bytes=5_000_000)
            seconds = time.perf_counter() - started
        held = kind != "answered" and seconds <= DEADLINE + 2
        yield Figure(what, f"{kind}, {seconds:.1f} s", f"ended, deadline {DEADLINE:g} s", held)


def _loops(server: Loopback) -> Figure:
    server.at["/loop"] = (302, {"Location": "/loop"}, b"")
    for n in range(60):
        server.at[f"/long{n}"] = (302, {"Location": f"/long{n + 1}"}, b"")
    kinds = [_refused(f"{server.origin}/{path}", private=[server.origin]) for path in ("loop", "long0")]
    asked = len(server.seen)
    return Figure(
        "redirects without end",
        f"{', '.join(kinds)}, {asked} requests",
        "ended, ≤ 24 requests",
        "answered" not in kinds and asked <= 24,
    )


def measure(short: bool) -> Iterator[Figure]:
    """Addresses inside, then bytes and time."""
    for attack in (_direct, _redirected, _rebound, _followed):
        with canary() as bird:
            yield attack(bird, short)
    with serving() as server:
        yield _loops(server)
    yield from _bombs(short)
    yield from _slow(short)
