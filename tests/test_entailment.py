"""A score by any entailment model: which label means supported, how both scores meet, and models that are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tinymodels
from conftest import Make

from briefing.cli.health import model_checks
from briefing.config import EntailmentConfig
from briefing.engines.loading import quiet
from briefing.errors import ModelUnavailable
from briefing.guard import Guard
from briefing.guard.entailment import EntailmentScorer, supporting
from briefing.guard.score import LearnedScorer

TEXT = (
    "The council of Halden voted on Tuesday to close the swimming baths in Mill Street. "
    "The roof alone would cost 2 million crowns, which the town does not have. A second vote is expected in May."
)
CLAIM = "The council of Halden voted to close the swimming baths."


def make(folder: Path, labels: tuple[str, ...], answer: int = 0) -> Path:
    """A classifier that gives the label `answer` to everything, nearly without doubt."""
    import torch
    import transformers as t

    quiet()
    torch.manual_seed(3)
    config = t.RobertaConfig(
        vocab_size=len(tinymodels.tokenizer()), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=300, num_labels=len(labels), id2label=dict(enumerate(labels)),
        pad_token_id=0, bos_token_id=1, eos_token_id=2, type_vocab_size=2,
    )  # fmt: skip
    model = t.RobertaForSequenceClassification(config)
    with torch.no_grad():
        model.classifier.out_proj.weight.zero_()
        model.classifier.out_proj.bias.copy_(torch.full((len(labels),), -4.0))
        model.classifier.out_proj.bias[answer] = 4.0
    model.save_pretrained(folder)
    tinymodels.tokenizer().save_pretrained(folder)
    return folder


def scorer(folder: Path, **more: Any) -> EntailmentScorer:
    return EntailmentScorer(EntailmentConfig(model=str(folder), **more))


@pytest.mark.parametrize(
    ("labels", "wanted", "found"),
    [
        ({0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}, None, [2]),
        ({0: "entailment", 1: "not_entailment"}, None, [0]),
        ({0: "LABEL_0", 1: "LABEL_1"}, None, [1]),
        ({0: "unsupported", 1: "supported"}, None, [1]),
        ({0: "hallucinated", 1: "consistent"}, None, [1]),
        ({0: "inconsistent", 1: "consistent"}, None, [1]),
        ({0: "a", 1: "b", 2: "c"}, "b", [1]),
        ({0: "LABEL_0", 1: "LABEL_1"}, "0", [0]),
    ],
)
def test_the_label_that_means_supported(labels: dict[int, str], wanted: str | None, found: list[int]) -> None:
    assert supporting(labels, wanted) == found


@pytest.mark.parametrize("labels", [{0: "positive", 1: "negative"}, {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}])
def test_labels_that_tell_nothing_are_refused(labels: dict[int, str]) -> None:
    with pytest.raises(ValueError, match="name it as label"):
        supporting(labels)


def test_both_scores_meet(tmp_path: Path) -> None:
    labels = ("contradiction", "neutral", "entailment")
    sure = Guard(scorers=[scorer(make(tmp_path / "sure", labels, 2))]).check(CLAIM, TEXT)
    unsure = Guard(scorers=[scorer(make(tmp_path / "unsure", labels, 0))]).check(CLAIM, TEXT)
    plain = Guard(scorers=[LearnedScorer()]).check(CLAIM, TEXT)
    assert unsure.score < plain.score <= sure.score
    assert sure.supported
    # A fault found by a check is not outvoted.
    wrong = Guard(scorers=[scorer(tmp_path / "sure")]).check(CLAIM.replace("Halden", "Aldmouth"), TEXT)
    assert not wrong.supported


def test_evidence_longer_than_the_window_is_cut_and_not_the_claim(tmp_path: Path) -> None:
    guard = Guard(scorers=[scorer(make(tmp_path / "m", ("no support", "supported"), 1), label="supported")])
    long = (
        TEXT
        + " "
        + " ".join(f"Sentence number {n} tells of the {n}th street of Halden and its baths." for n in range(60))
    )
    assert guard.check(CLAIM, long).score > 0.5
    assert guard.failure is None


def test_a_pickle_and_a_model_without_a_head_are_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "m", ("entailment", "neutral"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match="safetensors"):
        scorer(folder).load()
    chat = tinymodels.make("llama", tmp_path / "llama")
    with pytest.raises(ModelUnavailable, match="missing"):
        scorer(chat, label="1").load()
    with pytest.raises(ModelUnavailable, match="there is no"):
        scorer(tmp_path / "nowhere").load()


def test_an_edition_says_that_the_model_is_missing(make_app: Make) -> None:
    app = make_app(
        engines="[{type: 'test_telling:Counted'}]", more="guard: {entailment: {model: ./nli-that-is-not-here}}\n"
    )
    told = [one.message for one in app.run(dry=True).edition.problems if "plainer score" in one.message]
    assert len(told) == 1
    assert "nli-that-is-not-here" in told[0]


def test_the_check_of_models_names_it(make_app: Make) -> None:
    app = make_app(more="guard: {entailment: {model: ./nli-that-is-not-here}}\n")
    found = [(fine, words) for fine, _, words in model_checks(app) if "nli" in words]
    assert len(found) == 1
    assert not found[0][0]
