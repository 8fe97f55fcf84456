"""Editions as JSON to an address of one's own, as Standard Webhooks (standardwebhooks.com) has it.

A receiver knows a message by `webhook-id`, which stays the same when it is tried again, and its sender by
`webhook-signature`: HMAC-SHA-256 over id, time and body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from briefing.config import WebhookChannelConfig
from briefing.errors import DeliveryError
from briefing.types import Message, Recipient

log = logging.getLogger(__name__)

# The receiver won't take this message later either. Everything else may pass.
_FINAL = frozenset({400, 401, 403, 405, 406, 411, 413, 414, 415, 422, 431, 451, 501})
_LONGEST_WAIT = 6 * 3600.0
_READ = 4096


def signature(secret: str, identity: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: version and base64 of the mark. `secret` may begin with whsec_."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = hmac.new(key, f"{identity}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mark).decode()}"


class WebhookChannel:
    """2xx is delivered; 410 ends it for good; 408, 429, 5xx and broken connections are tried again."""

    repeatable = True
    formats: tuple[str, ...] = ("json",)

    def __init__(self, config: WebhookChannelConfig, base: Path, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self.name = "webhook"
        self._where = config.name or urlsplit(config.url.get_secret_value()).hostname or "webhook"

    def recipients(self) -> tuple[Recipient, ...]:
        """The receiver, by its name: its address may hold a key."""
        return (Recipient(self.name, self._where),)

    def send(self, message: Message) -> str:
        """Post one edition. Raises DeliveryError; `gone` where the receiver answers 410."""
        import httpx

        identity = f"msg_{message.id.strip('<>').partition('@')[0]}"
        timestamp = int(self._clock())
        made = message.made.isoformat().replace("+00:00", "Z")
        body = f'{{"type":"edition.published","timestamp":"{made}","data":{message.bodies["json"].strip()}}}'.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "briefing",
            "webhook-id": identity,
            "webhook-timestamp": str(timestamp),
        }
        if self._config.secret is not None:
            headers["webhook-signature"] = signature(self._config.secret.get_secret_value(), identity, timestamp, body)
        deadline = time.monotonic() + self._config.timeout
        try:
            # Nothing of the environment is used, and no redirect is followed: the address is where the reader said.
            with (
                httpx.Client(timeout=self._config.timeout, trust_env=False) as client,
                client.stream("POST", self._config.url.get_secret_value(), content=body, headers=headers) as answer,
            ):
                said = self._said(answer, deadline)
        except httpx.TimeoutException as error:
            words = f"no answer within {self._config.timeout:g} s"
            raise DeliveryError(self._where, words, retryable=True) from error
        except httpx.ConnectError as error:
            raise DeliveryError(self._where, "can't be reached", retryable=True) from error
        except httpx.TransportError as error:
            # The same id comes again, so a receiver that had it already takes it once.
            raise DeliveryError(self._where, "the connection broke", retryable=True) from error
        except (httpx.InvalidURL, httpx.HTTPError, UnicodeError, ValueError) as error:
            raise DeliveryError(self._where, "its address is not one that can be posted to") from error
        self._judge(answer.status_code, answer.headers.get("retry-after"), said)
        return f"taken by {self._where} ({answer.status_code})"

    @staticmethod
    def _said(answer: object, deadline: float) -> str:
        """The opening of what the receiver says; the rest is nobody's business and may never end."""
        import httpx

        assert isinstance(answer, httpx.Response)
        got = bytearray()
        for chunk in answer.iter_bytes(_READ):
            got += chunk
            if len(got) >= _READ or time.monotonic() > deadline:
                break
        return got.decode("utf-8", "replace")

    def _judge(self, status: int, retry_after: str | None, said: str) -> None:
        if 200 <= status < 300:
            return
        try:
            words = f"answered {status} {HTTPStatus(status).phrase}"
        except ValueError:
            words = f"answered {status}"
        log.info("webhook %s %s: %s", self._where, words, said[:200].replace(self._config.url.get_secret_value(), "…"))
        if status == HTTPStatus.GONE:
            raise DeliveryError(self._where, f"{words}; nothing more is sent there", gone=True)
        if 300 <= status < 400:
            raise DeliveryError(self._where, f"{words}; redirects are not followed, so name the address it moved to")
        wait = _seconds(retry_after, self._clock()) if status in (429, 503) else None
        raise DeliveryError(self._where, words, retryable=status not in _FINAL, wait=wait)


def _seconds(retry_after: str | None, now: float) -> float | None:
    """What `Retry-After` asks for, as seconds from now; None if it asks for nothing that can be read."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        asked = float(retry_after.strip()[:9])
    else:
        try:
            asked = parsedate_to_datetime(retry_after).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(asked, 0.0), _LONGEST_WAIT)
