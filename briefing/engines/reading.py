"""An article as the salience model sees it: words and sentences with their states and features."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy

from briefing.engines import Vectors
from briefing.engines.encoder import TransformerEncoder

__all__ = ["SENTENCE_FEATURES", "WORD_FEATURES", "Document", "Word", "document", "is_english", "stem"]

WINDOW = 510
"""Tokens of a window, the two special ones not counted."""
OVERLAP = 64
"""Tokens of the text before that a further window begins with, so that its first new sentence has context."""

WORD_FEATURES = 9
SENTENCE_FEATURES = 13
ENGLISH = 0.2
"""Least share of function words in English prose; in other languages' it stays far below."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_FUNCTION_WORDS = """
a about after again against all also am an and any are as at be because been before being between both
but by can could did do does down during each for from had has have having he her here hers him his how
i if in into is it its just may me might mine more most must my no nor not of off on only onto or other
our ours out over own s said same say says shall she should so some such t than that the their theirs
them then there these they this those through to too under up upon us very was we were what when where
which while who whom whose why will with within without would yet you your yours
"""
_STOP = frozenset(_FUNCTION_WORDS.split())
_PRONOUN = re.compile(r"(?i)[\"“]?(he|she|it|they|this|that|these|those|his|her|their|its|we|i|you)\b")
_CONNECTIVE = re.compile(r"(?i)[\"“]?(but|and|so|however|also|then|meanwhile|yet|or|still|instead)\b")


class Word(NamedTuple):
    """A word: where it stands (sentence, characters in it) and what it counts as."""

    sentence: int
    start: int
    end: int
    stem: str


@dataclass(frozen=True, slots=True)
class Document:
    """An article as the model sees it.

    `states` (words, hidden): the encoder's middle layer at each word's first token.
    `features` (words, WORD_FEATURES), `about` (sentences, SENTENCE_FEATURES). `first` holds the index of each
    sentence's first word, and the number of words at its end.
    """

    sentences: tuple[str, ...]
    words: tuple[Word, ...]
    first: tuple[int, ...]
    states: Vectors
    features: Vectors
    about: Vectors


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its commonest English endings; crude, for telling repeated words only.

    >>> stem("Talks"), stem("talking"), stem("parties")
    ('talk', 'talk', 'parti')
    """
    word = word.casefold().replace("’", "'").removesuffix("'s")
    for ending, left in (("ies", 3), ("ing", 4), ("ed", 4), ("es", 4), ("s", 3), ("y", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= left - 1 and not word.endswith("ss"):
            return word[: -len(ending)] + ("i" if ending in ("ies", "y") else "")
    return word


def is_english(text: str) -> bool:
    """Whether enough of the words are English ones; what a page says of its language is often wrong.

    >>> is_english("The bridge was closed on Monday."), is_english("Die Brücke wurde am Montag gesperrt.")
    (True, False)
    """
    found = [word.casefold() for word in _WORD.findall(text[:4000])]
    return sum(word in _STOP for word in found) >= ENGLISH * len(found)


def read_words(sentences: Sequence[str]) -> list[Word]:
    """All words of the sentences in order."""
    return [
        Word(index, match.start(), match.end(), stem(match.group()))
        for index, text in enumerate(sentences)
        for match in _WORD.finditer(text)
    ]


def document(sentences: Sequence[str], encoder: TransformerEncoder) -> Document:
    """Read sentences in context. Raises ModelUnavailable if the encoder can't be loaded."""
    words = read_words(sentences)
    first = [0] * (len(sentences) + 1)
    for word in words:
        first[word.sentence + 1] += 1
    first = list(itertools.accumulate(first))
    states = _states(sentences, words, first, encoder)
    features = _word_features(sentences, words)
    about = _sentence_features(sentences, words, first, states)
    return Document(tuple(sentences), tuple(words), tuple(first), states, features, about)


def _states(sentences: Sequence[str], words: list[Word], first: list[int], encoder: TransformerEncoder) -> Vectors:
    import torch

    # Half precision, where it is quicker, moves odds in their third digit.
    tokenizer, model = encoder.lower_half()
    hidden = int(model.config.hidden_size)
    out = numpy.zeros((len(words), hidden), dtype=numpy.float32)
    read_already = numpy.zeros(len(words), dtype=bool)
    pieces = [
        (index, token, span[0])
        for index, (ids, spans) in enumerate(tokenizer.pieces(sentences))
        for token, span in zip(ids, spans, strict=True)
    ]
    place = {}
    for row, word in enumerate(words):
        place[word.sentence, word.start] = row
    window = min(WINDOW, int(model.config.max_position_embeddings) - 2)

    def read(begin: int) -> Vectors:
        part = pieces[begin : begin + window]
        ids = torch.tensor([[*tokenizer.opening, *(token for _, token, _ in part), *tokenizer.closing]])
        with torch.inference_mode():
            hidden = model(input_ids=ids)[0]
            found: Vectors = hidden[len(tokenizer.opening) :][: len(part)].float().numpy()
        return found

    begins = [0, *range(window - OVERLAP, len(pieces) - OVERLAP, window - OVERLAP)] if pieces else []
    for begin, states in zip(begins, encoder.passes.run(read, begins), strict=True):
        # What the window before has read is the new one's context.
        fresh = range(OVERLAP if begin else 0, len(states))
        found = {at: place[key] for at in fresh if (key := pieces[begin + at][::2]) in place}
        own = list(found.values())
        out[own] = states[list(found)]
        read_already[own] = True
    # A word whose first token begins before it (a mark glued to it) takes its neighbour's state.
    for row in range(1, len(words)):
        if not read_already[row]:
            out[row] = out[row - 1]
    return out


def _word_features(sentences: Sequence[str], words: list[Word]) -> Vectors:
    counts = Counter(word.stem for word in words)
    total = max(1, len(words))
    seen: dict[str, int] = {}
    near = [math.log1p(number) / 3 for number in range(len(sentences))]
    rows = []
    for row, word in enumerate(words):
        upper, *looks = _looks(sentences[word.sentence][word.start : word.end])
        count = counts[word.stem]
        rows.append((
            near[word.sentence],
            near[seen.setdefault(word.stem, word.sentence)],
            math.log(count),
            100 * count / total,
            word.start > 1 and upper,
            *looks,
            row / total,
        ))  # fmt: skip
    return numpy.array(rows, dtype=numpy.float32).reshape(len(words), WORD_FEATURES)


@lru_cache(maxsize=20_000)
def _looks(word: str) -> tuple[bool, bool, bool, float]:
    """Whether it begins with a capital, has a digit, and is a function word; its length in tens of letters."""
    figure = not word.isalpha() and any(map(str.isdigit, word))
    return word[0].isupper(), figure, word.casefold() in _STOP, len(word) / 10


def _sentence_features(sentences: Sequence[str], words: list[Word], first: list[int], states: Vectors) -> Vectors:
    hidden = states.shape[1]
    means = numpy.stack(
        [states[a:b].mean(axis=0) if b > a else numpy.zeros(hidden) for a, b in itertools.pairwise(first)]
    )
    means /= numpy.maximum(1e-6, numpy.linalg.norm(means, axis=1, keepdims=True))
    centre = means.mean(axis=0)
    centre /= max(1e-6, float(numpy.linalg.norm(centre)))
    lead = means[:3].mean(axis=0)
    lead /= max(1e-6, float(numpy.linalg.norm(lead)))
    frequent = {s for s, _ in Counter(w.stem for w in words if w.stem not in _STOP).most_common(12)}
    out = numpy.zeros((len(sentences), SENTENCE_FEATURES), dtype=numpy.float32)
    for row, text in enumerate(sentences):
        own = words[first[row] : first[row + 1]]
        count = len(own)
        out[row] = (
            math.log1p(row) / 3,
            row / max(1, len(sentences)),
            row == 0,
            row < 3,
            count / 30,
            means[row] @ centre,
            means[row] @ lead,
            sum(w.stem in frequent for w in own) / max(1, count) * 5,
            sum(text[w.start].isupper() for w in own[1:]) / 6,
            sum(text[w.start].isdigit() for w in own) / 2,
            any(mark in text for mark in '"“”'),
            _PRONOUN.match(text) is not None,
            _CONNECTIVE.match(text) is not None,
        )
    return out
