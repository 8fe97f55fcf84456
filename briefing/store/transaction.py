"""What all of the store shares: one way to a transaction, one way to fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from briefing.errors import StoreError
from briefing.points import point
from briefing.store.dialects import reading

__all__ = ["Room", "transaction"]


@contextmanager
def transaction(engine: Engine, name: str) -> Iterator[Connection]:
    """A transaction that is committed at the end of the block, or rolled back. Raises StoreError.

    What breaks a unique key is raised as it is: it decides who was first.
    """
    try:
        with engine.begin() as connection:
            yield connection
            point(f"{name}: before commit")
        point(f"{name}: after commit")
    except IntegrityError:
        raise
    except OperationalError as error:
        raise StoreError(f"the store failed: {_in_words(str(error.orig))}") from error
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise StoreError(f"the store failed: {reason}") from error


def _in_words(reason: str) -> str:
    if "is full" in reason or "No space left" in reason:
        return f"{reason}; nothing was lost, and the next run goes on once there is room"
    if "locked" in reason or "lock timeout" in reason:
        return f"another program has held it for too long ({reason})"
    return reason


class Room:
    """A part of the store with its own tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reading(engine)
