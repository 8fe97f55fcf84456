"""A whole installation in a folder: sources of our making, real store, real extraction, real templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from briefing.app import App
from briefing.config import parse_config
from briefing.types import Edition

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
CONFIG = """\
sources:
  - {name: Honest, type: file, path: honest}
  - {name: Stranger, type: %(kind)s}
topics: []
briefings:
  - name: daily
    limits: {max_age: null}
    channels: [{type: file, folder: out}]
%(templates)s
summarizer: {model: '%(model)s', engines: []}
"""
PLACES = ("Aldmouth", "Dunholm", "Kelby", "Northam")
HONEST = {
    "Ferry runs aground at Aldmouth": "The harbour of Aldmouth was closed on Tuesday after a ferry ran aground at its mouth, the harbour master said.\n\nAll 212 passengers were brought ashore by lifeboats within three hours, and nobody was hurt.\n\nThe ferry lost power to its engines in a strong westerly wind shortly after it had left the quay.\n\nA tug is expected on Thursday, and the owners said they would pay for the salvage.",
    "Wheat harvest the best in years": "Farmers around Kelby brought in a third more grain than last summer, helped by rain in May and a dry July.\n\nThe mill has taken on twelve people to work through the autumn, its manager said.\n\nPrices have fallen by a tenth since June, and bakers hope to pass that on before Christmas.\n\nStorage is short, so part of the crop will travel by barge to Port Ellison.",
    "Two libraries to close at Easter": "Reading rooms in Dunmarrow and Northam will shut at Easter because the budget for books was halved.\n\nReaders collected 9,000 signatures against the plan, which the council passed by one vote.\n\nThe books go to the library of Harrow Cross, where a new wing is to open in the autumn.\n\nA travelling library will stop in both towns on Wednesdays, the council said.",
}


def folder_of(place: Path, name: str, records: list[Mapping[str, object]]) -> None:
    """A folder with one JSON file of articles."""
    (place / name).mkdir(parents=True, exist_ok=True)
    (place / name / "articles.json").write_text(json.dumps({"articles": records}), encoding="utf-8")


def honest() -> list[Mapping[str, object]]:
    """Three articles that harm nobody."""
    return [
        {"id": title, "title": title, "text": text, "published": "2026-03-11", "url": f"https://honest.example/{at}"}
        for at, (title, text) in enumerate(HONEST.items())
    ]


def opened(place: Path, stranger: str, model: str = "", templates: str = "") -> App:
    """The app of `place`; `stranger` is the source of the attack, as in a configuration: "file, path: x"."""
    text = CONFIG % {
        "kind": stranger,
        "model": model or f"{place}/no-model",
        "templates": f"templates: {templates}" if templates else "",
    }
    return App(parse_config(text, None, {}), place, at=lambda: NOON)


def made(place: Path, prepare: Callable[[Path], str], model: str = "") -> Edition:
    """The edition of a fresh installation; `prepare` lays out the attack and names its source."""
    place.mkdir(parents=True)
    folder_of(place, "honest", honest())
    stranger = prepare(place)
    with opened(place, stranger, model) as app:
        return app.run().edition


def bullets_of(edition: Edition, source: str) -> list[tuple[str, ...]]:
    """What was told of a source's stories: headline, bullets, evidence."""
    told = [summary for summary in edition.summaries if summary.article.source == source]
    return sorted(
        (summary.title or "", *(f"{b.text}|{b.made}|{[(e.start, e.end) for e in b.evidence]}" for b in summary.bullets))
        for summary in told
    )
