"""How a pick is told: the ladder of engines, each within its deadline, all behind the guard.

What an engine answered is remembered, so that nothing is told twice by the same model; what it answered is checked
each time. A bullet that its article does not support gives way to the nearest quotation, or to nothing.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from briefing.engines import Engine
from briefing.engines.cuts import presented
from briefing.engines.embedded import stands_alone, tellable
from briefing.errors import ModelError, ModelUnavailable, Unsupported
from briefing.guard import Support
from briefing.text import Span, digest, one_line, words
from briefing.types import Article, Bullet, Evidence, Pick, Problem, Stopped, Summary

__all__ = ["Judge", "Memory", "Teller", "verified"]

log = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds an engine has beyond its deadline to give up by itself, before it is left behind."""
OUT_OF_TIME = "the time of this edition was up; it was told by a plain ranking of sentences"
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


@dataclass
class _Standing:
    """How an engine did in this edition so far."""

    failures: int = 0
    asleep: bool = False


class Teller:
    """Tells picks by the first engine that answers and whose answer holds."""

    def __init__(self, engines: Sequence[Engine], judge: Judge | None = None, memory: Memory | None = None) -> None:
        self.engines = tuple(engines)
        self._judge = judge
        self._memory = memory
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

    def tell(self, pick: Pick, bullets: int | None, most: int) -> tuple[Summary | None, list[Problem]]:
        """The pick told, or None; and what failed on the way."""
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
                answer = self._answer(engine, pick, bullets, most, math.inf if last else self._remaining())
                told = verified(self._judge, answer) if self._judge else answer
                standing.failures = 0
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

    def _answer(self, engine: Engine, pick: Pick, bullets: int | None, most: int, left: float) -> Summary:
        key = _key(engine, pick, bullets, most)
        if key and self._memory and not self._fresh:
            known = self._memory.recall(key)
            if known is not None:
                return replace(known, pick=pick)
        answer = _in_time(engine, pick, bullets, most, left)
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


def _in_time(engine: Engine, pick: Pick, bullets: int | None, most: int, left: float = math.inf) -> Summary:
    """The engine's answer, within its own deadline and the seconds `left` of the edition's.

    Raises ModelUnavailable if it takes longer, ModelError if it breaks.
    """
    deadline = getattr(engine, "deadline", None)
    patience = min(math.inf if deadline is None else deadline + GRACE, left)
    # Loading is not an article's time; a server has nothing to load.
    prepare = getattr(engine, "prepare", None)
    found: list[Summary] = []
    failed: list[BaseException] = []
    ready = threading.Event()

    def ask() -> None:
        try:
            if deadline is not None and prepare is not None:
                prepare()
            ready.set()
            found.append(engine.tell(pick, bullets, most))
        # It is raised again where the engine was asked.
        except BaseException as error:
            failed.append(error)
            ready.set()

    if math.isinf(patience):
        ask()
    else:
        # Nothing can end a thread from outside; this one may hang for as long as it likes and holds nobody up.
        thread = threading.Thread(target=ask, name=f"tell {engine.name}", daemon=True)
        thread.start()
        ready.wait(None if math.isinf(left) else left)
        thread.join(patience)
    if found:
        return found[0]
    if not failed:
        words = OUT_OF_TIME if patience == left else f"it did not answer within {deadline:g} seconds"
        raise ModelUnavailable(engine.name, words, retryable=True)
    if isinstance(failed[0], Exception) and not isinstance(failed[0], ModelError):
        # An engine may be anybody's class; its bug is its own failure, named like any other. So is a lack of memory.
        log.error("engine %s", engine.name, exc_info=failed[0])
        words = f"its code failed: {type(failed[0]).__name__}: {one_line(str(failed[0]))}"
        raise ModelError(engine.name, words) from failed[0]
    raise failed[0]


def verified(judge: Judge, summary: Summary) -> Summary:
    """The summary with every bullet checked against its article.

    A sentence quoted word for word needs no check. A bullet that is not supported is replaced by the sentence nearest
    to it, quoted, unless that is told already or can't stand alone; then it is dropped. Raises Unsupported if nothing
    is left.
    """
    article = summary.article
    kept: list[Bullet] = []
    stopped: list[Stopped] = []
    taken = {bullet.evidence[0] for bullet in summary.bullets if bullet.made == "quoted" and bullet.evidence}
    doubtful = [one for one in summary.bullets if one.made != "quoted" or not _verbatim(article, one)]
    claimed = [[Span(e.start, e.end) for e in one.evidence if e.article == article.id] for one in doubtful]
    found_of = judge.check_all([one.text for one in doubtful], article, claimed, article.published) if doubtful else []
    answers = iter(found_of)
    for bullet in summary.bullets:
        if not any(bullet is one for one in doubtful):
            kept.append(bullet)
            continue
        support = next(answers)
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
        raise Unsupported(
            summary.engine, f"none of its {len(doubtful)} bullets on “{article.title or article.id}” held: {first}"
        )
    return replace(summary, bullets=tuple(kept), checked=len(doubtful), stopped=tuple(stopped))


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
