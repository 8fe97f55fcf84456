"""Numbers: the same quantity in the source, in the same unit, of the same thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from briefing.guard.case import Case, Fault
from briefing.guard.lexicon import stems
from briefing.guard.quantities import LENGTHS, Quantity, numbered, quantities, same

__all__ = ["faults"]

_PAIR = re.compile(r"(?i)\b(?:twice|both|couple|pair|double|twins?|brace|duo)\b")
_FATES = (
    stems("die kill dead death murder fatal slay execute"),
    stems("hurt injure injury wound"),
    stems("arrest detain jail imprison"),
    stems("miss missing disappear"),
    stems("rescue save survive survivor"),
)
"""What became of people; who died is not who was hurt."""


MOST = 0.5
"""Share of a claim's words that a sentence has which says most of it."""


def faults(case: Case) -> Iterable[Fault]:
    """Numbers the source does not have, or has of something else."""
    ours = quantities(case.claim.text)
    digits = re.findall(r"\d+\w*", case.source.plain)
    for name in numbered(case.claim.text):
        if name not in digits and name.rstrip("abcdefghijklmnopqrstuvwxyz") not in digits:
            yield Fault("number", f'"{name}" does not stand in the article')
    if not ours:
        return
    theirs = [(i, q) for i, text in enumerate(case.source.sentences) for q in _cached(case, i, text)]
    for one in ours:
        if one.value == 1 and one.spelled:
            continue
        equal = [(i, other) for i, other in theirs if same(one, other)]
        if not equal and _apart(one, case):
            continue
        rival = _rival(one, ours, case)
        if not equal:
            if one.value == 2 and _PAIR.search(" ".join(sentence.text for sentence in case.near)):
                continue
            if (
                one.spelled
                and one.kind == "plain"
                and one.value <= 10
                and rival is None
                and not case.close
                and one.value <= _counted(case)
            ):
                # "Three men" may be a count of what the source names one by one.
                continue
            if one.spelled and one.kind in ("ordinal", "vague") and rival is None and not case.close:
                continue
            yield Fault(
                "number",
                f'"{_shown(one)}" does not stand in the article' + (f', which says "{_shown(rival)}"' if rival else ""),
            )
            continue
        fitting = [(i, other) for i, other in equal if _fits(one, other, i in case.found.order)]
        if not fitting:
            yield Fault(
                "number",
                f'"{_shown(one, True)}": the article has this number of something else, "{_shown(equal[0][1], True)}"',
            )
        elif (twin := _twin(one, equal, theirs)) is not None:
            yield Fault("number", f'"{one.text}": the article says "{twin.text}" of this')
        elif (
            not any(i in case.found.order for i, _ in fitting)
            and rival is not None
            and not _near_by(one, fitting, case)
        ) or (
            rival is not None
            and case.close
            and _aligned_anywhere(one, rival, case)
            and not _evident(one, fitting, case)
        ):
            yield Fault("number", f'"{_shown(one, True)}": the sentence it rests on says "{_shown(rival, True)}"')
        fates = _fate(one)
        if (
            fates
            and fitting
            and all((other_fates := _fate(other)) and not (fates & other_fates) for _, other in fitting)
        ):
            yield Fault("number", f'"{_shown(one, True)}": the article tells this number of another fate')


def _twin(
    one: Quantity, equal: Sequence[tuple[int, Quantity]], theirs: Sequence[tuple[int, Quantity]]
) -> Quantity | None:
    """The number the source has of just this, where it never has the claim's: "four Chinese firms", "three Chinese firms"."""
    thing = one.nouns[:2]
    # "105 workers" elsewhere are the "105 night workers" of the claim.
    own = any(other.nouns[:2] == thing or other.nouns[:1] == thing[-1:] for _, other in equal)
    if one.kind != "plain" or len(thing) < 2 or own:
        return None
    return next((other for _, other in theirs if other.kind == "plain" and other.nouns[:2] == thing), None)


_CACHE = "_quantities"


def _apart(one: Quantity, case: Case) -> bool:
    """Whether the source has the number in two pieces, as print that was taken apart does: "98. 7 per cent", "3, 800 km"."""
    pieces = re.match(r"\D?\d+(?:[.,]\d+)+", one.text)
    if pieces is None:
        return False
    spaced = re.escape(re.sub(r"([.,])", r"\1 ", pieces.group()))
    return bool(re.search(rf"(?<![\d.,]){spaced}(?!\d)", case.source.text))


def _evident(one: Quantity, fitting: Sequence[tuple[int, Quantity]], case: Case) -> bool:
    """Whether another sentence that says most of the claim has the number, and of the same thing."""
    telling = {i for k, i in enumerate(case.found.order) if k != case.closest and case.found.coverage[k] >= MOST}
    return any(i in telling and {*one.nouns[:2]} & {*other.nouns[:2]} for i, other in fitting)


def _cached(case: Case, at: int, text: str) -> Sequence[Quantity]:
    memory: dict[int, list[Quantity]] = case.source.__dict__.setdefault(_CACHE, {})
    if at not in memory:
        memory[at] = quantities(text)
    return memory[at]


def _counted(case: Case) -> int:
    """How many things the evidence may list."""
    return max((text.count(",") + text.count(" and ") + 1 for text in (one.text for one in case.near)), default=1) + 1


def _shown(one: Quantity, with_noun: bool = False) -> str:
    return f"{one.text} {' '.join(one.nouns[:1])}".strip() if with_noun and one.kind == "plain" else one.text


def _fits(one: Quantity, other: Quantity, evident: bool) -> bool:
    """Whether two equal numbers may be of one thing."""
    if one.kind.startswith("money") or one.kind in ("score", "percent"):
        return True
    unit, other_unit = (next((word for word in q.nouns[:2] if word in LENGTHS), "") for q in (one, other))
    if unit != other_unit and (unit or other_unit) and one.nouns and other.nouns:
        return False
    if evident:
        return True
    shared = (one.near & other.near) | ({*one.nouns} & {*other.nouns})
    # "3,000 people" may be told of 3,000 soldiers.
    return bool(shared) or not one.nouns or one.nouns[0] == "person"


def _rival(one: Quantity, ours: Sequence[Quantity], case: Case) -> Quantity | None:
    """The number that stands in the evidence where the claim has another: of the same thing, and not in the claim."""
    best: tuple[float, Quantity | None] = (0.0, None)
    for k, i in enumerate(case.found.order):
        if case.close and k != case.closest:
            continue
        for other in _cached(case, i, case.source.sentences[i]):
            if any(same(mine, other) or same(other, mine) for mine in ours if mine is not one) or same(one, other):
                continue
            if (
                other.kind.split()[0] != one.kind.split()[0]
                and {other.kind.split()[0], one.kind.split()[0]} != {"plain", "vague"}
                and not _aligned(one, other, case, k)
            ):
                continue
            noun = bool({*one.nouns[:2]} & {*other.nouns[:2]})
            score = 1.0 * noun + 0.15 * len(one.near & other.near) + 2.0 * _aligned(one, other, case, k)
            if score > max(best[0], 0.9):
                best = (score, other)
    return best[1]


def _aligned(one: Quantity, other: Quantity, case: Case, k: int) -> bool:
    """Whether the one stands where the other does, between words that are the same."""
    claim, sentence = case.claim, case.near[k]
    for a, b, c, d in case.matches[k].gaps:
        if (
            a < b
            and c < d
            and b - a <= 4
            and d - c <= 5
            and (
                claim.words[a].start <= one.start < claim.words[b - 1].end
                and sentence.words[c].start <= other.start < sentence.words[d - 1].end
            )
        ):
            return True
    return False


def _aligned_anywhere(one: Quantity, other: Quantity, case: Case) -> bool:
    """Whether the number stands in the other's place in the sentence the claim retells."""
    return _aligned(one, other, case, case.closest)


def _near_by(one: Quantity, fitting: Sequence[tuple[int, Quantity]], case: Case) -> bool:
    """Whether the number stands near the evidence, of the same thing, or in a sentence with several of the claim's words."""
    return not case.close and any(
        {*one.nouns[:2]} & {*other.nouns[:2]}
        and (i in case.around or len(case.source.stems[i] & case.claim.content) >= 3)
        for i, other in fitting
    )


def _fate(one: Quantity) -> frozenset[int]:
    """What became of those counted: the fate told nearest to the number."""
    for word in one.around:
        found = frozenset(k for k, fate in enumerate(_FATES) if word in fate)
        if found:
            return found
    return frozenset()
