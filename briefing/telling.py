"""How a pick is told: the ladder of engines, each within its deadline, all behind the guard.

What an engine answered is remembered, so that nothing is told twice by the same model; what it answered is checked
each time. A bullet that its article does not support gives way to the nearest quotation, or to nothing.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from briefing.engines import Engine
from briefing.engines.cuts import presented
from briefing.engines.embedded import stands_alone, tellable
from briefing.engines.patience import OUT_OF_TIME, in_time
from briefing.errors import ModelError, ModelUnavailable, NothingNew, Unsupported
from briefing.guard import Support
from briefing.text import Span, digest, words
from briefing.threads import corrections, known_line, stale
from briefing.types import Article, Bullet, Correction, Evidence, Pick, Problem, Stopped, Story, Summary, Thread
from briefing.voices import Aligner, disagreements, outdated, united, voices_of

__all__ = ["Judge", "Memory", "Teller", "Unites", "verified"]

log = logging.getLogger(__name__)

PATIENCE = 2
"""Failures in a row after which an engine that can't be reached is not asked again in the same edition."""


class Judge(Protocol):
    """What decides whether an article supports claims."""

    def check_all(
        self,
        claims: Sequence[str],
        source: str | Article,
        claimed: Sequence[Sequence[Span]] = (),
        published: datetime | None = None,
    ) -> Sequence[Support]:
        """One answer per claim. `claimed`: what the engine says each rests on."""
        ...


class Memory(Protocol):
    """What engines answered, by key."""

    def recall(self, key: str) -> Summary | None:
        """The answer, without its pick."""
        ...

    def remember(self, key: str, summary: Summary) -> None:
        """Keep an answer."""
        ...


@runtime_checkable
class Unites(Protocol):
    """An engine that chooses from several articles at once; others tell each alone, and code joins what they told."""

    def unites(self, articles: Sequence[Article]) -> bool:
        """Whether it can do so with these."""
        ...

    def tell_together(
        self,
        pick: Pick,
        articles: Sequence[Article],
        bullets: int | None = None,
        most: int = 4,
        skip: Collection[Evidence] = (),
        update: bool = False,
    ) -> Summary:
        """As `Engine.tell`, of all `articles`; sentences at the places in `skip` are not told. Raises ModelError.

        Of an `update` one bullet will do, and none is told that is no news: NothingNew is raised.
        """
        ...


@dataclass
class _Standing:
    """How an engine did in this edition so far."""

    failures: int = 0
    asleep: bool = False


class Teller:
    """Tells picks by the first engine that answers and whose answer holds.

    With an `aligner`, a story of several articles is told from all of them (`briefing.voices`); without, from its lead.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        judge: Judge | None = None,
        memory: Memory | None = None,
        aligner: Aligner | None = None,
    ) -> None:
        self.engines = tuple(engines)
        self._judge = judge
        self._memory = memory
        self.aligner = aligner
        self._standing: dict[int, _Standing] = {}
        self._fresh = False
        self._remaining: Callable[[], float] = lambda: math.inf

    def begin(self, *, fresh: bool = False, remaining: Callable[[], float] = lambda: math.inf) -> None:
        """A new edition: every engine is asked again. With `fresh`, whatever it answered before.

        `remaining` tells the seconds that are left; when there are none, only the last rung tells.
        """
        self._standing.clear()
        self._fresh = fresh
        self._remaining = remaining

    def tell(
        self, pick: Pick, bullets: int | None, most: int, thread: Thread | None = None
    ) -> tuple[Summary | None, list[Problem]]:
        """The pick told, or None; and what failed on the way.

        With a `thread`, what was told of the story before is not told again; if there is nothing else, the answer is
        None with no problem of this pick's own.
        """
        problems: list[Problem] = []
        for number, engine in enumerate(self.engines):
            standing = self._standing.setdefault(number, _Standing())
            last = number == len(self.engines) - 1
            if standing.asleep:
                continue
            if not last and self._remaining() <= 0:
                problems.append(Problem(ModelError.stage, "time", OUT_OF_TIME))
                standing.asleep = True
                continue
            try:
                told = self._told(engine, pick, bullets, most, problems, thread)
                standing.failures = 0
            except NothingNew:
                standing.failures = 0
                return None, problems
            except ModelError as error:
                problems.append(Problem(error.stage, error.subject, error.message))
                if isinstance(error, ModelUnavailable):
                    standing.failures += 1
                    # The last rung is asked whatever happens; there is none after it.
                    if standing.failures >= PATIENCE and not last:
                        standing.asleep = True
                        words = f"it failed {PATIENCE} times in a row and was not asked again in this edition"
                        problems.append(Problem(error.stage, error.subject, words))
                continue
            return told, problems
        return None, problems

    def has_news(self, story: Story, thread: Thread) -> bool:
        """Whether a story that was told before has any sentence that says something new and can stand alone."""
        if self.aligner is None:
            return True
        voices = _untold(story, thread)
        old = stale(voices, thread, self.aligner)
        return any(
            stands_alone(sentence.text)
            for article in voices
            for sentence in tellable(article)
            if Evidence(article.id, *sentence.span) not in old
        )

    def corrections(self, thread: Thread, article: Article, old: str) -> list[Correction]:
        """What was told of `article`, whose text was `old`, and no longer stands in it."""
        if self._judge is None or self.aligner is None:
            return []
        return corrections(thread, article, old, self._judge, self.aligner)

    def _told(
        self,
        engine: Engine,
        pick: Pick,
        bullets: int | None,
        most: int,
        problems: list[Problem],
        thread: Thread | None,
    ) -> Summary:
        """What one engine tells of a pick, checked. Raises ModelError, and NothingNew."""
        aligner = self.aligner
        voices = voices_of(pick.story)
        if aligner is None or (len(voices) < 2 and thread is None):
            return self._checked(self._answer(engine, pick, bullets, most))
        skip = outdated(voices, aligner)
        if thread is not None:
            voices = _untold(pick.story, thread)
            skip |= stale(voices, thread, aligner)
        if isinstance(engine, Unites) and engine.unites(voices):
            united_by: Unites = engine
            told = self._checked(
                self._in_time(
                    engine, lambda: united_by.tell_together(pick, voices, bullets, most, skip, thread is not None)
                )
            )
        else:
            # Who can't be told what to leave out tells more, of which less is left.
            told = self._each_alone(engine, pick, voices, bullets, most * 2 if thread else most, problems)
            left = tuple(bullet for bullet in told.bullets if not _all_in(bullet, skip, voices, aligner))
            if thread is not None and not left:
                raise NothingNew(engine.name, "it told nothing that was not told before")
            told = replace(told, bullets=left or told.bullets)
        made = united(told, voices, aligner, bullets or most)
        known = known_line(made.bullets, thread, aligner) if thread is not None else None
        return replace(made, differing=disagreements(voices, aligner), known=known)

    def _checked(self, answer: Summary) -> Summary:
        return verified(self._judge, answer) if self._judge else answer

    def _each_alone(
        self,
        engine: Engine,
        pick: Pick,
        voices: Sequence[Article],
        bullets: int | None,
        most: int,
        problems: list[Problem],
    ) -> Summary:
        """Each article told by itself, so that one call holds one article. Raises ModelError if the lead can't be told.

        Another article that can't be told is a problem, and the story is told from the rest.
        """
        told: list[Summary] = []
        for article in voices:
            alone = replace(pick, story=Story(id=article.id, articles=(article,)))
            try:
                told.append(self._checked(self._answer(engine, alone, bullets, most)))
            except ModelError as error:
                if not told or isinstance(error, ModelUnavailable):
                    raise
                problems.append(Problem(error.stage, error.subject, error.message))
        return replace(
            told[0],
            pick=pick,
            bullets=tuple(bullet for one in told for bullet in one.bullets),
            whole=False,
            notes=tuple(dict.fromkeys(note for one in told for note in one.notes)),
            prompts=tuple(dict.fromkeys(mark for one in told for mark in one.prompts)),
            checked=sum(one.checked for one in told),
            stopped=tuple(stopped for one in told for stopped in one.stopped),
        )

    def _in_time(self, engine: Engine, asked: Callable[[], Summary]) -> Summary:
        """An engine's answer within its own deadline and what is left of the edition's; the last rung has all time."""
        return in_time(engine, asked, math.inf if engine is self.engines[-1] else self._remaining())

    def _answer(self, engine: Engine, pick: Pick, bullets: int | None, most: int) -> Summary:
        key = _key(engine, pick, bullets, most)
        if key and self._memory and not self._fresh:
            known = self._memory.recall(key)
            if known is not None:
                return replace(known, pick=pick)
        answer = self._in_time(engine, lambda: engine.tell(pick, bullets, most))
        if not answer.bullets:
            raise ModelError(engine.name, f"it told nothing of “{pick.story.lead.title or pick.story.lead.id}”")
        if key and self._memory:
            self._memory.remember(key, answer)
        return answer


def _key(engine: Engine, pick: Pick, bullets: int | None, most: int) -> str:
    """What an answer is known by; empty where the engine does not say what it depends on."""
    identity = getattr(engine, "key", "")
    if not identity:
        return ""
    articles = [part for a in pick.story.articles for part in (a.id, a.title or "", a.language or "", a.text)]
    return digest(identity, str(bullets), str(most), *articles)


def _untold(story: Story, thread: Thread) -> tuple[Article, ...]:
    """The voices of a story that no edition has told yet; all of them if there is none such."""
    before = {article.id for article in thread.articles}
    voices = voices_of(story)
    return tuple(article for article in voices if article.id not in before) or voices


def _all_in(bullet: Bullet, places: Collection[Evidence], voices: Sequence[Article], aligner: Aligner) -> bool:
    """Whether all sentences that a bullet rests on are among some places."""
    spans = [
        Evidence(line.article, *line.span)
        for one in bullet.evidence
        for article in voices
        if article.id == one.article
        for line in aligner.lines(article)
        if line.span.start < one.end and one.start < line.span.end
    ]
    return bool(spans) and all(one in places for one in spans)


def verified(judge: Judge, summary: Summary) -> Summary:
    """The summary with every bullet checked against the article it was told from.

    A sentence quoted word for word needs no check. A bullet that is not supported is replaced by the sentence nearest
    to it, quoted, unless that is told already or can't stand alone; then it is dropped. Raises Unsupported if nothing
    is left.
    """
    kept: list[Bullet] = []
    stopped: list[Stopped] = []
    taken = {bullet.evidence[0] for bullet in summary.bullets if bullet.made == "quoted" and bullet.evidence}
    answers = _judged(judge, summary)
    for place, bullet in enumerate(summary.bullets):
        support = answers.get(place)
        if support is None:
            kept.append(bullet)
            continue
        article = _home(summary, bullet)
        if support.supported:
            found = tuple(Evidence(article.id, span.start, span.end) for span in support.evidence) or bullet.evidence
            # What a shortened sentence rests on is known; the guard need not look for it.
            evidence = bullet.evidence if bullet.made == "shortened" else found
            kept.append(replace(bullet, evidence=evidence, support=support.score))
            continue
        quotation = _quotation(article, bullet, support, taken)
        stopped.append(Stopped(bullet.text, support.reasons, quotation is not None))
        if quotation is not None:
            taken.add(quotation.evidence[0])
            kept.append(quotation)
    if not kept:
        first = stopped[0].reasons[0] if stopped and stopped[0].reasons else "its article does not say so"
        called = summary.article.title or summary.article.id
        raise Unsupported(summary.engine, f"none of its {len(answers)} bullets on “{called}” held: {first}")
    return replace(summary, bullets=tuple(kept), checked=len(answers), stopped=tuple(stopped))


def _home(summary: Summary, bullet: Bullet) -> Article:
    """The article a bullet is told from: its evidence names it; without any, or with a strange one, it is the lead."""
    named = bullet.evidence[0].article if bullet.evidence else ""
    return next((one for one in summary.pick.story.articles if one.id == named), summary.article)


def _judged(judge: Judge, summary: Summary) -> dict[int, Support]:
    """The judge's answer on each bullet that is no quotation, by its place; those of one article are asked together."""
    asked: dict[str, list[int]] = {}
    for place, bullet in enumerate(summary.bullets):
        article = _home(summary, bullet)
        if bullet.made != "quoted" or not _verbatim(article, bullet):
            asked.setdefault(article.id, []).append(place)
    found: dict[int, Support] = {}
    for article in summary.pick.story.articles:
        places = asked.get(article.id, [])
        if places:
            own = [summary.bullets[place] for place in places]
            claimed = [[Span(e.start, e.end) for e in one.evidence if e.article == article.id] for one in own]
            supports = judge.check_all([one.text for one in own], article, claimed, article.published)
            found.update(zip(places, supports, strict=True))
            asked.pop(article.id)
    return found


def _verbatim(article: Article, bullet: Bullet) -> bool:
    """Whether a bullet that is called a quotation is one: an engine may be anybody's class."""
    spans = [one for one in bullet.evidence if one.article == article.id]
    said = [word.casefold() for one in spans for word in words(article.text[one.start : one.end])]
    told = [word.casefold() for word in words(bullet.text)]
    return bool(told) and f" {' '.join(told)} " in f" {' '.join(said)} "


def _quotation(article: Article, bullet: Bullet, support: Support, taken: set[Evidence]) -> Bullet | None:
    """The sentence nearest to a bullet that did not hold; of a shortened one, the sentence it was cut from."""
    spans = [Span(one.start, one.end) for one in bullet.evidence] if bullet.made == "shortened" else []
    told = tellable(article)
    for span in [*spans, *support.evidence]:
        for sentence in told:
            evidence = Evidence(article.id, sentence.span.start, sentence.span.end)
            overlaps = sentence.span.start < span.end and span.start < sentence.span.end
            if overlaps and evidence not in taken and stands_alone(sentence.text):
                return Bullet(text=presented(sentence.text), evidence=(evidence,), support=1.0, made="quoted")
    return None
