"""The only way out to the network: http and https, bounded in bytes, time and redirects."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote, urlsplit

import httpx
import stamina

from briefing.errors import FetchError

log = logging.getLogger(__name__)

MAX_REDIRECTS = 5
_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Response:
    """What an address answered. `body` is decoded; it is empty where `unchanged` (304) is True."""

    url: str
    body: bytes
    media_type: str
    charset: str | None = None
    unchanged: bool = False
    etag: str | None = None
    last_modified: str | None = None
    fresh_for: float | None = None
    """Seconds within which the server says that asking again brings nothing new."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request: seconds for the whole response, bytes of the decoded body, tries."""

    timeout: float = 20.0
    max_bytes: int = 10_000_000
    tries: int = 3
    user_agent: str = "briefing"
    waits: tuple[float, float] = field(default=(0.5, 4.0))
    """Seconds before the second try, and the longest wait between two."""


class Fetcher:
    """Fetches addresses within `limits`. Use as a context manager, or call `close`.

    Nothing of the environment is used: no proxies, no .netrc. `transport` stands in for the network in tests.
    """

    def __init__(self, limits: Limits, transport: httpx.BaseTransport | None = None) -> None:
        self._limits = limits
        self._client = httpx.Client(
            transport=transport,
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            timeout=httpx.Timeout(limits.timeout),
            headers={"User-Agent": limits.user_agent, "Accept-Encoding": "gzip, deflate"},
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
        self._client.close()

    def get(self, url: str, *, accept: str = "*/*", etag: str | None = None, modified: str | None = None) -> Response:
        """Fetch `url`; with `etag` or `modified` (as once answered) the answer may be `unchanged`.

        What may pass by itself (time-outs, broken connections, 429, 5xx) is tried again. Raises FetchError.
        """
        if urlsplit(url).scheme not in ("http", "https"):
            raise FetchError(url, "only http and https addresses are fetched")
        headers = {"Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        first, longest = self._limits.waits
        for attempt in stamina.retry_context(
            # A server that names a time is not asked again before it.
            on=lambda error: isinstance(error, FetchError) and error.retryable and not error.retry_after,
            attempts=self._limits.tries,
            timeout=self._limits.timeout * self._limits.tries,
            wait_initial=first,
            wait_max=longest,
        ):
            with attempt:
                return self._once(url, headers)
        raise AssertionError("stamina either returns or raises")

    def _once(self, url: str, headers: Mapping[str, str]) -> Response:
        deadline = time.monotonic() + self._limits.timeout
        try:
            with self._client.stream("GET", url, headers=dict(headers)) as answer:
                return self._read(url, answer, deadline)
        except httpx.TooManyRedirects as error:
            raise FetchError(url, f"more than {MAX_REDIRECTS} redirects") from error
        except httpx.UnsupportedProtocol as error:
            raise FetchError(url, "redirected to something that is not http or https") from error
        except httpx.ConnectTimeout as error:
            raise FetchError(url, f"no connection within {self._limits.timeout:g} s", retryable=True) from error
        except httpx.TimeoutException as error:
            raise FetchError(url, f"no answer within {self._limits.timeout:g} s", retryable=True) from error
        except httpx.ConnectError as error:
            raise FetchError(url, f"can't be reached: {_cause(error)}", retryable=True) from error
        except httpx.DecodingError as error:
            raise FetchError(url, f"the answer's compression is broken: {error}") from error
        except httpx.TransportError as error:
            raise FetchError(url, f"the connection broke: {_cause(error)}", retryable=True) from error
        except (httpx.InvalidURL, httpx.HTTPError, UnicodeError, ValueError) as error:
            # The library's own words may quote the address, and an address may hold a password.
            raise FetchError(url, f"not an address that can be fetched ({type(error).__name__})") from error

    def _read(self, url: str, answer: httpx.Response, deadline: float) -> Response:
        etag, modified = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
        fresh = max_age(answer.headers.get("Cache-Control", ""))
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            marks = {"etag": etag, "last_modified": modified, "fresh_for": fresh}
            return Response(_public(answer.url), b"", "", unchanged=True, **marks)
        if answer.status_code != httpx.codes.OK:
            raise FetchError(
                url,
                f"answered {answer.status_code} {answer.reason_phrase}".rstrip(),
                retryable=answer.status_code in _RETRYABLE,
                status=answer.status_code,
                retry_after=seconds_until(answer.headers.get("Retry-After", ""), answer.headers.get("Date", "")),
            )
        limit = self._limits.max_bytes
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > limit:
            raise FetchError(url, _too_large(int(announced), limit))
        body = bytearray()
        for chunk in answer.iter_bytes(65536):
            body += chunk
            if len(body) > limit:
                raise FetchError(url, _too_large(None, limit))
            if time.monotonic() > deadline:
                raise FetchError(url, f"not finished within {self._limits.timeout:g} s", retryable=True)
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Response(
            _public(answer.url),
            bytes(body),
            kind,
            charset=answer.charset_encoding,
            etag=etag,
            last_modified=modified,
            fresh_for=fresh,
        )


def max_age(header: str) -> float | None:
    """Seconds of a Cache-Control header's max-age, or None.

    >>> max_age("public, max-age=1800"), max_age("no-cache, max-age=60"), max_age("")
    (1800.0, None, None)
    """
    parts = [part.strip().lower() for part in header.split(",")]
    if "no-cache" in parts or "no-store" in parts:
        return None
    ages = [part.partition("=")[2].strip('"') for part in parts if part.startswith("max-age=")]
    return float(ages[0]) if ages and ages[0].isdecimal() else None


def seconds_until(header: str, date: str) -> float | None:
    """Seconds of a Retry-After header, which may hold a date; `date` is the server's own time.

    >>> seconds_until("120", ""), seconds_until("Wed, 11 Mar 2026 13:00:00 GMT", "Wed, 11 Mar 2026 12:00:00 GMT")
    (120.0, 3600.0)
    """
    if header.strip().isdecimal():
        return float(header)
    try:
        wait = parsedate_to_datetime(header) - parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())


def _public(url: httpx.URL) -> str:
    """The address without user and password: links are made from it."""
    return str(url.copy_with(userinfo=b"") if url.userinfo else url)


def _cause(error: BaseException) -> str:
    """The innermost cause in plain words; httpx's own messages are often empty."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    text = str(error)
    return text.partition("] ")[2] or text or type(error).__name__


def _too_large(size: int | None, limit: int) -> str:
    known = f"{size / 1e6:.1f} MB, " if size is not None else ""
    return f"too large: {known}more than the {limit / 1e6:g} MB that are read (fetch.max_megabytes)"


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a local file within the same bound. Raises FetchError."""
    try:
        if not path.is_file():
            raise FetchError(str(path), "there is no such file" if not path.exists() else "this is not a file")
        size = path.stat().st_size
        if size > max_bytes:
            raise FetchError(str(path), _too_large(size, max_bytes))
        with path.open("rb") as handle:
            body = handle.read(max_bytes + 1)
    except OSError as error:
        raise FetchError(str(path), f"can't be read: {error.strerror}") from error
    if len(body) > max_bytes:
        raise FetchError(str(path), _too_large(None, max_bytes))
    return body


def local_path(url: str) -> Path | None:
    """The file a source's address means, or None where it is an address on the network."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(url) if len(parts.scheme) < 2 else None
