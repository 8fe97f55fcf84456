"""Attribution: what somebody said is not told as a fact, nor as said by somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from briefing.guard.called import plainly
from briefing.guard.case import Case, Fault
from briefing.guard.lexicon import CONTESTED, REPORTING, ROLES, stem, stems
from briefing.guard.names import named_in
from briefing.guard.reading import Reading
from briefing.guard.source import folded

__all__ = ["Speaker", "faults", "reports", "speakers"]

_OFFICIAL = stems(
    "police officer sheriff authority authorities official officials department ministry government court prosecutor prosecutors agency "
    "army military firefighter firefighters coroner hospital company airline spokesman spokeswoman spokesperson commission council office "
    "service bureau federation club university school nasa cdc fbi pentagon statement investigator investigators study report data record "
    "records document documents agency centre center administration team organizer organizers organiser network publisher"
)
"""Speakers who report what they are responsible for."""
_HEDGED = re.compile(
    r"(?i)\b(?:alleged(?:ly)?|reported(?:ly)?|suspected|accus\w+|claims?|allegations?|apparently|according)\b"
)
_COLON = re.compile(r"^(?P<who>[A-Z][\w.’'-]*(?: [\w.’'-]+){0,4}): \S")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something: the verb (or "according") at `at`, the words of the name, if any, all words of who it is."""

    at: int
    names: tuple[int, ...]
    words: tuple[str, ...]
    verb: str
    pronoun: bool
    clause: tuple[int, int]
    """First and last (excluded) word of what is said."""


def speakers(reading: Reading) -> list[Speaker]:
    """Who is told to say something, in the order of the sentence."""
    found: list[Speaker] = []
    if not reading.parsed:
        return found
    words = reading.words
    for at, word in enumerate(words):
        if word.low == "according":
            to = next((i for i in reading.children(at) if words[i].low == "to"), None)
            giver = next((i for i in reading.children(to) if words[i].dep == "pobj"), None) if to is not None else None
            if giver is not None:
                found.append(_speaker(reading, at, [giver], (0, len(words))))
            continue
        if word.stem not in REPORTING or word.tag[:2] != "VB":
            continue
        children = reading.children(at)
        subjects = (
            reading.subjects(at)
            if word.tag != "VBN" or not any(words[i].dep in ("auxpass", "nsubjpass") for i in children)
            else []
        )
        clauses = [
            i
            for i in children
            if words[i].dep in ("ccomp", "xcomp")
            or (words[i].dep in ("dobj", "acl", "prep") and word.stem in _ACCUSING)
        ]
        # "The bank is safe, he said": the saying hangs on what is said.
        if not clauses and word.dep in ("parataxis", "ccomp") and word.head != at and words[word.head].tag[:2] == "VB":
            clauses = [word.head]
        quoted = any(reading.words[i].text in ('"', "“", "”") for i in children)
        if not subjects or not (clauses or quoted or word.stem in ("say", "tell")):
            continue
        spans = [(words[i].left, words[i].right + 1) for i in clauses]
        found.append(
            _speaker(
                reading,
                at,
                subjects,
                (min((a for a, _ in spans), default=0), max((b for _, b in spans), default=len(words))),
            )
        )
    match = _COLON.match(reading.text)
    if match and not found:
        who = [i for i, word in enumerate(words) if word.end <= match.end("who")]
        # Editors' "Anna Berg: ..."; "Report:" and "One thing is sure:" name nobody.
        person = all(words[i].text[:1].isupper() and words[i].entity in ("PERSON", "ORG") for i in who)
        names = tuple(who) if person else ()
        found.append(Speaker(0, names, tuple(words[i].text for i in who), ":", False, (len(who) + 1, len(words))))
    return found


_ACCUSING = stems("accuse blame describe call charge suspect")


def _speaker(reading: Reading, at: int, heads: Sequence[int], clause: tuple[int, int]) -> Speaker:
    words = reading.words
    names: list[int] = []
    whole: list[str] = []
    for head in heads:
        place = reading.name_at(head)
        if place is not None:
            names.extend(i for i in range(place[0], place[1]) if words[i].text[:1].isalnum())
        else:
            # "the minister, Anna Berg": the name beside.
            for child in reading.children(head):
                beside = reading.name_at(child) if words[child].dep == "appos" else None
                if beside is not None:
                    names.extend(range(beside[0], beside[1]))
        inner = range(words[head].left, min(words[head].right + 1, words[head].left + 25))
        whole.extend(words[i].text for i in inner)
    if all(words[i].stem in ROLES for i in names):
        names = []
    pronoun = all(words[head].tag in ("PRP", "WP", "DT", "WDT") for head in heads)
    return Speaker(at, tuple(names), tuple(whole), words[at].stem, pronoun, clause)


def reports(reading: Reading) -> bool:
    """Whether a sentence says of anything in it that somebody says or thinks it."""
    return (
        any(
            word.stem in REPORTING and word.tag[:2] in ("VB", "") and not reading.in_quotation(i)
            for i, word in enumerate(reading.words)
        )
        or any(
            word.low
            in (
                "according",
                "allegedly",
                "reportedly",
                "alleged",
                "reported",
                "report",
                "reports",
                "statement",
                "suspected",
                "accused",
            )
            for word in reading.words
        )
        or _COLON.match(reading.text) is not None
        or re.search(
            r"(?i)\b(?:reports|accounts|claims|allegations|charges|suspected|fears|concerns|calls?|estimates?|views?|opinions?|thinks?)\b",
            reading.text,
        )
        is not None
    )


def faults(case: Case) -> Iterable[Fault]:
    """Claims told as facts that the source only reports, and claims given to another speaker."""
    if not case.near or not case.claim.parsed:
        return
    yield from _spoken(case)
    yield from _viewed(case)
    own = [one for one in speakers(case.claim) if not case.claim.in_quotation(one.at)]
    if own:
        yield from _moved(case, own)
    elif not reports(case.claim):
        yield from _dropped(case)


def _spoken(case: Case) -> Iterable[Fault]:
    """Words that the source only has between quotation marks, told without them and without their speaker."""
    claim, source = case.claim, case.source
    if not case.verbatim or any(mark in claim.text for mark in '"“”'):
        return
    run = re.compile(r"\W+".join(map(re.escape, re.findall(r"\w+", claim.text))), re.IGNORECASE)
    found = [(i, match) for i, one in enumerate(source.sentences) if (match := run.search(one))]
    for reading, (_, match) in zip(source.readings([i for i, _ in found]), found, strict=True):
        first = next((i for i, word in enumerate(reading.words) if word.start >= match.start()), 0)
        if not reading.in_quotation(first):
            return
    if found:
        yield Fault("attribution", "told as a fact, but in the article somebody says it")


_VIEWING = stems(
    "describe call brand label hail dub portray depict regard denounce dismiss praise characterize characterise deem view"
)
"""Verbs that tell what somebody takes somebody for."""


def _views(reading: Reading) -> set[int]:
    """Words that tell what somebody is called or taken for: "describing him as [a hero]"."""
    words = reading.words
    found: set[int] = set()
    for at, word in enumerate(words):
        if word.stem not in _VIEWING or word.tag[:2] != "VB":
            continue
        for i in reading.children(at):
            named = words[i].dep in ("oprd", "attr") or (words[i].dep == "ccomp" and words[i].tag[:2] != "VB")
            if named or (words[i].low == "as" and words[i].dep == "prep"):
                found |= set(range(words[i].left, words[i].right + 1))
    return found


def _viewed(case: Case) -> Iterable[Fault]:
    """What somebody is, told as a fact, where the source only has somebody call them so."""
    claim, source = case.claim, case.source
    words, under = claim.words, _views(claim)
    for i, word in enumerate(words):
        said = word.dep in ("appos", "attr", "acomp") and word.tag[:2] in ("NN", "JJ") and word.content
        if not said or i in under or claim.in_quotation(i) or any(words[j].stem in REPORTING for j in claim.up(i)):
            continue
        # Sentences are parsed only where there is something to find.
        if not any(w.stem == word.stem and j in _views(one) for one in case.near for j, w in enumerate(one.words)):
            continue
        more = {words[j].stem for j in claim.children(i) if words[j].dep == "amod" and words[j].content}
        held = source.readings([k for k in source.places.get(word.stem, ()) if more <= source.stems[k]])
        called = [
            (one, j, j in views)
            for one in held
            for views in [_views(one)]
            for j, w in enumerate(one.words)
            if w.stem == word.stem
        ]
        if any(view for _, _, view in called) and all(view or one.in_quotation(j) for one, j, view in called):
            yield Fault("attribution", f'told as a fact, but in the article somebody only calls it so ("{word.text}")')
            return


def _covered(case: Case, k: int, inside: range | None = None) -> float:
    """Share of the claim's weight that a sentence of the evidence has, or some of its words have."""
    sentence = case.near[k]
    stems = sentence.stems if inside is None else {sentence.words[i].stem for i in inside}
    weights = {word: case.source.weight(word) for word in case.claim.content}
    return sum(weight for word, weight in weights.items() if word in stems) / (sum(weights.values()) or 1)


def _dropped(case: Case) -> Iterable[Fault]:
    best = max(range(len(case.near)), key=lambda k: _covered(case, k))
    sentence = case.near[best]
    whole = _covered(case, best)
    share = case.matches[best].share
    for one in speakers(sentence):
        if sentence.in_quotation(one.at) or one.verb == ":":
            continue
        inside = range(one.clause[0], one.clause[1])
        said = _covered(case, best, inside)
        if not _predicated(case, best, one):
            continue
        if whole < 0.6 or said < 0.9 * whole or share < 0.5:
            continue
        if _told_plainly(case, best):
            return
        official = any(stem(word) in _OFFICIAL for word in one.words)
        if one.verb in CONTESTED or not official or share >= 0.8:
            who = " ".join(one.words[:6])
            verb = sentence.words[one.at].text
            said_so = (
                f"according to {who}" if verb.casefold() == "according" else f"{who} {verb}" if verb != ":" else who
            )
            yield Fault("attribution", f'told as a fact, but the article gives it as a claim ("{said_so}")')
            return


def _predicated(case: Case, k: int, one: Speaker) -> bool:
    """Whether what the claim says is what is said there, and not something told on the way."""
    claim, sentence = case.claim, case.near[k]
    root = next((i for i, word in enumerate(claim.words) if word.dep == "ROOT"), 0)
    ours = {root, claim.predicate(root)}
    theirs = [j for i, j in case.matches[k].pairs if i in ours]
    theirs = theirs or [
        j for j, word in enumerate(sentence.words) if any(claim.words[i].stem == word.stem for i in ours)
    ]
    for j in theirs:
        chain = [j, *sentence.up(j)]
        if sentence.words[one.at].low == "according":
            top = chain
        else:
            at = next((n for n, i in enumerate(chain) if i == one.at), None)
            # "…, he said" hangs on what is said.
            hanging = sentence.words[one.at].head if sentence.words[one.at].dep in ("parataxis", "ccomp") else -1
            if at is None and hanging not in chain:
                continue
            top = chain[: at if at is not None else chain.index(hanging) + 1]
        if not any(sentence.words[i].dep in ("relcl", "acl", "appos", "advcl") for i in top[:-1] or top):
            return True
    return False


def _told_plainly(case: Case, best: int) -> bool:
    """Whether another sentence says most of it without anybody saying so."""
    source = case.source
    named = {case.claim.words[i].stem for place in case.claim.names for i in range(place[0], place[1])}
    weights = {word: source.weight(word) for word in case.claim.content - named}
    whole = sum(weights.values()) or 1
    for i, own in enumerate(source.stems):
        if i != case.found.order[best] and sum(w for word, w in weights.items() if word in own) / whole >= 0.75:
            (reading,) = source.readings([i])
            if not reports(reading) or _outside(reading, weights) / whole >= 0.75:
                return True
    return False


def _outside(reading: Reading, weights: Mapping[str, float]) -> float:
    """Weight of the words that a sentence says by itself, beside what it has somebody say."""
    if _HEDGED.search(reading.text):
        return 0.0
    said = {i for one in speakers(reading) for i in range(*one.clause)}
    own = {word.stem for i, word in enumerate(reading.words) if i not in said and not reading.in_quotation(i)}
    return sum(weight for word, weight in weights.items() if word in own)


def _moved(case: Case, own: Sequence[Speaker]) -> Iterable[Fault]:
    source = case.source
    for one in own:
        words = [case.claim.words[i] for i in one.names]
        if not words or words[-1].low.endswith(("man", "woman")):
            continue
        office = words[-1].stem in ROLES and all(word.stem in source.known for word in words)
        # "Mill owner Anna Berg": any name in the phrase may be the one meant.
        phrase = [word for word in case.claim.words if word.text in one.words and word.text[:1].isupper()]
        inner = frozenset(
            case.claim.words[i].stem for i in range(*one.clause) if case.claim.words[i].content and i not in one.names
        )
        weights = {word: source.weight(word) for word in inner - {word.stem for word in words}}
        total = sum(weights.values()) or 1
        for k, sentence in enumerate(case.near):
            if sum(w for word, w in weights.items() if word in sentence.stems) / total < 0.6:
                continue
            at = case.found.order[k]
            theirs = [other for other in speakers(sentence) if not sentence.in_quotation(other.at)]
            text = " ".join(word for other in theirs for word in other.words)
            window = source.sentences[max(0, at - 3) : at + 2]
            whole = f" {plainly(folded(' '.join(window)))} "
            if any(named_in(word, f" {plainly(folded(text))} ", source.initials) for word in [*words, *phrase]):
                return
            named = [other for other in theirs if other.names]
            if office and named and not any(stem(word) in ROLES for other in named for word in other.words):
                # "The Prime Minister said", and the article calls whoever says it by name only.
                return
            here = f" {plainly(folded(sentence.text))} "
            if named and not any(named_in(word, here, source.initials) for word in words):
                rival = " ".join(sentence.words[i].text for i in named[0].names)
                yield Fault(
                    "attribution", f"{' '.join(w.text for w in words)} does not say this in the article, {rival} does"
                )
                return
            if not any(named_in(word, whole, source.initials) for word in words):
                yield Fault("attribution", f"{' '.join(w.text for w in words)} does not say this in the article")
                return
