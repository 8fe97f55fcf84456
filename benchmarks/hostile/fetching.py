"""Servers that attack whoever asks them: addresses inside, redirects, bombs, bodies without end."""

from __future__ import annotations

import gzip
import http.server
import multiprocessing
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.hostile import Figure
from benchmarks.hostile.bounds import peak
from benchmarks.hostile.servers import (
    NOT_PUBLIC,
    PUBLIC,
    Canary,
    Loopback,
    Watch,
    canary,
    private_forms,
    serving,
    watching,
)

NAME, PROMISE = "fetching", 8
OUTSIDE = "93.184.215.14"
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


def _direct(bird: Canary, watch: Watch, short: bool) -> Figure:
    forms = private_forms(bird.port)
    answered = [url for url in forms if _refused(url) == "answered"]
    return _quiet(bird, watch, f"{len(forms)} notations of private addresses", answered)


def _named(bird: Canary, watch: Watch, short: bool) -> Figure:
    """Names that lead into a private network, alone or beside an address that may be asked."""
    wrong = []
    for address in NOT_PUBLIC:
        for records in (
            [address],
            [OUTSIDE, address],
            [address, OUTSIDE],
            [OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE, address],
        ):
            kind = _refused(f"http://named.example:{bird.port}/", lookup=lambda host, port, found=records: found)
            wrong += [f"{address} {kind}"] if kind != "refused" else []
    return _quiet(bird, watch, f"names of {len(NOT_PUBLIC)} private addresses, alone and as one bad record", wrong)


def _neighbours() -> Figure:
    """What is refused is not everything."""
    from briefing.fetch.addresses import is_public

    wrong = [address for address in PUBLIC if not is_public(address)] + [one for one in NOT_PUBLIC if is_public(one)]
    what = f"{len(NOT_PUBLIC)} private addresses taken for public, and {len(PUBLIC)} public neighbours for private"
    return Figure(what, str(len(wrong)) + (f" ({', '.join(wrong)})" if wrong else ""), "0", not wrong)


def _redirected(bird: Canary, watch: Watch, short: bool) -> Figure:
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
        return _quiet(bird, watch, f"{len(targets)} chains of redirects", answered, server)


def _rebound(bird: Canary, watch: Watch, short: bool) -> Figure:
    """A name that is public when it is looked at and private for whoever asks again, in all orders."""
    answered = []
    orders = [[OUTSIDE, "127.0.0.1"], ["127.0.0.1", OUTSIDE], [OUTSIDE, OUTSIDE, "127.0.0.1"], [OUTSIDE, "::1"]]
    for order in orders:
        left = list(order)

        def lookup(host: str, port: int, left: list[str] = left) -> list[str]:
            return [left.pop(0) if len(left) > 1 else left[0]]

        for _ in range(4):
            if _refused(f"http://rebound.example:{bird.port}/", lookup=lookup, timeout=0.5) == "answered":
                answered.append(str(order))
    return _quiet(bird, watch, "names that change their address", answered)


def _followed(bird: Canary, watch: Watch, short: bool) -> Figure:
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
        return _quiet(bird, watch, "a whole run over what names it in every field", [], server)


def _asked(bird: Canary, watch: Watch, short: bool) -> Figure:
    """Addresses that a visitor of the page asks for, and sites that are searched for feeds."""
    from starlette.testclient import TestClient

    from briefing.app import App
    from briefing.config import parse_config
    from briefing.errors import BriefingError
    from briefing.sources.discover import discover
    from briefing.web import create_app

    answered = []
    config = "sources: [{name: Local, type: file, path: news}]\nbriefings: [{name: daily}]\nsummarizer: {model: ./none, engines: []}\nfetch: {retries: 1, timeout: 3}\nweb: {changes_a_minute: 100000}\n"
    with tempfile.TemporaryDirectory() as folder, App(parse_config(config, None, {}), Path(folder)) as app:
        with TestClient(create_app(app), base_url="http://localhost") as client:
            for url in private_forms(bird.port)[:: 6 if short else 1]:
                answer = client.post("/api/v1/summaries", json={"url": url})
                told = answer.json() if answer.headers["content-type"].startswith("application/json") else {}
                answered += [url] if answer.status_code == 200 and told.get("stories") else []
        for url in private_forms(bird.port)[:: 6 if short else 1]:
            try:
                answered += [url] if list(discover(url, app.tools)) else []
            except BriefingError as error:
                assert error
    return _quiet(bird, watch, "addresses asked for on the page, and sites searched for feeds", answered)


def _quiet(bird: Canary, watch: Watch, what: str, answered: list[str], server: Loopback | None = None) -> Figure:
    """Nobody came to the canary, and nothing but the public address and the server that is allowed was even tried."""
    tried = [
        f"{host}:{port}" for host, port in watch.tried if host != OUTSIDE and (server is None or port != server.port)
    ]
    seen = f"{bird.connections} connections, {len(tried)} tried" + (f" ({', '.join(tried[:3])})" if tried else "")
    seen += f"; not refused: {', '.join(answered[:3])}" if answered else ""
    # A watch that has seen nothing of the server that may be asked is blind.
    blind = server is not None and not any(port == server.port for _, port in watch.tried)
    return Figure(what, seen, "0, 0", bird.connections == 0 and not tried and not answered and not blind)


def _bombed(url: str, cap: int, pipe: Connection) -> None:
    """In a process of its own, whose peak of memory is this request's: what it needs beyond a body as large as may be."""
    from briefing.fetch import Fetcher, Limits

    origin = url.rpartition("/")[0]
    with Fetcher(Limits(tries=1, timeout=30.0, private=[origin], max_bytes=cap)) as fetcher:
        fetcher.get(f"{origin}/fits")
        before = peak()
        started = time.perf_counter()
        try:
            fetcher.get(url)
            kind = "answered"
        # Without a word the parent would wait.
        except Exception as error:  # an error of another kind ends the attack as well, and is a finding
            kind = getattr(error, "kind", repr(error))
        seconds = time.perf_counter() - started
        pipe.send((kind, (peak() - before) / 1e6, seconds))


def _endless(coding: str, gigabytes: int) -> Iterator[bytes]:
    """A body of zeros that is so large when decoded, made as it is sent: one gzip member, one frame, one stream."""
    import brotli
    import zstandard

    zeros = bytes(1_000_000)
    if coding == "br":
        machine = brotli.Compressor(quality=1)
        for _ in range(1000 * gigabytes):
            yield machine.process(zeros) + machine.flush()
        yield machine.finish()
    elif coding == "zstd":
        packer = zstandard.ZstdCompressor(level=1).compressobj()
        for _ in range(1000 * gigabytes):
            yield packer.compress(zeros) + packer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        yield packer.flush()
    else:
        deflater = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
        yield deflater.compress(zeros) + deflater.flush(zlib.Z_FULL_FLUSH)
        # After a full flush a block stands for itself, so one may be sent again and again.
        block = deflater.compress(zeros) + deflater.flush(zlib.Z_FULL_FLUSH)
        for _ in range(1000 * gigabytes - 1):
            yield block
        yield deflater.flush()


def _streamed(coding: str, sent: list[int], gigabytes: int) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n"
        handler.wfile.write(head.encode())
        try:
            for piece in _endless(coding, gigabytes):
                if piece:
                    handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                    sent[0] += len(piece)
            handler.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # who asked has had enough

    return answer


def _bombs(short: bool) -> Iterator[Figure]:
    gigabytes = 1 if short else 10
    cap = 10_000_000
    member = b"".join(_endless("gzip", 1))
    attacks: dict[str, tuple[str, bytes | None]] = {
        f"gzip bomb of {gigabytes} GB, streamed": ("gzip", None),
        f"deflate bomb of {gigabytes} GB, streamed": ("deflate", None),
        f"br bomb of {gigabytes} GB, streamed": ("br", None),
        f"zstd bomb of {gigabytes} GB, streamed": ("zstd", None),
        f"gzip bomb of {gigabytes} members of 1 GB": ("gzip", member * gigabytes),
        f"gzip bomb of {gigabytes} GB in gzip": ("gzip, gzip", gzip.compress(member * gigabytes)),
        f"gzip bomb of {gigabytes} GB in gzip, nine times": (", ".join(["gzip"] * 10), _packed(member * gigabytes, 9)),
        "gzip bomb that says it is small": ("gzip", member[:-4] + (10).to_bytes(4, "little")),
    }
    # Zeros pack best but have no names; text shows that what fits is not refused.
    fits = zlib.compressobj(9, wbits=31)
    body = fits.compress(b"The lift bridge. " * (cap // 17)) + fits.flush()
    for what, (coding, attack) in attacks.items():
        sent = [0]
        with serving() as server:
            server.at["/fits"] = (200, {"Content-Encoding": "gzip"}, body)
            server.at["/bomb"] = (
                _streamed(coding, sent, gigabytes) if attack is None else (200, {"Content-Encoding": coding}, attack)
            )
            here, there = multiprocessing.Pipe()
            child = multiprocessing.get_context("spawn").Process(
                target=_bombed, args=(f"{server.origin}/bomb", cap, there)
            )
            child.start()
            kind, grown, seconds = here.recv() if here.poll(60) else ("hung", 0.0, 60.0)
            child.kill()
            child.join()
        held = kind in ("large", "broken") and grown <= 64 and seconds <= 30
        yield Figure(what, f"{kind}, {grown:.0f} MB more, {seconds:.1f} s", "refused, ≤ 64 MB, ≤ 30 s", held)


def _packed(body: bytes, times: int) -> bytes:
    for _ in range(times):
        body = gzip.compress(body)
    return body


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
    yield _neighbours()
    for attack in (_direct, _named, _redirected, _rebound, _followed, _asked):
        with canary() as bird, watching() as watch:
            yield attack(bird, watch, short)
    with serving() as server:
        yield _loops(server)
    yield from _bombs(short)
    yield from _slow(short)
