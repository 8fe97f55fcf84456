"""Errors as application/problem+json (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"


class ProblemDocument(BaseModel):
    """What went wrong, for a program and for a person."""

    type: str = Field("about:blank", description="A name for this kind of problem.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The answer's status.")
    detail: str = Field(description="What happened this time.")
    errors: list[dict[str, str]] | None = Field(None, description="Each field that is wrong: where, and why.")


class ProblemResponse(JSONResponse):
    """A problem as an answer."""

    media_type = MEDIA_TYPE


def problem(
    status: int, detail: str, errors: list[dict[str, str]] | None = None, headers: dict[str, str] | None = None
) -> ProblemResponse:
    """The answer that tells of a problem."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    content: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        content["errors"] = errors
    return ProblemResponse(content, status, headers)


class Refused(Exception):
    """A request that is answered by a problem."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.detail = detail
        self.headers = headers
        super().__init__(detail)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems an operation may answer with, for its OpenAPI document."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "model": ProblemDocument,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }
