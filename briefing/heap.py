"""What the C library is told about memory: how many heaps it keeps for threads. Elsewhere than with glibc nothing."""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["HEAPS", "share_heaps"]

HEAPS = 2
_M_ARENA_MAX = -8
"""Its number in glibc's malloc.h."""


def share_heaps() -> bool:
    """Let all threads that are begun from now on share `HEAPS` heaps. Returns whether that was asked for.

    glibc has up to eight heaps for each core and gives a new thread any that is free. A service begins threads all day,
    so in time each heap is once the one in which a model is run, and keeps what that took: memory grows for weeks
    though nothing holds it. Who has set MALLOC_ARENA_MAX or GLIBC_TUNABLES is not overruled.
    """
    own = "MALLOC_ARENA_MAX" in os.environ or "arena_max" in os.environ.get("GLIBC_TUNABLES", "")
    if own or not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    return bool(library.mallopt(_M_ARENA_MAX, HEAPS))
