"""Bullets heard while they are made, for whoever listens; and the pieces a reply comes in.

Who asks now may see each bullet as soon as it stands, before the rest is written. Listening holds for the block and
for the threads it starts by `carried`; without a listener nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

from briefing.types import Bullet

__all__ = ["carried", "heard", "hearing", "pieces", "read"]

P = ParamSpec("P")
R = TypeVar("R")
_BULLETS: ContextVar[Callable[[Bullet], None] | None] = ContextVar("bullets", default=None)
_PIECES: ContextVar[Callable[[str], None] | None] = ContextVar("pieces", default=None)


def hearing() -> Callable[[Bullet], None] | None:
    """Who listens for bullets."""
    return _BULLETS.get()


@contextmanager
def heard(by: Callable[[Bullet], None] | None) -> Iterator[None]:
    """`by` hears the bullets that are made in this block; None: nobody does."""
    before = _BULLETS.set(by)
    try:
        yield
    finally:
        _BULLETS.reset(before)


def read() -> Callable[[str], None] | None:
    """Who reads along: called with a reply as far as it has come."""
    return _PIECES.get()


@contextmanager
def pieces(to: Callable[[str], None] | None) -> Iterator[None]:
    """`to` reads the reply that is asked for in this block while it comes."""
    before = _PIECES.set(to)
    try:
        yield
    finally:
        _PIECES.reset(before)


def carried(call: Callable[P, R]) -> Callable[P, R]:
    """`call` for another thread, where whoever listens here listens too."""
    context = copy_context()

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.run(call, *args, **kwargs)

    return run
