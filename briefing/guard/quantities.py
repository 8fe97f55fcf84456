"""Numbers of a text as quantities: values, units, and what they are of.

>>> same(*quantities("1.2bn"), *quantities("1,200 million"))
True
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from briefing.guard.lexicon import COMMON, MONTHS, stem, stems

__all__ = ["LENGTHS", "Quantity", "numbered", "quantities", "same"]

_ONES = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * (k + 2)
    for k, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
}
_BIG = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT = {
    "k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "bln": 1e9, "tn": 1e12, "trn": 1e12,
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
}  # fmt: skip
_ORDINALS = {
    word: value
    for value, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"], 1
    )
}  # fmt: skip
_PARTS = {
    "half": 50.0,
    "third": 100 / 3,
    "quarter": 25.0,
    "thirds": 100 / 3,
    "quarters": 25.0,
    "fifth": 20.0,
    "fifths": 20.0,
    "tenth": 10.0,
}
_VAGUE = {"tens": 10.0, "dozens": 12.0, "hundreds": 1e2, "thousands": 1e3, "millions": 1e6, "billions": 1e9}

_WORDS = "|".join([*_ONES, *_TENS])
_DIGITS = re.compile(
    r"(?<![\w.])(?P<money>(?:US|A|C|NZ|HK)?[$£€¥]|# ?|Rs\.? ?)?(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:(?P<short>(?:mn|mln|bn|bln|tn|trn|hundred|thousand|million|billion|trillion)(?!\w)|[kmb](?!\w|-(?!dollar|pound|euro|yen|crown|franc)))|[- ](?P<big>hundred|thousand|million|billion|trillion|mn|bn|tn)\b)?"
    r"(?P<ordinal>(?:st|nd|rd|th)\b)?",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    rf"(?i)(?<![\w-])(?:(?P<word>(?:{_WORDS})(?:[- ](?:(?:{_WORDS})|(?:{'|'.join(_BIG)})(?: and(?= (?:{_WORDS})\b))?)(?![\w]))*)"
    r"|(?P<a>an?|several|few) (?P<abig>hundred|thousand|million|billion|trillion)|(?P<dozen>(?:(?:a|two|three|four|half a) )?dozen)"
    r"|(?P<vague>(?:(?:tens|dozens|hundreds|thousands) of )?(?:thousands|millions|billions)|dozens|hundreds))(?![\w])"
)
_FRACTION = re.compile(
    r"(?i)\b(?:(?P<count>a|one|two|three|four)[- ](?P<part>third|thirds|quarter|quarters|fifth|fifths|tenth)s?\b|(?P<half>half)\b)"
)
_ORDINAL = re.compile(rf"(?i)\b(?P<word>{'|'.join(list(_ORDINALS)[2:])})\b")
_SCORE = re.compile(r"(?<![\w.-])(\d{1,3})[-–](\d{1,3})(?:[-–](\d{1,3}))?(?![\w-]|\.\d)")
_PERCENT = re.compile(r"(?i)[- ]?(?:%|percent(?:age points?)?\b|per[- ]?cent\b|pct\b|pc\b)")
_TIME = re.compile(r"(?i)\d{1,2}(?:[:.]\d\d)? ?[ap]\.?m\b\.?|\d{1,2}:\d\d\b|\d{1,2}(?:st|nd|rd|th)? o[’']clock")
_YEARS = re.compile(r"(?<![\d,.$£€])(?:1[0-9]|20)\d\d(?!\d|,\d|\.\d)(?:[-–]\d{2,4})?")
_DAYS = re.compile(
    rf"(?i)\b(?:{'|'.join(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?!,\d{{3}})"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{'|'.join(MONTHS)})\b"
)
_NAMED = re.compile(
    r"\b(?:(?!A \d|(?:Under|Over)[- ]\d)[A-Z][A-Za-z]*[- ]?\d+[A-Za-z]?\b|[A-Z]+\d+\w*|\d+[A-Z]+\b)|(?i:\b(?:no|number|flight|route|highway|interstate)\.? \d+)"
)
_NUMBERED = re.compile(
    r"(?:Section|Flight|Route|Apollo|Highway|Boeing|Airbus|Formula|Article|Interstate|Group|Channel|Area|Unit|Zone|Room|Type|Model|Mark|Level|Grade|Division) "
)
_APPROXIMATE = re.compile(
    r"(?i)(?:\b(?:about|around|roughly|approximately|some|circa|estimated|close to|near|approaching)|~) (?:an? )?$"
)
_OVER = re.compile(
    r"(?i)\b(?:more than|over|at least|above|exceed\w*|upwards? of|greater than|not less than|no fewer than|surpass\w*|topp\w*|minimum of) (?:an? |the )?$"
)
_UNDER = re.compile(
    r"(?i)\b(?:nearly|almost|less than|fewer than|under|below|up to|at most|just short of|as many as|as much as|no more than|maximum of|close to|within) (?:an? |the )?$"
)
_CURRENCY_WORDS = {"dollar": "$", "pound": "£", "euro": "€", "yen": "¥", "usd": "$", "gbp": "£", "eur": "€"}
LENGTHS = stems(
    "mile kilometer kilometre km meter metre foot feet inch yard pound lb lbs kilogram kilo kg gram ton tonne ounce gallon liter litre acre hectare degree "
    "minute hour day week month year decade century second mph kph mw watt euro dollar yen rupee percent barrel knot"
)
"""Units: a number in one of them is no number in another."""
_SAME_UNIT = {
    stem(a): stem(b)
    for a, b in (
        ("kilometre", "kilometer"),
        ("km", "kilometer"),
        ("metre", "meter"),
        ("kg", "kilogram"),
        ("kilo", "kilogram"),
        ("litre", "liter"),
        ("tonne", "ton"),
        ("lb", "pound"),
        ("lbs", "pound"),
    )
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text. `kind`: "plain", "age", "percent", "ordinal", "score", "vague", or "money" and its sign.

    `loose` says how it is qualified: "" exactly, "~" about, ">" more than, "<" less than. `nouns` are the stems of what
    follows it, up to the end of its phrase; `near` of what stands around, `around` the same,
    the nearest first.
    """

    text: str
    value: float
    kind: str
    start: int
    end: int
    loose: str = ""
    nouns: tuple[str, ...] = ()
    near: frozenset[str] = frozenset()
    around: tuple[str, ...] = ()
    spelled: bool = False


def numbered(text: str) -> list[str]:
    """Names that hold a number, as digits: "Flight 9525", "Section 66A", "U2".

    >>> numbered("Section 66A and Flight 9525")
    ['66a', '9525']
    """
    return [
        re.sub(r"^.*?(?=\d)", "", match.group()).casefold()
        for match in _NAMED.finditer(text)
        if not re.match(r"[A-Z][a-z]+ \d", match.group()) or _NUMBERED.match(match.group())
    ]


def quantities(text: str) -> list[Quantity]:
    """The numbers of a text that count or measure something; dates, times of day and names with digits are none."""
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        if any(a < end and start < b for a, b in taken):
            return False
        taken.append((start, end))
        return True

    for pattern in (_DAYS, _TIME):
        for match in pattern.finditer(text):
            free(*match.span())
    for match in _YEARS.finditer(text):
        # "2000 people" counts them.
        if not re.match(
            r" (?:people|men|women|children|miles|soldiers|troops|jobs|homes|workers|members|dollars|feet)\b",
            text[match.end() :],
        ):
            free(*match.span())
    for match in _NAMED.finditer(text):
        if not re.match(r"[A-Z][a-z]+ \d", match.group()) or _NUMBERED.match(match.group()):
            free(*match.span())
    found: list[Quantity] = []
    for match in _SCORE.finditer(text):
        if free(*match.span()):
            low = sorted(int(one) for one in match.groups() if one)
            kind = (
                "score"
                if not re.match(r"[- ](?:year|day|mile|page|percent|per|minute|hour)", text[match.end() :])
                else "range"
            )
            if kind == "score":
                found.append(_quantity(text, match.start(), match.end(), low[0] * 1000.0 + low[-1], "score"))
            else:
                found.extend(_quantity(text, *match.span(k), float(match.group(k)), "plain") for k in (1, 2))
    for match in _FRACTION.finditer(text):
        following = text[match.end() :]
        if match["half"] and re.match(
            r"[- ](?:dozen|time|hour|year|century|brother|sister|marathon|term|season|million|billion)", following
        ):
            continue
        if (
            match["count"]
            and match["count"].casefold() == "a"
            and match["part"].casefold() == "quarter"
            and re.match(r"(?i)(?:century|back)", following)
        ):
            continue
        if free(*match.span()):
            count = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4}[(match["count"] or "a").casefold()]
            value = 50.0 if match["half"] else count * _PARTS[match["part"].casefold().removesuffix("s")]
            found.append(_quantity(text, *match.span(), value, "percent", spelled=True, part=True))
    for match in _DIGITS.finditer(text):
        if free(*match.span()):
            value = float(match["value"].replace(",", "")) * _SHORT.get(
                (match["short"] or match["big"] or "").casefold(), 1
            )
            money = match["money"]
            kind = "ordinal" if match["ordinal"] else f"money {money.strip()[-1]}" if money else "plain"
            found.append(_quantity(text, *match.span(), value, kind))
    for match in _SPELLED.finditer(text):
        if free(*match.span()):
            if match["vague"]:
                vague = math.prod(_VAGUE[word] for word in match["vague"].casefold().split(" of "))
                found.append(_quantity(text, *match.span(), vague, "vague", spelled=True))
            elif match["dozen"]:
                many = {"two": 2.0, "three": 3.0, "four": 4.0, "half": 0.5}.get(
                    match["dozen"].split()[0].casefold(), 1.0
                )
                found.append(_quantity(text, *match.span(), 12 * many, "plain", spelled=True))
            elif match["abig"]:
                kind = "plain" if match["a"].casefold() in ("a", "an") else "vague"
                found.append(_quantity(text, *match.span(), _BIG[match["abig"].casefold()], kind, spelled=True))
            else:
                found.append(_quantity(text, *match.span(), _spelled(match["word"]), "plain", spelled=True))
    found.extend(
        _quantity(text, *match.span(), float(_ORDINALS[match["word"].casefold()]), "ordinal", spelled=True)
        for match in _ORDINAL.finditer(text)
        if free(*match.span())
    )
    return sorted(found, key=lambda one: one.start)


def _spelled(words: str) -> float:
    total = current = 0.0
    for word in re.split(r"[- ]", words.casefold()):
        if word in _BIG:
            current = max(current, 1) * _BIG[word]
            if _BIG[word] > 100:
                total, current = total + current, 0.0
        else:
            current += _ONES.get(word, _TENS.get(word, 0))
    return total + current


def _quantity(
    text: str, start: int, end: int, value: float, kind: str, spelled: bool = False, part: bool = False
) -> Quantity:
    before, after = text[:start], text[end:]
    if not part:
        match = _PERCENT.match(after)
        if match and kind == "plain":
            kind, end = "percent", end + match.end()
            after = text[end:]
    nouns: list[str] = []
    for match in re.finditer(
        r"[^\W_]+|[^\s\w]",
        re.sub(r"^(?:[- ]of(?: the| all| its| their)?\b| more| other| additional| extra)+", "", after)[:60],
    ):
        word = match.group()
        if word in "-–'’":
            continue
        if not word[0].isalpha() or (word.casefold() in COMMON and nouns) or len(nouns) > 3:
            break
        if word.casefold() not in COMMON:
            nouns.append(_SAME_UNIT.get(stem(word), stem(word)))
    if kind == "plain" and (
        re.match(r"[- ]years?[- ]old\b|,? aged?\b", after)
        or re.search(r"(?i)\baged? (?:of )?$", before)
        or (value < 120 and re.search(r"[A-Z][\w.’'-]+, $", before) and re.match(r"(?:, |\.$)", after))
    ):
        kind, nouns = "age", []
    if kind == "plain" and nouns and nouns[0] in _CURRENCY_WORDS and after.lstrip()[:1].islower():
        kind = f"money {_CURRENCY_WORDS[nouns[0]]}"
    left, right = re.findall(r"[^\W_]+", before)[-8:], re.findall(r"[^\W_]+", after)[:9]
    # What precedes is nearer than what follows at the same distance: "killing 12 and injuring 30".
    ranked = sorted(
        [*((k, word) for k, word in enumerate(reversed(left))), *((k + 0.5, word) for k, word in enumerate(right))]
    )
    around = [word for _, word in ranked]
    near = frozenset(stem(word) for word in around if word.casefold() not in COMMON)
    loose = (
        "~" if _APPROXIMATE.search(before) else ">" if _OVER.search(before) else "<" if _UNDER.search(before) else ""
    )
    if re.match(r"(?i)[- ]?(?:odd\b|or so\b|or more\b|plus\b|\+)", after):
        loose = "~"
    return Quantity(
        text[start:end],
        value,
        kind,
        start,
        end,
        loose,
        tuple(nouns),
        near,
        tuple(stem(word) for word in around),
        spelled,
    )


def same(one: Quantity, other: Quantity) -> bool:
    """Whether a claim's quantity (`one`) is the source's (`other`): equal, or rounded as its words allow."""
    if {one.kind, other.kind} == {"age", "plain"}:
        # "27" may be told without its years.
        # Those "over 60" are people, as a rule.
        plain = one if one.kind == "plain" else other
        return one.value == other.value and (
            (plain.loose in ("<", ">") and plain.value < 100)
            or one.nouns[:1] == ("year",)
            or other.nouns[:1] == ("year",)
            or not (one.nouns or other.nouns)
        )
    if one.nouns[:1] == other.nouns[:1] == ("pound",):
        # "30lbs" and "30 pounds" are a weight, which reads like money where it is spelled out.
        one, other = replace(one, kind="plain"), replace(other, kind="plain")
    if "money #" in (one.kind, other.kind) and one.kind[:5] == other.kind[:5]:
        # Some data sets have this sign for every currency.
        one, other = replace(one, kind="money"), replace(other, kind="money")
    if one.kind != other.kind and {one.kind, other.kind} != {"plain", "ordinal"} and not _vague(one, other):
        # A currency may be left out where the amount is the same; it may not be another.
        if not (one.kind == "plain" and other.kind.startswith("money")) or (one.nouns[:1] and one.nouns[0] in LENGTHS):
            return False
        if one.value < 1000:
            return False
    a, b = one.value, other.value
    if a == b or (_vague(one, other) and one.kind == "vague" and a <= b < 1000 * a):
        return True
    if one.kind in ("score", "ordinal", "vague") or b == 0:
        return False
    ratio = a / b
    if one.loose == "~" or other.loose == "~":
        return 0.9 <= ratio <= 1.1
    if one.loose == ">":
        return 0.8 <= ratio < 1 and _round(a)
    if one.loose == "<":
        return 1 < ratio <= 1.2 and _round(a)
    # Rounded as people do it: 1,234,567 is 1.2 million; 84.6 % is 85 %.
    digits = len(f"{a:.10g}".replace(".", "").strip("0")) or 1
    whole = b != int(b) and a == int(a)
    return (digits >= 2 or whole) and float(f"{b:.{max(digits, 2)}g}") == a


def _vague(one: Quantity, other: Quantity) -> bool:
    return "vague" in (one.kind, other.kind) and {one.kind, other.kind} <= {"vague", "plain"}


def _round(value: float) -> bool:
    return len(f"{value:.10g}".replace(".", "").strip("0")) <= 2
