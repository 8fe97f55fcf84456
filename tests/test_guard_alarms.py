"""What a check must not take for an error: the same thing in another form, from another side, or said of another."""

from __future__ import annotations

import pytest

from briefing.guard import Guard
from briefing.guard.quantities import quantities, same

VALLEY = (
    "Villagers in Tarn dug a 46m well beside the half-marathon course, and the county paid £50million for a pipe. "
    "Each diver lost 30 pounds during the works. "
    "More than 340,000 people have left the valley since May. "
    "The army led 3,000 civilians out of Tarn on two nights. "
    "A fight broke out on a ferry carrying more than 100 foreign workers to Brevik. "
    "The ferry, on which the fight broke out, was carrying 105 workers to Brevik. "
    "The index compares how 96 countries treat those over 60 in hospitals. "
    "The pump runs in 98. 7 per cent of tests."
)
LEAGUE = (
    "The Northam shot stopper, who is ten years younger than Okafor, kept a clean sheet in the cup final. "
    "Ruiz spoke to reporters, and Okafor praised him. "
    "Captain Ola Brandt was sent off in the second half during Norway's 1-0 defeat of Malta, so he misses the match "
    "against Wales. "
    "Aldmouth have lost the last four derbies to Northam. "
    "The Chile forward spent eight years with the club before he went to Dunholm. "
    "A 40-year-old man with a broken arm was flown to Brevik. "
    "A 27-year-old woman with a cut hand was flown to Brevik too. "
    "The Social Democrat leader Ida Moe called the plan a mistake. Other Soc Dem members agreed."
)
TALKS = (
    "The United States is suspending its part in the talks on the strait. "
    "Mr Lund has claimed that Labour plans to raise the tax on ferries. "
    "Ida Moe told the broadcaster TVN that the club had been warned. The Prime Minister left early."
)

LOG = (
    "Ruiz, who is still in his first year, was off duty when the fire broke out and has not come back since. "
    "The report came one year after the storm and gives a picture of delays before the start of the search. "
    "The show ran in Brevik from 1993 to 2002."
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
        (VALLEY, "Villagers in Tarn dug a 46 m well beside the half - marathon course."),
        (VALLEY, "The county paid £50 m for a pipe."),
        (VALLEY, "Each diver lost 30lbs during the works."),
        (VALLEY, "Hundreds of thousands of people have left the valley."),
        (VALLEY, "The army led 3,000 people out of Tarn."),
        (VALLEY, "A fight broke out on a ferry carrying 105 foreign workers to Brevik."),
        (VALLEY, "The index compares how countries treat people over the age of 60."),
        (VALLEY, "The pump runs in 98.7 per cent of tests."),
        (LEAGUE, "Ruiz, who is ten years younger than Okafor, kept a clean sheet in the cup final."),
        (LEAGUE, "Captain Ola Brandt was sent off in the second half for Norway."),
        (LEAGUE, "Northam have won the last four derbies."),
        (LEAGUE, "Ruiz spent eight years with the club before he went to Dunholm."),
        (LEAGUE, "A 27-year-old woman with a cut hand and a 40-year-old man with a broken arm were flown to Brevik."),
        (LEAGUE, "The Soc Dem leader Ida Moe called the plan a mistake."),
        (LOG, "Ruiz was off duty when the fire broke out and has not come back since."),
        (LOG, "The report came one year after the storm and gives a picture of delays."),
        (LOG, "The show ran in Brevik from 1993 to 2002."),
        (TALKS, "The US is suspending its part in the talks."),
        (TALKS, "The Prime Minister has claimed that Labour plans to raise the tax on ferries."),
    ],
)
def test_no_alarm(guard: Guard, source: str, claim: str) -> None:
    assert _kinds(guard, claim, source) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "claim", "kind"),
    [
        (VALLEY, "Villagers in Tarn dug a 64 m well beside the half - marathon course.", "number"),
        (VALLEY, "The county paid £15 m for a pipe.", "number"),
        (VALLEY, "Each diver lost 30kg during the works.", "number"),
        (VALLEY, "Hundreds of millions of people have left the valley.", "number"),
        (VALLEY, "A fight broke out on a ferry carrying 150 foreign workers to Brevik.", "number"),
        (VALLEY, "The pump runs in 97.8 per cent of tests.", "number"),
        (LEAGUE, "Captain Eli Strand was sent off in the second half.", "name"),
        (LEAGUE, "Aldmouth have won the last four derbies.", "direction"),
        (LEAGUE, "A 40-year-old woman with a broken arm was flown to Brevik.", "direction"),
        (LEAGUE, "The Liberal leader Ida Moe called the plan a mistake.", "name"),
        (LOG, "Ruiz was not off duty when the fire broke out and has not come back since.", "negation"),
        (LOG, "The report came one year before the storm and gives a picture of delays.", "direction"),
        (LOG, "The show ran in Brevik from 1993 to 1993.", "date"),
        (TALKS, "Norway is suspending its part in the talks.", "name"),
        (TALKS, "Ida Moe has claimed that Labour plans to raise the tax on ferries.", "attribution"),
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
    assert guard.features("Villagers in Tarn dug a well.", VALLEY)["unknown_marks"] == 0
