"""The learned score: what the checks counted, weighed as people's labels taught it.

Two kinds of models are averaged in log odds. A logistic regression whose weights depend on how closely a claim follows
its article: one wrong word in a near copy is an error, ten new words in a retold sentence are style. So most features
are weighed twice, by what is copied and by what is retold (a mixture of two experts with a fixed gate; Jacobs et al. 1991,
"Adaptive Mixtures of Local Experts"). And boosted trees (`trees.py`), which find for themselves what counts together. To their
sum a claim that is retold gets a little, as neither model may take another wording alone for a sign that it is right.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from briefing.errors import ModelUnavailable
from briefing.guard.case import Case
from briefing.guard.trees import Trees

__all__ = ["CARD", "GATE", "GATED", "LearnedScorer", "averaged", "calibrated", "gated", "probability"]

CARD = Path(__file__).with_name("weights") / "guard.json"
"""What ships: threshold, bias, per feature its mean, its spread and its weight, the trees' features and their share,
the log odds for a claim that is retold whole, and how scores become probabilities. The trees lie beside it, in a file of
the same name."""

GATE = "said_2"
GATED = ("best", "together", "cosine", "in_order", "unknown", "unknown_count", "said_2", "said_3", "said_4")
"""Features that are weighed by how much of the claim is copied (GATE, from 0 to 1), and by the rest."""
MOSTLY = 0.7
"""Share of its pairs of words from which a claim is mostly copied."""

SPREADS = 5.0
"""A feature further from its mean than so many standard deviations says no more than that."""


def gated(features: Mapping[str, float]) -> dict[str, float]:
    """The features as they are weighed.

    >>> made = gated({"said_2": 0.75, "cosine": 0.5})
    >>> made["cosine copied"], made["cosine retold"], "cosine" in made
    (0.375, 0.125, False)
    """
    copied = features[GATE]
    out = {name: value for name, value in features.items() if name not in GATED}
    for name in GATED:
        if name in features:
            out[f"{name} copied"] = features[name] * copied
            out[f"{name} retold"] = features[name] * (1 - copied)
    return {**out, "copied": copied, "mostly copied": max(0.0, copied - MOSTLY)}


def probability(features: Mapping[str, float], weights: Mapping[str, Sequence[float]], bias: float) -> float:
    """How likely people are to find a claim with these features (`gated` ones) supported; `weights` as in the card.

    >>> probability({"said_2": 0.9}, {"said_2": (0.5, 0.2, 1.0)}, 0.0) > 0.85
    True
    """
    total = bias
    for name, (mean, spread, weight) in weights.items():
        total += weight * max(-SPREADS, min(SPREADS, (features.get(name, mean) - mean) / spread))
    return _logistic(total)


def averaged(plain: float, trees: float, share: float, more: float = 0.0) -> float:
    """A probability and another model's log odds as one probability; `share` (0 to 1) is what the other counts, `more` are
    log odds that are added.

    >>> averaged(0.5, 0.0, 0.7), averaged(0.5, 2.0, 0.0), averaged(0.5, 0.0, 0.5, 1.0) > 0.7
    (0.5, 0.5, True)
    """
    total = (1 - share) * math.log(plain / (1 - plain)) + share * trees + more
    return _logistic(total)


def calibrated(score: float, retold: float, by: Sequence[float]) -> float:
    """How often a claim of this score is supported whose pairs of words are new to so large a share (`retold`).

    A score is made where as many claims are right as are wrong, so that one threshold serves all. Among claims told
    freely far fewer are right than among near copies, and the probability says so. `by`: weights of the score's log odds
    and of what is retold, and a bias (Platt 1999, "Probabilistic Outputs for Support Vector Machines").

    >>> calibrated(0.5, 0.0, (1.0, -3.0, 0.0)), calibrated(0.5, 1.0, (1.0, -3.0, 0.0)) < 0.05
    (0.5, True)
    """
    score = min(max(score, 1e-9), 1 - 1e-9)
    total = by[0] * math.log(score / (1 - score)) + by[1] * retold + by[2]
    return _logistic(total)


def _logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


@dataclass(frozen=True)
class _Card:
    threshold: float
    bias: float
    weights: dict[str, tuple[float, float, float]]
    share: float
    retold: float
    calibrated: tuple[float, ...]
    trees: Trees


class LearnedScorer:
    """Scores claims by their features alone, in microseconds. The card is read with the first use."""

    def __init__(self, card: Path = CARD) -> None:
        self._path = card
        self._read: _Card | None = None

    def load(self) -> _Card:
        """The card and the trees. Raises ModelUnavailable naming the file and the remedy."""
        if self._read is None:
            file = self._path
            try:
                facts = json.loads(file.read_text(encoding="utf-8"))
                weights = {name: (float(m), float(s), float(w)) for name, (m, s, w) in facts["weights"].items()}
                threshold, bias, share, retold = (float(facts[key]) for key in ("threshold", "bias", "share", "retold"))
                by = tuple(map(float, facts["calibrated"]))
                if len(by) != 3:
                    raise ValueError("calibrated")
                names = tuple(str(name) for name in facts["trees"])
                file = file.with_suffix(".safetensors")
                self._read = _Card(threshold, bias, weights, share, retold, by, Trees.load(file, names))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                reason = getattr(error, "strerror", None) or "it is damaged"
                remedy = 'install briefing again ("pip install --force-reinstall --no-deps briefing")'
                raise ModelUnavailable("guard", f"{file} can't be read ({reason}); {remedy}") from error
        return self._read

    @property
    def threshold(self) -> float:
        """The one threshold that ships. Raises ModelUnavailable."""
        return self.load().threshold

    def score(self, case: Case, features: Mapping[str, float]) -> float:
        """From 0 to 1. Raises ModelUnavailable."""
        own = self.load()
        plain = probability(gated(features), own.weights, own.bias)
        return averaged(plain, own.trees(features), own.share, own.retold * (1 - features[GATE]))

    def probability(self, score: float, features: Mapping[str, float]) -> float:
        """How often claims of such a score, told so freely, are supported. Raises ModelUnavailable."""
        return calibrated(score, 1 - features[GATE], self.load().calibrated)
