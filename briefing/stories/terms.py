"""What an article is about in words: terms weighted by how rare they are in the stream, names, numbers."""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefing.text import words
from briefing.types import Article

OPENING_WORDS = 200
"""Words of the text that are read: news says what happened first."""

TITLE_WEIGHT = 2

PRIOR = 300
"""How many articles the background counts as: what is rare is known before the stream is long."""

_SUFFIX = re.compile(r"\s+[|–—-]\s+([^|–—]{2,40})$")
_PREFIX = re.compile(r"^([^|]{2,30}?)\s+\|\s+")
_KICKER = re.compile(
    r"""(?x)^(?:(?:[A-Z][\w’'-]*\ ){1,4}(?i:latest)|(?i:the\ latest|watch\ live|watch|live\ blog|live
      |breaking(?:\ news)?|updated?
      |exclusive|explainer|explained|factbox|videos?|photos?|in\ pictures|opinion|analysis))\s*[:|–—-]+\s+"""
)
_SMALL = {"of", "the", "and", "in", "for", "&"}
_STOP = frozenset(
    re.findall(
        r"\S+",
        """
        a an the and or but nor of to in on at by for with from as into onto over under after before about between
        through during against without within is are was were be been being am it its it's he she they we you i him her
        them us his hers their our your my me this that these those there here not no yes has have had having will would
        can could may might must shall should do does did done if so than then what who whom whose which when where why
        how all any both each few more most much many other some such only own same too very also just up down out off
        again new now said says say saying told tell amid s t
        """,
    )
)


def headline(title: str | None) -> str:
    """A title without the outlet's name after it, or the kicker or section before it.

    >>> headline("The Latest: Kelby ferry runs aground | Dunmarrow Post")
    'Kelby ferry runs aground'
    >>> headline("Talks on the bridge fail - what now")
    'Talks on the bridge fail - what now'
    """
    text = html.unescape(title or "").strip()
    for _ in range(2):
        found = _SUFFIX.search(text)
        if not found or len(text[: found.start()].split()) < 4 or not _is_name(found[1]):
            break
        text = text[: found.start()]
    for pattern in (_PREFIX, _KICKER):
        found = pattern.match(text)
        if found and len(text[found.end() :].split()) >= 3:
            text = text[found.end() :]
    return text


def _is_name(text: str) -> bool:
    parts = text.split()
    return len(parts) <= 4 and all(part[0].isupper() or not part[0].isalpha() or part in _SMALL for part in parts)


def stem(word: str) -> str:
    """Plural and possessive endings taken off (Harman 1991, "How effective is suffixing?", the S stemmer).

    >>> stem("parties"), stem("ferry's"), stem("crisis"), stem("boats")
    ('party', 'ferry', 'crisis', 'boat')
    """
    word = word.replace("’", "'")
    if len(word) > 3 and word.endswith("'s"):
        word = word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@dataclass(frozen=True, slots=True)
class Terms:
    """Counts of an article's terms; which of them are names or numbers."""

    counts: Mapping[str, int]
    names: frozenset[str]
    numbers: frozenset[str]


def terms_of(article: Article) -> Terms:
    """The terms of headline and opening."""
    title = words(headline(article.title))
    body = words(" ".join(article.text.split(maxsplit=OPENING_WORDS)[:OPENING_WORDS]))
    counts: Counter[str] = Counter()
    names, numbers = set(), set()
    for weight, tokens in ((TITLE_WEIGHT, title), (1, body)):
        for token in tokens:
            term = stem(token.casefold())
            if len(term) < 2 or term in _STOP:
                continue
            counts[term] += weight
            if token[0].isupper():
                names.add(term)
            if any(letter.isdigit() for letter in token):
                numbers.add(term)
    return Terms(counts, frozenset(names), frozenset(numbers))


@dataclass(frozen=True, slots=True)
class Weighted:
    """An article's terms as a unit vector of tf-idf weights, its names, its numbers."""

    weights: Mapping[str, float]
    names: frozenset[str]
    numbers: frozenset[str]


class Rarity:
    """Inverse document frequency in a stream, smoothed by a background of general news."""

    def __init__(self, stream: Sequence[Terms], background: Mapping[str, float]) -> None:
        counts: Counter[str] = Counter()
        for terms in stream:
            counts.update(terms.counts.keys())
        total = len(stream) + PRIOR
        self._idf = {
            term: math.log((total + 1) / (count + PRIOR * background.get(term, 0.0) + 0.5))
            for term, count in counts.items()
        }

    def of(self, term: str) -> float:
        """The idf of a term of the stream."""
        return self._idf[term]

    def weigh(self, terms: Terms) -> Weighted:
        """Unit tf-idf weights, with logarithmic counts."""
        raw = {term: (1 + math.log(count)) * self._idf[term] for term, count in terms.counts.items()}
        length = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        return Weighted({term: weight / length for term, weight in raw.items()}, terms.names, terms.numbers)
