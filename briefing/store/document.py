"""An edition as JSON and back. Article texts stay out of it: they are kept once, by content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from briefing.errors import StoreError
from briefing.store.jsontext import Written
from briefing.text import digest
from briefing.types import Article, Edition, Pick, Story, Summary


@cache
def _adapter() -> TypeAdapter[Edition]:
    return TypeAdapter(Edition)


def _articles(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for summary in document["summaries"]:
        yield from summary["pick"]["story"]["articles"]


def dump(edition: Edition) -> tuple[Written, dict[str, str]]:
    """The edition's JSON document, and the texts it refers to by digest."""
    texts: dict[str, str] = {}
    summaries = []
    for summary in edition.summaries:
        story = summary.pick.story
        articles = tuple(_light(article) for article in story.articles)
        texts |= {light.text: article.text for light, article in zip(articles, story.articles, strict=True)}
        pick = replace(summary.pick, story=replace(story, articles=articles))
        summaries.append(replace(summary, pick=pick))
    light = replace(edition, summaries=tuple(summaries))
    try:
        return Written(_adapter().dump_json(light).decode()), texts
    # Halves of surrogate pairs, which the standard library escapes.
    except (PydanticSerializationError, UnicodeEncodeError):
        return Written(json.dumps(_adapter().dump_python(light, mode="json"))), texts


@lru_cache(maxsize=512)
def _light(article: Article) -> Article:
    """The article with its text's digest for its text. Every reader's edition asks it of the same ones."""
    return replace(article, text=digest(article.text))


def digests(document: dict[str, Any]) -> set[str]:
    """The digests of all texts the document refers to."""
    return {article["text"] for article in _articles(document)}


def load(document: dict[str, Any], texts: dict[str, str]) -> Edition:
    """The edition of a document. Raises StoreError if it or a text of it is not what it should be."""
    try:
        for article in _articles(document):
            article["text"] = texts[article["text"]]
        return _adapter().validate_python(document)
    except (KeyError, TypeError, ValidationError) as error:
        raise StoreError(f"a stored edition can't be read: {error}") from error


@cache
def _answers() -> TypeAdapter[Summary]:
    return TypeAdapter(Summary)


_NOTHING = Pick(story=Story(id="", articles=()))


def dump_answer(summary: Summary) -> dict[str, Any]:
    """What an engine answered as a JSON document, without the pick it was asked about."""
    document: dict[str, Any] = _answers().dump_python(replace(summary, pick=_NOTHING), mode="json")
    return document


def load_answer(document: dict[str, Any]) -> Summary | None:
    """The answer of a document; its pick is empty. None if it is not in today's form."""
    try:
        return _answers().validate_python(document)
    except ValidationError:
        return None
