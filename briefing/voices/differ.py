"""Where independent outlets disagree: figures and outcomes of the same fact, by rule over aligned sentences.

Precision goes before recall. What is no disagreement: rounding, a range or a bound that holds the other figure, other
units, a figure an outlet has brought up to date, numbers of other things, a report a day older than the others.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from briefing.engines.reading import is_english
from briefing.guard.lexicon import MONTHS, NEGATORS, OPPOSITES, WEEKDAYS, stem, stems
from briefing.guard.quantities import LENGTHS, Quantity, same
from briefing.text import words
from briefing.types import Article, Disagreement, Evidence, Version
from briefing.voices.align import Aligner, Line, content, figures

__all__ = ["MOST", "disagreements"]

MOST = 3
"""Disagreements told of a story."""
AT_ONCE = timedelta(hours=24)
"""A report that is older than another by more is not another account but an earlier one."""
_ALIKE = 4
"""Words two sentences share that make them speak of one event, whatever names they have."""
_REACH = 4
"""Words between a number and what became of those it counts."""

FATES = {
    "dead": stems("die kill dead death fatal slay"),
    "injured": stems("hurt injure injury wound"),
    "arrested": stems("arrest detain"),
    "missing": stems("missing disappear unaccounted"),
    "rescued": stems("rescue save survivor"),
    "evacuated": stems("evacuate evacuation"),
}
_ANYBODY = stems(
    "person people victim body other man woman casualty die kill dead death fatality injure hurt wound injury arrest detain missing "
    "rescue save survivor evacuate"
)
_PART = re.compile(
    r"(?i)\b(?:including|among (?:them|whom)|another|of (?:whom|them|those)|includes?|at least one|first|other|since|every|each|further)(?: [\w'’-]+){0,2} $"
)
_MORE = re.compile(r"(?i)^ (?:more|others?|further|additional|of (?:them|whom|those))\b")
_THEN = re.compile(
    r"(?i)\b(?:in (?:18|19|20)\d\d|last (?:year|month|week|summer|winter|spring|autumn)|years? ago|months? ago|previous\w*|earlier|"
    r"so far this|since (?:18|19|20)\d\d|a year|per year|each year|annual\w*|average|anniversary|initially|at first|had been reported|"
    r"revised|corrected|up from|down from|if|could|might|would|(?-i:may)|capacity|up to|feared|forecast|expected|predicted|risk|record)\b"
)
_KINDS = stems(
    "youth core annual yearly monthly quarterly weekly daily net gross male female average median underlying real nominal total "
    "local national regional global domestic foreign rural urban adult child retail wholesale pretax operating"
)
"""What makes another quantity of one that is called the same."""
_TOLL = re.compile(
    r"(?i)\b(?:death toll|toll|number of (?:dead|deaths|people killed))\b[^.;]{0,80}"
    r"\b(?:to|at|of|was|is|reached|passed|topped|hit)(?: at least| about| around| more than| over)? $"
)
_HURT = re.compile(
    r"(?i)\b(?:number of (?:people )?(?:injured|hurt|wounded|treated(?: for injuries)?|in hospital)|injury toll)\b[^.;]{0,80}"
    r"\b(?:to|at|of|was|is|reached|passed|topped|hit)(?: at least| about| around| more than| over)? $"
)
_SAYS = re.compile(
    r"(?i)(?:, [^,]{0,80}\b(?:said|says|told|reported|reports)\b.*|,? according to .*)$|^[^,]{0,60}\b(?:said|says)\b(?: that)?"
)
_RANGE = re.compile(r"(\d[\d,.]*)(?: ?[-–] ?| (?:to|and|or) )(\d[\d,.]*)")
_OUTCOMES = stems(
    "approve reject accept refuse pass fail convict acquit clear win lose survive die release detain jail free allow ban block "
    "confirm deny open close guilty innocent alive dead lift impose agree cancel resign stay back oppose uphold overturn"
)
_UNSURE = re.compile(
    r"(?i)\b(?:(?-i:may)|might|could|would|if|whether|expected|likely|(?:plan|hope|want|vow|promise)(?:s|ed)? to|urged?|called for|calls for)\b"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity, the sentence it stands in, what it counts, and whose it is."""

    quantity: Quantity
    line: Line
    fact: str
    article: Article


def disagreements(voices: Sequence[Article], aligner: Aligner) -> tuple[Disagreement, ...]:
    """What outlets that do not copy each other tell differently of the same fact, at most `MOST` of them.

    `voices` are as `voices_of` gives them.
    """
    # Quantities and opposites are read in English only: 1.200 is another number elsewhere.
    current = _current([article for article in voices if is_english(article.text)])
    if len({article.source for article in current}) < 2:
        return ()
    found = [*_figures(current, aligner), *_outcomes(current, aligner)]
    return tuple(found[:MOST])


def _current(voices: Sequence[Article]) -> list[Article]:
    """The newest article of each outlet, without those a day older than the newest of all."""
    newest: dict[str, Article] = {}
    for article in voices:
        known = newest.get(article.source)
        if known is None or is_later(article, known):
            newest[article.source] = article
    dated = [article.published for article in newest.values() if article.published]
    last = max(dated, default=None)
    return [a for a in newest.values() if last is None or a.published is None or last - a.published <= AT_ONCE]


def is_later(one: Article, other: Article, by: timedelta = timedelta(0)) -> bool:
    return one.published is not None and other.published is not None and one.published - other.published > by


# Figures


def _figures(articles: Sequence[Article], aligner: Aligner) -> list[Disagreement]:
    tables = [(article, facts_of(article, aligner)) for article in articles]
    out = []
    for fact in dict.fromkeys(fact for _, table in tables for fact in table):
        told = [(article, table[fact]) for article, table in tables if fact in table]
        # Who gives several figures of a fact speaks of more than one thing.
        clear = [(article, own[0]) for article, own in told if all(compatible(a, own[0]) for a in own)]
        groups: list[list[Figure]] = []
        for _, one in clear:
            fitting = [group for group in groups if all(compatible(one, other) for other in group)]
            if len(fitting) == 1:
                fitting[0].append(one)
            elif not fitting:
                groups.append([one])
        if len(groups) < 2 or not _one_fact([group[0] for group in groups], aligner):
            continue
        groups.sort(key=lambda group: (-len(group), group[0].quantity.value))
        versions = tuple(
            Version(
                worded(group[0]),
                tuple(one.article.source for one in group),
                tuple(Evidence(one.line.article, *one.line.span) for one in group[:2]),
            )
            for group in groups
        )
        out.append(Disagreement(versions=versions, about=about(fact, groups[0][0])))
    return sorted(out, key=lambda one: (one.about not in FATES, -sum(len(v.outlets) for v in one.versions)))


def _one_fact(firsts: Sequence[Figure], aligner: Aligner) -> bool:
    """Whether the versions are of one thing: their sentences say the same, and nobody also has the other's figure."""
    for one, other in itertools.combinations(firsts, 2):
        if not aligned(one, other, aligner):
            return False
        for mine, theirs in ((one, other), (other, one)):
            # The other's figure of such a thing anywhere in an article: then it tells of both.
            everything = [f for line in aligner.lines(mine.article) for f in figures(line.text)]
            if any(_like(f, theirs.quantity) for f in everything):
                return False
    return True


def _like(one: Quantity, other: Quantity) -> bool:
    fate = _fate(other)
    return (
        one.value == other.value
        and one.kind == other.kind
        and (_fate(one) == fate if fate else one.nouns[:1] == other.nouns[:1])
    )


def aligned(one: Figure, other: Figure, aligner: Aligner, *, later: bool = False) -> bool:
    """Whether two figures of the same name count the same thing: their sentences speak of one event.

    Of a `later` report it is enough to share a name with the earlier one, or several words.
    """
    mine, theirs = one.line.stems, other.line.stems
    shared = mine & theirs
    beyond = shared - FATES.get(one.fact, frozenset()) - _ANYBODY
    here, there = _names(one.line.text), _names(other.line.text)
    if here - there and there - here and not (later and (here & there or len(beyond) >= _ALIKE)):
        # Each names somebody or some place the other does not: it may be another's number.
        return False
    share = len(shared) / max(1, min(len(mine), len(theirs)))
    near = aligner.cosines(one.line.text, [other.line.text])
    cosine = near[0] if near else share
    if one.fact in FATES:
        # Beyond the fate itself they must speak of the same event.
        return cosine >= 0.5 and bool(beyond)
    if (mine ^ theirs) & _KINDS:
        return False
    return cosine >= 0.7 and share >= 0.5 and len(one.quantity.near & other.quantity.near) >= 2


def _names(text: str) -> frozenset[str]:
    """Words with a capital inside a sentence, without who says so and when."""
    told = _SAYS.sub("", text)
    found = re.findall(r"(?<=[\w,;:’'] )[A-ZÀ-ÖØ-Þ][\w’'-]+", told)
    return frozenset(stem(word) for word in found if word.casefold() not in {*MONTHS, *WEEKDAYS})


def facts_of(article: Article, aligner: Aligner) -> dict[str, list[Figure]]:
    """What an article counts, with the sentences that give a figure for it."""
    found: dict[str, list[Figure]] = {}
    for line in aligner.lines(article):
        if _THEN.search(line.text):
            continue
        own = figures(line.text)
        for one in own:
            fact = _fact(one, own, line.text)
            if fact:
                found.setdefault(fact, []).append(Figure(one, line, fact, article))
    return found


def _fact(one: Quantity, own: Sequence[Quantity], text: str) -> str:
    """What a quantity counts: a fate of people, a thing, or nothing that could be named."""
    before, after = text[: one.start], text[one.end :]
    if _PART.search(before) or _MORE.search(after):
        return ""
    if one.kind == "plain" and _TOLL.search(before):
        return "dead"
    if one.kind == "plain" and _HURT.search(before):
        return "injured"
    head = one.nouns[0] if one.nouns else ""
    if one.kind == "plain" and (not head or head in _ANYBODY or head not in LENGTHS):
        fate = _fate(one)
        if fate:
            return fate if not head or head in _ANYBODY else f"{fate} {head}"
    unit = next((noun for noun in one.nouns[:2] if noun in LENGTHS), "")
    alike = [f for f in own if f.kind == one.kind and f.nouns[:1] == one.nouns[:1]]
    if len(alike) > 1:
        return ""
    if one.kind == "plain" and len(head) > 2 and not (one.spelled or one.value <= 3) and not unit:
        return f"number {head}"
    if one.kind == "percent" or one.kind.startswith("money"):
        return one.kind
    return ""


def _fate(one: Quantity) -> str:
    for word in one.around[: 2 * _REACH]:
        for name, fate in FATES.items():
            if word in fate:
                return name
    return ""


def compatible(one: Figure, other: Figure) -> bool:
    """Whether two figures can both be true."""
    a, b = one.quantity, other.quantity
    if a.kind != b.kind or same(a, b) or same(b, a):
        return True
    units = [next((noun for noun in q.nouns[:2] if noun in LENGTHS), "") for q in (a, b)]
    if units[0] != units[1]:
        return True
    (low, high), (least, most) = _interval(one), _interval(other)
    if low <= most and least <= high:
        return True
    # 12,000 and 11,870: one is rounded, whether or not it says so.
    for rough, exact in ((a.value, b.value), (b.value, a.value)):
        if rough >= 20 and abs(rough - exact) / rough <= 0.05 and len(f"{rough:.10g}".rstrip("0")) <= 2:
            return True
    return False


def _interval(one: Figure) -> tuple[float, float]:
    """The values a figure allows."""
    quantity, text = one.quantity, one.line.text
    value = quantity.value
    for match in _RANGE.finditer(text):
        if match.start() <= quantity.start < match.end() and re.search(
            r"(?i)between $|from $|$", text[: match.start()]
        ):
            ends = [float(part.replace(",", "").rstrip(".")) for part in match.groups()]
            if " and " not in match.group() or re.search(r"(?i)between $", text[: match.start()]):
                return min(ends), max(ends)
    if quantity.loose == ">" or re.search(r"(?i)\bat least $", text[: quantity.start]):
        return value, float("inf")
    if quantity.loose == "<":
        return 0.0, value
    if quantity.loose == "~":
        return 0.85 * value, 1.15 * value
    return value, value


def worded(one: Figure) -> str:
    """A figure as its article words it, with what qualifies it and its unit."""
    text, quantity = one.line.text, one.quantity
    lead = re.search(
        r"(?i)\b(?:at least|more than|about|around|nearly|almost|some|fewer than|less than|up to|over) $",
        text[: quantity.start],
    )
    tail = re.match(
        r"(?i) ?(?:%|per ?cent|percent|euros?|dollars?|pounds?|(?:million|billion)(?: \w+)?)\b", text[quantity.end :]
    )
    start = lead.start() if lead else quantity.start
    return text[start : quantity.end + (tail.end() if tail else 0)].strip()


def about(fact: str, one: Figure) -> str:
    """What is counted: a fate's own name, or the article's words after the figure."""
    fate, _, noun = fact.partition(" ")
    if fact in FATES:
        return fact
    if one.quantity.kind != "plain":
        return ""
    following = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", one.line.text[one.quantity.end :])[:4]
    for count, word in enumerate(following, 1):
        if stem(word) == noun:
            thing = " ".join(following[:count])
            return f"{thing} {fate}" if fate in FATES else thing
    return fate if fate in FATES else ""


# Outcomes


def _outcomes(articles: Sequence[Article], aligner: Aligner) -> list[Disagreement]:
    """Sentences that say the same but for the outcome: approved here, rejected there; or denied by one."""
    out = []
    for mine, theirs in itertools.combinations(articles, 2):
        for line in aligner.lines(mine):
            if _UNSURE.search(line.text) or not (line.stems & _OUTCOMES):
                continue
            alike = [other for other in aligner.lines(theirs) if _alike(line, other) and _opposed(line, other)]
            near = aligner.cosines(line.text, [other.text for other in alike]) or [1.0] * len(alike)
            for other, cosine in zip(alike, near, strict=True):
                # Who tells of both does not contradict the other.
                if cosine < 0.75 or _tells(theirs, line, aligner) or _tells(mine, other, aligner):
                    continue
                versions = tuple(
                    Version(one.text, (article.source,), (Evidence(one.article, *one.span),))
                    for article, one in ((mine, line), (theirs, other))
                )
                out.append(Disagreement(versions=versions, kind="outcome"))
    return out[:1]


def _alike(one: Line, other: Line) -> bool:
    shared = len(one.stems & other.stems)
    return 2 * shared >= max(len(one.stems), len(other.stems)) and shared >= 3 and not _UNSURE.search(other.text)


def _opposed(one: Line, other: Line) -> bool:
    """Whether two sentences that are much alike say opposite things."""
    mine, theirs = one.stems - other.stems, other.stems - one.stems
    opposite = any(word in _OUTCOMES and OPPOSITES.get(word, frozenset()) & theirs & _OUTCOMES for word in mine)
    verbs = one.stems & other.stems & _OUTCOMES
    negated = bool(verbs) and _negators(one) != _negators(other) and not opposite
    return (opposite and _negators(one) == _negators(other)) or (negated and len(mine | theirs) <= 6)


def _negators(line: Line) -> bool:
    return any(word.casefold() in NEGATORS or "n't" in word.replace("’", "'") for word in words(line.text))


def _tells(article: Article, line: Line, aligner: Aligner) -> bool:
    """Whether an article says elsewhere what a sentence of another does, outcome included."""
    outcome = line.stems & _OUTCOMES
    rest = content(line.text) - outcome
    return any(
        outcome <= other.stems
        and len(rest & other.stems) >= 0.5 * max(1, len(rest))
        and _negators(other) == _negators(line)
        for other in aligner.lines(article)
    )
