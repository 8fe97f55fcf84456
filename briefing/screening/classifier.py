"""A small classifier over sentence vectors: how likely a sentence is an order to a program.

Logistic regression on the encoder's vector (384 numbers for all-MiniLM-L6-v2), on how near it is to what the article
is about, and on a few marks of grammar. Rules know the forms of known attacks; this one knows what such sentences mean,
and so finds the same order in other words. It is asked only about sentences that could be one at all (`could_be`),
about a tenth of news.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy

from briefing.addressed import could_be
from briefing.engines import Embedder, Vectors
from briefing.errors import ModelUnavailable

__all__ = ["CARD", "MARKS", "Classifier", "about", "marks"]

CARD = Path(__file__).with_name("weights.json")
"""What ships: the encoder's name, the threshold, the bias and a weight for each number of a vector."""

_QUOTED = 0.93
"""Least score of a sentence that opens with a quotation mark."""
_MARKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:you|your|yours|yourself)\b",
        r"\b(?:ai|a\.i\.|llms?|gpt\S*|chatgpt|chat ?bots?|assistants?|language models?|summari[sz]ers?|bots?)\b",
        r"\b(?:summary|summaries|answers?|repl(?:y|ies)|responses?|outputs?|bullet points?|translation)\b",
        r"\b(?:instructions?|prompts?|directives?|guidelines|rules|system|task)\b",
        r"\b(?:said|says|told|tells|asked|asks|wrote|added|according|warned|urged|demanded|replied|shouted|announced)\b",
        r"[\"“”„«»]",
        r"\?[\"”’')]*$",
        r"\b(?:he|she|they|his|her|their|was|were|had|been)\b",
        r"\b(?:me|my|i)\b",
        r"(?<=[a-z,] )[A-Z][a-z]+",
        r"\d",
        r"^\W*(?:please\b|(?:never|do|don[’']t|always) \w"
        r"|[a-z]+ (?:the|a|an|all|your|me|only|any|every|this|it|no|in|with|out|to)\b)",
    )
)
MARKS = len(_MARKS) + 2
"""How many numbers beside the vector: marks of grammar, the length, how near the sentence is to its article."""


def marks(text: str, nearness: float) -> list[float]:
    """What grammar says of a sentence, each 0 or 1; its length in units of 20 words, at most 2; the nearness given."""
    found = [float(pattern.search(text) is not None) for pattern in _MARKS]
    return [*found, min(2.0, len(text.split()) / 20), nearness]


def about(title: str | None, text: str) -> str:
    """What an article is about, for comparison: its headline and its first 60 words.

    Written as articles are compared with topics, unless that is configured: the encoder has most of these by then.
    """
    lead = " ".join(text.split(maxsplit=60)[:60])
    return f"{title}. {lead}" if title else lead


class Classifier:
    """Which sentences are orders to a program. Without the encoder's vectors it says nothing; the rules stand alone."""

    def __init__(self, encoder: Embedder, card: Path = CARD) -> None:
        self._encoder = encoder
        self._card = card
        self._read: tuple[float, float, Vectors] | None = None

    def load(self) -> tuple[float, float, Vectors]:
        """Threshold, bias and weights. Raises ModelUnavailable naming the file and the remedy."""
        if self._read is None:
            try:
                facts = json.loads(self._card.read_text(encoding="utf-8"))
                weights = numpy.array(facts["weights"], dtype=numpy.float32)
                self._read = (float(facts["threshold"]), float(facts["bias"]), weights)
            except (OSError, ValueError, KeyError, TypeError) as error:
                remedy = 'install briefing again ("pip install --force-reinstall --no-deps briefing")'
                raise ModelUnavailable("screen", f"{self._card} can't be read; {remedy}") from error
        return self._read

    def scores(self, texts: Sequence[str], about: str) -> Vectors:
        """From 0 to 1 for each sentence of an article that is `about` this, shape (texts,). Raises ModelUnavailable."""
        _, bias, weights = self.load()
        topic = self._encoder.encode_each([about])
        vectors = self._encoder.encode(list(texts))
        if not self._encoder.meaning or vectors.shape[1] + MARKS != len(weights):
            return numpy.zeros(len(texts), dtype=numpy.float32)
        near = vectors @ topic[0]
        beside = numpy.array([marks(text, float(at)) for text, at in zip(texts, near, strict=True)], numpy.float32)
        total = numpy.concatenate([vectors, beside], axis=1) @ weights + bias
        out: Vectors = (1 / (1 + numpy.exp(-total))).astype(numpy.float32)
        return out

    def __call__(self, texts: Sequence[str], about: str) -> list[bool]:
        """Which of the sentences of an article that is `about` this are orders. Raises ModelUnavailable."""
        asked = [at for at, text in enumerate(texts) if could_be(text)]
        found = [False] * len(texts)
        if asked:
            threshold = self.load()[0]
            for at, score in zip(asked, self.scores([texts[at] for at in asked], about), strict=True):
                # What a sentence puts in quotation marks somebody said, and people often say "you".
                least = max(threshold, _QUOTED) if texts[at][:1] in '"“”„«‘' else threshold
                found[at] = bool(score >= least)
        return found
