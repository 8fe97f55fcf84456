"""Who "he" or "it" is at the opening of a sentence, where the sentence before leaves no doubt. Pure.

Far short of coreference resolution, on purpose: a wrong name is an invention, a sentence passed over is not.
The referent must be the subject of the sentence before (the subject is what the next pronoun most often means:
Brennan, Friedman and Pollard 1987, "A Centering Approach to Pronouns"), and no one else may compete.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from briefing.engines.syntax import Parse, Token

__all__ = ["Referent", "referent"]

_SPEECH = re.compile(
    r"(?:said|says|added|adds|told|tells|wrote|writes|explained|explains|continued|insisted|noted|warned)"
)
_PERSONAL = frozenset({"he", "she"})
_MALE = frozenset({"mr", "mr.", "sir", "lord", "king", "prince", "father", "chairman", "spokesman", "businessman"})
_FEMALE = frozenset(
    {"mrs", "mrs.", "ms", "ms.", "miss", "lady", "queen", "princess", "mother", "spokeswoman", "actress"}
)
_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_SAID_HE = re.compile(rf"(?i)\b(?:he|she|it|they) {_SPEECH.pattern}\b")
_PERSON = re.compile(
    r"(?:spokesperson|(?:wo)?man|leader|minister|officer|lawyer|player|manager|teacher|driver|commissioner|lecturer|owner"
    r"|mother|father|sister|brother|daughter|wife|husband|son|boy|girl|king|queen|prince|princess|chief|mayor|judge|coach"
    r"|doctor|director|professor|senator|governor|editor|author|actor|president|student|resident|agent|lieutenant|sergeant"
    r"|scientist|analyst|journalist|activist|artist|singer|writer|reporter|prosecutor|witness|victim|suspect|captain)$"
)
LONGEST = 6
"""Words of a referent that is no name: "the foreign ministry spokesperson"."""


@dataclass(frozen=True, slots=True)
class Referent:
    """The pronoun's characters in its sentence, and what it stands for in the words of the sentence before."""

    start: int
    end: int
    name: str
    at: int
    """Where `name` begins in its sentence."""
    back: int = 1
    """How many sentences before that one is."""


def referent(before: Sequence[Parse], sentence: Parse) -> Referent | None:
    """What the pronoun that opens `sentence` stands for; None where that is not beyond doubt.

    `before`: the sentences that come directly before it, the nearest last, with kinds of names. Where the nearest one
    opens with the same pronoun, that one's referent is meant.
    """
    if not before:
        return None
    opening = before[-1].tokens[0]
    if opening.text == sentence.tokens[0].text and opening.dep in _SUBJECTS and opening.head in before[-1].roots:
        known = referent(before[:-1], before[-1]) if _asked(sentence) and not before[-1].entities("PERSON") else None
        return None if known is None or _named_again(known.name, sentence) else replace(known, back=known.back + 1)
    return _nearest(before[-1], sentence)


def _asked(sentence: Parse) -> bool:
    """Whether the sentence is a plain one whose subject is the pronoun that opens it."""
    pronoun = sentence.tokens[0]
    return (
        pronoun.dep in _SUBJECTS and sentence.roots == [pronoun.head] and pronoun.text.casefold() in {"he", "she", "it"}
    )


def _named_again(name: str, sentence: Parse) -> bool:
    """Whether the sentence names them too: in "Khan rallied. He said Khan ..." two are spoken of."""
    last = name.rsplit(maxsplit=1)[-1].casefold()
    return any(token.text.casefold() == last for token in sentence.tokens)


def _nearest(before: Parse, sentence: Parse) -> Referent | None:
    pronoun = sentence.tokens[0]
    personal = pronoun.text.casefold() in _PERSONAL
    speaks = _SPEECH.fullmatch(sentence.tokens[pronoun.head].text) is not None
    it = pronoun.text.casefold() == "it" and speaks
    if not _asked(sentence) or not (personal or it) or len(before.roots) != 1:
        return None
    subjects = [i for i in before.children(before.roots[0]) if before.tokens[i].dep in _SUBJECTS]
    if len(subjects) != 1:
        return None
    people = before.entities("PERSON")
    named = next((one for one in people if one[0] <= subjects[0] < one[1]), None)
    spoke = _SPEECH.fullmatch(before.tokens[before.roots[0]].text) is not None
    if named is not None and personal:
        begin, end = named
    elif spoke and speaks:
        # The one who spoke goes on speaking, whatever they are called.
        begin, end = _plain(before, subjects[0])
        if personal and not _may_be_person(before.tokens[subjects[0]]):
            return None
    else:
        return None
    words = {token.text.casefold() for token in before.tokens[begin:end]}
    if begin == end or not words or words & ({*_FEMALE} if pronoun.text == "He" else {*_MALE}):
        return None
    if _SAID_HE.search(before.text):
        # "Mr Hale, she said, was late. She also …": someone else was already spoken of by a pronoun.
        return None
    rivals = [one for one in people if one != (begin, end) and not _same(before, one, (begin, end))]
    if rivals and not (spoke and speaks):
        return None
    if it and named is not None:
        return None
    name = before.text[before.tokens[begin].start : before.tokens[end - 1].end]
    if _named_again(name, sentence):
        return None
    return Referent(pronoun.start, pronoun.end, name, before.tokens[begin].start)


def _plain(parse: Parse, at: int) -> tuple[int, int]:
    """First and last (excluded) token of a short subject without clauses and commas; an empty range otherwise."""
    token = parse.tokens[at]
    inner = parse.tokens[token.left : token.right + 1]
    clauses = any(one.dep in {"relcl", "appos", "acl", "conj", "cc"} or one.tag in {",", ":", "-LRB-"} for one in inner)
    named = token.tag in {"NNP", "NN"} and inner[0].tag in {"DT", "NNP"} and inner[0].text.casefold() not in {"a", "an"}
    return (token.left, token.right + 1) if named and not clauses and len(inner) <= LONGEST else (0, 0)


def _may_be_person(token: Token) -> bool:
    return _PERSON.search(token.text.casefold()) is not None if token.tag == "NN" else token.entity in {"", "PERSON"}


def _same(parse: Parse, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two names end alike: "Anna Berg" and "Berg"."""
    return parse.tokens[one[1] - 1].text.casefold() == parse.tokens[other[1] - 1].text.casefold()
