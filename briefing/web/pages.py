"""The pages: read, search, ask. Each works without JavaScript; with it, things happen in place."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from pydantic import ValidationError

from briefing import __version__
from briefing.errors import BriefingError, UsageError
from briefing.sources.file import MEDIA_TYPES
from briefing.text import digest
from briefing.web import asking, views
from briefing.web.access import (
    ADMIN,
    ASK,
    READ,
    RUN,
    SAY,
    SESSION,
    Needs,
    Reader,
    briefings_of,
    form_token,
    from_our_form,
    keep_form_cookie,
    known_reader,
    may_see,
    site_of,
    topics_of,
)  # fmt: skip
from briefing.web.problems import Refused
from briefing.web.schemas import BriefRequest, TextRequest

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.config import BriefingConfig

log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
CanRead = Annotated[Reader, Depends(Needs(READ))]
CanAsk = Annotated[Reader, Depends(Needs(ASK))]
PER_PAGE = 20
EVENTS = "text/event-stream"
_TROUBLED = ("sending", "uncertain", "failed", "given up")
_MARKS = re.compile(r"(\d{1,7})-(\d{1,7})")


def page(request: Request, name: str, values: Mapping[str, Any], status: int = 200, key: object = None) -> Response:
    """A page, filled; the same page again is answered by 304.

    With a `key`, which holds all that `values` depend on, its text is kept for the next reader of the same.
    """
    return page_of(request, name, lambda: values, status, key)


def page_of(
    request: Request, name: str, make: Callable[[], Mapping[str, Any]], status: int = 200, key: object = None
) -> Response:
    """As `page`, with values that are made only where the page is not kept."""
    site = site_of(request)
    reader = known_reader(request)
    shared = {
        "version": __version__,
        # What is wrong in the file is its owners' business.
        "mistakes": site.mistakes if reader is not None and reader.may(ADMIN) else (),
        "known": reader is not None,
        "reader": "" if reader is None else reader.name,
        "logged_in": reader is not None and reader.via == SESSION,
        "admin": reader is not None and reader.may(ADMIN),
        "can_ask": reader is not None and reader.may(ASK),
        "can_run": reader is not None and reader.may(RUN),
        "form_token": site.token_place,
        "static": request.app.state.static_mark,
        "path": request.url.path,
        "language": "en",
    }

    def text_of() -> str:
        seen = briefings_of(request, reader) if reader is not None else ()
        briefings = [{"name": one.name, "title": _called(one, site.app)} for one in seen]
        return site.app.renderer.page(f"web/{name}.html.j2", {**shared, "briefings": briefings, **make()})

    if key is None:
        text = text_of()
        mark = digest(text)
    else:
        role = reader.role if reader is not None else ""
        text, mark = site.kept_page((name, key, site.generation, role, tuple(shared.values())), text_of)
    token = form_token(request)
    etag = f'"{digest(mark, token)}"'
    headers = {"ETag": etag, "Vary": "Cookie"}
    if status == 200 and request.method == "GET" and etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    response = HTMLResponse(text.replace(site.token_place, token), status, headers)
    keep_form_cookie(request, response)
    return response


def warm(app: App) -> None:
    """Load what the first page needs (templates, the words of its language), so that no reader waits for it."""
    try:
        names = ("base", "evidence", "edition", "search", "archive", "article", "ask")
        app.renderer.load(*(f"web/{name}.html.j2" for name in names))
        newest = app.store.library.newest(app.config.briefings[0].name)
        found = app.store.edition_by_id(newest) if newest else None
        if found is not None:
            views.edition_page(found, app.renderer.view(found))
        app.store.library.search("warm", limit=1)
    except BriefingError as error:
        # Whoever asks for the page is told.
        log.warning("%s", error)


def _called(one: BriefingConfig, app: App) -> str:
    """A briefing's title; its name as well where others are called the same, as those of several readers are."""
    same = sum(other.title == one.title for other in app.config.briefings)
    return one.title if same == 1 else f"{one.title} ({one.name})"


@router.get("/")
def today(request: Request, reader: CanRead, briefing: str | None = None) -> Response:
    """The newest edition."""
    app = site_of(request).app
    known = [one.name for one in briefings_of(request, reader)]
    if not known:
        raise Refused(404, "No briefing is made for you. Whoever keeps this page can add you as a reader of one.")
    name = briefing if briefing in known else known[0]
    newest = app.store.library.newest(name)
    if newest is None:
        return page(request, "welcome", {"briefing": name, "title": app.briefing(name).title})
    return _edition(request, reader, newest, newest=True)


@router.get("/editions")
def archive(request: Request, reader: CanRead, briefing: str | None = None, before: str | None = None) -> Response:
    """All editions by day."""
    library = site_of(request).app.store.library
    after = (before[:40], "~") if before else None
    rows = library.editions(seen_names(request, reader, briefing), after, 63)
    more = rows[61].slot if len(rows) > 62 else None
    return page(
        request, "archive", {"months": views.months(rows[:62]), "briefing": briefing, "more": more, "count": len(rows)}
    )


@router.get("/editions/{briefing}/{slot}")
def edition(request: Request, reader: CanRead, briefing: str, slot: str) -> Response:
    """One edition."""
    identity = site_of(request).app.store.library.edition_id(briefing[:64], slot[:40])
    # Of an edition that is another reader's, nothing is said, not even that it is there.
    if identity is None or not may_see(request, reader, briefing):
        raise Refused(404, f"There is no edition of {briefing} for {slot}.")
    return _edition(request, reader, identity, newest=False)


def seen_names(request: Request, reader: Reader, briefing: str | None = None) -> tuple[str, ...] | None:
    """The names of the briefings a reader sees, or of the one they chose; None for all there ever were."""
    if briefing is not None:
        return (briefing,) if may_see(request, reader, briefing) else ()
    return None if reader.role == "admin" else tuple(one.name for one in briefings_of(request, reader))


def _edition(request: Request, reader: Reader, identity: str, *, newest: bool) -> Response:
    from briefing import outbox

    site = site_of(request)
    found = site.edition(identity)
    if found is None:
        raise Refused(404, "There is no such edition.")
    deliveries = tuple(site.app.store.deliveries(edition=found.id))
    said = {one.target: one.action for one in site.app.store.feedback(found.briefing, reader.name)}
    words = {n: said.get(one.pick.story.id, "") for n, one in enumerate(found.summaries, 1)}
    can_say = reader.may(SAY)

    def make() -> dict[str, Any]:
        shown = outbox.with_deliveries(found, deliveries)
        view = views.edition_page(shown, site.app.renderer.view(shown))
        return view | {"said": words, "newest": newest, "can_say": can_say}

    return page_of(request, "edition", make, key=(identity, newest, can_say, deliveries, tuple(words.values())))


@router.get("/articles/{identity}")
def article(request: Request, reader: CanRead, identity: str, edition: str = "", mark: str = "") -> Response:
    """One article as it was read, with what a bullet rests on marked. In an edition it is the very text it told."""
    site = site_of(request)
    found = None
    back = None
    if edition:
        told = site.edition(edition[:16])
        if told is not None and may_see(request, reader, told.briefing):
            back = {"link": f"/editions/{told.briefing}/{told.slot}", "title": told.title}
            every = (a for summary in told.summaries for a in summary.pick.story.articles)
            found = next((a for a in every if a.id == identity), None)
    found = found or site.app.store.library.article(identity[:16])
    if found is None:
        raise Refused(404, "There is no article with this address.")
    spans = [(int(a), int(b)) for a, b in _MARKS.findall(mark[:2000])]
    zone = site.app.briefing(None).time_zone
    return page(
        request, "article", {"article": views.article_page(found, spans, zone), "back": back, "marks": bool(spans)}
    )


@router.get("/search")
def search(
    request: Request, reader: CanRead, q: str = "", kind: str = "", place: str = "", order: str = "", start: int = 0
) -> Response:
    """Articles and told stories."""
    site = site_of(request)
    library = site.app.store.library
    words, start = q.strip()[:400], max(0, min(start, 10_000))
    wanted: Any = kind if kind in ("article", "story") else None
    hits = library.search(
        words,
        kind=wanted,
        briefings=seen_names(request, reader),
        place=place or None,
        newest=order == "newest",
        limit=PER_PAGE,
        offset=start,
    )
    zone = site.app.briefing(None).time_zone
    slots = library.slots_of([hit.ref for hit in hits.hits if hit.kind == "story"])
    return page(
        request,
        "search",
        {
            "q": words,
            "kind": kind,
            "place": place,
            "order": order,
            "places": [source.name for source in site.app.config.sources],
            "hits": [views.hit_line(hit, zone, slots) for hit in hits.hits],
            "count": hits.count,
            "most": hits.count >= 500,
            "start": start,
            "next": start + PER_PAGE if start + PER_PAGE < hits.count else None,
            "previous": max(0, start - PER_PAGE) if start else None,
        },
    )


def _live(request: Request) -> bool:
    return EVENTS in request.headers.get("accept", "")


def _ask_page(request: Request, reader: Reader, values: dict[str, Any], status: int = 200) -> Response:
    if status != 200 and _live(request):
        raise Refused(status, values["problems"][0])
    app = site_of(request).app
    shared = {
        "engines": list(dict.fromkeys(engine.name for engine in app.engines)),
        "topics": [topic.name for topic in topics_of(request, reader)],
        "accept": ",".join(sorted(MEDIA_TYPES)),
        "media_types": MEDIA_TYPES,
        "url": "", "text": "", "bullets": "", "engine": "", "topic": "", "hours": 24,
        "stories": [], "problems": [], "asked": False,
    }  # fmt: skip
    return page(request, "ask", shared | values, status)


@router.get("/ask")
def ask(request: Request, reader: CanAsk, url: str = "") -> Response:
    """The box."""
    return _ask_page(request, reader, {"url": url[:2000]})


@router.post("/ask", dependencies=[Depends(from_our_form)])
def tell(
    request: Request,
    reader: CanAsk,
    url: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    bullets: Annotated[str, Form()] = "",
    engine: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """An address, a text or a file told."""
    given: dict[str, Any] = {"bullets": bullets or None, "engine": engine or None}
    kept = {"url": url[:2000], "text": text, "bullets": bullets, "engine": engine}
    if file is not None and file.filename:
        suffix = "." + file.filename.rpartition(".")[2].lower()
        if suffix not in MEDIA_TYPES:
            return _ask_page(
                request, reader, kept | {"problems": [f"A file may end in {', '.join(sorted(MEDIA_TYPES))}."]}, 422
            )
        given |= {"text": file.file.read().decode("utf-8", "replace"), "media_type": MEDIA_TYPES[suffix]}
    elif url.strip():
        given["url"] = url.strip()
    else:
        given["text"] = text
    try:
        wanted = TextRequest(**given)
    except ValidationError:
        return _ask_page(request, reader, kept | {"problems": ["Give an address, a text or a file to summarise."]}, 422)
    return _answered(request, reader, asking.asked(site_of(request), wanted, live=_live(request)), kept)


@router.post("/ask/brief", dependencies=[Depends(from_our_form)])
def brief(
    request: Request,
    reader: CanAsk,
    topic: Annotated[str, Form()] = "",
    description: Annotated[str, Form()] = "",
    hours: Annotated[str, Form()] = "24",
    engine: Annotated[str, Form()] = "",
) -> Response:
    """A topic told now."""
    kept = {"topic": topic, "hours": hours, "engine": engine}
    given = {"description": description.strip()} if description.strip() else {"topic": topic or None}
    try:
        wanted = BriefRequest(**given, hours=hours, engine=engine or None)
    except ValidationError:
        return _ask_page(request, reader, kept | {"problems": ["Hours may be from 1 to 744."]}, 422)
    return _answered(
        request, reader, asking.briefed(site_of(request), wanted, topics_of(request, reader), live=_live(request)), kept
    )


def _answered(request: Request, reader: Reader, events: Any, kept: dict[str, Any]) -> Response:
    """As a whole page, or, where the page's script asks, as events with ready-made pieces of it."""
    site = site_of(request)
    zone = site.app.briefing(None).time_zone

    def card(told: asking.Told) -> dict[str, Any]:
        values = {"story": views.story_card(told.summary, zone), "static": ""}
        return {"html": site.app.renderer.page("web/story.html.j2", values), "number": told.number}

    def bullet(draft: asking.Draft) -> dict[str, Any]:
        values = {"bullets": views.story_card(draft.summary, zone)["bullets"]}
        return {"html": site.app.renderer.page("web/bullets.html.j2", values), "number": draft.number}

    if _live(request):
        return StreamingResponse(asking.stream(site, events, card, bullet), media_type=EVENTS)
    told, problems = asking.collected(site, events)
    cards = [views.story_card(one.summary, zone) for one in told]
    said = [f"{one.subject}: {one.message}" for one in problems]
    return _ask_page(request, reader, kept | {"stories": cards, "problems": said, "asked": True})


@router.get("/status")
def status(request: Request, reader: CanRead) -> Response:
    """How sources do, and what is kept."""
    from briefing.scheduler import Service

    app = site_of(request).app
    service, health = Service(app), app.store.health()
    rows = [
        {"who": row.recipient, "edition": f"{row.briefing} {row.slot}", "state": row.state, "detail": row.detail or ""}
        for row in (app.store.deliveries(state=_TROUBLED) if reader.may(ADMIN) else ())
    ]
    values = {
        "failing": sum(1 for one in app.config.sources if (known := health.get(one.name)) and known.failures),
        "sources": len(app.config.sources),
        "counts": app.store.library.count(),
        "next": [service.next_line(one) for one in briefings_of(request, reader)],
        "deliveries": rows[-50:],
    }
    return page(request, "status", values)


@router.post("/run", dependencies=[Depends(from_our_form)])
def run(
    request: Request, reader: Annotated[Reader, Depends(Needs(RUN))], briefing: Annotated[str, Form(max_length=64)]
) -> Response:
    """Make today's edition."""
    from briefing import clock

    site = site_of(request)
    try:
        chosen = site.app.briefing(briefing)
    except UsageError as error:
        raise Refused(404, str(error)) from error
    site.start_run(chosen.name, clock.local_day(site.app.now(), chosen.time_zone))
    site.note(reader, "run", chosen.name)
    return RedirectResponse(f"/?briefing={chosen.name}", 303)
