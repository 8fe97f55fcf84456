"""Who did what to whom: subject and object of the claim's verbs beside those of the same verbs in the evidence.

Dependency arcs as the unit of comparison: Goyal and Durrett 2020, "Evaluating Factuality in Generation with
Dependency-level Entailment". The passive is turned round; pronouns are not resolved and accuse nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from briefing.guard.called import plainly
from briefing.guard.case import Case, Fault
from briefing.guard.lexicon import COMMON, REPORTING, ROLES, stems
from briefing.guard.names import named_in
from briefing.guard.reading import Reading, Word
from briefing.guard.source import folded

__all__ = ["faults"]

_EQUAL = stems(
    "be become have meet marry join include say tell play face draw tie divorce date agree talk speak negotiate share trade"
)
"""Verbs that hold both ways, or whose subject says little."""
_NAMES = frozenset({"PERSON", "ORG", "GPE", "NORP", "LOC", "FAC"})


def faults(case: Case) -> Iterable[Fault]:
    """Acts that the source tells of others, or the other way round."""
    claim = case.claim
    if not claim.parsed:
        return
    for verb in claim.verbs():
        mark = claim.words[verb].stem
        if claim.in_quotation(verb):
            continue
        ours = [_phrase(claim, i) for i in claim.subjects(verb)]
        things = [_phrase(claim, i) for i in [*claim.objects(verb), *_through(claim, verb)]]
        if not ours:
            continue
        run = _run(claim, verb)
        answers = [
            "" if run and f" {run} " in f" {folded(one.text)} " else _compare(case, k, mark, ours, things)
            for k, one in enumerate(case.near)
        ]
        wrong = [one for one in answers if one]
        if wrong and not any(one == "" for one in answers):
            yield Fault("subject", wrong[0])
            return


def _run(claim: Reading, verb: int) -> str:
    """The last word of a verb's subject, and what follows up to the verb, folded: where the evidence has just that, a
    parser that takes another subject there (of a caption without a full stop, say) is wrong.
    """
    words = claim.words
    ends = [words[i].right for i in claim.subjects(verb) if words[i].right < verb]
    near = ends and verb <= ends[-1] + 3
    return folded(claim.text[words[ends[-1]].start : words[verb].end]) if near else ""


def _through(reading: Reading, verb: int) -> list[int]:
    """What a verb reaches by a preposition: "lost to B", "voted against B"."""
    return [
        j
        for i in reading.children(verb)
        if reading.words[i].dep == "prep"
        and reading.words[i].low in ("to", "against", "over", "for", "with", "from", "on", "at")
        for j in reading.children(i)
        if reading.words[j].dep == "pobj"
    ]


def _phrase(reading: Reading, head: int) -> tuple[Word, tuple[Word, ...]]:
    """A noun and the words of its phrase that tell it apart, without clauses that hang on it."""
    words = reading.words
    left, right = words[head].left, words[head].right

    def aside(i: int) -> bool:
        over = (j for j in [i, *reading.up(i)] if left <= j <= right and j != head)
        return any(words[j].dep in ("relcl", "acl", "advcl") for j in over)

    inner = [i for i in range(left, right + 1) if i == head or not aside(i)]
    own = (words[i] for i in inner if words[i].text[:1].isalnum())
    # "The US" is no pronoun.
    return words[head], tuple(
        word for word in own if word.low not in COMMON or (word.text.isupper() and len(word.text) > 1)
    )


def _meets(one: tuple[Word, tuple[Word, ...]], other: tuple[Word, tuple[Word, ...]]) -> bool:
    """Whether two phrases may mean the same: a word in common, or a pronoun, which may mean anyone."""
    if one[0].tag in ("PRP", "WP", "WDT", "DT", "EX") or other[0].tag in ("PRP", "WP", "WDT", "DT", "EX"):
        return True
    text = f" {plainly(folded(' '.join(word.text for word in other[1])))} "
    stems = {word.stem for word in other[1]}
    return any(word.stem in stems or named_in(word, text) for word in one[1])


def _name(one: tuple[Word, tuple[Word, ...]]) -> bool:
    return one[0].text[:1].isupper() and (one[0].tag.startswith("NNP") or one[0].entity in _NAMES)


def _described(one: tuple[Word, tuple[Word, ...]]) -> bool:
    """Whether somebody is told of by where they come from, or by their office: "the Frenchman", "the Prime Minister" may be
    anyone named before.
    """
    if one[0].entity == "NORP" and one[0].tag not in ("NNS", "NNPS"):
        return True
    return one[0].stem in ROLES and not any(word.entity in _NAMES for word in one[1])


def _compare(
    case: Case,
    k: int,
    mark: str,
    ours: Sequence[tuple[Word, tuple[Word, ...]]],
    things: Sequence[tuple[Word, tuple[Word, ...]]],
) -> str | None:
    """What is wrong beside one sentence; empty where that sentence bears the claim out, None where it says nothing of it."""
    sentence = case.near[k]
    answer: str | None = None
    for verb in sentence.verbs():
        if sentence.words[verb].stem != mark:
            continue
        theirs = [_phrase(sentence, i) for i in sentence.subjects(verb)]
        objects = [_phrase(sentence, i) for i in [*sentence.objects(verb), *_through(sentence, verb)]]
        if not theirs:
            continue
        if any(_meets(a, b) for a in ours for b in theirs):
            swapped = (
                things
                and objects
                and mark not in _EQUAL
                and any(_exact(a, b) for a in ours for b in objects)
                and any(_exact(a, b) for a in things for b in theirs)
            )
            if not swapped:
                return ""
        if not things and any(_meets(a, b) for a in ours for b in objects):
            # "The bill passed" of "the assembly passed the bill".
            return ""
        reversed_ = (
            things
            and mark not in _EQUAL
            and any(_exact(a, b) for a in ours for b in objects)
            and any(_exact(a, b) for a in things for b in theirs)
        )
        if reversed_:
            answer = f'who did it and to whom is turned round: the article says "{_clip(sentence, verb)}"'
            continue
        if not (any(_name(one) for one in ours) and any(_name(one) for one in theirs)):
            # "The company" may be the one named before; a country is seldom meant by what is called otherwise, unless
            # it is named near by.
            if any(_name(one) for one in ours) or any(_name(one) for one in theirs):
                if case.found.coverage[k] >= 0.45 and _stranger(case, ours, theirs):
                    who = " ".join(word.text for word in ours[0][1])
                    answer = answer or f'the article does not say this of {who}: "{_clip(sentence, verb)}"'
                    continue
                return ""
            continue
        if any(_described(one) for one in [*ours, *theirs]) or any(
            sentence.before_noun(i) for i in sentence.subjects(verb)
        ):
            continue
        # Who told one paper this may have told another that.
        others = mark in REPORTING and things and objects and not any(_meets(a, b) for a in ours for b in objects)
        shared = any(_meets(a, b) for a in things for b in objects) or (case.found.coverage[k] >= 0.6 and not others)
        if shared and (case.found.coverage[k] >= 0.45):
            who = " ".join(word.text for word in ours[0][1])
            answer = answer or f'the article does not say this of {who}: "{_clip(sentence, verb)}"'
    return answer


def _stranger(
    case: Case, ours: Sequence[tuple[Word, tuple[Word, ...]]], theirs: Sequence[tuple[Word, tuple[Word, ...]]]
) -> bool:
    """Whether the claim's subjects are countries or towns that are not named near evidence whose subjects are several
    unnamed ones.
    """
    places = [one for one in ours if _name(one) and one[0].entity in ("GPE", "NORP")]
    if len(places) < len(ours) or not all(one[0].tag == "NNS" for one in theirs):
        return False
    text = " ".join(case.source.sentences[i] for i in sorted(case.around))
    near = f" {plainly(folded(text))} "
    return not any(named_in(word, near, case.source.initials) for one in places for word in one[1])


def _exact(one: tuple[Word, tuple[Word, ...]], other: tuple[Word, tuple[Word, ...]]) -> bool:
    """Whether two phrases name the same, pronouns aside."""
    if one[0].tag.startswith("PRP") or other[0].tag.startswith("PRP"):
        return False
    return one[0].stem == other[0].stem or (_name(one) and _name(other) and _meets(one, other))


def _clip(sentence: Reading, verb: int) -> str:
    first = sentence.subjects(verb)
    start = min([verb, *first])
    words = sentence.words[start : verb + 5]
    return sentence.text[words[0].start : words[-1].end]
