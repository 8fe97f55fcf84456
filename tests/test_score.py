"""The learned score: what it weighs, and what happens where its card is missing or damaged."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy
import pytest
from conftest import Make

from briefing.errors import ModelUnavailable
from briefing.guard import Guard, held_down, shipped
from briefing.guard.score import CARD, GATE, GATED, LearnedScorer, gated, probability
from briefing.guard.trees import Trees
from training.guard import SIGNS, TREES, Claim, regression

TEXT = (
    "The council of Halden voted on Tuesday to close the swimming baths in Mill Street at the end of June. "
    "Councillor Ruth Amsel said the roof alone would cost 2 million crowns, which the town does not have. "
    "Swimmers collected 4,000 signatures against the plan, and a second vote is expected in May."
)


def test_a_calibration_weighs_what_lies_above_the_mean() -> None:
    weights = {"said_2": (0.5, 0.2, 1.0), "unsaid_2": (2.0, 1.0, -1.0)}
    good = probability({"said_2": 0.9, "unsaid_2": 0.0}, weights, 0.0)
    bad = probability({"said_2": 0.1, "unsaid_2": 6.0}, weights, 0.0)
    assert bad < 0.1 < 0.9 < good
    # One feature far out must not outvote all others.
    assert probability({"said_2": 100.0}, weights, 0.0) == probability({"said_2": 50.0}, weights, 0.0)


def test_a_fault_keeps_a_claim_below_the_threshold() -> None:
    assert held_down(0.99, 0, 0.5) == 0.99
    assert held_down(0.99, 1, 0.5) < 0.5
    assert held_down(0.99, 2, 0.5) < held_down(0.99, 1, 0.5)


def test_what_is_learned_is_finite_and_counts_the_right_way() -> None:
    names = [name for name in TREES if name in (*SIGNS, *GATED)]
    random = numpy.random.default_rng(7)
    claims = []
    for k in range(80):
        own = dict(zip(names, random.random(len(names)).tolist(), strict=True))
        # Labels that run against what every weight may say, and one that no claim is an exception to.
        label = int(own["together"] < 0.5)
        claims.append(Claim("a" if k % 2 else "b", str(k), label, [{**own, "fault_name": float(not label)}]))
    weights, bias = regression(claims)
    assert math.isfinite(bias)
    assert set(weights) == set(SIGNS)
    for name, (_, spread, weight) in weights.items():
        assert spread > 0
        assert abs(weight) < 100
        assert weight * SIGNS[name] >= 0
    assert weights["fault_name"][2] < 0
    assert weights["together copied"][2] == weights["together retold"][2] == 0


def test_what_the_article_says_scores_above_what_it_does_not() -> None:
    said, retold, invented = shipped().check_all(
        [
            "The council of Halden voted to close the swimming baths.",
            "Swimmers collected signatures against the plan to close the baths.",
            "A new stadium opened beside the cathedral.",
        ],
        TEXT,
    )
    assert shipped().failure is None
    assert said.supported
    assert not invented.supported
    assert min(said.score, retold.score) > invented.score


def test_the_card_fits_the_features_of_the_guard() -> None:
    facts = json.loads(CARD.read_text(encoding="utf-8"))
    features = shipped().features("The council voted.", TEXT)
    assert set(facts["weights"]) < set(gated(features))
    assert set(facts["trees"]) == set(features)
    # A name that is not there counts as nothing, silently, so none may be missing.
    assert set(LearnedScorer().load().trees.names) == set(features)
    assert 0.1 <= facts["threshold"] <= 0.9


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        ("{", "it is damaged"),
        ('{"bias": 0, "weights": {}}', "it is damaged"),
        ("[]", "it is damaged"),
    ],
)
def test_a_missing_or_damaged_card_is_named(content: str | None, reason: str, tmp_path: Path) -> None:
    card = tmp_path / "guard.json"
    if content is not None:
        card.write_text(content, encoding="utf-8")
    with pytest.raises(ModelUnavailable, match=rf"guard\.json can't be read \({reason}.*install briefing again"):
        LearnedScorer(card).load()


def test_a_probability_follows_the_score_and_how_freely_is_told() -> None:
    scorer = LearnedScorer()
    near, free = {GATE: 1.0}, {GATE: 0.0}
    assert 0 < scorer.probability(0.3, near) < scorer.probability(0.8, near) < 1
    # Of claims that are told freely fewer are right.
    assert scorer.probability(0.8, free) < scorer.probability(0.8, near)
    assert scorer.probability(0.0, free) >= 0
    assert scorer.probability(1.0, near) <= 1


def test_trees_add_up_the_leaves_a_claim_falls_into(tmp_path: Path) -> None:
    # Up to 2 words one leaf; of longer ones those without a fault another. And a tree that is one leaf.
    made = Trees(
        ("length", "fault"),
        roots=numpy.array([0, 5]),
        feature=numpy.array([0, 0, 1, 0, 0, 0]),
        threshold=numpy.array([2.0, 0, 0.5, 0, 0, 0]),
        left=numpy.array([1, 1, 3, 3, 4, 5]),
        right=numpy.array([2, 1, 4, 3, 4, 5]),
        value=numpy.array([0, -1.0, 0, 2.0, -3.0, 0.25]),
        depth=2,
    )
    made.save(tmp_path / "trees.safetensors")
    read = Trees.load(tmp_path / "trees.safetensors", ("length", "fault"))
    for trees in (made, read):
        assert trees({"length": 2.0, "fault": 1.0}) == -0.75
        assert trees({"length": 3.0}) == 2.25
        assert trees({"length": 3.0, "fault": 1.0}) == -2.75
    with pytest.raises(ValueError, match="not there"):
        Trees.load(tmp_path / "trees.safetensors", ("length",))


def test_more_of_a_fault_never_raises_the_score() -> None:
    features = shipped().features("Swimmers collected signatures against the plan to close the baths.", TEXT)
    trees = LearnedScorer().load().trees
    faults = ("fault_", "unknown", "denies", "verbs", "affirms", "opposites", "apart", "far", "arcs_missing")
    for name in features:
        if name.startswith(faults):
            assert trees({**features, name: features[name] + 2}) <= trees(features) + 1e-6, name
        elif name.startswith(("best", "together", "cosine", "verbatim", "arcs", "name_")):
            assert trees({**features, name: 0.0}) <= trees(features) + 1e-6, name


@pytest.mark.parametrize("damage", ["gone", "cut", "empty"])
def test_missing_or_damaged_trees_are_named(damage: str, tmp_path: Path) -> None:
    card, trees = tmp_path / "guard.json", tmp_path / "guard.safetensors"
    card.write_bytes(CARD.read_bytes())
    whole = CARD.with_suffix(".safetensors").read_bytes()
    if damage != "gone":
        trees.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"")
    with pytest.raises(ModelUnavailable, match=r"guard\.safetensors can't be read \(.*install briefing again"):
        LearnedScorer(card).load()


def test_without_the_trained_score_the_checks_go_on_and_the_edition_says_so(
    make_app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = Guard(scorers=[LearnedScorer(tmp_path / "guard.json")])
    assert not guard.check("The council voted to close three swimming baths in Halden.", TEXT).supported
    assert guard.failure is not None
    app = make_app(engines="[{type: 'test_telling:Counted'}]")
    monkeypatch.setitem(app._made, "guard", guard)
    told = [problem for problem in app.run(dry=True).edition.problems if problem.subject == "guard"]
    assert len(told) == 1
    assert "a plainer score" in told[0].message
