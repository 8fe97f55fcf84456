"""The HTTP API, version 1. What stands here stays: fields are added, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from briefing import clock
from briefing.errors import UsageError
from briefing.store import Cursor, Kind
from briefing.web import asking, schemas
from briefing.web.access import ASK, READ, RUN, Needs, Reader, briefings_of, may_see, site_of, topics_of
from briefing.web.pages import seen_names
from briefing.web.problems import Refused, documented
from briefing.web.schemas import Page

router = APIRouter(prefix="/api/v1", responses=documented(400, 401, 403, 413, 421, 422, 429, 500))

Limit = Annotated[int, Query(ge=1, le=200, description="How many at the most.")]
After = Annotated[str | None, Query(alias="cursor", max_length=500, description="`next` of the page before.")]
Identity = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]
Slot = Annotated[str, Path(pattern=r"^[0-9A-Za-z:T+_-]{10,40}$")]
BriefingName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Reading = Depends(Needs(READ))
CanRead = Annotated[Reader, Depends(Needs(READ))]
CanAsk = Annotated[Reader, Depends(Needs(ASK))]
CanRun = Annotated[Reader, Depends(Needs(RUN))]
EVENT_STREAM = "text/event-stream"
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}, "description": "As JSON, or as events."}
}


def _missing(what: str) -> Refused:
    return Refused(404, f"There is no {what}.")


@router.get("/briefings")
def list_briefings(request: Request, reader: CanRead) -> list[schemas.BriefingOut]:
    """The configured briefings that the reader sees."""
    config = site_of(request).app.config
    every = [topic.name for topic in config.topics]
    return [
        schemas.BriefingOut(
            name=one.name, title=one.title, language=one.language, time_zone=one.time_zone,
            topics=every if one.topics is None else list(one.topics),
        )
        for one in briefings_of(request, reader)
    ]  # fmt: skip


@router.get("/editions")
def list_editions(
    request: Request,
    reader: CanRead,
    briefing: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[schemas.EditionLine]:
    """Editions, newest first."""
    found = schemas.from_cursor(after, 2)
    rows = site_of(request).app.store.library.editions(
        seen_names(request, reader, briefing), None if found is None else (found[0], found[1]), limit + 1
    )
    more = schemas.cursor(rows[limit - 1].slot, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[schemas.edition_line(row) for row in rows[:limit]], next=more)


@router.get("/editions/{identity}", responses=documented(404))
def get_edition(request: Request, reader: CanRead, identity: Identity) -> schemas.EditionOut:
    """One edition with its stories, their bullets and what each rests on."""
    edition = site_of(request).edition(identity)
    if edition is None or not may_see(request, reader, edition.briefing):
        raise _missing("edition with this id")
    return schemas.edition_out(edition)


@router.get("/briefings/{name}/editions/{slot}", responses=documented(404))
def get_edition_of(request: Request, reader: CanRead, name: BriefingName, slot: Slot) -> schemas.EditionOut:
    """The edition of a slot, such as 2026-03-10, or the newest one for `latest-edition`."""
    store = site_of(request).app.store
    if not may_see(request, reader, name):
        raise _missing("edition of this slot")
    if slot == "latest-edition":
        newest = store.library.newest(name)
        edition = store.edition_by_id(newest) if newest else None
    else:
        edition = store.edition(name, slot)
    if edition is None:
        raise _missing("edition of this slot")
    return schemas.edition_out(edition)


@router.get("/articles", dependencies=[Reading])
def list_articles(
    request: Request,
    source: Annotated[str | None, Query(max_length=200)] = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[schemas.ArticleLine]:
    """Articles, the last read first."""
    found = schemas.from_cursor(after, 2)
    place = None if found is None else Cursor(_moment(found[0]), found[1])
    library = site_of(request).app.store.library
    rows = library.articles(source=source, since=_aware(since), until=_aware(until), after=place, limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    more = schemas.cursor(last.seen.isoformat(), last.id) if last is not None and last.seen is not None else None
    return Page(items=[schemas.article_line(row) for row in rows[:limit]], next=more)


@router.get("/articles/{identity}", dependencies=[Reading], responses=documented(404))
def get_article(request: Request, identity: Identity) -> schemas.ArticleOut:
    """One article with its text."""
    article = site_of(request).app.store.library.article(identity)
    if article is None:
        raise _missing("article with this id")
    return schemas.article_out(article)


@router.get("/search")
def search(
    request: Request,
    reader: CanRead,
    q: Annotated[str, Query(min_length=1, max_length=400, description='All words; "phrases"; -not these.')],
    kind: Kind | None = None,
    place: Annotated[str | None, Query(max_length=200, description="A source or a briefing.")] = None,
    since: datetime | None = None,
    until: datetime | None = None,
    newest: Annotated[bool, Query(description="Newest first instead of best first.")] = False,
    limit: Limit = 20,
    after: After = None,
) -> schemas.HitsOut:
    """Articles and stories of editions."""
    found = schemas.from_cursor(after, 1)
    if found is not None and not (found[0].isdecimal() and found[0].isascii() and len(found[0]) < 7):
        raise Refused(422, "the cursor is none that was given out")
    offset = 0 if found is None else int(found[0])
    hits = site_of(request).app.store.library.search(
        q, kind=kind, briefings=seen_names(request, reader), place=place, since=_aware(since), until=_aware(until),
        newest=newest, limit=limit, offset=offset,
    )  # fmt: skip
    more = schemas.cursor(str(offset + limit)) if offset + limit < hits.count else None
    return schemas.HitsOut(items=schemas.hits_out(hits.hits), next=more, count=hits.count)


@router.get("/engines", dependencies=[Reading])
def list_engines(request: Request) -> list[schemas.EngineOut]:
    """What can tell a text, in the order they are asked."""
    names = dict.fromkeys(engine.name for engine in site_of(request).app.engines)
    return [schemas.EngineOut(name=name) for name in names]


def _live(request: Request) -> bool:
    return EVENT_STREAM in request.headers.get("accept", "")


def _told(request: Request, events: Iterator[asking.Event]) -> Any:
    site = site_of(request)
    if _live(request):
        draft = lambda one: schemas.draft_out(one.summary, one.number).model_dump(mode="json")  # noqa: E731 - as below
        show = lambda told: schemas.told_out(told.summary, told.number).model_dump(mode="json")  # noqa: E731 - said once
        return StreamingResponse(asking.stream(site, events, show, draft), media_type=EVENT_STREAM)
    told, problems = asking.collected(site, events)
    return schemas.SummariesOut(
        stories=[schemas.told_out(one.summary, one.number) for one in told],
        problems=[schemas.problem_out(one) for one in problems],
    )


@router.post(
    "/summaries",
    dependencies=[Depends(Needs(ASK))],
    response_model=schemas.SummariesOut,
    responses=STREAMED | documented(503),
)
def summarize(request: Request, asked: schemas.TextRequest) -> Any:
    """Tell an address or a text now. `Accept: text/event-stream` gives events.

    They are doing, telling, bullet, story, problem, done. A bullet comes while its story is still written, where the
    engine writes them one by one; the story replaces it.
    """
    return _told(request, asking.asked(site_of(request), asked, live=_live(request)))


@router.post(
    "/briefs",
    response_model=schemas.SummariesOut,
    responses=STREAMED | documented(503),
)
def brief(request: Request, reader: CanAsk, asked: schemas.BriefRequest) -> Any:
    """Brief me now on a topic, from the articles that are kept. Streams like summaries."""
    return _told(request, asking.briefed(site_of(request), asked, topics_of(request, reader), live=_live(request)))


@router.post(
    "/briefings/{name}/runs",
    status_code=202,
    responses=documented(404),
)
def start_run(
    request: Request,
    reader: CanRun,
    response: Response,
    name: BriefingName,
    asked: schemas.RunRequest,
    key: Annotated[
        str | None, Header(alias="Idempotency-Key", max_length=200, description="The same key is the same run.")
    ] = None,
) -> schemas.RunOut:
    """Make an edition now. A slot has one edition: where it is there already, it stays."""
    site = site_of(request)
    if not may_see(request, reader, name):
        raise _missing("briefing of this name")
    try:
        briefing = site.app.briefing(name)
    except UsageError as error:
        raise Refused(404, str(error)) from error
    today = clock.local_day(site.app.now(), briefing.time_zone)
    day = asked.day or today
    if day > today:
        raise Refused(422, f"{day.isoformat()} has not come yet")
    run = site.start_run(name, day, key=key)
    site.note(reader, "run", name, day.isoformat(), via="api")
    response.headers["Location"] = f"/api/v1/runs/{run.id}"
    return schemas.run_out(run)


@router.get("/runs/{identity}", responses=documented(404))
def get_run(request: Request, reader: CanRun, identity: Identity) -> schemas.RunOut:
    """How a run stands."""
    run = site_of(request).run(identity)
    if run is None or not may_see(request, reader, run.briefing):
        raise _missing("run with this id")
    return schemas.run_out(run)


def _aware(moment: datetime | None) -> datetime | None:
    from datetime import UTC

    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refused(422, "the cursor is none that was given out")
    return found
