"""What an article is about in words."""

from __future__ import annotations

import html
import re
from collections import Counter

from briefing.text import words
from briefing.types import Article

OPENING_WORDS = 100
"""Words of the text that are read: news says first what happened."""

TITLE_WEIGHT = 2

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


def term_counts(article: Article) -> tuple[dict[str, int], set[str]]:
    """How often each word, and each pair of neighbours, stands in headline and opening; and which are names or numbers.

    The headline counts double.

    >>> counts, names = term_counts(Article(title="Ferry aground", text="The ferry Anna ran aground."))
    >>> counts["ferry"], counts["ferry aground"], counts["ferry anna"], sorted(names)
    (3, 2, 1, ['anna', 'ferry'])
    """
    counts: Counter[str] = Counter()
    names: set[str] = set()
    opening = " ".join(article.text.split(maxsplit=OPENING_WORDS)[:OPENING_WORDS])
    for weight, text in ((TITLE_WEIGHT, headline(article.title)), (1, opening)):
        before = None
        for token in words(text):
            term = stem(token.casefold())
            if len(term) < 2 or term in _STOP:
                continue
            counts[term] += weight
            if token[0].isupper() or token[0].isdigit():
                names.add(term)
            if before is not None:
                counts[f"{before} {term}"] += weight
            before = term
    return dict(counts), names
