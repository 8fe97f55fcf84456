"""What an edition itself says, in every language it has words for."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest

from briefing.forms import counted
from briefing.render import Renderer

WORDS = tomllib.loads((Path(__file__).parent.parent / "templates" / "words.toml").read_text(encoding="utf-8"))
COUNTED = (
    "merged",
    "muted",
    "repeated",
    "silent",
    "old",
    "not_told",
    "late",
    "cut",
    "outside",
    "over",
    "took",
    "tokens",
)


def _fields(word: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(word) if name}


@pytest.mark.parametrize("language", sorted(WORDS))
def test_a_language_has_all_words_with_their_fields(language: str) -> None:
    own = WORDS[language]
    plain = {key for key in WORDS["en"] if not key.endswith("_one")}
    assert plain == {key for key in own if not key.endswith("_one")}
    for key, word in own.items():
        assert _fields(word) == _fields(WORDS["en"][key.removesuffix("_one")]), key


@pytest.mark.parametrize(
    ("language", "key", "one", "two"),
    [
        ("en", "silent", "1 story with nothing new", "2 stories with nothing new"),
        ("en", "outside", "1 outside your topics", "2 outside your topics"),
        ("de", "late", "1 antwortete nicht rechtzeitig", "2 antworteten nicht rechtzeitig"),
        ("de", "silent", "1 Meldung ohne Neues", "2 Meldungen ohne Neues"),
        ("fr", "old", "1 trop ancien", "2 trop anciens"),
        ("es", "repeated", "1 ya contada", "2 ya contadas"),
    ],
)
def test_one_is_not_told_as_many(language: str, key: str, one: str, two: str) -> None:
    say = Renderer().words(language)
    assert (counted(say, key, 1), counted(say, key, 2)) == (one, two)


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_number_can_be_told(language: str) -> None:
    say = Renderer().words(language)
    for key in COUNTED:
        for count in (0, 1, 2):
            assert str(count) in counted(say, key, count, bullets=count)


def test_english_gives_no_singular_to_others(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text('[it]\nsilent = "{n} senza novità"\n', encoding="utf-8")
    say = Renderer(tmp_path).words("it")
    assert counted(say, "silent", 1) == "1 senza novità"
    assert counted(say, "tokens", 1) == "1 token", "what it has no word for is told in English, singular and all"
