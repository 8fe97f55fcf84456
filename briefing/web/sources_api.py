"""Sources by the API: how each does; added, changed and taken out of the configuration's file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field, ValidationError

from briefing.config import FeedConfig, PageConfig, SitemapConfig
from briefing.config.edit import Conflict, mark
from briefing.config.edit_sources import add_source, delete_source, from_environment, save_source, written
from briefing.errors import ConfigError, UsageError
from briefing.fetch.manners import shown
from briefing.text import is_web
from briefing.web import schemas
from briefing.web.access import ADMIN, READ, Needs, Reader, site_of
from briefing.web.problems import Refused, documented
from briefing.web.site import Site
from briefing.web.topics import CHANGES, IfMatch, config_file, mistakes_of, seen_mark

api = APIRouter(prefix="/api/v1", responses=documented(400, 401, 403, 413, 421, 422, 429, 500))
CanRead = Annotated[Reader, Depends(Needs(READ))]
CanChange = Annotated[Reader, Depends(Needs(ADMIN))]
SourceName = Annotated[str, Path(min_length=1, max_length=200)]
NewSource = Annotated[FeedConfig | PageConfig | SitemapConfig, Field(discriminator="type")]


class SourceChange(schemas.Request):
    """What is to be changed of a source; what is left out stays."""

    url: Annotated[str, Field(max_length=2000)] | None = None
    weight: Annotated[float, Field(gt=0, le=10)] | None = None
    language: Annotated[str, Field(max_length=20)] | None = None
    full_text: Literal["auto", "feed", "page"] | None = None
    max_items: Annotated[int, Field(ge=1, le=10_000)] | None = None


def source_of(site: Site, name: str) -> Any:
    """The source of this name, as the file says now; None if there is none."""
    site.refresh()
    return next((one for one in site.app.config.sources if one.name.casefold() == name.casefold()), None)


def places_of(site: Site) -> dict[str, str]:
    """Each source's address as it may be shown: what comes from the environment by its name, no login, no key."""
    raw: Sequence[dict[str, Any]] = ()
    if site.app.path is not None:
        try:
            raw = written(site.app.path)
        except ConfigError:
            raw = ()
    every = site.app.config.sources
    # A file that is just being changed is no longer the one that is in use.
    texts = [str(one.get("url", "")) for one in raw] if len(raw) == len(every) else [""] * len(every)
    found = {}
    for source, text in zip(every, texts, strict=True):
        url = getattr(source, "url", None)
        if url is None:
            found[source.name] = getattr(source, "path", None) or getattr(source, "host", None) or ""
        elif from_environment(text):
            found[source.name] = shown(text)
        else:
            found[source.name] = shown(url) if is_web(url) and text else "" if is_web(url) else url
    return found


def _out(site: Site, source: Any, places: dict[str, str]) -> schemas.SourceOut:
    known = site.app.store.health().get(source.name)
    return schemas.SourceOut(
        name=source.name, type=source.type, checked=known.checked if known else None,
        succeeded=known.succeeded if known else None, failures=known.failures if known else 0,
        error=known.error if known else None, mark=mark(source), where=places[source.name], weight=source.weight,
        language=source.language,
    )  # fmt: skip


@api.get("/sources", dependencies=[Depends(Needs(READ))])
def list_sources(request: Request) -> list[schemas.SourceOut]:
    """The configured sources and how each did lately."""
    site = site_of(request)
    places = places_of(site)
    return [_out(site, source, places) for source in site.app.config.sources]


@api.post("/sources", status_code=201, responses=documented(409))
def add(request: Request, response: Response, reader: CanChange, source: NewSource) -> schemas.SourceOut:
    """Add a feed, a page or a sitemap."""
    site = site_of(request)
    file = config_file(site)
    try:
        add_source(file, os.environ, source)
    except ConfigError:
        raise
    except UsageError as error:
        raise Refused(409 if "already" in str(error) else 422, str(error)) from error
    site.note(reader, "source added", source.name, shown(source.url), via="api")
    return _answer(site, response, source.name)


def _answer(site: Site, response: Response, name: str) -> schemas.SourceOut:
    found = source_of(site, name)
    if found is None:
        raise Refused(404, "There is no source of this name.")
    response.headers["ETag"] = f'"{mark(found)}"'
    return _out(site, found, places_of(site))


@api.get("/sources/{name:path}", dependencies=[Depends(Needs(READ))], responses=documented(404))
def get_source(request: Request, response: Response, name: SourceName) -> schemas.SourceOut:
    """One source, with its ETag."""
    return _answer(site_of(request), response, name)


@api.patch("/sources/{name:path}", responses=CHANGES)
def change_source(
    request: Request,
    response: Response,
    reader: CanChange,
    name: SourceName,
    change: SourceChange,
    if_match: IfMatch = None,
) -> schemas.SourceOut:
    """Change a source that is as it was seen. Of two people, the second gets 412 and looks again."""
    site = site_of(request)
    seen = seen_mark(if_match)
    if source_of(site, name) is None:
        raise Refused(404, "There is no source of this name.")
    changes = change.model_dump(exclude_unset=True)
    try:
        save_source(config_file(site), os.environ, name, {k: v for k, v in changes.items() if v is not None}, seen)
    except Conflict as error:
        raise Refused(412, str(error)) from error
    except ValidationError as error:
        raise Refused(422, "; ".join(mistakes_of(error))) from error
    except UsageError as error:
        raise Refused(409, str(error)) from error
    site.note(reader, "source changed", name, ", ".join(sorted(changes)), via="api")
    return _answer(site, response, name)


@api.delete("/sources/{name:path}", status_code=204, responses=CHANGES)
def remove_source(request: Request, reader: CanChange, name: SourceName, if_match: IfMatch = None) -> None:
    """Take a source out, if it is as it was seen; its articles stay."""
    site = site_of(request)
    seen = seen_mark(if_match)
    if source_of(site, name) is None:
        raise Refused(404, "There is no source of this name.")
    try:
        delete_source(config_file(site), os.environ, name, seen)
    except Conflict as error:
        raise Refused(412, str(error)) from error
    except UsageError as error:
        raise Refused(409, str(error)) from error
    site.note(reader, "source removed", name, via="api")
    site.refresh()
