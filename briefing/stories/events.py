"""Articles → events: average-link agglomeration over a sparse graph of likely pairs.

Each article was compared with a bounded number of others, so the cost grows as the number of articles does. Two
clusters are as close as the mean of their articles' pairs (average linkage, Sokal and Michener 1958, on a
neighbour graph), less what the quiet time between them takes off.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

SAME_EVENT = 0.16
"""Closeness from which two clusters are one event, where nothing else is near them."""

CROWDED, MOST_CROWDED = 0.3, 0.05
"""In a dense stream, with ten stories of one war, much is close to everything; in thirty articles little is, and what
is a little close belongs together. So this share of the crowding is asked on top, up to so much."""

QUIET_DAY = 0.15
"""What the first day without news between two clusters takes off; it grows as the root of the days."""

COMPARED = 25
"""Of a pair of clusters at least so many article pairs count (or all, if there are fewer); those that were not
compared count as `UNLIKE`. Of large stories the candidates are cut off, so more would ask too much of them."""

UNLIKE = 0.0

LEAST = 0.03
"""Closeness below which a pair counts as not compared: most candidates are strangers, and need no room."""

_SETTLED = 1e-9


def needed(crowding: float) -> float:
    """Closeness from which two clusters are one event, in a stream so crowded (see `pairs.crowding`)."""
    return SAME_EVENT + min(MOST_CROWDED, CROWDED * crowding)


def link(
    days: Sequence[float],
    pairs: NDArray[numpy.int32],
    worths: NDArray[numpy.float64],
    threshold: float,
    together: Sequence[Sequence[int]] = (),
    quiet_day: float = QUIET_DAY,
) -> list[int]:
    """A label for each article; equal labels are one event.

    `days` has the day number of each (NaN where unknown), `worths` the closeness of each of `pairs` of
    indices, shape (n, 2). Clusters are joined, the closest first, while they are closer than `threshold`. `together`
    are sets of indices to begin with. The order of the pairs makes no difference.
    """
    graph = _Graph(days, pairs, worths, quiet_day)
    for group in together:
        for other in group[1:]:
            graph.join(graph.find(group[0]), graph.find(other))
    heap = [
        (-worth, a, b)
        for a in range(len(days))
        for b in graph.near[a]
        if a < b and (worth := graph.linkage(a, b)) > threshold
    ]
    heapq.heapify(heap)
    while heap:
        negative, a, b = heapq.heappop(heap)
        if not (graph.alive[a] and graph.alive[b]):
            continue
        now = graph.linkage(a, b)
        if now < -negative - _SETTLED:
            # It was written down before one of the two grew.
            if now > threshold:
                heapq.heappush(heap, (-now, a, b))
            continue
        kept, touched = graph.join(a, b)
        for other in touched:
            worth = graph.linkage(kept, other)
            if worth > threshold:
                heapq.heappush(heap, (-worth, min(kept, other), max(kept, other)))
    return [graph.find(node) for node in range(len(days))]


class _Graph:
    """Clusters; for each pair of neighbours the sum and number of the closenesses between them."""

    def __init__(
        self, days: Sequence[float], pairs: NDArray[numpy.int32], worths: NDArray[numpy.float64], quiet_day: float
    ) -> None:
        count = len(days)
        self.near: list[dict[int, tuple[float, int]]] = [{} for _ in range(count)]
        kept = numpy.flatnonzero(worths >= LEAST)
        for (a, b), worth in zip(pairs[kept].tolist(), worths[kept].tolist(), strict=True):
            self.near[a][b] = self.near[b][a] = (worth, 1)
        self.alive = [True] * count
        self._size = [1] * count
        self._first, self._last = list(days), list(days)
        self._parent = list(range(count))
        self._quiet_day = quiet_day

    def find(self, node: int) -> int:
        """The cluster a node is in."""
        root = node
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def linkage(self, a: int, b: int) -> float:
        """How close two clusters are."""
        total, number = self.near[a].get(b, (0.0, 0))
        wanted = max(number, min(self._size[a] * self._size[b], COMPARED))
        # A comparison with NaN is false, so what has no date is never far off.
        quiet = max(0.0, self._first[a] - self._last[b], self._first[b] - self._last[a])
        return (total + UNLIKE * (wanted - number)) / wanted - self._quiet_day * math.sqrt(quiet)

    def join(self, a: int, b: int) -> tuple[int, list[int]]:
        """Make two clusters one: its name, and the neighbours that may have come closer."""
        if a == b:
            return a, []
        # The one with fewer neighbours moves, so that each edge moves a logarithmic number of times.
        if (len(self.near[a]), -a) < (len(self.near[b]), -b):
            a, b = b, a
        self.alive[b] = False
        self._parent[b] = a
        self._size[a] += self._size[b]
        if not self._first[a] <= self._first[b]:
            self._first[a] = self._first[b]
        if not self._last[a] >= self._last[b]:
            self._last[a] = self._last[b]
        self.near[a].pop(b, None)
        self.near[b].pop(a, None)
        touched = list(self.near[b])
        for other, (total, number) in self.near[b].items():
            before = self.near[a].get(other, (0.0, 0))
            self.near[a][other] = self.near[other][a] = (before[0] + total, before[1] + number)
            del self.near[other][b]
        self.near[b] = {}
        return a, touched
