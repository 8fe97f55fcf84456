"""Several readers of one installation: editions of their own, work done once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock

from briefing.app import App
from briefing.config import parse_config
from briefing.errors import ConfigError

CONFIG = """
sources: [{name: Local, type: file, path: news}]
topics:
  - {name: Ships, keywords: [ferry]}
  - {name: Books, keywords: [library]}
briefings:
  - name: daily
    title: Harbour news
    limits: {max_age: null}
    channels: [{type: file, folder: out}]
    readers:
      - {name: ada}
      - {name: bo, language: de, time_zone: America/New_York, topics: [Ships], schedule: {at: "18:30"}}
      - {name: cy, topics: [Books], title: Bücher, channels: [{type: file, folder: cy, formats: [txt]}]}
summarizer: {model: ./none}
"""
LIBRARY = """\
Library reopens at Dunholm
10 March 2026

DUNHOLM: The library of Dunholm reopened on Tuesday after a long repair of its roof, the town said.

Some 4,000 books that had been damaged by water were restored by volunteers over the winter.

The reading room is open until nine in the evening from Wednesday to Saturday.
"""


@contextmanager
def _app(text: str, base: Path, clock: Clock) -> Iterator[App]:
    with App(parse_config(text, None, {}), base, at=clock) as app:
        yield app


def test_each_reader_gets_an_edition_of_their_own(tmp_path: Path, news: Path, clock: Clock) -> None:
    (news / "library.txt").write_text(LIBRARY, encoding="utf-8")
    with _app(CONFIG, tmp_path, clock) as app:
        assert [briefing.name for briefing in app.config.briefings] == ["daily-ada", "daily-bo", "daily-cy"]
        told = {b.name: [s.title for s in app.run(b.name).edition.summaries] for b in app.config.briefings}
    ferry, library = "Ferry runs aground at Aldmouth", "Library reopens at Dunholm"
    assert told == {"daily-ada": [ferry, library], "daily-bo": [ferry], "daily-cy": [library]}
    assert (
        "Kurz" in (tmp_path / "out/daily-bo/2026-03-11.md").read_text()
        or "Quellen" in (tmp_path / "out/daily-bo/2026-03-11.md").read_text()
    )
    assert (tmp_path / "out/daily-ada/2026-03-11.md").is_file()
    assert (tmp_path / "cy/2026-03-11.txt").read_text().startswith("Bücher\n")


def test_an_article_is_read_and_a_story_told_once_for_all(
    tmp_path: Path, news: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (news / "library.txt").write_text(LIBRARY, encoding="utf-8")
    readers = "".join(f"\n      - {{name: reader{n}}}" for n in range(20))
    text = CONFIG.partition("      - {name: ada}")[0].rstrip() + readers + "\nsummarizer: {model: ./none}\n"
    done: Counter[str] = Counter()
    with _app(text, tmp_path, clock) as app:
        extract = app.parts.extractor.extract

        def extracting(item: Any, *rest: Any) -> Any:
            done[f"read {item.key}"] += 1
            return extract(item, *rest)

        monkeypatch.setattr(app.parts.extractor, "extract", extracting)
        for engine in app.engines:

            def telling(pick: Any, *rest: Any, tell: Any = engine.tell, name: str = engine.name) -> Any:
                answer = tell(pick, *rest)
                done[f"told {pick.story.lead.title}"] += 1
                return answer

            monkeypatch.setattr(engine, "tell", telling)
        editions = [app.run(briefing.name).edition for briefing in app.config.briefings]
    assert len(editions) == 20
    assert all(len(edition.summaries) == 2 for edition in editions)
    assert len(done) == 4
    assert set(done.values()) == {1}, done


def test_a_single_reader_needs_none_of_it(tmp_path: Path) -> None:
    text = "sources: [{name: A, type: file, path: .}]\nbriefings: [{name: daily}]\n"
    config = parse_config(text, None, {})
    assert [briefing.name for briefing in config.briefings] == ["daily"]


def test_mail_goes_to_each_readers_own_address() -> None:
    text = """
sources: [{name: A, type: file, path: .}]
briefings:
  - name: daily
    channels: [{type: mail, host: localhost, sender: news@example.org}, {type: file}]
    readers:
      - {name: ada, to: [ada@example.org]}
      - {name: bo, to: [bo@example.org, bo@example.net]}
"""
    config = parse_config(text, None, {})
    assert [b.channels[0].to for b in config.briefings] == [("ada@example.org",), ("bo@example.org", "bo@example.net")]


def test_mistakes_are_named_with_their_lines() -> None:
    text = """\
sources: [{name: A, type: file, path: .}]
topics: [{name: Ships}]
briefings:
  - name: daily
    channels: [{type: mail, host: localhost, sender: news@example.org}]
    readers:
      - {name: ada}
      - {name: bo, topics: [Shops], to: [bo@example.org]}
      - {name: bo, to: [b@example.org]}
      - {name: cy, to: [c@example.org], channels: [{type: file}]}
      - {name: dee, colour: red, to: [d@example.org]}
  - name: daily-bo
"""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, None, {})
    said = [str(problem) for problem in caught.value.problems]
    assert 'line 5: briefings[0].channels[0].to: missing; the key "to" must be given' in said
    assert 'line 8: briefings[0].readers[1].topics[0]: no topic is called "Shops"; did you mean "Ships"?' in said
    assert 'line 9: briefings[0].readers[2].name: a briefing called "daily-bo" stands already on line 8' in said
    assert "line 10: briefings[0].readers[3].to: there is no mail channel these addresses could be of" in said
    assert any('line 11: briefings[0].readers[4].colour: unknown key "colour"' in one for one in said)
    assert 'line 12: briefings[1].name: a briefing called "daily-bo" stands already on line 8' in said
    assert len(said) == 6
