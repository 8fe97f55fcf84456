"""What engines answered, so that nothing is told twice by the same model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from briefing.engines import Engine
from briefing.store import Store, dump_answer, load_answer
from briefing.text import digest
from briefing.types import Pick, Summary

__all__ = ["Memory", "Remembered", "for_pick", "key_of", "told_from"]


class Memory(Protocol):
    """What engines answered, by key."""

    def recall(self, key: str) -> Summary | None:
        """The answer, without its pick."""
        ...

    def remember(self, key: str, summary: Summary) -> None:
        """Keep an answer."""
        ...


class Remembered:
    """What engines answered, in the store."""

    def __init__(self, store: Store, at: Callable[[], datetime]) -> None:
        self._store = store
        self._now = at

    def recall(self, key: str) -> Summary | None:
        """The answer, without its pick."""
        document = self._store.telling(key, self._now())
        return None if document is None else load_answer(document)

    def remember(self, key: str, summary: Summary) -> None:
        """Keep an answer."""
        self._store.keep_telling(key, dump_answer(summary), self._now())


def key_of(engine: Engine, pick: Pick, bullets: int | None, most: int) -> str:
    """What an answer is known by; empty where the engine does not say what it depends on."""
    identity = getattr(engine, "key", "")
    if not identity:
        return ""
    return told_from(identity, pick, bullets, most)


def told_from(identity: str, pick: Pick, bullets: int | None, most: int) -> str:
    """What an answer of an engine depends on beside the engine's `identity`."""
    articles = [part for a in pick.story.articles for part in (a.id, a.title or "", a.language or "", a.text)]
    return digest(identity, str(bullets), str(most), *articles)


def for_pick(told: Summary | None, pick: Pick) -> Summary | None:
    """A telling as one of this pick. Its articles stay as they were shown."""
    if told is None:
        return None
    shown = told.pick.story.articles
    if shown != pick.story.articles:
        pick = replace(pick, story=replace(pick.story, articles=shown))
    return replace(told, pick=pick)
