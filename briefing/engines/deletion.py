"""Which parts of a sentence may be left out without changing what it says. Pure: a parse in, cuts out.

Only whole constituents go, of kinds that English grammar leaves optional (Knight and Marcu 2002,
"Summarization beyond sentence extraction"; the kinds follow Zajic et al. 2007, "Multi-candidate reduction").
What carries the claim's truth is never in them: negation and what stands under it, modals and hedges,
attribution, quantifiers and what qualifies a number, conditions, the subject, quoted words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from briefing.engines.syntax import Parse

__all__ = ["Cut", "compatible", "is_subsequence", "protected", "shorten", "worth_cutting"]


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """Characters of a sentence that may be left out, and what they are.

    `kind`: "parenthesis", "opening", "connective", "apposition", "relative", "participle", "circumstance",
    "clause".
    """

    start: int
    end: int
    kind: str


_PROTECTED = re.compile(
    r"""(?ix)\b(?:
    # negation, and verbs that deny
    not|no|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|hardly|barely|scarcely|rarely|seldom|lack\w*
    |fail\w*|den(?:y|ies|ied|ying|ial)|refus\w+|reject\w*|dismiss\w*|disput\w+|doubt\w*|contradict\w*|unable|false\w*
    # modals and hedges
    |may|might|could|would|should|can|must|shall|will|ought|possib\w+|probab\w+|likely|unlikely|alleg\w+|reported(?:ly)?
    |suspect\w*|accus\w+|apparent\w*|seem\w*|appear\w*|believ\w+|thought|think\w*|expect\w*|perhaps|maybe|potential\w*
    |presum\w+|purport\w*|suppos\w+|unconfirmed|unverified|rumou?r\w*|estimat\w+|uncertain|unclear
    |charge[ds]?|convict\w*|acquit\w*|plead\w*|pled
    # who says so
    |say|says|said|saying|tell|tells|told|telling|accord\w*|add(?:s|ed|ing)|announc\w+|claim\w*|stat(?:es|ed|ing)
    |report(?:s|ing)?|wr(?:ote|ites?|iting|itten)|argu\w+|insist\w*|warn\w*|confirm\w*|not(?:es|ed|ing)|explain\w*
    |testif\w+|tweet\w*|acknowledg\w+|admit\w*|conced\w+|suggest\w*|urg\w+|quot\w+|cit(?:es|ed|ing)|reveal\w*
    |declar\w+|assert\w*|maintain\w*|contend\w*|indicat\w+|vow\w*|promis\w+|pledg\w+|predict\w*|repl(?:y|ies|ied|ying)
    |complain\w*|remark\w*|comment\w*
    # quantity and what qualifies it
    |least|most|more|less|fewer|few|up\ to|nearly|almost|approximately|roughly|some|any|all
    |(?:over|under|above|below|about|around)\ (?:[$£€]?\d|one|two|three|four|five|six|seven|eight|nine|ten|twenty|a)
    |every\w*|each|both|several|many|half|majority|minority|dozens?|exactly|maximum|minimum|as\ (?:many|much|few|little)
    # what limits the claim
    |only|just|solely|alone|merely|exclusively|except\w*|apart|unless|until|till|if|whether|provided|depend\w*
    |despite|although|though|however|instead|rather|but|contrary|pending|once
    )\b|n[’']t\b|["“”„«»]
    """
)
"""Words no cut may hold. Longer than it need be: a bullet a few words longer does no harm."""

_CONDITIONS = frozenset({"if", "unless", "until", "till", "whether", "once", "except", "without", "lest", "provided"})
_DENIES = re.compile(
    r"(?i)(?:not|n[’']t|no|never|none|nobody|nothing|neither|nor|hardly|barely|without|only|just|cannot|"
    r"den(?:y|ies|ied|ying)|refus\w+|reject\w*|dismiss\w*|fail\w*|disput\w+|doubt\w*|unlikely|rarely|seldom|few)\b"
)
_TIME = re.compile(
    r"(?i)(?:(?:on|late|early|earlier|later)\s+)*(?:this\s+)?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|today|tonight|yesterday|(?<=this )(?:week|month|morning|afternoon|evening|weekend))(?:\s+(?:morning|afternoon|evening|night))?"
)
_ONCE = re.compile(r"(?i)\b(?:1[89]|20)\d\d\b|\bago\b|\b(?:last|next|previous|following|coming|same|year|years|decades?|century)\b")
"""A time that is not about now: without it an old event would be read as today's."""

_OCCASION = re.compile(
    r"(?i)(?:in|at|during|via|on|through)\s+(?:an?|the|his|her|their|its)\s+(?:\w+\s+){0,3}?"
    r"(?:interview|statement|speech|address|press release|release|conference|briefing|post|message|letter|email|e-mail"
    r"|ceremony|event|hearing|meeting|call|appearance|rally)\b"
)
_SURROUNDINGS = frozenset({"during", "amid", "amidst", "following", "after", "ahead", "before", "alongside", "as"})
_CONNECTIVES = re.compile(r"(?i)(?:and|so|also|meanwhile|moreover|furthermore|in addition|additionally)\b,?\s+")
_AGE = re.compile(r", \d{1,3},(?=\s)")
_PARENTHESIS = re.compile(r"\s*\([^()]*\)|\s*\[[^\[\]]*\]")
_DASHED = re.compile(r"\s+(--|–|—)\s+[^–—]+?\s+\1(?=\s)")
_WORDS = re.compile(r"[^\W_]+(?:[.,:'’/-][^\W_]+)*")

LEAST_WORDS = 6
"""A bullet is not cut below so many words."""


def protected(text: str) -> bool:
    """Whether the text holds what must never be left out.

    >>> protected("at least 20 people"), protected("a city in the north")
    (True, False)
    """
    return _PROTECTED.search(text) is not None


def worth_cutting(parse: Parse) -> list[Cut]:
    """All cuts that keep the grammar and the claim, by place; they may nest or overlap."""
    if len(parse.roots) != 1:
        return []
    found: set[Cut] = set()
    for pattern, kind in ((_PARENTHESIS, "parenthesis"), (_DASHED, "parenthesis"), (_AGE, "apposition")):
        found |= {Cut(match.start(), match.end(), kind) for match in pattern.finditer(parse.text)}
    opening = _CONNECTIVES.match(parse.text)
    if opening:
        found.add(Cut(0, opening.end(), "connective"))
    found |= set(_openings(parse))
    for at in range(len(parse.tokens)):
        found |= set(_hanging(parse, at))
    return sorted(cut for cut in found if _may_go(parse, cut))


def _openings(parse: Parse) -> Iterable[Cut]:
    """What stands before the subject of the main clause and ends with a comma."""
    tokens = parse.tokens
    root = parse.roots[0]
    subjects = [i for i in parse.children(root) if tokens[i].dep in {"nsubj", "nsubjpass", "expl", "csubj"} and i < root]
    if not subjects:
        return
    begin = tokens[subjects[0]].left
    if begin == 0 or tokens[begin - 1].text != ",":
        return
    heads = [i for i in parse.children(root) if tokens[i].right < begin and tokens[i].dep != "punct"]
    kinds = {"prep", "advcl", "advmod", "npadvmod", "cc", "pcomp", "intj", "acl"}
    if heads and all(tokens[i].dep in kinds for i in heads):
        text = parse.text[: tokens[begin].start]
        if not _ONCE.search(text):
            yield Cut(0, tokens[begin].start, "opening")


def _hanging(parse: Parse, at: int) -> Iterable[Cut]:
    """The cuts whose head is the token `at`."""
    tokens = parse.tokens
    token = tokens[at]
    if token.head == at:
        return
    before = tokens[token.left - 1] if token.left else None
    after = tokens[token.right + 1] if token.right + 1 < len(tokens) else None
    closed = after is None or after.text in {",", ".", "!", ";"}
    comma = before is not None and before.text == ","
    text = parse.text[token.start if token.left == at else tokens[token.left].start : tokens[token.right].end]
    if comma and closed:
        kind = _set_off(parse, at)
        if kind:
            yield _with_commas(parse, token.left, token.right, kind)
    last = after is None or (after.text in {".", "!"} and token.right + 2 >= len(tokens))
    if token.dep in {"npadvmod", "prep", "advmod"} and _TIME.fullmatch(text) and (
        before is None or before.text.casefold() not in {"late", "early", "earlier", "later", "every", "each"}
    ):
        yield _plain(parse, token.left, token.right, "circumstance")
    elif token.dep == "prep" and tokens[token.head].tag.startswith("VB") and token.left > 0:
        if _OCCASION.match(text) and (last or closed):
            yield _plain(parse, token.left, token.right, "circumstance")
        elif last and token.text.casefold() in _SURROUNDINGS and token.text.casefold() != "as" and not _ONCE.search(text):
            yield _plain(parse, token.left, token.right, "circumstance")
    elif token.dep == "advcl" and last and not comma and not _ONCE.search(text):
        marks = {tokens[i].text.casefold() for i in parse.children(at) if tokens[i].dep in {"mark", "prep"} and i < at}
        if marks & {"as", "after", "while", "before"} and tokens[token.left].text.casefold() in marks:
            yield _plain(parse, token.left, token.right, "circumstance")


def _set_off(parse: Parse, at: int) -> str | None:
    """What the subtree at `at`, set off by commas, is; None if it may not go."""
    tokens = parse.tokens
    token = tokens[at]
    head = token.head
    first = tokens[token.left]
    if token.dep == "appos":
        names = all(t.tag in {"NNP", "NNPS"} for t in tokens[token.left : token.right + 1])
        listed = any(tokens[i].dep in {"cc", "conj"} for i in parse.children(head))
        # "Portland, Maine" is another place than Portland, and a list is not an apposition.
        if listed or (names and tokens[head].tag == "NNP"):
            return None
        return "apposition"
    if token.dep == "relcl" and any(
        t.tag in {"WDT", "WP", "WP$", "WRB"} for t in tokens[token.left : min(token.left + 3, at + 1)]
    ):
        return "relative"
    if token.dep in {"acl", "advcl"} and token.tag in {"VBG", "VBN"} and token.left == at:
        return "participle"
    if token.dep == "advcl" and first.text.casefold() in {"while", "as", "after", "before", "when", "because", "with"}:
        return None if _ONCE.search(parse.text[first.start : tokens[token.right].end]) else "circumstance"
    if token.dep == "prep" and tokens[head].tag.startswith("VB") and first.text.casefold() in _SURROUNDINGS | {"including"}:
        return None if _ONCE.search(parse.text[first.start : tokens[token.right].end]) else "circumstance"
    return None


def _with_commas(parse: Parse, left: int, right: int, kind: str) -> Cut:
    """The subtree with the comma before it, and the one after it if the sentence goes on."""
    tokens = parse.tokens
    end = tokens[right].end
    after = tokens[right + 1] if right + 1 < len(tokens) else None
    if after is not None and after.text == "," and right + 2 < len(tokens) and tokens[right + 2].tag != "CC":
        end = after.end
    return Cut(tokens[left - 1].start, end, kind)


def _plain(parse: Parse, left: int, right: int, kind: str) -> Cut:
    """The subtree with the blank before it."""
    tokens = parse.tokens
    start = tokens[left - 1].end if left else 0
    return Cut(start, tokens[right].end, kind)


def _may_go(parse: Parse, cut: Cut) -> bool:
    text = parse.text[cut.start : cut.end]
    inner = [i for i, token in enumerate(parse.tokens) if token.start >= cut.start and token.end <= cut.end]
    if not inner or (protected(text) and cut.kind != "connective"):
        return False
    tokens = parse.tokens
    root = parse.roots[0]
    if root in inner or any(tokens[i].dep in {"nsubj", "nsubjpass", "expl"} and tokens[i].head == root for i in inner):
        return False
    if parse.text.count('"', 0, cut.start) % 2 or parse.text.count("“", 0, cut.start) > parse.text.count("”", 0, cut.start):
        return False
    # A number keeps what stands next to it.
    first, last = inner[0], inner[-1]
    if (first and tokens[first - 1].tag == "CD" and tokens[first].tag not in {",", "-LRB-", ":", "HYPH"}) or (
        last + 1 < len(tokens) and tokens[last].tag == "CD" and tokens[last + 1].tag not in {",", ".", "-RRB-", ":"}
        and cut.kind != "opening" and tokens[last].text not in {",", ")"}
    ):  # fmt: skip
        return False
    if cut.kind in {"circumstance", "participle"}:
        # What stands under a negation, a denial, "only" or a condition is part of it.
        above = {a for i in inner for a in parse.ancestors(i)} - set(inner)
        for one in above:
            near = [one, *parse.children(one)]
            if any(_DENIES.fullmatch(tokens[i].text) for i in near if i not in inner):
                return False
            if any(tokens[i].text.casefold() in _CONDITIONS for i in near if tokens[i].dep in {"mark", "advmod", "prep"}):
                return False
    return True


def compatible(cuts: Sequence[Cut]) -> bool:
    """Whether none overlaps another."""
    ordered = sorted(cuts)
    return all(a.end <= b.start for a, b in zip(ordered, ordered[1:], strict=False))


def shorten(text: str, cuts: Sequence[Cut]) -> str:
    """The text without the cuts, its first letter capital, blanks and commas in order."""
    out, at = [], 0
    for cut in sorted(cuts):
        out.append(text[at : cut.start])
        at = cut.end
    out.append(text[at:])
    left = re.sub(r"\s+", " ", "".join(out)).strip()
    left = re.sub(r"\s+([,.;:!?])", r"\1", left)
    left = re.sub(r",(?:\s*,)+", ",", left)
    left = re.sub(r",([.;:!?])", r"\1", left).lstrip(",;: ")
    return left[:1].upper() + left[1:]


def is_subsequence(short: str, whole: str) -> bool:
    """Whether every word of `short` stands in `whole` in the same order; letters' case aside.

    >>> is_subsequence("The bridge is open.", "Since Monday the old bridge is open again.")
    True
    """
    rest = iter(word.casefold() for word in _WORDS.findall(whole))
    return all(word.casefold() in rest for word in _WORDS.findall(short))
