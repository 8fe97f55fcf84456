"""Whether a sentence can be told by itself, and what speaks against one."""

from __future__ import annotations

import re

from briefing.text import quotes_closed

__all__ = ["follows_on", "penalty", "stands_alone"]

_OPENS_WITH_CONNECTIVE = 0.25
_OPENS_WITH_PRONOUN = 1.0
"""A bullet stands alone: "He said …" would be read of whoever the bullet above names. As good as excluded."""

_OPEN_QUOTE = 0.3
_QUESTION = 0.2
_TOO_SHORT, _SHORT_WORDS = 0.3, 11
_TOO_LONG, _LONG_WORDS = 0.3, 45
_STARTS_QUOTED = 0.1
_UNATTRIBUTED = 1.0
"""A quotation and nothing else: without its speaker it would be the article's own claim."""

_UNFIT = 1.0
"""A sentence with such a penalty does not stand alone as a bullet."""

_PRONOUN = re.compile(
    r"(?i)[\"“]?(?:(?:but|and|so|or|then|yet|however|also|meanwhile),? )?"
    r"(he|she|it|they|that|these|those|his|her|hers|their|theirs|its|such|him|them|which|whose|whom"
    # "This week" and "the former mayor" stand alone.
    r"|this(?! (?:week|month|year|morning|afternoon|evening|weekend|spring|summer|autumn|winter|season)\b)"
    r"|the (?:statement|two|pair|move|latter|former(?=,? (?:is|was|has|had|said|says|will|would)\b)))\b"
)
_SUCH = re.compile(r"(?i)\b(?:of|any|no|for|about) such\b(?! as\b)")
"""What "such a theft" is, only the sentence before tells."""

_SAID_BY_PRONOUN = re.compile(
    r"(?i)(?<=[\"”, ])\b(?:he|she|they|it)\s+(?:said|says|added|adds|told|tells|wrote|explained|continued|insisted)\b"
)
_ONLY_QUOTED = re.compile(r"[\"“„«][^\"”»]*[\"”»]\W*|[\"“„«][^\"“”»]*")
_CONNECTIVE = re.compile(r"(?i)[\"“]?(but|and|so|we|i|you|there|however|also|then|meanwhile|yet|or|our|my)\b")


def stands_alone(text: str) -> bool:
    """Whether a bullet can be understood by itself."""
    return penalty(text) < _UNFIT and not _nameless(text) and not _SUCH.search(text)


def follows_on(text: str) -> bool:
    """Whether a sentence can be understood right after the one before it, but not alone.

    >>> follows_on("He was released on Friday."), follows_on("The mayor resigned on Friday.")
    (True, False)
    """
    return not stands_alone(text) and not text.rstrip('"”’»)]').endswith("?") and not _ONLY_QUOTED.fullmatch(text)


def _nameless(text: str) -> bool:
    """Whether a claim is attributed to a pronoun that nothing before it in the bullet explains."""
    match = _SAID_BY_PRONOUN.search(text)
    if match is None:
        return False
    before = re.sub(r"[\"“][^\"”]*[\"”]?", " ", text[: match.start()])
    return not re.search(r"(?<=[\w,] )[A-Z]\w+|\b(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Tt]heir) \w+", before)


def penalty(text: str) -> float:
    """What a sentence loses in the plain ranking; from 1 on it does not stand alone."""
    length = len(text.split())
    bare = text.rstrip('"”’»)]')
    return (
        (_OPENS_WITH_PRONOUN if _PRONOUN.match(text) else _OPENS_WITH_CONNECTIVE if _CONNECTIVE.match(text) else 0.0)
        + (0.0 if quotes_closed(text) else _OPEN_QUOTE)
        + (_QUESTION if bare.endswith("?") else 0.0)
        + (_TOO_SHORT if length < _SHORT_WORDS else 0.0)
        + (_TOO_LONG if length > _LONG_WORDS else 0.0)
        + (_UNATTRIBUTED if _ONLY_QUOTED.fullmatch(text) else 0.0)
        + (_STARTS_QUOTED if text[:1] in '"“«„‘' else 0.0)
    )
