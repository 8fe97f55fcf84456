"""Who an opening pronoun is: told where the sentence before leaves no doubt, and never otherwise."""

from __future__ import annotations

import pytest

from briefing.engines.referents import referent
from briefing.engines.syntax import Parser

PARSER = Parser()

CLEAR = [
    ("Anna Berg opened the school in Leeds on Monday.", "She thanked the builders for their work.", "Anna Berg"),
    ("Tom Hale said the bridge was safe.", "He added that buses would run again from Tuesday.", "Tom Hale"),
    ("Prime Minister James Porter met the king in London.", "He had asked for the talks last week.", "James Porter"),
    ("The foreign ministry said it would not pay.", "It added that the talks were over.", "The foreign ministry"),
    ("The union leader said the strike was over.", "He said trains would run from Friday.", "The union leader"),
]

UNCLEAR = [
    # Two people in the sentence before
    ("Anna Berg met Mary Hale in Leeds on Monday.", "She thanked the builders for their work."),
    (
        "The gathering came days after a speech by John Marsh, who called Peter Cole a liar.",
        "He said the army was calm.",
    ),
    # The subject is nobody in particular, or no person
    ("A man was shot in Leeds on Monday.", "He died on Tuesday."),
    ("The bridge was closed on Monday.", "It will be mended by June."),
    ("The talks between the two countries failed.", "He said they would go on."),
    # A ministry is no "he"
    ("The foreign ministry said it would not pay.", "He added that the talks were over."),
    # The name comes again in the sentence itself
    ("Peter Cole rallied in Leeds.", "He said Cole had lied."),
    # Someone else is already "he"
    ("Mr Hale, he said, became distracted by other things.", "He also criticised the old president."),
    # A title that speaks against it
    ("Mrs Berg left the court in London.", "He had waited for an hour."),
    # "They" may be anyone, and a possessive is no subject
    ("Anna Berg and Tom Hale won the race.", "They had trained for a year."),
    ("Anna Berg won the race in Leeds.", "Her coach was proud."),
]


def of(before: str, sentence: str) -> str | None:
    found = referent(PARSER.parse([before], names=True), PARSER.parse([sentence])[0])
    if found is None:
        return None
    assert before[found.at :].startswith(found.name)
    assert sentence[: found.end] in {"He", "She", "It"}
    return found.name


@pytest.mark.parametrize(("before", "sentence", "name"), CLEAR)
def test_a_clear_referent(before: str, sentence: str, name: str) -> None:
    assert of(before, sentence) == name


@pytest.mark.parametrize(("before", "sentence"), UNCLEAR)
def test_no_guess(before: str, sentence: str) -> None:
    assert of(before, sentence) is None


def test_the_same_pronoun_twice() -> None:
    before = ["Tom Hale said the bridge was safe.", "He praised the engineers for their work."]
    found = referent(PARSER.parse(before, names=True), PARSER.parse(["He added that buses would run again."])[0])
    assert found is not None
    assert (found.name, found.back) == ("Tom Hale", 2)
    other = ["Tom Hale said the bridge was safe.", "He praised the work of Peter Cole."]
    assert referent(PARSER.parse(other, names=True), PARSER.parse(["He added that buses would run again."])[0]) is None
