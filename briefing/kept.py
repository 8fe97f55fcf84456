"""What was worked out once and is kept for the next who asks, up to a number."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Kept", "Marks"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """At most `most` values; the oldest give way. Several threads may use it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._values: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """The value of a key, or None."""
        return self._values.get(key)

    def put(self, key: Key, value: Value) -> Value:
        """Keep a value, and return it."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                del self._values[next(iter(self._values))]
        return value


class Marks(Generic[Key]):
    """A number for each value, the same for equal ones, of which `most` are known.

    The very same object is known again without being hashed or compared, however long the texts in it are.
    """

    def __init__(self, most: int) -> None:
        self._count = count()
        self._equal: Kept[Key, int] = Kept(most)
        # What is held here can't be given up meanwhile, so that no other object gets its address.
        self._same: Kept[int, tuple[Key, int]] = Kept(most)

    def of(self, value: Key) -> int:
        """The number of a value."""
        known = self._same.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        mark = self._equal.get(value)
        if mark is None:
            mark = self._equal.put(value, next(self._count))
        return self._same.put(id(value), (value, mark))[1]
