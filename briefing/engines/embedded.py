"""The embedded summariser: tells an article in its own sentences, quoted or shortened. It can't invent."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy

from briefing.engines import Embedder, Vectors
from briefing.engines.cuts import presented
from briefing.engines.encoder import short_name
from briefing.engines.reading import is_english
from briefing.engines.rewrite import Choice, Rewriter
from briefing.engines.salience import Salience, best_set
from briefing.engines.standing import follows_on, penalty, stands_alone
from briefing.engines.union import expected
from briefing.errors import ModelError, NothingNew
from briefing.lines import Kind, classify, lead_in, same_headline, without_dateline
from briefing.text import Span, one_line, sentences, words
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
_WORTH_A_THIRD = 0.55
"""A third (fourth, …) bullet is told if, less what the others say already, it scores so much of the first one."""

LEAST = 2
"""Bullets of an article that is condensed: one alone tells too little of it to choose by."""

LEAST_WORDS = 8
"""Words of a sentence that is worth a bullet: a very short one costs little length, and tells as little."""

FULL_REPORT = 0.4
"""Of the length of a story's longest article: what is shorter is a brief."""
WORTH_AN_UPDATE = 0.5
"""Share of the best sentence's expected worth that a new one must have to bring a story back."""

NO_NEWS = "there is nothing in it that was not told"

FOREIGN = "told by the plain ranking, as the trained model reads English only"

UNCASED = "told in whole sentences, as grammar can't be read from a text without capitals"
_CASED = 0.01
"""Least share of words with a capital inside sentences; in news prose it is about a tenth."""

_REPLY = re.compile(r"(?i)(?:(?:reacting|responding|replying)(?: \w+)? to\b|in (?:response|reaction|reply|rebuttal)\b)")
"""A sentence that opens so gives the other side of a dispute."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article that can be told: where it stands, and its text on one line."""

    span: Span
    text: str
    order: int


@dataclass(frozen=True, slots=True)
class _Told:
    """A bullet: its text, the span it rests on, whether it is a sentence word for word, and the article's number."""

    text: str
    span: Span
    quoted: bool
    voice: int = 0


def _quoted(sentence: Sentence, voice: int = 0) -> _Told:
    text = presented(sentence.text)
    return _Told(text, sentence.span, text == sentence.text, voice)


def _told(found: list[Sentence], choice: Choice, voice: int = 0) -> _Told:
    sentence = found[choice.sentence]
    text = choice.told(sentence.text)
    # Who a pronoun is, stands in a sentence before, so the bullet rests on that one too.
    back = choice.referent.back if choice.referent else 0
    start = found[choice.sentence - back].span.start
    return _Told(text, Span(start, sentence.span.end), text == sentence.text, voice)


class EmbeddedEngine:
    """With `salience`, the set of sentences the trained model expects most of (`briefing.engines.salience`).

    Without it, and for articles in languages that model was not trained on, the plain ranking: position,
    closeness to the article's centre (Radev et al. 2004, centroid) and to its headline and
    lead, less what opens with a reference or breaks a quotation; redundancy is set aside by maximal
    marginal relevance (Carbonell and Goldstein 1998)."""

    certain = True

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
        cased = _cased(found)
        if whole:
            chosen = [_quoted(sentence) for sentence in found]
        elif self._salience is not None and english:
            chosen = self._trained([article], [found], bullets, most, cased)
        else:
            chosen = [_quoted(one) for one in self._plain(article, found, bullets, most)]
        notes = list(article.notes)
        if self._salience is not None and not whole and not english:
            notes.append(FOREIGN)
        elif self._rewriter is not None and not whole and not cased:
            notes.append(UNCASED)
        return self._summary(pick, [article], chosen, whole, notes)

    def load(self) -> None:
        """Load the models now, from any thread. Raises ModelUnavailable."""
        if self._salience is not None:
            self._salience.load()
            self._salience.encoder.lower_half()
        if self._rewriter is not None:
            self._rewriter.load()

    def read_ahead(self, articles: Sequence[Article]) -> None:
        """Read articles that are told soon, from any thread. Raises ModelUnavailable."""
        for article in articles:
            found = tellable(article)
            if self._salience is not None and len(found) > WHOLE_SENTENCES and is_english(article.text):
                self._salience.read_ahead([sentence.text for sentence in found])

    def unites(self, articles: Sequence[Article]) -> bool:
        """Whether `tell_together` can tell these: the trained model reads English only."""
        return self._salience is not None and all(is_english(article.text) for article in articles)

    def tell_together(
        self,
        pick: Pick,
        articles: Sequence[Article],
        bullets: int | None = None,
        most: int = 4,
        skip: Collection[Evidence] = (),
        update: bool = False,
    ) -> Summary:
        """The best set of sentences of all `articles`, which belong to the pick's story; the lead's come first.

        Sentences whose place is in `skip` are not told. Of an `update` one bullet will do, and what is worth less than
        half of the best there is, told or not, is not told. Raises NothingNew if nothing is left.
        """
        found = [tellable(article) for article in articles]
        left = {
            (voice, at)
            for voice, article in enumerate(articles)
            for at, sentence in enumerate(found[voice])
            if Evidence(article.id, *sentence.span) not in skip
        }
        if not left:
            raise NothingNew(pick.story.lead.title or pick.story.id, NO_NEWS)
        cased = _cased([sentence for own in found for sentence in own])
        chosen = self._trained(articles, found, bullets, most, cased, left, update)
        notes = list(dict.fromkeys(note for article in articles for note in article.notes))
        if self._rewriter is not None and not cased:
            notes.append(UNCASED)
        return self._summary(pick, articles, chosen, False, notes)

    def _summary(
        self, pick: Pick, articles: Sequence[Article], chosen: list[_Told], whole: bool, notes: list[str]
    ) -> Summary:
        return Summary(
            pick=pick,
            bullets=tuple(
                Bullet(
                    text=one.text,
                    evidence=(Evidence(articles[one.voice].id, one.span.start, one.span.end),),
                    # A sentence quoted word for word, or with whole parts left out, is supported by itself.
                    support=1.0,
                    made="quoted" if one.quoted else "shortened",
                )
                for one in chosen
            ),
            engine=self.name,
            whole=whole,
            notes=tuple(notes),
        )

    def _trained(
        self,
        articles: Sequence[Article],
        found: Sequence[list[Sentence]],
        bullets: int | None,
        most: int,
        cased: bool,
        left: Collection[tuple[int, int]] | None = None,
        update: bool = False,
    ) -> list[_Told]:
        """The best set of one or more articles' sentences; only those in `left`, if given (article, sentence)."""
        assert self._salience is not None
        if self._rewriter is not None:
            # Where it can't be loaded, the next rung of the ladder shall begin at once.
            self._rewriter.load()
        places = [(voice, at) for voice, own in enumerate(found) for at in range(len(own))]
        own = {place: row for row, place in enumerate(places)}
        texts = [found[voice][at].text for voice, at in places]
        open_to = [row for row, place in enumerate(places) if left is None or place in left]
        fit = [row for row in open_to if stands_alone(texts[row]) and len(texts[row].split()) >= LEAST_WORDS]
        # Of an article that is all quotation or all pronouns, the best is told all the same.
        allowed = fit if len(fit) >= (bullets or LEAST) else open_to
        least, limit = (bullets, bullets) if bullets is not None else (LEAST, most)
        if update:
            allowed = fit
        replies = [row for row in allowed if _REPLY.match(texts[row])] if bullets is None else []
        one = len(articles) == 1
        read = [[sentence.text for sentence in each] for each in found]
        expectation = self._salience.read(read[0]) if one else expected(self._salience, read)
        if update:
            values = expectation.alone([expectation.whole(row) for row in range(len(places))])
            allowed = [row for row in allowed if values[row] >= WORTH_AN_UPDATE * values.max()]
            if not allowed:
                raise NothingNew(articles[0].title or articles[0].id, NO_NEWS)
            least = bullets or 1
        if not one and not update:
            # What the story is about stands where full reports open; of several articles' words, a set can miss it.
            sizes = [len(article.text) for article in articles]
            full = [voice for voice, size in enumerate(sizes) if size >= FULL_REPORT * max(sizes)]
            expectation.needed = frozenset(row for row in allowed if places[row][1] == 0 and places[row][0] in full)
        if not cased and bullets is None and not update:
            # Who "he" is can't be told without capitals, so that sentence is told with the one before, as one bullet.
            expectation.follows = {
                row: row - 1
                for row in open_to
                if row not in fit
                and row - 1 in fit
                and _worth_joining(texts[row])
                and _near(articles[places[row][0]], found[places[row][0]], places[row][1])
            }
            allowed = sorted({*allowed, *expectation.follows})
        if self._rewriter is None or not cased:
            rows = best_set(expectation, allowed, least, limit, replies)
            return _joined(
                [(row, _quoted(found[places[row][0]][places[row][1]], places[row][0])) for row in rows],
                expectation.follows,
            )
        leaning = {
            own[voice, at]: near
            for voice, at in (places[row] for row in ([] if update else open_to))
            if _leans(found[voice][at].text) and (near := _near(articles[voice], found[voice], at))
        }
        chosen = self._rewriter.choose(expectation, allowed, least, limit, stands_alone, leaning, replies)
        out = []
        for choice in chosen:
            voice, at = places[choice.sentence]
            out.append(_told(found[voice], replace(choice, sentence=at), voice))
        return out

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
    penalties = numpy.array([penalty(sentence.text) for sentence in found], dtype=numpy.float32)
    out: Vectors = (_POSITION * position + _CENTRALITY * centre + _LEAD * closeness - penalties).astype(numpy.float32)
    return out


def _cased(found: list[Sentence]) -> bool:
    inner = [word for sentence in found for word in sentence.text.split()[1:]]
    return sum(word[:1].isupper() for word in inner) >= _CASED * len(inner)


def _near(article: Article, found: list[Sentence], at: int) -> int:
    """How many sentences, at most two, come directly before one, with nothing in between that is not told."""
    near = 0
    while near < min(2, at):
        after, before = found[at - near].span.start, found[at - near - 1].span.end
        if article.text[before:after].strip():
            break
        near += 1
    return near


def _worth_joining(text: str) -> bool:
    return follows_on(text) and len(text.split()) >= LEAST_WORDS


def _joined(told: Sequence[tuple[int, _Told]], follows: Mapping[int, int]) -> list[_Told]:
    """Bullets, those that follow another one as part of it."""
    out: list[_Told] = []
    last = -1
    for row, one in told:
        # Where nothing else can be told, one that follows is alone.
        if out and follows.get(row) == last:
            before = out.pop()
            span = Span(before.span.start, one.span.end)
            one = _Told(f"{before.text} {one.text}", span, before.quoted and one.quoted, one.voice)
        out.append(one)
        last = row
    return out


def _leans(text: str) -> bool:
    """Whether all that keeps a bullet from standing alone is the pronoun that opens it."""
    # Not "He's": a name and "'s" would read as a possessive.
    match = re.match(r"(?:He|She|It)(?= )", text)
    return match is not None and stands_alone(f"[Someone]{text[match.end() :]}")


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
