"""Quality of the embedded summariser: ROUGE F1 against first sentences, on the same rows in one run."""

from __future__ import annotations

import time

from benchmarks.common import arguments, report, rows
from briefing.ondemand import summarize
from briefing.text import sentences


def main() -> None:
    """Print the table."""
    parser = arguments("ROUGE-1/2/Lsum F1 (x100) with stemming, bullets joined by newlines.")
    parser.add_argument("--set", default="cnndm_val1000.dev", help="a set with text and reference_bullets")
    options = parser.parse_args()
    data = rows(options.set, options.limit)
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1", "rouge2", "rougeLsum"], use_stemmer=True)
    systems: dict[str, list[list[float]]] = {}
    counts: dict[str, list[int]] = {}
    seconds: dict[str, float] = {}
    verbatim = total = 0
    for row in data:
        text = row["text"]
        spans = sentences(text)
        told: dict[str, list[str]] = {
            "first 2": [text[a:b] for a, b in spans[:2]],
            "first 3": [text[a:b] for a, b in spans[:3]],
        }
        for name, number in (("embedded", None), ("embedded, 2", 2), ("embedded, 3", 3)):
            started = time.perf_counter()
            summary = summarize(text, row.get("title"), number)
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - started
            told[name] = [bullet.text for bullet in summary.bullets]
            total += len(summary.bullets)
            verbatim += sum(b.text in " ".join(summary.quote(b.evidence[0]).split()) for b in summary.bullets)
        for name, bullets in told.items():
            scores = scorer.score("\n".join(row["reference_bullets"]), "\n".join(bullets))
            systems.setdefault(name, []).append([score.fmeasure * 100 for score in scores.values()])
            counts.setdefault(name, []).append(len(bullets))
    table = []
    for name, values in systems.items():
        means = [sum(column) / len(values) for column in zip(*values, strict=True)]
        table.append([name, *means, sum(counts[name]) / len(values), seconds.get(name, 0.0) / len(values)])
    columns = ["system", "R1", "R2", "RLsum", "bullets", "s/article"]
    report(
        f"{options.set}: {len(data)} articles; {verbatim} of {total} bullets stand in their evidence",
        columns,
        table,
        options.json,
    )


if __name__ == "__main__":
    main()
