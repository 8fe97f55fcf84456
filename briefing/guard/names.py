"""Names of persons, bodies and places: in the source, of the one meant, with the role that is theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from briefing.guard.called import called, plain_names, plainly, together
from briefing.guard.case import Case, Fault
from briefing.guard.lexicon import ALIASES, MONTHS, REPORTING, ROLES, WEEKDAYS, plain
from briefing.guard.reading import Reading, Word, name_words
from briefing.guard.source import Source, folded

__all__ = ["aliases", "faults", "named_in"]

_OPENERS = plain(
    "report reports next new former study poll police official officials expert experts source sources author opinion analysis statement critics "
    "analyst family friends lawyer attorney video photos documents court judge suspect witness researchers scientists company group teen man woman"
)
"""Words that editors put at the head of a bullet; a tagger that sees capitals takes them for names."""
_TITLES = plain(
    "mr mrs ms miss dr sir lord lady dame prof professor rev st saint gen sgt lt col capt sen rep gov jr sr ii iii"
)


def aliases(name: str) -> frozenset[str]:
    """Folded names that may stand for this one, itself included."""
    low = re.sub(r"^the ", "", folded(name))
    return ALIASES.get(low, frozenset()) | {low}


def named_in(word: Word, text: str, initials: frozenset[str] = frozenset()) -> bool:
    """Whether a word of a name, or what may stand for it, is in a folded text with blanks at both ends."""
    low = plainly(word.text).replace(".", "").replace("’", "'").removesuffix("'s").removesuffix("'")
    if f" {low} " in text or any(f" {folded(one)} " in text for one in ALIASES.get(low, ())):
        return True
    if f" {low}s " in text or (low.endswith("s") and f" {low[:-1]} " in text):
        return True
    # Nigeria and Nigerian, Christianity and Christian.
    if len(low) >= 6 and re.search(rf" {re.escape(low[: max(5, len(low) - 3)])}\w{{0,4}} ", text):
        return True
    return word.text.isupper() and 2 <= len(low) <= 6 and low in initials


def faults(case: Case) -> Iterable[Fault]:
    """Names that are not in the source, or stand for another; roles that are another's."""
    claim, source = case.claim, case.source
    plain = plain_names(source)
    titled = _titled(claim)
    for place in [*claim.names, *_unmarked(case)]:
        words = [word for word in name_words(claim, place) if word.low.rstrip(".") not in _TITLES]
        if place[0] and claim.words[place[0] - 1].text in ("#", "@"):
            continue
        if place[0] == 0 and claim.words[0].tag and not claim.words[0].tag.startswith("NNP") and place in claim.names:
            if place[1] == 1:
                continue
            words = [word for word in words if word.start > 0]
        words = [
            word
            for word in words
            if word.low not in WEEKDAYS
            and word.low not in MONTHS
            and not any(c.isdigit() for c in word.text)
            and len(word.low) > 1
        ]
        if not words:
            continue
        name = claim.name(place)
        if not place[2] and place[0] == 0 and words[0].low in _OPENERS:
            continue
        missing = [word for word in words if not named_in(word, plain, source.initials)]
        if missing and not place[2]:
            # Capitals alone do not make a name: a headline has them everywhere, and the first word always.
            missing = [
                word
                for word in missing
                if word.stem not in source.known
                and not titled
                and (word.start or word.tag.startswith("NNP") or case.close)
            ]
        if missing and not _otherwise(name, words, plain, source):
            shown = name if len(missing) > len(words) / 2 else missing[0].text
            yield Fault("name", f'"{shown}" does not stand in the article')
            continue
        if missing:
            continue
        strict = source.cased and _of_person(case, place, words)
        if len(words) > 1 and not titled and not (called(words, source) if strict else together(words, plain)):
            yield Fault("name", f'nobody and nothing is called "{name}" in the article')
            continue
        yield from _other(case, place, words)
        if place[2] == "PERSON":
            yield from _role(case, place, words)


def _unmarked(case: Case) -> Iterable[tuple[int, int, str]]:
    """Words the tagger takes for no name though the source writes them with a capital, or has a name in their place."""
    claim, source = case.claim, case.source
    known = {i for place in claim.names for i in range(place[0], place[1])}
    for i, word in enumerate(claim.words):
        if (
            i in known
            or not word.text[:1].isupper()
            or not word.content
            or word.tag[:2] not in ("NN", "JJ", "")
            or word.stem in ROLES
            or (word.head == i + 1 and claim.words[i + 1].stem in ROLES and claim.words[i + 1].text[:1].isupper())
        ):
            # The last: "Prime" of "Prime Minister" names nobody.
            continue
        if source.case.get(word.low, "")[:1].isupper():
            yield i, i + 1, ""
        elif case.close and word.stem not in source.known:
            best = case.near[case.closest]
            if any(
                a <= i < b and any(c <= place[0] < d for place in best.names)
                for a, b, c, d in case.matches[case.closest].gaps
            ):
                yield i, i + 1, ""


def _titled(claim: Reading) -> bool:
    """Whether the claim is a headline that has capitals everywhere."""
    inner = [word for word in claim.words[1:] if word.text.isalpha() and len(word.text) > 3]
    return len(inner) > 3 and sum(word.text[0].isupper() for word in inner) > 0.8 * len(inner)


def _otherwise(name: str, words: Sequence[Word], plain: str, source: Source) -> bool:
    """Whether the whole name stands in the source under another form."""
    if any(f" {one} " in plain for one in aliases(name)):
        return True
    initials = "".join(word.text[0] for word in words).casefold()
    # The long form of an acronym the source has.
    return len(initials) > 2 and f" {initials} " in plain and initials in source.names


def _of_person(case: Case, place: tuple[int, int, str], words: Sequence[Word]) -> bool:
    """Whether a name is a person's, by the claim or by its evidence: a tagger knows more names in a longer sentence."""
    known = {word.low for one in case.near for at in one.names if at[2] == "PERSON" for word in name_words(one, at)}
    return place[2] == "PERSON" or (len(words) == 2 and any(word.low in known for word in words))


def _described(
    claim: Reading,
    place: tuple[int, int, str],
    sentence: Reading,
    other: tuple[int, int, str],
    gap: tuple[int, int, int, int],
) -> bool:
    """Whether one of two names is only part of what someone is called ("the Arsenal boss"), or a people's name for
    one of them ("the Brazilian"): then both may mean the same."""
    ours, theirs = _top(claim, place), _top(sentence, other)
    nominal = [_people(claim, place, ours), _people(sentence, other, theirs)]
    if nominal[0] != nominal[1]:
        return True
    names = [{word.stem for word in name_words(one, at)} for one, at in ((claim, place), (sentence, other))]
    if names[0] & names[1]:
        return True
    within = [_within(claim, ours, gap[0], gap[1]), _within(sentence, theirs, gap[2], gap[3])]
    # "The Chile striker" may be "the former Ajax striker".
    return within[0] != within[1] or (all(within) and "ORG" in (place[2], other[2]) and place[2] != other[2])


_PEOPLES = ("dutchman", "englishman", "frenchman", "welshman", "irishman", "scotsman", "cornishman")


def _people(reading: Reading, place: tuple[int, int, str], at: int) -> bool:
    """Whether a name says of someone where they come from, and is no adjective."""
    word = reading.words[at]
    return word.low in _PEOPLES or (place[2] == "NORP" and word.dep not in ("amod", "compound", "nmod"))


def _within(reading: Reading, at: int, start: int, end: int) -> bool:
    """Whether a name hangs on a noun that stands in the same gap: "the Arsenal boss" for "Wenger"."""
    word = reading.words[at]
    head = reading.words[word.head]
    if start <= at + 1 < end and reading.before_noun(at):
        return True
    return (
        word.dep in ("compound", "amod", "nmod", "poss")
        and start <= word.head < end
        and (not head.text[:1].isupper() or head.stem in ROLES)
    )


def _in_sentence(words: Sequence[Word], source: Source, at: int) -> bool:
    text = f" {plainly(folded(source.sentences[at]))} "
    text += re.sub(r"['-]", " ", text)
    return any(named_in(word, text) for word in words[-1:]) or any(
        len(word.low) > 3 and named_in(word, text) for word in words
    )


def _other(case: Case, place: tuple[int, int, str], words: Sequence[Word]) -> Iterable[Fault]:
    """A name where the sentence that says the rest has another one."""
    claim, source = case.claim, case.source
    if all(word.stem in ROLES for word in words) or (words[-1].stem in ROLES and not place[2]):
        return
    if case.close:
        yield from _exchanged(case, place, words)
        return
    if not place[2]:
        return
    own = {word.stem for word in words}
    rest = {mark: source.weight(mark) for mark in claim.content - own}
    total = sum(rest.values()) or 1
    shares = [sum(weight for mark, weight in rest.items() if mark in stems) / total for stems in source.stems]
    at = max(range(len(shares)), key=lambda i: (shares[i], -i))
    if shares[at] < RETOLD or _in_sentence(words, source, at):
        return
    (sentence,) = source.readings([at])
    kinds = _KIN.get(place[2], frozenset({place[2]}))
    rivals = [
        one
        for one in sentence.names
        if one[2] in kinds
        and not _shared(sentence, one, claim)
        and _same_place(claim, place, sentence, one, shares[at])
    ]
    named = [i for i in range(len(shares)) if _in_sentence(words, source, i)]
    # Where the name stands, or beside it, nothing like the claim is said.
    elsewhere = max(
        (shares[j] for i in named for j in range(max(0, i - 1), min(len(shares), i + 3)) if j != at or i == at - 1),
        default=0.0,
    )
    if rivals and elsewhere <= shares[at] - 0.2:
        yield Fault("name", f'"{claim.name(place)}" where the article says this of "{sentence.name(rivals[0])}"')


def _same_place(
    claim: Reading, place: tuple[int, int, str], sentence: Reading, other: tuple[int, int, str], share: float
) -> bool:
    """Whether two names hang on the same word, or are both what their sentence is about."""
    ours, theirs = _top(claim, place), _top(sentence, other)
    one, two = claim.words[ours], sentence.words[theirs]
    if claim.words[one.head].stem == sentence.words[two.head].stem and one.dep[:5] == two.dep[:5]:
        return claim.words[one.head].content or (
            one.dep == "pobj"
            and claim.words[claim.words[one.head].head].stem == sentence.words[sentence.words[two.head].head].stem
        )
    main = ("nsubj", "nsubjpass")
    reports = [reading.words[word.head].stem in REPORTING for reading, word in ((claim, one), (sentence, two))]
    return (
        share >= 0.6
        and reports[0] == reports[1]
        and one.dep in main
        and two.dep in main
        and claim.words[one.head].dep == "ROOT"
        and sentence.words[two.head].dep == "ROOT"
    )


def _top(reading: Reading, place: tuple[int, int, str]) -> int:
    """The word of a name that the others hang on."""
    return next(
        (
            i
            for i in range(place[0], place[1])
            if not place[0] <= reading.words[i].head < place[1] or reading.words[i].head == i
        ),
        place[1] - 1,
    )


def _exchanged(case: Case, place: tuple[int, int, str], words: Sequence[Word]) -> Iterable[Fault]:
    """A claim that is nearly a sentence of the source, with another name in the same place."""
    claim = case.claim
    sentence, match = case.near[case.closest], case.matches[case.closest]
    for a, b, c, d in match.gaps:
        mine = [word for i, word in enumerate(claim.words) if a <= i < b and word in words]
        # Part of the name corresponds: "Anna Berg" for "Berg".
        if not mine or mine[-1] != words[-1] or d - c > 16 or b - a > 8:
            continue
        if c == d:
            # Nothing stands there in the sentence; the name may say who "he" is, if it is named near by.
            if not _in_around(words, case):
                yield Fault("name", f'"{claim.name(place)}" is not named where the article says this')
                return
            continue
        theirs = [word for word in sentence.words[c:d] if word.text[:1].isalnum()]
        text = f" {plainly(folded(' '.join(word.text for word in theirs)))} "
        if any(named_in(word, text) for word in mine) or _shortened(mine, theirs):
            continue
        if (
            d - c > b - a + 1
            and _times(words, claim) <= _times(words, sentence)
            and not _replaced(claim, place, sentence, c, d)
        ):
            # The sentence names it elsewhere: that parts of it stand in another order is no exchange.
            continue
        rival = next((one for one in sentence.names if one[0] < d and c < one[1]), None)
        shown = (
            sentence.name(rival) if rival else next((word.text for word in theirs if word.tag.startswith("NNP")), "")
        )
        if rival is not None and _described(claim, place, sentence, rival, (a, b, c, d)) and _in_around(words, case):
            continue
        ends = b >= len(claim.words) - 1
        # At the claim's end all the rest of the sentence stands in the gap.
        wide = (rival[0] - c if ends else d - c - (b - a)) if rival else 0
        if rival is not None and wide > WIDER and not _same_place(claim, place, sentence, rival, match.share):
            # So much more stands there that it is not one place.
            continue
        top = claim.words[_top(claim, place)]
        told = top.dep in ("dobj", "dative") and claim.words[top.head].stem in REPORTING
        if told and (rival is None or sentence.words[_top(sentence, rival)].dep not in ("dobj", "dative")):
            # "... told CNN": whom somebody told it.
            continue
        if shown:
            yield Fault("name", f'"{claim.name(place)}" where the article says "{shown}"')
            return
        if (
            rival is None
            and not any(word.tag in ("PRP", "PRP$", "DT", "WDT", "WP") for word in theirs)
            and not _in_around(words, case)
        ):
            yield Fault("name", f'"{claim.name(place)}" is not named where the article says this')
            return


def _shortened(words: Sequence[Word], others: Sequence[Word]) -> bool:
    """Whether a name is made of the first letters of the other's words: "Soc Dem" for "Social Democrat"."""
    own, of = [word.low.rstrip(".") for word in words], iter(word.low for word in others)
    return all(len(one) >= 3 and any(other.startswith(one) for other in of) for one in own)


def _replaced(claim: Reading, place: tuple[int, int, str], sentence: Reading, start: int, end: int) -> bool:
    """Whether a name is the subject of a verb that in the sentence has its subject in this gap."""
    top = claim.words[_top(claim, place)]
    verb = claim.words[top.head].stem
    return top.dep.startswith("nsubj") and any(
        word.dep.startswith("nsubj") and sentence.words[word.head].stem == verb for word in sentence.words[start:end]
    )


def _times(words: Sequence[Word], reading: Reading) -> int:
    """How often a name's last word stands in a sentence, or what is made of it (Belgium's, Belgian)."""
    return sum(named_in(words[-1], f" {plainly(word.low)} ") for word in reading.words)


WIDER = 4
"""By how many words what stands in a name's place may be longer before it must also play the same part there."""
RETOLD = 0.5
"""Share of the rest of a claim that a sentence must say before its names count as the ones meant."""
_KIN = {
    "PERSON": frozenset({"PERSON"}), "ORG": frozenset({"ORG", "GPE", "NORP"}), "GPE": frozenset({"GPE", "LOC", "NORP"}),
    "NORP": frozenset({"NORP", "GPE"}), "LOC": frozenset({"LOC", "GPE"}), "FAC": frozenset({"FAC", "ORG", "GPE"}), "": frozenset({"PERSON", "ORG", "GPE"}),
}  # fmt: skip


def _shared(sentence: Reading, place: tuple[int, int, str], claim: Reading) -> bool:
    text = f" {plainly(folded(claim.text))} "
    return any(named_in(word, text) for word in name_words(sentence, place))


def _in_around(words: Sequence[Word], case: Case) -> bool:
    return any(_in_sentence(words, case.source, at) for at in case.around)


def _role(case: Case, place: tuple[int, int, str], words: Sequence[Word]) -> Iterable[Fault]:
    """ "Prime Minister X" where the article gives that office to others and never to X."""
    claim = case.claim
    before = [word for word in claim.words[max(0, place[0] - 2) : place[0]] if word.text[:1].isalpha()]
    roles = [word for word in [*before[-1:], *words[:-1]] if word.stem in ROLES]
    after = claim.words[place[1] : place[1] + 7]
    if after and after[0].text == ",":
        roles += [word for word in after[1:5] if word.stem in ROLES and word.tag in ("NN", "NNP")][:1]
    for role in roles:
        if role.stem not in case.source.known:
            continue
        if any(
            role.stem in own and _in_sentence(words[-1:], case.source, at) for at, own in enumerate(case.source.stems)
        ):
            continue
        # The source must give the office to somebody by name.
        holder = rf"\b{re.escape(role.low)},? (?:[a-z]+ ){{0,1}}[A-Z][a-z]"
        if any(
            role.stem in own and re.search(holder, text, re.IGNORECASE if role.text.isupper() else 0)
            for own, text in zip(case.source.stems, case.source.sentences, strict=True)
        ) or any(re.search(rf"\b{re.escape(role.text)} [A-Z]", text) for text in case.source.sentences):
            yield Fault("name", f'"{role.text} {claim.name(place)}": the article gives this role to another')
            return
