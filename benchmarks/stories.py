"""Grouping as it ships beside a TF-IDF single pass: events, duplicates, updates, cost.

Each system's one threshold is chosen by cross-validation over events: the threshold that is best for the articles of
four fifths of all sets' events is used for the fifth's. BCubed precision and recall after Bagga and Baldwin 1998.
"""

from __future__ import annotations

import json
import math
import random
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from benchmarks.common import SEED, arguments, report, rows
from briefing import stories
from briefing.stories import events
from briefing.types import Article

FOLDS = 5
OURS = (0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.24)
THEIRS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
WINDOW_DAYS = 3.0
SIZES = (1_000, 10_000, 100_000)
Labels = Sequence[Hashable]
Set = tuple[list[Article], list[str]]


def sample() -> Set:
    """Our own invented articles with their events."""
    lines = (Path(__file__).parent / "sample_stories.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [
        Article(id=f"s{i}", title=row["title"], text=row["text"], source=row["source"], published=row["published"])
        for i, row in enumerate(found)
    ], [row["event"] for row in found]


def development() -> dict[str, Set]:
    """The sets of events, English rows, from $BRIEFING_DATA."""

    def events_of(name: str) -> Set:
        pairs = [
            (
                Article(
                    id=f"{event['id']}-{i}",
                    title=one["title"],
                    text=one["text"],
                    source=one.get("outlet", ""),
                    published=event.get("date"),
                ),
                str(event["id"]),
            )
            for event in rows(name, None)
            for i, one in enumerate(event["articles"])
        ]
        return [article for article, _ in pairs], [event for _, event in pairs]

    def titles(name: str) -> Set:
        given = [row for row in rows(name, None) if row.get("lang", "eng") == "eng"]
        made = [Article(id=row["id"], title=row["title"], text="", published=row["date"]) for row in given]
        return made, [str(row["cluster_id"]) for row in given]

    return {
        "og2021": titles("og2021_titles.dev"),
        "allsides": events_of("allsides_events_2021.dev"),
        "neus": events_of("neus_events.dev"),
        "googlenews": titles("googlenews_titles.dev"),
    }


CHOSEN_ON = ("og2021", "allsides")
"""The sets the threshold is chosen on; the others are undated, or lists of stripped words, and only looked at."""


def bcubed(found: Labels, wanted: Labels) -> tuple[NDArray[numpy.float64], NDArray[numpy.float64]]:
    """Precision and recall of each article."""
    sizes, true = Counter(found), Counter(wanted)
    both = Counter(zip(found, wanted, strict=True))
    shared = numpy.array([both[pair] for pair in zip(found, wanted, strict=True)], dtype=float)
    return (
        shared / numpy.array([sizes[one] for one in found]),
        shared / numpy.array([true[one] for one in wanted]),
    )


def f1(precision: float, recall: float) -> float:
    """Their harmonic mean."""
    return 2 * precision * recall / max(1e-9, precision + recall)


def purity(found: Labels, wanted: Labels) -> float:
    """Share of articles whose story is mostly of their event."""
    most: dict[Hashable, int] = defaultdict(int)
    for (label, _), count in Counter(zip(found, wanted, strict=True)).items():
        most[label] = max(most[label], count)
    return sum(most.values()) / len(found)


def nmi(found: Labels, wanted: Labels) -> float:
    """Normalised mutual information, divided by the mean entropy."""
    total = len(found)
    a, b, both = Counter(found), Counter(wanted), Counter(zip(found, wanted, strict=True))
    mutual = sum(n / total * math.log(n * total / (a[x] * b[y])) for (x, y), n in both.items())
    entropies = [-sum(n / total * math.log(n / total) for n in one.values()) for one in (a, b)]
    return 2 * mutual / sum(entropies) if sum(entropies) else 1.0


def encoder() -> Callable[[Sequence[Article]], NDArray[numpy.float32]]:
    """Articles → vectors of the default encoder, as the pipeline makes them."""
    from briefing.config.models import DEFAULT_MODEL
    from briefing.engines.encoder import TransformerEncoder
    from briefing.pipeline import story_text
    from briefing.prompts import Prompts

    model = TransformerEncoder(DEFAULT_MODEL)
    return lambda given: model.encode([story_text(Prompts(None), article) for article in given])


def ours(given: Sequence[Article], vectors: NDArray[numpy.float32], threshold: float) -> list[str]:
    """Story of each article at a threshold."""
    shipped = events.SAME_EVENT
    events.SAME_EVENT = threshold
    try:
        membership = stories.group(given, vectors).membership
    finally:
        events.SAME_EVENT = shipped
    return [membership[article.id] for article in given]


class SinglePass:
    """TF-IDF (whole set, natural logarithm, unit length), an article joins the nearest mean of the last three days."""

    def __init__(self, given: Sequence[Article]) -> None:
        from briefing.text import words

        bags = [Counter(words(f"{a.title or ''} {a.text}".casefold())) for a in given]
        frequency = Counter(term for bag in bags for term in bag)
        numbers = {term: at for at, term in enumerate(frequency)}
        self._vectors = []
        for bag in bags:
            weights = {numbers[t]: n * (math.log((1 + len(given)) / (1 + frequency[t])) + 1) for t, n in bag.items()}
            length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
            ids = numpy.array(sorted(weights), dtype=numpy.int64)
            self._vectors.append((ids, numpy.array([weights[i] / length for i in ids.tolist()])))
        self._days = [a.published.timestamp() / 86400 if a.published else math.nan for a in given]
        self._terms = len(numbers)

    def labels(self, threshold: float) -> list[int]:
        """Story of each article."""
        order = sorted(range(len(self._days)), key=lambda i: (0.0 if math.isnan(self._days[i]) else self._days[i], i))
        postings: dict[int, dict[int, float]] = defaultdict(dict)
        squares: list[float] = []
        last: list[float] = []
        found = [-1] * len(order)
        for i in order:
            ids, weights = self._vectors[i]
            dots: dict[int, float] = defaultdict(float)
            for term, weight in zip(ids.tolist(), weights.tolist(), strict=True):
                for story, sum_of in postings[term].items():
                    dots[story] += weight * sum_of
            near = {
                k: dot / math.sqrt(squares[k]) for k, dot in dots.items() if not self._days[i] - last[k] > WINDOW_DAYS
            }
            at = max(near, key=lambda k: (near[k], -k), default=-1)
            if at < 0 or near[at] < threshold:
                at = len(squares)
                squares.append(0.0)
                last.append(self._days[i])
            squares[at] += 2 * dots.get(at, 0.0) + 1.0
            for term, weight in zip(ids.tolist(), weights.tolist(), strict=True):
                postings[term][at] = postings[term].get(at, 0.0) + weight
            last[at] = max(last[at], self._days[i])
            found[i] = at
        return found


def cross_validated(
    labels: dict[str, list[Labels]], wanted: dict[str, list[str]], grid: Sequence[float], jointly: bool
) -> tuple[dict[str, tuple[float, float]], dict[str, list[float]]]:
    """BCubed precision and recall of each set, its events scored at thresholds chosen without them, and those.

    `labels` has the labels of each set at every threshold of `grid`. `jointly`: one threshold for all of `CHOSEN_ON`;
    else each set has its own.
    """
    scores = {name: [bcubed(one, wanted[name]) for one in found] for name, found in labels.items()}
    fold = {
        name: numpy.array([random.Random(f"{SEED}{g}").randrange(FOLDS) for g in gold]) for name, gold in wanted.items()
    }
    result: dict[str, tuple[float, float]] = {}
    chosen: dict[str, list[float]] = {}
    for name in labels:
        p, r = numpy.zeros(len(wanted[name])), numpy.zeros(len(wanted[name]))
        chosen[name] = []
        for k in range(FOLDS):
            on = [one for one in CHOSEN_ON if one in labels] if jointly else [name]
            means = [
                sum(
                    f1(scores[one][t][0][fold[one] != k].mean(), scores[one][t][1][fold[one] != k].mean()) for one in on
                )
                for t in range(len(grid))
            ]
            best = int(numpy.argmax(means))
            chosen[name].append(grid[best])
            test = fold[name] == k
            p[test], r[test] = scores[name][best][0][test], scores[name][best][1][test]
        result[name] = (float(p.mean()), float(r.mean()))
    return result, chosen


def grouping(sets: dict[str, Set], shipped: bool, out: Path | None) -> None:
    """The table of events."""
    encode = encoder()
    wanted = {name: gold for name, (_, gold) in sets.items()}
    grid = (events.SAME_EVENT,) if shipped else OURS
    found: dict[str, list[Labels]] = {}
    peers: dict[str, list[Labels]] = {}
    for name, (given, _) in sets.items():
        vectors = encode(given)
        found[name] = [ours(given, vectors, threshold) for threshold in grid]
        single = SinglePass(given)
        peers[name] = [single.labels(threshold) for threshold in THEIRS]
    table: list[list[object]] = []
    mine, chosen = cross_validated(found, wanted, grid, jointly=True)
    theirs, chosen_too = cross_validated(peers, wanted, THEIRS, jointly=False)
    for name in sets:
        for system, scores, all_labels, picked, values in (
            ("TF-IDF single pass", theirs, peers, chosen_too, THEIRS),
            ("ours", mine, found, chosen, grid),
        ):
            usual = Counter(picked[name]).most_common(1)[0][0]
            labels = all_labels[name][list(values).index(usual)]
            p, r = scores[name]
            table.append(
                [
                    f"{name}: {system}",
                    len(wanted[name]),
                    100 * p,
                    100 * r,
                    100 * f1(p, r),
                    100 * purity(labels, wanted[name]),
                    100 * nmi(labels, wanted[name]),
                    " ".join(f"{one:g}" for one in sorted(set(picked[name]))),
                ]
            )
    columns = ["set: system", "articles", "P", "R", "F1", "purity", "NMI", "thresholds"]
    report("Events, BCubed (x100)" + (", as shipped" if shipped else ", cross-validated"), columns, table, out)


def duplicates(out: Path | None) -> None:
    """The table of near-duplicates: pairs found among the pairs that are."""
    table: list[list[object]] = []
    given = rows("neardup_minhash.dev", None)
    true = {frozenset((row["id"], row["duplicate_of"])) for row in given if row["duplicate_of"]}
    texts = [Article(id=row["id"], text=row["text"]) for row in given]
    table.append(_pairs("neardup_minhash", texts, true, set()))
    labelled = rows("neardup_bbc.dev", None)
    true = {frozenset((row["a"], row["b"])) for row in labelled if row["label"] in ("exact", "near")}
    partly = {frozenset((row["a"], row["b"])) for row in labelled if row["label"] == "partial_overlap"}
    bbc = [Article(id=row["id"], text=row["text"], title=row["title"]) for row in rows("bbc_summary.dev", None)]
    table.append(_pairs("neardup_bbc, exact and near", bbc, true, set()))
    table.append(_pairs("the same, partial overlaps not counted", bbc, true, partly))
    report("Near-duplicates", ["set", "pairs", "found", "precision", "recall"], table, out)


def _pairs(name: str, given: list[Article], true: set[frozenset[Any]], neither: set[frozenset[Any]]) -> list[object]:
    # Copies of one original are copies of each other.
    groups: dict[str, list[str]] = defaultdict(list)
    for copy, original in stories.copies(given).items():
        groups[original].append(copy)
    found = {
        frozenset((a, b))
        for original, group in groups.items()
        for i, a in enumerate([original, *group])
        for b in [original, *group][i + 1 :]
    } - neither
    right = len(found & true)
    return [name, len(true), len(found), right / max(1, len(found)), right / max(1, len(true))]


def updates(out: Path | None) -> None:
    """Pairs of articles that both coders call one story, and how many stand in one of ours."""
    given = [
        Article(id=row["id"], title=row["title"], text=row["text"], published=row["date"] or None)
        for row in rows("story_chain_articles.dev", None)
    ]
    membership = stories.group(given, encoder()(given)).membership
    table: list[list[object]] = []
    pairs = [row for row in rows("story_chain_pairs.dev", None) if row["a"] in membership and row["b"] in membership]
    for name, wanted in (("both coders", 2), ("either coder", 1)):
        true = [int(row["coder1"]) + int(row["coder2"]) >= wanted for row in pairs]
        found = [membership[row["a"]] == membership[row["b"]] for row in pairs]
        right = sum(t and f for t, f in zip(true, found, strict=True))
        p, r = right / max(1, sum(found)), right / max(1, sum(true))
        table.append([name, sum(true), sum(found), p, r, f1(p, r)])
    report("Updates (story_chain)", ["pairs called one story by", "pairs", "found", "P", "R", "F1"], table, out)


def invented(count: int) -> tuple[list[Article], NDArray[numpy.float32]]:
    """Made-up articles of 120 words of a Zipf distribution over 30 days, about four to an event, with vectors."""
    from datetime import UTC, datetime, timedelta

    rng, numbers = random.Random(SEED), numpy.random.default_rng(SEED)
    odds = numpy.cumsum(1 / numpy.arange(1, 30_001))
    odds /= odds[-1]
    vectors = numpy.empty((count, 384), dtype=numpy.float32)
    made: list[Article] = []
    while len(made) < count:
        own = [f"Name{rng.randrange(count)}" for _ in range(6)]
        centre, start = numbers.standard_normal(384), rng.random() * 30
        common = [f"w{k}" for k in numpy.searchsorted(odds, numbers.random(40)).tolist()]
        for _ in range(min(count - len(made), 1 + int(rng.expovariate(1 / 3)))):
            tokens = [f"w{k}" for k in numpy.searchsorted(odds, numbers.random(80)).tolist()]
            tokens += rng.sample(common, 25) + own * 2
            rng.shuffle(tokens)
            row = centre + 0.8 * numbers.standard_normal(384)
            vectors[len(made)] = row / numpy.linalg.norm(row)
            when = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=start + 2 * rng.random())
            title, text = " ".join(rng.sample(tokens, 9)), " ".join(tokens)
            made.append(
                Article(id=f"a{len(made)}", title=title, text=text, published=when, source=f"S{rng.randrange(50)}")
            )
    return made, vectors


def cost(out: Path | None) -> None:
    """Seconds and memory of grouping, each size in a process of its own, and the exponent that fits them."""
    table: list[list[object]] = []
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.stories", "--size", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        one = json.loads(done.stdout.splitlines()[-1])
        table.append([size, one["seconds"], one["wall"], round(one["before"]), round(one["peak"]), one["stories"]])
    slope = numpy.polyfit(
        numpy.log([float(str(row[0])) for row in table]), numpy.log([float(str(row[1])) for row in table]), 1
    )
    title = f"Cost of grouping given vectors; seconds grow as the number of articles to the power {slope[0]:.2f}"
    report(title, ["articles", "CPU s", "wall s", "MiB before", "peak MiB", "stories"], table, out)


def _one_size(size: int) -> None:
    given, vectors = invented(size)
    stories.group(given[:50], vectors[:50])  # loads what is loaded once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started, wall = time.process_time(), time.perf_counter()
    found = stories.group(given, vectors)
    figures = {
        "seconds": time.process_time() - started,
        "wall": time.perf_counter() - wall,
        "before": before,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "stories": len(found.stories),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


PARTS = ("events", "duplicates", "updates", "cost")


def main() -> None:
    """Print the tables."""
    parser = arguments("Grouping: BCubed beside a TF-IDF single pass, duplicates, updates, seconds and memory.")
    parser.add_argument("--part", choices=[*PARTS, "sample"], action="append", help="only this table; may be repeated")
    parser.add_argument("--set", action="append", help="only these sets of events (og2021, allsides, neus, googlenews)")
    parser.add_argument("--shipped", action="store_true", help="our threshold as it ships, instead of cross-validated")
    parser.add_argument("--size", type=int, help="group so many invented articles here and print the figures as JSON")
    options = parser.parse_args()
    if options.size:
        _one_size(options.size)
        return
    for part in options.part or PARTS:
        out = options.json.with_stem(f"{options.json.stem}-{part}") if options.json else None
        if part == "events":
            sets = {name: one for name, one in development().items() if not options.set or name in options.set}
            grouping(sets, options.shipped, out)
        elif part == "sample":
            grouping({"sample": sample()}, shipped=True, out=out)
        elif part == "duplicates":
            duplicates(out)
        elif part == "updates":
            updates(out)
        else:
            cost(out)


if __name__ == "__main__":
    main()
