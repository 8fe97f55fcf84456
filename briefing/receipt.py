"""The account of how an edition came about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of everything: the account at the foot of an edition. Counts, and seconds of work."""

    sources_read: int = 0
    sources_unchanged: int = 0
    sources_failed: int = 0
    sources_late: int = 0
    articles_new: int = 0
    articles_considered: int = 0
    items_failed: int = 0
    quarantined: int = 0
    merged: int = 0
    told: int = 0
    already_told: int = 0
    silent: int = 0
    outside_topics: int = 0
    over_limit: int = 0
    muted: int = 0
    quiet_topics: tuple[str, ...] = ()
    not_told: int = 0
    too_old: int = 0
    undated: int = 0
    examples_left_out: tuple[str, ...] = ()
    checked: int = 0
    replaced: int = 0
    dropped: int = 0
    engine: str = ""
    prompts: tuple[str, ...] = ()
    seconds: float = 0.0
    tokens: int = 0
    cost: float = 0.0
