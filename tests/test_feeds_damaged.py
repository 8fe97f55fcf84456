"""Damaged feeds, sitemaps, pages and mails give items or a clear error. The long run is benchmarks.hostile.damaged."""

from __future__ import annotations

import time

from benchmarks.hostile.damaged import made, reader


def test_damaged_feeds_give_items_or_say_why() -> None:
    counts = {"items": 0, "nothing": 0, "error": 0}
    slowest = 0.0
    with reader() as opened:
        for kind, body in made(280, seed=7):
            started = time.monotonic()
            counts[opened.tried(body, kind)] += 1
            slowest = max(slowest, time.monotonic() - started)
    assert counts["items"] > 50 and counts["error"] > 20
    assert slowest < 20
