"""Errors planted by code into true claims, to measure (and to train) what should find them.

The kinds follow what models get wrong in summaries (Kryscinski et al. 2020, FactCC; Goyal and Durrett 2021; Cao and
Wang 2021, CLIFF): each plant changes one thing, keeps the grammar, and makes of a claim that its article supports one
that it does not. The same seed plants the same errors.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks.words import (
    CALENDAR,
    CURRENCIES,
    DEGREES,
    DIRECTIONS,
    HEDGES,
    MAGNITUDES,
    NUMBER_WORDS,
    OPPOSED,
    SPEECH,
    UNITS,
    base,
    past,
)  # fmt: skip
from briefing.engines.cuts import presented, shorten
from briefing.engines.deletion import worth_cutting
from briefing.engines.syntax import Parse, Parser
from briefing.text import one_line, sentences, words

__all__ = ["KINDS", "Planted", "planted", "true_claims"]

KINDS = ("number", "name", "date", "negation", "direction", "attribution", "quotation", "subject")
_RARE = frozenset({"swapped", "magnitude", "currency", "ago", "according", "removed", "speaker"})
"""Ways that come first where a claim allows them."""
NAMED = ("PERSON", "ORG", "GPE", "NORP", "LOC", "FAC")
LONGEST = 60
"""Words of a claim that is tried: a longer one is no bullet."""

STRANGERS = {
    "PERSON": ("Daniel Okafor", "Maria Lindqvist", "Peter Haines", "Ayesha Rahman", "Tom Bellamy", "Elena Petrova"),
    "ORG": (
        "BBC",
        "Northgate Holdings",
        "Interpol",
        "the World Bank",
        "Harrow University",
        "Siemens",
        "NATO",
        "Toyota",
    ),
    "GPE": ("Lisbon", "Nairobi", "Ohio", "Finland", "Jakarta", "Peru", "Leeds", "Vancouver", "Morocco"),
    "NORP": ("Norwegian", "Kenyan", "Brazilian", "Buddhist", "Canadian", "Dutch"),
    "LOC": ("the Baltic", "the Sahara", "Lake Victoria", "the Andes"),
    "FAC": ("Heathrow", "the Lincoln Tunnel", "Wembley Stadium"),
}
"""Names for where the article has no other of the kind: what a model adds from what it has read elsewhere."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A true claim and what became of it. `how` tells the way within the kind ("magnitude", "swapped")."""

    kind: str
    claim: str
    wrong: str
    how: str


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    put: str


@dataclass(frozen=True, slots=True)
class _Try:
    how: str
    edits: tuple[_Edit, ...]


@cache
def _parser() -> Parser:
    return Parser()


class _Known:
    """What plants are made from: the article's names, numbers, speakers and words."""

    def __init__(self, text: str, parses: Sequence[Parse]) -> None:
        self.text = one_line(text)
        self.plain = " ".join(words(text.casefold()))
        self.names: dict[str, list[str]] = {kind: [] for kind in NAMED}
        self.speakers: list[str] = []
        self.nouns: list[str] = []
        for parse in parses:
            for kind in NAMED:
                for begin, end in parse.entities(kind):
                    name = parse.text[parse.tokens[begin].start : parse.tokens[end - 1].end]
                    name = re.sub(r"[’']s$", "", name)
                    if name not in self.names[kind] and re.match(r"(?:the )?[A-Z]", name) and len(name.split()) <= 5:
                        self.names[kind].append(name)
            for at, token in enumerate(parse.tokens):
                if token.text.casefold() in SPEECH:
                    for child in parse.children(at):
                        one = parse.tokens[child]
                        if one.dep == "nsubj" and one.entity in ("PERSON", "ORG"):
                            begin, end = _name_at(parse, child)
                            self.speakers.append(parse.text[parse.tokens[begin].start : parse.tokens[end - 1].end])
                if token.tag == "NN" and token.text.isalpha() and len(token.text) > 4:
                    self.nouns.append(token.text)
        self.numbers = re.findall(r"(?<![\w.,-])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w,]|\.\d)", self.text)

    def says(self, text: str) -> bool:
        """Whether the article has these very words in this order."""
        return f" {' '.join(words(text.casefold()))} " in f" {self.plain} "


def planted(
    text: str,
    claims: Sequence[str],
    seed: int,
    strangers: Sequence[str] = (),
    kinds: Sequence[str] = KINDS,
    parser: Parser | None = None,
) -> list[Planted]:
    """At most one plant of each kind per claim. `strangers`: names of people from other articles, if wanted.

    Claims without capitals are read too, but no names are found in them. Raises ModelUnavailable.
    """
    draw = random.Random(f"{seed} {text[:80]}")
    parser = parser or _parser()
    wanted = [one_line(claim) for claim in claims if 3 < len(claim.split()) <= LONGEST]
    whole = [one_line(text[a:b]) for a, b in sentences(text)]
    parses = parser.parse([*whole, *wanted], names=True)
    known = _Known(text, parses[: len(whole)])
    found: list[Planted] = []
    for claim, parse in zip(wanted, parses[len(whole) :], strict=True):
        for kind in kinds:
            made = list(_MAKERS[kind](parse, known, draw, strangers))
            draw.shuffle(made)
            # Ways that nearly every sentence allows should not drown those that few do.
            ways = sorted({one.how for one in made})
            draw.shuffle(ways)
            ways.sort(key=lambda how: how not in _RARE)
            for one in sorted(made, key=lambda one: ways.index(one.how)):
                wrong = _edited(claim, one.edits)
                if _differs(claim, wrong) and not known.says(wrong):
                    found.append(Planted(kind, claim, wrong, one.how))
                    break
    return found


def true_claims(text: str, seed: int, most: int = 6, parser: Parser | None = None) -> list[tuple[str, str]]:
    """Sentences of the article that can be told, and each shortened where grammar allows: ("quoted" or "shortened", claim)."""
    draw = random.Random(f"claims {seed} {text[:80]}")
    parser = parser or _parser()
    own = [one_line(text[a:b]) for a, b in sentences(text)]
    own = [one for one in own if 8 <= len(one.split()) <= 45 and one[-1] in '.!"”' and one[0].isupper()]
    chosen = draw.sample(own, min(most, len(own)))
    found: list[tuple[str, str]] = []
    for parse in parser.parse(chosen):
        found.append(("quoted", parse.text))
        cuts = [cut for cut in worth_cutting(parse) if len(parse.text[cut.start : cut.end].split()) > 1]
        if cuts:
            short = shorten(parse.text, [draw.choice(cuts)])
            if len(short.split()) >= 6:
                found.append(("shortened", short))
    return found


def _edited(claim: str, edits: Iterable[_Edit]) -> str:
    out, at = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        out += [claim[at : edit.start], edit.put]
        at = edit.end
    made = re.sub(r"\s+", " ", "".join([*out, claim[at:]])).strip()
    made = re.sub(r"\s+([,.;:!?])", r"\1", made).lstrip(",;: ")
    made = re.sub(r"\b([Aa])n? (?=(\w))", lambda m: _article(m, claim), made)
    return presented(made) if claim[:1].isupper() else made


def _article(match: re.Match[str], claim: str) -> str:
    """ "a" or "an" as the next word has it, unless the claim says so itself."""
    if match.group() + match.group(2) in claim:
        return match.group()
    return f"{match.group(1)}n " if match.group(2) in "aeioAEIO" else f"{match.group(1)} "


def _differs(claim: str, wrong: str) -> bool:
    return words(claim.casefold()) != words(wrong.casefold()) or _quotations(claim) != _quotations(wrong)


def _quotations(text: str) -> list[str]:
    return [match.group(1) for match in _QUOTED.finditer(text)]


_QUOTED = re.compile(r"[\"“]([^\"“”]+)[\"”]")
_NUMBER = re.compile(
    r"(?<![\w.,-])(?P<money>[$£€])?(?P<value>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?P<tail>(?:st|nd|rd|th)\b)?(?![\w,]*\d)"
)


def _in_dates(parse: Parse, start: int) -> bool:
    text = parse.text
    if re.match(r"(?:1[5-9]|20)\d\d(?!,?\d)(?! (?:people|men|women|children|miles|pounds|feet))", text[start:]):
        return True
    months = r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Aug|Sept?|Oct|Nov|Dec)"
    return (
        re.search(rf"{months}\.? $", text[:start]) is not None
        or re.match(rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {months}\b", text[start:]) is not None
        or re.match(r"\d{1,2}(?::\d\d)? ?[ap]\.?m", text[start:]) is not None
    )


def _numbers(parse: Parse, known: _Known, draw: random.Random, _: Sequence[str]) -> Iterable[_Try]:
    text = parse.text
    for match in _NUMBER.finditer(text):
        value, start, end = match["value"], *match.span("value")
        if _in_dates(parse, start) or re.match(r"[:/]\d", text[end:]) or match["tail"]:
            continue
        scored = value.isdigit() and re.match(r"-\d", text[end:])
        plain = value.replace(",", "")
        if not scored:
            yield _Try("value", (_Edit(start, end, _near(plain, "," in value, draw)),))
            ten = f"{float(plain) * 10:g}" if "." in value else str(int(plain) * 10)
            yield _Try("ten times", (_Edit(start, end, f"{int(ten):,}" if ten.isdigit() and int(ten) > 9999 else ten),))
            others = [one for one in known.numbers if one.replace(",", "") != plain and len(one) == len(value)]
            others = [one for one in others if not re.fullmatch(r"(?:19|20)\d\d", one)]
            if others and not _says_with(known, others, text, end):
                yield _Try("elsewhere", (_Edit(start, end, draw.choice(others)),))
        else:
            yield _Try("score", (_Edit(start, end, str(int(plain) + draw.choice((1, 2)))),))
        if match["money"]:
            other = draw.choice([mark for mark in "$£€" if mark != match["money"]])
            yield _Try("currency", (_Edit(match.start(), match.start() + 1, other),))
    for match in re.finditer(r"[A-Za-z]+", text):
        word = match.group()
        low = word.casefold()
        before = text[: match.start()].rstrip()
        if low in NUMBER_WORDS and not re.match(r"[- ]?(?:of|and|another|million|billion)\b", text[match.end() :]):
            other = draw.choice([one for one in NUMBER_WORDS if one != low])
            yield _Try("word", (_Edit(match.start(), match.end(), other.capitalize() if word[0].isupper() else other),))
        elif low in MAGNITUDES and re.search(r"(?:\d|\b(?:a|one|two|three|four|five|six|ten|several))$", before):
            yield _Try("magnitude", (_Edit(match.start(), match.end(), draw.choice(MAGNITUDES[low])),))
        elif low in UNITS and re.search(r"(?:\d|[a-z]|lion)$", before) and re.search(r"(?:\d|\b[a-z]+)$", before):
            count = before.rsplit(" ", 1)[-1].casefold()
            if count[-1].isdigit() or count in NUMBER_WORDS or count in MAGNITUDES:
                yield _Try("unit", (_Edit(match.start(), match.end(), draw.choice(UNITS[low])),))
        elif low in CURRENCIES and re.search(r"(?:\d|lion)$", before):
            yield _Try(
                "currency", (_Edit(match.start(), match.end(), draw.choice([c for c in CURRENCIES if c != low])),)
            )
    for match in re.finditer(r"(?<=\d) ?%|(?<=\d) per ?cent\b", text):
        yield _Try("unit", (_Edit(match.start(), match.end(), " million"),))


def _says_with(known: _Known, others: Sequence[str], text: str, end: int) -> bool:
    following = words(text[end:])[:1]
    return bool(following) and any(known.says(f"{one} {following[0]}") for one in others)


def _near(plain: str, commas: bool, draw: random.Random) -> str:
    """Another number of the same look."""
    if "." in plain:
        whole, _, part = plain.partition(".")
        return f"{int(whole) + draw.choice((1, 2, 3))}.{part}"
    value = int(plain)
    made = value
    while made in (value, 1) or made <= 0:
        if value < 20:
            made = draw.randint(2, 20)
        else:
            digits = list(str(value))
            at = draw.randrange(len(digits) if len(digits) < 3 else 2)
            digits[at] = draw.choice("123456789")
            made = int("".join(digits))
    return f"{made:,}" if commas else str(made)


_ALIKE = (
    {"us", "usa", "american", "americans", "america", "states", "washington", "house"},
    {"uk", "britain", "british", "england", "english", "kingdom", "london", "wales", "scotland"},
    {"eu", "european", "europe", "brussels"}, {"china", "chinese", "beijing"}, {"russia", "russian", "moscow", "kremlin"},
    {"isis", "isil", "islamic", "daesh"}, {"un", "nations"}, {"israel", "israeli"}, {"france", "french", "paris"},
)  # fmt: skip


def _unlike(one: str, other: str) -> bool:
    """Whether two names can't be one person's, place's or body's."""
    a, b = (
        {word.casefold().replace(".", "").removesuffix("'s") for word in words(name)} - {"the", "of"}
        for name in (one, other)
    )
    near = any(x[:4] == y[:4] for x in a for y in b) or any(a & alike and b & alike for alike in _ALIKE)
    initials = ["".join(word[0] for word in words(name) if word[0].isupper()).casefold() for name in (one, other)]
    return (
        not near
        and not ({initials[0]} & b or {initials[1]} & a)
        and not (initials[0] == initials[1] and len(initials[0]) > 2)
    )


def _name_at(parse: Parse, at: int) -> tuple[int, int]:
    kind = parse.tokens[at].entity
    for begin, end in parse.entities(kind):
        if begin <= at < end:
            return begin, end
    return at, at + 1


def _span(parse: Parse, begin: int, end: int) -> tuple[int, int]:
    stop = parse.tokens[end - 1].end
    if parse.tokens[end - 1].text in ("'s", "’s", "'", "’") and end - 1 > begin:
        stop = parse.tokens[end - 2].end
    return parse.tokens[begin].start, stop


def _fit(name: str, like: str, opening: bool) -> str:
    """A name with an article where the other had one."""
    bare = re.sub(r"^[Tt]he ", "", name)
    put = (
        f"the {bare}"
        if like.casefold().startswith("the ")
        else bare
        if not name.startswith("the ") or like[0].isupper()
        else name
    )
    return put[0].upper() + put[1:] if opening else put


def _names(parse: Parse, known: _Known, draw: random.Random, strangers: Sequence[str]) -> Iterable[_Try]:
    quoted = [match.span(1) for match in _QUOTED.finditer(parse.text)]
    for kind in NAMED:
        for begin, end in parse.entities(kind):
            start, stop = _span(parse, begin, end)
            name = parse.text[start:stop]
            if not re.search(r"[A-Z]", name) or any(a <= start < b for a, b in quoted):
                continue
            own = [other for other in known.names[kind] if _unlike(other, name) and not _in(other, parse.text)]
            single = len(name.split()) == 1
            own = [other for other in own if (len(other.split()) == 1) == single] or own
            if own:
                yield _Try("elsewhere", (_Edit(start, stop, _fit(draw.choice(own), name, start == 0)),))
            pool = [*STRANGERS[kind], *(strangers if kind == "PERSON" else ())]
            pool = [other for other in pool if _unlike(other, name) and not known.says(other)]
            if pool:
                other = draw.choice(pool)
                other = other.split()[-1] if single and kind == "PERSON" else other
                yield _Try("invented", (_Edit(start, stop, _fit(other, name, start == 0)),))
            if kind == "PERSON" and len(name.split()) == 2:
                first = draw.choice(("Michael", "Karen", "Ahmed", "Laura", "Stephen", "Julia", "Victor"))
                if not known.says(first) and not name.startswith(first):
                    yield _Try("first name", (_Edit(start, start + len(name.split()[0]), first),))


def _in(name: str, text: str) -> bool:
    return any(word in text for word in words(name) if len(word) > 3)


def _dates(parse: Parse, known: _Known, draw: random.Random, _: Sequence[str]) -> Iterable[_Try]:
    text = parse.text
    for how, pattern, choices in CALENDAR:
        for match in pattern.finditer(text):
            word = match.group()
            others = [
                one
                for one in choices
                if one.casefold() != word.casefold() and one.casefold()[:3] != word.casefold()[:3]
            ]
            # The other day or month is false only where the article does not tell it right beside this one's words.
            after = " ".join(words(text[match.end() :])[:2])
            others = [one for one in others if not known.says(f"{one} {after}")] or others
            other = draw.choice(others)
            yield _Try(
                how,
                (
                    _Edit(
                        match.start(),
                        match.end(),
                        other if word[0].isupper() == other[0].isupper() or how == "weekday" else other.capitalize(),
                    ),
                ),
            )
    for match in re.finditer(r"(?<![\d,.$£€])(?:19|20)\d\d(?![\d,]|s\b)", text):
        year = int(match.group())
        near = year + draw.choice((-12, -10, -4, -3, -2, -1, 1, 2, 3, 10))
        yield _Try("year", (_Edit(match.start(), match.end(), str(near)),))
        others = [one for one in re.findall(r"\b(?:19|20)\d\d\b", known.text) if one != match.group()]
        if others:
            yield _Try("year elsewhere", (_Edit(match.start(), match.end(), draw.choice(others)),))
    months = "|".join(CALENDAR[1][2])
    dated = rf"\b(?:{months}) (\d{{1,2}})\b|\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?:{months})\b"
    for match in re.finditer(dated, text):
        group = 1 if match.group(1) else 2
        day = int(match.group(group))
        other_day = draw.choice([one for one in range(1, 28) if abs(one - day) > 1])
        yield _Try("day", (_Edit(match.start(group), match.end(group), str(other_day)),))
    for match in re.finditer(
        r"\b(?:two|three|four|five|six|seven|eight|nine|ten|\d{1,2})(?= (?:days|weeks|months|years|hours|decades) (?:ago|earlier|later)\b)",
        text,
    ):
        other = draw.choice([one for one in NUMBER_WORDS if one != match.group().casefold() and one != "eleven"])
        yield _Try("ago", (_Edit(match.start(), match.end(), other),))


def _verbs(parse: Parse) -> Iterable[int]:
    """Verbs of the claim itself: main ones, what somebody said, and what stands beside them."""
    for at, token in enumerate(parse.tokens):
        if token.tag[:2] not in ("VB", "MD") and token.dep not in ("ROOT", "ccomp", "conj"):
            continue
        if (
            token.dep == "ROOT"
            or token.head == at
            or (token.dep in ("ccomp", "conj") and parse.tokens[token.head].dep == "ROOT")
        ):
            yield at


def _negations(parse: Parse, known: _Known, draw: random.Random, _: Sequence[str]) -> Iterable[_Try]:
    text, tokens = parse.text, parse.tokens
    quoted = [match.span(1) for match in _QUOTED.finditer(text)]
    for at in _verbs(parse):
        verb = tokens[at]
        children = parse.children(at)
        if any(a <= verb.start < b for a, b in quoted) or not any(
            tokens[i].dep in ("nsubj", "nsubjpass", "expl") for i in children
        ):
            continue
        negated = [
            i for i in children if tokens[i].dep == "neg" or tokens[i].text.casefold() in ("n't", "n’t", "never")
        ]
        auxiliaries = [i for i in children if tokens[i].dep in ("aux", "auxpass") and i < at]
        if negated:
            yield from _affirmed(parse, at, negated[0], auxiliaries)
            continue
        if any(
            tokens[i].text.casefold() in ("nobody", "nothing", "no", "none", "neither", "few", "hardly")
            for i in range(verb.left, verb.right + 1)
        ):
            continue
        speaks = verb.text.casefold() in SPEECH
        if speaks and any(tokens[i].dep == "ccomp" for i in children):
            continue
        first = (
            tokens[auxiliaries[0]]
            if auxiliaries
            else verb
            if verb.text.casefold() in ("is", "are", "was", "were")
            else None
        )
        if first is not None and first.tag in ("MD", "VBZ", "VBP", "VBD") and first.text.isalpha():
            if first.text.casefold() == "may" and verb.start - first.end > 1:
                continue
            put = "cannot" if first.text == "can" else f"{first.text} not"
            yield _Try("inserted", (_Edit(first.start, first.end, put),))
            if first.text in ("was", "were", "is", "are", "has", "had", "did", "does", "would", "could", "should"):
                yield _Try("contracted", (_Edit(first.start, first.end, f"{first.text}n't"),))
            elif first.text == "will":
                yield _Try("contracted", (_Edit(first.start, first.end, "won't"),))
            if first.text in ("has", "have", "had", "will", "would"):
                yield _Try("never", (_Edit(first.end, first.end, " never"),))
        elif verb.text.casefold() not in ("is", "are", "was", "were", "be", "’s", "'s") and verb.tag in (
            "VBD",
            "VBZ",
            "VBP",
        ):
            helper = {"VBD": "did not", "VBZ": "does not", "VBP": "do not"}[verb.tag]
            yield _Try("do", (_Edit(verb.start, verb.end, f"{helper} {base(verb.text, verb.tag)}"),))
            if verb.tag == "VBD" and not text[: verb.start].endswith(("who ", "that ")):
                yield _Try("never", (_Edit(verb.start, verb.start, "never "),))
    for match in re.finditer(r"\b[A-Za-z]+\b", text):
        low = match.group().casefold()
        if low in OPPOSED and not any(a <= match.start() < b for a, b in quoted):
            other = OPPOSED[low]
            yield _Try(
                "verb",
                (_Edit(match.start(), match.end(), other.capitalize() if match.group()[0].isupper() else other),),
            )
    for match in re.finditer(r"\b(?:No one|Nobody)(?= (?:was|has|had|is)\b)", text):
        yield _Try("nobody", (_Edit(match.start(), match.end(), "Someone"),))


def _affirmed(parse: Parse, at: int, negative: int, auxiliaries: Sequence[int]) -> Iterable[_Try]:
    tokens = parse.tokens
    not_ = tokens[negative]
    verb = tokens[at]
    joined = negative > 0 and tokens[negative - 1].end == not_.start
    helper = tokens[auxiliaries[-1]] if auxiliaries else None
    if (
        helper is not None
        and helper.text.casefold() in ("do", "does", "did")
        and verb.tag == "VB"
        and negative + 1 == at
    ):
        put = past(verb.text) if helper.text.casefold() == "did" else verb.text
        if helper.text.casefold() == "does":
            put = "has" if put == "have" else put + ("es" if put.endswith(("s", "sh", "ch", "o", "x")) else "s")
        yield _Try("removed", (_Edit(helper.start, verb.end, put),))
    elif joined:
        whole = {"wo": "will", "ca": "can", "sha": "shall"}
        first = tokens[negative - 1]
        yield _Try("removed", (_Edit(first.start, not_.end, whole.get(first.text.casefold(), first.text)),))
    else:
        yield _Try("removed", (_Edit(not_.start, not_.end, ""),))


def _directions(parse: Parse, known: _Known, draw: random.Random, _: Sequence[str]) -> Iterable[_Try]:
    named = {i for kind in NAMED for begin, end in parse.entities(kind) for i in range(begin, end)}
    quoted = [match.span(1) for match in _QUOTED.finditer(parse.text)]
    for i, token in enumerate(parse.tokens):
        other = DIRECTIONS.get(token.text.casefold())
        if other is None or i in named or any(a <= token.start < b for a, b in quoted):
            continue
        tags, put = other
        if not token.tag.startswith(tags):
            continue
        if token.text.casefold() in ("last", "first") and re.match(
            r" (?:week|month|year|night|summer|winter|spring|fall|season|time|few|two|three|name|[A-Z])",
            parse.text[token.end :],
        ):
            continue
        if token.text.casefold() == "fall" and re.search(r"(?:the|in|last|this|next) $", parse.text[: token.start]):
            continue
        if (
            token.text.casefold() in ("up", "down")
            and not re.search(
                r"(?i)\b(?:go|goes|went|is|was|are|were|be|moved?|edged|prices?|shares?|sales|profits?|costs?|rates?|figures?) $",
                parse.text[: token.start],
            )
            and not re.match(r" (?:by |from |to )?[\d$£€]", parse.text[token.end :])
        ):
            continue
        if token.text.casefold() in ("over", "under", "above", "below") and not re.match(
            r" (?:[$£€]?\d|half|a (?:third|quarter|dozen)|the age)", parse.text[token.end :]
        ):
            continue
        yield _Try(
            token.text.casefold(),
            (_Edit(token.start, token.end, put.capitalize() if token.text[0].isupper() else put),),
        )


def _attributions(parse: Parse, known: _Known, draw: random.Random, _: Sequence[str]) -> Iterable[_Try]:
    text, tokens = parse.text, parse.tokens
    for at, token in enumerate(tokens):
        if token.text.casefold() not in SPEECH or token.dep not in ("ROOT", "parataxis") or token.tag[:2] != "VB":
            continue
        children = parse.children(at)
        subjects = [i for i in children if tokens[i].dep == "nsubj"]
        clauses = [i for i in children if tokens[i].dep == "ccomp"]
        if len(subjects) != 1:
            continue
        subject = subjects[0]
        yield from _moved(parse, subject, known, draw)
        if len(clauses) != 1 or not any(
            tokens[i].dep in ("nsubj", "nsubjpass", "expl") for i in parse.children(clauses[0])
        ):
            continue
        clause = tokens[clauses[0]]
        start, end = tokens[clause.left].start, tokens[clause.right].end
        if clause.left <= at <= clause.right:
            continue
        if tokens[clause.left].text.casefold() == "that":
            start = tokens[clause.left + 1].start
        inner = text[start:end].strip(" ,")
        if len(inner.split()) < 5 or re.search(r"\b(?:I|we|We|my|our|you|me|us)\b", inner):
            continue
        inner = (
            inner if inner.count('"') % 2 == 0 and inner.count("“") == inner.count("”") else re.sub('["“”]', "", inner)
        )
        if re.match(r"[\"“]", inner) and re.fullmatch(r"[\"“][^\"“”]+[\"”]", inner):
            inner = inner[1:-1]
        yield _Try("dropped", (_Edit(0, len(text), presented(inner.rstrip(",.;") + ".")),))
    for match in re.finditer(r",? ?(?:[Aa])ccording to [^,.;]+(?:,(?= )|(?=\.$))", text):
        rest = (
            (text[: match.start()] + ("" if match.start() == 0 else text[match.end() - 0 :]))
            if match.start()
            else text[match.end() :]
        )
        if len(rest.split()) > 4 and len(match.group().split()) < 12:
            yield _Try("according", (_Edit(match.start(), match.end(), ""),))
    for pattern, put in HEDGES:
        for match in pattern.finditer(text):
            yield _Try("hedge", (_Edit(match.start(), match.end(), match.expand(put)),))


def _moved(parse: Parse, subject: int, known: _Known, draw: random.Random) -> Iterable[_Try]:
    """What one said, said by another."""
    token = parse.tokens[subject]
    if token.right - token.left > 7 or token.tag == "PRP":
        return
    begin, end = _name_at(parse, subject) if token.entity in ("PERSON", "ORG") else (token.left, token.right + 1)
    start, stop = _span(parse, begin, end)
    name = parse.text[start:stop]
    pool = (
        [*known.speakers, *(known.names["PERSON"])] if token.entity != "ORG" else [*known.speakers, *known.names["ORG"]]
    )
    pool = [one for one in dict.fromkeys(pool) if _unlike(one, name) and not _in(one, parse.text)]
    if token.entity not in ("PERSON", "ORG") and token.tag != "NNP":
        # Who "the spokesman" is, another sentence may tell: then the name would be no error.
        return
    if pool:
        yield _Try("moved", (_Edit(start, stop, _fit(draw.choice(pool), name, start == 0)),))


_COMMON = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "with",
        "and",
        "or",
        "but",
        "that",
        "this",
        "these",
        "those",
        "it",
        "its",
        "he",
        "she",
        "they",
        "we",
        "you",
        "i",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "not",
        "no",
    ]
)


def _quoting(parse: Parse, known: _Known, draw: random.Random, _: Sequence[str]) -> Iterable[_Try]:
    text = parse.text
    for match in _QUOTED.finditer(text):
        inner, start = match.group(1), match.start(1)
        content = [m for m in re.finditer(r"[A-Za-z]{4,}", inner) if m.group().casefold() not in _COMMON]
        if len(inner.split()) < 3 or not content:
            continue
        for m in content:
            tag = next((t.tag for t in parse.tokens if t.start == start + m.start()), "")
            opposite = DIRECTIONS.get(m.group().casefold())
            if opposite and tag.startswith(opposite[0]):
                yield _Try("opposite", (_Edit(start + m.start(), start + m.end(), opposite[1]),))
            if tag == "NN" and known.nouns:
                noun = draw.choice(known.nouns)
                if noun[:4].casefold() != m.group()[:4].casefold() and noun.casefold() not in inner.casefold():
                    yield _Try("word", (_Edit(start + m.start(), start + m.end(), noun),))
            if tag == "JJ":
                yield _Try("adjective", (_Edit(start + m.start(), start + m.end(), draw.choice(DEGREES)),))
        verb = re.search(r"\b(?:is|are|was|were|will|would|should|could|have|has|had)\b(?! not|n't)", inner)
        if verb:
            yield _Try("negated", (_Edit(start + verb.end(), start + verb.end(), " not"),))
        parts = inner.split()
        if len(parts) > 8:
            cut = draw.randint(2, len(parts) - 5)
            left = " ".join([*parts[:cut], *parts[cut + 2 :]])
            yield _Try("words left out", (_Edit(start, match.end(1), left),))
        speaker = re.search(r"(?:said|says|told) |(?:said|says)\b", text[match.end() :] + text[: match.start()])
        if speaker:
            for at, token in enumerate(parse.tokens):
                if token.text.casefold() in SPEECH and token.tag[:2] == "VB":
                    for child in parse.children(at):
                        if parse.tokens[child].dep == "nsubj":
                            for one in _moved(parse, child, known, draw):
                                yield _Try("speaker", one.edits)
    if not _QUOTED.search(text):
        for at, token in enumerate(parse.tokens):
            if token.text.casefold() in SPEECH and token.dep == "ROOT":
                for child in parse.children(at):
                    clause = parse.tokens[child]
                    first = clause.left + 1 if parse.tokens[clause.left].text == "that" else clause.left
                    inner = text[parse.tokens[first].start : parse.tokens[clause.right].end]
                    if clause.dep == "ccomp" and first > at and 5 <= len(inner.split()) <= 20:
                        # Somebody's words told in the article's are put into their mouth, and changed on the way.
                        changed = re.sub(r"\b(is|are|was|were|will|would|could)\b", r"\1 certainly", inner, count=1)
                        if changed != inner:
                            yield _Try(
                                "invented",
                                (_Edit(parse.tokens[first].start, parse.tokens[clause.right].end, f'"{changed}"'),),
                            )


def _subjects(parse: Parse, known: _Known, draw: random.Random, _: Sequence[str]) -> Iterable[_Try]:
    text, tokens = parse.text, parse.tokens
    for at, token in enumerate(tokens):
        if token.tag[:2] != "VB":
            continue
        children = parse.children(at)
        subjects = [i for i in children if tokens[i].dep in ("nsubj", "nsubjpass")]
        objects = [i for i in children if tokens[i].dep in ("dobj", "dative") and i > at]
        objects += [
            j
            for i in children
            if tokens[i].dep in ("agent", "prep") and tokens[i].text in ("by", "against", "to", "over")
            for j in parse.children(i)
            if tokens[j].dep == "pobj"
        ]
        for subject in subjects:
            for thing in objects:
                a, b = _name_at(parse, subject), _name_at(parse, thing)
                if not (_is_name(parse, a) and _is_name(parse, b)) or a[1] > b[0]:
                    continue
                (s1, e1), (s2, e2) = _span(parse, *a), _span(parse, *b)
                one, other = text[s1:e1], text[s2:e2]
                if tokens[subject].entity in ("LOC", "FAC") or tokens[thing].entity in ("LOC", "FAC"):
                    continue
                if not _unlike(one, other) or token.text.casefold() in (
                    "met",
                    "meet",
                    "married",
                    "join",
                    "joined",
                    "is",
                    "are",
                    "was",
                ):
                    continue
                put = other[0].upper() + other[1:] if s1 == 0 else other
                back = one if not (s1 == 0 and one.startswith("The ")) else f"the {one[4:]}"
                # "the" belongs to the one name and not to the other.
                if (
                    text[:s2].endswith(" the ")
                    and tokens[thing].entity != "PERSON"
                    and tokens[subject].entity == "PERSON"
                ):
                    s2 -= 4
                yield _Try("swapped", (_Edit(s1, e1, put), _Edit(s2, e2, back)))
            begin, end = _name_at(parse, subject)
            kind = tokens[subject].entity
            if (
                _is_name(parse, (begin, end))
                and kind in ("PERSON", "ORG", "GPE")
                and token.text.casefold() not in SPEECH
            ):
                start, stop = _span(parse, begin, end)
                name = text[start:stop]
                pool = [one for one in known.names[kind] if _unlike(one, name) and not _in(one, text)]
                if pool:
                    yield _Try("replaced", (_Edit(start, stop, _fit(draw.choice(pool), name, start == 0)),))


def _is_name(parse: Parse, place: tuple[int, int]) -> bool:
    token = parse.tokens[place[1] - 1]
    token = parse.tokens[place[1] - 2] if token.tag == "POS" and place[1] - place[0] > 1 else token
    return token.tag.startswith("NNP") and token.entity in NAMED


_MAKERS: dict[str, Callable[[Parse, _Known, random.Random, Sequence[str]], Iterable[_Try]]] = {
    "number": _numbers,
    "name": _names,
    "date": _dates,
    "negation": _negations,
    "direction": _directions,
    "attribution": _attributions,
    "quotation": _quoting,
    "subject": _subjects,
}
