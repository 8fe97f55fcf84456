"""A score by an entailment model of the user's choice: any sequence classifier that reads evidence and claim together.

Natural language inference models name their labels ("entailment", "neutral", "contradiction"); checkers such as MiniCheck
(Tang et al. 2024) have two, the second of which means supported. The evidence is read in pieces, and the best one counts
(Laban et al. 2022, SummaC, zero-shot).
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from briefing.engines.files import Pins, check_files, check_pins, find_files
from briefing.engines.loading import loading, quiet
from briefing.engines.local import Loaded, check_weights, device_of, dtype_of
from briefing.errors import ModelUnavailable
from briefing.guard.case import Case
from briefing.guard.score import LearnedScorer

if TYPE_CHECKING:
    from briefing.config import EntailmentConfig

__all__ = ["EntailmentScorer", "supporting"]

_SUPPORTED = ("entail", "support", "consistent", "faithful", "factual")
_NOT = ("not", "non", "un", "in", "contra")
CLIP = 8.0
"""Log-odds beyond this say no more than this."""
_AROUND = 2
"""Sentences before and after the best one that are read with it."""


def supporting(labels: Mapping[int, str], wanted: str | None = None) -> list[int]:
    """Indices of the labels that mean "supported". Raises ValueError if none can be told.

    >>> supporting({0: "contradiction", 1: "neutral", 2: "entailment"})
    [2]
    >>> supporting({0: "LABEL_0", 1: "LABEL_1"})
    [1]
    """
    names = {at: str(name).casefold().replace("-", "_") for at, name in labels.items()}
    if wanted is not None:
        found = [at for at, name in names.items() if wanted.casefold() in (name, str(at))]
    else:
        found = [
            at
            for at, name in names.items()
            if any(word in name for word in _SUPPORTED) and not name.startswith(_NOT) and "not_" not in name
        ]
        if not found and len(names) == 2 and all(name.startswith("label_") for name in names.values()):
            found = [1]
    if not found or len(found) == len(names):
        told = ", ".join(str(name) for name in labels.values())
        raise ValueError(f'none of its labels ({told}) says "supported"; name it as label')
    return found


class EntailmentScorer:
    """The mean of the learned score and the model's probability, both as log-odds. The model is loaded with the first
    claim. Raises ModelUnavailable, each time in the same words.
    """

    def __init__(
        self, settings: EntailmentConfig, base: Path | None = None, learned: LearnedScorer | None = None
    ) -> None:
        self._settings = settings
        self._base = base
        self._learned = learned or LearnedScorer()
        self._ready: tuple[Loaded, list[int]] | None = None

    @property
    def threshold(self) -> float:
        """As configured."""
        return self._settings.threshold

    def load(self) -> tuple[Loaded, list[int]]:
        """The model and the indices of its supporting labels."""
        if self._ready is None:
            settings = self._settings
            files = find_files(settings.model, settings.revision, base=self._base)
            check_files(files)
            check_pins(files, Pins())
            with loading(files.name, f"{files.folder} can't be loaded"), contextlib.redirect_stderr(io.StringIO()):
                import transformers

                quiet()
                device = device_of(settings.device)
                common: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
                tokenizer = transformers.AutoTokenizer.from_pretrained(files.folder, **common)
                model, info = transformers.AutoModelForSequenceClassification.from_pretrained(
                    files.folder,
                    dtype=dtype_of("auto", device),
                    use_safetensors=True,
                    output_loading_info=True,
                    **common,
                )
                model = model.to(device).eval()
            check_weights(files.name, model, info)
            try:
                labels = supporting(model.config.id2label, settings.label)
            except ValueError as error:
                raise ModelUnavailable(files.name, str(error)) from error
            self._ready = (Loaded(tokenizer, model, device), labels)
        return self._ready

    def score(self, case: Case, features: Mapping[str, float]) -> float:
        """From 0 to 1."""
        learned, entailed = self._learned.score(case, features), self.entailed(case)
        return 1 / (1 + math.exp(-(_log_odds(learned) + _log_odds(entailed)) / 2))

    def probability(self, score: float, features: Mapping[str, float]) -> float:
        """As of the learned score, which is half of it."""
        return self._learned.probability(score, features)

    def entailed(self, case: Case) -> float:
        """The model's probability that the claim is supported, by the best piece of the evidence."""
        import torch

        (ready, labels), claim = self.load(), case.claim.text
        pieces = _pieces(case)
        if not pieces:
            return 0.0
        window = min(ready.window(), 512)
        try:
            with torch.inference_mode():
                read = ready.tokenizer(
                    pieces, [claim] * len(pieces), truncation="only_first", max_length=window, padding=True,
                    return_tensors="pt",
                ).to(ready.device)  # fmt: skip
                odds = ready.model(**read).logits.float().softmax(dim=-1)
        except (RuntimeError, ValueError, IndexError, KeyError, TypeError, MemoryError) as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
            raise ModelUnavailable(self._settings.model, f"it failed while reading ({first})") from error
        return float(odds[:, labels].sum(dim=1).max())


def _pieces(case: Case) -> list[str]:
    """What the claim may rest on: the nearest sentences as one text, and the best one among those around it."""
    sentences: Sequence[str] = case.source.sentences
    if not case.found.order:
        return []
    best = case.found.order[0]
    around = sentences[max(0, best - _AROUND) : best + _AROUND + 1]
    return list(dict.fromkeys([" ".join(sentences[i] for i in case.found.nearest), " ".join(around)]))


def _log_odds(share: float) -> float:
    share = min(max(share, 1e-6), 1 - 1e-6)
    return max(-CLIP, min(CLIP, math.log(share / (1 - share))))
