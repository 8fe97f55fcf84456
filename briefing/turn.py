"""One at a time, for what several threads share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_TURN = threading.RLock()


def in_turn(work: Callable[P, R]) -> Callable[P, R]:
    """`work`, which waits until nobody else in this process does anything marked so.

    Engines are shared by all that tell (an edition being made, a reader who asks), and none of them promises to be
    usable by two threads at once. A turn is one pick, so nobody waits for a whole edition.
    """

    @wraps(work)
    def waits(*args: P.args, **kwargs: P.kwargs) -> R:
        with _TURN:
            return work(*args, **kwargs)

    return waits
