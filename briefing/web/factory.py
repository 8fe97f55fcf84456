"""The web application, put together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from briefing import __version__
from briefing.errors import BriefingError, ConfigError, UsageError
from briefing.text import digest
from briefing.web import api, feedback, looking, metrics, pages, people, sources, sources_api, topics
from briefing.web.access import Needs, NotLoggedIn, Public, from_our_form, rules_of
from briefing.web.problems import Refused, problem
from briefing.web.security import HEADERS, SAFE, Bounded, Guarded, is_loopback
from briefing.web.site import Busy, Site

if TYPE_CHECKING:
    from briefing.app import App

log = logging.getLogger(__name__)

ROUTERS = (
    topics.api, sources_api.api, api.router, people.api, topics.pages, sources.pages, people.pages, looking.router,
    feedback.router, pages.router, metrics.router,
)  # fmt: skip
STATIC = Path(__file__).with_name("static")


def create_app(app: App, host: str = "127.0.0.1") -> FastAPI:
    """The ASGI application that serves `app`, listening at `host`: pages, /api/v1, /healthz, /readyz, /metrics."""
    web = FastAPI(
        title="briefing",
        version=__version__,
        summary="News briefings in key bullets, each with the sentence it rests on.",
        openapi_url="/api/v1/openapi.json",
        # Their pages load scripts from elsewhere; the document itself is enough.
        docs_url=None,
        redoc_url=None,
    )
    site = Site(app, loopback=is_loopback(host))
    web.state.site = site
    web.state.static_mark = digest(*(path.read_bytes() for path in sorted(STATIC.iterdir()) if path.is_file()))
    web.state.registry = metrics.registry_of(site)
    web.mount("/static", _Kept(directory=STATIC), name="static")
    for router in ROUTERS:
        web.include_router(router)
    check_rules(routes_of(web))
    _handle_errors(web)
    web.add_middleware(_Refreshed, site=site)
    web.add_middleware(Bounded)
    web.add_middleware(Guarded, names=(*app.config.web.names, host))
    web.add_middleware(metrics.Measured, registry=web.state.registry)
    return web


def routes_of(web: FastAPI) -> list[APIRoute]:
    """All routes that take requests; what is included stands in its router only."""
    every = [route for router in (*ROUTERS, web.router) for route in router.routes]
    return [route for route in every if isinstance(route, APIRoute)]


def check_rules(routes: Sequence[APIRoute]) -> None:
    """Raises RuntimeError if a route does not say who may use it, or takes changes from forms that anybody made."""
    for route in routes:
        rules = list(rules_of(route.dependant))
        if not any(isinstance(rule, Needs | Public) for rule in rules):
            raise RuntimeError(f"{route.path} does not say who may use it")
        if not (route.methods or set()) <= SAFE and not route.path.startswith("/api/") and from_our_form not in rules:
            raise RuntimeError(f"{route.path} takes a form from anywhere")


class _Kept(StaticFiles):
    """Our few files; their address changes with their content, so they may be kept for good."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


class _Refreshed:
    """Looks for a changed configuration before a request is served."""

    def __init__(self, app: Any, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/static"):
            from anyio import to_thread

            if self._site.stale:
                await to_thread.run_sync(self._site.refresh)
        await self._app(scope, receive, send)


def _is_program(request: Request) -> bool:
    """Whether the answer to a fault is for a program rather than for a person."""
    path = request.url.path
    wants_page = "text/html" in request.headers.get("accept", "")
    return path.startswith(("/api/", "/mcp", "/metrics", "/readyz", "/healthz")) or not wants_page


def _answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    if _is_program(request):
        return problem(status, detail, headers=headers)
    try:
        response = pages.page(request, "error", {"status": status, "detail": detail}, status)
    except BriefingError:
        # A user's own template may be what is broken.
        return problem(status, detail, headers=headers)
    response.headers.update(headers or {})
    return response


def _handle_errors(web: FastAPI) -> None:
    @web.exception_handler(NotLoggedIn)
    def stranger(request: Request, error: NotLoggedIn) -> Response:
        if _is_program(request) or request.method != "GET":
            return _answer(request, error.status, error.detail, error.headers)
        where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/login?" + urlencode({"next": where}) if where != "/" else "/login", 303)

    @web.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> Response:
        return _answer(request, error.status, error.detail, error.headers)

    @web.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        details = {404: "There is nothing at this address.", 405: "This address does not take that method."}
        detail = details.get(error.status_code) or str(error.detail)
        return _answer(request, error.status_code, detail, dict(error.headers or {}))

    @web.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        found = [
            {"where": ".".join(str(part) for part in one["loc"]), "message": str(one["msg"])} for one in error.errors()
        ]
        words = "; ".join(f"{one['where']}: {one['message']}" for one in found[:5])
        return problem(422, words, found) if _is_program(request) else _answer(request, 422, words)

    @web.exception_handler(Busy)
    def busy(request: Request, error: Busy) -> Response:
        return _answer(request, 503, str(error), {"Retry-After": "5"})

    @web.exception_handler(ConfigError)
    def wrong(request: Request, error: ConfigError) -> Response:
        return _answer(request, 409, "; ".join(str(one) for one in error.problems))

    @web.exception_handler(UsageError)
    def usage(request: Request, error: UsageError) -> Response:
        return _answer(request, 422, str(error))

    @web.exception_handler(BriefingError)
    def failed(request: Request, error: BriefingError) -> Response:
        log.error("%s %s: %s", request.method, request.url.path, error)
        return _answer(request, 500, str(error))

    @web.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> Response:
        log.exception("%s %s", request.method, request.url.path, exc_info=error)
        answer = _answer(request, 500, "Something in this program failed; its log says what.")
        # This one is answered outside of all middleware.
        answer.headers.update(HEADERS)
        return answer
