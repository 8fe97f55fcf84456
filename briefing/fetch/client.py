"""Requests: http and https only, bounded in bytes, time and redirects, to public addresses only, politely."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import NamedTuple

import httpx
import stamina

from briefing.config import FetchConfig
from briefing.errors import FetchError
from briefing.fetch.addresses import Lookup, system_lookup
from briefing.fetch.decoding import BrokenCoding, decoded
from briefing.fetch.failures import mapped, too_large
from briefing.fetch.manners import Manners, max_age, origin_of, seconds_of, shown
from briefing.fetch.network import DEADLINE, Backend, Refused, Transport
from briefing.walls import bot_wall

log = logging.getLogger(__name__)

MAX_REDIRECTS = 10
ENCODINGS = "gzip, deflate, br, zstd"
_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SLACK = 65_536
_SENT = 16_384
"""Bytes that are taken from the network at once: what they stand for decoded is looked at before more is taken."""


@dataclass(frozen=True, slots=True)
class Response:
    """What an address answered. `body` is decoded; it is empty where `unchanged` (304) is True.

    `url` is the address that answered, without credentials; `moved` is that address where every redirect on the way
    was a permanent one.
    """

    url: str
    body: bytes
    media_type: str
    charset: str | None = None
    unchanged: bool = False
    etag: str | None = None
    last_modified: str | None = None
    moved: str | None = None
    fresh_for: float | None = None
    """Seconds within which the server says that asking again brings nothing new."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request: seconds for the whole response, bytes of the decoded body, tries.

    `at_once` is how many connections one server sees. `private` names the servers that may lie outside the public
    network, each by its exact origin; `proxy` is the only proxy that is used.
    """

    timeout: float = 20.0
    max_bytes: int = 10_000_000
    tries: int = 3
    user_agent: str = "briefing"
    waits: tuple[float, float] = field(default=(0.5, 4.0))
    """Seconds before the second try, and the longest wait between two."""
    at_once: int = 4
    private: Collection[str] = ()
    proxy: str | None = None
    robots: bool = True

    @classmethod
    def of(cls, config: FetchConfig, version: str) -> Limits:
        """The bounds a configuration sets, for this version of the program."""
        return cls(
            timeout=config.timeout,
            max_bytes=int(config.max_megabytes * 1_000_000),
            tries=config.retries,
            user_agent=config.user_agent or f"briefing/{version} (news briefing; reads feeds once in a while)",
            at_once=config.per_server,
            private=config.private,
            proxy=config.proxy,
            robots=config.robots,
        )


class _Hop(NamedTuple):
    """What one address of a chain of redirects answered: the content, or where to go on."""

    response: Response | None
    target: httpx.URL | None = None
    permanent: bool = False


class Fetcher:
    """Fetches addresses within `limits`. Use as a context manager, or call `close`. Safe to use from many threads.

    Nothing of the environment is used: no proxies, no .netrc. No cookie outlives its request. `transport` stands in
    for the network in tests, `lookup` for the resolver.
    """

    def __init__(
        self, limits: Limits, transport: httpx.BaseTransport | None = None, lookup: Lookup = system_lookup
    ) -> None:
        self._limits = limits
        self._private = frozenset(origin_of(origin) for origin in limits.private)
        self._manners = Manners(limits.at_once)
        # Through a proxy the name is looked up there; what can be known of it here is checked all the same.
        self._names = Backend(lookup) if limits.proxy and transport is None else None
        checked = Backend(lookup, check=limits.proxy is None)
        self._public = self._client(transport or Transport(checked, proxy=limits.proxy))
        self._exempt = self._client(transport or Transport(Backend(lookup, check=False)))

    def _client(self, transport: httpx.BaseTransport) -> httpx.Client:
        return httpx.Client(
            transport=transport,
            follow_redirects=False,
            timeout=httpx.Timeout(self._limits.timeout),
            headers={"User-Agent": self._limits.user_agent, "Accept-Encoding": ENCODINGS},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
        )

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._public.close()
        self._exempt.close()

    def is_exempt(self, url: str) -> bool:
        """Whether the configuration names the server of `url` as one outside the public network."""
        return origin_of(url) in self._private

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        etag: str | None = None,
        modified: str | None = None,
        page: bool = False,
        max_bytes: int | None = None,
        tries: int | None = None,
    ) -> Response:
        """Fetch `url`; with `etag` or `modified` (as once answered) the answer may be `unchanged`.

        What may pass by itself (time-outs, broken connections, 429, 5xx) is tried again. A `page` is fetched as the
        robots.txt of its server allows. Raises FetchError.
        """
        if origin_of(url).partition(":")[0] not in ("http", "https"):
            raise FetchError(url, "only http and https addresses are fetched", kind="refused")
        headers = {"Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        first, longest = self._limits.waits
        attempts = tries or self._limits.tries
        for attempt in stamina.retry_context(
            # A server that names a time is not asked again before it.
            on=lambda error: (
                isinstance(error, FetchError)
                and error.retryable
                and not error.postponed
                and (error.retry_after or 0.0) <= longest
            ),
            attempts=attempts,
            timeout=self._limits.timeout * attempts,
            wait_initial=first,
            wait_max=longest,
        ):
            with attempt:
                return self._once(url, headers, page, max_bytes or self._limits.max_bytes)
        raise AssertionError("stamina either returns or raises")

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the robots.txt of the server of `url` names."""
        return self._manners.rules(url, self._robots).sitemaps

    def _robots(self, url: str) -> tuple[int | None, bytes]:
        try:
            return 200, self._once(url, {"Accept": "text/plain, */*;q=0.5"}, False, 500_000).body
        except FetchError as error:
            # Larger than anybody's rules is as good as none; an address that can't be asked says nothing.
            return error.status, b""

    def _once(self, url: str, headers: Mapping[str, str], page: bool, most: int) -> Response:
        """One try: all hops, within one deadline."""
        started = time.monotonic()
        waited = 0.0
        cookies = httpx.Cookies()
        permanent = True
        exempt = self.is_exempt(url)
        with mapped(url, self._limits.timeout):
            here = start = httpx.URL(url)
            for _ in range(MAX_REDIRECTS + 1):
                if here.scheme not in ("http", "https") or not here.host:
                    raise FetchError(url, "redirected to something that is not http or https", kind="refused")
                text = str(here)
                if self.is_exempt(text) and not (exempt and origin_of(text) == origin_of(url)):
                    # A stranger's redirect is no reason to ask a server of the user's own network.
                    raise FetchError(url, f"redirected to {shown(text)}, a server of your own network", kind="refused")
                delay = self._allowed(text) if page and self._limits.robots else 0.0
                queued = time.monotonic()
                with self._manners.turn(text, delay):
                    waited += time.monotonic() - queued
                    deadline = started + waited + self._limits.timeout
                    token = DEADLINE.set(deadline)
                    try:
                        hop = self._hop(url, here, headers, cookies, most, deadline)
                    finally:
                        DEADLINE.reset(token)
                if hop.response is not None:
                    moved = hop.response.url if permanent and here != start else None
                    answer = hop.response
                    return Response(**{f: getattr(answer, f) for f in answer.__slots__} | {"moved": moved})
                assert hop.target is not None
                permanent = permanent and hop.permanent
                here = _without_strange_credentials(hop.target, start)
        raise FetchError(url, f"more than {MAX_REDIRECTS} redirects", kind="broken")

    def _allowed(self, url: str) -> float:
        """Seconds the server of `url` wants between two pages. Raises FetchError if it wants none read."""
        agent = self._limits.user_agent.partition("/")[0].split()[0]
        rules = self._manners.rules(url, self._robots)
        if rules.broken:
            wrong = "its server can't say what may be read (robots.txt fails)"
            raise FetchError(url, wrong, retryable=True, status=503)
        if not rules.allows(url, agent):
            raise FetchError(url, "the robots.txt of its server asks programs not to read it", kind="robots")
        return rules.delay(agent)

    def _hop(
        self,
        url: str,
        here: httpx.URL,
        headers: Mapping[str, str],
        cookies: httpx.Cookies,
        most: int,
        deadline: float,
    ) -> _Hop:
        client = self._exempt if self.is_exempt(str(here)) else self._public
        if self._names is not None and client is self._public:
            self._check_name(here)
        request = client.build_request("GET", here, headers=dict(headers))
        cookies.set_cookie_header(request)
        try:
            answer = client.send(request, stream=True)
        except httpx.RemoteProtocolError as error:
            # An idle connection, closed just as it was used again (RFC 9112, 9.3.1): once more, on a new one.
            if "without sending" not in str(error):
                raise
            answer = client.send(request, stream=True)
        try:
            if answer.status_code in _REDIRECTS and "Location" in answer.headers:
                cookies.extract_cookies(answer)
                target = here.join(answer.headers["Location"])
                return _Hop(None, target, answer.status_code in _PERMANENT)
            return _Hop(self._read(url, answer, most, deadline))
        finally:
            answer.close()

    def _check_name(self, here: httpx.URL) -> None:
        assert self._names is not None
        import httpcore

        try:
            self._names.addresses(here.host, here.port or 443, self._limits.timeout)
        except Refused:
            raise
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            log.debug("%s is known to the proxy only", here.host)

    def _read(self, url: str, answer: httpx.Response, most: int, deadline: float) -> Response:
        etag, modified = _tag(answer, "ETag"), _tag(answer, "Last-Modified")
        fresh = max_age(answer.headers.get("Cache-Control"))
        where = str(answer.url.copy_with(username=None, password=None, fragment=None))
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            marks = {"etag": etag, "last_modified": modified}
            return Response(where, b"", "", unchanged=True, fresh_for=fresh, **marks)
        if answer.status_code != httpx.codes.OK:
            raise self._refusal(url, answer, deadline)
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > most:
            raise FetchError(url, too_large(int(announced), most), kind="large")
        body = bytearray()
        for piece in self._pieces(url, answer, most, deadline):
            body += piece
            if len(body) > most:
                raise FetchError(url, too_large(None, most), kind="large")
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Response(
            where,
            bytes(body),
            kind,
            charset=_charset(answer),
            etag=etag,
            last_modified=modified,
            fresh_for=fresh,
        )

    def _pieces(self, url: str, answer: httpx.Response, most: int, deadline: float) -> Iterator[bytes]:
        """The decoded body, a little at a time, for as long as the deadline allows."""

        def raw() -> Iterator[bytes]:
            taken = 0
            for chunk in answer.iter_raw():
                taken += len(chunk)
                # Codings can make many bytes stand for nothing.
                if taken > most + _SLACK:
                    raise FetchError(url, too_large(None, most), kind="large")
                for start in range(0, len(chunk), _SENT):
                    yield chunk[start : start + _SENT]

        for piece in decoded(raw(), answer.headers.get("Content-Encoding", "")):
            if time.monotonic() > deadline:
                raise FetchError(url, f"not finished within {self._limits.timeout:g} s", retryable=True, kind="slow")
            yield piece

    def _refusal(self, url: str, answer: httpx.Response, deadline: float) -> FetchError:
        status = answer.status_code
        said = f"answered {status} {answer.reason_phrase}".rstrip()[:120]
        again = seconds_of(answer.headers.get("Retry-After")) if status in (429, 503) else None
        if again is not None:
            self._manners.rest(str(answer.url), again)
            said += f" and asks to be left alone for {again:.0f} s"
        kind = {401: "login", 404: "missing", 410: "gone", 429: "limited", 451: "blocked"}.get(status, "")
        if status in (401, 403, 405, 406, 429, 503):
            start = bytearray()
            try:
                for piece in self._pieces(url, answer, 65_536, deadline):
                    start += piece
            except (FetchError, BrokenCoding, httpx.HTTPError):
                pass  # What the page of an error says is not needed.
            heads = {name.lower(): value for name, value in answer.headers.items()}
            wall = bot_wall(status, heads, start.decode("utf-8", "replace"))
            kind = "blocked" if wall or status in (403, 405, 406) else kind
            said += f": {wall} keeps programs out" if wall else ""
        return FetchError(
            url,
            said,
            retryable=status in _RETRYABLE,
            kind=kind or ("broken" if status >= 500 else ""),
            status=status,
            retry_after=again,
        )


def _charset(answer: httpx.Response) -> str | None:
    try:
        return answer.charset_encoding
    except (ValueError, LookupError):
        return None


def _tag(answer: httpx.Response, name: str) -> str | None:
    """A validator as it may be sent back; one of absurd length, or that is no header's text, is none."""
    value = answer.headers.get(name)
    return value if value and len(value) <= 1000 and value.isascii() and value.isprintable() else None


def _without_strange_credentials(target: httpx.URL, start: httpx.URL) -> httpx.URL:
    """A redirect brings no credentials along, and takes ours nowhere else."""
    same = origin_of(str(target)) == origin_of(str(start))
    return target.copy_with(
        username=start.username if same and start.username else None,
        password=start.password if same and start.password else None,
    )
