"""Dates: weekdays, months, days, years and times told from the day of writing, the same as in the source."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from briefing.guard.case import Case, Fault
from briefing.guard.lexicon import MONTHS, WEEKDAYS
from briefing.guard.quantities import quantities

__all__ = ["When", "faults", "whens"]

_SHORT_MONTHS = {name[:3]: k for k, name in enumerate(MONTHS, 1)} | {"sept": 9}
_MONTH = rf"(?:{'|'.join(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
_WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
_PATTERNS = (
    ("date", re.compile(rf"(?i)\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,\d{{3}})(?:,? (?P<year>(?:1[0-9]|20)\d\d)\b)?")),
    ("date", re.compile(rf"(?i)\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})(?:,? (?P<year>(?:1[0-9]|20)\d\d)\b)?")),
    ("relative", re.compile(
        rf"(?i)\b(?P<which>last|next|this|past|previous|following|coming|the same|earlier this|later this|earlier that|later that|late last|early next) "
        rf"(?P<unit>{_WEEKDAY}|week(?:end)?|month|year|decade|century|summer|winter|spring|autumn|fall|night|morning|afternoon|evening|season|{_MONTH})\b(?![’']s)"
    )),
    ("ago", re.compile(r"(?i)\b(?P<many>an?|\w+(?:[- ]\w+)?) (?P<unit>day|week|month|year|decade|hour|minute)s? (?P<side>ago|earlier|later)\b")),
    ("weekday", re.compile(rf"(?i)\b(?P<weekday>{_WEEKDAY})s?\b(?: (?P<part>morning|afternoon|evening|night)\b)?")),
    ("today", re.compile(r"(?i)\b(?P<today>today|yesterday|tomorrow|tonight)\b(?![’']s)")),
    ("month", re.compile(rf"(?<![A-Za-z])(?P<month>{'|'.join(m.capitalize() for m in MONTHS if m != 'may')}|Jan\.|Feb\.|Aug\.|Sept\.|Oct\.|Nov\.|Dec\.|(?:(?<=in )|(?<=since )|(?<=last )|(?<=of )|(?<=by )|(?<=until ))May)\b(?:,? (?:of )?(?P<year>(?:1[0-9]|20)\d\d)\b)?")),
    ("month", re.compile(rf"(?<=\bin )(?P<month>{'|'.join(m for m in MONTHS if m not in ('may', 'march'))})\b(?:,? (?P<year>(?:1[0-9]|20)\d\d)\b)?")),
    ("year", re.compile(r"(?<![\d,.$£€])(?P<year>(?:1[0-9]|20)\d\d)(?!\d|,\d|\.\d|s\b|[-–]year)(?! (?:people|men|women|children|miles|troops|soldiers|jobs|homes))")),
    ("decade", re.compile(r"(?<!\d)(?P<decade>(?:1[0-9]|20)\d0)s\b")),
    ("season", re.compile(r"(?i)(?<=\b(?:in|of) )(?:the )?(?P<season>spring|summer|autumn|winter)\b")),
)  # fmt: skip
_SAME_WHICH = {
    "past": "last",
    "previous": "last",
    "earlier this": "this",
    "later this": "this",
    "late last": "last",
    "early next": "next",
    "coming": "next",
    "following": "next",
    "the same": "same",
}


@dataclass(frozen=True, slots=True)
class When:
    """A time in a text. `kind` says what may be compared with it, `value` is equal for equal times."""

    text: str
    kind: str
    value: str
    start: int
    end: int


def whens(text: str) -> list[When]:
    """The times of a text; what has several parts (day, month, year) gives one for each.

    >>> [(one.kind, one.value) for one in whens("He left on 10 March 2015 and came back last week.")]
    [('day', '3-10'), ('year', '2015'), ('relative week', 'last')]
    """
    found: list[When] = []
    taken: list[tuple[int, int]] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(a < end and start < b for a, b in taken):
                continue
            parts = list(_parts(kind, {key: value for key, value in match.groupdict().items() if value}))
            if parts:
                taken.append((start, end))
                found.extend(When(match.group(), kind_, value, start, end) for kind_, value in parts)
    return sorted(found, key=lambda one: one.start)


def _parts(kind: str, got: dict[str, str]) -> Iterable[tuple[str, str]]:
    low = {key: value.casefold() for key, value in got.items()}
    if kind == "date":
        day = int(low["day"])
        if 1 <= day <= 31:
            yield "day", f"{_month(low['month'])}-{day}"
        if "year" in low:
            yield "year", low["year"]
    elif kind == "relative":
        which = _SAME_WHICH.get(low["which"], low["which"])
        unit = low["unit"]
        if unit in WEEKDAYS:
            yield "weekday", unit
        elif unit[:3] in _SHORT_MONTHS and unit.rstrip(".") in (*MONTHS, *_SHORT_MONTHS):
            yield "month", str(_month(unit))
        elif unit not in ("morning", "afternoon", "evening"):
            yield f"relative {unit}", which
    elif kind == "ago":
        many = quantities(f"{low['many']} x")
        value = many[0].value if many else 1.0 if low["many"] in ("a", "an") else 0.0
        if value:
            yield f"ago {low['side']}", f"{value:g} {low['unit']}"
    elif kind == "weekday":
        yield "weekday", low["weekday"]
        if "part" in low:
            yield "part", low["part"].replace("night", "evening")
    elif kind == "month":
        yield "month", str(_month(low["month"]))
        if "year" in low:
            yield "year", low["year"]
    else:
        yield kind, low[kind]


def _month(name: str) -> int:
    return _SHORT_MONTHS[name[:3]]


def _days(one: When, published: datetime | None) -> frozenset[date]:
    """The days a time may mean, seen from the day of writing."""
    if published is None:
        return frozenset()
    day = published.date()
    if one.kind == "weekday":
        back = (day.weekday() - WEEKDAYS.index(one.value)) % 7
        # News tells of the days behind it; what is to come is within the week too.
        return frozenset({day - timedelta(back), day - timedelta(back) + timedelta(7)})
    if one.kind == "today":
        return frozenset({day + timedelta({"yesterday": -1, "tomorrow": 1}.get(one.value, 0))})
    if one.kind == "day":
        month, number = (int(part) for part in one.value.split("-"))
        found = set()
        for year in (day.year - 1, day.year, day.year + 1):
            try:
                found.add(date(year, month, number))
            except ValueError:
                continue
        return frozenset(found)
    return frozenset()


def _known(one: When, theirs: Iterable[When], published: datetime | None) -> bool:
    """Whether a time of the claim is one of the source's."""
    days = _days(one, published)
    for other in theirs:
        if (one.kind, one.value) == (other.kind, other.value) or days & _days(other, published):
            return True
        if one.kind == "month" and other.kind == "day" and other.value.split("-")[0] == one.value:
            return True
        if one.kind == "decade" and other.kind == "year" and other.value[:3] == one.value[:3]:
            return True
        if one.kind.startswith("ago") and other.kind.startswith("ago") and one.value == other.value:
            return ("later" in one.kind) == ("later" in other.kind)
        if (
            published is not None
            and _resolved(one, published) is not None
            and _resolved(one, published) == _resolved(other, published)
        ):
            return True
    return one.kind == "year" and published is not None and int(one.value) == published.year


def _resolved(one: When, published: datetime) -> tuple[str, int] | None:
    """A year or month told as such, or from the day of writing."""
    shift = {"last": -1, "this": 0, "next": 1}
    if one.kind == "year":
        return "year", int(one.value)
    if one.kind == "relative year" and one.value in shift:
        return "year", published.year + shift[one.value]
    if one.kind == "month":
        return "month", int(one.value)
    if one.kind == "relative month" and one.value in shift:
        return "month", (published.month - 1 + shift[one.value]) % 12 + 1
    if one.kind == "ago ago" and one.value.endswith(" year"):
        return "year", published.year - round(float(one.value.split()[0]))
    return None


_GROUPS = {
    "weekday": "day of the week",
    "today": "day of the week",
    "day": "date",
    "month": "month",
    "year": "year",
    "part": "time of day",
    "season": "season",
    "decade": "year",
}


def _group(one: When) -> str:
    return _GROUPS.get(one.kind, one.kind.split()[0] if one.kind.startswith("ago") else one.kind)


def faults(case: Case) -> Iterable[Fault]:
    """Times the source does not have, or has of something else."""
    ours = whens(case.claim.text)
    if not ours:
        return
    published = case.source.published
    per_sentence = [_cached(case, i) for i in range(len(case.source.sentences))]
    everywhere = [one for them in per_sentence for one in them]
    full = [one for them in per_sentence for one in _full(them)]
    for day, year, text in _full(ours):
        same_day = [other for other in full if other[0] == day]
        # A day told without a year may be one of the year the article was written in.
        own_year = published is not None and int(year) == published.year
        bare = sum((one.kind, one.value) == ("day", day) for one in everywhere) > len(same_day)
        if same_day and all(other[1] != year for other in same_day) and not (own_year and bare):
            yield Fault("date", f'"{text}": the article says "{same_day[0][2]}"')
        elif bare and not same_day and not own_year and not _year_near(day, year, per_sentence):
            yield Fault("date", f'"{text}": the article gives that day another year, or none')
    # What retells one sentence must have its times; what merges several may take them from each.
    evident_order = [case.found.order[case.closest]] if case.close else case.found.order
    evident = [one for i in evident_order for one in per_sentence[i]]
    around = [one for i in case.around for one in per_sentence[i]]
    for one in ours:
        rivals = [
            other for other in evident
            if _alike(one, other) and not _known(other, ours, published) and not _known(one, [other], published)
        ]  # fmt: skip
        rival = rivals[0] if rivals else None
        says = f': the sentence it rests on says "{rival.text}"' if rival else ""
        if not _known(one, everywhere, published):
            if one.kind == "relative year" and one.value == "last" and "a year ago" in case.source.plain:
                continue
            if rival is None and (one.kind == "today" or (one.kind == "part" and not case.close)):
                continue
            yield Fault("date", f'"{one.text}" does not stand in the article{says and "," + says[1:]}')
        elif rival is not None and (
            (not _known(one, evident, published) and (case.close or not _known(one, around, published)))
            # "From 1961 to 1961": it stands in the other's place, too.
            or (case.close and _often(one, ours) > _often(one, evident))
        ):
            yield Fault("date", f'"{one.text}"{says}')


def _often(one: When, times: Sequence[When]) -> int:
    return sum((other.kind, other.value) == (one.kind, one.value) for other in times)


def _year_near(day: str, year: str, per_sentence: Sequence[Sequence[When]]) -> bool:
    """Whether a year stands at most two sentences from a day, or is the last one the article tells of, most likely its own."""
    values = [{(one.kind, one.value) for one in them} for them in per_sentence]
    years = [value for them in values for kind, value in them if kind == "year"]
    days = [i for i, them in enumerate(values) if ("day", day) in them]
    near = {value for i in days for them in values[max(0, i - 2) : i + 3] for value in them}
    return ("year", year) in near or year == max(years, default="")


def _full(times: Iterable[When]) -> list[tuple[str, str, str]]:
    """The dates that have a day and a year: both, and the text."""
    return [
        (day.value, year.value, day.text)
        for day, year in itertools.pairwise(times)
        if (day.kind, year.kind) == ("day", "year") and (day.start, day.end) == (year.start, year.end)
    ]


def _alike(one: When, other: When) -> bool:
    if one.kind.startswith("relative") and other.kind.startswith("relative"):
        return one.kind == other.kind or one.value == other.value
    return _group(one) == _group(other)


def _cached(case: Case, at: int) -> list[When]:
    memory: dict[int, list[When]] = case.source.__dict__.setdefault("_whens", {})
    if at not in memory:
        memory[at] = whens(case.source.sentences[at])
    return memory[at]
