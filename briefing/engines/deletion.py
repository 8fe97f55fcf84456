"""Which parts of a sentence may be left out without changing what it says. Pure: a parse in, cuts out.

Only whole constituents go, of kinds that English grammar leaves optional (Knight and Marcu 2002,
"Summarization beyond sentence extraction"; the kinds follow Zajic et al. 2007, "Multi-candidate reduction").
What carries the claim's truth is never in them: negation and what stands under it, modals and hedges,
attribution, quantifiers and what qualifies a number, conditions, the subject, a part of a quotation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from briefing.engines.claims import BOUNDED, CONDITIONS, DENIES, ONCE, protected
from briefing.engines.cuts import Cut
from briefing.engines.phrases import (
    ADVERB,
    OCCASION,
    PLACES,
    STAYING,
    SUBORDINATE,
    SURROUNDINGS,
    TIME,
    URGING,
)
from briefing.engines.speech import before_speaker, happened, introduces, quoted, spare_that, spoke, subjects
from briefing.engines.syntax import Parse

__all__ = ["worth_cutting"]


_CONNECTIVES = re.compile(
    r"(?i)(?:and|so|also|meanwhile|moreover|furthermore|in addition|additionally"
    # "But for the dam" is a condition, and "yet another" is one more.
    r"|but(?!,|\s+for\b)|yet(?!,?\s+(?:another|more|again|to)\b))\b,?\s+"
)
_MARKED_OFF = (
    # Glued to a word, as in "letter(s)" or "(AP)Police", it is a part of that word.
    (re.compile(r"(?:^|\s+)(?:\([^()]*\)|\[[^\[\]]*\])(?!\w)"), "parenthesis"),
    (re.compile(r"\s+(--|–|—)\s+[^–—]+?\s+\1(?=\s)"), "parenthesis"),
    (re.compile(r"\s+(?:--|–|—)\s+[^–—]+?(?=[.!]$)(?<!-)"), "parenthesis"),
    (re.compile(r", \d{1,3},(?=\s)"), "apposition"),
)
_QUOTE = re.compile(r"[\"“”„«»]")

_APART = frozenset({"parenthesis", "apposition", "connective", "opening"})
"""Kinds that no negation reaches."""
_ADDED = frozenset({"adverb", "clause"})
"""Kinds that do not say of how many, when or where the rest holds."""


def worth_cutting(parse: Parse) -> list[Cut]:
    """All cuts that keep the grammar and the claim, by place; they may nest or overlap.

    None for what is no plain statement: where a main verb has no subject before it, the parser has lost its
    way or the order of words carries the meaning.
    """
    parse = _without_commas(parse)
    if not parse.roots or not all(subjects(parse, root) or quoted(parse, root) for root in parse.roots):
        return []
    found = {Cut(one.start(), one.end(), kind) for pattern, kind in _MARKED_OFF for one in pattern.finditer(parse.text)}
    connective = _CONNECTIVES.match(parse.text)
    if connective and not _CONNECTIVES.match(parse.text, connective.end()):
        found.add(Cut(0, connective.end(), "connective"))
    found |= set(_openings(parse))
    for at in range(len(parse.tokens)):
        found |= set(_hanging(parse, at))
    return sorted(cut for cut in found if _may_go(parse, cut))


def _without_commas(parse: Parse) -> Parse:
    """The parse with the commas that end a subtree before a verb outside of it.

    In "Berg, a baker from Lund, won" the parser often takes the second comma for the baker's.
    """
    tokens = parse.tokens
    verbs = [i + 1 < len(tokens) and tokens[i].text == "," and tokens[i + 1].tag in _FINITE for i in range(len(tokens))]
    return replace(
        parse,
        tokens=tuple(
            replace(one, right=one.right - verbs[one.right]) if one.left < one.right else one for one in tokens
        ),
    )


_FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})


def _openings(parse: Parse) -> Iterable[Cut]:
    """What stands before the subject of the main clause and ends with a comma."""
    tokens = parse.tokens
    root = next(iter(quoted(parse, parse.roots[0])), parse.roots[0])
    begin = tokens[subjects(parse, root)[0]].left
    if begin == 0 or tokens[begin - 1].text != ",":
        return
    heads = [i for i in parse.children(root) if tokens[i].right < begin and tokens[i].dep != "punct"]
    kinds = {"prep", "advcl", "advmod", "npadvmod", "cc", "pcomp", "intj", "acl"}
    if heads and all(tokens[i].dep in kinds for i in heads) and not ONCE.search(parse.text[: tokens[begin].start]):
        yield Cut(0, tokens[begin].start, "opening")


def _hanging(parse: Parse, at: int) -> Iterable[Cut]:
    """The cuts of the subtree at the token `at`."""
    tokens = parse.tokens
    token = tokens[at]
    if token.head == at:
        return
    before = tokens[token.left - 1].text.casefold() if token.left else ""
    after = tokens[token.right + 1].text if token.right + 1 < len(tokens) else "."
    if before == "," and after in _CLOSING:
        kind = _set_off(parse, at)
        # In "…, where it rains, the mayor said" the second comma is needed by what follows: such a part stays.
        needed = introduces(parse, at) or (after == "," and _follows(parse, at) in _NEW_PHRASE)
        if kind and not needed:
            yield _with_commas(parse, at, kind)
    last = after in {".", "!"} and token.right + 2 >= len(tokens)
    # Before ", officials said." a part ends its sentence as it does before the full stop.
    kind = _loose(parse, at, before, after in _CLOSING, last or before_speaker(parse, at))
    if kind == "clause":
        yield from _conjunct(parse, at)
    elif kind:
        yield _plain(parse, token.left, token.right, kind)


_CLOSING = frozenset({",", ".", "!", ";"})


def _set_off(parse: Parse, at: int) -> str | None:
    """What the subtree at `at`, set off by commas, is; None if it may not go."""
    tokens = parse.tokens
    token = tokens[at]
    inner = tokens[token.left : token.right + 1]
    first = inner[0].text.casefold()
    if token.dep == "appos":
        names = all(one.tag in {"NNP", "NNPS"} for one in inner) and tokens[token.head].tag == "NNP"
        listed = any(tokens[i].dep in {"cc", "conj"} for i in parse.children(token.head))
        ends = token.right + 2 >= len(tokens) or before_speaker(parse, at)
        several = ends and any(tokens[i].dep == "conj" for i in parse.children(at))
        # "Portland, Maine" is another place than Portland, and a list is not an apposition.
        return None if listed or several or names else "apposition"
    if token.dep == "relcl":
        return "relative" if any(one.tag in _RELATIVES for one in inner[:3]) else None
    if token.dep in {"acl", "advcl"} and token.tag in {"VBG", "VBN"} and token.left == at:
        # After "the virus, found in bats, spread" the parser often takes the verb for a further participle.
        return None if token.tag == "VBN" and _commas_between(parse, at) else "participle"
    subordinate = token.dep == "advcl" and first in SUBORDINATE
    if subordinate or (token.dep == "prep" and first not in {"of", "like", "than"} and not _in_list(parse, at)):
        return None if ONCE.search(_text(parse, at)) else "circumstance"
    return None


def _in_list(parse: Parse, at: int) -> bool:
    """Whether the subtree is one of several of its kind: "in Rome, in Bonn and in Paris"."""
    tokens = parse.tokens
    follows = [token.text.casefold() for token in tokens[tokens[at].right + 1 : tokens[at].right + 3]]
    return bool({"and", "or"} & set(follows)) or any(tokens[i].dep in {"conj", "cc"} for i in parse.children(at))


_RELATIVES = frozenset({"WDT", "WP", "WP$", "WRB"})


def _loose(parse: Parse, at: int, before: str, closed: bool, last: bool) -> str | None:
    """What the subtree at `at`, without commas, is; None if it may not go."""
    tokens = parse.tokens
    token = tokens[at]
    text = _text(parse, at)
    first = tokens[token.left].text.casefold()
    verbal = tokens[token.head].tag.startswith("VB")
    if TIME.fullmatch(text):
        # When it happened is part of the news; when somebody spoke of it is not.
        return "adverb" if before != "," and spoke(parse, token.head) else None
    if token.dep == "prep" and closed and first in PLACES and _named(parse, at):
        free = token.left > 0 and not _stays(parse, token.head) if verbal else _indefinite(parse, token.head)
        return "place" if free else None
    if (
        token.dep == "prep"
        and verbal
        and token.left > 0
        and not ONCE.search(text)
        and tokens[token.head].text != "posted"
    ):
        return "circumstance" if (closed and OCCASION.match(text)) or (last and first in SURROUNDINGS) else None
    if token.dep == "advmod":
        return "adverb" if token.left == token.right and ADVERB.fullmatch(text) and not _leaned_on(parse, at) else None
    if token.dep == "mark":
        return "adverb" if spare_that(parse, at) else None
    if token.dep == "conj" and token.tag.startswith("VB") and closed:
        return "clause"
    if before == "," or ONCE.search(text):
        return None
    if token.dep in {"acl", "relcl"} and closed and (_indefinite(parse, token.head) or _some(parse, token.head)):
        # Something happened to "a man" whichever man it was; what is said of "the man" needs the clause.
        if token.dep == "acl":
            return "participle" if token.tag in {"VBG", "VBN"} and token.left == at else None
        return "relative" if tokens[token.left].tag in _RELATIVES else None
    if token.dep == "advcl" and last and token.left > token.head:
        if token.tag == "VB":
            return "purpose" if _purpose(parse, at) else None
        marks = {tokens[i].text.casefold() for i in parse.children(at) if tokens[i].dep in _MARKS and i < at}
        if first in marks & {"as", "after", "while", "before"}:
            return "circumstance"
        return "circumstance" if first in marks & {"when", "because"} and happened(parse, token.head) else None
    return None


_MARKS = frozenset({"mark", "prep", "advmod"})


def _text(parse: Parse, at: int) -> str:
    token = parse.tokens[at]
    return parse.text[parse.tokens[token.left].start : parse.tokens[token.right].end]


def _leaned_on(parse: Parse, at: int) -> bool:
    """Whether an adverb belongs to its neighbours, so that it would leave a part behind."""
    tokens = parse.tokens
    near = [tokens[i] for i in (at - 1, at + 1) if 0 <= i < len(tokens)]
    tags = {",", "IN", "RB", "RBR", "CC", "CD", "HYPH", "``", "''"}
    return at == 0 or tokens[at].tag != "RB" or any(one.tag in tags for one in near) or near[-1].text in _CLOSING


def _named(parse: Parse, at: int) -> bool:
    """Whether the object of a preposition is a name: "in Paris", "at the Hague"."""
    inner = parse.tokens[at + 1 : parse.tokens[at].right + 1]
    return bool(inner) and all(token.tag in {"NNP", "NNPS", "DT", ",", "POS"} for token in inner)


def _stays(parse: Parse, verb: int) -> bool:
    """Whether a verb needs the place that follows it."""
    tokens = parse.tokens
    if STAYING.fullmatch(tokens[verb].text):
        return True
    objects = {"dobj", "attr", "ccomp", "xcomp", "acomp", "oprd"}
    full = tokens[verb].tag == "VBN" or any(tokens[i].dep in objects and i > verb for i in parse.children(verb))
    follows = tokens[verb + 1] if verb + 1 < len(tokens) else None
    return not full and follows is not None and follows.dep == "prep" and follows.head == verb


def _indefinite(parse: Parse, noun: int) -> bool:
    """Whether a noun is "a ..." in a sentence that tells something past, not a rule."""
    tokens = parse.tokens
    own = parse.children(noun)
    article = any(tokens[i].text.casefold() in {"a", "an"} and tokens[i].dep == "det" for i in own)
    return article and _past(parse) and not any(tokens[i].tag in {"JJS", "RBS"} for i in own)


def _some(parse: Parse, noun: int) -> bool:
    """Whether a noun is some people or things to which something was done, as in "fired at residents".

    Who "vowed to deport migrants living in camps" did not vow to deport migrants.
    """
    tokens = parse.tokens
    plain = all(tokens[i].dep in {"amod", "compound", "acl", "relcl", "punct"} for i in parse.children(noun))
    verb = next((i for i in parse.ancestors(noun) if tokens[i].tag.startswith("VB")), noun)
    object_of = tokens[noun].dep in {"dobj", "pobj"}
    return plain and object_of and tokens[noun].tag == "NNS" and _past(parse) and happened(parse, verb)


def _past(parse: Parse) -> bool:
    """Whether the sentence tells something past, not a rule."""
    tokens = parse.tokens
    root = parse.roots[0]
    return tokens[root].tag in {"VBD", "VBN"} or any(tokens[i].tag == "VBD" for i in parse.children(root))


def _conjunct(parse: Parse, at: int) -> Iterable[Cut]:
    """A second predicate or clause: "... and cut the main road"."""
    tokens = parse.tokens
    head = tokens[at].head
    joint = tokens[at].left - 1
    if joint < 1 or tokens[joint].text.casefold() != "and" or not tokens[head].tag.startswith("VB"):
        return
    both = [*parse.children(head), *parse.children(at)]
    if any(tokens[i].dep == "preconj" or (tokens[i].dep == "conj" and i != at) for i in both):
        return
    # Without an object of its own the first verb may share the second one's: "designed and built the bridge".
    light = {"punct", "cc", "prt", "advmod", "neg"}
    if not any(head < i < joint and tokens[i].dep not in light for i in parse.children(head)):
        return
    if tokens[at].tag == tokens[head].tag or (_finite(parse, at) and _finite(parse, head)):
        left = joint - 1 if tokens[joint - 1].text in {",", "--", "–", "—"} else joint
        yield _plain(parse, left, tokens[at].right, "clause")


def _finite(parse: Parse, verb: int) -> bool:
    """Whether a verb has a tense of its own, or an auxiliary that has."""
    tokens = parse.tokens
    helped = any(tokens[i].dep in {"aux", "auxpass"} and tokens[i].tag != "TO" for i in parse.children(verb))
    return helped or tokens[verb].tag in {"VBD", "VBZ", "VBP"}


def _purpose(parse: Parse, at: int) -> bool:
    """Whether a clause tells what for: "hired 400 workers to build engines"."""
    tokens = parse.tokens
    head = tokens[at].head
    has_object = any(tokens[i].dep == "dobj" and head < i < at for i in parse.children(head))
    # "Earned enough to live" and "was too ill to speak" are told by what follows.
    has_object = has_object and not any(token.text in {"enough", "too", "so"} for token in tokens[head:at])
    told = tokens[head].tag in {"VBD", "VBN", "VBZ", "VBP", "VBG"} and not URGING.fullmatch(tokens[head].text)
    return tokens[tokens[at].left].text.casefold() == "to" and has_object and told


_NEW_PHRASE = frozenset({"DT", "PRP", "PRP$", "NN", "NNS", "NNP", "NNPS", "EX", "``"})


def _follows(parse: Parse, at: int) -> str:
    """The tag of what follows the comma after the subtree at `at`; "CC" where there is none."""
    tokens = parse.tokens
    right = tokens[at].right
    return tokens[right + 2].tag if right + 2 < len(tokens) and tokens[right + 1].text == "," else "CC"


def _with_commas(parse: Parse, at: int, kind: str) -> Cut:
    """The subtree at `at` with the comma before it, and the one after it if no other phrase needs that one."""
    tokens = parse.tokens
    left, right = tokens[at].left, tokens[at].right
    end = tokens[right].end
    # "Anna Berg, 42, a baker, won": the comma after "a baker" closes "42" as well.
    if _follows(parse, at) != "CC" and not _commas_between(parse, at) and not before_speaker(parse, at):
        end = tokens[right + 1].end
    return Cut(tokens[left - 1].start, end, kind)


def _commas_between(parse: Parse, at: int) -> bool:
    """Whether another comma stands between the head of the subtree at `at` and the one that opens it."""
    tokens = parse.tokens
    return any(token.text == "," for token in tokens[tokens[at].head + 1 : tokens[at].left - 1])


def _plain(parse: Parse, left: int, right: int, kind: str) -> Cut:
    """The subtree with the blank before it, without the mark that ends the sentence."""
    if parse.tokens[right].tag == ".":
        right -= 1
    return Cut(parse.tokens[left - 1].end if left else 0, parse.tokens[right].end, kind)


def _may_go(parse: Parse, cut: Cut) -> bool:
    tokens = parse.tokens
    inner = [i for i, token in enumerate(tokens) if token.start >= cut.start and token.end <= cut.end]
    if not inner or (cut.kind != "connective" and protected(parse.text[cut.start : cut.end])):
        return False
    if any(i in parse.roots or _is_main_subject(parse, i) for i in inner):
        return False
    # Inside a quotation nothing goes; a whole one may, with the phrase set off by commas that holds it.
    if _quotes_open(parse.text[: cut.start]) or _quotes_open(parse.text[cut.start : cut.end]):
        return False
    if _QUOTE.search(parse.text[cut.start : cut.end]) and parse.text[cut.start] != ",":
        return False
    if _splits_number(parse, inner, cut):
        return False
    return cut.kind in _APART or not _in_scope(parse, inner, cut)


def _quotes_open(text: str) -> bool:
    return bool(text.count('"') % 2) or text.count("“") != text.count("”") or text.count("«") != text.count("»")


def _is_main_subject(parse: Parse, at: int) -> bool:
    token = parse.tokens[at]
    return token.dep.startswith(("nsubj", "expl", "csubj")) and token.head in parse.roots


def _splits_number(parse: Parse, inner: list[int], cut: Cut) -> bool:
    """Whether a number would be parted from what stands next to it."""
    tokens = parse.tokens
    first, last = inner[0], inner[-1]
    if first and tokens[first - 1].tag == "CD" and tokens[first].tag not in {",", "-LRB-", ":", "IN", "CC"}:
        return True
    return tokens[last].tag == "CD" and last + 1 < len(tokens) and tokens[last + 1].tag not in {",", ".", "-RRB-", ":"}


def _in_scope(parse: Parse, inner: list[int], cut: Cut) -> bool:
    """Whether the part stands under a negation, a denial, "only", a condition or a quantifier: it is part of that."""
    tokens = parse.tokens
    above = {one for i in inner for one in parse.ancestors(i)} - set(inner)
    for one in above:
        near = [i for i in (one, *parse.children(one)) if i not in inner]
        if any(DENIES.fullmatch(tokens[i].text) for i in near):
            return True
        if any(tokens[i].text.casefold() in CONDITIONS for i in near if tokens[i].dep in {"mark", "advmod", "prep"}):
            return True
    if cut.kind in _ADDED or parse.text[cut.start] == ",":
        return False
    around = [token for i, token in enumerate(tokens) if i not in inner]
    return any(one.tag in {"JJS", "RBS"} or BOUNDED.fullmatch(one.text) or DENIES.fullmatch(one.text) for one in around)
