"""The labelled development sets as rows, and the figures that compare a score with people's labels.

`label` 1 = faithful. Bigram overlap, one line of code, is the baseline to beat.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.common import rows
from briefing.text import one_line, words

__all__ = ["SETS", "Row", "auc", "balanced_accuracy", "best_threshold", "bigram_overlap", "labelled"]

SETS = ("qags", "summeval", "cliff_goyal", "xsumfaith", "falke_sentence_pairs", "faith_factcc_polytope")


@dataclass(frozen=True, slots=True)
class Row:
    """A claim (a sentence or a whole summary) with its source and what people found.

    `part` divides a set by where its summaries come from ("cnndm", "xsum") and by what was labelled ("sentences",
    "summaries"). Rows of one `group` have the same article and must stay on one side of a split.
    """

    set: str
    part: str
    source: str
    claim: str
    label: int
    group: str
    system: str = ""
    error: str = ""


def labelled(names: Sequence[str] = SETS, limit: int | None = None) -> list[Row]:
    """Rows of the sets; `limit` counts articles of each set."""
    found: list[Row] = []
    for name in names:
        for row in rows(f"{name}.dev", limit):
            group = row.get("article_group") or row.get("article_id") or row["id"]
            found.extend(_of(name, row, str(group)))
    return found


def _of(name: str, row: dict[str, Any], group: str) -> Iterable[Row]:
    text = row["text"]
    origin = row.get("origin") or ""
    short = {"falke_sentence_pairs": "falke", "faith_factcc_polytope": "polytope"}.get(name, name)
    if name == "faith_factcc_polytope":
        short = re.split(r"\W", str(row["id"]), maxsplit=1)[0]
    for made in row["system_summaries"]:
        system = str(made.get("system") or "")
        error = str(made.get("error_type") or "")
        claim = one_line(made["summary"])
        if name == "qags":
            for one in made["sentences"]:
                part = f"{origin} sentences"
                yield Row(short, part, text, one_line(one["sentence"]), int(one["label"]), group, system)
            yield Row(short, f"{origin} summaries", text, claim, int(made["label"]), group, system)
        else:
            yield Row(short, origin or "all", text, claim, int(made["label"]), group, system, error)


def bigram_overlap(claim: str, source: str) -> float:
    """Share of the claim's pairs of neighbouring words that stand in the source."""
    ours, theirs = words(claim.casefold()), words(source.casefold())
    known = set(itertools.pairwise(theirs))
    pairs = list(itertools.pairwise(ours))
    return sum(pair in known for pair in pairs) / max(1, len(pairs))


def balanced_accuracy(scores: Sequence[float], labels: Sequence[int], threshold: float) -> float:
    """Mean of the shares of faithful claims at or above the threshold and of unfaithful ones below it.

    >>> balanced_accuracy([0.9, 0.4, 0.2], [1, 1, 0], 0.5)
    0.75
    """
    right = {0: 0, 1: 0}
    for score, label in zip(scores, labels, strict=True):
        right[label] += (score >= threshold) == bool(label)
    total = {label: max(1, sum(one == label for one in labels)) for label in (0, 1)}
    return (right[0] / total[0] + right[1] / total[1]) / 2


def best_threshold(scores: Sequence[float], labels: Sequence[int]) -> tuple[float, float]:
    """The threshold with the best balanced accuracy on these very rows, and that accuracy: it flatters."""
    return max(
        ((one, balanced_accuracy(scores, labels, one)) for one in sorted({*scores})),
        key=lambda pair: pair[1],
        default=(0.5, 0.5),
    )


def auc(scores: Sequence[float], labels: Sequence[int]) -> float:
    """Area under the ROC curve: how often a faithful claim scores above an unfaithful one; ties count half.

    >>> auc([0.9, 0.4, 0.4], [1, 1, 0])
    0.75
    """
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    ranks = [0.0] * len(scores)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and scores[order[end + 1]] == scores[order[at]]:
            end += 1
        for i in order[at : end + 1]:
            ranks[i] = (at + end) / 2 + 1
        at = end + 1
    good = sum(labels)
    bad = len(labels) - good
    if not good or not bad:
        return float("nan")
    return (sum(rank for rank, label in zip(ranks, labels, strict=True) if label) - good * (good + 1) / 2) / (
        good * bad
    )
