"""What the API takes and answers. Field names are part of its first version and stay as they are."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from briefing import types
from briefing.store import MARK_END, MARK_START, EditionRow, Hit
from briefing.web.problems import Refused
from briefing.web.site import Run

T = TypeVar("T")
Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000_000)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
MediaType = Literal[
    "text/plain", "text/markdown", "text/html", "message/rfc822", "application/json", "application/jsonl"
]


class Answer(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


class Request(BaseModel):
    """Base of what is asked: an unknown field is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Answer, Generic[T]):
    """Part of a list. `next` asks for what follows, as `cursor`; null at the end."""

    items: list[T]
    next: str | None = None


class EvidenceOut(Answer):
    """A span of an article's text, in characters, the end excluded, with the words that stand there."""

    article: str
    start: int
    end: int
    text: str


class BulletOut(Answer):
    """One claim and what it rests on."""

    text: str
    evidence: list[EvidenceOut]
    support: float = Field(description="0 to 1: how well the evidence supports it.")
    made: str = Field(description="quoted, shortened or written.")


class ArticleLine(Answer):
    """An article without its text."""

    id: str
    title: str | None
    source: str
    url: str | None
    published: datetime | None
    day_only: bool
    seen: datetime | None
    language: str | None


class ArticleOut(ArticleLine):
    """An article as it was read."""

    authors: list[str]
    key_points: list[str]
    notes: list[str]
    text: str


class StoryOut(Answer):
    """A story told in bullets."""

    id: str
    number: int
    topic: str
    title: str | None
    why: list[str]
    bullets: list[BulletOut]
    articles: list[ArticleLine]
    engine: str
    whole: bool
    notes: list[str]


class ToldOut(StoryOut):
    """A story told on demand, with the text its spans count in."""

    text: str


class DraftOut(Answer):
    """Bullets that have passed the guard while the rest of story `number` is still written."""

    number: int
    bullets: list[BulletOut]


class ProblemOut(Answer):
    """Something that failed alone."""

    stage: str
    subject: str
    message: str


class EditionLine(Answer):
    """An edition in a list."""

    id: str
    briefing: str
    slot: str
    made: datetime
    stories: int
    headlines: list[str]


class EditionOut(Answer):
    """An edition."""

    id: str
    briefing: str
    slot: str
    day: date
    title: str
    language: str
    time_zone: str
    made: datetime
    stories: list[StoryOut]
    problems: list[ProblemOut]
    receipt: dict[str, int | float | str | list[str]]


class HitOut(Answer):
    """Something that was found; `ref` is an article's id, or an edition's, whose story `number` it is."""

    kind: Literal["article", "story"]
    ref: str
    number: int
    place: str
    at: datetime
    title: str
    snippet: str


class HitsOut(Page[HitOut]):
    """What was found, and how much (exact up to 500)."""

    count: int


class TextRequest(Request):
    """Tell an address or a text now: exactly one of `url` and `text`."""

    url: Line | None = None
    text: Text | None = None
    title: Line | None = Field(None, description="Headline of `text`, where it is one plain article.")
    media_type: MediaType = Field("text/plain", description="What `text` is.")
    bullets: int | None = Field(None, ge=1, le=50, description="How many; default: two to four.")
    engine: Line | None = Field(None, description="What tells; default: the configured ladder.")

    @model_validator(mode="after")
    def _one(self) -> TextRequest:
        if (self.url is None) == (self.text is None):
            raise ValueError("expected either url or text")
        return self


class BriefRequest(Request):
    """Brief me now on a topic, from what is kept."""

    topic: Line | None = Field(None, description="Name of a configured topic.")
    description: Line | None = Field(None, description="Or what it is about, in plain words.")
    hours: float = Field(24, gt=0, le=24 * 31)
    stories: int = Field(5, ge=1, le=20)
    engine: Line | None = None

    @model_validator(mode="after")
    def _at_most_one(self) -> BriefRequest:
        if self.topic is not None and self.description is not None:
            raise ValueError("expected either topic or description, not both")
        return self


class SummariesOut(Answer):
    """What was told, and what failed."""

    stories: list[ToldOut]
    problems: list[ProblemOut]


class RunRequest(Request):
    """Make the edition of a day."""

    day: date | None = Field(None, description="Default: today, in the briefing's time zone.")


class RunOut(Answer):
    """An edition being made."""

    id: str
    briefing: str
    day: date
    state: Literal["running", "made", "there", "failed"]
    started: datetime
    ended: datetime | None
    edition: str | None
    message: str | None


class BriefingOut(Answer):
    """A configured briefing."""

    name: str
    title: str
    language: str
    time_zone: str
    topics: list[str]


class SourceOut(Answer):
    """A source and how it did lately."""

    name: str
    type: str
    checked: datetime | None
    succeeded: datetime | None
    failures: int
    error: str | None
    mark: str = Field(description="Its state, and the ETag without its quotation marks.")
    where: str = Field(description="Its address, without logins and keys.")
    weight: float
    language: str | None


class EngineOut(Answer):
    """What can tell a text."""

    name: str


def cursor(*values: str) -> str:
    """Where the next page begins, opaque to the caller."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def from_cursor(text: str | None, length: int) -> tuple[str, ...] | None:
    """The values of a cursor. Raises Refused if it is none of ours."""
    if text is None:
        return None
    try:
        values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or len(values) != length or not all(isinstance(one, str) for one in values):
        raise Refused(422, "the cursor is none that was given out")
    return tuple(values)


def article_line(article: types.Article) -> ArticleLine:
    """An article in a list."""
    return ArticleLine(**_line(article))


def article_out(article: types.Article) -> ArticleOut:
    """An article with its text."""
    return ArticleOut(
        **_line(article),
        authors=list(article.authors),
        key_points=list(article.key_points),
        notes=list(article.notes),
        text=article.text,
    )


def _line(article: types.Article) -> dict[str, object]:
    return {
        "id": article.id, "title": article.title, "source": article.source, "url": article.url,
        "published": article.published, "day_only": article.day_only, "seen": article.seen,
        "language": article.language,
    }  # fmt: skip


def story_out(summary: types.Summary, number: int) -> StoryOut:
    """A story with the words its bullets rest on."""
    return StoryOut(
        id=summary.pick.story.id,
        number=number,
        topic=summary.pick.topic,
        title=summary.title,
        why=list(summary.pick.why),
        bullets=[
            BulletOut(
                text=bullet.text,
                evidence=[
                    EvidenceOut(article=e.article, start=e.start, end=e.end, text=summary.quote(e))
                    for e in bullet.evidence
                ],
                support=bullet.support,
                made=bullet.made,
            )
            for bullet in summary.bullets
        ],
        articles=[article_line(article) for article in summary.pick.story.articles],
        engine=summary.engine,
        whole=summary.whole,
        notes=list(summary.notes),
    )


def told_out(summary: types.Summary, number: int) -> ToldOut:
    """A story told on demand."""
    return ToldOut(**story_out(summary, number).model_dump(), text=summary.article.text)


def draft_out(summary: types.Summary, number: int) -> DraftOut:
    """A bullet that was heard before its story was told."""
    return DraftOut(number=number, bullets=story_out(summary, number).bullets)


def problem_out(problem: types.Problem) -> ProblemOut:
    """A problem as it stands in an edition."""
    return ProblemOut(stage=problem.stage, subject=problem.subject, message=problem.message)


def edition_out(edition: types.Edition) -> EditionOut:
    """A whole edition."""
    account = {name: getattr(edition.receipt, name) for name in edition.receipt.__slots__}
    return EditionOut(
        id=edition.id,
        briefing=edition.briefing,
        slot=edition.slot,
        day=edition.day,
        title=edition.title,
        language=edition.language,
        time_zone=edition.time_zone,
        made=edition.made,
        stories=[story_out(summary, number) for number, summary in enumerate(edition.summaries, 1)],
        problems=[problem_out(problem) for problem in edition.problems],
        # What the receipt counts may grow; what is neither a number nor words has its own place in the edition.
        receipt={
            name: list(value) if isinstance(value, tuple) else value
            for name, value in account.items()
            if isinstance(value, int | float | str)
            or (isinstance(value, tuple) and all(isinstance(v, str) for v in value))
        },
    )


def edition_line(row: EditionRow) -> EditionLine:
    """An edition in a list."""
    return EditionLine(
        id=row.id, briefing=row.briefing, slot=row.slot, made=row.made, stories=row.stories,
        headlines=list(row.headlines),
    )  # fmt: skip


def hits_out(found: Sequence[Hit]) -> list[HitOut]:
    """Hits; found words stand between asterisks in the snippet."""
    return [
        HitOut(
            kind=hit.kind, ref=hit.ref, number=hit.number, place=hit.place, at=hit.at, title=hit.title,
            snippet=hit.snippet.replace(MARK_START, "*").replace(MARK_END, "*"),
        )
        for hit in found
    ]  # fmt: skip


def run_out(run: Run) -> RunOut:
    """A run."""
    return RunOut(
        id=run.id, briefing=run.briefing, day=run.day, state=run.state, started=run.started, ended=run.ended,
        edition=run.edition, message=run.message,
    )  # fmt: skip
