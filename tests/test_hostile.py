"""What `make hostile` tries at length, tried in short: every figure of it has to hold."""

from __future__ import annotations

from types import ModuleType

import pytest

from benchmarks.hostile import active, alone, bounds, weights
from benchmarks.hostile.__main__ import SUITES


@pytest.mark.slow
@pytest.mark.parametrize("suite", [active, alone, bounds, weights], ids=lambda suite: suite.NAME)
def test_the_promises_hold_under_attack(suite: ModuleType) -> None:
    figures = list(suite.measure(short=True))
    assert figures != []
    assert [f"{figure.what}: {figure.seen}, wanted {figure.wanted}" for figure in figures if not figure.held] == []


def test_every_suite_names_its_promise() -> None:
    assert all(suite.NAME and suite.PROMISE in range(1, 15) for suite in SUITES)


@pytest.mark.parametrize(
    "page",
    [
        "<p><script>x</script>", "<a href='javascript:x'>a</a>", "<img src=x>", "<p onclick=x>", "<svg onload=x>", "<p style='background:url(x)'>",
        "<meta http-equiv=refresh content=0>", "<a href=' data:text/html,x'>a</a>",
    ],
)  # fmt: skip
def test_what_is_live_would_be_seen(page: str) -> None:
    assert active.live(page) != []
