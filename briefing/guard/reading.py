"""A sentence as the checks see it: words with stems, grammar where there is a parser, and what stands over each word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from briefing.engines.syntax import Parse
from briefing.guard.lexicon import COMMON, NEGATORS, stem

__all__ = ["Reading", "Word", "name_words", "parts", "read", "tidied"]

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|(?:\w\.){2,}|[^\W\d_]+(?:['’][^\W\d_]+)?|\w+|\S")
_SPACED_THOUSANDS = re.compile(r"(?<![\w.,])(?:[$£€]\d{1,3}(?:, \d{3})+|\d{1,3}(?:, \d{3}){2,}|\d{1,3}, 0\d\d)(?!\d)")
_SPACED_DECIMAL = re.compile(r"(?<![\w.,])([$£€]\d+|\d+(?=\. \d+ ?(?:%|per ?cent|million|billion|bn\b|m\b)))\. (?=\d)")
_SPACED_AMOUNT = re.compile(r"([$£€]\d[\d,.]*) (?=(?:k|m|mn|bn|b|tn)\b)")
_SPACED_QUOTATION = re.compile(r'(?<!\S)" ([^"]*?) "(?=[\s,.;:!?]|$)')
_SPACED_AGE = re.compile(r"(?<=\d) ?- ?(year|month|week|day)s? - old\b")
_PART = re.compile(r"(?:\w\.){2,}|\d+(?:[.,:]\d+)*|[^\W_]+(?:['’][^\W_]+)*")
_OPEN = re.compile(r"``|(?<!\w)''(?=\w)")


def parts(text: str) -> list[str]:
    """Words, and the parts of compound ones.

    >>> parts("A 40-year-old won £2million.")
    ['A', '40', 'year', 'old', 'won', '2', 'million']
    """
    return _PART.findall(text)


def tidied(text: str) -> str:
    """The text on one line, with the blanks and marks of print where it was tokenised for a machine.

    >>> tidied("the mill , `` a wonder '' , did n't burn ( yet ) .")
    'the mill, "a wonder", didn\\'t burn (yet).'
    >>> tidied("The 31 - year - old paid $1. 7m for 12, 000 seats; in 1999, 200 were sold.")
    'The 31-year-old paid $1.7m for 12,000 seats; in 1999, 200 were sold.'
    """
    text = " ".join(text.split())
    text = re.sub(r"([$£€]) (?=\d)", r"\1", text)
    text = _SPACED_AMOUNT.sub(r"\1", text)
    if text.count('"') % 2 == 0:
        text = _SPACED_QUOTATION.sub(r'"\1"', text)
    if any(mark in text for mark in ("`", "''", " .", " ,", "-lrb-", " n't", " n’t", " 's", " 'm", " 're")):
        text = text.replace("-lrb-", "(").replace("-rrb-", ")").replace("\\'", "'")
        text = re.sub(r"`` ?", '"', text)
        text = re.sub(r"` ?", "'", text)
        text = re.sub(r" ?''", '"', text)
        text = _SPACED_QUOTATION.sub(r'"\1"', text)
        text = re.sub(r" (n['’]t|['’](?:s|re|ve|ll|d|m))\b", r"\1", text)
        text = re.sub(r" ([,.;:!?)\]%])(?!\d)", r"\1", text)
        text = re.sub(r"([(\[$£€]) ", r"\1", text)
        text = re.sub(r"(?<=\w) - (?=\w)", "-", text)
    # Numbers that were taken apart: "3, 000", "$1. 7m", "2 - 0", "15 - year - old". "In 1999, 200 came" was not.
    text = _SPACED_THOUSANDS.sub(lambda match: match.group().replace(", ", ","), text)
    text = _SPACED_DECIMAL.sub(r"\1.", text)
    text = _SPACED_AGE.sub(r"-\1-old", text)
    text = re.sub(r"(?<=\d) - (?=\d)", "-", text)
    # An agency's mark that sticks to the first word: "London (CNN)The …".
    return re.sub(r"\)(?=[A-Z])", ") ", text)


@dataclass(frozen=True, slots=True)
class Word:
    """A word or mark. Without a parser `tag` and `dep` are empty and every word is its own head."""

    text: str
    low: str
    stem: str
    start: int
    end: int
    tag: str = ""
    dep: str = ""
    head: int = 0
    left: int = 0
    right: int = 0
    entity: str = ""
    opens: bool = False

    @property
    def content(self) -> bool:
        """Whether it says something of what the sentence is about."""
        return self.text[:1].isalnum() and self.low not in COMMON and self.stem not in COMMON

    @property
    def parts(self) -> tuple[str, ...]:
        """Stems of what the word is made of: a source may write "40-year-old", "50th" and "400million" otherwise, and parsers
        take them apart by the words around.
        """
        marks = tuple(stem(part) for part in parts(self.text) if part.casefold() not in COMMON)
        return tuple(mark for mark in marks if mark not in COMMON) or (self.stem,)


@dataclass(frozen=True)
class Reading:
    """A sentence, its words in order, and questions about them."""

    text: str
    words: tuple[Word, ...]
    parsed: bool

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of all words."""
        return frozenset(word.stem for word in self.words)

    @cached_property
    def content(self) -> frozenset[str]:
        """Stems of the words that say something, of compounds those of their parts (`Word.parts`)."""
        return frozenset(mark for word in self.words if word.content for mark in word.parts)

    @cached_property
    def _children(self) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in self.words]
        for i, word in enumerate(self.words):
            if self.parsed and word.head != i:
                found[word.head].append(i)
        return found

    def children(self, at: int) -> list[int]:
        """Words whose head is this one."""
        return self._children[at]

    def before_noun(self, at: int) -> bool:
        """Whether a country's or town's name has an article and goes with the word after it: "the Chile forward scored", of
        which a parser may take "forward" for an adverb and "Chile" for the subject.
        """
        words = self.words
        return (
            words[at].entity in ("GPE", "NORP")
            and 0 < at < len(words) - 1
            and words[at - 1].low == "the"
            and words[at + 1].tag in ("RB", "JJ", "NN")
            and words[at + 1].text[:1].islower()
        )

    def up(self, at: int) -> Iterable[int]:
        """Heads from this word's up to the root."""
        while self.parsed and self.words[at].head != at:
            at = self.words[at].head
            yield at

    @cached_property
    def arcs(self) -> list[tuple[int, int]]:
        """Words that say something, each with the one it depends on; words that say nothing are passed over, so that of
        "the roof of the hall" "roof" and "hall" are left. Empty without a parser.
        """
        found = []
        for i, word in enumerate(self.words):
            over = next((j for j in self.up(i) if self.words[j].content), None) if word.content else None
            if over is not None:
                found.append((i, over))
        return found

    @cached_property
    def quoted(self) -> list[tuple[int, int]]:
        """Characters between quotation marks, the marks excluded."""
        return [(m.start(1), m.end(1)) for m in re.finditer(r"[\"“]([^\"“”]*)(?:[\"”]|$)", self.text)]

    def in_quotation(self, at: int) -> bool:
        """Whether a word stands between quotation marks."""
        start = self.words[at].start
        return any(a <= start < b for a, b in self.quoted)

    @cached_property
    def names(self) -> list[tuple[int, int, str]]:
        """First and last (excluded) word of each name, and its kind (OntoNotes), or "" where only capitals tell."""
        found: list[tuple[int, int, str]] = []
        at = 0
        while at < len(self.words):
            word = self.words[at]
            if word.entity in _NAMED and (word.text[:1].isupper() or (word.low == "the" and _capitals(self.words, at))):
                end = at + 1
                while end < len(self.words) and self.words[end].entity == word.entity and not self.words[end].opens:
                    end += 1
                last = end - 1 if self.words[end - 1].low in ("'s", "’s", "'", "’") else end
                first = at + 1 if word.low == "the" and last - at > 1 else at
                found.append((first, max(last, first + 1), word.entity))
                at = end
            elif not word.entity and _capital(self.words, at) and (word.tag.startswith("NNP") or not word.tag):
                end = at + 1
                while end < len(self.words) and not self.words[end].entity and _capital(self.words, end):
                    end += 1
                found.append((at, end, ""))
                at = end
            else:
                at += 1
        return found

    def name(self, place: tuple[int, int, str]) -> str:
        """A name's characters."""
        return self.text[self.words[place[0]].start : self.words[place[1] - 1].end]

    def name_at(self, at: int) -> tuple[int, int, str] | None:
        """The name a word belongs to."""
        return next((one for one in self.names if one[0] <= at < one[1]), None)

    def negated(self, at: int) -> bool:
        """Whether a "not", "never", "no one" … reaches this word in its clause."""
        if not self.parsed:
            return any(word.low in NEGATORS for word in self.words[max(0, at - 4) : at])
        # "Left without a word" denies no leaving; what stands under "without" is denied by `up`.
        return any(self.words[i].low in NEGATORS - {"without"} for i in self._reach(at)) and not self._only(at)

    def _only(self, at: int) -> bool:
        """ "Not only" and "not just" deny nothing."""
        return (
            re.search(
                r"(?i)\b(?:not|n['’]t) (?:only|just|merely|simply)\b|\bno (?:doubt|fewer|less|matter)\b", self.text
            )
            is not None
        )

    def _reach(self, at: int) -> set[int]:
        """Words that stand over this one as negation does: children, auxiliaries, the clause's subject and object."""
        found = {*self.children(at)}
        here = at
        # Up to the verb of the clause, and on where that verb only carries another ("did not want to go").
        while self.words[here].head != here and self.words[here].dep in (
            "xcomp", "attr", "acomp", "aux", "auxpass", "pcomp", "dobj", "oprd", "advmod", "prep", "pobj", "det", "amod", "compound", "agent", "neg",
        ):  # fmt: skip
            here = self.words[here].head
            found.update(
                i
                for i in self.children(here)
                if self.words[i].dep in ("neg", "aux", "nsubj", "nsubjpass", "det", "advmod", "preconj")
            )
            if self.words[here].tag[:2] in ("VB", "MD") and self.words[here].dep not in (
                "xcomp",
                "aux",
                "auxpass",
                "pcomp",
            ):
                break
        # "No one was hurt", "none of them".
        for i in [*found]:
            if self.words[i].dep in ("nsubj", "nsubjpass", "dobj"):
                found.update(j for j in self.children(i) if self.words[j].dep in ("det", "neg"))
        return found

    def verbs(self) -> list[int]:
        """Words that carry a clause: verbs that are no auxiliaries."""
        return [i for i, word in enumerate(self.words) if word.tag[:2] == "VB" and word.dep not in ("aux", "auxpass")]

    def predicate(self, verb: int) -> int:
        """The word that says what a verb says: of "is dead" it is "dead"."""
        if self.words[verb].stem in ("be", "becom", "remain", "seem", "get"):
            return next((i for i in self.children(verb) if self.words[i].dep in ("attr", "acomp", "oprd")), verb)
        return verb

    def subjects(self, verb: int) -> list[int]:
        """Heads of a verb's subjects: its own, or those of the verb it shares them with; "by" whom in the passive."""
        passive = any(self.words[i].dep in ("auxpass", "nsubjpass") for i in self.children(verb))
        if passive:
            return [
                j
                for i in self.children(verb)
                if self.words[i].dep == "agent"
                for j in self.children(i)
                if self.words[j].dep == "pobj"
            ]
        own = [i for i in self.children(verb) if self.words[i].dep == "nsubj"]
        if not own and self.words[verb].dep in ("conj", "xcomp") and self.words[verb].head != verb:
            return self.subjects(self.words[verb].head)
        return own

    def objects(self, verb: int) -> list[int]:
        """Heads of what a verb is done to; of the passive, its grammatical subject."""
        passive = [i for i in self.children(verb) if self.words[i].dep == "nsubjpass"]
        if passive:
            return passive
        return [i for i in self.children(verb) if self.words[i].dep in ("dobj", "dative")]


_NAMED = frozenset({"PERSON", "ORG", "GPE", "NORP", "LOC", "FAC", "EVENT", "PRODUCT", "WORK_OF_ART", "LAW"})


def _capitals(words: Sequence[Word], at: int) -> bool:
    return at + 1 < len(words) and words[at + 1].text[:1].isupper()


def _capital(words: Sequence[Word], at: int) -> bool:
    word = words[at]
    # At the start of a sentence every word has a capital, so there only the tagger tells.
    first = at == 0 or words[at - 1].text in ('"', "“", ":", "(", "—", "–", "-") or words[at - 1].text in ".!?"
    return (
        word.text[:1].isupper()
        and word.text != "I"
        and (not first or word.tag.startswith("NNP") or word.text[1:2].isupper())
    )


def name_words(reading: Reading, place: tuple[int, int, str]) -> list[Word]:
    """The words of a name that tell it apart."""
    return [word for word in reading.words[place[0] : place[1]] if word.text[:1].isalnum() and word.low not in COMMON]


def read(text: str, parse: Parse | None = None) -> Reading:
    """Words of a text, with their grammar where it was parsed."""
    if parse is None:
        found = tuple(
            Word(m.group(), m.group().casefold(), stem(m.group()), m.start(), m.end(), head=i, left=i, right=i)
            for i, m in enumerate(_TOKEN.finditer(text))
        )
        return Reading(text, found, False)
    tokens = parse.tokens
    return Reading(
        text,
        tuple(
            Word(
                token.text,
                _low(token.text, tokens[i + 1].text if i + 1 < len(tokens) else ""),
                stem(token.text),
                token.start,
                token.end,
                token.tag,
                token.dep,
                token.head,
                token.left,
                token.right,
                token.entity,
                token.opens,
            )
            for i, token in enumerate(tokens)
        ),
        True,
    )


def _low(text: str, following: str) -> str:
    """A word in lower case; "No" before a number counts and denies nothing."""
    low = text.casefold()
    return "number" if low == "no" and (following[:1].isdigit() or following == ".") else low
