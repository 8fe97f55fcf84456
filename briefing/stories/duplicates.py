"""Which articles repeat another one: MinHash over word shingles, found by locality-sensitive hashing.

Broder 1997, "On the resemblance and containment of documents"; Indyk and Motwani 1998 for the banding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache

from briefing.stories.addresses import canonical_url
from briefing.stories.terms import headline
from briefing.text import words
from briefing.types import Article

SHINGLE = 3
PERMUTATIONS, BANDS = 128, 32
"""With 4 rows a band, two texts that share .7 of their shingles meet with odds of .9998, at .55 of .95."""

COPY = 0.55
"""Jaccard similarity of word shingles from which an article counts as a copy of another."""

CONTAINED, LEAST_CONTAINED = 0.9, 60
"""A text of at least so many shingles that stands in another to this share is a shortened copy of it."""

SAME_PAGE = 0.25
"""The same from which two texts of one address are versions of one article: pages may hold several."""

SHORT = 12
"""Words. Shorter texts (a feed's empty entry, "More soon") say nothing alone: headline and text count together."""

FEWEST = 4
"""Words of headline and text together below which nothing can be called a copy."""

_MOST_COMPARED = 50


def shingles(article: Article) -> frozenset[str]:
    """Runs of three words of the text, or of headline and text where the text is short."""
    tokens = words(article.text.casefold())
    if len(tokens) < SHORT:
        tokens = words(f"{headline(article.title)} {article.text}".casefold())
        # Short texts are copies only when all is the same: one shingle of everything.
        return frozenset({" ".join(tokens)}) if len(tokens) >= FEWEST else frozenset()
    return frozenset(" ".join(tokens[k : k + SHINGLE]) for k in range(len(tokens) - SHINGLE + 1))


def figures(article: Article) -> frozenset[str]:
    """Words with digits in headline and text."""
    tokens = words(f"{article.title or ''} {article.text}")
    return frozenset(token for token in tokens if any(letter.isdigit() for letter in token))


def originals(articles: Sequence[Article], order: Sequence[int]) -> dict[int, int]:
    """For each index in `order` the index of what it repeats: the first of its near-duplicates, or itself.

    Found by locality-sensitive hashing, then the similarity itself is measured. Only originals are kept in the
    index, so a thousand copies of one text cost a thousand comparisons, not a million.
    """
    from rensa import RMinHash, RMinHashLSH

    @lru_cache(maxsize=4096)
    def of(i: int) -> frozenset[str]:
        return shingles(articles[i])

    index = RMinHashLSH(threshold=COPY, num_perm=PERMUTATIONS, num_bands=BANDS)
    pages: dict[str, list[int]] = defaultdict(list)
    exact: dict[frozenset[str], int] = {}
    original: dict[int, int] = {}
    for i in order:
        own = of(i)
        page = canonical_url(articles[i].url)
        original[i] = i
        if not own:
            continue
        sketch = None
        if len(own) == 1:
            original[i] = exact.setdefault(own, i)
        else:
            sketch = RMinHash(num_perm=PERMUTATIONS, seed=1)
            sketch.update(sorted(own))
            near = sorted(index.query(sketch))[:_MOST_COMPARED]
            # In a few lines another figure is another report; in a long text it may be a slip of the pen.
            brief = len(own) < LEAST_CONTAINED
            near = [k for k in near if not brief or figures(articles[i]) <= figures(articles[k])]
            original[i] = _nearest(i, own, near, of, _resemblance)
        if original[i] == i and page is not None:
            original[i] = _nearest(i, own, pages[page][:_MOST_COMPARED], of, _version)
        if original[i] == i:
            if sketch is not None:
                index.insert(i, sketch)
            if page is not None:
                pages[page].append(i)
    return original


def _nearest(
    i: int,
    own: frozenset[str],
    near: Sequence[int],
    of: Callable[[int], frozenset[str]],
    measure: Callable[[frozenset[str], frozenset[str]], float],
) -> int:
    best = max(((measure(own, of(k)), -k, k) for k in near), default=(0.0, 0, i))
    return best[2] if best[0] > 0 else i


def _resemblance(a: frozenset[str], b: frozenset[str]) -> float:
    both = len(a & b)
    alike = both / len(a | b)
    contained = both / min(len(a), len(b)) if min(len(a), len(b)) >= LEAST_CONTAINED else 0.0
    return max(alike, contained) if alike >= COPY or contained >= CONTAINED else 0.0


def _version(a: frozenset[str], b: frozenset[str]) -> float:
    alike = len(a & b) / len(a | b)
    return alike if alike >= SAME_PAGE else 0.0


def copies(articles: Sequence[Article]) -> dict[str, str]:
    """Ids of articles that repeat another, each with the id of what it repeats: the one that came out first.

    >>> text = "The old bridge over the Kel was closed on Monday after a diver found cracks in two of its piers."
    >>> copies([Article(id="1", text=text), Article(id="2", text=text + " More soon."), Article(id="3", text="")])
    {'2': '1'}
    """
    from briefing.stories.times import in_order

    found = originals(articles, in_order(articles))
    return {articles[i].id: articles[k].id for i, k in sorted(found.items()) if i != k}
