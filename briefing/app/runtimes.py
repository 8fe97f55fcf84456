"""Where the work is done, by the configuration; Ray is imported only where it is asked for."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from briefing.config import Config, EmbeddedEngineConfig, RayConfig, ServerEngineConfig
from briefing.errors import UsageError
from briefing.extract import Extractor
from briefing.runtime import Runtime

if TYPE_CHECKING:
    from briefing.app.wiring import Wiring
    from briefing.cluster import Workshop

__all__ = ["runtime_of"]


def runtime_of(app: Wiring, extractor: Extractor) -> Runtime:
    """The configured runtime. Raises UsageError if it is not installed, BriefingError if it can't be reached."""
    settings = app.config.runtime
    local = app.local(extractor)
    if not isinstance(settings, RayConfig):
        return local
    if importlib.util.find_spec("ray") is None or importlib.util.find_spec("pyarrow") is None:
        raise UsageError('"runtime: ray" needs Ray; install it with: pip install "briefing[ray]"')
    from briefing.cluster import RayRuntime

    made = _Workshops(_share(app.config, settings), app.base, app.path, app.now(), app.lasting)
    return RayRuntime(settings, made, local)


def _share(config: Config, settings: RayConfig) -> Config:
    """The configuration of one actor: its cores, and its share of what an edition may cost."""
    count = settings.actors
    budgets = [e for e in config.summarizer.engines if isinstance(e, ServerEngineConfig)]
    if count is None and any(engine.budget_tokens or engine.budget_money for engine in budgets):
        raise UsageError("an engine has a budget: say by runtime: {type: ray, actors: N} how many share it")
    engines = tuple(
        engine.model_copy(
            update={
                "budget_tokens": max(1, engine.budget_tokens // count) if engine.budget_tokens else None,
                "budget_money": engine.budget_money / count if engine.budget_money else None,
            }
        )
        if isinstance(engine, ServerEngineConfig) and count
        else engine
        for engine in config.summarizer.engines
    )
    summarizer = config.summarizer.model_copy(update={"threads": max(1, int(settings.cpus)), "engines": engines})
    return config.model_copy(update={"summarizer": summarizer})


@dataclass(frozen=True, slots=True)
class _Workshops:
    """Makes an actor's workshop; sent to the actors in place of what it makes."""

    config: Config
    base: Path
    path: Path | None
    moment: datetime
    lasting: bool

    def __call__(self) -> Workshop:
        from briefing.app.wiring import Wiring
        from briefing.cluster import Workshop

        app = Wiring(self.config, self.base, at=lambda: self.moment)
        app.path = self.path
        # What the embedded engine tells is not kept between runs, so an actor needs no store for it.
        app.lasting = self.lasting and any(
            not isinstance(engine, EmbeddedEngineConfig) for engine in self.config.summarizer.engines
        )
        return Workshop(app.local(Extractor(app.tools.worker)), app.sources, app.encoder, app.teller, app.failures)
