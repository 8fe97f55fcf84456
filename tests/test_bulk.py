"""Readers in bulk: the same editions as one by one, whatever becomes of one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy
import pytest
from conftest import Clock
from week import WEEK

from briefing import clock as clocks
from briefing import pipeline
from briefing.app import App, Batch
from briefing.config import parse_config
from briefing.engines import Embedder, Vectors
from briefing.engines.encoder import WordEncoder
from briefing.scheduler import Service
from briefing.store.document import dump
from briefing.types import Edition, Feedback

READERS = """
      - {name: ada}
      - {name: bo, language: de, time_zone: America/New_York, topics: [Water, Crime]}
      - {name: cy, topics: [Water], limits: {max_age: null, stories: 4, minutes: null}}
      - {name: dee, topics: [Crime, Towns], limits: {stories: 3, also_today: 0}}
      - {name: eve, topics: [], title: Everything, language: fr}
      - {name: fay, limits: {max_age: 30, minutes: 1}}
"""
CONFIG = f"""
sources:
  - {{name: Harrow Courier, type: file, path: Harrow}}
  - {{name: Kelby Post, type: file, path: Kelby}}
  - {{name: Dunmarrow Times, type: file, path: Dunmarrow, weight: 2}}
topics:
  - {{name: Water, description: "Rivers, ferries, harbours and floods", keywords: [harbour, flood], breadth: 1}}
  - {{name: Crime, description: "Arrests, courts and fires", keywords: [arrested, fire], weight: 1.5}}
  - {{name: Towns, description: "Councils and mayors of towns", breadth: 1, mute_until: 2026-03-11}}
briefings:
  - name: daily
    channels: [{{type: file, folder: out, formats: [md, html, txt, json]}}]
    readers:{READERS}
summarizer: {{model: ./none}}
"""


class Meanings(WordEncoder):
    """Words taken for meaning, so that all that compares meaning is at work."""

    meaning = True
    name = "test"

    def encode(self, texts: list[str]) -> Vectors:
        """As words, with something in common."""
        rows = super().encode(texts) + numpy.float32(0.01)
        unit: Vectors = rows / numpy.linalg.norm(rows, axis=1, keepdims=True)
        return unit


class Made(App):
    """An installation with that encoder."""

    @property
    def encoder(self) -> Embedder:
        """The stand-in."""
        return self._once("encoder", Meanings)


@contextmanager
def _app(base: Path, clock: Clock, text: str = CONFIG) -> Iterator[Made]:
    base.mkdir(exist_ok=True)
    for outlet in ("Harrow", "Kelby", "Dunmarrow"):
        (base / outlet).mkdir(exist_ok=True)
    with Made(parse_config(text, None, {}), base, at=clock) as app:
        yield app


def _due(app: App) -> list[Any]:
    return [(one, clocks.due_on(one.plan, app.now().date(), app.now(), None)) for one in app.config.briefings]


def _plain(edition: Edition) -> Any:
    # What making it took differs from one run to the next.
    document, texts = dump(replace(edition, receipt=replace(edition.receipt, seconds=0.0)))
    return json.loads(document), texts


def _said(app: App, edition: Edition, day: int) -> None:
    """Ada wants more of the first story; Dee mutes a topic and a source after the first day."""
    at = app.now()
    if edition.briefing == "daily-ada" and edition.summaries:
        told = edition.summaries[0]
        detail = {
            "title": told.title,
            "lead": told.article.text[:200],
            "topic": told.pick.topic,
            "sources": ["Kelby Post"],
        }
        said = Feedback(
            id=f"a{day}", action="more", kind="story", target=told.pick.story.id, briefing="daily-ada",
            edition=edition.id, at=at, detail=detail,
        )  # fmt: skip
        app.store.keep_feedback(said)
    if edition.briefing == "daily-dee" and day == 1:
        for kind, target in (("topic", "Towns"), ("source", "Harrow Courier")):
            said = Feedback(
                id=kind, action="mute", kind=kind, target=target, briefing="daily-dee", edition=edition.id, at=at
            )
            app.store.keep_feedback(said)


def _days(base: Path, clock: Clock, bulk: bool) -> dict[tuple[str, int], Any]:
    """All editions and files of four days, made in bulk or each by a program of its own."""
    found: dict[tuple[str, int], Any] = {}
    for day in range(1, 5):
        clock.now = datetime(2026, 3, 8 + day, 20, tzinfo=UTC)
        with _app(base, clock) as app:
            for piece in WEEK:
                if piece.day == day:
                    piece.write(base)
            due = _due(app)
            if bulk:
                batch = app.issues(due)
                assert len(batch.made) == len(due)
                assert not batch.failed
        if not bulk:
            for one in due:
                with _app(base, clock) as app:
                    app.issue(*one)
        with _app(base, clock) as app:
            for briefing, at in due:
                edition = app.store.edition(briefing.name, at.slot)
                assert edition is not None
                found[briefing.name, day] = _plain(edition)
                _said(app, edition, day)
    return found


def test_in_bulk_and_one_by_one_make_the_same_editions(tmp_path: Path, clock: Clock) -> None:
    alone = _days(tmp_path / "news", clock, bulk=False)
    (tmp_path / "news").rename(tmp_path / "alone")
    # Files are known by their paths, so both lie in the same place.
    together = _days(tmp_path / "news", clock, bulk=True)
    assert alone.keys() == together.keys()
    for key, edition in alone.items():
        assert together[key] == edition, key
    assert any(one["known"] for edition, _ in alone.values() for one in edition["summaries"]), "no story went on"
    told = {key: [one["pick"]["story"]["id"] for one in edition["summaries"]] for key, (edition, _) in alone.items()}
    assert len({tuple(ids) for ids in told.values()}) > 8


def test_one_that_fails_is_named_and_the_others_are_made(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now = datetime(2026, 3, 9, 20, tzinfo=UTC)
    with _app(tmp_path / "news", clock) as app:
        for piece in WEEK[:6]:
            piece.write(tmp_path / "news")
        make = pipeline.make_edition

        def broken(parts: Any, briefing: Any, *rest: Any) -> Edition:
            if briefing.name == "daily-cy":
                raise ValueError("a bug of one reader's own")
            return make(parts, briefing, *rest)

        monkeypatch.setattr(pipeline, "make_edition", broken)
        batch = app.issues(_due(app))
        assert batch.failed == {"daily-cy": "ValueError: a bug of one reader's own"}
        assert sorted(batch.made) == ["daily-ada", "daily-bo", "daily-dee", "daily-eve", "daily-fay"]
        entry = app.store.issues.entry("daily-cy", "2026-03-09")
        assert entry is not None
        assert (entry.state, entry.detail) == ("failed", "ValueError: a bug of one reader's own")
        # Once more: what is made stays, what failed is made.
        monkeypatch.undo()
        again = app.issues(_due(app))
        assert list(again.made) == ["daily-cy"]
        assert len(again.busy) == 5


def test_shared_work_is_done_once(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.now = datetime(2026, 3, 9, 20, tzinfo=UTC)
    readers = "".join(f"\n      - {{name: r{n}, topics: [{'Water' if n % 2 else 'Crime'}]}}" for n in range(120))
    counts: dict[str, int] = {}
    with _app(tmp_path / "news", clock, CONFIG.replace(READERS, readers)) as app:
        for piece in WEEK[:8]:
            piece.write(tmp_path / "news")

        def counting(name: str) -> Any:
            work = getattr(app.store, name)

            def counted(*given: Any, **named: Any) -> Any:
                counts[name] = counts.get(name, 0) + 1
                return work(*given, **named)

            return counted

        for name in ("articles", "save_editions", "stories_of", "keep_stories"):
            monkeypatch.setattr(app.store, name, counting(name))
        batch: Batch = app.issues(_due(app))
    assert len(batch.made) == 120
    assert counts == {"articles": 1, "stories_of": 1, "keep_stories": 1, "save_editions": 3}


def test_the_service_makes_what_is_due_together(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.now = datetime(2026, 3, 9, 6, tzinfo=UTC)
    sizes = []
    with _app(tmp_path / "news", clock) as app:
        for piece in WEEK[:6]:
            piece.write(tmp_path / "news")
        issues = app.issues
        monkeypatch.setattr(app, "issues", lambda due: sizes.append(len(due)) or issues(due))
        service = Service(app)
        service.tick()
        clock.now += timedelta(minutes=58)
        service.tick()
        clock.now += timedelta(minutes=5)
        service.tick()
        # Bo's morning is later: New York's.
        assert {one.state for one in app.store.issues.entries("daily-eve")} == {"made"}
        assert app.store.issues.entries("daily-bo") == []
        assert len(app.store.deliveries(state="sent")) == 5
    assert sizes == [5]
