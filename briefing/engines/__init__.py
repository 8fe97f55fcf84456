"""What tells stories. Models are imported on first use, never at start-up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy
from numpy.typing import NDArray

from briefing.prompts import Prompts
from briefing.types import Article, Evidence, Pick, Summary

__all__ = ["Embedder", "Engine", "EngineTools", "PerEdition", "Unites", "Vectors"]

Vectors = NDArray[numpy.float32]
"""Shape (texts, dimensions); each row has length 1, so a dot product is a cosine."""


@runtime_checkable
class Embedder(Protocol):
    """Texts → vectors. `meaning` is False where vectors compare words only, not what they mean."""

    @property
    def name(self) -> str:
        """What it is called in a receipt."""
        ...

    @property
    def meaning(self) -> bool:
        """Whether closeness of vectors is closeness in meaning."""
        ...

    def encode(self, texts: list[str]) -> Vectors:
        """One row per text. Raises ModelUnavailable."""
        ...

    def encode_each(self, texts: list[str]) -> Vectors:
        """As `encode`, and each row depends on its text alone, to the last digit. Raises ModelUnavailable."""
        ...

    @property
    def identity(self) -> str:
        """What its vectors depend on beside their texts; equal for equal vectors."""
        ...


@runtime_checkable
class Engine(Protocol):
    """Tells a pick in bullets, each resting on spans of its articles.

    One with `certain = True` always tells the same of the same articles, so it is asked once for all readers of a run.
    """

    @property
    def name(self) -> str:
        """What stands in a receipt."""
        ...

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        """`bullets` asks for an exact number (fewer only where the article has no more); without it the
        engine chooses, at most `most`. Raises ModelError.
        """
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


@runtime_checkable
class PerEdition(Protocol):
    """An engine that starts anew with each edition: its budget is counted again, its language may be another."""

    def begin(self, language: str | None) -> None:
        """Called before an edition in `language` is told."""
        ...


@dataclass(frozen=True, slots=True)
class EngineTools:
    """What an engine of the configuration is made with, beside its own section: prompts, and where paths start."""

    prompts: Prompts
    base: Path
