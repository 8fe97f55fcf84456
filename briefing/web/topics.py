"""Topics: listed, tried on the last days while they are edited, written back to the configuration's file."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import ValidationError

from briefing.config import TopicConfig
from briefing.config.edit import Conflict, delete_topic, mark, save_topic
from briefing.errors import ConfigError, UsageError
from briefing.web import schemas
from briefing.web.access import ADMIN, READ, Needs, Reader, from_our_form, site_of, topics_of
from briefing.web.pages import page
from briefing.web.problems import Refused, documented
from briefing.web.site import Site

api = APIRouter(prefix="/api/v1", responses=documented(400, 401, 403, 413, 421, 422, 429, 500))
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
CanRead = Annotated[Reader, Depends(Needs(READ))]
CanChange = Annotated[Reader, Depends(Needs(ADMIN))]
TopicName = Annotated[str, Path(min_length=1, max_length=200)]
IfMatch = Annotated[str | None, Header(max_length=100, description="ETag of the state that was seen; * for any.")]


class TopicOut(schemas.Answer):
    """A topic; `mark` is its state, and the ETag without its quotation marks."""

    mark: str
    topic: TopicConfig


class PreviewLine(schemas.Answer):
    """A story in a preview."""

    article: str
    title: str
    source: str
    outlets: int
    fit: float
    why: str


class PreviewOut(schemas.Answer):
    """What a topic would match in the last days, and what just misses."""

    days: int
    stories: int
    count: int
    matching: list[PreviewLine]
    missing: list[PreviewLine]
    cut: bool


def config_file(site: Site) -> FilePath:
    """The file that is changed. Raises Refused if there is none."""
    if site.app.path is None:
        raise Refused(409, "This installation has no configuration file that could be changed.")
    return site.app.path


def _topic(site: Site, name: str) -> TopicConfig | None:
    site.refresh()
    return next((one for one in site.app.config.topics if one.name.casefold() == name.casefold()), None)


def _etag(response: Response, topic: TopicConfig) -> TopicOut:
    response.headers["ETag"] = f'"{mark(topic)}"'
    return TopicOut(mark=mark(topic), topic=topic)


@api.get("/topics")
def list_topics(request: Request, reader: CanRead) -> list[TopicOut]:
    """The topics of the briefings that the reader sees."""
    return [TopicOut(mark=mark(one), topic=one) for one in topics_of(request, reader)]


@api.post("/topics", status_code=201, responses=documented(409))
def add_topic(request: Request, response: Response, reader: CanChange, topic: TopicConfig) -> TopicOut:
    """Add a topic."""
    site = site_of(request)
    if _topic(site, topic.name) is not None:
        raise Refused(409, f'A topic is called "{topic.name}" already.')
    save_topic(config_file(site), os.environ, None, topic, None)
    site.note(reader, "topic added", topic.name, via="api")
    site.refresh()
    return _etag(response, topic)


@api.post("/topics/preview", dependencies=[Depends(Needs(READ))])
def try_topic(request: Request, topic: TopicConfig, days: Annotated[int, Query(ge=1, le=31)] = 7) -> PreviewOut:
    """What a topic would match; nothing is saved."""
    site = site_of(request)
    return PreviewOut(**asdict(site.previews.preview(site.app, topic, days)))


@api.get("/topics/{name:path}", responses=documented(404))
def get_topic(request: Request, response: Response, reader: CanRead, name: TopicName) -> TopicOut:
    """One topic, with its ETag."""
    found = _topic(site_of(request), name)
    if found is None or found not in topics_of(request, reader):
        raise Refused(404, "There is no topic of this name.")
    return _etag(response, found)


def seen_mark(if_match: str | None) -> str | None:
    """The mark an If-Match names; None for any. Raises Refused if it is missing."""
    if if_match is None:
        raise Refused(428, "If-Match must say which state was seen.")
    return None if if_match.strip() == "*" else if_match.strip().removeprefix("W/").strip('"')


CHANGES = documented(404, 409, 412, 428)


@api.put("/topics/{name:path}", responses=CHANGES)
def change_topic(
    request: Request,
    response: Response,
    reader: CanChange,
    name: TopicName,
    topic: TopicConfig,
    if_match: IfMatch = None,
) -> TopicOut:
    """Change a topic that is as it was seen. Of two people, the second gets 412 and looks again."""
    site = site_of(request)
    seen = seen_mark(if_match)
    if _topic(site, name) is None:
        raise Refused(404, "There is no topic of this name.")
    try:
        save_topic(config_file(site), os.environ, name, topic, seen)
    except Conflict as error:
        raise Refused(412, str(error)) from error
    except ConfigError:
        raise
    except UsageError as error:
        raise Refused(409, str(error)) from error
    site.note(reader, "topic changed", topic.name, "" if topic.name == name else f"it was {name}", via="api")
    site.refresh()
    return _etag(response, topic)


@api.delete("/topics/{name:path}", status_code=204, responses=CHANGES)
def remove_topic(request: Request, reader: CanChange, name: TopicName, if_match: IfMatch = None) -> None:
    """Take a topic out, if it is as it was seen."""
    site = site_of(request)
    seen = seen_mark(if_match)
    if _topic(site, name) is None:
        raise Refused(404, "There is no topic of this name.")
    try:
        delete_topic(config_file(site), os.environ, name, seen)
    except Conflict as error:
        raise Refused(412, str(error)) from error
    site.note(reader, "topic removed", name, via="api")
    site.refresh()


# The pages

FIELDS = ("name", "description", "keywords", "never", "breadth", "weight")


def _shown(topic: TopicConfig) -> dict[str, Any]:
    return {
        "name": topic.name, "description": topic.description, "keywords": "\n".join(topic.keywords),
        "never": "\n".join(topic.never), "breadth": topic.breadth, "weight": topic.weight,
    }  # fmt: skip


def _from_form(base: TopicConfig | None, form: dict[str, str]) -> TopicConfig:
    """The topic a form says, over what the form does not show. Raises ValidationError."""
    values: dict[str, Any] = base.model_dump(mode="json") if base else {}
    for field in ("keywords", "never"):
        values[field] = [line.strip() for line in form[field].splitlines() if line.strip()]
    values |= {"name": form["name"], "description": form["description"]}
    values |= {"breadth": form["breadth"], "weight": form["weight"]}
    return TopicConfig.model_validate(values)


class TopicForm:
    """The fields of the page's form."""

    def __init__(
        self,
        name: Annotated[str, Form()] = "",
        description: Annotated[str, Form()] = "",
        keywords: Annotated[str, Form()] = "",
        never: Annotated[str, Form()] = "",
        breadth: Annotated[str, Form()] = "0.5",
        weight: Annotated[str, Form()] = "1",
        was: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> None:
        self.was, self.seen = was, seen
        self.values = {
            "name": name, "description": description, "keywords": keywords, "never": never, "breadth": breadth,
            "weight": weight,
        }  # fmt: skip


def mistakes_of(error: ValidationError) -> list[str]:
    """What is wrong, field by field."""
    return [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]


@pages.get("/topics")
def topics_page(request: Request, reader: CanRead) -> Response:
    """All topics."""
    found = [_shown(one) | {"words": list(one.keywords)} for one in topics_of(request, reader)]
    return page(request, "topics", {"topics": found, "writable": site_of(request).app.path is not None})


def _form_page(request: Request, values: dict[str, Any], status: int = 200) -> Response:
    shared: dict[str, Any] = {"was": "", "seen": "", "wrong": [], "now": None, "topic": {}}
    return page(request, "topic", shared | values, status)


@pages.get("/topics/edit")
def edit_page(request: Request, reader: CanChange, name: str = "") -> Response:
    """The form of one topic; without a name, of a new one."""
    if not name:
        empty = {"name": "", "description": "", "keywords": "", "never": "", "breadth": 0.5, "weight": 1.0}
        return _form_page(request, {"topic": empty})
    found = _topic(site_of(request), name)
    if found is None:
        raise Refused(404, "There is no topic of this name.")
    return _form_page(request, {"topic": _shown(found), "was": found.name, "seen": mark(found)})


@pages.post("/topics/preview", dependencies=[Depends(from_our_form)])
def preview(request: Request, reader: CanRead, form: Annotated[TopicForm, Depends()]) -> Response:
    """What the form's topic would match: a piece of a page, in JSON."""
    site = site_of(request)
    form.values["name"] = form.values["name"] or "New topic"
    try:
        topic = _from_form(_topic(site, form.was) if form.was else None, form.values)
    except ValidationError as error:
        raise Refused(422, "; ".join(mistakes_of(error))) from error
    found = site.previews.preview(site.app, topic)
    return JSONResponse({"html": site.app.renderer.page("web/preview.html.j2", {"preview": asdict(found)})})


@pages.post("/topics", dependencies=[Depends(from_our_form)])
def save(request: Request, reader: CanChange, form: Annotated[TopicForm, Depends()]) -> Response:
    """Write the form's topic back. Was it changed meanwhile, both are shown, and nothing is written."""
    site = site_of(request)
    base = _topic(site, form.was) if form.was else None
    kept = {"topic": form.values, "was": form.was, "seen": form.seen}
    try:
        topic = _from_form(base, form.values)
        save_topic(config_file(site), os.environ, form.was or None, topic, form.seen if form.was else None)
    except ValidationError as error:
        return _form_page(request, kept | {"wrong": mistakes_of(error)}, 422)
    except Conflict as error:
        now = error.current
        more = {"now": _shown(now) if now else None, "seen": mark(now) if now else "", "was": now.name if now else ""}
        return _form_page(request, kept | more | {"wrong": [f"{error}. Nothing was saved."]}, 409)
    except (ConfigError, UsageError) as error:
        return _form_page(request, kept | {"wrong": [str(error)]}, 409)
    was = "" if form.was in ("", topic.name) else f"it was {form.was}"
    site.note(reader, "topic changed" if form.was else "topic added", topic.name, was)
    site.refresh()
    return RedirectResponse("/topics", 303)


@pages.post("/topics/delete", dependencies=[Depends(from_our_form)])
def delete(request: Request, reader: CanChange, form: Annotated[TopicForm, Depends()]) -> Response:
    """Take the topic out."""
    site = site_of(request)
    try:
        delete_topic(config_file(site), os.environ, form.was, form.seen)
    except Conflict as error:
        now = error.current
        more = {"now": _shown(now), "seen": mark(now), "was": now.name, "topic": _shown(now)} if now else {}
        return _form_page(request, more | {"wrong": [f"{error}. Nothing was deleted."]}, 409)
    site.note(reader, "topic removed", form.was)
    site.refresh()
    return RedirectResponse("/topics", 303)
