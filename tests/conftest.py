"""A small installation in a temporary folder: real store, real templates, the clock in the test's hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent, indent

import pytest

from benchmarks.postgres import Server, name_of, running
from briefing.app import App
from briefing.config import parse_config
from briefing.store import Store, open_store

NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


STORY = """\
{title}
{day}

NORTHAM: The harbour of {place} was closed on {weekday} after a ferry ran aground at its mouth, the harbour master said.

All 212 passengers were brought ashore by lifeboats within three hours, and nobody was hurt.

The ferry lost power to its engines in a strong westerly wind shortly after leaving the quay at {place}.

A tug from Dunholm is expected on Thursday, and the owners said they would pay for the salvage.

Fishing boats were asked to use the old dock until the wreck had been moved to deeper water.
"""


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A folder with one article."""
    folder = tmp_path / "news"
    folder.mkdir()
    text = STORY.format(
        title="Ferry runs aground at Aldmouth", day="10 March 2026", place="Aldmouth", weekday="Tuesday"
    )
    (folder / "ferry.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL, started once. Where there is none, tests that need it fail."""
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a database with our tables, of which the others are copies."""
    url = server.database()
    open_store(url, Path()).close()
    return name_of(url)


@pytest.fixture
def database(server: Server, template: str) -> Iterator[str]:
    """A PostgreSQL database with our tables, as URL."""
    url = server.database(template)
    yield url
    server.drop(url)


@pytest.fixture
def on_server(database: str) -> Iterator[Store]:
    """An empty store in a PostgreSQL."""
    store = open_store(database, Path())
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest) -> str:
    """An empty store of each kind, as `store` names it: the contract holds for both."""
    return "briefing.db" if request.param == "sqlite" else str(request.getfixturevalue("database"))


Make = Callable[..., App]


@pytest.fixture
def make_app(tmp_path: Path, news: Path, clock: Clock) -> Iterator[Make]:
    """Makes the app of a configuration: `sources`, `topics` and `channels` as YAML lists."""
    opened: list[App] = []

    def make(
        sources: str = "",
        topics: str = "[]",
        channels: str = "- {type: file, folder: out}",
        more: str = "",
        model: str = f"{tmp_path}/no-model",
        engines: str = "[]",
    ) -> App:
        sources = sources or "- {name: Local, type: file, path: news}"
        text = (
            f"sources:\n{indent(dedent(sources), '  ')}\ntopics:\n{indent(dedent(topics), '  ')}\n"
            "briefings:\n  - name: daily\n    limits: {max_age: null}\n    channels:\n"
            f"{indent(dedent(channels), '      ')}\nsummarizer: {{model: '{model}', engines: {engines}}}\n"
            f"{dedent(more)}"
        )
        app = App(parse_config(text, None, {}), tmp_path, at=clock)
        opened.append(app)
        return app

    yield make
    for app in opened:
        app.close()
