"""How a pick is told: the ladder of engines, each within its deadline, all behind the guard.

What an engine answered is remembered, so that nothing is told twice by the same model; what it answered is checked
each time. A bullet that its article does not support gives way to the nearest quotation, or to nothing.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType

from briefing import drafts
from briefing.ahead import Ahead
from briefing.engines import Engine, PerEdition, Unites
from briefing.engines.embedded import tellable
from briefing.engines.patience import OUT_OF_TIME, in_time
from briefing.engines.standing import stands_alone
from briefing.errors import ModelError, ModelUnavailable, NothingNew
from briefing.grounds import all_in, reports, rests_on, untold
from briefing.kept import Kept, Marks
from briefing.memory import Memory, Remembered, for_pick, key_of, told_from
from briefing.screening import Screen, Screened
from briefing.text import digest
from briefing.threads import corrections, known_line, stale
from briefing.turn import in_turn
from briefing.types import Article, Bullet, Correction, Evidence, Pick, Problem, Story, Summary, Thread
from briefing.verifying import Judge, verified
from briefing.voices import Aligner, disagreements, revisions, united, voices_of

__all__ = ["Judge", "Memory", "Remembered", "Teller", "Unites", "verified"]

log = logging.getLogger(__name__)

SHARED = 2000
"""Answers that are kept in memory, so that a story is told once for all readers of a process."""
Told = tuple[Summary | None, list[Problem]]
Whole = tuple[int, int, frozenset[str], int | None, int, Thread | None]
"""All that a checked telling depends on, within a process: the rung, the story (a mark for its articles), how much is
told of it, and what was told before."""
PATIENCE = 2
"""Failures in a row after which an engine that can't be reached is not asked again in the same edition."""


@dataclass
class _Standing:
    """How an engine did in this edition so far."""

    failures: int = 0
    asleep: bool = False


class Teller:
    """Tells picks by the first engine that answers and whose answer holds. None is shown what `screen` leaves out.

    With an `aligner`, a story of several articles is told from all of them (`briefing.voices`); without, from its lead.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        judge: Judge | None = None,
        memory: Memory | None = None,
        aligner: Aligner | None = None,
        screen: Screen | None = None,
    ) -> None:
        self.engines = tuple(engines)
        self.screen = screen or Screen()
        self._judge = judge
        self._memory = memory
        self.aligner = aligner
        self._standing: dict[int, _Standing] = {}
        self.language: str | None = None
        self._fresh = False
        self._lately: Kept[str, Summary] = Kept(SHARED)
        self._whole: Kept[Whole, tuple[Summary | None]] = Kept(SHARED)
        self._marks: Marks[tuple[Article, ...]] = Marks(SHARED)
        self._news: Kept[tuple[tuple[Article, ...], frozenset[str], Thread], bool] = Kept(SHARED)
        self._remaining: Callable[[], float] = lambda: math.inf
        self._ahead = Ahead(self.screen.of, self.engines[0])

    def get_ready(self) -> None:
        """Load what the first engine needs, beside whatever is done meanwhile. What fails is met again by `tell`."""
        self._ahead.get_ready()

    def expect(self, picks: Sequence[Pick], most: int, threads: Mapping[str, Thread] = MappingProxyType({})) -> None:
        """These are told next, in this order; each is made ready while those before it are told.

        What was told to another reader needs none of that.
        """

        def voices(story: Story) -> Sequence[Article]:
            thread = threads.get(story.id)
            return voices_of(story) if thread is None else untold(story, thread)

        def begun(shown: Pick) -> None:
            engine = self.engines[0]
            # An answer that is not kept in memory would be asked for twice.
            kept = getattr(engine, "certain", False) and not self._fresh
            if kept and self._by_lead(shown.story, threads.get(shown.story.id)):
                with suppress(ModelError):
                    self._answer(engine, shown, None, most)

        unknown = [one for one in picks if not self.knows(one, most, threads.get(one.story.id))]
        self._ahead.expect(unknown, voices, begun)

    def knows(self, pick: Pick, most: int, thread: Thread | None) -> bool:
        """Whether the pick was told before, to another reader, and need not be told anew."""
        key = self._key(0, pick.story, None, most, thread)
        return not self._fresh and self._whole.get(key) is not None

    def learn(self, pick: Pick, most: int, thread: Thread | None, told: Told) -> None:
        """Keep what another teller with the same engines told."""
        summary, problems = told
        if summary is None or summary.engine == self.engines[0].name:
            key = self._key(0, pick.story, None, most, thread)
            self._keep(key, self.engines[0], summary, problems)

    @property
    def fresh(self) -> bool:
        """Whether engines are asked again, whatever they answered before."""
        return self._fresh

    def remaining(self) -> float:
        """Seconds that are left for models in this edition; infinite where nobody waits for it."""
        return self._remaining()

    def begin(
        self,
        *,
        fresh: bool = False,
        remaining: Callable[[], float] = lambda: math.inf,
        language: str | None = None,
    ) -> None:
        """A new edition in `language`: every engine is asked again. With `fresh`, whatever it answered before.

        `remaining` tells the seconds that are left; when there are none, only the last rung tells.
        """
        for engine in self.engines:
            if isinstance(engine, PerEdition):
                engine.begin(language)
        self.language = language
        self._standing.clear()
        self._fresh = fresh
        self._remaining = remaining

    @in_turn
    def tell(
        self,
        pick: Pick,
        bullets: int | None,
        most: int,
        thread: Thread | None = None,
        hear: Callable[[Summary], None] | None = None,
    ) -> Told:
        """The pick told, or None; and what failed on the way. One pick at a time, whoever asks.

        With a `thread`, what was told of the story before is not told again; if there is nothing else, the answer is
        None with no problem of this pick's own. `hear` is told each bullet that an engine writes, as a summary of it
        alone, as soon as it has passed the guard; what is returned replaces them.
        """
        problems: list[Problem] = []
        screened = self._ahead.of(pick)
        for number, engine in enumerate(self.engines):
            standing = self._standing.setdefault(number, _Standing())
            last = number == len(self.engines) - 1
            if standing.asleep:
                continue
            if not last and self._remaining() <= 0:
                problems.append(Problem(ModelError.stage, "time", OUT_OF_TIME))
                standing.asleep = True
                continue
            key = self._key(number, pick.story, bullets, most, thread)
            known = None if self._fresh else self._whole.get(key)
            if known is not None:
                standing.failures = 0
                return for_pick(known[0], pick), problems
            screened = screened or self.screen.of(pick)
            before = len(problems)
            try:
                with drafts.heard(self._listener(engine, screened, hear)):
                    told = screened.told(self._told(engine, screened.shown, bullets, most, problems, thread))
                standing.failures = 0
            except NothingNew:
                standing.failures = 0
                self._keep(key, engine, None, problems[before:])
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
            self._keep(key, engine, told, problems[before:])
            return told, problems
        return None, problems

    def _key(self, rung: int, story: Story, bullets: int | None, most: int, thread: Thread | None) -> Whole:
        return (rung, self._marks.of(story.articles), story.copies, bullets, most, thread)

    def _keep(self, key: Whole, engine: Engine, told: Summary | None, problems: Sequence[Problem]) -> None:
        """Keep a checked telling for the other readers of this process, if all went well and it would be the same."""
        if problems or not (getattr(engine, "certain", False) or getattr(engine, "key", "")):
            return
        self._whole.put(key, (told,))

    def _listener(
        self, engine: Engine, screened: Screened, hear: Callable[[Summary], None] | None
    ) -> Callable[[Bullet], None] | None:
        if hear is None:
            return None

        def heard(bullet: Bullet) -> None:
            try:
                checked = self._checked(Summary(pick=screened.shown, bullets=(bullet,), engine=engine.name))
            except ModelError:
                # It does not hold; what is told in its place is seen at the end.
                return
            # A quotation in its place is chosen once all bullets are known.
            if not checked.stopped:
                hear(screened.told(checked))

        return heard

    def has_news(self, story: Story, thread: Thread) -> bool:
        """Whether a story that was told before has any sentence that says something new and can stand alone."""
        if self.aligner is None:
            return True
        key = (story.articles, story.copies, thread)
        known = self._news.get(key)
        return self._news.put(key, self._has_news(story, thread, self.aligner)) if known is None else known

    @staticmethod
    def _has_news(story: Story, thread: Thread, aligner: Aligner) -> bool:
        voices = untold(story, thread)
        old = stale(voices, thread, aligner)
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
        if aligner is None or self._by_lead(pick.story, thread):
            return self._checked(self._answer(engine, pick, bullets, most))
        revised = revisions(reports(pick.story, voices), aligner)
        if thread is not None:
            voices = untold(pick.story, thread)
        old = stale(voices, thread, aligner) if thread is not None else frozenset()
        skip = old | {one.old for one in revised}
        made = self._joined(engine, pick, voices, bullets, most, problems, thread, skip)
        # What a story is about is told even if a figure in it has changed, with the change, unless that tells it.
        bare = [one for one in revised if one.opening and one.old not in old and not rests_on(made, one.new)]
        if bare:
            made = self._joined(engine, pick, voices, bullets, most, problems, thread, skip - {one.old for one in bare})
        differing = disagreements(voices, aligner)
        changes = [one.change for one in bare if rests_on(made, one.old)]
        changes += [one.change for one in revised if one.change.kind == "corrected"]
        known = known_line(made.bullets, thread, aligner) if thread is not None else None
        return replace(made, differing=(*differing, *dict.fromkeys(changes)), known=known)

    def _by_lead(self, story: Story, thread: Thread | None) -> bool:
        """Whether the story is told from its lead alone, and nothing of it was told before."""
        return self.aligner is None or (thread is None and len(voices_of(story)) < 2)

    def _joined(
        self,
        engine: Engine,
        pick: Pick,
        voices: Sequence[Article],
        bullets: int | None,
        most: int,
        problems: list[Problem],
        thread: Thread | None,
        skip: Collection[Evidence],
    ) -> Summary:
        """What one engine tells of several articles, without the sentences in `skip`, as one summary."""
        assert self.aligner is not None
        if isinstance(engine, Unites) and engine.unites(voices):
            told = self._checked(self._together(engine, pick, voices, bullets, most, skip, thread is not None))
        else:
            # Who can't be told what to leave out tells more, of which less is left.
            told = self._each_alone(engine, pick, voices, bullets, most * 2 if thread else most, problems)
            left = tuple(bullet for bullet in told.bullets if not all_in(bullet, skip, voices, self.aligner))
            if thread is not None and not left:
                raise NothingNew(engine.name, "it told nothing that was not told before")
            told = replace(told, bullets=left or told.bullets)
        return united(told, voices, self.aligner, bullets or most)

    def _together(
        self,
        engine: Engine,
        pick: Pick,
        voices: Sequence[Article],
        bullets: int | None,
        most: int,
        skip: Collection[Evidence],
        update: bool,
    ) -> Summary:
        assert isinstance(engine, Unites)
        united_by: Unites = engine

        def ask() -> Summary:
            return united_by.tell_together(pick, voices, bullets, most, skip, update)

        parts = sorted(f"{one.article} {one.start} {one.end}" for one in skip)
        parts += [part for a in voices for part in (a.id, a.title or "", a.text)]
        shared = digest(engine.name, "together", str(bullets), str(most), str(update), *parts)
        if not getattr(engine, "certain", False):
            return self._in_time(engine, ask)
        known = None if self._fresh else self._lately.get(shared)
        if known is not None:
            return replace(known, pick=pick)
        return self._lately.put(shared, self._in_time(engine, ask))

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
        key = key_of(engine, pick, bullets, most)
        # What is quick is not kept between runs, but it need not be told anew for every reader of one.
        shared = told_from(engine.name, pick, bullets, most) if getattr(engine, "certain", False) and not key else ""
        if not self._fresh:
            known = self._lately.get(shared)
            if known is None and key and self._memory:
                known = self._memory.recall(key)
            if known is not None:
                return replace(known, pick=pick)
        answer = self._in_time(engine, lambda: engine.tell(pick, bullets, most))
        if not answer.bullets:
            raise ModelError(engine.name, f"it told nothing of “{pick.story.lead.title or pick.story.lead.id}”")
        if key and self._memory:
            self._memory.remember(key, answer)
        if shared:
            self._lately.put(shared, answer)
        return answer
