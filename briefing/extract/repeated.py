"""Paragraphs that a source puts into article after article: learned, and dropped. Pure; the store remembers.

A paragraph is the source's own furniture when it stood in at least three of its articles that have nothing else in
common, and has little to do with the article at hand. A sentence of news that recurs, in two reports of one event or in
every report of a long one, shares its names with what stands around it, and its articles share theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from briefing.text import digest, paragraphs, words
from briefing.types import Article, Sighting

__all__ = ["LEAST", "marks", "sightings", "sketch", "without"]

LEAST = 3
"""Articles on different things in which a paragraph must have stood before."""
MOST_WORDS = 90
"""A longer paragraph is looked at no further: it is told, or the ranking passes it by."""

_SIZE = 20
_ALIKE = 0.25
"""Share of two sketches from which on two articles may be about the same."""
_OWN = 0.34
"""Share of a paragraph's telling words that stand elsewhere in its article from which on it belongs to it."""
_KEPT = 0.5
"""An article that would lose more than so much of itself is left alone."""
_COMMON_WORDS = """
a about after all also an and any are as at be been before but by can could did do for from had has have he
her his how i if in into is it its may more most new no not of on one or other our out over said says she so
some such than that the their them then there these they this to two up us was we were what when which who
will with would you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def _telling(text: str) -> set[str]:
    return {word.casefold() for word in words(text) if len(word) > 2} - _COMMON


def marks(article: Article) -> dict[str, tuple[int, int]]:
    """The article's paragraphs by what they are known by: digest → start and end in its text."""
    found = {}
    for start, end in paragraphs(article.text):
        text = article.text[start:end]
        count = len(text.split())
        # "He was 91." differs in its number alone.
        if (6 if re.search(r"\d", text) else 3) <= count <= MOST_WORDS:
            # Numbers in furniture (years, telephone numbers, counts of comments) change; the rest does not.
            found[digest(re.sub(r"\d+", "0", " ".join(text.casefold().split())))] = (start, end)
    return found


def sketch(article: Article) -> str:
    """What an article is about, as a few hashes of its telling words (Broder 1997, bottom-k sketches)."""
    told = f"{article.title or ''} {' '.join(article.text.split()[:150])}"
    return "".join(sorted(digest(word)[:6] for word in _telling(told))[:_SIZE])


def _hashes(found: set[str]) -> set[str]:
    return {digest(word)[:6] for word in found}


def _alike(first: set[str], second: set[str]) -> bool:
    return len(first & second) >= _ALIKE * max(1, min(len(first), len(second)))


def without(article: Article, known: Sequence[Sighting]) -> Article:
    """The article without the paragraphs that `known` shows to be its source's furniture."""
    places = marks(article)
    again = {one.block for one in known if one.block in places and one.article != article.id}
    told, rest = _apart(article, [places[block] for block in again])
    # What only the paragraphs in question say does not make two articles alike.
    ignored = _hashes(told - rest)
    own = _parts(sketch(article)) - ignored
    seen: dict[str, list[set[str]]] = {}
    for one in known:
        if one.block in again and one.article != article.id:
            apart = seen.setdefault(one.block, [own])
            about = _parts(one.sketch) - ignored
            if not any(_alike(about, other) for other in apart):
                apart.append(about)
    gone = sorted(places[block] for block, apart in seen.items() if len(apart) > LEAST)
    gone = [span for span in gone if not _belongs(article, span, gone)]
    lost = sum(len(article.text[a:b].split()) for a, b in gone)
    if not gone or lost > (1 - _KEPT) * len(article.text.split()):
        return article
    return replace(article, text=re.sub(r"\n{3,}", "\n\n", _rest(article, gone)).strip("\n"))


def _parts(text: str) -> set[str]:
    return {text[at : at + 6] for at in range(0, len(text), 6)}


def _rest(article: Article, spans: Sequence[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(article.text[at:start])
        at = end
    return "".join([*kept, article.text[at:]])


def _apart(article: Article, spans: Sequence[tuple[int, int]]) -> tuple[set[str], set[str]]:
    """The telling words of some paragraphs, and those of the headline and everything else."""
    told = " ".join(article.text[start:end] for start, end in spans)
    return _telling(told), _telling(f"{article.title or ''} {_rest(article, spans)}")


def _belongs(article: Article, span: tuple[int, int], gone: Sequence[tuple[int, int]]) -> bool:
    """Whether a paragraph speaks of what the rest of its article speaks of."""
    told = _telling(article.text[span[0] : span[1]])
    return bool(told) and len(told & _apart(article, gone)[1]) >= _OWN * len(told)


def sightings(article: Article) -> list[Sighting]:
    """What is to be remembered of an article, as it was before anything was dropped."""
    about = sketch(article)
    return [Sighting(block, article.id, about) for block in marks(article)]
