"""A model's passes beside each other, each on one core."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from briefing.engines.passes import Passes


@pytest.fixture
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_each_pass_has_one_core_and_others_keep_theirs(three_threads: None) -> None:
    passes = Passes(2)
    for _ in range(2):
        assert passes.run(lambda _: torch.get_num_threads(), range(8)) == [1] * 8
    assert torch.get_num_threads() == 3


def test_answers_come_in_order_and_the_first_failure_is_raised() -> None:
    passes = Passes(2)
    assert passes.run(lambda n: n * n, range(6)) == [0, 1, 4, 9, 16, 25]
    assert passes.run(lambda n: n, []) == []
    with pytest.raises(ZeroDivisionError):
        passes.run(lambda n: 1 // (n - 3), range(6))
