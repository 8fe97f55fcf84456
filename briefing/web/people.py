"""Coming in and going out; a reader's own password, sessions and tokens; the log."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from briefing import people
from briefing.errors import UsageError
from briefing.store import User
from briefing.web import schemas, views
from briefing.web.access import (
    ADMIN,
    READ,
    SESSION,
    Needs,
    Public,
    Reader,
    client_address,
    from_our_form,
    is_https,
    session_cookie,
    site_of,
)
from briefing.web.pages import page
from briefing.web.problems import Refused, documented

api = APIRouter(prefix="/api/v1", responses=documented(400, 401, 403, 413, 421, 422, 429, 500))
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Anybody = Annotated[Reader | None, Depends(Public())]
CanRead = Annotated[Reader, Depends(Needs(READ))]
CanChange = Annotated[Reader, Depends(Needs(ADMIN))]
PER_PAGE = 100


def _next(where: str) -> str:
    """Where to go after logging in: a path of ours, never another site."""
    return where if re.fullmatch(r"/(?![/\\])[^\\\x00-\x20]*", where[:2000]) else "/"


@pages.get("/login")
def login_page(request: Request, reader: Anybody, next: str = "/") -> Response:
    """The form."""
    if reader is not None:
        return RedirectResponse(_next(next), 303)
    return page(request, "login", {"next": _next(next), "name": "", "wrong": ""})


@pages.post("/login", dependencies=[Depends(from_our_form)])
def login(
    request: Request,
    reader: Anybody,
    name: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=4096)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Log in. Whatever session the browser had ends, and a new one begins."""
    site = site_of(request)
    name, address = name.strip().lower(), client_address(request)
    site.pacing.login(name, address)
    user = people.checked(site.app.store, name, password)
    if user is None:
        site.note(None, "login refused", name, f"from {address}")
        wrong = "The name or the password is wrong."
        return page(request, "login", {"next": _next(next), "name": name, "wrong": wrong}, 401)
    site.pacing.logged_in(name, address)
    site.note(Reader(user.name, user.role), "login", user.name, f"from {address}")
    return _admitted(request, user, RedirectResponse(_next(next), 303))


def _admitted(request: Request, user: User, response: Response) -> Response:
    """The answer, with a new session's cookie."""
    site, cookie = site_of(request), session_cookie(request)
    agent = request.headers.get("user-agent", "")
    secret = people.begin_session(site.app.store, user, site.app.now(), agent, request.cookies.get(cookie))
    response.set_cookie(
        cookie, secret, max_age=int(people.IDLE.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=is_https(request),
    )  # fmt: skip
    return response


@pages.post("/logout", dependencies=[Depends(from_our_form)])
def logout(request: Request, reader: Anybody) -> Response:
    """Log out: the session ends here and in the browser."""
    response = RedirectResponse("/login", 303)
    if reader is not None and reader.via == SESSION:
        site = site_of(request)
        site.app.store.people.end_sessions(reader.name, only=reader.session)
        site.note(reader, "logout", reader.name)
    cookie = session_cookie(request)
    response.delete_cookie(cookie, path="/", httponly=True, samesite="lax", secure=is_https(request))
    return response


# A reader's own


def _browser(agent: str) -> str:
    """A browser and its system in words, from what it says of itself."""
    browsers = (
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (("Android", "Android"), ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Windows", "Windows"),
               ("Mac OS", "a Mac"), ("Linux", "Linux"))  # fmt: skip
    name = next((name for mark, name in browsers if mark in agent), agent[:60] or "a browser")
    system = next((name for mark, name in systems if mark in agent), "")
    return f"{name} on {system}" if system else name


def _account(request: Request, reader: Reader, status: int = 200, **said: Any) -> Response:
    site = site_of(request)
    if not reader.name:
        raise Refused(404, "This page has no users: whoever sits at this machine is its owner.")
    store, zone = site.app.store.people, site.app.briefing(None).time_zone
    user = store.user(reader.name)
    rights = people.ROLES[reader.role]
    values: dict[str, Any] = {
        "role": reader.role,
        "has_password": user is not None and user.password is not None,
        "is_user": user is not None,
        "scopes": [scope for scope in people.SCOPES if scope in rights],
        "sessions": [
            {
                "agent": _browser(one.agent), "began": views.when(one.created, zone),
                "seen": views.when(one.seen, zone), "this": one.digest == reader.session,
            }
            for one in store.sessions(reader.name)
        ],
        "tokens": [
            {
                "id": one.id, "name": one.name, "scopes": ", ".join(one.scopes),
                "expires": views.when(one.expires, zone) if one.expires else "never",
                "used": views.when(one.used, zone) if one.used else "never",
            }
            for one in store.tokens(reader.name)
        ],
        "shortest": people.SHORTEST, "wrong": "", "done": "", "token": "",
    }  # fmt: skip
    response = page(request, "account", values | said, status)
    if said.get("token"):
        # It is shown once; no cache may show it again.
        response.headers["Cache-Control"] = "no-store"
    return response


def _by_person(reader: Reader) -> None:
    if reader.via == "token":
        raise Refused(403, "A token can't change passwords, sessions and tokens.")


@pages.get("/account")
def account(request: Request, reader: CanRead) -> Response:
    """One's own password, sessions and tokens."""
    return _account(request, reader)


@pages.post("/account/password", dependencies=[Depends(from_our_form)])
def change_password(
    request: Request,
    reader: CanRead,
    current: Annotated[str, Form(max_length=4096)] = "",
    new: Annotated[str, Form(max_length=4096)] = "",
) -> Response:
    """A new password; all other sessions end."""
    _by_person(reader)
    site = site_of(request)
    store = site.app.store
    site.pacing.login(reader.name, client_address(request))
    user = people.checked(store, reader.name, current)
    if user is None:
        return _account(request, reader, 422, wrong="The current password is wrong.")
    site.pacing.logged_in(reader.name, client_address(request))
    try:
        hashed = people.hashed(new)
    except UsageError as error:
        return _account(request, reader, 422, wrong=f"Nothing was changed: {error}.")
    store.people.change_user(user.name, password=hashed)
    site.note(reader, "password", user.name)
    response = RedirectResponse("/account", 303)
    return _admitted(request, user, response) if reader.via == SESSION else response


@pages.post("/account/sessions", dependencies=[Depends(from_our_form)])
def end_sessions(request: Request, reader: CanRead) -> Response:
    """End all sessions but this one."""
    _by_person(reader)
    site = site_of(request)
    ended = site.app.store.people.end_sessions(reader.name, but=reader.session)
    site.note(reader, "sessions ended", reader.name, str(ended))
    return RedirectResponse("/account", 303)


@pages.post("/account/tokens", dependencies=[Depends(from_our_form)])
def make_token(
    request: Request,
    reader: CanRead,
    name: Annotated[str, Form(max_length=64)] = "",
    scope: Annotated[list[str] | None, Form()] = None,
    days: Annotated[Literal["30", "90", "365", ""], Form()] = "90",
) -> Response:
    """A token, shown once."""
    _by_person(reader)
    site = site_of(request)
    store = site.app.store
    user = store.people.user(reader.name)
    if user is None:
        raise Refused(403, "Only a user of this installation can have tokens.")
    lasts = timedelta(days=int(days)) if days else None
    try:
        made = people.make_token(store, user, name, (scope or [])[:20], site.app.now(), lasts)
    except UsageError as error:
        return _account(request, reader, 422, wrong=f"No token was made: {error}.")
    site.note(reader, "token made", made.token.name, ", ".join(made.token.scopes))
    return _account(request, reader, token=made.text)


@pages.post("/account/tokens/revoke", dependencies=[Depends(from_our_form)])
def revoke_token(
    request: Request, reader: CanRead, identity: Annotated[str, Form(alias="id", max_length=16)] = ""
) -> Response:
    """Take a token out."""
    _by_person(reader)
    site = site_of(request)
    if site.app.store.people.remove_token(identity, reader.name):
        site.note(reader, "token removed", identity)
    return RedirectResponse("/account", 303)


# The log


@pages.get("/log")
def log_page(
    request: Request, reader: CanChange, before: Annotated[int | None, Query(ge=0, le=2**62)] = None
) -> Response:
    """What was changed by whom."""
    site = site_of(request)
    rows = site.app.store.people.log(PER_PAGE + 1, before)
    zone = site.app.briefing(None).time_zone
    lines = [
        {
            "when": views.when(one.at, zone), "who": one.who or "nobody", "via": one.via, "action": one.action,
            "subject": one.subject, "detail": one.detail,
        }
        for one in rows[:PER_PAGE]
    ]  # fmt: skip
    more = rows[PER_PAGE - 1].id if len(rows) > PER_PAGE else None
    return page(request, "log", {"lines": lines, "more": more})


class Me(schemas.Answer):
    """Who asks, as it is known here."""

    name: str
    role: str
    scopes: list[str]
    via: str


class LogLine(schemas.Answer):
    """A line of the log."""

    id: int
    at: datetime
    who: str
    via: str
    action: str
    subject: str
    detail: str


@api.get("/me")
def me(reader: CanRead) -> Me:
    """Who asks, and what they may do."""
    scopes = [scope for scope in people.SCOPES if reader.may(scope)]
    return Me(name=reader.name, role=reader.role, scopes=scopes, via=reader.via)


@api.get("/log", dependencies=[Depends(Needs(ADMIN))])
def log(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at the most.")] = 50,
    before: Annotated[int | None, Query(ge=0, le=2**62, description="Lines older than the one with this id.")] = None,
) -> list[LogLine]:
    """What was changed by whom, the newest first."""
    rows = site_of(request).app.store.people.log(limit, before)
    return [LogLine(**{name: getattr(one, name) for name in LogLine.model_fields}) for one in rows]
