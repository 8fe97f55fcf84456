"""Who says what in a parsed sentence."""

from __future__ import annotations

import re

from briefing.engines.phrases import SPEAKER, SPOKE, STATE, TOLD
from briefing.engines.syntax import Parse

__all__ = ["before_speaker", "happened", "introduces", "quoted", "spare_that", "spoke", "subjects"]


def subjects(parse: Parse, verb: int) -> list[int]:
    """The subjects before a verb."""
    deps = {"nsubj", "nsubjpass", "expl", "csubj"}
    return [i for i in parse.children(verb) if parse.tokens[i].dep in deps and i < verb]


def quoted(parse: Parse, verb: int) -> list[int]:
    """The verbs of what a verb with its subject after it gives as somebody's words: "he left, said Ada Berg"."""
    tokens = parse.tokens
    own = parse.children(verb)
    speaks = tokens[verb].text in {"said", "says"} and any(tokens[i].dep == "nsubj" and i > verb for i in own)
    return [i for i in own if tokens[i].dep == "ccomp" and i < verb and speaks and subjects(parse, i)]


def introduces(parse: Parse, at: int) -> bool:
    """Whether the subtree at `at` says who somebody is whose bare name comes before: ", said Ada Berg, a nurse"."""
    tokens = parse.tokens
    name = tokens[at].head
    verb = tokens[name].head
    if tokens[name].dep != "nsubj" or name < verb or not quoted(parse, verb):
        return False
    return all(one.tag == "NNP" and not _TITLE.fullmatch(one.text) for one in tokens[tokens[name].left : name + 1])


_TITLE = re.compile(r"[A-Z][a-z]{1,4}\.")


def spoke(parse: Parse, verb: int) -> bool:
    """Whether a verb gives somebody's words: "said on Monday that he left", "he left, she told reporters on Monday"."""
    tokens = parse.tokens
    return SPOKE.fullmatch(tokens[verb].text) is not None and any(
        tokens[i].dep in {"ccomp", "parataxis"} for i in parse.children(verb)
    )


def spare_that(parse: Parse, at: int) -> bool:
    """Whether a "that" opens what was said: "said that he left", "told her that he left"."""
    tokens = parse.tokens
    verb = tokens[tokens[at].head].head
    if tokens[at].text != "that" or tokens[at].dep != "mark" or tokens[tokens[at].head].dep != "ccomp":
        return False
    if at == verb + 2:
        return tokens[verb].text == "told" and tokens[verb + 1].tag in {"NNP", "NNS", "PRP"}
    return at == verb + 1 and TOLD.fullmatch(tokens[verb].text) is not None


def before_speaker(parse: Parse, at: int) -> bool:
    """Whether after the subtree at `at` comes nothing but who says so: ", officials said." or ", said Ada Berg."."""
    tokens = parse.tokens
    verb = tokens[at].right + 2
    turned = verb < len(tokens) and verb in parse.roots and tokens[verb - 1].text == "," and quoted(parse, verb)
    if turned:
        return all(tokens[i].dep != "conj" for i in parse.children(verb))
    return SPEAKER.match(parse.text, tokens[tokens[at].right].end) is not None


def happened(parse: Parse, verb: int) -> bool:
    """Whether a verb tells, by itself or as somebody's words, what happened.

    "Was 30" and "would leave" need their "when he died", and what some believe to be so "because he knew" needs that.
    """
    tokens = parse.tokens
    first = tokens[verb].head if tokens[verb].dep == "conj" else verb
    speaker = tokens[first].head
    main = first in parse.roots or (tokens[first].dep == "ccomp" and speaker in parse.roots and speaker > verb)
    own = [tokens[i] for i in {*parse.children(verb), *parse.children(first)} if tokens[i].dep in {"aux", "auxpass"}]
    past = tokens[verb].tag == "VBD" or (tokens[verb].tag == "VBN" and any(one.tag == "VBD" for one in own))
    return main and past and not STATE.fullmatch(tokens[verb].text) and all(one.tag != "MD" for one in own)
