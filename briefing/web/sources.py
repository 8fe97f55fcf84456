"""Sources in the page: how each does; tried, added, changed and taken out; lists of feeds in and out."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import TypeAdapter, ValidationError

from briefing import health
from briefing.config import SourceConfig
from briefing.config.edit import Conflict, change_file, mark
from briefing.config.edit_sources import add_source, delete_source, from_environment, save_source, written
from briefing.errors import ConfigError, ItemError, UsageError
from briefing.plugins import find
from briefing.sources.lists import add_feeds, exported
from briefing.sources.opml import parse, write
from briefing.text import is_web, one_line
from briefing.web import views
from briefing.web.access import ADMIN, READ, Needs, Reader, from_our_form, site_of
from briefing.web.pages import page
from briefing.web.problems import Refused
from briefing.web.site import Site
from briefing.web.sources_api import places_of, source_of
from briefing.web.topics import config_file, mistakes_of

pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
CanRead = Annotated[Reader, Depends(Needs(READ))]
CanChange = Annotated[Reader, Depends(Needs(ADMIN))]
SHOWN = 5
KINDS = {
    "feed": "a feed, or a site that names its feed", "page": "a page, read again each time",
    "sitemap": "the sitemap of a site without a feed",
}  # fmt: skip


def _when(moment: datetime | None, zone: str) -> str:
    return views.when(moment, zone) if moment else "never"


def lines_of(site: Site) -> list[dict[str, Any]]:
    """Each source with its health, for a table."""
    known, zone, places = site.app.store.health(), site.app.briefing(None).time_zone, places_of(site)
    now = site.app.now()
    lines = []
    for source in site.app.config.sources:
        one = known.get(source.name)
        failing = one is not None and one.failures > 0
        state = "not asked yet" if one is None else health.STATES.get(one.kind, "fails") if failing else "well"
        lines.append(
            {
                "name": source.name, "type": source.type, "where": places[source.name], "failing": failing,
                "state": state, "failures": one.failures if one else 0,
                "error": one.error if one and failing else "",
                "suggestion": one.suggestion if one and failing and one.suggestion else "",
                "read": _when(one.succeeded if one else None, zone), "new": _when(one.changed if one else None, zone),
                "rests": views.when(one.next_try, zone) if one and one.next_try and one.next_try > now else "",
                "notes": [f"{views.when(at, zone)}: {words}" for at, words in one.noted[-2:]] if one else [],
            }
        )  # fmt: skip
    return lines


def _list_page(request: Request, status: int = 200, **said: Any) -> Response:
    site = site_of(request)
    lines = lines_of(site)
    values = {
        "sources": lines, "failing": sum(one["failing"] for one in lines), "writable": site.app.path is not None,
        "wrong": "", "done": [],
    }  # fmt: skip
    return page(request, "sources", values | said, status)


@pages.get("/sources")
def sources_page(request: Request, reader: CanRead) -> Response:
    """All sources and how they do."""
    return _list_page(request)


class SourceForm:
    """The fields of the page's form."""

    def __init__(
        self,
        name: Annotated[str, Form(max_length=200)] = "",
        type: Annotated[str, Form(max_length=20)] = "feed",
        url: Annotated[str, Form(max_length=2000)] = "",
        weight: Annotated[str, Form(max_length=20)] = "1",
        language: Annotated[str, Form(max_length=20)] = "",
        full_text: Annotated[str, Form(max_length=10)] = "",
        was: Annotated[str, Form(max_length=200)] = "",
        seen: Annotated[str, Form(max_length=100)] = "",
    ) -> None:
        self.was, self.seen = was, seen
        self.values = {
            "name": name.strip(), "type": type, "url": url.strip(), "weight": weight, "language": language.strip(),
            "full_text": full_text,
        }  # fmt: skip

    def source(self) -> SourceConfig:
        """The new source it says. Raises ValidationError."""
        values: dict[str, Any] = {key: value for key, value in self.values.items() if value}
        if values.get("type") != "feed":
            values.pop("full_text", None)
        made: SourceConfig = TypeAdapter(SourceConfig).validate_python(values)
        return made


def _shown(site: Site, source: Any) -> dict[str, Any]:
    """A source as the form shows it: its address as it stands in the file; one with a login in it is not shown."""
    names = [one.name for one in site.app.config.sources]
    raw = written(site.app.path) if site.app.path is not None else []
    entry = raw[names.index(source.name)] if len(raw) == len(names) else {}
    url = str(entry.get("url", ""))
    fixed = (
        not is_web(getattr(source, "url", "") or "")
        or from_environment(url)
        or "@" in url.partition("://")[2].split("/")[0]
    )
    return {
        "name": source.name, "type": source.type, "url": "" if fixed else source.url, "fixed": fixed,
        "where": places_of(site)[source.name], "weight": source.weight, "language": source.language or "",
        "full_text": getattr(source, "full_text", ""),
    }  # fmt: skip


def _form_page(request: Request, values: dict[str, Any], status: int = 200) -> Response:
    shared: dict[str, Any] = {"was": "", "seen": "", "wrong": [], "now": None, "source": {}, "tried": None}
    return page(request, "source", shared | {"kinds": KINDS} | values, status)


@pages.get("/sources/edit")
def edit_page(request: Request, reader: CanChange, name: str = "") -> Response:
    """The form of one source; without a name, of a new one."""
    site = site_of(request)
    if not name:
        empty = {"name": "", "type": "feed", "url": "", "weight": 1.0, "language": "", "full_text": "", "fixed": False}
        return _form_page(request, {"source": empty})
    found = source_of(site, name)
    if found is None:
        raise Refused(404, "There is no source of this name.")
    return _form_page(request, {"source": _shown(site, found), "was": found.name, "seen": mark(found)})


def _kept(site: Site, form: SourceForm) -> dict[str, Any]:
    """What somebody wrote, over what the form can't change."""
    found = source_of(site, form.was) if form.was else None
    base = _shown(site, found) if found is not None else {"fixed": False}
    typed = form.values if not base["fixed"] else {k: v for k, v in form.values.items() if k != "url"}
    if found is not None:
        typed = {k: v for k, v in typed.items() if k not in ("name", "type")}
    return {"source": base | typed, "was": form.was, "seen": form.seen}


@pages.post("/sources/try", dependencies=[Depends(from_our_form)])
def try_source(request: Request, reader: CanChange, form: Annotated[SourceForm, Depends()]) -> Response:
    """Ask a source for its items now; nothing is kept."""
    site = site_of(request)
    kept = _kept(site, form)
    try:
        found = source_of(site, form.was) if form.was else None
        if found is not None:
            url = {} if kept["source"]["fixed"] else {"url": form.values["url"]}
            source = type(found).model_validate(found.model_dump() | url)
        else:
            source = form.source()
            if not is_web(getattr(source, "url", "")):
                raise UsageError("the address must begin with http:// or https://")
    except ValidationError as error:
        return _form_page(request, kept | {"wrong": mistakes_of(error)}, 422)
    except UsageError as error:
        return _form_page(request, kept | {"wrong": [f"{error}."]}, 422)
    zone = site.app.briefing(None).time_zone
    try:
        with site.asking():
            items = find("source", source.type)(source, site.app.tools).collect({}).items
    except ItemError as error:
        return _form_page(request, kept | {"tried": {"error": error.message, "items": [], "count": 0}})
    newest = sorted(items, key=lambda one: (one.published is not None, one.published or 0), reverse=True)[:SHOWN]
    lines = [{"title": one_line(i.title or i.url or "")[:200], "when": views.when(i.published, zone)} for i in newest]
    return _form_page(request, kept | {"tried": {"error": "", "items": lines, "count": len(items)}})


@pages.post("/sources", dependencies=[Depends(from_our_form)])
def save(request: Request, reader: CanChange, form: Annotated[SourceForm, Depends()]) -> Response:
    """Write the form's source back. Was it changed meanwhile, both are shown, and nothing is written."""
    site = site_of(request)
    kept = _kept(site, form)
    file = config_file(site)
    try:
        if form.was:
            changes: dict[str, Any] = {"weight": form.values["weight"], "language": form.values["language"] or None}
            if not kept["source"].get("fixed"):
                changes["url"] = form.values["url"]
            if form.values["full_text"]:
                changes["full_text"] = form.values["full_text"]
            save_source(file, os.environ, form.was, changes, form.seen)
        else:
            add_source(file, os.environ, form.source())
    except ValidationError as error:
        return _form_page(request, kept | {"wrong": mistakes_of(error)}, 422)
    except Conflict as error:
        now = error.current
        site.refresh()
        more: dict[str, Any] = {"now": None, "seen": "", "was": ""}
        if now is not None:
            more = {"now": _shown(site, now), "seen": mark(now), "was": now.name}
        return _form_page(request, kept | more | {"wrong": [f"{error}. Nothing was saved."]}, 409)
    except (ConfigError, UsageError) as error:
        return _form_page(request, kept | {"wrong": [f"{error}."]}, 409)
    site.note(reader, "source changed" if form.was else "source added", form.was or form.values["name"])
    site.refresh()
    return RedirectResponse("/sources", 303)


@pages.post("/sources/delete", dependencies=[Depends(from_our_form)])
def delete(request: Request, reader: CanChange, form: Annotated[SourceForm, Depends()]) -> Response:
    """Take the source out; its articles stay."""
    site = site_of(request)
    try:
        delete_source(config_file(site), os.environ, form.was, form.seen)
    except Conflict as error:
        site.refresh()
        now = error.current
        more: dict[str, Any] = {}
        if now is not None:
            more = {"source": _shown(site, now), "seen": mark(now), "was": now.name, "now": _shown(site, now)}
        return _form_page(request, more | {"wrong": [f"{error}. Nothing was deleted."]}, 409)
    except (ConfigError, UsageError) as error:
        return _form_page(request, _kept(site, form) | {"wrong": [f"{error}."]}, 409)
    site.note(reader, "source removed", form.was)
    site.refresh()
    return RedirectResponse("/sources", 303)


@pages.post("/sources/import", dependencies=[Depends(from_our_form)])
def import_list(
    request: Request,
    reader: CanChange,
    file: Annotated[UploadFile | None, File()] = None,
    topics: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    """Add the feeds of an OPML file; with `topics` its folders become topics of theirs."""
    site = site_of(request)
    if file is None or not file.filename:
        return _list_page(request, 422, wrong="Choose an OPML file first.")
    body = file.file.read(site.app.max_bytes + 1)
    counts: dict[str, int] = {}
    try:
        if len(body) > site.app.max_bytes:
            raise UsageError(f"it is larger than the {site.app.max_bytes / 1e6:g} MB that are read")
        feeds = parse("the file", body)
        change_file(config_file(site), os.environ, lambda data: counts.update(add_feeds(data, feeds, bool(topics))))
    except (ItemError, ConfigError, UsageError) as error:
        return _list_page(request, 422, wrong=f"Nothing was imported: {error}.")
    site.note(reader, "sources imported", one_line(file.filename)[:200], f"{counts['added']} feeds")
    site.refresh()
    done = [f"{counts['added']} feeds were added, {counts['known']} were there already."]
    if counts["topics"]:
        done.append(f"{counts['topics']} topics were made of folders.")
    return _list_page(request, done=done)


@pages.get("/sources.opml")
def export_list(request: Request, reader: CanChange) -> Response:
    """The configured feeds as OPML, without those whose address holds a secret."""
    site = site_of(request)
    raw = config_file(site).read_text(encoding="utf-8")
    left: list[str] = []
    title = site.app.config.briefings[0].title
    body = write(title, list(exported(site.app.config, raw, left.append)))
    headers = {"Content-Disposition": 'attachment; filename="sources.opml"'}
    return Response(body, media_type="text/x-opml+xml", headers=headers)
