"""What is counted of a claim for the trained score."""

from __future__ import annotations

import pytest

from briefing.guard import Guard

TEXT = (
    "The council of Halden voted on Tuesday to close the swimming baths in Mill Street. "
    "Ruth Amsel, who leads the council, said the roof would cost 2 million crowns. "
    "Swimmers collected 4,000 signatures against the plan. "
    "A ferry from Brevik to Halden rose in price on the same day. "
    "Its owner, Jonas Lie, did not explain the new price. "
    "Lie bought the ferry from a company in Oslo in 2019."
)


@pytest.fixture(scope="module")
def guard() -> Guard:
    """A guard without a trained score."""
    return Guard()


def test_words_that_belong_together_are_looked_for_together(guard: Guard) -> None:
    said = guard.features("The council of Halden voted to close the baths in Mill Street.", TEXT)
    assert (said["arcs"], said["arcs_missing"], said["apart"], said["far"]) == (1, 0, 0, 0)
    mixed = guard.features("The council of Halden voted to close the ferry in Mill Street.", TEXT)
    assert mixed["arcs"] < 1
    assert mixed["apart"] > 0
    assert mixed["far"] > 0


def test_a_name_far_from_what_is_said_of_it_fits_less(guard: Guard) -> None:
    right = guard.features("Jonas Lie did not explain the new price of the ferry.", TEXT)
    wrong = guard.features("Ruth Amsel did not explain the new price of the ferry.", TEXT)
    for name in ("name_near", "name_beside", "name_at_best"):
        assert wrong[name] < right[name], name
    assert guard.features("The ferry rose in price.", TEXT)["name_near"] == 1


def test_denials_that_stand_on_one_side_are_counted(guard: Guard) -> None:
    same = guard.features("Jonas Lie did not explain the new price.", TEXT)
    assert (same["denies_alone"], same["denies_beside"], same["verbs_denied"]) == (0, 0, 0)
    added = guard.features("The ferry to Halden did not rise in price.", TEXT)
    assert (added["denies_beside"], added["verbs_denied"]) == (1, 1)
    removed = guard.features("Jonas Lie explained the new price.", TEXT)
    assert (removed["affirms_beside"], removed["verbs_affirmed"], removed["denies_alone"]) == (1, 1, 0)


def test_opposites_are_counted(guard: Guard) -> None:
    assert guard.features("A ferry to Halden rose in price.", TEXT)["opposites"] == 0
    turned = guard.features("A ferry to Halden fell in price.", TEXT)
    assert (turned["opposites"], turned["opposites_unknown"]) == (1, 1)


def test_nothing_is_divided_by_where_there_is_nothing(guard: Guard) -> None:
    for claim, text in (("", TEXT), ("...", TEXT), ("It is.", TEXT), ("Swimmers protested.", "")):
        features = guard.features(claim, text)
        assert all(0 <= features[name] <= 1 for name in ("arcs", "apart", "far", "name_near", "name_at_best")), claim
