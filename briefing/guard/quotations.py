"""Quotations: word for word as they stand in the source, quoted there too, and said by the one who is named."""

from __future__ import annotations

import re
from collections.abc import Iterable

from briefing.guard.attribution import Speaker, speakers
from briefing.guard.called import plainly
from briefing.guard.case import Case, Fault
from briefing.guard.names import named_in
from briefing.guard.source import folded

__all__ = ["faults", "quotations"]

_QUOTED = re.compile(r"[\"“„]([^\"“”„]+)(?:[\"”]|$)|(?<!\w)['‘]((?=\S)[^'‘’\"]{3,}(?:['’]\w[^'‘’\"]*)*)['’](?!\w)")
_MARKS = re.compile(r"[\"“”„]|(?<!\w)['‘]|['’](?!\w)")
_GAPS = re.compile(r"\.\.\.|…|\[[^\]]*\]|\([^)]*\)| -- | – | — ")
FEW = 4
"""Words from which on a quotation must stand between marks in the source too; fewer may be a title or a nickname."""


def quotations(text: str) -> list[tuple[str, int, int]]:
    """What stands between quotation marks, with its characters.

    >>> [one[0] for one in quotations('He called it "a gift" and left.')]
    ['a gift']
    """
    found = []
    for match in _QUOTED.finditer(text):
        group = 1 if match.group(1) is not None else 2
        found.append((match.group(group), match.start(group), match.end(group)))
    return found


def faults(case: Case) -> Iterable[Fault]:
    """Quotations that are not the source's, or are another's."""
    own = quotations(case.claim.text)
    if not own:
        return
    source = case.source
    said_by = [one for one in speakers(case.claim) if not case.claim.in_quotation(one.at)]
    for text, start, end in own:
        pieces = [folded(piece) for piece in _GAPS.split(text)]
        pieces = [piece for piece in pieces if piece]
        wrong = next((piece for piece in pieces if f" {piece} " not in source.plain), None)
        if wrong is not None:
            yield Fault("quotation", f'the quotation "{text}" does not stand in the article word for word')
            continue
        if not pieces:
            continue
        longest = max(pieces, key=len)
        places = [i for i, one in enumerate(source.sentences) if f" {longest} " in f" {folded(one)} "]
        if not places:
            # It runs over the end of a sentence.
            head = " ".join(longest.split()[:4])
            places = [i for i, one in enumerate(source.sentences) if f" {head} " in f" {folded(one)} "]
        # A figure is no title and no nickname.
        long = len(longest.split()) >= FEW or any(char.isdigit() for char in text)
        if long and places and not any(_marked(case, i, longest) for i in places):
            yield Fault("quotation", f'"{text}" is no quotation in the article')
            continue
        if places and len(text.split()) >= 2:
            yield from _speaker(case, text, start, end, places, said_by)


def _marked(case: Case, at: int, piece: str) -> bool:
    """Whether words stand between quotation marks in the source: a mark in their sentence, or one left open before it."""
    sentences = case.source.sentences
    if _MARKS.search(sentences[at]):
        return True
    if f" {piece} " not in f" {folded(sentences[at])} ":
        # Over the end of a sentence.
        return any(_MARKS.search(one) for one in sentences[at : at + 3])
    for before in reversed(sentences[max(0, at - 6) : at]):
        marks = list(re.finditer(r"[\"“”„]|(?<!\w)['‘](?=\w)|(?<=[\w.,!?])['’](?!\w)", before))
        if marks:
            last = marks[-1]
            # An opening mark stands before a word, a closing one behind it.
            return last.group() in "“„‘" or before[last.end() : last.end() + 1].isalnum()
    return False


def _speaker(case: Case, text: str, start: int, end: int, places: list[int], said_by: list[Speaker]) -> Iterable[Fault]:
    """Whether the one the claim gives a quotation to is named where the source has it."""
    named = [one for one in said_by if one.names]
    if not named:
        return
    claim = case.claim
    nearest = min(
        named, key=lambda one: min(abs(claim.words[one.at].start - end), abs(claim.words[one.at].end - start))
    )
    words = [claim.words[i] for i in nearest.names]
    source = case.source
    rival = ""
    for at in places:
        (there,) = source.readings([at])
        outside = " ".join(
            re.sub(r"[\"“][^\"”]*(?:[\"”]|$)", " ", one) for one in source.sentences[max(0, at - 3) : at + 3]
        )
        window = f" {plainly(folded(outside))} "
        own = [one for one in speakers(there) if not there.in_quotation(one.at)]
        other = [one for one in own if one.names]
        if other and not any(_same(there, one, nearest, case) for one in other):
            rival = " ".join(there.words[i].text for i in other[0].names)
            continue
        if any(named_in(word, window) for word in words[-1:]) or any(
            named_in(word, window) for word in words if len(word.low) > 3
        ):
            return
    who = " ".join(word.text for word in words)
    yield Fault("quotation", f'"{text}" was not said by {who}' + (f" but by {rival}" if rival else ""))


def _same(there: object, one: Speaker, other: Speaker, case: Case) -> bool:
    text = f" {plainly(folded(' '.join(one.words)))} "
    return any(named_in(case.claim.words[i], text) for i in other.names)
