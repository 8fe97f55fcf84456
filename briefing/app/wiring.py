"""The only place that wires: a configuration becomes the parts the pipeline works with."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from briefing import __version__
from briefing.answers import Answering, Links, Replies
from briefing.channels import Channel
from briefing.channels.lines import Allowance
from briefing.channels.made import Channels, channels_of, shared_folders
from briefing.config import (
    BriefingConfig,
    Config,
    EmbeddedEngineConfig,
    FileConfig,
    load_config,
)
from briefing.config.models import DEFAULT_MODEL
from briefing.config.plugged import check_plugins
from briefing.engines import Embedder, Engine, EngineTools
from briefing.engines.passes import Passes, cores
from briefing.errors import UsageError
from briefing.outbox import Outbox
from briefing.plugins import find
from briefing.prompts import Prompts
from briefing.reloading import stale
from briefing.render import Renderer
from briefing.signing import Signer
from briefing.store import Address, Store, address, open_store
from briefing.types import Problem
from briefing.worker import Worker

# What making an edition takes is imported with its first use: most commands, and a run with nothing new, need none.
if TYPE_CHECKING:
    from briefing.collecting import Report
    from briefing.engines.encoder import TransformerEncoder
    from briefing.extract import Extractor
    from briefing.guard import Guard
    from briefing.memory import Memory
    from briefing.pipeline import Parts
    from briefing.runtime import Local
    from briefing.screening import Screen
    from briefing.sources import Source, Tools
    from briefing.telling import Teller
    from briefing.voices import Aligner

MEGABYTE = 1_000_000
READERS = min(4, cores())
"""Processes that read pages: what they wait for is one core each, and each takes some 100 MB."""
NAMED = 40
"""Briefings that a message about a wrong name lists."""
Made = TypeVar("Made")


def now() -> datetime:
    """The moment it is, for the doors."""
    return datetime.now(UTC)


def _silent(stage: str, done: int, total: int) -> None:
    return None


class Wiring:
    """Everything wired. Parts that are expensive are made with their first use. Use as a context manager.

    `at` stands in for the clock in tests.
    """

    def __init__(
        self, config: Config, base: Path, *, at: Callable[[], datetime] = now, report: Report = _silent
    ) -> None:
        self.config = config
        self.base = base
        self.now = at
        self.report = report
        self.lasting = True
        self.path: Path | None = None
        # Pages are served, and editions made, by threads of one process; a part is made once.
        self._lock = RLock()
        self._stack = ExitStack()
        self._made: dict[str, object] = {}

    @classmethod
    def from_file(cls, path: Path, *, at: Callable[[], datetime] = now, report: Report = _silent) -> Self:
        """The app of a configuration file; relative paths in it start from its folder. Raises ConfigError."""
        app = cls(load_config(path, os.environ), path.absolute().parent, at=at, report=report)
        app.path = path
        check_plugins(app.config, path)
        return app

    def reload(self, config: Config) -> None:
        """Use another configuration; what it does not change stays loaded.

        Raises ConfigError if it names a class that is not there, UsageError for another store.
        """
        check_plugins(config, self.path)
        if config.store != self.config.store:
            raise UsageError("the store has changed; that takes effect with the next start")
        with self._lock:
            old, self.config = self.config, config
            for name in stale(old, config):
                self._made.pop(name, None)

    @classmethod
    def default(cls, *, report: Report = _silent) -> Self:
        """An app of the defaults, for what needs no configuration: summaries on demand."""
        here = Path.cwd()
        nothing = FileConfig(name="none", type="file", path=".")
        made = cls(Config(sources=(nothing,), briefings=(BriefingConfig(name="none"),)), here, report=report)
        made.lasting = False
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store, connections and the reader's process."""
        self._stack.close()
        self._made.clear()

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]  # type: ignore[return-value]  # filled by `make` under the same name

    @property
    def place(self) -> Address:
        """Where the store is. Raises StoreError."""
        chosen = self.config.store
        password = chosen.password.get_secret_value() if chosen.password else None
        return address(chosen.url.get_secret_value(), self.base, password)

    @property
    def store(self) -> Store:
        """The store, opened with its first use."""

        def make() -> Store:
            store = open_store(self.place, self.base)
            self._stack.callback(store.close)
            return store

        return self._once("store", make)

    @property
    def signer(self) -> Signer:
        """What signs the links and reply addresses of editions; its secret lives in the store."""
        return self._once("signer", lambda: Signer(self.store.secret("links")))

    @property
    def max_bytes(self) -> int:
        """Largest page, feed or file that is read."""
        return int(self.config.fetch.max_megabytes * MEGABYTE)

    @property
    def tools(self) -> Tools:
        """What sources work with."""

        def make() -> Tools:
            from briefing.fetch import Fetcher, Limits
            from briefing.sources import Tools

            limits = Limits.of(self.config.fetch, __version__)
            fetcher = self._stack.enter_context(Fetcher(limits))
            return Tools(fetcher, self._stack.enter_context(Worker(processes=READERS)), self.base, self.max_bytes)

        return self._once("tools", make)

    @property
    def encoder(self) -> Embedder:
        """The configured encoder; where it can't be loaded, words alone."""

        def make() -> Embedder:
            from briefing.engines.encoder import FallbackEncoder

            return FallbackEncoder(self.transformer)

        return self._once("encoder", make)

    @property
    def transformer(self) -> TransformerEncoder:
        """The configured encoder itself, shared by all who read with it."""
        chosen = self.config.summarizer

        def make() -> TransformerEncoder:
            from briefing.engines.encoder import TransformerEncoder

            return TransformerEncoder(chosen.model, chosen.revision, Passes(chosen.threads))

        return self._once("transformer", make)

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The ladder; its last rung needs no model."""

        def make() -> tuple[Engine, ...]:
            from briefing.engines.rungs import ladder

            settings = self.config.summarizer
            tools = EngineTools(self.prompts, self.base)
            own = [
                find("engine", e.type)(e, tools) for e in settings.engines if not isinstance(e, EmbeddedEngineConfig)
            ]
            # The trained heads fit the encoder they were trained over, and no other.
            fits = settings.model == DEFAULT_MODEL
            last = settings.engines[-1] if settings.engines else None
            shorten = last.shorten if isinstance(last, EmbeddedEngineConfig) else True
            embedded = ladder(self.encoder, self.transformer if fits else None, shorten)
            return (*own, *embedded)

        return self._once("engines", make)

    @property
    def teller(self) -> Teller:
        """The ladder behind the guard, with what it told before."""

        def make() -> Teller:
            from briefing.telling import Teller

            return Teller(self.engines, self.guard, self.memory, self.aligner, screen=self.screen)

        return self._once("teller", make)

    @property
    def screen(self) -> Screen:
        """What keeps orders to programs from engines and readers."""

        def make() -> Screen:
            from briefing.screening import Classifier, Screen

            return Screen(Classifier(self.encoder))

        return self._once("screen", make)

    @property
    def aligner(self) -> Aligner:
        """What lays several outlets' articles beside each other."""

        def make() -> Aligner:
            from briefing.voices import Aligner

            return Aligner(self.encoder)

        return self._once("aligner", make)

    @property
    def memory(self) -> Memory | None:
        """What engines answered; without a file of its own (summaries on demand) nothing is kept between runs."""
        from briefing.memory import Remembered

        return Remembered(self.store, self.now) if self.lasting else None

    @property
    def guard(self) -> Guard:
        """What no bullet passes that its article does not support."""

        def make() -> Guard:
            from briefing.guard import Guard
            from briefing.guard.entailment import EntailmentScorer
            from briefing.guard.score import LearnedScorer

            entailment = self.config.guard.entailment
            configured = [EntailmentScorer(entailment, self.base)] if entailment else []
            return Guard(self.encoder, scorers=[*configured, LearnedScorer()])

        return self._once("guard", make)

    @property
    def prompts(self) -> Prompts:
        """What models are given, ours and the user's."""
        folder = self.config.prompts
        return self._once("prompts", lambda: Prompts(self.base / folder if folder else None))

    @property
    def renderer(self) -> Renderer:
        """Templates, ours and the user's."""
        folder = self.config.templates
        return self._once("renderer", lambda: Renderer(self.base / folder if folder else None))

    @property
    def sources(self) -> tuple[Source, ...]:
        """All configured sources."""
        tools = self.tools
        return self._once("sources", lambda: tuple(find("source", s.type)(s, tools) for s in self.config.sources))

    @property
    def parts(self) -> Parts:
        """What the pipeline works with."""

        def make() -> Parts:
            from briefing.app.runtimes import runtime_of
            from briefing.extract import Extractor
            from briefing.pipeline import Parts

            extractor = Extractor(self.tools.worker)
            return Parts(
                store=self.store,
                sources=self.sources,
                fetcher=self.tools.fetcher,
                extractor=extractor,
                encoder=self.encoder,
                teller=self.teller,
                prompts=self.prompts,
                topics=self.config.topics,
                source_weights={source.name: source.weight for source in self.config.sources},
                runtime=runtime_of(self, extractor),
                report=self.report,
            )

        return self._once("parts", make)

    def failures(self) -> list[Problem]:
        """The models that could not be used, and what was done without them."""
        from briefing.engines.encoder import FallbackEncoder

        found = []
        if isinstance(self.encoder, FallbackEncoder) and self.encoder.failure is not None:
            said = "topics were matched by keywords and sentences ranked by words alone"
            found.append((f"model {self.encoder.failure.subject}", self.encoder.failure.message, said))
        if self.screen.failure is not None:
            said = "orders to programs were looked for by rules alone"
            found.append((self.screen.failure.subject, self.screen.failure.message, said))
        if self.guard.failure is not None:
            said = "bullets were checked with a plainer score"
            found.append((self.guard.failure.subject, self.guard.failure.message, said))
        return [Problem("tell", subject, f"{message}; {said}") for subject, message, said in found]

    def local(self, extractor: Extractor) -> Local:
        """This process as the place where the work is done."""
        from briefing.runtime import Local

        return Local(self.tools.fetcher, extractor, self.max_bytes, self.config.fetch.parallel)

    def channels(self, briefing: BriefingConfig) -> tuple[Channel, ...]:
        """The channels of a briefing."""
        config = self.config
        # Among thousands of briefings only all of them together know which folders are shared.
        known = self._once("folders", lambda: (config, shared_folders(config.briefings)))
        if known[0] is not config:
            known = self._made["folders"] = (config, shared_folders(config.briefings))
        return channels_of(briefing, known[1], self.base)

    @property
    def outbox(self) -> Outbox:
        """What delivering works with."""
        allowance = self._once("allowance", Allowance)
        return Outbox(self.store, self.renderer, self.all_channels(), self.now, self.links, allowance)

    def all_channels(self) -> Mapping[str, tuple[Channel, ...]]:
        """The channels of every briefing, by its name; made where they are asked for."""
        return Channels(self.config.briefings, self.channels)

    @property
    def links(self) -> Links | None:
        """What readers can answer with, where the configuration says how they reach us."""
        return Links(self.config.answers, self.signer) if self.config.answers else None

    @property
    def replies(self) -> Replies | None:
        """What takes readers' answers, where they can be given."""
        answers, links = self.config.answers, self.links
        if answers is None or links is None:
            return None
        answering = Answering(self.store, links, self.renderer, self.all_channels, self.now)
        return self._once("replies", lambda: Replies(answers.mailbox, answering))

    def briefing(self, name: str | None) -> BriefingConfig:
        """The briefing of this name, or the first one. Raises UsageError."""
        if name is None:
            return self.config.briefings[0]
        found = self.config.briefing(name)
        if found is None:
            known = ", ".join(briefing.name for briefing in self.config.briefings[:NAMED])
            more = f" and {len(self.config.briefings) - NAMED} more" if len(self.config.briefings) > NAMED else ""
            raise UsageError(f'no briefing is called "{name}"; there are {known}{more}')
        return found
