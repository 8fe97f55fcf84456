"""Where news comes from. A source lists its items; it never reads an article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from briefing.fetch import Fetcher
from briefing.types import Collected
from briefing.worker import Worker

__all__ = ["Searching", "Source", "Tools"]


@dataclass(frozen=True, slots=True)
class Tools:
    """What a source may use: the way out, the killable reader, the folder that relative paths start from."""

    fetcher: Fetcher
    worker: Worker
    base: Path
    max_bytes: int


@runtime_checkable
class Searching(Protocol):
    """A source that can look for its new address."""

    def search(self) -> str | None:
        """An address that may be the source's new one, or None. Raises nothing."""
        ...


@runtime_checkable
class Source(Protocol):
    """Made as `Class(config, tools)`, with `config` the source's entry in the configuration.

    With an attribute `address` (where it lies by the configuration) what is kept of the source counts only as long
    as that stays the same.
    """

    name: str

    def collect(self, state: Mapping[str, str]) -> Collected:
        """The items there are now. `state` is what the last successful call returned, empty at first.

        Raises SourceError or FetchError.
        """
        ...
