"""What `make hostile` tries at length, tried in short: every figure of it has to hold."""

from __future__ import annotations

import socket
from types import ModuleType

import pytest

from benchmarks.hostile import active, alone, bounds, doors, fillers, papers, weights
from benchmarks.hostile.__main__ import SUITES
from benchmarks.hostile.servers import watching


@pytest.mark.slow
@pytest.mark.parametrize(
    "suite", [active, alone, bounds, doors, fillers, papers, weights], ids=lambda suite: suite.NAME
)
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


@pytest.mark.parametrize(
    "page",
    [
        "<script>x</script>", "<script src=https://x.example/a.js></script>", "<script src=//x.example/a.js></script>", "<form action=https://x.example></form>", "<form action=//x.example></form>", "<b onclick=x>",
        "<input autofocus>", "<a href=javascript:x>a</a>", "<a href=//x.example>a</a>", "<link rel=stylesheet href=https://x.example>", "<style>a{}</style>", "<p style=color:red>", "<img src=/static/x>", "<!-- x -->", "a\u202eb", "a\x1b[2J",
        "<svg><rect></rect></svg>", "<svg class=chart><script>x</script></svg>", "<svg class=chart><a href=/x><rect></rect></a></svg>", "<svg class=chart><rect fill='url(//x.example)'></rect></svg>",
        "<svg class=chart><title><img src=x></title></svg>",
    ],
)  # fmt: skip
def test_what_is_strange_on_our_page_would_be_seen(page: str) -> None:
    assert doors.strange(f"<!doctype html><title>x</title><p>{page}") != []


def test_a_connection_that_was_only_tried_is_seen() -> None:
    with watching() as watch, socket.socket() as tried:
        tried.settimeout(0.1)
        with pytest.raises(OSError):
            tried.connect(("127.0.0.1", 9))
    assert watch.tried == [("127.0.0.1", 9)]
