"""What went wrong with a request, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from briefing.errors import FetchError
from briefing.fetch.decoding import BrokenCoding
from briefing.fetch.network import Refused


@contextmanager
def mapped(url: str, seconds: float) -> Iterator[None]:
    """httpx's errors as ours, in plain words."""
    import httpcore

    try:
        yield
    except BrokenCoding as error:
        raise FetchError(url, f"the answer's compression is broken: {error}", kind="broken") from error
    except (httpx.ConnectError, Refused) as error:
        if isinstance(error, Refused) or isinstance(error.__cause__, Refused):
            raise FetchError(url, f"not asked: {error}", kind="refused") from error
        raise FetchError(url, f"can't be reached: {_cause(error)}", retryable=True, kind="unreachable") from error
    except httpx.ConnectTimeout as error:
        raise FetchError(url, f"no connection within {seconds:g} s", retryable=True, kind="slow") from error
    except (httpx.TimeoutException, httpcore.TimeoutException) as error:
        raise FetchError(url, f"no answer within {seconds:g} s", retryable=True, kind="slow") from error
    except httpx.UnsupportedProtocol as error:
        raise FetchError(url, "redirected to something that is not http or https", kind="refused") from error
    except httpx.TransportError as error:
        raise FetchError(url, f"the connection broke: {_cause(error)}", retryable=True, kind="broken") from error
    except (httpx.InvalidURL, httpx.HTTPError, UnicodeError, ValueError) as error:
        # The library's own words may quote the address, and an address may hold a password.
        words = f"not an address that can be fetched ({type(error).__name__})"
        raise FetchError(url, words, kind="refused") from error


def _cause(error: BaseException) -> str:
    """The innermost cause in plain words; httpx's own messages are often empty."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    text = str(error)
    return text.partition("] ")[2] or text or type(error).__name__


def too_large(size: int | None, limit: int) -> str:
    """What is said of content past the limit; sizes in bytes."""
    known = f"{size / 1e6:.1f} MB, " if size is not None else ""
    return f"too large: {known}more than the {limit / 1e6:g} MB that are read (fetch.max_megabytes)"
