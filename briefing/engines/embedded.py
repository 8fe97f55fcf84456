"""The embedded summariser: tells an article in its own sentences, quoted or shortened. It can't invent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy

from briefing.engines import Embedder, Engine, Vectors
from briefing.engines.cuts import presented, shorten
from briefing.engines.encoder import TransformerEncoder, WordEncoder, short_name
from briefing.engines.fluency import MODEL, LanguageModel
from briefing.engines.reading import is_english
from briefing.engines.rewrite import Choice, Rewriter
from briefing.engines.salience import Salience, best_set
from briefing.engines.syntax import PIPELINE, Parser
from briefing.errors import ModelError
from briefing.lines import Kind, classify, lead_in, same_headline, without_dateline
from briefing.text import Span, one_line, quotes_closed, sentences, words
from briefing.types import Article, Bullet, Evidence, Pick, Summary

WHOLE_SENTENCES = 3
WHOLE_WORDS = 75
"""An article of at most so many sentences and words is given whole: there is nothing to condense."""

# Weights of the ranking, chosen by ROUGE on 250 development articles (python -m benchmarks.summaries
# measures the result): position decays with _DECAY sentences; the others weigh cosines between 0 and 1.
_POSITION, _DECAY = 0.5, 6.0
_CENTRALITY = 0.5
_LEAD = 0.3
_REDUNDANCY = 0.5
_OPENS_WITH_CONNECTIVE = 0.25
_OPENS_WITH_PRONOUN = 1.0
"""A bullet stands alone: "He said …" would be read of whoever the bullet above names. As good as excluded."""

_OPEN_QUOTE = 0.3
_QUESTION = 0.2
_TOO_SHORT, _SHORT_WORDS = 0.3, 11
_TOO_LONG, _LONG_WORDS = 0.3, 45
_STARTS_QUOTED = 0.1
_UNATTRIBUTED = 1.0
"""A quotation and nothing else: without its speaker it would be the article's own claim."""

_WORTH_A_THIRD = 0.55
"""A third (fourth, …) bullet is told if, less what the others say already, it scores so much of the first one."""

_UNFIT = 1.0
"""A sentence with such a penalty does not stand alone as a bullet."""

LEAST = 2
"""Bullets of an article that is condensed: one alone tells too little of it to choose by."""

FOREIGN = "told by the plain ranking, as the trained model reads English only"

_PRONOUN = re.compile(
    r"(?i)[\"“]?(?:(?:but|and|so|or|then|yet|however|also|meanwhile),? )?"
    r"(he|she|it|they|this|that|these|those|his|her|hers|their|theirs|its|such|him|them"
    r"|the (statement|two|pair|move|former|latter))\b"
)
_SAID_BY_PRONOUN = re.compile(
    r"(?i)(?<=[\"”, ])\b(?:he|she|they|it)\s+(?:said|says|added|adds|told|tells|wrote|explained|continued|insisted)\b"
)
_ONLY_QUOTED = re.compile(r"[\"“„«][^\"”»]*[\"”»]\W*|[\"“„«][^\"“”»]*")
_CONNECTIVE = re.compile(r"(?i)[\"“]?(but|and|so|we|i|you|there|however|also|then|meanwhile|yet|or|our|my)\b")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article that can be told: where it stands, and its text on one line."""

    span: Span
    text: str
    order: int


class EmbeddedEngine:
    """With `salience`, the set of sentences the trained model expects most of (`briefing.engines.salience`).

    Without it, and for articles in languages that model was not trained on, the plain ranking: position,
    closeness to the article's centre (Radev et al. 2004, centroid) and to its headline and
    lead, less what opens with a reference or breaks a quotation; redundancy is set aside by maximal
    marginal relevance (Carbonell and Goldstein 1998)."""

    def __init__(self, encoder: Embedder, salience: Salience | None = None, rewriter: Rewriter | None = None) -> None:
        self._encoder = encoder
        self._salience = salience
        self._rewriter = rewriter

    @property
    def name(self) -> str:
        """What stands in a receipt."""
        how = "embedded" if self._rewriter else "embedded, whole sentences" if self._salience else "plain ranking"
        return f"{how} ({short_name(self._encoder.name)})"

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        """The best sentences of the story's lead article, in the order of the article.

        Raises ModelError if the article has no sentence at all.
        """
        article = pick.story.lead
        found = tellable(article)
        if not found:
            raise ModelError(article.title or article.id, "its text has no sentence to tell")
        total = sum(len(sentence.text.split()) for sentence in found)
        whole = bullets is None and len(found) <= min(WHOLE_SENTENCES, most) and total <= WHOLE_WORDS
        english = is_english(article.text)
        if whole:
            chosen = [(sentence, presented(sentence.text)) for sentence in found]
        elif self._salience is not None and english:
            chosen = self._trained(found, bullets, most)
        else:
            chosen = [(one, presented(one.text)) for one in self._plain(article, found, bullets, most)]
        foreign = self._salience is not None and not whole and not english
        notes = (*article.notes, FOREIGN) if foreign else tuple(article.notes)
        return Summary(
            pick=pick,
            bullets=tuple(
                Bullet(
                    text=text,
                    evidence=(Evidence(article.id, sentence.span.start, sentence.span.end),),
                    # A sentence quoted word for word, or with whole parts left out, is supported by itself.
                    support=1.0,
                    made="quoted" if text == sentence.text else "shortened",
                )
                for sentence, text in chosen
            ),
            engine=self.name,
            whole=whole,
            notes=notes,
        )

    def _trained(self, found: list[Sentence], bullets: int | None, most: int) -> list[tuple[Sentence, str]]:
        assert self._salience is not None
        if self._rewriter is not None:
            # Where it can't be loaded, the next rung of the ladder shall begin at once.
            self._rewriter.load()
        fit = [at for at, sentence in enumerate(found) if stands_alone(sentence.text)]
        # Of an article that is all quotation or all pronouns, the best is told all the same.
        allowed = fit if len(fit) >= (bullets or LEAST) else range(len(found))
        least, limit = (bullets, bullets) if bullets is not None else (LEAST, most)
        expectation = self._salience.read([sentence.text for sentence in found])
        if self._rewriter is not None:
            chosen = self._rewriter.choose(expectation, allowed, least, limit, stands_alone)
        else:
            chosen = [Choice(at) for at in best_set(expectation, allowed, least, limit)]
        return [
            (
                found[one.sentence],
                shorten(found[one.sentence].text, one.cuts) if one.cuts else presented(found[one.sentence].text),
            )
            for one in chosen
        ]

    def _plain(self, article: Article, found: list[Sentence], bullets: int | None, most: int) -> list[Sentence]:
        title = [article.title] if article.title else []
        vectors = self._encoder.encode([*title, *(sentence.text for sentence in found)])
        headline, vectors = vectors[: len(title)], vectors[len(title) :]
        scores = _scores(found, vectors, headline)
        similar = vectors @ vectors.T
        limit = min(bullets if bullets is not None else most, len(found))
        taken: list[int] = []
        first = 0.0
        while len(taken) < limit:
            margin = scores - _REDUNDANCY * (similar[:, taken].max(axis=1) if taken else 0.0)
            margin[taken] = -numpy.inf
            best = int(margin.argmax())
            # What it adds to the bullets before it decides whether it is worth its line.
            worth = float(margin[best])
            if bullets is None and len(taken) >= 2 and worth < _WORTH_A_THIRD * first:
                break
            first = first or worth
            taken.append(best)
        return [found[at] for at in sorted(taken)]


def ladder(encoder: Embedder, transformer: TransformerEncoder | None) -> tuple[Engine, ...]:
    """The embedded engines from the best down to one that needs no model; each tells where those before can't.

    `transformer` is the encoder the trained heads fit, or None if another one is configured.
    """
    plain = (EmbeddedEngine(encoder), EmbeddedEngine(WordEncoder()))
    if transformer is None:
        return plain
    salience = Salience(transformer)
    return (EmbeddedEngine(encoder, salience, Rewriter()), EmbeddedEngine(encoder, salience), *plain)


def models(transformer: TransformerEncoder) -> tuple[tuple[str, Callable[[], object]], ...]:
    """What the best embedded engine needs, by name, and how each is loaded; loading raises ModelUnavailable."""
    return (
        (transformer.name, transformer.load),
        ("salience", Salience(transformer).load),
        (PIPELINE, Parser().load),
        (MODEL, LanguageModel().load),
    )


def _scores(found: list[Sentence], vectors: Vectors, headline: Vectors) -> Vectors:
    """One score per sentence; higher is better. `headline` has one row, or none."""
    count = len(found)
    order = numpy.array([sentence.order for sentence in found], dtype=numpy.float32)
    position = numpy.exp(-order / _DECAY)
    centre = (vectors @ vectors.sum(axis=0) - 1) / max(1, count - 1)
    spread = float(centre.max() - centre.min())
    centre = (centre - centre.min()) / spread if spread > 1e-6 else numpy.zeros(count)
    lead = numpy.concatenate([headline, vectors[:3]]).mean(axis=0)
    closeness = vectors @ (lead / max(1e-9, float(numpy.linalg.norm(lead))))
    penalties = numpy.array([_penalty(sentence.text) for sentence in found], dtype=numpy.float32)
    out: Vectors = (_POSITION * position + _CENTRALITY * centre + _LEAD * closeness - penalties).astype(numpy.float32)
    return out


def stands_alone(text: str) -> bool:
    """Whether a bullet can be understood by itself."""
    return _penalty(text) < _UNFIT and not _nameless(text)


def _nameless(text: str) -> bool:
    """Whether a claim is attributed to a pronoun that nothing before it in the bullet explains."""
    match = _SAID_BY_PRONOUN.search(text)
    if match is None:
        return False
    before = re.sub(r"[\"“][^\"”]*[\"”]?", " ", text[: match.start()])
    return not re.search(r"(?<=[\w,] )[A-Z]\w+|\b(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Tt]heir) \w+", before)


def _penalty(text: str) -> float:
    length = len(text.split())
    bare = text.rstrip('"”’»)]')
    return (
        (_OPENS_WITH_PRONOUN if _PRONOUN.match(text) else _OPENS_WITH_CONNECTIVE if _CONNECTIVE.match(text) else 0.0)
        + (0.0 if quotes_closed(text) else _OPEN_QUOTE)
        + (_QUESTION if bare.endswith("?") else 0.0)
        + (_TOO_SHORT if length < _SHORT_WORDS else 0.0)
        + (_TOO_LONG if length > _LONG_WORDS else 0.0)
        + (_UNATTRIBUTED if _ONLY_QUOTED.fullmatch(text) else 0.0)
        + (_STARTS_QUOTED if text[:1] in '"“«„‘' else 0.0)
    )


def tellable(article: Article) -> list[Sentence]:
    """The sentences that can be told: no furniture, no headline, no list entries, each once.

    The text may be one nobody has cleaned, so lines are judged here as the extractor would judge them.
    """
    found: list[Sentence] = []
    seen: set[str] = set()
    spare: list[Sentence] = []
    language = (article.language or "en").split("-")[0].lower()
    for span in sentences(article.text, language):
        raw = article.text[span.start : span.end]
        begins = lead_in(raw)[0]
        begins += without_dateline(raw[begins:])
        text = one_line(raw[begins:])
        mark = text.casefold()
        if not words(text) or mark in seen or (article.title and same_headline(text, article.title)):
            continue
        seen.add(mark)
        kind = classify(one_line(raw))
        sentence = Sentence(Span(span.start, span.end), text, len(found))
        if kind is Kind.BODY or (kind is Kind.HEAD and raw.rstrip('"”’»)')[-1:] in "?!"):
            found.append(sentence)
        elif kind in (Kind.HEAD, Kind.SHORT, Kind.POINT):
            # Without any proper sentence (a note in catchwords) these are all there is.
            spare.append(sentence)
    return found or spare[:WHOLE_SENTENCES]
