"""Which language a text is in: what its page declares, unless the text clearly says otherwise."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

__all__ = ["settled"]

_CHARACTERS = 3_000
_LEAST_WORDS, _SURE_WORDS = 12, 40
_LIKELY, _SURE = 0.9, 0.99
# A text in the standard form of one is often taken for its neighbour's.
_NEAR = ({"no", "nb", "nn", "da"}, {"hr", "bs", "sr", "sh"}, {"id", "ms"}, {"cs", "sk"}, {"pt", "gl"}, {"zh", "yue"})


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def settled(declared: str | None, text: str) -> str | None:
    """The language's code. `declared` stands where the text is short or unclear: templates declare English for
    everything, but a guess from two lines is worse.

    >>> settled("en", "Die Brücke wurde am Dienstag wieder geöffnet, sagte die Bürgermeisterin. " * 5)
    'de'
    """
    sample = re.sub(r"https?://\S+", " ", text[:_CHARACTERS])
    # Scripts without blanks are counted by their characters.
    length = max(len(sample.split()), len(re.sub(r"[\x00-\u0fff\s]", "", sample)) // 2)
    if length < _LEAST_WORDS:
        return declared
    found, probability = _identifier().classify(sample)
    code = (declared or "").split("-")[0].lower()
    if not code:
        return found if probability >= _LIKELY else None
    if code == found or any({code, found} <= group for group in _NEAR):
        return declared
    return found if length >= _SURE_WORDS and probability >= _SURE else declared
