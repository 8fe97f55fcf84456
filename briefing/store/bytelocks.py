"""Locks on single bytes of a file, held by whoever opened it: hundreds of them cost no more than a few.

The system gives them back when its process ends, however it ends. Linux knows them ("open file description locks").
"""

from __future__ import annotations

import errno
import os
import struct
import threading
from collections import Counter
from pathlib import Path

__all__ = ["KNOWN", "ByteLocks"]

try:
    import fcntl
except ImportError:
    # There is none on Windows.
    KNOWN = False
else:
    KNOWN = hasattr(fcntl, "F_OFD_SETLK")

_UNKNOWN = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


class ByteLocks:
    """The locks of `file`, which stays empty. Threads of one process share what it holds."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._guard = threading.Lock()
        self._held: Counter[int] = Counter()
        self._open: int | None = None

    def take(self, at: int) -> bool:
        """Whether the byte `at` (0 to 2⁶³-2) is ours from now on; False where another process holds it.

        Raises NotImplementedError where the file lies where there are no such locks, and OSError.
        """
        with self._guard:
            if not self._held[at] and not self._taken(at):
                self._close()
                return False
            self._held[at] += 1
            return True

    def give_back(self, at: int) -> None:
        """Once for each time it was taken. Raises OSError."""
        with self._guard:
            self._held[at] -= 1
            if not self._held[at]:
                del self._held[at]
                self._ask(fcntl.F_UNLCK, at)
                self._close()

    def _taken(self, at: int) -> bool:
        if self._open is None:
            self._open = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            self._ask(fcntl.F_WRLCK, at)
        except OSError as error:
            if error.errno in _UNKNOWN:
                self._close()
                raise NotImplementedError(f"{self.file} can't be locked byte by byte") from error
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            return False
        return True

    def _ask(self, kind: int, at: int) -> None:
        assert self._open is not None, "nothing is asked of a closed file"
        # struct flock: the kind, counted from where, the first byte, how many, whose (always 0).
        fcntl.fcntl(self._open, fcntl.F_OFD_SETLK, struct.pack("hhqqi", kind, os.SEEK_SET, at, 1, 0))

    def _close(self) -> None:
        """Close the file where nothing of it is held."""
        if not self._held and self._open is not None:
            os.close(self._open)
            self._open = None
