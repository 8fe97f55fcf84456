"""What engines answered, kept in the store: the memory that telling asks before it asks an engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from briefing.store import Store, dump_answer, load_answer
from briefing.types import Summary


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
