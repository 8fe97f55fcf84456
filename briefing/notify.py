"""What systemd is told (sd_notify(3)): that the service is ready, that it lives, that it ends. Elsewhere nothing."""

from __future__ import annotations

import os
import socket

__all__ = ["ready", "stopping", "watchdog"]


def ready() -> None:
    """The service is up: `Type=notify` units wait for it."""
    _tell("READY=1")


def stopping() -> None:
    """The service was asked to end and does."""
    _tell("STOPPING=1")


def watchdog() -> float | None:
    """The service lives. Returns how many seconds may pass until it must say so again, None where nobody asks."""
    _tell("WATCHDOG=1")
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    # Half of the limit, as sd_watchdog_enabled(3) recommends.
    return int(microseconds) / 2e6 if mine and microseconds.isdecimal() and int(microseconds) > 0 else None


def _tell(state: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # An address that begins with "@" lies in Linux's abstract name space.
    where = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(where)
            sender.sendall(state.encode())
    except OSError:
        # Nobody listens any more; the service goes on all the same.
        return
