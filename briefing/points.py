"""Named points between commits and sends, where tests end the program as a power cut would.

Nothing happens at them unless BRIEFING_KILL_AT names one: "save_edition: before commit", or with a count,
"claim: after commit#3", for the third time it is passed. Then the process kills itself with SIGKILL, which no
handler sees.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "BRIEFING_KILL_AT"

_passed: Counter[str] = Counter()


def point(name: str) -> None:
    """Pass the point `name`."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    _passed[name] += 1
    if wanted in (name, f"{name}#{_passed[name]}"):
        os.kill(os.getpid(), signal.SIGKILL)
    if wanted == "list":
        os.write(2, f"point {name}\n".encode())


__all__ = ["VARIABLE", "point"]
