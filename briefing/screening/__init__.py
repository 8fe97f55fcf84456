"""What engines are shown of an article: the text without the sentences that speak to a program instead of a reader.

It stands before every engine, ours and anybody's, so that no model sees an order planted in an article and no bullet
quotes one. A sentence left out is replaced by blanks, so spans of what is shown are spans of the article itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from briefing.addressed import addressed, could_be, left_out
from briefing.errors import ModelUnavailable
from briefing.screening.classifier import Classifier, about
from briefing.text import Span, one_line, sentences
from briefing.types import Article, Pick, Summary

__all__ = ["Classifier", "Screen", "Screened"]

KNOWN = 1000
"""Articles whose screening is remembered."""

Judgement = Callable[[Sequence[str], str], Sequence[bool]]
"""Which of these sentences, of an article that is about the second argument, are addressed to a program."""


@dataclass(frozen=True, slots=True)
class Screened:
    """A pick as engines may see it, and how many sentences of each article are kept from them."""

    pick: Pick
    shown: Pick
    left_out: dict[str, int]

    def told(self, summary: Summary) -> Summary:
        """An engine's answer on what it was shown, as a summary of the articles as they are."""
        count = sum(self.left_out.values())
        notes = summary.notes
        if count and left_out(count) not in notes:
            notes = (*notes, left_out(count))
        articles = tuple(
            replace(whole, title=shown.title)
            for whole, shown in zip(self.pick.story.articles, self.shown.story.articles, strict=True)
        )
        pick = replace(self.pick, story=replace(self.pick.story, articles=articles))
        return replace(summary, pick=pick, notes=notes)


class Screen:
    """`judge` decides together with the rules: a sentence that either finds is left out. Where it can't be had the
    rules decide alone, and `failure` says why."""

    def __init__(self, judge: Judgement | None = None) -> None:
        self._judge = judge
        self.failure: ModelUnavailable | None = None
        self._known: OrderedDict[tuple[object, ...], tuple[Article, int]] = OrderedDict()

    def of(self, pick: Pick) -> Screened:
        """The pick without what its articles say to programs."""
        shown, counts = [], {}
        for article in pick.story.articles:
            clear, count = self.article(article)
            shown.append(clear)
            if count:
                counts[article.id] = count
        story = replace(pick.story, articles=tuple(shown))
        return Screened(pick, replace(pick, story=story), counts)

    def article(self, article: Article) -> tuple[Article, int]:
        """The article as engines may see it, and how many of its sentences are blanked in it."""
        # What an article says is the same for every reader and in every edition it is told in.
        mark = (article.language, article.title, article.text, article.key_points)
        known = self._known.get(mark)
        if known is None:
            known = self._known[mark] = self._screened(article)
            while len(self._known) > KNOWN:
                self._known.popitem(last=False)
        shown, count = known
        return replace(article, title=shown.title, text=shown.text, key_points=shown.key_points), count

    def _screened(self, article: Article) -> tuple[Article, int]:
        language = (article.language or "en").split("-")[0].lower()
        spans = sentences(article.text, language)
        said = [one_line(article.text[a:b]) for a, b in spans]
        found = _with_neighbours(article.text, spans, [addressed(text) for text in said])
        judged = self._judged(said, about(article.title, article.text))
        # Headlines are judged by the rules alone: "Ask an expert" is one, and there is no second one to tell by.
        title = None if article.title and addressed(article.title) else article.title
        points = tuple(point for point in article.key_points if not addressed(point))
        text = list(article.text)
        count = 0
        for (start, end), rule, other in zip(spans, found, judged, strict=True):
            if rule or other:
                count += 1
                text[start:end] = [c if c == "\n" else " " for c in text[start:end]]
        if not count and title == article.title and points == article.key_points:
            return article, 0
        return replace(article, text="".join(text), title=title, key_points=points), count

    def _judged(self, texts: Sequence[str], topic: str) -> Sequence[bool]:
        if self._judge is None or not texts:
            return [False] * len(texts)
        try:
            return self._judge(texts, topic)
        except ModelUnavailable as error:
            self._judge, self.failure = None, error
            return [False] * len(texts)


def _with_neighbours(text: str, spans: Sequence[Span], found: Sequence[bool]) -> list[bool]:
    """An order goes on: what stands beside one that the rules know, in its paragraph, and could be one, is taken for
    one. What only the classifier finds may be a mistake, which shall not spread."""
    out = list(found)
    for step in (1, -1):
        order = range(len(spans)) if step == 1 else range(len(spans) - 1, -1, -1)
        for at in order:
            beside = at - step
            if out[at] or not 0 <= beside < len(spans) or not out[beside]:
                continue
            first, second = sorted((at, beside))
            apart = "\n\n" in text[spans[first].end : spans[second].start]
            out[at] = not apart and could_be(one_line(text[spans[at].start : spans[at].end]))
    return out
