"""What matters in an article: a trained model over the encoder that reads the document, word by word.

The encoder reads the sentences in context, in overlapping windows. A first head gives each word the odds
that a summary would use it (content selection, Gehrmann et al. 2018, "Bottom-Up Abstractive Summarization"),
a second does so for pairs of neighbouring words, and a third ranks the sentences against each other. A set
of sentences is then scored as a whole, by the ROUGE it may be expected to reach (concept-based selection,
Gillick and Favre 2009, "A Scalable Global Model for Summarization"): a word counts once, however often it is
said, and length costs. So one score settles which sentences, how many, and what is redundant.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from briefing.engines.encoder import TransformerEncoder
from briefing.errors import ModelUnavailable

if TYPE_CHECKING:
    import torch

__all__ = [
    "WEIGHTS",
    "Constants",
    "Document",
    "Judged",
    "Reader",
    "Salience",
    "Unit",
    "best_set",
    "build",
    "candidates",
    "document",
    "is_english",
]

WEIGHTS = Path(__file__).with_name("weights") / "salience.safetensors"
"""The weights that ship. `salience.json` beside them holds their sha256 and the constants chosen with them."""

Floats = NDArray[numpy.float32]

WINDOW = 510
"""Tokens of a window, the two special ones not counted."""
OVERLAP = 160
"""Tokens of the text before that a further window begins with, so that its first new sentence has context."""

WORD_FEATURES = 9
SENTENCE_FEATURES = 13
ENGLISH = 0.2
"""Least share of function words in English prose; in other languages' it stays far below."""
CANDIDATES = 9
"""Sentences from which sets are made."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP = frozenset(
    """
    a about after again against all also am an and any are as at be because been before being between both
    but by can could did do does down during each for from had has have having he her here hers him his how
    i if in into is it its just may me might mine more most must my no nor not of off on only onto or other
    our ours out over own s said same say says shall she should so some such t than that the their theirs
    them then there these they this those through to too under up upon us very was we were what when where
    which while who whom whose why will with within without would yet you your yours
    """.split()  # noqa: SIM905  # 130 quoted words would fill a screen
)
_PRONOUN = re.compile(r"(?i)[\"“]?(he|she|it|they|this|that|these|those|his|her|their|its|we|i|you)\b")
_CONNECTIVE = re.compile(r"(?i)[\"“]?(but|and|so|however|also|then|meanwhile|yet|or|still|instead)\b")


@dataclass(frozen=True, slots=True)
class Word:
    """A word: where it stands (sentence, characters in it) and what it counts as."""

    sentence: int
    start: int
    end: int
    stem: str


@dataclass(frozen=True, slots=True)
class Document:
    """An article as the model sees it.

    `states` (words, 2 x hidden): the encoder's middle and last layer at each word's first token.
    `features` (words, WORD_FEATURES), `about` (sentences, SENTENCE_FEATURES). `first` holds the index of each
    sentence's first word, and the number of words at its end.
    """

    sentences: tuple[str, ...]
    words: tuple[Word, ...]
    first: tuple[int, ...]
    states: Floats
    features: Floats
    about: Floats


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


def _states(sentences: Sequence[str], words: list[Word], first: list[int], encoder: TransformerEncoder) -> Floats:
    import torch

    tokenizer, model = encoder.parts()
    encoded = tokenizer(list(sentences), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    hidden = int(model.config.hidden_size)
    out = numpy.zeros((len(words), 2 * hidden), dtype=numpy.float32)
    pieces = [
        (index, token, span[0])
        for index, (ids, spans) in enumerate(zip(encoded["input_ids"], encoded["offset_mapping"], strict=True))
        for token, span in zip(ids, spans, strict=True)
    ]
    place = {}
    for row, word in enumerate(words):
        place[word.sentence, word.start] = row
    window = min(WINDOW, int(model.config.max_position_embeddings) - 2)
    middle = int(model.config.num_hidden_layers) // 2
    begin, new = 0, 0
    while new < len(pieces):
        part = pieces[begin : begin + window]
        ids = torch.tensor([[tokenizer.cls_token_id, *(token for _, token, _ in part), tokenizer.sep_token_id]])
        with torch.inference_mode():
            layers = model(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True).hidden_states
            both = torch.cat([layers[middle][0, 1:-1], layers[-1][0, 1:-1]], dim=-1).numpy()
        for offset in range(new - begin, len(part)):
            index, _, start = part[offset]
            found = place.get((index, start))
            if found is not None:
                out[found] = both[offset]
        new = begin + len(part)
        begin = new - OVERLAP
    # A word whose first token begins before it (a mark glued to it) takes its neighbour's state.
    for row in range(1, len(words)):
        if not out[row].any():
            out[row] = out[row - 1]
    return out


def _word_features(sentences: Sequence[str], words: list[Word]) -> Floats:
    counts = Counter(word.stem for word in words)
    total = max(1, len(words))
    seen: dict[str, int] = {}
    out = numpy.zeros((len(words), WORD_FEATURES), dtype=numpy.float32)
    for row, word in enumerate(words):
        text = sentences[word.sentence][word.start : word.end]
        earliest = seen.setdefault(word.stem, word.sentence)
        out[row] = (
            math.log1p(word.sentence) / 3,
            math.log1p(earliest) / 3,
            math.log(counts[word.stem]),
            100 * counts[word.stem] / total,
            text[:1].isupper() and word.start > 1,
            any(c.isdigit() for c in text),
            text.casefold() in _STOP,
            len(text) / 10,
            row / total,
        )
    return out


def _sentence_features(sentences: Sequence[str], words: list[Word], first: list[int], states: Floats) -> Floats:
    hidden = states.shape[1] // 2
    means = numpy.stack(
        [states[a:b, hidden:].mean(axis=0) if b > a else numpy.zeros(hidden) for a, b in itertools.pairwise(first)]
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


def build(hidden: int = 384) -> torch.nn.Module:
    """The heads, untrained: about half a million parameters over an encoder of `hidden` dimensions."""
    from briefing.engines.heads import Heads

    return Heads(hidden, WORD_FEATURES, SENTENCE_FEATURES)


@dataclass(frozen=True, slots=True)
class Judged:
    """The odds (0 to 1) of words and of pairs of neighbouring words, and a score per sentence."""

    words: Floats
    pairs: Floats
    sentences: Floats


@dataclass(frozen=True, slots=True)
class Constants:
    """What the choice of a set was tuned with."""

    length: float = 42.0
    """Words of the summary that is expected."""
    pairs: float = 1.0
    """Weight of expected ROUGE-2 beside ROUGE-1."""
    sentence: float = 0.1
    """Weight of the sentences' own scores."""
    brevity: float = 1.0
    """What a word left out is worth, as a multiple of what it saves in expected ROUGE."""


class Reader:
    """Documents → odds and scores, by trained heads."""

    def __init__(self, heads: Any) -> None:
        self._heads = heads.eval()

    def judge(self, document: Document) -> Judged:
        """Judge one document."""
        import torch

        with torch.inference_mode():
            words, pairs, sentences = self._heads(
                torch.from_numpy(document.states),
                torch.from_numpy(document.features),
                torch.from_numpy(document.about),
                torch.tensor(document.first),
            )
        return Judged(words.sigmoid().numpy(), pairs.sigmoid().numpy(), sentences.numpy())


@dataclass(frozen=True, slots=True)
class Unit:
    """What a bullet would hold: a sentence, and the indices of its words (in `Document.words`) that are told."""

    sentence: int
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Price:
    """Expected ROUGE-1 and -2 of a set, and what each is divided by: the words and pairs of both summaries."""

    one: float
    two: float
    words: float
    pairs: float


class Expectation:
    """The score of sets of units of one document: expected ROUGE, and the sentences' own scores."""

    def __init__(self, document: Document, judged: Judged, constants: Constants) -> None:
        self.document = document
        self._constants = constants
        stems = [word.stem for word in document.words]
        self._one, self._one_odds = _by_type(stems, judged.words)
        pairs = [f"{a} {b}" for a, b in itertools.pairwise([*stems, ""])]
        self._two, self._two_odds = _by_type(pairs, judged.pairs)
        own = judged.sentences
        self._own = (own - own.mean()) / (float(own.std()) or 1.0)

    def whole(self, sentence: int) -> Unit:
        """The unit of all words of a sentence."""
        return Unit(sentence, tuple(range(*self.document.first[sentence : sentence + 2])))

    def best(self, units: Sequence[Unit], least: int, most: int) -> tuple[tuple[int, ...], float]:
        """Indices of the best set of `least` to `most` of the units, and its score."""
        most = min(most, len(units))
        least = max(1, min(least, most))
        table = self._table(units)
        if most > 5:
            # Every set of so many would take too long: the best small one grows a unit at a time.
            chosen: tuple[int, ...] = ()
            value = -math.inf
            while len(chosen) < most:
                grown = numpy.array([[*chosen, i] for i in range(len(units)) if i not in chosen])
                values = self._values(table, grown)
                if len(chosen) >= least and values.max() <= value:
                    break
                value = float(values.max())
                chosen = tuple(int(i) for i in grown[values.argmax()])
            return tuple(sorted(chosen)), value
        found: list[tuple[float, tuple[int, ...]]] = []
        for size in range(least, most + 1):
            sets = numpy.array(list(itertools.combinations(range(len(units)), size)))
            values = self._values(table, sets)
            at = int(values.argmax())
            found.append((float(values[at]), tuple(int(i) for i in sets[at])))
        value, chosen = max(found)
        return chosen, value

    def alone(self, units: Sequence[Unit]) -> Floats:
        """The score of each unit by itself."""
        return self._values(self._table(units), numpy.arange(len(units))[:, None])

    def price(self, units: Sequence[Unit]) -> Price:
        """What words cost in a set of these units."""
        table = self._table(units)
        ones, one_odds, twos, two_odds, sizes, _ = table
        size, pairs = float(sizes[:, 0].sum()), float(sizes[:, 1].sum())
        length = self._constants.length
        one = 2 * float(ones.any(axis=0) @ one_odds) / (size + length)
        two = 2 * float(twos.any(axis=0) @ two_odds) / (pairs + length - 3)
        return Price(one, two, size + length, pairs + length - 3)

    def saving(self, whole: Unit, gone: set[int], price: Price) -> float:
        """What a set gains in expected score where the words `gone` of one of its units are left out."""
        left = {self._one[word] for word in whole.words if word not in gone}
        ones = {self._one[word] for word in gone} - left
        broken = [word for word in whole.words[:-1] if word in gone or word + 1 in gone]
        twos = {self._two[word] for word in broken}
        brevity = self._constants.brevity
        one = brevity * len(gone) * price.one - 2 * sum(float(self._one_odds[i]) for i in ones)
        two = brevity * len(broken) * price.two - 2 * sum(float(self._two_odds[i]) for i in twos)
        return one / price.words + self._constants.pairs * two / price.pairs

    def _table(self, units: Sequence[Unit]) -> tuple[Any, ...]:
        ones = numpy.zeros((len(units), len(self._one_odds)), dtype=bool)
        twos = numpy.zeros((len(units), len(self._two_odds)), dtype=bool)
        sizes = numpy.zeros((len(units), 2), dtype=numpy.float32)
        for row, unit in enumerate(units):
            words = numpy.array(unit.words, dtype=int)
            # A pair is told where both its words are; what a cut brings together is no pair of the document.
            joined = words[:-1][numpy.diff(words) == 1]
            ones[row, self._one[words]] = True
            twos[row, self._two[joined]] = True
            sizes[row] = len(words), max(0, len(words) - 1)
        own = numpy.array([self._own[unit.sentence] for unit in units], dtype=numpy.float32)
        # Types told by no unit weigh nothing; without them the tables stay small.
        use1, use2 = ones.any(axis=0), twos.any(axis=0)
        return ones[:, use1], self._one_odds[use1], twos[:, use2], self._two_odds[use2], sizes, own

    def _values(self, table: tuple[Any, ...], sets: NDArray[Any]) -> Floats:
        ones, one_odds, twos, two_odds, sizes, own = table
        constants = self._constants
        one = 2 * (ones[sets].any(axis=1) @ one_odds) / (sizes[sets, 0].sum(axis=1) + constants.length)
        two = 2 * (twos[sets].any(axis=1) @ two_odds) / (sizes[sets, 1].sum(axis=1) + constants.length - 3)
        out: Floats = one + constants.pairs * two + constants.sentence * own[sets].mean(axis=1)
        return out


def _by_type(names: Sequence[str], odds: Floats) -> tuple[NDArray[Any], Floats]:
    """The type of each word as an index, and the mean odds of each type."""
    index: dict[str, int] = {}
    types = numpy.array([index.setdefault(name, len(index)) for name in names], dtype=int)
    sums = numpy.bincount(types, weights=odds, minlength=len(index))
    return types, (sums / numpy.bincount(types, minlength=len(index))).astype(numpy.float32)


def candidates(expectation: Expectation, allowed: Sequence[int], least: int) -> list[int]:
    """The sentences from which sets are made: the best by themselves, in order."""
    values = expectation.alone([expectation.whole(i) for i in allowed])
    ranked = sorted(zip(values, allowed, strict=True), reverse=True)
    return sorted(i for _, i in ranked[: max(CANDIDATES, least)])


def best_set(expectation: Expectation, allowed: Sequence[int], least: int, most: int) -> list[int]:
    """The best set of `least` to `most` whole sentences among those allowed, in the order of the document."""
    units = [expectation.whole(i) for i in candidates(expectation, allowed, least)]
    chosen, _ = expectation.best(units, least, most)
    return [units[i].sentence for i in chosen]


class Salience:
    """The shipped model, loaded with its first use. Raises ModelUnavailable naming the file and the remedy."""

    def __init__(self, encoder: TransformerEncoder, weights: Path = WEIGHTS) -> None:
        self.encoder = encoder
        self._weights = weights
        self._loaded: tuple[Reader, Constants] | None = None

    def load(self) -> tuple[Reader, Constants]:
        """Heads and constants, checked against the card's digest."""
        if self._loaded is None:
            self._loaded = load(self._weights)
        return self._loaded

    def read(self, sentences: Sequence[str]) -> Expectation:
        """What may be expected of the sentences of an article, which are read as one text."""
        reader, constants = self.load()
        read = document(sentences, self.encoder)
        return Expectation(read, reader.judge(read), constants)


def load(weights: Path) -> tuple[Reader, Constants]:
    """Heads and constants from `weights` and the JSON file beside them. Raises ModelUnavailable."""
    card = weights.with_suffix(".json")
    remedy = 'install briefing again ("pip install --force-reinstall --no-deps briefing")'
    try:
        raw, facts = weights.read_bytes(), json.loads(card.read_text(encoding="utf-8"))
        wanted, constants = facts["sha256"], Constants(**facts["constants"])
    except OSError as error:
        raise ModelUnavailable("salience", f"{error.filename} can't be read ({error.strerror}); {remedy}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelUnavailable("salience", f"{card} is damaged; {remedy}") from error
    if hashlib.sha256(raw).hexdigest() != wanted:
        raise ModelUnavailable("salience", f"{weights} is damaged (its sha256 is not the one in {card.name}); {remedy}")
    try:
        from safetensors.torch import load as read

        tensors = read(raw)
        heads = build(int(facts["hidden"]))
        heads.load_state_dict({name: value.float() for name, value in tensors.items()})
    # safetensors and torch raise what they like (SafetensorError, RuntimeError, KeyError, …) for weights that do
    # not fit, and none of it may stop the edition: it goes out by the plain ranking.
    except Exception as error:
        raise ModelUnavailable("salience", f"{weights} does not fit this version; {remedy}") from error
    return Reader(heads), constants
