"""The guard: what must be stopped, what must pass, and what happens where models are missing."""

from __future__ import annotations

import doctest
import importlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from claims import GAME, MILL, PASSES, STOPPED, TRADE

import briefing
from benchmarks.common import SEED, sample
from benchmarks.guard import suite
from briefing.engines import Vectors
from briefing.engines.encoder import FallbackEncoder, TransformerEncoder, WordEncoder
from briefing.engines.syntax import Parse, Parser
from briefing.guard import KINDS, Guard, shipped
from briefing.guard.quantities import quantities, same
from briefing.types import Article

FLOORS = Path(__file__).parent.parent / "benchmarks" / "floors.json"


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard()


@pytest.mark.parametrize("name", ["lexicon", "reading", "source", "quantities", "dates", "quotations"])
def test_examples_of_the_guard(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"briefing.guard.{name}"))
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "source", "claim"), STOPPED, ids=[claim for _, _, claim in STOPPED])
def test_what_is_wrong_is_stopped(guard: Guard, kind: str, source: str, claim: str) -> None:
    support = guard.check(claim, source)
    assert not support.supported
    assert support.reasons
    # The article may say all of it, only not as its own.
    assert support.score < 0.55 or kind == "attribution"


@pytest.mark.slow
@pytest.mark.parametrize(("source", "claim"), PASSES, ids=[claim for _, claim in PASSES])
def test_what_is_right_passes(guard: Guard, source: str, claim: str) -> None:
    support = guard.check(claim, source)
    assert support.reasons == ()
    assert support.supported


@pytest.mark.slow
@pytest.mark.parametrize("text", [MILL, GAME, TRADE])
def test_a_source_supports_its_own_sentences(guard: Guard, text: str) -> None:
    for sentence in guard.prepare(text).sentences:
        assert guard.check(sentence, text).reasons == ()


@pytest.mark.slow
def test_quality_floors_on_our_sample() -> None:
    wrong, right, _ = suite(shipped(), sample(), SEED, 8)
    kinds = {kind: [one for (own, _), one in wrong.items() if own == kind] for kind in {kind for kind, _ in wrong}}
    stopped = {kind: sum(one.stopped for one in own) for kind, own in kinds.items()}
    total = {kind: sum(one.total for one in own) for kind, own in kinds.items()}
    floors = json.loads(FLOORS.read_text(encoding="utf-8"))["guard sample"]
    assert sum(total.values()) >= 300
    assert 100 * sum(stopped.values()) / sum(total.values()) >= floors["planted %"]
    assert min(100 * stopped[kind] / total[kind] for kind in kinds if total[kind]) >= floors["least kind %"]
    for kind in ("quoted", "shortened"):
        assert 100 * (1 - right[kind].share) >= floors[f"{kind} kept %"], kind


def test_every_check_has_at_least_eight_cases_each_way() -> None:
    for kind in set(KINDS) - {"addressed"}:
        assert sum(one == kind for one, _, _ in STOPPED) >= 8, kind
    assert len(PASSES) >= 8 * (len(KINDS) - 1)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("1.2bn", "1,200 million", True),
        ("$1.2bn", "$1,200 million", True),
        ("two people", "2 people", True),
        ("a dozen people", "12 people", True),
        ("half", "50 percent", True),
        ("a third", "33 per cent", False),
        ("about a third", "33 per cent", True),
        ("nearly 500", "489", True),
        ("more than 400", "412", True),
        ("more than 400", "388", False),
        ("about 400", "700", False),
        ("5 million", "5 percent", False),
        ("$5,000", "£5,000", False),
        ("1.2 million", "1,234,567", True),
        ("hundreds of people", "400 people", True),
        ("hundreds of people", "40 people", False),
        ("one hundred and five", "105", True),
        ("twenty-two", "22", True),
    ],
)
def test_quantities(one: str, other: str, equal: bool) -> None:
    assert same(quantities(one)[0], quantities(other)[0]) is equal


@pytest.mark.slow
def test_reasons_are_words_and_evidence_points_at_the_source(guard: Guard) -> None:
    support = guard.check("The mill had been sold in March 2015.", MILL)
    assert any('"March 2015" does not stand in the article' in reason for reason in support.reasons)
    best = support.evidence[0]
    assert MILL[best.start : best.end].startswith("The mill had been sold")


@pytest.mark.slow
def test_days_are_counted_from_the_day_of_writing(guard: Guard) -> None:
    text = "The bridge opened on Tuesday. It had been shut since last year."
    # A Thursday.
    written = datetime(2026, 3, 12, tzinfo=UTC)
    assert guard.check("The bridge opened on 10 March.", text, published=written).supported
    assert not guard.check("The bridge opened on 11 March.", text, published=written).supported
    assert guard.check("The bridge had been shut since 2025.", text, published=written).supported
    assert not guard.check("The bridge had been shut since 2024.", text, published=written).supported
    article = Article(text=text, published="2026-03-12")
    assert guard.check("The bridge opened on 10 March.", article).supported


@pytest.mark.slow
def test_a_day_has_the_year_the_article_gives_it(guard: Guard) -> None:
    source = "The ferry sank on March 3, 2009. An inquiry into its owner was opened in 2013."
    assert guard.check("The ferry sank on March 3, 2009.", source).supported
    wrong = guard.check("The ferry sank on March 3, 2013.", source)
    assert '"March 3, 2013": the article says "March 3, 2009"' in wrong.reasons
    assert guard.check("An inquiry was opened in 2013.", source).supported
    again = Article(
        text="The ferry sank on March 3, 2009. On March 3 this year its bell was raised.",
        published=datetime(2013, 6, 1, tzinfo=UTC),
    )
    assert not any(
        "the article says" in one for one in guard.check("Its bell was raised on March 3, 2013.", again).reasons
    )


@pytest.mark.slow
def test_what_is_written_as_a_program_is_no_bullet(guard: Guard) -> None:
    source = 'The ferry sank on Monday. Its owner sent the message "all < 20 are safe" to the harbour (again).'
    for claim in ("Document.write('The ferry sank on Monday.", "<h1>The ferry sank on Monday.", "{{ It }} sank."):
        assert "it is written as a program is" in guard.check(claim, source).reasons[0]
    assert not any("program" in one for one in guard.check("It lost its main function (safety).", source).reasons)
    for sentence in guard.prepare(source).sentences:
        assert guard.check(sentence, source).supported


@pytest.mark.slow
def test_lower_case_is_read_too(guard: Guard) -> None:
    low = MILL.lower().replace(". ", " . ").replace('"', "''")
    assert guard.check("the mill had been sold in march 2019 for £ 1.2 bn to hale construction .", low).supported
    assert not guard.check("the mill had been sold in march 2015 .", low).supported
    assert guard.check("northam united beat dunholm city 3-2 in the final on saturday .", GAME).supported
    assert not guard.check("dunholm city beat northam united 3-2 in the final on saturday .", GAME).supported


def test_without_models_the_other_checks_still_run() -> None:
    bare = Guard(FallbackEncoder(TransformerEncoder("./missing")), Parser("./missing"))
    assert bare.check("Fire destroyed an old mill in Dunholm on Monday, police said.", MILL).supported
    for kind, claim in (
        ("number", "Fire destroyed an old mill in Dunholm on Monday, killing 21 people, police said."),
        ("date", "The mill had been sold in March 2015."),
        ("name", "The mill in Dunholm was bought by Volkov Industries."),
        ("quotation", 'Berg said the sale was "a scandal".'),
        ("direction", "Profits at the company fell by 5 per cent last year to about £40 million."),
        ("negation", "Fire did not destroy an old mill in Dunholm on Monday, police said."),
    ):
        assert not bare.check(claim, MILL).supported, kind


def test_a_claim_of_nothing_and_a_source_of_nothing() -> None:
    bare = Guard(WordEncoder(), Parser("./missing"))
    assert not bare.check("", MILL).supported
    assert not bare.check("The mill burned.", "").supported


@pytest.mark.slow
def test_the_public_door() -> None:
    assert briefing.check("It was the first victory for United since 2004.", GAME).supported


@pytest.mark.slow
def test_features_are_numbers(guard: Guard) -> None:
    features = guard.features("Dunholm City beat Northam United 3-2 in the final on Saturday.", GAME)
    assert features["fault_subject"] == 1
    assert all(isinstance(value, float) for value in features.values())


class Counting(WordEncoder):
    """Words as vectors, and what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: list[str]) -> Vectors:
        self.asked += texts
        return super().encode(texts)


def test_a_claim_that_is_a_sentence_is_parsed_once_and_not_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder, parser, parsed = Counting(), Parser(), []
    parse = parser.parse

    def counted(texts: list[str], names: bool = False) -> list[Parse]:
        parsed.extend(texts)
        return parse(texts, names)

    monkeypatch.setattr(parser, "parse", counted)
    claim = "The old bridge in Aldmouth was closed on Monday."
    source = f"{claim} A crack was found in the northern pier. Divers will look at it next week."
    alone, again = Guard(encoder, parser).check_all([claim, claim], source)
    assert alone.supported and alone == again
    assert encoder.asked == []
    assert parsed.count(claim) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "claim"),
    [
        (
            "A 40-year-old man and two children were flown out by helicopter on Monday.",
            "The 40-year-old man was flown out by helicopter.",
        ),
        (
            "Under-17 players will leave for Averna on Monday, the club said.",
            "The under-17 players will leave for Averna, the club said.",
        ),
        # A caption without a full stop, so that the parser takes its keeper for who insisted.
        (
            "Lind steps up to take the penalty despite the noise Lind's shot is saved by keeper Tom Brandt at Aldmouth "
            "Park Marin insisted Lind was within his rights to take it.",
            "Marin insisted Lind was within his rights to take it.",
        ),
    ],
)
def test_what_a_careless_page_says_is_no_reason_to_stop_a_claim(guard: Guard, source: str, claim: str) -> None:
    assert guard.check(claim, source).reasons == ()
