"""The learned score: what the checks counted, weighed as people's labels taught it.

A logistic regression whose weights depend on how closely a claim follows its article: one wrong word in a near copy
is an error, ten new words in a retold sentence are style. So most features are weighed twice, by what is copied and by
what is retold (a mixture of two experts with a fixed gate; Jacobs et al. 1991, "Adaptive Mixtures of Local Experts").
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from briefing.errors import ModelUnavailable
from briefing.guard.case import Case

__all__ = ["CARD", "GATED", "LearnedScorer", "gated", "probability"]

CARD = Path(__file__).with_name("weights") / "guard.json"
"""What ships: threshold, bias, and per feature its mean, its spread and its weight."""

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
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


class LearnedScorer:
    """Scores claims by their features alone, in microseconds. The card is read with the first use."""

    def __init__(self, card: Path = CARD) -> None:
        self._card = card
        self._read: tuple[float, float, dict[str, tuple[float, float, float]]] | None = None

    def load(self) -> tuple[float, float, dict[str, tuple[float, float, float]]]:
        """Threshold, bias and weights. Raises ModelUnavailable naming the file and the remedy."""
        if self._read is None:
            try:
                facts = json.loads(self._card.read_text(encoding="utf-8"))
                weights = {name: (float(m), float(s), float(w)) for name, (m, s, w) in facts["weights"].items()}
                self._read = (float(facts["threshold"]), float(facts["bias"]), weights)
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                reason = getattr(error, "strerror", None) or "it is damaged"
                remedy = 'install briefing again ("pip install --force-reinstall --no-deps briefing")'
                raise ModelUnavailable("guard", f"{self._card} can't be read ({reason}); {remedy}") from error
        return self._read

    @property
    def threshold(self) -> float:
        """The one threshold that ships. Raises ModelUnavailable."""
        return self.load()[0]

    def score(self, case: Case, features: Mapping[str, float]) -> float:
        """From 0 to 1. Raises ModelUnavailable."""
        _, bias, weights = self.load()
        return probability(gated(features), weights, bias)
