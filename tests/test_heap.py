"""How many heaps the C library keeps for threads; counted by glibc itself in a process of its own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from briefing.heap import HEAPS

_COUNT = """
import ctypes, os, sys, threading
from briefing.heap import share_heaps
asked = share_heaps()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
gate = threading.Barrier(12)
def work():
    library.malloc(ctypes.c_size_t(50_000))
    gate.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
library.fdopen.restype = ctypes.c_void_p
read, write = os.pipe()
stream = ctypes.c_void_p(library.fdopen(write, b"w"))
library.malloc_info(0, stream)
library.fclose(stream)
print(asked, os.fdopen(read).read().count("<heap nr="))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that has heaps for threads")
@pytest.mark.parametrize("own", ["", "3"])
def test_threads_share_two_heaps(own: str) -> None:
    surroundings = {key: value for key, value in os.environ.items() if key != "MALLOC_ARENA_MAX"}
    if own:
        surroundings["MALLOC_ARENA_MAX"] = own
    done = subprocess.run(
        [sys.executable, "-c", _COUNT], capture_output=True, text=True, check=True, env=surroundings, timeout=30
    )
    # Who has chosen a number themselves keeps it.
    assert done.stdout.split() == (["False", own] if own else ["True", str(HEAPS)])
