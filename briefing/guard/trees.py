"""Boosted decision trees as arrays: read from a file, asked in microseconds, without the library that grew them.

Friedman 2001, "Greedy Function Approximation: A Gradient Boosting Machine". Each tree is walked at once by numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

__all__ = ["Trees"]

Array = numpy.ndarray[Any, Any]


@dataclass(frozen=True)
class Trees:
    """`roots` are the trees' first nodes. Per node: which feature it asks for (int), the `threshold` up to which it goes
    `left` (a node), else `right`, and a leaf's `value`; a leaf is its own left and right. `names` are the features, in
    order. The answer is the sum of the leaves, in log odds.
    """

    names: tuple[str, ...]
    roots: Array
    feature: Array
    threshold: Array
    left: Array
    right: Array
    value: Array
    depth: int

    def __call__(self, features: Mapping[str, float]) -> float:
        """Log odds. A feature that is missing counts as 0."""
        x = numpy.array([features.get(name, 0.0) for name in self.names])
        at = self.roots
        for _ in range(self.depth):
            at = numpy.where(x[self.feature[at]] <= self.threshold[at], self.left[at], self.right[at])
        return float(self.value[at].sum(dtype=numpy.float64))

    def save(self, path: Path) -> None:
        """As safetensors; the names stand in the card beside it."""
        arrays: dict[str, Array] = {
            "roots": self.roots.astype(numpy.int32),
            "feature": self.feature.astype(numpy.int16),
            # Thresholds lie between values that were seen: rounded, one might fall on the other side of such a value.
            "threshold": self.threshold.astype(numpy.float64),
            "left": self.left.astype(numpy.int32),
            "right": self.right.astype(numpy.int32),
            "value": self.value.astype(numpy.float32),
            "depth": numpy.array([self.depth], dtype=numpy.int32),
        }
        save_file(arrays, path)

    @classmethod
    def load(cls, path: Path, names: tuple[str, ...]) -> Trees:
        """What `save` wrote. Raises OSError, or ValueError where the file is not whole."""
        try:
            found = load_file(path)
            made = cls(names, depth=int(found["depth"][0]), **{key: found[key] for key in _ARRAYS})
        except (SafetensorError, KeyError, IndexError) as error:
            raise ValueError(f"no trees ({error})") from error
        nodes = len(made.value)
        if not all(len(getattr(made, key)) == nodes for key in _ARRAYS[1:]) or not len(made.roots):
            raise ValueError("its arrays differ in length")
        to = numpy.concatenate([made.roots, made.left, made.right])
        if to.min() < 0 or to.max() >= nodes or made.feature.min() < 0 or made.feature.max() >= len(names):
            raise ValueError("it names nodes or features that are not there")
        return made


_ARRAYS = ("roots", "feature", "threshold", "left", "right", "value")
