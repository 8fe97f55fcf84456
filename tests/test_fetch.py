"""The way out: who is never asked, how much and how long, how politely."""

from __future__ import annotations

import gzip
import http.server
import resource
import threading
import time
import zlib
from collections.abc import Iterator

import brotli
import httpx
import pytest
import zstandard

from benchmarks.hostile.servers import Canary, Loopback, canary, private_forms, serving
from briefing.errors import FetchError
from briefing.fetch import Fetcher, Limits
from briefing.fetch.addresses import is_public
from briefing.fetch.decoding import BrokenCoding, decoded
from briefing.fetch.manners import seconds_of

PUBLIC = "93.184.215.14"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as made:
        yield made


@pytest.fixture
def bird() -> Iterator[Canary]:
    with canary() as made:
        yield made


def fetcher(server: Loopback | None = None, **limits: object) -> Fetcher:
    own = [server.origin] if server else []
    return Fetcher(Limits(**({"tries": 1, "timeout": 5.0, "private": own} | limits)))


def refused(made: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        made.get(url)
    return caught.value


def test_no_form_of_a_private_address_is_connected_to(bird: Canary) -> None:
    with fetcher(timeout=2.0) as made:
        for url in private_forms(bird.port):
            refused(made, url)
    assert bird.connections == 0


def test_a_redirect_leads_to_no_private_address(server: Loopback, bird: Canary) -> None:
    with fetcher(server, timeout=2.0) as made:
        for number, target in enumerate(
            [*private_forms(bird.port), "file:///etc/passwd", "gopher://x/", "//127.0.0.1/"]
        ):
            server.at[f"/hop{number}"] = (302, {"Location": target.encode("utf-8").decode("latin-1")}, b"")
            server.at[f"/start{number}"] = (301, {"Location": f"/hop{number}"}, b"")
            refused(made, f"{server.origin}/start{number}")
    assert bird.connections == 0


def test_a_stranger_leads_to_no_server_that_is_exempt(server: Loopback) -> None:
    def stranger(request: httpx.Request) -> httpx.Response:
        if request.url.host == "public.example":
            return httpx.Response(302, headers={"Location": f"{server.origin}/inside"})
        raise AssertionError("the exempt server was asked")

    limits = Limits(tries=1, private=[server.origin])
    with Fetcher(limits, transport=httpx.MockTransport(stranger)) as made:
        assert refused(made, "http://public.example/").kind == "refused"


def test_the_address_that_was_checked_is_connected_to(bird: Canary) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        # Public when it is checked; private for whoever asks again.
        asked.append(host)
        return [PUBLIC] if len(asked) % 2 else ["127.0.0.1"]

    reached: list[str] = []
    with Fetcher(Limits(tries=1, timeout=2.0), lookup=rebinding) as made:
        pool = made._public._transport._pool
        inner = pool._network_backend._inner

        def connect(address: str, *rest: object) -> object:
            reached.append(address)
            raise __import__("httpcore").ConnectError("this test has no network")

        inner.connect_tcp = connect
        refused(made, f"http://rebound.example:{bird.port}/")
        assert refused(made, f"http://rebound.example:{bird.port}/").kind == "refused"
    assert reached == [PUBLIC]
    assert bird.connections == 0


def test_one_bad_address_refuses_the_host(bird: Canary) -> None:
    with Fetcher(Limits(tries=1), lookup=lambda host, port: [PUBLIC, "10.0.0.7"]) as made:
        error = refused(made, f"http://mixed.example:{bird.port}/")
    assert error.kind == "refused" and "10.0.0.7" in error.message


def test_a_resolver_that_hangs_ends_with_the_deadline() -> None:
    def hanging(host: str, port: int) -> list[str]:
        time.sleep(30)
        return []

    started = time.monotonic()
    with Fetcher(Limits(tries=1, timeout=0.5), lookup=hanging) as made:
        refused(made, "http://slow.example/")
    assert time.monotonic() - started < 5


def test_the_environment_names_no_proxy(server: Loopback, bird: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{bird.port}")
    server.at["/a"] = b"plain"
    with fetcher(server) as made:
        assert made.get(f"{server.origin}/a").body == b"plain"
    assert bird.connections == 0


def test_every_coding_is_read(server: Loopback) -> None:
    text = b"The bridge opened. " * 5000
    bare = zlib.compressobj(wbits=-15)
    for coding, body in {
        "gzip": gzip.compress(text),
        "deflate": zlib.compress(text),
        "deflate, identity": bare.compress(text) + bare.flush(),
        "br": brotli.compress(text),
        "zstd": zstandard.compress(text),
        "gzip, br": brotli.compress(gzip.compress(text)),
        "x-gzip": gzip.compress(text[:1000]) + gzip.compress(text[1000:]),
        "nonsense": text,
        "gzip ": text,
    }.items():
        server.at["/c"] = (200, {"Content-Encoding": coding}, body)
        with fetcher(server) as made:
            assert made.get(f"{server.origin}/c").body == text, coding


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_coding_that_breaks_off_is_an_error(coding: str) -> None:
    text = bytes(range(256)) * 400
    packed = {
        "gzip": gzip.compress(text),
        "deflate": zlib.compress(text),
        "br": brotli.compress(text),
        "zstd": zstandard.compress(text),
    }[coding]
    with pytest.raises(BrokenCoding):
        list(decoded([packed[: len(packed) // 2]], coding))
    with pytest.raises(BrokenCoding):
        list(decoded([packed[:4] + b"\xff" * 50 + packed[54:]], coding))


def bomb(coding: str, megabytes: int) -> bytes:
    zeros = bytes(1_000_000)
    if coding == "gzip":
        machine = zlib.compressobj(9, wbits=31)
        return b"".join(machine.compress(zeros) for _ in range(megabytes)) + machine.flush()
    if coding == "br":
        made = brotli.Compressor(quality=5)
        return b"".join(made.process(zeros) for _ in range(megabytes)) + made.finish()
    return zstandard.ZstdCompressor(level=3).compress(zeros * megabytes)


@pytest.mark.parametrize("codings", ["gzip", "br", "zstd", "gzip, gzip", "gzip, br"])
def test_a_bomb_ends_at_the_cap(server: Loopback, codings: str) -> None:
    first, *rest = codings.split(", ")
    body = bomb(first, 150)
    for coding in rest:
        body = gzip.compress(body) if coding == "gzip" else brotli.compress(body)
    server.at["/bomb"] = (200, {"Content-Encoding": codings}, body)
    with fetcher(server, max_bytes=5_000_000, timeout=20.0) as made:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert refused(made, f"{server.origin}/bomb").kind == "large"
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64_000  # kilobytes


def drip(piece: bytes, every: float, head: bool) -> object:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        if not head:
            handler.send_response(200)
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            for _ in range(200):
                handler.wfile.write(piece)
                time.sleep(every)
        except OSError:
            pass

    return answer


@pytest.mark.parametrize("head", [False, True])
def test_what_drips_ends_with_the_deadline(server: Loopback, head: bool) -> None:
    server.at["/drip"] = drip(b"X-A: b\r\n" if head else b"x", 0.05, head)
    started = time.monotonic()
    with fetcher(server, timeout=0.6) as made:
        assert refused(made, f"{server.origin}/drip").kind == "slow"
    assert time.monotonic() - started < 3


def test_codings_of_nothing_end_at_the_cap(server: Loopback) -> None:
    server.at["/void"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"") * 50_000)
    with fetcher(server, max_bytes=100_000) as made:
        assert refused(made, f"{server.origin}/void").kind == "large"


def test_redirects_end_and_permanent_ones_are_told(server: Loopback) -> None:
    server.at |= {
        "/loop": (302, {"Location": "/loop"}, b""),
        "/old": (301, {"Location": "/older"}, b""),
        "/older": (308, {"Location": "/new"}, b""),
        "/lately": (302, {"Location": "/new"}, b""),
        "/new": b"here",
    }
    with fetcher(server) as made:
        assert "redirects" in refused(made, f"{server.origin}/loop").message
        assert made.get(f"{server.origin}/old").moved == f"{server.origin}/new"
        assert made.get(f"{server.origin}/lately").moved is None


def test_cookies_live_for_one_request(server: Loopback) -> None:
    def door(handler: http.server.BaseHTTPRequestHandler) -> None:
        inside = "seen=1" in handler.headers.get("Cookie", "")
        handler.send_response(200 if inside else 302)
        if not inside:
            handler.send_header("Set-Cookie", "seen=1")
            handler.send_header("Location", "/door")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.at["/door"] = door
    with fetcher(server) as made:
        made.get(f"{server.origin}/door")
        server.at["/other"] = b"x"
        made.get(f"{server.origin}/other")
    assert "cookie" not in server.seen[-1][1]


def test_credentials_are_used_and_never_shown(server: Loopback) -> None:
    server.at["/feed"] = b"x"
    with fetcher(server) as made:
        answer = made.get(server.origin.replace("//", "//me:s3cret@") + "/feed")
        assert answer.url == f"{server.origin}/feed"
        assert server.seen[-1][1]["authorization"].startswith("Basic ")


def test_conditional_requests(server: Loopback) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        same = handler.headers.get("If-None-Match") == '"7"'
        handler.send_response(304 if same else 200)
        handler.send_header("ETag", '"7"')
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.at["/feed"] = answer
    with fetcher(server) as made:
        first = made.get(f"{server.origin}/feed")
        assert (first.etag, first.unchanged) == ('"7"', False)
        assert made.get(f"{server.origin}/feed", etag=first.etag).unchanged


def test_what_may_pass_is_tried_again(server: Loopback) -> None:
    counts: list[int] = []

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        counts.append(1)
        handler.send_response(503 if len(counts) < 3 else 200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    server.at["/shaky"] = answer
    with fetcher(server, tries=3, waits=(0.01, 0.02)) as made:
        assert made.get(f"{server.origin}/shaky").body == b"ok"


def test_a_server_that_wants_to_be_left_alone_is(server: Loopback) -> None:
    server.at["/busy"] = (429, {"Retry-After": "3600"}, b"")
    with fetcher(server, tries=3) as made:
        error = refused(made, f"{server.origin}/busy")
        assert error.retry_after == pytest.approx(3600, abs=5)
        assert refused(made, f"{server.origin}/else").postponed
    assert server.paths() == ["/busy"]
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_robots_are_heeded_for_pages_only(server: Loopback) -> None:
    server.at |= {
        "/robots.txt": b"User-agent: *\nDisallow: /private/\nAllow: /private/open\n",
        "/private/a": b"a",
        "/private/open": b"b",
    }
    with fetcher(server) as made:
        with pytest.raises(FetchError) as caught:
            made.get(f"{server.origin}/private/a", page=True)
        assert caught.value.kind == "robots"
        assert made.get(f"{server.origin}/private/open", page=True).body == b"b"
        assert made.get(f"{server.origin}/private/a").body == b"a"
    assert server.paths().count("/robots.txt") == 1
    assert server.seen[0][1]["user-agent"] == "briefing"


def test_a_crawl_delay_is_kept(server: Loopback) -> None:
    server.at |= {"/robots.txt": b"User-agent: *\nCrawl-delay: 0.3\n", "/a": b"a"}
    with fetcher(server) as made:
        started = time.monotonic()
        for _ in range(3):
            made.get(f"{server.origin}/a", page=True)
        assert time.monotonic() - started >= 0.55


def test_a_robots_file_that_fails_or_explodes(server: Loopback) -> None:
    server.at |= {"/robots.txt": (500, {}, b""), "/a": b"a"}
    with fetcher(server) as made, pytest.raises(FetchError, match=r"robots\.txt fails"):
        made.get(f"{server.origin}/a", page=True)
    rules = "".join(f"Disallow: /{'*a' * 20}{number}*b\n" for number in range(3000))
    server.at["/robots.txt"] = f"User-agent: *\n{rules}".encode()
    server.at["/" + "a" * 1500] = b"a"
    started = time.monotonic()
    with fetcher(server) as made:
        assert made.get(f"{server.origin}/{'a' * 1500}", page=True).body == b"a"
    assert time.monotonic() - started < 10


def test_one_server_sees_few_connections_at_once(server: Loopback) -> None:
    now, most = [0], [0]
    lock = threading.Lock()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.03)
        with lock:
            now[0] -= 1
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.at["/a"] = answer
    with fetcher(server, at_once=2) as made:
        threads = [threading.Thread(target=made.get, args=(f"{server.origin}/a",)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most[0] <= 2


def test_a_bot_wall_is_named(server: Loopback) -> None:
    server.at["/cf"] = (403, {"cf-mitigated": "challenge"}, b"<title>Just a moment...</title>")
    server.at["/gone"] = (410, {}, b"")
    with fetcher(server) as made:
        error = refused(made, f"{server.origin}/cf")
        assert error.kind == "blocked" and "Cloudflare keeps programs out" in error.message
        assert refused(made, f"{server.origin}/gone").kind == "gone"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::127.0.0.1", "fec0::1", "fe80::1%eth0", "nonsense", ""],
)
def test_addresses_that_python_calls_global_are_denied(address: str) -> None:
    assert not is_public(address)


def test_public_addresses_are_public() -> None:
    assert is_public(PUBLIC) and is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c") and is_public("1.1.1.1")
