"""Marks that a reader's answer must carry: who may say what about what. Pure; the secret is an argument.

A link in a mail, or the address it is answered to, comes back from the open network. What it asks for is done only if
it was made here, for this reader, and is not too old.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from briefing.errors import UsageError

__all__ = ["Signed", "Signer"]

_TAG = 16
"""Bytes of a mark: 128 bits of HMAC-SHA-256 (RFC 2104 lets it be cut to half its length)."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a token says: `reader` may do `action` to `target`, until `expires` where that is given."""

    action: str
    reader: str
    target: str
    expires: datetime | None = None


class Signer:
    """Signs and verifies with HMAC-SHA-256. Raises ValueError if the secret is shorter than 16 bytes.

    >>> signer = Signer(b"a secret of sixteen or more bytes")
    >>> token = signer.sign("more", "ada@example.org", "5d41402abc4b2a76/3")
    >>> signer.verify(token, datetime(2026, 3, 10, tzinfo=UTC)).target
    '5d41402abc4b2a76/3'
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret has fewer than 16 bytes")
        self._secret = secret

    def _mark(self, purpose: str, message: bytes) -> bytes:
        # The purpose stands first, so that a mark made for one use says nothing in another.
        whole = purpose.encode() + b"\0" + message
        return hmac.new(self._secret, whole, hashlib.sha256).digest()[:_TAG]

    def sign(self, action: str, reader: str, target: str, expires: datetime | None = None) -> str:
        """A token of letters, digits, "-", "_" and one "." that can stand in an address of the web."""
        until = int(expires.timestamp()) if expires else None
        body = json.dumps([action, reader, target, until], ensure_ascii=False, separators=(",", ":")).encode()
        return f"{_packed(body)}.{_packed(self._mark('token', body))}"

    def verify(self, token: str, now: datetime) -> Signed:
        """What a token says. Raises UsageError if it was not made with this secret, or is too old."""
        body, _, mark = token.strip().partition(".")
        try:
            raw, given = _unpacked(body), _unpacked(mark)
        except (binascii.Error, ValueError) as error:
            raise UsageError("this link is damaged; copy it whole") from error
        if not hmac.compare_digest(given, self._mark("token", raw)):
            raise UsageError("this link was not made by this briefing, or was changed on its way")
        action, reader, target, until = json.loads(raw)
        expires = datetime.fromtimestamp(until, UTC) if until is not None else None
        if expires is not None and now > expires:
            raise UsageError(f"this link was good until {expires:%Y-%m-%d} and is not taken any more")
        return Signed(action, reader, target, expires)

    def code(self, reader: str, target: str) -> str:
        """26 small letters and digits for what people answer to, such as reply+CODE@example.org.

        It holds nothing: who checks it must know the reader and the target. Capitals do not matter.
        """
        mark = self._mark("code", json.dumps([reader, target], ensure_ascii=False).encode())
        return base64.b32encode(mark).decode().rstrip("=").lower()

    def is_code(self, code: str, reader: str, target: str) -> bool:
        """Whether `code` was made for this reader and target."""
        return hmac.compare_digest(code.strip().lower().encode(), self.code(reader, target).encode())


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
