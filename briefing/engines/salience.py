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
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from briefing.engines import Vectors
from briefing.engines.encoder import TransformerEncoder
from briefing.engines.loading import loading
from briefing.engines.reading import SENTENCE_FEATURES, WORD_FEATURES, Document, document
from briefing.errors import ModelUnavailable

if TYPE_CHECKING:
    import torch

__all__ = [
    "WEIGHTS",
    "Constants",
    "Expectation",
    "Judged",
    "Price",
    "Reader",
    "Salience",
    "Unit",
    "best_set",
    "build",
    "by_type",
    "candidates",
    "opening_favoured",
    "with_reply",
]

WEIGHTS = Path(__file__).with_name("weights") / "salience.safetensors"
"""The weights that ship. `salience.json` beside them holds their sha256 and the constants chosen with them."""

CANDIDATES = 9
"""Sentences from which sets are made."""

AHEAD = 16
"""Articles read before they are asked for, at the most; about a megabyte each."""

LEAST_LENGTH = 20.0
"""Words that a summary is expected to have, however short its article is."""

JOINING = 0.05
"""Expected score (ROUGE, 0 to 2) by which a set must be better for each bullet of two sentences it makes: these read
less well."""

SHORT = 10
"""An article of more sentences than these says less in its first one: its bonus falls with their number, squared."""


def build(hidden: int = 384) -> torch.nn.Module:
    """The heads, untrained: about half a million parameters over an encoder of `hidden` dimensions."""
    from briefing.engines.heads import Heads

    return Heads(hidden, WORD_FEATURES, SENTENCE_FEATURES)


@dataclass(frozen=True, slots=True)
class Judged:
    """The odds (0 to 1) of words and of pairs of neighbouring words, and a score per sentence."""

    words: Vectors
    pairs: Vectors
    sentences: Vectors


@dataclass(frozen=True, slots=True)
class Constants:
    """What the choice of a set was tuned with."""

    length: float = 46.0
    """Words of the summary that is expected, at the most."""
    share: float = 0.2
    """Words of it per word of a short article, but never fewer than LEAST_LENGTH: of little, little is told."""
    pairs: float = 1.0
    """Weight of expected ROUGE-2 beside ROUGE-1."""
    sentence: float = 0.02
    """Weight of the sentences' own scores."""
    brevity: float = 4.0
    """What a word left out is worth, as a multiple of what it saves in expected ROUGE."""
    opening: float = 0.5
    """Log-odds that the words of the first sentence gain, if the article has no more than SHORT sentences."""


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
    """The score of sets of units of one document: expected ROUGE, and the sentences' own scores.

    Sets are made from `pool` sentences. `alike` gives, for sentences by index, a square table of which may not be told
    together as they say the same. A set has at least one of the sentences `needed`, where there is one to choose; one
    that `follows` another is told with that one only.
    """

    def __init__(
        self,
        document: Document,
        judged: Judged,
        constants: Constants,
        pool: int = CANDIDATES,
        alike: Callable[[Sequence[int]], NDArray[numpy.bool_]] | None = None,
    ) -> None:
        self.document = document
        self.pool = pool
        self._alike = alike
        self.needed: frozenset[int] = frozenset()
        self.follows: Mapping[int, int] = MappingProxyType({})
        self._constants = constants
        self._length = min(constants.length, max(LEAST_LENGTH, constants.share * len(document.words)))
        stems = [word.stem for word in document.words]
        judged = opening_favoured(document, judged, constants.opening)
        self._one, self._one_odds = by_type(stems, judged.words)
        pairs = [f"{a} {b}" for a, b in itertools.pairwise([*stems, ""])]
        self._two, self._two_odds = by_type(pairs, judged.pairs)
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
        apart = self._alike([unit.sentence for unit in units]) if self._alike else None
        needed = numpy.array([unit.sentence in self.needed for unit in units], dtype=bool)
        at = {unit.sentence: i for i, unit in enumerate(units)}
        # A unit without the one it follows is in no set: -1 is the place of none.
        after = {at[one]: at.get(other, -1) for one, other in self.follows.items() if one in at}
        joins = numpy.array([unit.sentence in self.follows for unit in units], dtype=numpy.float32)
        if most > 5:
            # Every set of so many would take too long: the best small one grows a unit at a time.
            chosen: tuple[int, ...] = ()
            value = -math.inf
            while len(chosen) < most:
                more = [i for i in range(len(units)) if i not in chosen and after.get(i, i) in (i, *chosen)]
                if not chosen and needed.any():
                    more = numpy.flatnonzero(needed).tolist()
                if apart is not None:
                    more = [i for i in more if not apart[i, list(chosen)].any()]
                if not more:
                    break
                grown = numpy.array([[*chosen, i] for i in more])
                values = self._values(table, grown) - JOINING * joins[grown].sum(axis=1)
                if len(chosen) >= least and values.max() <= value:
                    break
                value = float(values.max())
                chosen = tuple(int(i) for i in grown[values.argmax()])
            return tuple(sorted(chosen)), value
        found: list[tuple[float, tuple[int, ...]]] = []
        for size in range(least, most + 1):
            sets = numpy.array(list(itertools.combinations(range(len(units)), size)))
            if apart is not None:
                sets = sets[~apart[sets[:, :, None], sets[:, None, :]].any(axis=(1, 2))]
                if not len(sets):
                    break
            if needed.any() and (with_one := needed[sets].any(axis=1)).any():
                sets = sets[with_one]
            for i, other in after.items():
                sets = sets[(sets == other).any(axis=1) | ~(sets == i).any(axis=1)]
            if not len(sets):
                continue
            values = self._values(table, sets) - JOINING * joins[sets].sum(axis=1)
            first = int(values.argmax())
            found.append((float(values[first]), tuple(int(i) for i in sets[first])))
        if not found:
            # No two go together: the best one alone.
            alone = self._values(table, numpy.arange(len(units))[:, None])
            alone[list(after)] -= numpy.inf if len(after) < len(units) else 0.0
            return (int(alone.argmax()),), float(alone.max())
        value, chosen = max(found)
        return chosen, value

    def alone(self, units: Sequence[Unit]) -> Vectors:
        """The score of each unit by itself."""
        return self._values(self._table(units), numpy.arange(len(units))[:, None])

    def price(self, units: Sequence[Unit]) -> Price:
        """What words cost in a set of these units."""
        table = self._table(units)
        ones, one_odds, twos, two_odds, sizes, _ = table
        size, pairs = float(sizes[:, 0].sum()), float(sizes[:, 1].sum())
        length = self._length
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

    def _values(self, table: tuple[Any, ...], sets: NDArray[Any]) -> Vectors:
        ones, one_odds, twos, two_odds, sizes, own = table
        constants = self._constants
        one = 2 * (ones[sets].any(axis=1) @ one_odds) / (sizes[sets, 0].sum(axis=1) + self._length)
        two = 2 * (twos[sets].any(axis=1) @ two_odds) / (sizes[sets, 1].sum(axis=1) + self._length - 3)
        out: Vectors = one + constants.pairs * two + constants.sentence * own[sets].mean(axis=1)
        return out


def opening_favoured(document: Document, judged: Judged, gain: float) -> Judged:
    """News is told from the top, and the shorter the more so, which the articles trained on show less than most."""
    gain *= min(1.0, SHORT / len(document.sentences)) ** 2
    end = document.first[1]
    sentences = judged.sentences.copy()
    sentences[0] += gain
    words, pairs = judged.words.copy(), judged.pairs.copy()
    for odds in (words, pairs):
        more = odds[:end] * math.exp(gain)
        odds[:end] = more / (1 - odds[:end] + more)
    return Judged(words, pairs, sentences)


def by_type(names: Sequence[str], odds: Vectors) -> tuple[NDArray[Any], Vectors]:
    """The type of each word as an index, and the mean odds of each type."""
    index: dict[str, int] = {}
    types = numpy.array([index.setdefault(name, len(index)) for name in names], dtype=int)
    sums = numpy.bincount(types, weights=odds, minlength=len(index))
    return types, (sums / numpy.bincount(types, minlength=len(index))).astype(numpy.float32)


def candidates(expectation: Expectation, allowed: Sequence[int], least: int) -> list[int]:
    """The sentences from which sets are made: the best by themselves, in order."""
    values = expectation.alone([expectation.whole(i) for i in allowed])
    ranked = sorted(zip(values, allowed, strict=True), reverse=True)
    return sorted(i for _, i in ranked[: max(expectation.pool, least)])


def best_set(
    expectation: Expectation, allowed: Sequence[int], least: int, most: int, replies: Sequence[int] = ()
) -> list[int]:
    """The best set of `least` to `most` whole sentences among those allowed, in the order of the document.

    If none of them is one of the `replies`, and there is room, the best of these is added.
    """
    units = [expectation.whole(i) for i in candidates(expectation, allowed, least)]
    chosen, _ = expectation.best(units, least, most)
    return with_reply(expectation, [units[i].sentence for i in chosen], replies, most)


def with_reply(expectation: Expectation, chosen: Sequence[int], replies: Sequence[int], most: int) -> list[int]:
    """Sentences chosen, and the best of the replies if none is among them: both sides of a dispute are told."""
    if not replies or len(chosen) >= most or set(replies) & set(chosen):
        return list(chosen)
    values = expectation.alone([expectation.whole(i) for i in replies])
    return sorted([*chosen, replies[int(values.argmax())]])


class Salience:
    """The shipped model, loaded with its first use. Raises ModelUnavailable naming the file and the remedy."""

    def __init__(self, encoder: TransformerEncoder, weights: Path = WEIGHTS) -> None:
        self.encoder = encoder
        self._weights = weights
        self._loaded: tuple[Reader, Constants] | None = None
        self._ahead: OrderedDict[tuple[str, ...], tuple[Document, Judged]] = OrderedDict()

    def load(self) -> tuple[Reader, Constants]:
        """Heads and constants, checked against the card's digest."""
        if self._loaded is None:
            self._loaded = load(self._weights)
        return self._loaded

    def read_ahead(self, sentences: Sequence[str]) -> None:
        """Read an article that will be asked for soon, from any thread."""
        self._ahead[tuple(sentences)] = self.judged(sentences)
        while len(self._ahead) > AHEAD:
            self._ahead.popitem(last=False)

    def judged(self, sentences: Sequence[str]) -> tuple[Document, Judged]:
        """The sentences of an article, read as one text, and what the heads make of them."""
        known = self._ahead.pop(tuple(sentences), None)
        if known is not None:
            return known
        read = document(sentences, self.encoder)
        # A pass like those of the encoder: by itself it would spread over cores on which they run.
        (judged,) = self.encoder.passes.run(self.load()[0].judge, [read])
        return read, judged

    def read(self, sentences: Sequence[str]) -> Expectation:
        """What may be expected of the sentences of an article, which are read as one text."""
        return Expectation(*self.judged(sentences), self.load()[1])


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
    with loading("salience", f"{weights} does not fit this version; {remedy}"):
        from safetensors.torch import load as read

        tensors = read(raw)
        heads = build(int(facts["hidden"]))
        heads.load_state_dict({name: value.float() for name, value in tensors.items()})
    return Reader(heads), constants
