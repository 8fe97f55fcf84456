"""Whether the parts of a name belong together in the source."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence

from briefing.guard.lexicon import ALIASES, ROLES
from briefing.guard.reading import Word
from briefing.guard.source import Source

__all__ = ["called", "plain_names", "plainly", "together"]

_LIST = r"(?:(?:, [A-Z][\w'-]+)*,? (?:and|&) [A-Z][\w'-]+)?"
"""Between the names of "Anna Berg" in "Anna and Tom Berg"."""
_MIDDLE = r"(?: (?:[A-Z\"“(][\w'.\"”)-]*|de|da|del|der|den|di|du|la|le|van|von|bin|ibn|al|el|y|ter)){0,3}"


def plainly(text: str) -> str:
    """Folded, without accents."""
    return "".join(one for one in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(one))


def plain_names(source: Source) -> str:
    """All words of the source as names are looked for in it, with and without hyphens."""
    memory = source.__dict__
    if "_plain_names" not in memory:
        memory["_plain_names"] = re.sub(r"['-]", " ", plainly(source.plain)) + plainly(source.plain)
    return str(memory["_plain_names"])


def _pairs(words: Sequence[Word]) -> Iterator[tuple[Word, Word]]:
    """Parts of a name that must stand together: not those that may have been said otherwise."""
    for one, other in itertools.pairwise(words):
        if one.stem in ROLES or other.stem in ROLES or one.low in ALIASES or other.low in ALIASES or len(other.low) < 3:
            continue
        yield one, other


def _root(word: Word) -> str:
    """How a word of a name begins, as a pattern for folded text."""
    return re.escape(plainly(word.text).replace("’", "'").replace(".", "").removesuffix("'s")[:6])


def _turned(first: str, last: str, plain: str) -> bool:
    """Whether the last name stands shortly before the first one."""
    return re.search(rf" {last}\S* (?:\S+ ){{0,2}}{first}", plain) is not None


def together(words: Sequence[Word], plain: str) -> bool:
    """Whether the words of a name that follow each other do so somewhere in the source too."""
    return all(
        re.search(rf" {first}\S* (?:\S+ ){{0,3}}{last}", plain) is not None or _turned(first, last, plain)
        for first, last in ((_root(one), _root(other)) for one, other in _pairs(words))
    )


def _bare(source: Source) -> str:
    """The source with its capitals, without accents and the dots of initials: "R.A. Berg" as "RA Berg", like a claim's."""
    memory = source.__dict__
    if "_bare" not in memory:
        text = re.sub(r"(?<=\b[A-Z])\.", "", re.sub(r"(?<=\b[A-Z])\.(?=[A-Z]\.)", "", "\n".join(source.sentences)))
        parts = unicodedata.normalize("NFD", text.replace("’", "'"))
        memory["_bare"] = "".join(one for one in parts if not unicodedata.combining(one))
    return str(memory["_bare"])


def called(words: Sequence[Word], source: Source) -> bool:
    """Whether a person's names follow each other in the source with nothing but names in between.

    "Ivo Okafor" does not follow from "Ivo Marsh, Lena Okafor"; the last name first, as in `together`.
    """
    bare, plain = _bare(source), plain_names(source)
    for one, other in _pairs(words):
        first, last = _root(one), _root(other)
        forward = rf"\b(?i:{first})[\w'-]*\.?(?:{_LIST}|{_MIDDLE})[ -][\"“]?(?i:{last})"
        if re.search(forward, bare) is None and not _turned(first, last, plain):
            return False
    return True
