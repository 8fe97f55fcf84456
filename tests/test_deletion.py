"""What may be left out of a sentence and what never may, with the real parser and the real language model."""

from __future__ import annotations

import itertools

import numpy
import pytest
from traps import TRAPS, VARIED

from briefing.engines.cuts import Cut, compatible, is_subsequence, shorten
from briefing.engines.deletion import worth_cutting
from briefing.engines.fluency import LanguageModel
from briefing.engines.reading import Document, read_words
from briefing.engines.rewrite import Rewriter
from briefing.engines.salience import Constants, Expectation, Judged
from briefing.engines.syntax import Parser

PARSER = Parser()


@pytest.fixture(scope="module")
def rewriter() -> Rewriter:
    return Rewriter(PARSER, LanguageModel())


def all_out(text: str) -> list[str]:
    """The sentence with each single cut, and with as many as go together."""
    cuts = worth_cutting(PARSER.parse([text])[0])
    together: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: cut.start - cut.end):
        if compatible([*together, cut]):
            together.append(cut)
    return [shorten(text, [cut]) for cut in cuts] + [shorten(text, together)]


def test_there_are_sixty_traps() -> None:
    assert len({text for text, _ in TRAPS}) >= 60


@pytest.mark.parametrize(("text", "kept"), TRAPS)
def test_what_a_claim_rests_on_is_never_left_out(text: str, kept: list[str]) -> None:
    for short in all_out(text):
        assert is_subsequence(short, text)
        missing = [words for words in kept if words.casefold() not in short.casefold()]
        assert not missing, short


@pytest.mark.parametrize(("text", "short"), VARIED)
def test_whole_constituents_go(text: str, short: str) -> None:
    assert short in all_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "Dunholm, Averna (the Harbour Project)When Anna Berg first went to the council in 2005, it offered help.",
        "The mayor sent the letter(s) to Anna Berg in Dunholm, who wrote back.",
    ],
)
def test_brackets_glued_to_a_word_stay(text: str) -> None:
    assert all(is_subsequence(short, text) and text.count("(") == short.count("(") for short in all_out(text))


def test_a_failure_is_no_denial() -> None:
    text = "The company, which had a week to account for Tuesday's failure, said that a pump broke."
    assert "The company said a pump broke." in all_out(text) or "The company said that a pump broke." in all_out(text)
    assert all("failure to pay" in one for one in all_out("The firm, known for its failure to pay, closed on Monday."))


def test_a_cut_that_jars_is_heard() -> None:
    text = "The storm tore the roof from the old mill, flooding three villages along the river, on Monday."
    good = Cut(text.index(", flooding"), text.index(", on"), "participle")
    bad = Cut(text.index(" old"), text.index(", flooding"), "participle")
    heard = LanguageModel().judge([(text, [good, bad])])[0]
    assert heard[0] > heard[1]


def test_an_end_too_soon_is_heard() -> None:
    text = "The storm tore the roof from the old mill, flooding three villages along the river."
    good = Cut(text.index(", flooding"), len(text) - 1, "participle")
    bad = Cut(text.index(" three"), len(text) - 1, "participle")
    model = LanguageModel()
    heard = model.judge([(text, [good, bad])])[0]
    assert heard[0] > -7.0 > heard[1]
    # What is cut away is not read: it makes no difference.
    other = text[: good.start] + ", and then no more of it fell."
    end = Cut(good.start, len(other) - 1, "participle")
    assert model.judge([(other, [end])])[0] == pytest.approx([heard[0]], abs=1e-3)


def test_cuts_are_judged_alike_alone_and_together() -> None:
    texts = [text for text, _ in VARIED[:6]]
    jobs = [(text, worth_cutting(parse)) for text, parse in zip(texts, PARSER.parse(texts), strict=True)]
    # In half precision sums differ with what they are packed beside.
    together = LanguageModel(quick=False).judge(jobs)
    for job, values in zip(jobs, together, strict=True):
        assert LanguageModel(quick=False).judge([job])[0] == pytest.approx(values, abs=1e-3)


def test_a_sentence_is_not_cut_to_a_pronoun(rewriter: Rewriter) -> None:
    text = "During a long hearing in the town hall, he rejected the plan for a second bridge."
    told = rewriter.choose(_nothing_expected([text]), [0], 1, 1, lambda short: not short.startswith("He"))
    assert told[0].cuts == ()


def test_the_rewriter_takes_what_little_is_expected_of(rewriter: Rewriter) -> None:
    text = "The council, a body of nine members from three towns, closed the old bridge to all lorries on Monday night."
    told = rewriter.choose(_nothing_expected(["Lorries must go round.", text]), [1], 1, 1)
    short = shorten(text, told[0].cuts)
    assert short == "The council closed the old bridge to all lorries on Monday night."
    # The first sentence of an article says who is meant.
    assert rewriter.choose(_nothing_expected([text, "Lorries must go round."]), [0], 1, 1)[0].cuts == ()


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (
            "The ferry was damaged when it hit the northern pier, the harbour master said.",
            "The ferry was damaged, the harbour master said.",
        ),
        (
            "Two climbers went missing while crossing the upper glacier, according to the rescue service.",
            "Two climbers went missing, according to the rescue service.",
        ),
        (
            "The old bridge was closed on Sunday, the mayor told reporters on Monday.",
            "The old bridge was closed on Sunday, the mayor told reporters.",
        ),
        (
            "Guards fired at villagers blocking the main road, officials said.",
            "Guards fired at villagers, officials said.",
        ),
        ("The mayor said Monday that the old bridge is safe.", "The mayor said that the old bridge is safe."),
        ("The bakery closed its northern shop because the street was flooded.", "The bakery closed its northern shop."),
    ],
)
def test_what_went_on_beside_it_may_go(text: str, short: str) -> None:
    assert short in all_out(text)


def test_too_much_is_more_than_much() -> None:
    assert all("too much" in short for short in all_out("The town now has too much of both."))


def test_people_are_not_told_of_as_all_of_their_kind() -> None:
    for text in (
        "Ferries built before the war were sold on Monday.",
        "The port turned away three ferries built in Averna.",
        "The law bans dogs trained to fight.",
        "The minister vowed to deport migrants living in camps.",
        "The minister said he would deport migrants living in camps.",
    ):
        words = ("built", "trained", "living")
        assert all(any(word in short for word in words) for short in all_out(text))


@pytest.mark.parametrize(
    "text",
    [
        "The engineer was 61 when he died, his family said.",
        "The mayor would resign when the bridge is open, her office said.",
        "Investigators believe the mill burned because a lamp was left on.",
        "She said she feared him because he carried a knife.",
        "The ferry does not sail when the wind is strong, the harbour master said.",
    ],
)
def test_a_when_or_because_that_the_claim_needs_stays(text: str) -> None:
    mark = "because" if "because" in text else "when"
    assert all(mark in short for short in all_out(text))


def _nothing_expected(texts: list[str]) -> Expectation:
    """A document of which the salience model expects one word only: every cut saves."""
    words = tuple(read_words(texts))
    first = tuple(itertools.accumulate([sum(w.sentence == i for w in words) for i in range(len(texts))], initial=0))
    none = numpy.zeros((0, 0), dtype=numpy.float32)
    odds = numpy.zeros(len(words), dtype=numpy.float32)
    odds[[w.stem == "council" or w.stem == "plan" for w in words]] = 1.0
    judged = Judged(odds, 0 * odds, numpy.zeros(len(texts), dtype=numpy.float32))
    return Expectation(Document(tuple(texts), words, first, none, none, none), judged, Constants(brevity=3.0))


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("But the council sold the old mill.", "The council sold the old mill."),
        ("Yet the ferry sailed on Monday.", "The ferry sailed on Monday."),
        ("The mayor told reporters that the road is closed.", "The mayor told reporters the road is closed."),
        (
            "The bridge, built in 1931, was shut on Monday, said the firm.",
            "The bridge was shut on Monday, said the firm.",
        ),
        (
            "The bridge was shut on Monday, leaving villages cut off, said the firm.",
            "The bridge was shut on Monday, said the firm.",
        ),
        (
            "After the storm, crews cleared the road, said Dr. Ola Lind, the head of the clinic.",
            "Crews cleared the road, said Dr. Ola Lind.",
        ),
        (
            "Lind, a former guard of the mine in Aldmouth, was not present on Monday.",
            "Lind was not present on Monday.",
        ),
        (
            "The villagers love their bakery -- and the council is sending cooks abroad to learn, says a report.",
            "The villagers love their bakery, says a report.",
        ),
    ],
)
def test_what_is_told_by_a_speaker_named_last_may_be_shortened(text: str, short: str) -> None:
    assert short in all_out(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("But for the dam, the town would have flooded.", "But for the dam"),
        ("Yet another bridge fell in Aldmouth.", "Yet another bridge"),
        ("But, the firm said, the mine is safe.", "But, the firm"),
        # Nothing else tells who she is.
        ("The officer fired two shots, said Ada Berg, the head of the police in Aldmouth.", "the head of the police"),
        ("The bridge is safe, said Ada Berg, who has run the port since May.", "who has run the port"),
        # A list is no apposition.
        (
            "The group comprises a man, four women and eight boys, said spokesman Ola Lind.",
            "a man, four women and eight",
        ),
        ("The road was shut, said the firm, and no date is set.", "said the firm"),
        ("After ten years the driver had earned enough money to buy the mill.", "enough money to buy the mill"),
        ("Jonas Brandt has died, the band posted on its page.", "posted on its page"),
    ],
)
def test_what_the_rest_needs_stays(text: str, kept: str) -> None:
    assert all(kept in short for short in all_out(text))
