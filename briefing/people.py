"""Users with passwords, sessions and tokens: who comes in, and what they may do.

Passwords are kept as argon2id hashes (RFC 9106), the random secrets of sessions and tokens as SHA-256 digests: they
have 256 bits of their own, and a slow hash would protect nothing. What is compared is compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from briefing.errors import UsageError
from briefing.store.people import Session, Token, User

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from briefing.store import Store

READ, SAY, ASK, RUN, METRICS, ADMIN = "read", "say", "ask", "run", "metrics", "admin"
SCOPES = (READ, SAY, ASK, RUN, METRICS, ADMIN)
"""read: editions, articles, search; say: more, less, mute, wrong; ask: summaries; run: make editions; metrics: figures
for monitors; admin: sources, topics, the log, and all of the others."""

ROLES: dict[str, frozenset[str]] = {"reader": frozenset({READ, SAY, ASK}), "admin": frozenset(SCOPES)}

LONGEST_NAME = 64
SHORTEST, LONGEST = 12, 1024
"""Characters of a password. Length is what counts (NIST SP 800-63B); the upper bound keeps hashing cheap."""
IDLE, LONGEST_SESSION = timedelta(days=14), timedelta(days=90)
"""A session ends this long after it was last used, and this long after it began."""
SEEN_EVERY = timedelta(minutes=10)
"""How exactly it is noted when a session or a token was last used."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_TOKEN = re.compile(r"brf_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_HASHING = BoundedSemaphore(2)
"""A hash takes 64 MiB; many logins at once wait for each other instead of for memory."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new token; `text` is shown once and kept nowhere."""

    token: Token
    text: str


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password fits, so that an unknown name costs the same time as a known one."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _normal(password: str) -> str:
    # What keyboards of different systems make of the same keys (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFKC", password)


def check_name(name: str) -> str:
    """The name, if it can be a user's. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(f'a user is called by small letters, digits and . _ @ -, got "{name}"')
    return name


def hashed(password: str) -> str:
    """A password's hash. Raises UsageError if it is too short or too long."""
    text = _normal(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {LONGEST} characters")
    if len(set(text)) < 4:
        raise UsageError("this password is too easily guessed")
    with _HASHING:
        return _hasher().hash(text)


def checked(store: Store, name: str, password: str) -> User | None:
    """The user, if the password is theirs. It takes as long for a name nobody has."""
    from argon2.exceptions import InvalidHashError, VerificationError

    user = store.people.user(name) if _NAME.fullmatch(name) else None
    text = _normal(password[:LONGEST])
    kept = user.password if user is not None and user.password else None
    with _HASHING:
        try:
            _hasher().verify(kept or _nobody(), text)
        except (VerificationError, InvalidHashError):
            return None
        if user is None or kept is None:
            return None
        if _hasher().check_needs_rehash(kept):
            store.people.rehash(user.name, _hasher().hash(text))
    return user


def digest_of(secret: str) -> str:
    """What is kept of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


# Sessions


def begin_session(store: Store, user: User, now: datetime, agent: str, replaces: str | None) -> str:
    """Begin a session and return what its cookie holds. The one the browser had before (`replaces`) ends, so nobody
    can be logged into a session that somebody else knows."""
    secret = secrets.token_urlsafe(32)
    session = Session(digest_of(secret), user.name, now, now, agent[:200])
    store.people.begin_session(session, digest_of(replaces) if replaces else None, now - IDLE)
    return secret


def session_of(store: Store, secret: str, now: datetime) -> tuple[Session, User] | None:
    """The session a cookie belongs to and its user, while it lasts."""
    found = store.people.session(digest_of(secret))
    if found is None:
        return None
    session, user = found
    if now - session.seen > IDLE or now - session.created > LONGEST_SESSION:
        return None
    if now - session.seen > SEEN_EVERY:
        store.people.saw_session(session.digest, now)
    return session, user


# Tokens


def make_token(
    store: Store, user: User, name: str, scopes: Iterable[str], now: datetime, lasts: timedelta | None
) -> Made:
    """A new token of the user. Raises UsageError if they may not do what its scopes say, or a scope is not known."""
    wanted = tuple(dict.fromkeys(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise UsageError(f"a token's scopes are some of {', '.join(SCOPES)}")
    beyond = [scope for scope in wanted if scope not in ROLES[user.role]]
    if beyond:
        raise UsageError(f"{user.name} is no admin and can't give the scope {', '.join(beyond)}")
    if not name.strip() or len(name) > 64:
        raise UsageError("a token's name has 1 to 64 characters")
    identity, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    expires = now + lasts if lasts else None
    token = Token(identity, user.name, name.strip(), digest_of(secret), wanted, now, expires, None)
    store.people.add_token(token)
    return Made(token, f"brf_{identity}_{secret}")


def token_of(store: Store, text: str, now: datetime) -> tuple[Token, User] | None:
    """The token a program showed and its user, while it lasts."""
    match = _TOKEN.fullmatch(text)
    found = store.people.token(match[1]) if match else None
    if match is None or found is None:
        return None
    token, user = found
    if not hmac.compare_digest(token.digest, digest_of(match[2])):
        return None
    if token.expires is not None and token.expires <= now:
        return None
    if token.used is None or now - token.used > SEEN_EVERY:
        store.people.used_token(token.id, now)
    return token, user
