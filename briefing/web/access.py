"""Who asks, and what they may do. Every route names its rule: `Needs` a scope, or `Public`."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Form, Request, Response

from briefing import people
from briefing.people import ADMIN, ASK, METRICS, READ, RUN, SAY, SCOPES
from briefing.web.problems import Refused
from briefing.web.security import SAFE

if TYPE_CHECKING:
    from briefing.config import BriefingConfig, TopicConfig
    from briefing.web.site import Site

__all__ = [
    "ADMIN", "ASK", "METRICS", "READ", "RUN", "SAY", "SCOPES", "SESSION", "Needs", "NotLoggedIn", "Public", "Reader",
    "briefings_of", "client_address", "form_token", "from_our_form", "is_https", "keep_form_cookie", "known_reader",
    "may_see", "reader_of", "rules_of", "session_cookie", "site_of", "topics_of",
]  # fmt: skip

FORM_COOKIE = "briefing_form"
OWNER, SESSION, PROXY, TOKEN = "loopback", "session", "proxy", "token"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. The owner of an installation without users has no name and may do everything.

    `via` is how they came: loopback, session, proxy, token. `session` is the digest of their session.
    """

    name: str = ""
    role: str = "admin"
    scopes: frozenset[str] = frozenset(SCOPES)
    via: str = OWNER
    session: str = ""

    def may(self, scope: str) -> bool:
        """Whether this reader may do what `scope` covers."""
        return scope in self.scopes or ADMIN in self.scopes

    @property
    def by_browser(self) -> bool:
        """Whether the browser proves by itself who asks, so that another page could make it ask."""
        return self.via in (SESSION, PROXY)


class NotLoggedIn(Refused):
    """Nobody is known to ask, and this is not for everybody."""

    def __init__(self, detail: str = "Log in, or send a token: Authorization: Bearer ...") -> None:
        super().__init__(401, detail, {"WWW-Authenticate": 'Bearer realm="briefing"'})


def site_of(request: Request) -> Site:
    """The process's site."""
    site: Site = request.app.state.site
    return site


# Where a request comes from


def _trusted(site: Site, address: str) -> bool:
    """Whether the configured proxy connects from there."""
    proxy = site.app.config.web.proxy
    if proxy is None:
        return False
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ipaddress.ip_network(one, strict=False) for one in proxy.addresses)


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def client_address(request: Request) -> str:
    """Who connects: the peer, or whom the trusted proxy names last."""
    site, peer = site_of(request), _peer(request)
    if not _trusted(site, peer):
        return peer
    named = [one.strip() for one in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
    return next((one[:64] for one in reversed(named) if one and not _trusted(site, one)), peer)


def is_https(request: Request) -> bool:
    """Whether the browser came by https, as far as can be known."""
    site = site_of(request)
    if site.app.config.web.https or request.url.scheme == "https":
        return True
    return _trusted(site, _peer(request)) and request.headers.get("x-forwarded-proto", "").strip().lower() == "https"


def session_cookie(request: Request) -> str:
    """The name of the session's cookie. With the prefix a browser takes it from https and this host only."""
    return "__Host-briefing_session" if is_https(request) else "briefing_session"


# Who asks


def reader_of(request: Request) -> Reader | None:
    """Who asks; None if that is not known. Raises Refused for a wrong token, or where nobody can be known."""
    if not hasattr(request.state, "reader"):
        request.state.reader = _found(request)
    found: Reader | None = request.state.reader
    return found


def known_reader(request: Request) -> Reader | None:
    """Who asks, for pages that tell of a refusal: None where `reader_of` raises."""
    try:
        return reader_of(request)
    except Refused:
        return None


def _found(request: Request) -> Reader | None:
    site = site_of(request)
    store, now = site.app.store, site.app.now()
    if not site.locked:
        if not site.loopback:
            raise Refused(503, "This page has no users, and can be reached from other machines.")
        return Reader()
    bearer = request.headers.get("authorization")
    if bearer is not None and bearer[:7].lower() == "bearer ":
        shown = people.token_of(store, bearer[7:].strip(), now)
        if shown is None:
            # Who shows a wrong token is told so, whoever else they may be.
            raise NotLoggedIn("This token is not known, or has ended.")
        token, user = shown
        return Reader(user.name, user.role, people.ROLES[user.role] & set(token.scopes), TOKEN)
    proxy = site.app.config.web.proxy
    if proxy is not None and _trusted(site, _peer(request)):
        named = request.headers.getlist(proxy.header)
        # Two of them: one came through from outside.
        if len(named) == 1 and named[0].strip():
            return _proxied(site, named[0].strip(), proxy.role)
    cookie = request.cookies.get(session_cookie(request))
    kept = people.session_of(store, cookie[:100], now) if cookie else None
    if kept is None:
        return None
    session, user = kept
    return Reader(user.name, user.role, people.ROLES[user.role], SESSION, session.digest)


def _proxied(site: Site, name: str, role: str | None) -> Reader | None:
    # A name that is too long is not cut: the beginning may be somebody else's.
    user = site.app.store.people.user(name) if len(name) <= people.LONGEST_NAME else None
    found = user.role if user is not None else role
    if found is None or len(name) > people.LONGEST_NAME:
        raise Refused(403, "The proxy names somebody who is no user here.")
    return Reader(name, found, people.ROLES[found], PROXY)


# Forms


def form_token(request: Request) -> str:
    """The token that forms carry: a mark over who asks and over a random value in a cookie, which only this process's
    installation can make. What another page makes a browser send has the cookie, but can't have the token."""
    seed = getattr(request.state, "form_seed", None) or request.cookies.get(FORM_COOKIE, "")
    if not 20 <= len(seed) <= 64:
        seed = secrets.token_urlsafe(24)
    request.state.form_seed = seed
    return _mark(request, seed)


def keep_form_cookie(request: Request, response: Response) -> None:
    """Give the browser the random value that the tokens of this answer's forms belong to."""
    seed = getattr(request.state, "form_seed", None)
    if seed and request.cookies.get(FORM_COOKIE) != seed:
        response.set_cookie(FORM_COOKIE, seed, httponly=True, samesite="lax", secure=is_https(request))


def _mark(request: Request, seed: str) -> str:
    reader = known_reader(request)
    bound = "" if reader is None else f"{reader.via} {reader.session or reader.name}"
    return hmac.new(site_of(request).form_secret, f"{bound}\n{seed}".encode(), hashlib.sha256).hexdigest()


def token_holds(request: Request, given: str | None) -> bool:
    """Whether a form was made by a page of ours, for this reader in this browser."""
    seed = request.cookies.get(FORM_COOKIE)
    return bool(seed and given and hmac.compare_digest(_mark(request, seed).encode(), given.encode()))


def from_our_form(request: Request, token: Annotated[str, Form(alias="form_token", max_length=200)] = "") -> None:
    """A dependency of every form. Raises Refused if it was not made by a page of ours."""
    if not token_holds(request, token or request.headers.get("x-form-token")):
        raise Refused(403, "This form has expired. Load the page again and send it once more.")


# Rules


class Needs:
    """A rule of a route, and a dependency: the reader, if they may do what `scope` covers.

    Raises NotLoggedIn, Refused. What changes something is counted, and by a browser's cookie it needs the token of a
    page of ours: forms have it as a field (`from_our_form`), the API as the header X-Form-Token.
    """

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, request: Request) -> Reader:
        """The reader."""
        reader = reader_of(request)
        if reader is None:
            raise NotLoggedIn
        if not reader.may(self.scope):
            raise Refused(403, f"This needs the right to {self.scope}.")
        if request.method not in SAFE:
            site_of(request).pacing.change(reader.name or client_address(request))
            by_api = request.url.path.startswith("/api/")
            if by_api and reader.by_browser and not token_holds(request, request.headers.get("x-form-token")):
                raise Refused(403, "A change by a browser's login needs the header X-Form-Token of a page.")
        return reader


class Public:
    """A rule of a route: it is for everybody. As a dependency: the reader, or None; without `ask` always None."""

    def __init__(self, *, ask: bool = True) -> None:
        self._ask = ask

    def __call__(self, request: Request) -> Reader | None:
        """Who asks, if that is known."""
        return reader_of(request) if self._ask else None


def rules_of(dependant: Any) -> Iterator[Needs | Public | Callable[..., Any]]:
    """The rules of a route, and `from_our_form` where it asks for that, from what FastAPI knows of it."""
    for one in dependant.dependencies:
        if isinstance(one.call, Needs | Public) or one.call is from_our_form:
            yield one.call
        yield from rules_of(one)


# What a reader sees


def briefings_of(request: Request, reader: Reader) -> tuple[BriefingConfig, ...]:
    """The briefings a reader sees: their own, and those that are everybody's. Admins see all."""
    every = site_of(request).app.config.briefings
    if reader.role == "admin":
        return every
    return tuple(one for one in every if one.reader in ("", reader.name))


def may_see(request: Request, reader: Reader, briefing: str) -> bool:
    """Whether a reader sees the editions of a briefing; one that is configured no more is for admins."""
    return reader.role == "admin" or any(one.name == briefing for one in briefings_of(request, reader))


def topics_of(request: Request, reader: Reader) -> tuple[TopicConfig, ...]:
    """The topics of the briefings a reader sees."""
    every = site_of(request).app.config.topics
    seen = briefings_of(request, reader)
    if reader.role == "admin" or any(one.topics is None for one in seen):
        return every
    names = {name.casefold() for one in seen for name in one.topics or ()}
    return tuple(topic for topic in every if topic.name.casefold() in names)
