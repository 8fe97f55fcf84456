"""What a machine of a cluster needs to do its share: the parts of an installation without its store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from briefing.engines import Embedder
from briefing.runtime import Local
from briefing.sources import Source
from briefing.telling import Teller
from briefing.types import Problem

__all__ = ["Workshop"]


@dataclass(frozen=True, slots=True)
class Workshop:
    """Made anew in each of Ray's actors; models are loaded with their first use.

    `failures` names the models that could not be used so far.
    """

    local: Local
    sources: tuple[Source, ...]
    encoder: Embedder
    teller: Teller
    failures: Callable[[], list[Problem]]
