"""A source prepared once and asked many times: sentences, their words, vectors and grammar, each when first wanted."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

import numpy

from briefing.engines import Embedder, Vectors
from briefing.engines.syntax import Parser
from briefing.errors import ModelUnavailable
from briefing.guard.lexicon import COMMON, stem
from briefing.guard.reading import Reading, parts, read, tidied
from briefing.text import Span, sentences, words

__all__ = ["Source", "claims_of", "grams", "split"]


def split(text: str) -> list[Span]:
    """Sentences of a text, also of one that was lower-cased and tokenised ("… in march . he …")."""
    if " . " in text and text.count(" . ") > text.count(". ") - text.count(" . "):
        spans, at = [], 0
        for match in re.finditer(r" [.?!](?: ''| \")?(?=\s|$)|\n+", text):
            if text[at : match.end()].strip():
                lead = len(text[at : match.end()]) - len(text[at : match.end()].lstrip())
                spans.append(Span(at + lead, at + len(text[at : match.end()].rstrip())))
            at = match.end()
        if text[at:].strip():
            lead = len(text[at:]) - len(text[at:].lstrip())
            spans.append(Span(at + lead, len(text.rstrip())))
        return spans
    return sentences(text)


def claims_of(text: str) -> list[str]:
    """The sentences of a text that claims something, each of which must hold; what stands between quotation marks stays
    together, since a sentence of it says nothing of who speaks. Also of one that was lower-cased and tokenised.

    >>> claims_of("the mill burned . nobody was hurt .")
    ['the mill burned .', 'nobody was hurt .']
    >>> claims_of('The mill burned. "It is gone. We are sad," she said.')
    ['The mill burned.', '"It is gone. We are sad," she said.']
    """
    if re.search(r" [.?!](?:\s|$)", text):
        found = [one.strip() for one in re.split(r"(?<= [.?!])\s+", text)]
        found = [one for one in found if len(words(one)) > 1]
    else:
        found = [text[a:b] for a, b in sentences(text)]
    whole: list[str] = []
    for one in found:
        if whole and _open(whole[-1]):
            whole[-1] += f" {one}"
        else:
            whole.append(one)
    return whole or [text]


def _open(text: str) -> bool:
    """Whether a quotation is not closed."""
    return text.count('"') % 2 == 1 or text.count("“") > text.count("”")


class Source:
    """The article a claim is held against. `models` are asked only for what a claim needs."""

    def __init__(self, text: str, published: datetime | None, encoder: Embedder | None, parser: Parser | None) -> None:
        self.text = text
        self.published = published
        self.spans = split(text)
        self.sentences = [tidied(text[a:b]) for a, b in self.spans]
        self._encoder = encoder
        self._parser = parser
        self._readings: dict[str, Reading] = {}
        self._vectors: dict[int, Vectors] = {}
        self._grams: dict[int, frozenset[tuple[str, ...]]] = {}

    @cached_property
    def plain(self) -> str:
        """All words in order, folded, with a blank at both ends: to ask whether some words stand there in a row."""
        return f" {' '.join(folded(one) for one in self.sentences)} "

    def grams(self, length: int) -> frozenset[tuple[str, ...]]:
        """All runs of so many words, folded."""
        if length not in self._grams:
            self._grams[length] = frozenset(grams(self.text, length))
        return self._grams[length]

    @cached_property
    def stems(self) -> list[frozenset[str]]:
        """Per sentence the stems of its words that say something."""
        return [content(one) for one in self.sentences]

    @cached_property
    def known(self) -> frozenset[str]:
        """Stems of all words."""
        return frozenset(stem(word) for one in self.sentences for word in parts(one))

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """In which sentences each stem stands, in order."""
        found: dict[str, list[int]] = {}
        for i, own in enumerate(self.stems):
            for word in own:
                found.setdefault(word, []).append(i)
        return found

    @cached_property
    def neighbourhoods(self) -> list[frozenset[str]]:
        """Per sentence its stems and those of the sentences before and after it."""
        return [frozenset().union(*self.stems[max(0, i - 1) : i + 2]) for i in range(len(self.stems))]

    @cached_property
    def rarity(self) -> dict[str, float]:
        """Weight of each stem: rare ones tell more (inverse document frequency over the sentences)."""
        count = Counter(word for one in self.stems for word in one)
        total = len(self.sentences) + 1
        return {word: math.log(total / (1 + n)) + 1 for word, n in count.items()}

    def weight(self, word: str) -> float:
        """Weight of a stem; one the source does not have counts as the rarest."""
        return self.rarity.get(word, math.log((len(self.sentences) + 1) / 1.5) + 1)

    @cached_property
    def cased(self) -> bool:
        """Whether names can be told by their capitals."""
        inner = [word for one in self.sentences for word in one.split()[1:]]
        return sum(word[:1].isupper() for word in inner) >= 0.01 * max(1, len(inner))

    @cached_property
    def case(self) -> dict[str, str]:
        """Words that inside sentences are nearly always written with a capital: folded → as written."""
        upper: dict[str, Counter[str]] = {}
        lower: Counter[str] = Counter()
        for one in self.sentences:
            for before, word in itertools.pairwise(parts(one)):
                del before
                if word[0].isupper():
                    upper.setdefault(word.casefold(), Counter())[word] += 1
                else:
                    lower[word.casefold()] += 1
        return {low: forms.most_common(1)[0][0] for low, forms in upper.items() if sum(forms.values()) > lower[low]}

    @cached_property
    def names(self) -> frozenset[str]:
        """Words written with a capital somewhere, folded."""
        return frozenset(part.casefold() for one in self.sentences for part in parts(one) if part[:1].isupper())

    @cached_property
    def initials(self) -> frozenset[str]:
        """Initials of words with capitals that follow each other: what an acronym may be made of."""
        found: set[str] = set()
        for one in self.sentences:
            run: list[str] = []
            for word in [*re.findall(r"[^\W_]+", one), "."]:
                if word[0].isupper():
                    run.append(word[0])
                    for back in range(2, min(6, len(run)) + 1):
                        found.add("".join(run[-back:]).casefold())
                elif word not in ("of", "the", "and", "for", "on", "in"):
                    run = []
        return frozenset(found)

    @cached_property
    def _places_of(self) -> dict[str, int]:
        return {text: i for i, text in reversed(list(enumerate(self.sentences)))}

    def at(self, text: str) -> int | None:
        """The first sentence that is this text; None without one."""
        return self._places_of.get(text)

    def vectors(self, wanted: Sequence[int]) -> Vectors | None:
        """One row per sentence that is asked for, or None without an encoder."""
        if self.encode([], wanted) is None or not wanted:
            return None
        return numpy.stack([self._vectors[i] for i in wanted])

    def encode(self, claims: Sequence[str], soon: Sequence[int] = ()) -> Vectors | None:
        """One row per claim, or None without an encoder. Sentences that are asked for `soon` are read beside them:
        each pass costs as much as a few sentences."""
        if self._encoder is None:
            return None
        new = [i for i in dict.fromkeys(soon) if i not in self._vectors]
        try:
            found = self._encoder.encode([*claims, *(self.sentences[i] for i in new)])
        except ModelUnavailable:
            self._encoder = None
            return None
        self._vectors.update(zip(new, found[len(claims) :], strict=True))
        return found[: len(claims)]

    def readings(self, wanted: Sequence[int]) -> list[Reading]:
        """Sentences with their grammar, parsed together where they are not yet."""
        return self.read([self.sentences[i] for i in wanted])

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Claims or sentences with their grammar; what was read is kept, as a claim often is one of the sentences."""
        new = [text for text in dict.fromkeys(texts) if text not in self._readings]
        self._readings.update(zip(new, readings(new, self._parser), strict=True))
        return [self._readings[text] for text in texts]

    def said(self, text: str) -> bool:
        """Whether these very words stand in the source in a row."""
        return f" {folded(text)} " in self.plain

    def similarity(self, claim: Vectors | None, wanted: Sequence[int]) -> Vectors:
        """Cosines of sentences to a claim's vector, zero for those that are not asked for or without an encoder."""
        out: Vectors = numpy.zeros(len(self.sentences), dtype=numpy.float32)
        if claim is not None and (own := self.vectors(wanted)) is not None:
            out[list(wanted)] = own @ claim
        return out


def readings(texts: Sequence[str], parser: Parser | None) -> list[Reading]:
    """Texts with their grammar, where there is a parser."""
    if parser is not None and texts:
        try:
            return [read(parse.text, parse) for parse in parser.parse(list(texts), names=True)]
        except ModelUnavailable:
            pass
    return [read(text) for text in texts]


def grams(text: str, length: int) -> list[tuple[str, ...]]:
    """Runs of `length` words in order, folded.

    >>> grams("The old bridge", 2)
    [('the', 'old'), ('old', 'bridge')]
    """
    found = re.findall(r"[^\W_]+", text.casefold())
    return list(zip(*(found[i:] for i in range(length)), strict=False))


def content(text: str) -> frozenset[str]:
    """Stems of the words that say something."""
    return frozenset(
        mark
        for word in parts(text)
        if (low := word.casefold()) not in COMMON and (mark := stem(word)) not in COMMON and low
    )


def folded(text: str) -> str:
    """Words in order, in lower case, without marks."""
    return " ".join(word.casefold().replace("’", "'").replace(".", "").removesuffix("'s") for word in parts(text))
