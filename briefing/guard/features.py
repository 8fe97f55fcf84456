"""What is counted of a claim for the trained score, beside the faults the checks found.

Numbers only: each says how far a claim goes beyond what its source says, or how its parts are put together. A check must
be sure to stop a claim, and many a sign of an error is not: a verb the article nowhere denies, a name far from what is
said of it. Weighed together they tell more than any alone (`score.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from briefing.guard.case import KINDS, Case, Fault
from briefing.guard.lexicon import DENIALS, NEGATORS, OPPOSITES
from briefing.guard.reading import Reading, Word, name_words
from briefing.guard.source import Source, grams

__all__ = ["counted"]

GRAMS = (2, 3, 4)
"""Lengths of the runs of words that are looked for in the source."""
BEFORE, AFTER = 4, 2
"""How many words before and after a verb a negation may stand."""
_NAMES = frozenset({"PERSON", "ORG", "GPE", "NORP", "LOC", "FAC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW"})


def counted(case: Case, faults: Sequence[Fault]) -> dict[str, float]:
    """All features of a claim: faults by kind, words and runs of words that are shared, arcs, names, denials, opposites.

    Shares lie between 0 and 1; what there is nothing of counts as whole (no names: every name fits).
    """
    claim, found = case.claim, case.found
    unknown = [stem for stem in claim.content if stem not in case.source.known]
    out = {f"fault_{kind}": float(sum(fault.kind == kind for fault in faults)) for kind in KINDS}
    out |= {
        "best": found.coverage[0] if found.coverage else 0.0,
        "together": found.together,
        "cosine": found.cosine,
        "in_order": case.matches[case.closest].share if case.near else 0.0,
        "verbatim": float(case.verbatim),
        "unknown": len(unknown) / max(1, len(claim.content)),
        "unknown_count": float(len(unknown)),
        "length": float(len(claim.content)),
        "capitals": float(sum(word.text[:1].isupper() for word in claim.words[1:])),
        "figures": float(sum(word.text[:1].isdigit() for word in claim.words)),
    }
    for length in GRAMS:
        own = grams(claim.text, length)
        out[f"said_{length}"] = sum(one in case.source.grams(length) for one in own) / max(1, len(own))
    return out | _unknown(case) | _arcs(case) | _names(claim, case.source) | _denials(case) | _opposites(case)


def _unknown(case: Case) -> dict[str, float]:
    """What kinds of words the source does not have: a strange name or figure is an invention more often than a strange verb."""
    words = [word for word in case.claim.words if word.content]
    strange = [word for word in words if not case.source.known.issuperset(word.parts)]
    marks = [word for word in strange if word.entity or word.tag.startswith("NNP")]
    figures = [
        word for word in strange if (word.entity and not _named(word)) or any(letter.isdigit() for letter in word.text)
    ]
    nouns = [word for word in strange if word.tag in ("NN", "NNS")]
    verbs = [word for word in strange if word.tag.startswith("VB")]
    modifiers = [word for word in strange if word.tag.startswith(("JJ", "RB"))]
    whole = max(1, len(words))
    return {
        "unknown_marks": len(marks) / whole,
        "unknown_marks_count": float(len(marks)),
        "unknown_figures_count": float(len(figures)),
        "unknown_nouns": len(nouns) / whole,
        "unknown_verbs": len(verbs) / whole,
        "unknown_modifiers": len(modifiers) / whole,
        # What other sentences have to add to the best one.
        "merged": case.found.together - (case.found.coverage[0] if case.found.coverage else 0.0),
    }


def _named(word: Word) -> bool:
    named = word.tag.startswith("NNP") or word.entity in _NAMES
    return named and not any(letter.isdigit() for letter in word.text)


def _arcs(case: Case) -> dict[str, float]:
    """Whether words that belong together in the claim do so in the evidence, or at least stand near in the source.

    Dependency arcs as the unit: Goyal and Durrett 2020, "Evaluating Factuality in Generation with Dependency-level
    Entailment".
    """
    words = case.claim.words
    arcs = [(words[a].stem, words[b].stem) for a, b in case.claim.arcs]
    there = {(one.words[a].stem, one.words[b].stem) for one in case.near for a, b in one.arcs}
    missing = sum((a, b) not in there and (b, a) not in there for a, b in arcs)
    places = case.source.places
    apart = [min(abs(i - j) for i in places[a] for j in places[b]) for a, b in arcs if a in places and b in places]
    return {
        "arcs": 1 - missing / max(1, len(arcs)),
        "arcs_missing": float(missing),
        # Of arcs both of whose words the source has: in no sentence together, and not in neighbours either.
        "apart": sum(one > 0 for one in apart) / max(1, len(apart)),
        "far": sum(one > 1 for one in apart) / max(1, len(apart)),
    }


def _names(claim: Reading, source: Source) -> dict[str, float]:
    """How much of the rest of the claim stands where the source has its names; of the name where least does."""
    near, beside, of_best = 1.0, 1.0, 1.0
    for place in claim.names:
        name = name_words(claim, place)
        own = {word.stem for word in name}
        rest = {stem for stem in claim.content if stem not in own and stem in source.known}
        whole = sum(source.weight(stem) for stem in rest)
        if not name or not whole:
            continue
        # A person is called by the last name later on.
        at = source.places.get(name[-1].stem) or source.places.get(name[0].stem) or ()
        shares = [sum(source.weight(stem) for stem in rest & around) / whole for around in source.neighbourhoods]
        here = max((shares[i] for i in at), default=0.0)
        alone = max((sum(source.weight(stem) for stem in rest & source.stems[i]) / whole for i in at), default=0.0)
        near, beside = min(near, here), min(beside, alone)
        of_best = min(of_best, here / max(shares) if max(shares) else 1.0)
    return {"name_near": near, "name_beside": beside, "name_at_best": of_best}


def _denials(case: Case) -> dict[str, float]:
    """Negations that only the claim has, or only its evidence."""
    claim, near = case.claim, case.near
    denies = any(word.low in NEGATORS for word in claim.words)
    best = near[case.closest] if near else None
    added, removed = 0, 0
    for i, word in enumerate(claim.words):
        if word.tag[:2] != "VB" or not word.content:
            continue
        alike = [
            any(other.low in NEGATORS for other in one.words[max(0, j - BEFORE) : j + AFTER + 1])
            for one in near
            for j, same in enumerate(one.words)
            if same.stem == word.stem
        ]
        if alike and claim.negated(i):
            added += not any(alike)
        elif alike:
            removed += all(alike)
    return {
        "denies_alone": float(denies and not any(_denying(one) for one in near)),
        "denies_beside": float(denies and not (best is not None and _denying(best))),
        "affirms_beside": float(not denies and best is not None and any(word.low in NEGATORS for word in best.words)),
        "verbs_denied": float(added),
        "verbs_affirmed": float(removed),
    }


def _denying(reading: Reading) -> bool:
    return any(word.low in NEGATORS or word.stem in DENIALS for word in reading.words)


def _opposites(case: Case) -> dict[str, float]:
    """Words of the claim whose opposite the evidence has, and not them; and those the whole source does not have."""
    turned = [
        word.stem
        for word in case.claim.words
        if word.stem not in case.stems and not case.stems.isdisjoint(OPPOSITES.get(word.stem, ()))
    ]
    return {
        "opposites": float(len(turned)),
        "opposites_unknown": float(sum(stem not in case.source.known for stem in turned)),
    }
