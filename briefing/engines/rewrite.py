"""Chosen sentences, shortened by leaving words out. Nothing is written that the article does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from types import MappingProxyType

from briefing.engines.cuts import Cut, compatible, presented, shorten
from briefing.engines.deletion import worth_cutting
from briefing.engines.fluency import LanguageModel, at_end
from briefing.engines.referents import Referent, referent
from briefing.engines.salience import Expectation, Price, Unit, candidates, with_reply
from briefing.engines.syntax import Parse, Parser
from briefing.errors import ModelUnavailable

__all__ = ["Choice", "Rewriter"]

# Least fluency of a cut, chosen on development articles: below lie many of the cuts made at random places (nearly half
# below -2.4, three quarters below -6 at a sentence's end), and of ours, which grammar proposes, hardly any.
_WITHIN = -3.2
_AT_END = -7.0
LEAST_WORDS = 5
"""A bullet is not cut below so many words."""
_UNHEARD = frozenset({"opening", "connective", "parenthesis"})
"""Kinds that are whole by their marks; the model would only miss what they were about."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence that was chosen, by its index, what of it is left out, and who its opening pronoun is."""

    sentence: int
    cuts: tuple[Cut, ...] = ()
    referent: Referent | None = None

    def told(self, text: str) -> str:
        """The bullet made of the sentence."""
        return _told(text, self.cuts, self.referent)


class Rewriter:
    """Chooses sentences by what is left of them when their dispensable parts are gone.

    Cuts are proposed by grammar (`deletion`), wanted where the salience model expects little of the words,
    and kept where the language model finds that the sentence still reads well.
    """

    def __init__(self, parser: Parser | None = None, model: LanguageModel | None = None) -> None:
        self._parser = parser or Parser()
        self._model = model or LanguageModel()
        self._failure: ModelUnavailable | None = None
        self._loading = Lock()

    def load(self) -> None:
        """Load parser and model now. Raises ModelUnavailable, each time anew once it has."""
        with self._loading:
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
        fits: Callable[[str], bool] = lambda _: True,
        leaning: Mapping[int, int] = MappingProxyType({}),
        replies: Sequence[int] = (),
    ) -> list[Choice]:
        """`least` to `most` of the sentences allowed, in order, with what is left out of each.

        `leaning`: sentences that open with a pronoun, each with how many come directly before it; they are allowed
        too where these tell whom it means. `replies`: of these one is told, if there is room. `fits` says of a bullet
        whether it can stand alone. Raises ModelUnavailable.
        """
        self.load()
        texts = expectation.document.sentences
        pool = candidates(expectation, allowed, least)
        wanted = [i for i in candidates(expectation, sorted({*allowed, *leaning}), least) if i in leaning]
        order = sorted({*pool, *wanted, *with_reply(expectation, (), replies, most)})
        parses = dict(zip(order, self._parser.parse([texts[i] for i in order]), strict=True))
        near = sorted({at for i in wanted for at in range(i - leaning[i], i)})
        named = dict(zip(near, self._parser.parse([texts[at] for at in near], names=True), strict=True))
        known = {i: referent([named[at] for at in range(i - leaning[i], i)], parses[i]) for i in wanted}
        sources = [_Source(expectation, i, parses[i], known.get(i)) for i in order if i in allowed or known[i]]
        first, _ = expectation.best([one.whole for one in sources], least, most)
        price = expectation.price([sources[i].whole for i in first])
        for one in sources:
            one.propose(price, fits)
        best, _ = expectation.best([one.left(one.taken(one.savings)) for one in sources], least, most)
        told = with_reply(expectation, [sources[i].sentence for i in best], replies, most)
        final = [one for one in sources if one.sentence in told]
        heard = self._fluent([(one.text, list(one.savings)) for one in final])
        chosen = []
        for one, fluent in zip(final, heard, strict=True):
            made = one.taken({cut: one.savings[cut] for cut in fluent})
            cuts = made if fits(_told(one.text, made, one.referent)) else ()
            chosen.append(Choice(one.sentence, cuts, one.referent))
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
    return _AT_END if at_end(text, cut) else _WITHIN


def _told(text: str, cuts: Sequence[Cut], named: Referent | None) -> str:
    short = shorten(text, cuts) if cuts else presented(text)
    if named is None:
        return short
    # The pronoun opens the sentence, and no cut touches it.
    return f"[{named.name[:1].upper()}{named.name[1:]}]{short[named.end :]}"


class _Source:
    """A sentence a bullet may be made of: what may be left out of it, and what that saves."""

    def __init__(self, expectation: Expectation, sentence: int, parse: Parse, named: Referent | None) -> None:
        self.sentence = sentence
        self.text = parse.text
        self.referent = named
        self.savings: dict[Cut, float] = {}
        self._expectation = expectation
        self._parse = parse
        self.whole = expectation.whole(sentence)
        if named is not None:
            # The pronoun gives way to the words of the name, which stand in a sentence before.
            words = expectation.document.words
            before = expectation.whole(sentence - named.back).words
            end = named.at + len(named.name)
            name = tuple(i for i in before if named.at <= words[i].start and words[i].end <= end)
            rest = tuple(i for i in self.whole.words if words[i].start >= named.end)
            self.whole = Unit(sentence, name + rest)

    def propose(self, price: Price, fits: Callable[[str], bool]) -> None:
        """Find the cuts that save, each of which leaves what can stand alone."""
        for cut in worth_cutting(self._parse):
            # Of the first sentence people's summaries keep when, where and why it happened, and who somebody is.
            if self.sentence == 0 and (
                cut.kind == "circumstance" or (cut.kind == "apposition" and not at_end(self.text, cut))
            ):
                continue
            if self.referent is not None and cut.start < self.referent.end:
                continue
            saved = self._expectation.saving(self.whole, self._words(cut), price)
            if saved > 0 and fits(_told(self.text, [cut], self.referent)):
                self.savings[cut] = saved

    def taken(self, savings: dict[Cut, float]) -> tuple[Cut, ...]:
        """The cuts to make: the most saving first, none that overlaps another, never below LEAST_WORDS."""
        taken: list[Cut] = []
        gone: set[int] = set()
        for cut in sorted(savings, key=lambda cut: (-savings[cut], cut)):
            more = gone | self._words(cut)
            if compatible([*taken, cut]) and len(self.whole.words) - len(more) >= LEAST_WORDS:
                taken.append(cut)
                gone = more
        return tuple(sorted(taken))

    def left(self, cuts: Sequence[Cut]) -> Unit:
        """What is told when the cuts are made."""
        gone = {word for cut in cuts for word in self._words(cut)}
        return Unit(self.sentence, tuple(word for word in self.whole.words if word not in gone))

    def _words(self, cut: Cut) -> set[int]:
        words = self._expectation.document.words
        own = (i for i in self.whole.words if words[i].sentence == self.sentence)
        return {i for i in own if words[i].start >= cut.start and words[i].end <= cut.end}
