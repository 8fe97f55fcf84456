"""The guard: what must be stopped, and what must pass."""

from __future__ import annotations

import doctest
import importlib

import pytest

from briefing.guard import Guard


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard()


@pytest.mark.parametrize("name", ["lexicon", "reading", "quantities", "dates", "quotations"])
def test_examples_of_the_guard(name: str) -> None:
    results = doctest.testmod(importlib.import_module(f"briefing.guard.{name}"))
    assert results.attempted > 0
    assert results.failed == 0
