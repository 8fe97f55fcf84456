"""Attacks of our own making against the whole program, by promise. `python -m benchmarks.hostile` prints what held.

A suite is a module with `NAME`, `PROMISE` and `measure(short) -> Iterator[Figure]`; `__main__` lists them. With
`short` it runs what a test run has time for.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Figure"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what was tried, what was seen, what had to be seen."""

    what: str
    seen: str
    wanted: str
    held: bool
