"""Sentences of several articles beside each other: which of them say the same, by words and by meaning."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy

from briefing.engines import Embedder, Vectors
from briefing.errors import ModelUnavailable
from briefing.guard.lexicon import COMMON, NEGATORS, REPORTING, stem
from briefing.guard.quantities import Quantity, quantities, same
from briefing.text import Span, one_line, sentences, words
from briefing.types import Article

__all__ = ["Aligner", "Line", "Match", "figures", "same_figures"]

KEPT = 64
"""Articles kept read."""
LIKELY = 6
"""Sentences of an article, by words in common, whose meaning is compared with a claim's."""
OPENING = 4
"""Sentences an article opens with: these are compared whatever words they have, since a lunch may be a midday meal."""
_KINDS = ("plain", "percent", "age", "score")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of an article: where it stands, its text on one line, the stems of words that say something."""

    article: str
    span: Span
    text: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """How near a claim's nearest sentence in an article is.

    `cover` is the share of the claim's words it has, `back` the share of its own words the claim has, `cosine` the
    closeness in meaning (equal to `cover` where the encoder knows words only).
    """

    line: Line
    cover: float
    back: float
    cosine: float

    @property
    def same(self) -> bool:
        """Whether the sentence says what the claim says, figures aside. Chosen by eye on development events."""
        return (
            (self.cosine >= 0.76 and self.cover >= 0.35)
            or (self.cosine >= 0.68 and self.cover >= 0.55)
            or (self.cosine >= 0.5 and self.cover >= 0.75)
        )

    @property
    def near(self) -> bool:
        """Whether it may say the same in other words, or of the same thing: then nobody is called the only one."""
        return self.cosine >= 0.35 or self.cover >= 0.35


class Aligner:
    """Finds in one article what another says. Articles and sentences once read are kept for a while."""

    def __init__(self, encoder: Embedder) -> None:
        self._encoder = encoder
        self._lines: OrderedDict[tuple[str, str], tuple[Line, ...]] = OrderedDict()
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def lines(self, article: Article) -> tuple[Line, ...]:
        """The sentences of an article, in order."""
        key = (article.id, article.text)
        if key not in self._lines:
            language = (article.language or "en").split("-")[0].lower()
            spans = sentences(article.text, language)
            self._lines[key] = tuple(
                Line(article.id, span, text := one_line(article.text[span.start : span.end]), content(text))
                for span in spans
            )
        self._lines.move_to_end(key)
        while len(self._lines) > KEPT:
            self._lines.popitem(last=False)
        return self._lines[key]

    def nearest(self, claim: str, lines: Sequence[Line]) -> Match | None:
        """The sentence nearest to a claim, or None where there is none."""
        return max(self.likely(claim, lines), key=lambda one: one.cover + 0.7 * one.cosine, default=None)

    def likely(self, claim: str, lines: Sequence[Line]) -> list[Match]:
        """The sentences that share most with a claim, each with how near it is."""
        wanted = content(claim)
        best = self._sharing(wanted, lines)
        if not wanted or not best:
            return []
        covers = [len(wanted & line.stems) / len(wanted) for line in best]
        cosines = self.cosines(claim, [line.text for line in best]) or covers
        return [
            Match(line, cover, len(wanted & line.stems) / max(1, len(line.stems)), cosine)
            for line, cover, cosine in zip(best, covers, cosines, strict=True)
        ]

    def prepare(self, claims: Sequence[str], articles: Sequence[Article]) -> None:
        """Encode at once what `nearest` will ask of each claim and article; one by one it takes longer."""
        likely = [
            line.text for claim in claims for one in articles for line in self._sharing(content(claim), self.lines(one))
        ]
        if claims:
            self.cosines(claims[0], [*claims, *likely])

    def prepare_lines(self, claims: Sequence[str], lines: Sequence[Line]) -> None:
        """As `prepare`, against lines of any origin."""
        likely = [line.text for claim in claims for line in self._sharing(content(claim), lines)]
        if claims:
            self.cosines(claims[0], [*claims, *likely])

    @staticmethod
    def _sharing(wanted: frozenset[str], lines: Sequence[Line]) -> list[Line]:
        if not wanted:
            return []
        shared = sorted(range(len(lines)), key=lambda at: (-len(wanted & lines[at].stems), at))
        likely = [at for at in shared[:LIKELY] if wanted & lines[at].stems]
        return [lines[at] for at in dict.fromkeys([*likely, *range(min(OPENING, len(lines)))])]

    def table(self, claims: Sequence[str], texts: Sequence[str]) -> Vectors | None:
        """Shape (claims, texts): closeness in meaning; None where the encoder knows words only or can't be loaded."""
        wanted = dict.fromkeys([*claims, *texts])
        rows = {text: self._vectors[text] for text in wanted if text in self._vectors}
        new = [text for text in wanted if text not in rows]
        try:
            if new:
                rows.update(zip(new, self._encoder.encode(new), strict=True))
        except ModelUnavailable:
            return None
        self._vectors.update(rows)
        while len(self._vectors) > KEPT * 40:
            self._vectors.popitem(last=False)
        if not self._encoder.meaning:
            return None
        mine = numpy.stack([rows[claim] for claim in claims])
        found: Vectors = mine @ numpy.stack([rows[text] for text in texts]).T
        return found

    def cosines(self, claim: str, texts: Sequence[str]) -> list[float]:
        """Closeness in meaning of texts to a claim; empty where the encoder knows words only or can't be loaded."""
        new = [text for text in dict.fromkeys([claim, *texts]) if text not in self._vectors]
        try:
            if new:
                vectors = self._encoder.encode(new)
                self._vectors.update(zip(new, vectors, strict=True))
        except ModelUnavailable:
            return []
        found = [float(numpy.dot(self._vectors[claim], self._vectors[text])) for text in texts]
        while len(self._vectors) > KEPT * 40:
            self._vectors.popitem(last=False)
        return found if self._encoder.meaning else []


_SAID = frozenset(REPORTING)


def content(text: str) -> frozenset[str]:
    """Stems of the words that say something; that somebody said it says nothing of it."""
    found = set()
    for word in words(text):
        for part in word.replace("’", "'").removesuffix("'s").split("-"):
            mark = stem(part)
            if part and part.casefold() not in COMMON and mark not in COMMON and mark not in _SAID:
                found.add(mark)
    return frozenset(found)


def figures(text: str) -> list[Quantity]:
    """The quantities of a text that can be held against another's."""
    return [
        one
        for one in quantities(text)
        if (one.kind in _KINDS or one.kind.startswith("money")) and not (one.spelled and one.value == 1)
    ]


def denied(text: str) -> bool:
    """Whether a text denies something: "not", "no", "never" …, or "n't"."""
    return any(word.casefold() in NEGATORS or "n't" in word.replace("’", "'") for word in words(text))


def same_figures(claim: str, other: str) -> bool:
    """Whether two texts agree in their figures: all of the claim's stand in the other, or the other has no others than
    these; and both deny something or neither does."""
    mine, theirs = figures(claim), figures(other)
    missing = [one for one in mine if not any(same(one, two) or same(two, one) for two in theirs)]
    rivals = [two for two in theirs if not any(same(one, two) or same(two, one) for one in mine)]
    return not (missing and rivals) and denied(claim) == denied(other)
