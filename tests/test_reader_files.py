"""Thousands of readers in a table beside the configuration."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from briefing.config import load_config
from briefing.errors import ConfigError

CONFIG = """\
sources: [{name: A, type: file, path: .}]
topics: [{name: Ships}, {name: Books}]
briefings:
  - name: daily
    language: de
    channels: [{type: mail, host: localhost, sender: news@example.org}]
    readers:
      - {name: ada, to: [ada@example.org]}
    readers_from: readers.csv
"""


def _write(folder: Path, table: str) -> Path:
    (folder / "readers.csv").write_text(table, encoding="utf-8")
    path = folder / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_readers_of_a_file_are_like_any_others(tmp_path: Path) -> None:
    table = (
        "name,to,language,time_zone,topics,at\n"
        "bo,bo@example.org; bo@example.net,fr,America/New_York,Books; Ships,06:30;18:30\n"
        "\n"
        "cy,cy@example.org,,,,\n"
    )
    config = load_config(_write(tmp_path, table), {})
    assert [one.name for one in config.briefings] == ["daily-ada", "daily-bo", "daily-cy"]
    _, bo, cy = config.briefings
    assert bo.channels[0].to == ("bo@example.org", "bo@example.net")
    assert (bo.language, bo.time_zone, bo.topics) == ("fr", "America/New_York", ("Books", "Ships"))
    assert bo.schedule.at == (time(6, 30), time(18, 30))
    assert (cy.language, cy.topics, cy.reader) == ("de", None, "cy")
    assert config.briefing("daily-cy") is cy


def test_mistakes_are_named_with_their_lines_in_the_file(tmp_path: Path) -> None:
    table = (
        "name,to,topics,time_zone\n"
        "bo,bo@example.org,Shops,\n"
        "cy,nobody,,\n"
        "ada,a@example.org,,\n"
        "dee,d@example.org,Ships,Europe/Nowhere\n"
        "eve\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(_write(tmp_path, table), {})
    said = [problem.message for problem in caught.value.problems]
    assert all(problem.line == 9 for problem in caught.value.problems)
    assert said == [
        "readers.csv line 6: 1 cells, not 4",
        'readers.csv line 3: to[0]: expected a mail address such as reader@example.org, got "nobody"',
        'readers.csv line 5: time_zone: no time zone is called "Europe/Nowhere"; expected an IANA name such as '
        "Europe/Berlin or UTC",
        'readers.csv line 2: topics[0]: no topic is called "Shops"; did you mean "Ships"?',
        'readers.csv line 4: name: a briefing called "daily-ada" stands already on line 8',
    ]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("to\na@example.org\n", "readers.csv line 1: the first line must name"),
        ("name,colour\n", '"colour" is no column'),
    ],
)
def test_a_file_without_its_columns(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_config(_write(tmp_path, table), {})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = _write(tmp_path, "")
    (tmp_path / "readers.csv").unlink()
    with pytest.raises(ConfigError, match="there is no file"):
        load_config(path, {})
