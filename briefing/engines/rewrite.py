"""Chosen sentences, shortened by leaving words out. Nothing is written that the article does not say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from briefing.engines.cuts import Cut, compatible, shorten
from briefing.engines.deletion import worth_cutting
from briefing.engines.fluency import LanguageModel
from briefing.engines.salience import Expectation, Unit, candidates
from briefing.engines.syntax import Parser
from briefing.errors import ModelUnavailable

__all__ = ["Choice", "Rewriter"]

# Least fluency of a cut, chosen on development articles: nearly half of the cuts made at random places lie below
# the first, two thirds of those at random before a sentence's end below the second; of ours hardly any, and one
# in twelve.
_WITHIN = -2.4
_AT_END = -4.5
LEAST_WORDS = 6
"""A bullet is not cut below so many words."""
_UNHEARD = frozenset({"opening", "connective", "parenthesis"})
"""Kinds that are whole by their marks; the model would only miss what they were about."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence that was chosen, by its index, and what of it is left out."""

    sentence: int
    cuts: tuple[Cut, ...] = ()


class Rewriter:
    """Chooses sentences by what is left of them when their dispensable parts are gone.

    Cuts are proposed by grammar (`deletion`), wanted where the salience model expects little of the words,
    and kept where the language model finds that the sentence still reads well.
    """

    def __init__(self, parser: Parser | None = None, model: LanguageModel | None = None) -> None:
        self._parser = parser or Parser()
        self._model = model or LanguageModel()
        self._failure: ModelUnavailable | None = None

    def load(self) -> None:
        """Load parser and model now. Raises ModelUnavailable, each time anew once it has."""
        if self._failure is not None:
            raise self._failure
        try:
            self._model.load()
            self._parser.load()
        except ModelUnavailable as error:
            self._failure = error
            raise

    def choose(
        self,
        expectation: Expectation,
        allowed: Sequence[int],
        least: int,
        most: int,
        fits: Callable[[str], bool] = lambda text: True,
    ) -> list[Choice]:
        """`least` to `most` of the sentences allowed, in order, with what is left out of each.

        `fits` says of a shortened text whether it can stand alone. Raises ModelUnavailable.
        """
        self.load()
        texts = expectation.document.sentences
        wholes = [expectation.whole(i) for i in candidates(expectation, allowed, least)]
        first, _ = expectation.best(wholes, least, most)
        price = expectation.price([wholes[i] for i in first])
        proposed: list[dict[Cut, float]] = []
        for whole, parse in zip(wholes, self._parser.parse([texts[unit.sentence] for unit in wholes]), strict=True):
            # Of the first sentence people's summaries keep when, where and why it happened.
            cuts = [cut for cut in worth_cutting(parse) if whole.sentence > 0 or cut.kind != "circumstance"]
            savings = {cut: expectation.saving(whole, _words(expectation, whole, cut), price) for cut in cuts}
            wanted = {cut: value for cut, value in savings.items() if value > 0}
            proposed.append({cut: wanted[cut] for cut in wanted if fits(shorten(parse.text, [cut]))})
        shorter = [_taken(expectation, whole, savings) for whole, savings in zip(wholes, proposed, strict=True)]
        best, _ = expectation.best(
            [_left(expectation, whole, cuts) for whole, cuts in zip(wholes, shorter, strict=True)], least, most
        )
        heard = self._fluent([(texts[wholes[i].sentence], list(proposed[i])) for i in best])
        chosen = []
        for i, fluent in zip(best, heard, strict=True):
            made = _taken(expectation, wholes[i], {cut: proposed[i][cut] for cut in fluent})
            text = texts[wholes[i].sentence]
            chosen.append(Choice(wholes[i].sentence, made if fits(shorten(text, made)) else ()))
        return chosen

    def _fluent(self, sentences: Sequence[tuple[str, list[Cut]]]) -> list[list[Cut]]:
        """The cuts that are not noticed."""
        heard = self._model.judge(
            [(text, [cut for cut in cuts if cut.kind not in _UNHEARD]) for text, cuts in sentences]
        )
        found = []
        for (text, cuts), values in zip(sentences, heard, strict=True):
            rest = iter(values)
            found.append([cut for cut in cuts if cut.kind in _UNHEARD or next(rest) > _least(text, cut)])
        return found


def _least(text: str, cut: Cut) -> float:
    return _AT_END if cut.end >= len(text.rstrip('.!?"”’)')) else _WITHIN


def _words(expectation: Expectation, whole: Unit, cut: Cut) -> set[int]:
    words = expectation.document.words
    return {i for i in whole.words if words[i].start >= cut.start and words[i].end <= cut.end}


def _taken(expectation: Expectation, whole: Unit, savings: dict[Cut, float]) -> tuple[Cut, ...]:
    """The cuts to make: the most saving first, none that overlaps another, never below LEAST_WORDS."""
    taken: list[Cut] = []
    gone: set[int] = set()
    for cut in sorted(savings, key=lambda cut: (-savings[cut], cut)):
        more = gone | _words(expectation, whole, cut)
        if compatible([*taken, cut]) and len(whole.words) - len(more) >= LEAST_WORDS:
            taken.append(cut)
            gone = more
    return tuple(sorted(taken))


def _left(expectation: Expectation, whole: Unit, cuts: Sequence[Cut]) -> Unit:
    gone = {word for cut in cuts for word in _words(expectation, whole, cut)}
    return Unit(whole.sentence, tuple(word for word in whole.words if word not in gone))
