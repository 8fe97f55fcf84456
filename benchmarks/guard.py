"""How well the guard stops what is wrong and lets through what is right.

    python -m benchmarks.guard                 planted errors, false alarms, milliseconds per bullet
    python -m benchmarks.guard --folds DIR     the labelled sets, cross-validated, beside bigram overlap
    python -m benchmarks.guard --shipped       the labelled sets by the weights as they ship, for rows they did not see

Planted errors (`benchmarks.planted`) are made from sentences of the articles, from the same shortened by grammar, and
from people's bullets. A person's bullet often says what its article does not (a year, a state, an author's name, a
quotation put together from two), so those the guard stops because the article lacks something are counted apart.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import SEED, arguments, report, rows
from benchmarks.labelled import SETS, Row, auc, balanced_accuracy, best_threshold, bigram_overlap, labelled
from benchmarks.planted import KINDS, planted, true_claims
from briefing.guard import Guard, shipped
from briefing.text import one_line

ARTICLES = 100
LACKING = "does not stand in the article"


@dataclass
class Tally:
    """What became of the claims of one kind."""

    total: int = 0
    stopped: int = 0
    lacking: int = 0

    @property
    def share(self) -> float:
        """Share that was stopped."""
        return self.stopped / max(1, self.total)


def suite(
    guard: Guard, articles: Sequence[dict[str, Any]], seed: int, limit_claims: int = 6
) -> tuple[dict[tuple[str, str], Tally], dict[str, Tally], dict[str, float]]:
    """Planted errors and true bullets by kind, and seconds."""
    wrong = {(kind, origin): Tally() for kind in KINDS for origin in ("sentences", "people's")}
    right = {kind: Tally() for kind in ("quoted", "shortened", "people's")}
    seconds = {"prepare": 0.0, "check": 0.0, "checks": 0.0, "articles": float(len(articles))}
    for row in articles:
        text = row["text"]
        claims = [*true_claims(text, seed, limit_claims), *(("people's", one) for one in row["reference_bullets"])]
        plants = planted(text, [claim for _, claim in claims], seed)
        started = time.perf_counter()
        # Everything of the source that does not depend on the claim.
        guard.prepare(text)
        seconds["prepare"] += time.perf_counter() - started
        for kind, claim in claims:
            started = time.perf_counter()
            support = guard.check(claim, text)
            seconds["check"] += time.perf_counter() - started
            seconds["checks"] += 1
            _count(right[kind], support.supported, support.reasons)
        own = {one_line(one) for one in row["reference_bullets"]}
        for plant in plants:
            support = guard.check(plant.wrong, text)
            origin = "people's" if plant.claim in own else "sentences"
            _count(wrong[plant.kind, origin], support.supported, support.reasons)
    return wrong, right, seconds


def _count(tally: Tally, supported: bool, reasons: Sequence[str]) -> None:
    tally.total += 1
    tally.stopped += not supported
    tally.lacking += any(LACKING in reason for reason in reasons)


def _sum(tallies: Iterable[Tally]) -> Tally:
    out = Tally()
    for one in tallies:
        out.total += one.total
        out.stopped += one.stopped
        out.lacking += one.lacking
    return out


def labels(guard: Guard, found: Sequence[Row]) -> list[list[object]]:
    """Per set and part: rows, faithful ones, score and verdict at the threshold that ships, AUC of the score and of the
    probability, bigrams'.
    """
    parts: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        parts.setdefault((row.set, row.part), []).append(row)
    table: list[list[object]] = []
    for (name, part), own in parts.items():
        truth = [row.label for row in own]
        scores, kept, likely = [], [], []
        for row in own:
            judged = guard.check(row.claim, row.source)
            scores.append(judged.score)
            kept.append(float(judged.supported))
            likely.append(judged.probability)
        overlap = [bigram_overlap(row.claim, row.source) for row in own]
        table.append([
            f"{name} {part}", len(own), sum(truth), balanced_accuracy(scores, truth, guard.threshold),
            balanced_accuracy(kept, truth, 0.5), auc(scores, truth), auc(likely, truth),
            best_threshold(overlap, truth)[1], auc(overlap, truth),
        ])  # fmt: skip
    return table


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--articles", type=int, default=ARTICLES, help="articles of the planted suite")
    parser.add_argument("--seed", type=int, default=SEED, help="which articles, and which errors")
    parser.add_argument("--shipped", action="store_true", help="the labelled sets, by the weights as they ship")
    parser.add_argument("--folds", type=Path, help="the labelled sets, cross-validated: work folder of training.guard")
    parser.add_argument("--sets", nargs="+", default=list(SETS), help="which labelled sets")
    options = parser.parse_args()
    if options.folds:
        from training.guard import validate

        validate(options.folds)
        return
    guard = shipped()
    if options.shipped:
        columns = [
            "set",
            "rows",
            "faithful",
            "balanced accuracy",
            "of verdicts",
            "AUC of scores",
            "AUC of probabilities",
            "overlap, best",
            "overlap, AUC",
        ]
        judged = labels(guard, labelled(options.sets, options.limit))
        report("Guard as it ships, labelled sets", columns, judged, options.json)
        return
    chosen = random.Random(options.seed).sample(rows("cnndm_val1000.dev", None), options.articles)
    wrong, right, seconds = suite(guard, chosen, options.seed)
    table: list[list[object]] = []
    for kind in [*KINDS, "all planted errors"]:
        both = [
            _sum(
                tally
                for (one, where), tally in wrong.items()
                if kind in (one, "all planted errors") and where == origin
            )
            for origin in ("sentences", "people's")
        ]
        whole = _sum(both)
        table.append([kind, whole.total, whole.share, both[0].total, both[0].share, both[1].total, both[1].share])
    for kind, one in right.items():
        lacking = one.lacking / max(1, one.total)
        table.append(
            [f"true: {kind}", one.total, one.share, "not in the article", lacking, "other reasons", one.share - lacking]
        )
    report(
        f"Planted errors and true bullets, {options.articles} articles, seed {options.seed}",
        ["kind", "claims", "stopped", "of sentences", "of these stopped", "of people's bullets", "of those stopped"],
        table,
        options.json,
    )
    print(
        f"{1000 * seconds['check'] / seconds['checks']:.1f} ms a bullet, one at a time, "
        f"{1000 * seconds['prepare'] / seconds['articles']:.0f} ms to prepare an article"
    )


if __name__ == "__main__":
    main()
