"""Whether something happened, did not, or only may: negation, modality, and words that turn a claim round."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from briefing.guard.case import Case, Fault
from briefing.guard.lexicon import DENIALS, NEGATORS, OPPOSITES, REPORTING, plain, stem, stems
from briefing.guard.reading import Reading

__all__ = ["faults"]

_MODALS = frozenset({"may", "might", "could", "would", "should", "can"})
_UNSURE = stems(
    "allegedly reportedly apparently possibly probably perhaps maybe likely presumably supposedly purportedly potentially"
)
_UNSURE_NOUN = stems("alleged suspected purported accused supposed would-be possible potential apparent")
_WILLING = stems(
    "hope want wish intend plan try attempt seek threaten consider propose expect aim offer ask urge demand accuse charge suspect allege believe "
    "think fear suggest refuse fail decline order force like need"
)
"""Verbs under which what follows has not (yet) happened, or is not known to have."""
_FIXED = stems("set due scheduled expected poised plan")
_LIKELY = stems(
    "likely expected set due poised able ready eager scheduled bound suspected believed alleged accused thought"
)
_STRICT = stems(
    "deny fail refuse reject dismiss decline unable lack stop prevent avoid dispute unlikely without miss cancel block ban forbid false "
    "wrong prohibit bar never oppose impossible halt withdraw drop abandon rule keep resist defy discourage"
)
"""Words that deny what stands under them."""
_LIGHT = stems("get take make give go come keep put let see know want need")
"""Verbs so common that the same verb is no sign of the same act."""
_CONVERSE = stems(
    "buy sell lend borrow win lose give take receive teach learn import export arrive leave victory defeat loss"
)
"""Words whose opposite may tell the same from the other side."""
_GONE = re.compile(r"(?i)\b(?:is|are|was|were) no more(?=[\s]*(?:$|[.,;!?]|and\b|but\b))")
"""That somebody or something exists no longer: a denial of its own, without a verb that could be looked up."""
_POINTERS = plain(
    "before after up down over under above below inside outside more fewer less most least first last early late with without"
)
"""Words too common to mean anything unless they stand in the very place of their opposite."""


def faults(case: Case) -> Iterable[Fault]:
    """What the claim affirms and the source denies, or the other way round; what it knows and the source only supposes."""
    if not case.near:
        return
    if case.claim.parsed:
        found = next(_negation(case), None)
        if found is None:
            found = next(_modality(case), None)
    else:
        found = next(_counted(case), None)
    if found is not None:
        yield found
    yield from _direction(case)


def _predicates(claim: Reading) -> Iterable[int]:
    for i, word in enumerate(claim.words):
        if claim.in_quotation(i):
            continue
        if (word.tag[:2] == "VB" and word.dep not in ("aux", "auxpass") and word.stem not in ("be", "do", "have")) or (
            word.dep in ("attr", "acomp", "oprd") and word.content
        ):
            yield i


def _alike(case: Case, at: int) -> list[tuple[int, int]]:
    """Words of the evidence with the same stem as one of the claim: (which sentence, which word)."""
    mark = case.claim.words[at].stem
    return [
        (k, j)
        for k, one in enumerate(case.near)
        for j, word in enumerate(one.words)
        if word.stem == mark and word.tag[:2] not in ("IN", "RP", "TO")
    ]


def _denied(reading: Reading, at: int) -> bool:
    """Whether a word is negated, or stands under a verb that denies it."""
    if reading.negated(at):
        return True
    return any(reading.words[i].stem in _STRICT or reading.words[i].low in NEGATORS for i in [*reading.up(at)][:4])


def _anywhere(reading: Reading, quotations: bool = True) -> bool:
    """Whether any word of a sentence can deny something."""
    return any(
        (word.low in NEGATORS and not (word.low == "not" and _follows(reading, i, "only")))
        or word.stem in DENIALS
        or (word.low.startswith(("un", "non")) and len(word.low) > 5 and word.tag[:2] in ("JJ", "RB"))
        for i, word in enumerate(reading.words)
        if quotations or not reading.in_quotation(i)
    )


def _follows(reading: Reading, at: int, low: str) -> bool:
    return at + 1 < len(reading.words) and reading.words[at + 1].low == low


def _negation(case: Case) -> Iterator[Fault]:
    claim = case.claim
    gone = _GONE.search(claim.text)
    if gone and " no more " not in case.source.plain:
        yield Fault("negation", f'"{gone.group()}" is said, and the article does not say it')
        return
    for i in _predicates(claim):
        word = claim.words[i]
        alike = _alike(case, i)
        if claim.negated(i):
            if word.stem in REPORTING:
                if any(_says_not(one) for one in case.near):
                    continue
                alike = []
            if any(_denied(case.near[k], j) for k, j in alike):
                continue
            if alike and _near_negator(case, alike):
                continue
            if alike and word.stem in _LIGHT and any(_anywhere(one) for one in case.near) and not case.close:
                continue
            if alike and all(_share(case, k) < 0.35 for k, _ in alike) and any(_anywhere(one) for one in case.near):
                continue
            if not alike and any(_anywhere(one) for one in case.near) and not (case.close and _inserted(case)):
                continue
            yield Fault("negation", f'"{_phrase(claim, i)}" is denied, and the article does not deny it')
            return
        if word.stem in REPORTING:
            continue
        if (
            alike
            and not _anywhere_in_claim(claim)
            and all(case.near[k].negated(j) and not case.near[k].in_quotation(j) for k, j in alike)
        ):
            k, j = alike[0]
            if _share(case, k) >= 0.3 and word.stem not in _LIGHT and not word.stem.startswith("un"):
                yield Fault(
                    "negation", f'"{word.text}" is told as so, and the article denies it: "{_phrase(case.near[k], j)}"'
                )
                return
    if case.close:
        # A "not" that only the claim has, or only the sentence it retells.
        if _inserted(case):
            yield Fault("negation", "the claim denies what the article says")
        elif _left_out(case):
            yield Fault("negation", "the claim says what the article denies")


def _says_not(reading: Reading) -> bool:
    """Whether a sentence tells that somebody does not say or think something."""
    return (
        any(word.stem in REPORTING and reading.negated(i) for i, word in enumerate(reading.words))
        or "no" in reading.stems
    )


def _anywhere_in_claim(claim: Reading) -> bool:
    return any(word.low in NEGATORS or word.stem in _STRICT for word in claim.words)


def _near_negator(case: Case, alike: list[tuple[int, int]]) -> bool:
    """Whether a negation stands close to one of these words, whatever the parser makes of it."""
    return any(
        word.low in NEGATORS or word.stem in _STRICT
        for k, j in alike
        for word in case.near[k].words[max(0, j - 3) : j + 2]
    )


def _share(case: Case, k: int) -> float:
    return case.found.coverage[k]


def _phrase(reading: Reading, at: int) -> str:
    words = [word for word in reading.words[max(0, at - 3) : at + 3] if word.text[:1].isalnum() or word.low in NEGATORS]
    return reading.text[words[0].start : words[-1].end] if words else reading.words[at].text


def _inserted(case: Case) -> bool:
    """Whether the claim has a negation between words that in the sentence it retells follow each other."""
    best, match = case.near[case.closest], case.matches[case.closest]
    for a, b, c, d in match.gaps:
        mine = [case.claim.words[i] for i in range(a, b)]
        theirs = [best.words[i] for i in range(c, d)]
        # A "not" alone was put in, however much of the sentence was left out beside it.
        alone = bool(mine) and all(word.low in NEGATORS for word in mine)
        denies = alone or (any(word.low in NEGATORS for word in mine) and len(mine) <= 6 and len(theirs) <= 6)
        if denies and not any(word.low in NEGATORS or word.stem in _STRICT for word in theirs):
            return True
    return False


def _left_out(case: Case) -> bool:
    best, match = case.near[case.closest], case.matches[case.closest]
    for a, b, c, d in match.gaps:
        mine = [case.claim.words[i] for i in range(a, b)]
        theirs = [best.words[i] for i in range(c, d)]
        if (
            any(word.low in NEGATORS for word in theirs)
            and len(theirs) <= 3
            and not any(word.low in NEGATORS or word.stem in DENIALS for word in mine)
            # Between two words of the claim: a "not" at the end of the sentence was left out with its clause.
            and 0 < a < len(case.claim.words)
        ):
            return True
    return False


def _counted(case: Case) -> Iterator[Fault]:
    """Without grammar: a "not" more or less than in the sentence the claim retells."""
    if case.close:
        if _inserted(case):
            yield Fault("negation", "the claim denies what the article says")
        elif _left_out(case):
            yield Fault("negation", "the claim says what the article denies")


def _hedged(reading: Reading, at: int) -> str:
    """The word that makes this one only possible, planned or alleged; empty where nothing does."""
    words = reading.words
    for i in reading.children(at):
        if words[i].dep == "aux" and words[i].low in ("may", "might", "could"):
            return words[i].text
        if words[i].stem in _UNSURE or (words[i].dep == "amod" and words[i].stem in _UNSURE_NOUN):
            return words[i].text
    below = at
    for i in reading.up(at):
        dep = words[below].dep
        if dep in ("xcomp", "pcomp", "prep") and (words[i].stem in _WILLING or words[i].stem in _LIKELY):
            return words[i].text
        if dep in ("xcomp", "acomp", "attr", "ccomp") and any(
            words[c].low in ("may", "might", "could") or words[c].stem in _UNSURE
            for c in reading.children(i)
            if words[c].dep in ("aux", "advmod")
        ):
            return next(
                words[c].text
                for c in reading.children(i)
                if words[c].low in ("may", "might", "could") or words[c].stem in _UNSURE
            )
        if dep not in ("xcomp", "pcomp", "prep", "acomp", "attr", "conj", "pobj", "dobj", "oprd"):
            break
        if dep == "advcl" or any(words[c].low in ("if", "whether", "unless") for c in reading.children(below)):
            break
        below = i
    return ""


_SOFT = stems("may might could would should can if whether unless possible possibly potential potentially likely probably perhaps maybe allege alleged allegedly reportedly "
    "apparently suspect suspected accuse accused seem appear expect plan hope want intend believe think try attempt seek threaten consider propose fear risk "
    "chance would-be set due aim question doubt charge claim suggest say estimate") | _WILLING | _LIKELY  # fmt: skip


def _modality(case: Case) -> Iterator[Fault]:
    claim = case.claim
    soft = [word for word in claim.words if word.low in _MODALS or word.stem in _SOFT]
    for i in _predicates(claim):
        alike = [(k, j) for k, j in _alike(case, i) if not case.near[k].in_quotation(j)]
        if not alike or soft or claim.words[i].stem in REPORTING:
            continue
        hedges = [_hedged(case.near[k], j) for k, j in alike]
        if claim.words[i].tag in ("VBP", "VBZ") and any(stem(one) in _FIXED for one in hedges):
            # "The season begins on Monday" of one that is set to begin then.
            continue
        k, j = alike[0]
        if all(hedges) and (_share(case, k) >= 0.55 or case.matches[k].share >= 0.5):
            yield Fault(
                "attribution",
                f'"{claim.words[i].text}" is told as a fact, and the article says "{_phrase(case.near[k], j)}"',
            )
            return
    if case.close:
        best, match = case.near[case.closest], case.matches[case.closest]
        for a, b, c, d in match.gaps:
            left = [best.words[i] for i in range(c, d)]
            mine = [claim.words[i] for i in range(a, b)]
            unsure = next(
                (
                    word
                    for word in left
                    if word.stem in _UNSURE
                    or word.stem in _UNSURE_NOUN
                    or word.low in ("may", "might", "could")
                    or (mine and (word.stem in _LIKELY or word.stem in _WILLING))
                ),
                None,
            )
            if (
                unsure is None
                or len(left) > (4 if mine else 2)
                or any(word.stem in _SOFT or word.low in _MODALS for word in mine)
            ):
                continue
            if 0 < a <= len(claim.words) and not case.source.said(claim.text):
                yield Fault("attribution", f'"{unsure.text}" is left out')
                return


def _direction(case: Case) -> Iterable[Fault]:
    claim, source = case.claim, case.source
    for i, word in enumerate(claim.words):
        others = OPPOSITES.get(word.stem)
        if not others:
            continue
        if claim.in_quotation(i) or word.entity in ("PERSON", "ORG", "GPE", "FAC", "WORK_OF_ART"):
            continue
        for k, sentence in enumerate(case.near):
            match = case.matches[k]
            opposite = next((j for j, other in enumerate(sentence.words) if other.stem in others), None)
            if opposite is None:
                continue
            there = sum(other.stem == word.stem for other in sentence.words)
            here = sum(other.stem == word.stem for other in claim.words)
            opposed = {other.stem for other in sentence.words if other.stem in others}
            replaced = any(
                a <= i < b and any(sentence.words[j].stem in others for j in range(c, d)) and b - a <= 4 and d - c <= 5
                for a, b, c, d in match.gaps
            )
            # One word for one: then it may stand elsewhere in the sentence, too.
            tight = any(
                (a, b) == (i, i + 1) and d == c + 1 and sentence.words[c].stem in others for a, b, c, d in match.gaps
            )
            if (
                replaced
                and match.share >= 0.4
                and (tight or there < here or not there)
                and not _said_elsewhere(case, i, k)
                and not _other_side(claim, i, sentence, opposite)
            ):
                yield _turned(word.text, sentence, opposed)
                return
            if word.low in ("before", "after") and word.stem not in case.stems and match.share >= 0.4:
                yield _turned(word.text, sentence, opposed)
                return
            if word.low in _POINTERS and not there and _same_thing(claim, i, sentence, opposite):
                yield _turned(word.text, sentence, opposed)
                return
            if there or word.low in _POINTERS or any(one.stem in opposed for one in claim.words):
                continue
            # What does not rise may fall: a negated word turns nothing round.
            if (
                (claim.negated(i) and word.tag[:2] == "VB")
                or word.stem in _CONVERSE
                or word.stem in case.stems
                or case.found.coverage[k] < (0.5 if word.stem in source.known else 0.35)
            ):
                continue
            if word.stem not in source.known or match.share >= 0.6:
                yield _turned(word.text, sentence, opposed)
                return


def _said_elsewhere(case: Case, at: int, but: int) -> bool:
    """Whether another sentence of the evidence has this word where the claim has it."""
    return any(
        k != but and match.share >= case.matches[but].share and any(i == at for i, _ in match.pairs)
        for k, match in enumerate(case.matches)
    )


def _other_side(claim: Reading, at: int, sentence: Reading, opposite: int) -> bool:
    """Whether the claim tells it of whom the sentence has on the other side: who won, where it says who lost to them."""
    if claim.words[at].stem not in _CONVERSE:
        return False
    ours = {claim.words[i].stem for i in claim.subjects(at)}
    theirs = {sentence.words[i].stem for i in sentence.subjects(opposite)}
    return bool(ours) and bool(theirs) and not ours & theirs and ours <= sentence.stems


def _same_thing(claim: Reading, at: int, sentence: Reading, opposite: int) -> bool:
    """Whether two opposite words are said of the same: "after a fight" and "before the fight"."""
    if claim.words[at].tag[:2] != sentence.words[opposite].tag[:2]:
        return False
    ours = next((word.stem for word in claim.words[at + 1 : at + 5] if word.content), "")
    theirs = next((word.stem for word in sentence.words[opposite + 1 : opposite + 5] if word.content), "-")
    return ours == theirs


def _turned(text: str, sentence: Reading, opposed: set[str]) -> Fault:
    other = next(word.text for word in sentence.words if word.stem in opposed)
    return Fault("direction", f'"{text}" where the article says "{other}"')
