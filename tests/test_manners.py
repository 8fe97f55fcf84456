"""What is kept of servers, and for how long."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from briefing.fetch import manners


def test_rules_of_a_server_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service runs for years: what a server says is read daily, and one that could not say it is asked again."""
    now = 1000.0
    monkeypatch.setattr(manners, "time", SimpleNamespace(monotonic=lambda: now))
    kept, asked = manners.Manners(2), []

    def read(hours: float, status: int | None, body: bytes, url: str = "https://a.example/private/x") -> bool:
        nonlocal now
        now += hours * 3600

        def fetch(where: str) -> tuple[int | None, bytes]:
            asked.append(where)
            return status, body

        rules = kept.rules(url, fetch)
        return not rules.broken and rules.allows(url, "briefing")

    none, strict = b"", b"User-agent: *\nDisallow: /private/\n"
    assert not read(0, 500, none)
    assert not read(0.5, 200, none), "not within the hour"
    assert read(0.6, 200, none)
    assert read(23, 200, strict), "not within the day"
    assert not read(1.1, 200, strict)
    # Rules that can't be read for a while go on to hold.
    assert not read(25, 503, none)
    assert not read(0.5, 200, none)
    assert read(0.6, 404, none)
    assert len(asked) == 5
    assert read(49, 404, none, "https://b.example/")
    assert list(kept._robots) == ["https://b.example:443"], "what nobody asks for any more is forgotten"
    assert not kept._reading
