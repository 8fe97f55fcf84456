"""What a reader says of a story or a bullet: into the ledger, from the page and from the API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import Field

from briefing.feedback import record
from briefing.web import schemas
from briefing.web.access import SAY, Needs, Reader, from_our_form, may_see, site_of
from briefing.web.problems import Refused, documented

router = APIRouter()
CanSay = Annotated[Reader, Depends(Needs(SAY))]
ANSWERS = {
    "more": "You will see more like this.",
    "less": "You will see less like this.",
    "mute": "This story is muted.",
    "wrong": "Thank you. The bullet and its evidence are kept, to be looked at.",
}


class FeedbackIn(schemas.Request):
    """A word on a story ("EDITION/3"), a bullet ("EDITION/3.2"), a topic ("EDITION/topic:Science") or a source."""

    target: schemas.Line
    action: Literal["more", "less", "mute", "wrong"]
    until: date | None = Field(None, description="Only for mute: its last day.")


class FeedbackOut(schemas.Answer):
    """The word as it stands in the ledger."""

    id: str
    action: str
    kind: str
    target: str


def _own(request: Request, reader: Reader, target: str) -> None:
    """Raises Refused where the target stands in an edition that the reader does not see."""
    edition = site_of(request).edition(target.partition("/")[0][:16])
    if edition is not None and not may_see(request, reader, edition.briefing):
        raise Refused(422, "There is no edition with this id.")


@router.post(
    "/api/v1/feedback",
    status_code=201,
    responses=documented(400, 401, 403, 413, 421, 422, 429, 500),
)
def say(request: Request, reader: CanSay, said: FeedbackIn) -> FeedbackOut:
    """Say more, less, mute or wrong. The last word on a thing counts."""
    app = site_of(request).app
    _own(request, reader, said.target)
    kept = record(app.store, said.action, said.target, app.now(), reader=reader.name, until=said.until, via="api")
    return FeedbackOut(id=kept.id, action=kept.action, kind=kept.kind, target=kept.target)


@router.post("/feedback", include_in_schema=False, dependencies=[Depends(from_our_form)])
def say_by_form(
    request: Request,
    reader: CanSay,
    target: Annotated[str, Form(max_length=300)],
    action: Annotated[str, Form(max_length=8)],
) -> Response:
    """From the page's buttons."""
    site = site_of(request)
    _own(request, reader, target)
    kept = record(site.app.store, action, target, site.app.now(), reader=reader.name, via="page")
    if "application/json" in request.headers.get("accept", ""):
        answer: dict[str, Any] = {"message": ANSWERS[kept.action]}
        return JSONResponse(answer)
    edition = site.edition(target.partition("/")[0])
    where = f"/editions/{edition.briefing}/{edition.slot}" if edition else "/"
    return RedirectResponse(where, 303)
