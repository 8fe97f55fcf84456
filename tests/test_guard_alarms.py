"""What a check must not take for an error: the same thing in another form, from another side, or said of another."""

from __future__ import annotations

import pytest

from briefing.guard import Guard
from briefing.guard.quantities import quantities, same

VALLEY = (
    "The town of Tarn laid a 46m pipe along the half-marathon course, and the county paid £50million for the pumps. "
    "Each diver lost 30 pounds during the works. "
    "More than 340,000 people have left the valley since May. "
    "The army led 3,000 civilians out of Tarn on two nights. "
    "An alarm sounded in a tunnel with more than 100 night workers from Brevik. "
    "The tunnel, where the alarm sounded at two, held 105 workers from Brevik. "
    "The survey asks how 14 clinics help those over 60 in winter. "
    "The pump runs in 98. 7 per cent of tests."
)
LEAGUE = (
    "The Northam goalkeeper, who grew up next door to Okafor, broke a thumb in the cup final. "
    "Ruiz spoke to reporters, and Okafor praised him. "
    "Ola Brandt ran fastest in the long relay during Norway's narrow win over Malta, so he rests before the race "
    "against Wales. "
    "Aldmouth lost the chess match in May to Northam. "
    "The Chile forward trained for two summers in a quarry before he went to Dunholm. "
    "A 33-year-old man from the kitchen was thanked by the mayor. "
    "A 19-year-old woman from the garden was thanked by the mayor too. "
    "The Social Democrat leader Ida Moe called the plan a mistake. Other Soc Dem members agreed."
)
TALKS = (
    "The United States is sending its best divers to the strait. "
    "Mr Lund has claimed that the railway hides its debts. "
    "Ida Moe told the broadcaster TVN that the club had been warned. The Prime Minister left early."
)

LOG = (
    "The lamp, which is still under its first cover, was dark while the storm passed and has not been lit again. "
    "The ferry came one hour after the flood and took the mail away before the start of the night. "
    "The mill ground rye in Brevik from 1961 to 1974."
)


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard()


def _kinds(guard: Guard, claim: str, source: str) -> list[str]:
    (case,) = guard.cases([claim], source)
    return [fault.kind for fault in guard.faults(case)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "claim"),
    [
        (VALLEY, "The town of Tarn laid a 46 m pipe along the half - marathon course."),
        (VALLEY, "The county paid £50 m for the pumps."),
        (VALLEY, "Each diver lost 30lbs during the works."),
        (VALLEY, "Hundreds of thousands of people have left the valley."),
        (VALLEY, "The army led 3,000 people out of Tarn."),
        (VALLEY, "An alarm sounded in a tunnel with 105 night workers from Brevik."),
        (VALLEY, "The survey asks how clinics help people over the age of 60."),
        (VALLEY, "The pump runs in 98.7 per cent of tests."),
        (LEAGUE, "Ruiz, who grew up next door to Okafor, broke a thumb in the cup final."),
        (LEAGUE, "Ola Brandt ran fastest in the long relay for Norway."),
        (LEAGUE, "Northam won the chess match in May."),
        (LEAGUE, "Ruiz trained for two summers in a quarry before he went to Dunholm."),
        (
            LEAGUE,
            "A 19-year-old woman from the garden and a 33-year-old man from the kitchen were thanked by the mayor.",
        ),
        (LEAGUE, "The Soc Dem leader Ida Moe called the plan a mistake."),
        (LOG, "The lamp was dark while the storm passed and has not been lit again."),
        (LOG, "The ferry came one hour after the flood and took the mail away."),
        (LOG, "The mill ground rye in Brevik from 1961 to 1974."),
        (TALKS, "The US is sending its best divers to the strait."),
        (TALKS, "The Prime Minister has claimed that the railway hides its debts."),
    ],
)
def test_no_alarm(guard: Guard, source: str, claim: str) -> None:
    assert _kinds(guard, claim, source) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "claim", "kind"),
    [
        (VALLEY, "The town of Tarn laid a 64 m pipe along the half - marathon course.", "number"),
        (VALLEY, "The county paid £15 m for the pumps.", "number"),
        (VALLEY, "Each diver lost 30kg during the works.", "number"),
        (VALLEY, "Hundreds of millions of people have left the valley.", "number"),
        (VALLEY, "An alarm sounded in a tunnel with 150 night workers from Brevik.", "number"),
        (VALLEY, "The pump runs in 97.8 per cent of tests.", "number"),
        (LEAGUE, "Eli Strand ran fastest in the long relay.", "name"),
        (LEAGUE, "Aldmouth won the chess match in May.", "direction"),
        (LEAGUE, "A 33-year-old woman from the kitchen was thanked by the mayor.", "direction"),
        (LEAGUE, "The Liberal leader Ida Moe called the plan a mistake.", "name"),
        (LOG, "The lamp was not dark while the storm passed and has not been lit again.", "negation"),
        (LOG, "The ferry came one hour before the flood and took the mail away.", "direction"),
        (LOG, "The mill ground rye in Brevik from 1961 to 1961.", "date"),
        (TALKS, "Norway is sending its best divers to the strait.", "name"),
        (TALKS, "Ida Moe has claimed that the railway hides its debts.", "attribution"),
    ],
)
def test_the_same_with_an_error_is_stopped(guard: Guard, source: str, claim: str, kind: str) -> None:
    assert kind in _kinds(guard, claim, source)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("30lbs", "30 pounds", True),
        ("30 kg", "30 pounds", False),
        ("£30", "30 pounds", True),
        ("hundreds of thousands of people", "340,000 people", True),
        ("tens of thousands of people", "340,000 people", True),
        ("tens of thousands of people", "4,000 people", False),
        ("hundreds of thousands of people", "34,000 people", False),
    ],
)
def test_quantities_in_other_words(one: str, other: str, equal: bool) -> None:
    assert same(quantities(one)[0], quantities(other)[0]) is equal


@pytest.mark.slow
def test_a_claim_of_several_sentences_is_as_doubtful_as_its_most_doubtful_one(guard: Guard) -> None:
    right, wrong = "The army led 3,000 civilians out of Tarn on two nights.", "The pump runs in 97.8 per cent of tests."
    both = guard.check(f"{right} {wrong}", VALLEY)
    alone = [guard.check(one, VALLEY) for one in (right, wrong)]
    assert [one.supported for one in alone] == [True, False]
    assert not both.supported
    assert both.reasons == alone[1].reasons
    assert both.score == alone[1].score
    assert both.evidence[0] == alone[0].evidence[0]
    assert alone[1].evidence[0] in both.evidence


@pytest.mark.slow
def test_a_compound_word_is_known_by_its_parts(guard: Guard) -> None:
    source = "The coach of the Under-17 side, aged 61, lost £400million in the 90s, on his 50th day in Brevik."
    features = guard.features("The Under-17 coach lost £400million on his 50th day.", source)
    assert features["unknown"] == 0
    assert features["unknown_marks"] == 0


@pytest.mark.slow
def test_what_is_unknown_is_told_apart(guard: Guard) -> None:
    features = guard.features("Ada Berg quickly sold 12 old barges to Tarn in 1999.", VALLEY)
    assert features["unknown_marks_count"] >= 3
    assert features["unknown_figures_count"] == 2
    assert features["unknown_verbs"] > 0
    assert features["unknown_nouns"] > 0
    assert features["unknown_modifiers"] > 0
    assert guard.features("The town of Tarn laid a pipe.", VALLEY)["unknown_marks"] == 0
