"""Pages where people look back: charts, and a story's timeline."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from briefing import clock
from briefing.web import figures, views
from briefing.web.access import READ, Needs, Reader, briefings_of, may_see, site_of
from briefing.web.pages import page
from briefing.web.problems import Refused

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
CanRead = Annotated[Reader, Depends(Needs(READ))]


@router.get("/charts")
def charts(
    request: Request, reader: CanRead, briefing: str | None = None, days: Literal["28", "90"] = "28"
) -> Response:
    """Stories per topic and day, sources' health, the guard's tally, reading time, of the last days."""
    site = site_of(request)
    seen = briefings_of(request, reader)
    if not seen:
        raise Refused(404, "No briefing is made for you.")
    chosen = next((one for one in seen if one.name == briefing), seen[0])
    today = clock.local_day(site.app.now(), chosen.time_zone)
    shown = figures.days_until(today, int(days))
    library = site.app.store.library
    ids = library.made_since(chosen.name, shown[0].isoformat())
    found = [one for identity in ids if (one := site.figures(identity)) is not None and one.day <= today]
    # Sources are counted by the day of UTC.
    last = site.app.now().astimezone(UTC).date()
    of_sources = figures.days_until(last, int(days))
    names = [source.name for source in site.app.config.sources]
    values = {
        "briefing": chosen.name,
        "title": chosen.title,
        "days": int(days),
        "first": f"{shown[0].day} {shown[0]:%b}",
        "last": f"{shown[-1].day} {shown[-1]:%b}",
        "count": len(found),
        "topics": figures.topics_chart(found, shown),
        "guard": figures.guard_chart(found, shown),
        "reading": figures.reading_chart(found, shown),
        "sources": figures.sources_chart(library.source_days(of_sources[0]), names, of_sources),
    }
    return page(request, "charts", values)


@router.get("/stories/{briefing}/{story}")
def story(request: Request, reader: CanRead, briefing: str, story: str) -> Response:
    """What was told of a story, edition by edition, each bullet with its evidence, and what of it was corrected."""
    site = site_of(request)
    chapters = (
        site.app.store.timeline(briefing, story) if len(story) == 16 and may_see(request, reader, briefing) else []
    )
    if not chapters:
        raise Refused(404, "No edition has told this story.")
    told = [(chapter, site.edition(chapter.edition)) for chapter in chapters]
    since = (chapters[0].day - timedelta(days=1)).isoformat()
    later = [site.figures(identity) for identity in site.app.store.library.made_since(briefing, since)]
    corrections = [one for found in later if found for one in found.corrections if one.story == story]
    return page(request, "thread", views.thread_page(told, corrections))
