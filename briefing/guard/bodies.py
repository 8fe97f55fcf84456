"""Bodies of a state: of "the Chinese government" an article must tell that names China, or has it act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from briefing.guard.called import plainly
from briefing.guard.case import Case, Fault
from briefing.guard.lexicon import ALIASES, stems
from briefing.guard.names import named_in
from briefing.guard.reading import Reading, Word
from briefing.guard.source import Source, folded

__all__ = ["faults"]

_BODIES = (
    stems("government regime administration cabinet authority authorities official officials ministry minister president premier leader leadership"),
    stems("army military troops troop force forces soldier soldiers navy"),
    stems("parliament lawmaker lawmakers senate congress assembly senator"),
    stems("court judge justice prosecutor"),
    stems("embassy ambassador diplomat consulate consul"),
    stems("police officer"),
)  # fmt: skip
"""Words of one line may stand for each other."""
_TOLD = stems("government regime administration authorities officials army military troops navy parliament court embassy police ministry")  # fmt: skip
"""What a claim may invent."""
_LIKE = frozenset({"amod", "compound", "nmod", "npadvmod"})
"""How a country's name hangs on a word when it only says of what kind that is: "Chinese companies", "China-based"."""


def faults(case: Case) -> Iterable[Fault]:
    """Governments, armies and other bodies of a country of which the source names only something else."""
    claim = case.claim
    for at, word in enumerate(claim.words):
        group = next((one for one in _BODIES if word.stem in one), frozenset()) if word.stem in _TOLD else frozenset()
        if not group or claim.in_quotation(at):
            continue
        for country in _countries(claim, at):
            named = _naming(country, case.source)
            if named and not _near(group, named, case.source) and not _acts(country, named, case.source):
                yield Fault("name", f'the article tells of no "{country.text} {word.text}"')
                return


def _countries(reading: Reading, at: int) -> list[Word]:
    """Countries and peoples whose body it is: "the Chinese government", "China's army", "the army of China"."""
    words = reading.words
    own = [i for i in reading.children(at) if words[i].dep in (*_LIKE, "poss")]
    of = [i for i in reading.children(at) if words[i].low == "of"]
    own += [j for i in of for j in reading.children(i) if words[j].dep == "pobj"]
    return [words[i] for i in own if words[i].entity in ("GPE", "NORP") and folded(words[i].text) in ALIASES]


def _naming(country: Word, source: Source) -> list[int]:
    """The sentences that name a country, its people or its capital."""
    return [i for i, one in enumerate(source.sentences) if named_in(country, f" {plainly(folded(one))} ")]


def _near(group: frozenset[str], named: Sequence[int], source: Source) -> bool:
    """Whether a word for such a body stands in one of the sentences, or beside it."""
    return any(not group.isdisjoint(source.neighbourhoods[i]) for i in named)


def _acts(country: Word, named: Sequence[int], source: Source) -> bool:
    """Whether the country itself does something, has something or is done something to."""
    for reading in source.readings(named):
        if not reading.parsed:
            return True
        for word in reading.words:
            if word.text[:1].isupper() and word.dep not in _LIKE and named_in(country, f" {folded(word.text)} "):
                return True
    return False
