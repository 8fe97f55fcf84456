"""Who may do what: logins, sessions, tokens, forms, proxies; what each reader sees. Each test is somebody's try."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from briefing import people
from briefing.app import App
from briefing.errors import UsageError
from briefing.store import User
from briefing.web import create_app
from briefing.web.access import ADMIN, ASK, METRICS, READ, RUN, SAY, SCOPES, Needs, Public, from_our_form, rules_of
from briefing.web.factory import check_rules, routes_of

SECRET = "correct horse battery"
PROXY = "10.0.0.2"
CONFIG = """\
sources:
  - {name: Local, type: file, path: news}
topics:
  - {name: Sea, keywords: [ferry]}
  - {name: Mills, keywords: [mill]}
briefings:
  - name: team
    limits: {max_age: null}
    topics: [Sea]
    channels: [{type: file, folder: out}]
    readers: [{name: ann}, {name: bo, topics: [Mills]}]
summarizer: {model: NOWHERE, engines: []}
web: {MORE}
"""


def opened(folder: Path, clock: Clock, more: str = "changes_a_minute: 500") -> App:
    path = folder / "config.yaml"
    text = CONFIG.replace("NOWHERE", f"{folder}/no-model").replace("MORE", more)
    path.write_text(text, encoding="utf-8")
    return App.from_file(path, at=clock)


@pytest.fixture
def app(tmp_path: Path, news: Path, clock: Clock) -> Iterator[App]:
    with opened(tmp_path, clock) as made:
        for name, role in (("root", "admin"), ("ann", "reader"), ("bo", "reader")):
            made.store.people.add_user(User(name, role, people.hashed(SECRET), clock()))
        yield made


def client_of(app: App, **more: Any) -> TestClient:
    return TestClient(create_app(app), base_url="http://localhost", raise_server_exceptions=False, **more)


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as made:
        yield made


def token_in(text: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', text)
    assert found, text
    return found[1]


def login(client: TestClient, name: str, password: str = SECRET, **more: str) -> Any:
    form = {"name": name, "password": password, "form_token": token_in(client.get("/login").text), **more}
    return client.post("/login", data=form, follow_redirects=False)


def test_passwords_are_kept_as_argon2id_and_nothing_else(app: App) -> None:
    kept = app.store.people.user("ann")
    assert kept is not None
    assert str(kept.password).startswith("$argon2id$")
    assert people.checked(app.store, "ann", SECRET) == kept
    assert people.checked(app.store, "ann", SECRET + "!") is None
    assert people.checked(app.store, "nobody", SECRET) is None
    assert people.checked(app.store, "../../etc", SECRET) is None
    for bad in ("short", "x" * 1025, "aaaaaaaaaaaaaaaa"):
        with pytest.raises(UsageError):
            people.hashed(bad)
    composed, decomposed = "caf\u00e9 au lait, s'il", "cafe\u0301 au lait, s'il"
    app.store.people.change_user("ann", password=people.hashed(composed))
    assert people.checked(app.store, "ann", decomposed) is not None, "the same keys on another system"


def test_a_name_nobody_has_costs_a_hash_too(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    import argon2

    tried = []
    real = argon2.PasswordHasher.verify
    monkeypatch.setattr(argon2.PasswordHasher, "verify", lambda self, *given: tried.append(1) or real(self, *given))
    people.checked(app.store, "nobody", "a password of some length")
    app.store.people.add_user(User("sso", "reader", None, app.now()))
    people.checked(app.store, "sso", "a password of some length")
    assert len(tried) == 2


def test_a_stranger_is_sent_to_the_login_and_a_program_is_told(client: TestClient) -> None:
    answer = client.get("/search?q=a%20b", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fsearch%3Fq%3Da%2520b")
    told = client.get("/api/v1/editions")
    assert told.status_code == 401
    assert told.headers["www-authenticate"].startswith("Bearer")
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/metrics").status_code == 401
    page = client.get("/login").text
    assert "Archive" not in page, "a stranger sees no more than the form"


def test_logging_in_and_out(client: TestClient, app: App) -> None:
    answer = login(client, "Ann", next="/editions")
    assert (answer.status_code, answer.headers["location"]) == (303, "/editions")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    secret = client.cookies["briefing_session"]
    (kept,) = app.store.people.sessions("ann")
    assert kept.digest == hashlib.sha256(secret.encode()).hexdigest() != secret, "the store holds no cookie"
    assert client.get("/api/v1/me").json()["name"] == "ann"
    form = token_in(client.get("/account").text)
    assert client.post("/logout", data={"form_token": form}, follow_redirects=False).status_code == 303
    client.cookies["briefing_session"] = secret
    assert client.get("/api/v1/me").status_code == 401, "the session has ended here, not only in the browser"
    assert [(e.who, e.action) for e in app.store.people.log()] == [("ann", "logout"), ("ann", "login")]


@pytest.mark.parametrize(
    "where",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", ""],
)
def test_the_login_leads_to_no_other_site(client: TestClient, where: str) -> None:
    assert login(client, "ann", next=where).headers["location"] == "/"


def test_a_session_somebody_else_knows_is_not_taken_over(client: TestClient, app: App) -> None:
    """Session fixation: the cookie before the login is never the one after it, and the old session ends."""
    client.cookies["briefing_session"] = "planted-by-somebody-else-planted-by-som"
    login(client, "ann")
    planted = client.cookies.get("briefing_session", domain="localhost.local") or client.cookies["briefing_session"]
    assert planted != "planted-by-somebody-else-planted-by-som"
    client.cookies.clear()
    login(client, "ann")
    first = client.cookies["briefing_session"]
    old_form = token_in(client.get("/account").text)
    people.begin_session(app.store, app.store.people.user("ann"), app.now(), "", first)
    assert client.get("/api/v1/me").status_code == 401
    login(client, "ann")
    assert client.cookies["briefing_session"] != first
    answer = client.post("/account/sessions", data={"form_token": old_form})
    assert answer.status_code == 403, "a form of the session before is none of this one"


def test_sessions_end(client: TestClient, app: App, clock: Clock) -> None:
    login(client, "ann")
    clock.now += timedelta(days=13)
    assert client.get("/api/v1/me").status_code == 200
    clock.now += people.IDLE + timedelta(minutes=1)
    assert client.get("/api/v1/me").status_code == 401
    login(client, "ann")
    for _ in range(10):
        clock.now += timedelta(days=10)
        last = client.get("/api/v1/me").status_code
    assert last == 401, "however often it is used"
    login(client, "ann")
    app.store.people.change_user("ann", password=people.hashed("another long password"))
    assert client.get("/api/v1/me").status_code == 401, "a new password ends what the old one began"
    login(client, "ann", "another long password")
    app.store.people.remove_user("ann")
    assert client.get("/api/v1/me").status_code == 401


def test_changing_the_password_in_the_page(client: TestClient, app: App) -> None:
    with client_of(app) as other:
        login(other, "ann")
        login(client, "ann")
        form = {"form_token": token_in(client.get("/account").text)}
        wrong = client.post("/account/password", data=form | {"current": "wrong", "new": "a new long password"})
        assert (wrong.status_code, "current password is wrong" in wrong.text) == (422, True)
        short = client.post("/account/password", data=form | {"current": SECRET, "new": "short"})
        assert "12 to 1024 characters" in short.text
        done = client.post("/account/password", data=form | {"current": SECRET, "new": "a new long password"})
        assert done.status_code == 200
        assert client.get("/api/v1/me").status_code == 200
        assert other.get("/api/v1/me").status_code == 401, "all other sessions ended"


def test_guessing_is_slowed(client: TestClient, app: App) -> None:
    for _ in range(5):
        assert login(client, "ann", "wrong password").status_code == 401
    slowed = login(client, "ann")
    assert slowed.status_code == 429, "the right one does not help now"
    assert int(slowed.headers["retry-after"]) > 200
    assert login(client, "bo").status_code == 303, "another name from there may still try"
    assert sum(e.action == "login refused" for e in app.store.people.log()) == 5
    for number in range(30):
        last = login(client, f"guess{number}", "wrong password").status_code
    assert last == 429, "and not any names"


def test_changes_are_counted(tmp_path: Path, news: Path, clock: Clock) -> None:
    with opened(tmp_path, clock, "changes_a_minute: 3") as app, client_of(app) as client:
        ask = [client.post("/api/v1/topics/preview", json={"name": "x"}).status_code for _ in range(4)]
        assert ask == [200, 200, 200, 429]
        assert client.get("/api/v1/topics").status_code == 200, "reading goes on"


def test_forms_of_others_are_refused(client: TestClient, app: App) -> None:
    login(client, "root")
    mine = token_in(client.get("/account").text)
    seed = client.cookies["briefing_form"]
    data = {"name": "Planted"}
    refused = [
        {},
        {"form_token": ""},
        {"form_token": seed},
        {"form_token": mine[:-1] + ("0" if mine[-1] != "0" else "1")},
    ]
    for form in refused:
        assert client.post("/topics", data=data | form).status_code == 403
    with client_of(app) as other:
        login(other, "ann")
        theirs = token_in(other.get("/account").text)
    assert client.post("/topics", data=data | {"form_token": theirs}).status_code == 403, "another reader's"
    origin = {"Origin": "http://evil.example"}
    assert client.post("/topics", data=data | {"form_token": mine}, headers=origin).status_code == 403
    site = {"Sec-Fetch-Site": "same-site"}
    assert client.post("/topics", data=data | {"form_token": mine}, headers=site).status_code == 403
    # A cookie planted by a neighbouring host, with the token an attacker's own page here has for it.
    with client_of(app) as attacker:
        attacker.get("/login")
        planted, token = attacker.cookies["briefing_form"], token_in(attacker.get("/login").text)
    client.cookies.delete("briefing_form")
    client.cookies["briefing_form"] = planted
    assert client.post("/topics", data=data | {"form_token": token}).status_code == 403
    assert [one.name for one in app.config.topics] == ["Sea", "Mills"]


def test_the_api_takes_no_change_by_a_cookie_alone(client: TestClient, app: App) -> None:
    login(client, "root")
    assert client.get("/api/v1/topics").status_code == 200
    assert client.post("/api/v1/topics", json={"name": "Planted"}).status_code == 403
    form = token_in(client.get("/account").text)
    made = client.post("/api/v1/topics", json={"name": "Mine"}, headers={"X-Form-Token": form})
    assert made.status_code == 201


def test_cookies_over_https(app: App) -> None:
    with TestClient(create_app(app), base_url="https://localhost") as client:
        cookie = login(client, "ann").headers["set-cookie"]
        assert cookie.startswith("__Host-briefing_session=")
        assert "Secure" in cookie
        assert "Domain" not in cookie


# Tokens


def made_token(app: App, user: str, *scopes: str, lasts: timedelta | None = None) -> dict[str, str]:
    owner = app.store.people.user(user)
    assert owner is not None
    made = people.make_token(app.store, owner, "a program", scopes, app.now(), lasts)
    return {"Authorization": f"Bearer {made.text}"}


def test_tokens_are_kept_as_digests_and_end(client: TestClient, app: App, clock: Clock) -> None:
    headers = made_token(app, "ann", READ, lasts=timedelta(days=30))
    secret = headers["Authorization"].removeprefix("Bearer ").split("_", 2)[2]
    (kept,) = app.store.people.tokens("ann")
    assert kept.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in repr(kept)
    assert client.get("/api/v1/me", headers=headers).json() == {
        "name": "ann", "role": "reader", "scopes": ["read"], "via": "token",
    }  # fmt: skip
    bad = headers["Authorization"][:-1] + ("A" if headers["Authorization"][-1] != "A" else "B")
    for wrong in (bad, "Bearer x", "Bearer brf_0123456789abcdef_" + "a" * 43):
        assert client.get("/api/v1/me", headers={"Authorization": wrong}).status_code == 401
    login(client, "root")
    assert client.get("/api/v1/me", headers={"Authorization": bad}).status_code == 401, "no falling back to the cookie"
    clock.now += timedelta(days=31)
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_a_token_gives_no_more_than_its_owner_has(client: TestClient, app: App) -> None:
    with pytest.raises(UsageError, match="no admin"):
        made_token(app, "ann", ADMIN)
    headers = made_token(app, "root", ADMIN)
    assert client.get("/api/v1/log", headers=headers).status_code == 200
    app.store.people.change_user("root", role="reader")
    assert client.get("/api/v1/log", headers=headers).status_code == 403
    read = made_token(app, "bo", READ)
    assert client.get("/account", headers=read).status_code == 200
    assert client.post("/account/tokens", headers=read, data={"name": "more", "scope": "ask"}).status_code == 403


def test_a_token_is_made_in_the_page_and_shown_once(client: TestClient, app: App) -> None:
    login(client, "ann")
    form = {"form_token": token_in(client.get("/account").text), "name": "reader on the wall", "days": "30"}
    assert "No token was made" in client.post("/account/tokens", data=form | {"scope": ["admin"]}).text
    page = client.post("/account/tokens", data=form | {"scope": ["read", "ask"]})
    found = re.search(r"brf_[0-9a-f]{16}_[\w-]{43}", page.text)
    assert found
    assert page.headers["cache-control"] == "no-store"
    assert found[0] not in client.get("/account").text
    headers = {"Authorization": f"Bearer {found[0]}"}
    with client_of(app) as program:
        assert program.get("/api/v1/me", headers=headers).status_code == 200
        (kept,) = app.store.people.tokens("ann")
        with client_of(app) as other:
            login(other, "bo")
            theirs = {"form_token": token_in(other.get("/account").text), "id": kept.id}
            other.post("/account/tokens/revoke", data=theirs)
        assert program.get("/api/v1/me", headers=headers).status_code == 200, "another's token can't be taken out"
        client.post("/account/tokens/revoke", data=form | {"id": kept.id})
        assert program.get("/api/v1/me", headers=headers).status_code == 401


# Every route has its rule, and keeps it

RULES = {
    "GET /": READ, "GET /editions": READ, "GET /editions/{briefing}/{slot}": READ, "GET /articles/{identity}": READ,
    "GET /search": READ, "GET /status": READ, "GET /topics": READ, "POST /topics/preview": READ, "GET /account": READ,
    "POST /account/password": READ, "POST /account/sessions": READ, "POST /account/tokens": READ,
    "POST /account/tokens/revoke": READ, "POST /feedback": SAY, "GET /ask": ASK, "POST /ask": ASK,
    "POST /ask/brief": ASK, "POST /run": RUN, "GET /topics/edit": ADMIN, "POST /topics": ADMIN,
    "POST /topics/delete": ADMIN, "GET /log": ADMIN, "GET /login": None, "POST /login": None, "POST /logout": None,
    "GET /sources": READ, "GET /sources/edit": ADMIN, "POST /sources": ADMIN, "POST /sources/try": ADMIN,
    "POST /sources/delete": ADMIN, "POST /sources/import": ADMIN, "GET /sources.opml": ADMIN,
    "POST /api/v1/sources": ADMIN, "GET /api/v1/sources/{name:path}": READ, "PATCH /api/v1/sources/{name:path}": ADMIN,
    "DELETE /api/v1/sources/{name:path}": ADMIN, "GET /charts": READ, "GET /stories/{briefing}/{story}": READ,
    "GET /healthz": None, "GET /readyz": None, "GET /metrics": METRICS,
    "GET /api/v1/me": READ, "GET /api/v1/log": ADMIN, "GET /api/v1/briefings": READ, "GET /api/v1/editions": READ,
    "GET /api/v1/editions/{identity}": READ, "GET /api/v1/briefings/{name}/editions/{slot}": READ,
    "GET /api/v1/articles": READ, "GET /api/v1/articles/{identity}": READ, "GET /api/v1/search": READ,
    "GET /api/v1/sources": READ, "GET /api/v1/engines": READ, "POST /api/v1/summaries": ASK, "POST /api/v1/briefs": ASK,
    "POST /api/v1/briefings/{name}/runs": RUN, "GET /api/v1/runs/{identity}": RUN, "POST /api/v1/feedback": SAY,
    "GET /api/v1/topics": READ, "POST /api/v1/topics": ADMIN, "POST /api/v1/topics/preview": READ,
    "GET /api/v1/topics/{name:path}": READ, "PUT /api/v1/topics/{name:path}": ADMIN,
    "DELETE /api/v1/topics/{name:path}": ADMIN,
}  # fmt: skip
"""Method and path → the scope it needs, None for everybody. A route that is not here fails the test below."""


def named_routes(app: App) -> dict[str, APIRoute]:
    routes = routes_of(create_app(app))
    return {f"{method} {route.path}": route for route in routes for method in (route.methods or set()) - {"HEAD"}}


def test_every_route_has_the_rule_it_should_have(app: App) -> None:
    found = {}
    for name, route in named_routes(app).items():
        rules = [rule for rule in rules_of(route.dependant) if isinstance(rule, Needs | Public)]
        scopes = {rule.scope if isinstance(rule, Needs) else None for rule in rules}
        assert len(scopes) == 1, f"{name} has more than one rule"
        found[name] = scopes.pop()
    assert found == RULES


@pytest.mark.parametrize("scope", SCOPES)
def test_a_tokens_scope_is_held_to_on_every_route(app: App, client: TestClient, scope: str) -> None:
    headers = made_token(app, "root", scope) | {"Accept": "application/json"}
    for name, needed in RULES.items():
        method, path = name.split(" ")
        path = re.sub(r"\{[^}]+\}", "nothing", path)
        status = client.request(method, path, headers=headers, follow_redirects=False).status_code
        if needed is None:
            continue
        if scope in (needed, ADMIN):
            # Past its rule: what comes then is about the request (a form without our token is refused, too).
            form = method == "POST" and not path.startswith("/api/")
            assert status != 401, name
            assert status != 403 or form, name
        else:
            assert status == 403, f"{name} with {scope} only: {status}"


def test_nobody_gets_past_a_rule_without_coming_in(app: App, client: TestClient) -> None:
    routes = named_routes(app)
    for name, needed in RULES.items():
        method, path = name.split(" ")
        path = re.sub(r"\{[^}]+\}", "nothing", path)
        if needed is not None:
            status = client.request(method, path, headers={"Accept": "application/json"}).status_code
            assert status in (401, 403), f"{name}: {status}"
            assert status == 401 or from_our_form in rules_of(routes[name].dependant)


def test_a_route_without_a_rule_does_not_start(app: App) -> None:
    web = create_app(app)

    @web.get("/open")
    def open_() -> str:
        return "everything"

    with pytest.raises(RuntimeError, match="/open does not say who may use it"):
        check_rules(routes_of(web))


# Proxies

TRUSTING = "proxy: {header: Remote-User, addresses: [10.0.0.0/24]}"


def test_a_trusted_proxy_says_who_comes(tmp_path: Path, news: Path, clock: Clock) -> None:
    with opened(tmp_path, clock, TRUSTING) as app:
        app.store.people.add_user(User("ann", "reader", None, clock()))
        with client_of(app, client=(PROXY, 1000)) as client:
            me = client.get("/api/v1/me", headers={"Remote-User": "ann"}).json()
            assert (me["name"], me["role"], me["via"]) == ("ann", "reader", "proxy")
            assert client.get("/api/v1/me").status_code == 401, "the proxy names nobody"
            assert client.get("/api/v1/me", headers={"Remote-User": "eve"}).status_code == 403
            both = [("Remote-User", "root"), ("Remote-User", "ann")]
            assert client.get("/api/v1/me", headers=both).status_code == 401, "one of them came from outside"
            assert client.get("/api/v1/me", headers={"Remote-User": "ann" + "n" * 99}).status_code == 403
            change = client.post("/api/v1/feedback", json={}, headers={"Remote-User": "ann"})
            assert change.status_code == 403, "the browser proves by itself who asks, so a form's token is needed"
            page = client.get("/account", headers={"Remote-User": "ann"})
            assert "Log out" not in page.text


def test_whom_the_proxy_names_may_be_readers_without_being_added(tmp_path: Path, news: Path, clock: Clock) -> None:
    trusting = TRUSTING.replace("addresses", "role: reader, addresses")
    with opened(tmp_path, clock, trusting) as app, client_of(app, client=(PROXY, 1000)) as client:
        me = client.get("/api/v1/me", headers={"Remote-User": "bo"}).json()
        assert (me["name"], me["role"]) == ("bo", "reader")
        assert client.get("/log", headers={"Remote-User": "bo"}).status_code == 403
        assert client.get("/account", headers={"Remote-User": "bo"}).status_code == 200
        names = [row["name"] for row in client.get("/api/v1/briefings", headers={"Remote-User": "bo"}).json()]
        assert names == ["team-bo"]
        assert client.get("/api/v1/me", headers={"Remote-User": "b" * 65}).status_code == 403


@pytest.mark.parametrize("address", ["10.0.1.2", "127.0.0.1", "::1", "192.0.2.7", "testclient"])
def test_the_header_from_elsewhere_is_ignored(tmp_path: Path, news: Path, clock: Clock, address: str) -> None:
    with opened(tmp_path, clock, TRUSTING) as app:
        app.store.people.add_user(User("root", "admin", None, clock()))
        with client_of(app, client=(address, 1000)) as client:
            headers = {"Remote-User": "root", "X-Forwarded-For": PROXY, "X-Real-IP": PROXY, "Forwarded": f"for={PROXY}"}
            assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_guesses_through_a_proxy_are_counted_by_who_makes_them(tmp_path: Path, news: Path, clock: Clock) -> None:
    with opened(tmp_path, clock, TRUSTING) as app:
        app.store.people.add_user(User("ann", "reader", people.hashed(SECRET), clock()))
        with client_of(app, client=(PROXY, 1000)) as client:
            form = {"name": "ann", "password": "wrong", "form_token": token_in(client.get("/login").text)}
            # What a client writes itself stands before what the proxy adds.
            ends = [
                client.post("/login", data=form, headers={"X-Forwarded-For": f"1.2.3.{n}, 198.51.100.7"}).status_code
                for n in range(6)
            ]
            assert ends == [401] * 5 + [429]
            elsewhere = client.post("/login", data=form, headers={"X-Forwarded-For": "198.51.100.8"})
            assert elsewhere.status_code == 401


def test_the_mcp_server_asks_for_a_token_once_there_are_users(app: App) -> None:
    from starlette.responses import PlainTextResponse

    from briefing.mcp import Tokened
    from briefing.web.site import Site

    client = TestClient(Tokened(PlainTextResponse("in"), Site(app)))
    assert client.get("/mcp").status_code == 401
    assert client.get("/mcp", headers=made_token(app, "root", READ, ASK)).status_code == 401
    assert client.get("/mcp", headers=made_token(app, "root", ADMIN)).text == "in"


# Where it may listen


def test_only_a_page_with_users_listens_to_others(app: App, tmp_path: Path, news: Path, clock: Clock) -> None:
    from briefing.web.server import check_address

    check_address(app, "0.0.0.0")
    for user in app.store.people.users():
        app.store.people.remove_user(user.name)
    with pytest.raises(UsageError, match="it has no users"):
        check_address(app, "0.0.0.0")
    # Users that are taken out while it runs do not open it.
    with TestClient(create_app(app, "0.0.0.0"), base_url="http://localhost") as client:
        assert client.get("/api/v1/editions").status_code == 503
        assert client.get("/", headers={"Accept": "text/html"}).status_code == 503
        assert client.get("/healthz").status_code == 200


def test_whoever_opens_the_page_is_told_what_that_means(app: App, caplog: pytest.LogCaptureFixture) -> None:
    from briefing.web.server import Server

    with Server(app, "0.0.0.0", 0):
        pass
    assert "web.names says by which names it is reached" in caplog.text
    assert "passwords cross the network as they are" in caplog.text
    caplog.clear()
    with Server(app, "127.0.0.1", 0):
        pass
    assert "passwords" not in caplog.text


# What each reader sees


def test_a_reader_sees_their_own_briefing_only(app: App, client: TestClient) -> None:
    ann, bo = app.run("team-ann").edition, app.run("team-bo").edition
    login(client, "ann")
    assert "Ferry runs aground" in client.get("/").text
    assert "team-bo" not in client.get("/").text + client.get("/editions").text + client.get("/status").text
    assert client.get(f"/editions/team-ann/{ann.slot}").status_code == 200
    for path in (
        f"/editions/team-bo/{bo.slot}", f"/api/v1/editions/{bo.id}", f"/api/v1/briefings/team-bo/editions/{bo.slot}",
        "/api/v1/briefings/team-bo/editions/latest-edition",
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path
    rows = client.get("/api/v1/editions").json()["items"]
    assert [row["briefing"] for row in rows] == ["team-ann"]
    assert client.get("/api/v1/editions", params={"briefing": "team-bo"}).json()["items"] == []
    assert [row["name"] for row in client.get("/api/v1/briefings").json()] == ["team-ann"]
    assert [row["topic"]["name"] for row in client.get("/api/v1/topics").json()] == ["Sea"]
    assert client.get("/api/v1/topics/Mills").status_code == 404
    hits = client.get("/api/v1/search", params={"q": "ferry", "kind": "story"}).json()["items"]
    assert {hit["place"] for hit in hits} <= {"team-ann"}
    form = {"form_token": token_in(client.get("/account").text), "action": "mute"}
    assert client.post("/feedback", data=form | {"target": f"{bo.id}/1"}).status_code == 422
    assert client.post("/feedback", data=form | {"target": f"{ann.id}/1"}).status_code == 200
    assert [one.reader for one in app.store.feedback()] == ["ann"]
    with client_of(app) as other:
        login(other, "root")
        assert {row["briefing"] for row in other.get("/api/v1/editions").json()["items"]} == {"team-ann", "team-bo"}
        assert 'class="story muted"' not in other.get("/?briefing=team-ann").text, "what one said is not another's"


def test_a_reader_of_nothing_is_told_so(app: App, client: TestClient) -> None:
    app.store.people.add_user(User("eve", "reader", people.hashed(SECRET), app.now()))
    app.run("team-ann")
    login(client, "eve")
    page = client.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, "No briefing is made for you" in page.text) == (404, True)
    assert client.get("/api/v1/editions").json()["items"] == []
    assert client.get("/api/v1/search", params={"q": "ferry", "kind": "story"}).json()["items"] == []


def test_what_is_changed_is_logged(app: App, client: TestClient) -> None:
    login(client, "root")
    form = token_in(client.get("/account").text)
    client.post("/topics", data={"form_token": form, "name": "Fires", "keywords": "fire"})
    headers = {"X-Form-Token": form, "If-Match": "*"}
    client.delete("/api/v1/topics/Fires", headers=headers)
    lines = [(e.who, e.via, e.action, e.subject) for e in app.store.people.log()]
    assert lines[:2] == [("root", "api", "topic removed", "Fires"), ("root", "page", "topic added", "Fires")]
    assert "topic removed: Fires" in client.get("/log").text
    with client_of(app) as other:
        login(other, "ann")
        assert other.get("/log").status_code == 403


def test_the_commands(tmp_path: Path, news: Path, clock: Clock) -> None:
    from typer.testing import CliRunner

    from briefing.cli.main import app as cli

    with opened(tmp_path, clock):
        pass

    def typed(*words: str, given: str = "") -> Any:
        return CliRunner().invoke(cli, ["users", *words, "--config", str(tmp_path / "config.yaml")], input=given)

    assert typed("add", "ann", "--password-stdin", given="short\n").exit_code == 2
    added = typed("add", "ann", "--password-stdin", given=f"{SECRET}\n")
    assert (added.exit_code, "Nobody is an admin yet" in added.output) == (0, True)
    assert typed("add", "ann", "--no-password").exit_code == 2
    assert typed("add", "Ann Smith", "--no-password").exit_code == 2
    assert typed("role", "ann", "king").exit_code == 2
    assert typed("role", "ann", "admin").exit_code == 0
    token = typed("token", "add", "ann", "cron", "--scope", "run", "--days", "30")
    assert re.fullmatch(r"brf_[0-9a-f]{16}_[\w-]{43}\n", token.output)
    listed = typed("token", "list").output
    assert "cron" in listed
    assert token.output.strip() not in listed
    assert typed("token", "remove", token.output.split("_")[1]).exit_code == 0
    assert typed("password", "ann", "--password-stdin", given="another long password\n").exit_code == 0
    assert "admin" in typed("list").output
    assert typed("remove", "bo").exit_code == 2
    assert typed("remove", "ann").exit_code == 0
    log = typed("log").output
    assert "owner by command: role: ann (admin)" in log
    assert SECRET not in log
