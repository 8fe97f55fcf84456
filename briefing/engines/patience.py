"""Asking an engine within a time: its own deadline, and what is left of the edition's."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

from briefing.drafts import carried
from briefing.engines import Engine
from briefing.errors import ModelError, ModelUnavailable
from briefing.text import one_line
from briefing.types import Summary

__all__ = ["GRACE", "OUT_OF_TIME", "in_time"]

log = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds an engine has beyond its deadline to give up by itself, before it is left behind."""
OUT_OF_TIME = "the time of this edition was up; it was told by a plain ranking of sentences"


def in_time(engine: Engine, asked: Callable[[], Summary], left: float = math.inf) -> Summary:
    """The engine's answer, within its own deadline and the seconds `left` of the edition's.

    Raises ModelUnavailable if it takes longer, ModelError if it breaks.
    """
    deadline = getattr(engine, "deadline", None)
    patience = min(math.inf if deadline is None else deadline + GRACE, left)
    # Loading is not an article's time; a server has nothing to load.
    prepare = getattr(engine, "prepare", None)
    found: list[Summary] = []
    failed: list[BaseException] = []
    ready = threading.Event()

    def ask() -> None:
        try:
            if deadline is not None and prepare is not None:
                prepare()
            ready.set()
            found.append(asked())
        except BaseException as error:  # raised again where the engine was asked
            failed.append(error)
            ready.set()

    if math.isinf(patience):
        ask()
    else:
        # Nothing can end a thread from outside; this one may hang for as long as it likes and holds nobody up.
        thread = threading.Thread(target=carried(ask), name=f"tell {engine.name}", daemon=True)
        thread.start()
        ready.wait(None if math.isinf(left) else left)
        thread.join(patience)
    if found:
        return found[0]
    if not failed:
        words = OUT_OF_TIME if patience == left else f"it did not answer within {deadline:g} seconds"
        raise ModelUnavailable(engine.name, words, retryable=True)
    if isinstance(failed[0], Exception) and not isinstance(failed[0], ModelError):
        # An engine may be anybody's class; its bug is its own failure, named like any other. So is a lack of memory.
        log.error("engine %s", engine.name, exc_info=failed[0])
        words = f"its code failed: {type(failed[0]).__name__}: {one_line(str(failed[0]))}"
        raise ModelError(engine.name, words) from failed[0]
    raise failed[0]
