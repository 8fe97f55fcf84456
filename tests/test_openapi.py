"""The API against its own document: whatever is sent, no answer is an error of ours, and none is undocumented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from conftest import STORY
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from briefing.app import App
from briefing.web import create_app

EXAMPLES = 25
"""Requests of each operation and each way of making them (right, wrong)."""


UNSAID = [positive_data_acceptance, negative_data_rejection]
"""That a cursor is one of ours, or an engine is configured, no schema can say; and a topic is read as generously as in
the configuration's file, where a number in quotation marks is a number and seconds are a date."""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("api")
    (folder / "news").mkdir()
    story = STORY.format(title="Ferry aground", day="10 March 2026", place="Kelby", weekday="Tuesday")
    (folder / "news" / "a.txt").write_text(story, encoding="utf-8")
    config = (
        "sources: [{name: Local, type: file, path: news}]\n"
        "topics: [{name: Sea, keywords: [ferry]}]\n"
        "briefings: [{name: daily, limits: {max_age: null}, channels: [{type: file, folder: out}]}]\n"
        f"summarizer: {{model: '{folder}/no-model', engines: []}}\n"
        f"web: {{names: [testserver], changes_a_minute: 100000}}\n"
    )
    path = folder / "config.yaml"
    path.write_text(config, encoding="utf-8")
    with App.from_file(path, at=lambda: datetime(2026, 3, 11, tzinfo=UTC)) as app:
        app.run()
        yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(app))


@pytest.mark.slow
def test_every_answer_is_documented(document: Any) -> None:
    found = [result.ok() for result in document.get_all_operations()]
    assert len(found) >= 25
    wrong = []
    seen = 0
    for operation in found:
        for mode in schemathesis.GenerationMode:

            @settings(
                max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
                suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate],
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def one(case: Any) -> None:
                nonlocal seen
                seen += 1
                case.call_and_validate(excluded_checks=UNSAID)

            try:
                one()
            except Unsatisfiable:
                assert mode is schemathesis.GenerationMode.NEGATIVE, f"nothing could be sent to {operation.label}"
            except BaseExceptionGroup as error:
                wrong += [
                    f"{operation.label} ({mode}): {one.args} {getattr(one, 'message', one)}" for one in error.exceptions
                ]
    assert wrong == [], "\n\n".join(wrong)
    assert seen > 200
