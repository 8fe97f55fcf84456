"""Every mistake is named at once, with its line; secrets come from the environment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from briefing.cli.main import app
from briefing.config import find_config, load_config, parse_config
from briefing.config.schema import SCHEMA_FILE, schema_text
from briefing.errors import ConfigError

ROOT = Path(__file__).parent.parent
GOOD = """\
sources:
  - {name: A, type: file, path: news}
briefings:
  - name: daily
"""


def test_shipped_configuration_loads_and_names_its_schema() -> None:
    config = load_config(ROOT / "config.yaml")
    assert len(config.sources) == 5
    first = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert (ROOT / first.partition("$schema=")[2]).is_file()


def test_schema_is_that_of_the_code() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_five_mistakes_in_one_message(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "sources:\n  - name: A\n    type: feeed\n  - name: B\n    type: file\n    pth: x\n"
        "topics:\n  - name: T\n    breadth: wide\n"
        "briefings:\n  - name: daily\n    time_zone: Mars/Base\n    topics: [Tt]\n    titel: x\n",
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["check", "--config", str(path)])
    assert done.exit_code == 2
    wanted = {
        3: "expected one of feed, page, file",
        6: 'did you mean "path"?',
        9: "expected a number",
        12: "Mars/Base",
        13: 'did you mean "T"?',
        14: 'did you mean "title"?',
    }
    for line, words in wanted.items():
        assert any(f"line {line}:" in row and words in row for row in done.output.splitlines()), (line, done.output)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sources: []\nbriefings: [{name: d}]", "at least one entry"),
        (GOOD + "store: [x]\n", "expected keys with values"),
        (GOOD + "store: a\nstore: b\n", "stands here twice"),
        (GOOD + "    schedule: {at: 25:00}\n", "time of day"),
        (GOOD + "    schedule: {days: []}\n", "at least one entry"),
        (GOOD + "    channels: [{type: mail, host: h, sender: nobody, to: [a@b]}]\n", "mail address"),
        (GOOD + "topics: [{name: T, mute_until: soon}]\n", "a date such as 2026-04-01, got .soon."),
        (GOOD + "topics: [{name: T, sources: [Locla]}]\n", "no source is called .Locla."),
        (GOOD + "topics: [{name: T, languages: [English!]}]\n", "language code"),
        ("- a\n- b\n", "expected keys"),
        ("a: [b\n", "not valid YAML"),
        ("", "empty"),
    ],
)
def test_mistakes_say_what_was_expected(change: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_config(change, None, {})


def test_variables() -> None:
    text = GOOD + "store: ${WHERE:-here.db}\ntemplates: ${T}\n"
    assert parse_config(text, None, {"T": "x"}).store.url.get_secret_value() == "here.db"
    assert parse_config(text, None, {"T": "x", "WHERE": "there.db"}).store.url.get_secret_value() == "there.db"
    with pytest.raises(ConfigError, match=r"line 6.*T is not set"):
        parse_config(text, None, {})


def test_a_topic_is_muted_until_a_date() -> None:
    for written in ("2026-04-01", '"2026-04-01"'):
        config = parse_config(GOOD + f"topics: [{{name: T, mute_until: {written}}}]\n", None, {})
        assert config.topics[0].mute_until == date(2026, 4, 1)


def test_secrets_do_not_show() -> None:
    text = GOOD + "    channels: [{type: mail, host: h, sender: a@b.c, to: [a@b.c], user: u, password: canary}]\n"
    assert "canary" not in repr(parse_config(text, None, {}))


def test_lookup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="briefing init"):
        find_config(None, {}, tmp_path)
    home = tmp_path / ".config" / "briefing"
    home.mkdir(parents=True)
    (home / "config.yaml").touch()
    assert find_config(None, {}, tmp_path) == home / "config.yaml"
    with pytest.raises(ConfigError, match="no such file"):
        find_config(None, {"BRIEFING_CONFIG": "missing.yaml"}, tmp_path)


def test_init_writes_what_loads(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    words = [
        "init",
        "--theme",
        "world",
        "--theme",
        "health",
        "--time-zone",
        "Europe/Paris",
        "--mail-to",
        "me@example.org",
    ]
    done = CliRunner().invoke(app, [*words, "--output", str(path)])
    assert done.exit_code == 0, done.output
    config = parse_config(path.read_text(encoding="utf-8"), path, {"SMTP_USER": "u", "SMTP_PASSWORD": "p"})
    assert [topic.name for topic in config.topics] == ["World", "Health"]
    assert CliRunner().invoke(app, [*words, "--output", str(path)]).exit_code == 2


def test_sources_add_keeps_comments(tmp_path: Path, news: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("# mine\n" + GOOD.replace("- {", "# first\n  - {"), encoding="utf-8")
    done = CliRunner().invoke(app, ["sources", "add", "news/ferry.txt", "--config", str(path)])
    assert done.exit_code == 0, done.output
    text = path.read_text(encoding="utf-8")
    assert "# mine" in text
    assert "# first" in text
    assert [source.name for source in load_config(path).sources] == ["A", "ferry"]
