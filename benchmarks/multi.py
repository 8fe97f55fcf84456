"""Stories told from several outlets: bullets against people's round-ups, beside the lead of the longest article.

References of `allsides_events_2021.dev` are round-ups of 2–3 outlets' articles, written by people. ROUGE F1 (x100) with
stemming; the leads are cut to the length of the bullets beside them, story by story.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy

from benchmarks.common import arguments, report, rows
from briefing.config.models import DEFAULT_MODEL
from briefing.engines.embedded import EmbeddedEngine
from briefing.engines.encoder import TransformerEncoder
from briefing.engines.rewrite import Rewriter
from briefing.engines.salience import Salience
from briefing.telling import Teller
from briefing.text import sentences
from briefing.types import Article, Pick, Story, Summary
from briefing.voices import Aligner

COLUMNS = (
    "system", "R1", "R2", "RLsum", "se R1", "bullets", "words", "voices", "core %", "only %", "differ", "s/story",
)  # fmt: skip


def story_of(row: dict[str, Any]) -> Story:
    """The articles of an event, the longest first."""
    articles = [
        Article(
            text=one["text"], title=one.get("title"), url=one.get("url"), source=one["outlet"], language="en",
            published=row["date"],
        )
        for one in row["articles"]
        if one["text"].strip()
    ]  # fmt: skip
    articles.sort(key=lambda article: -len(article.text.split()))
    return Story(id=row["id"], articles=tuple(articles))


def lead_of(article: Article, count: int) -> list[str]:
    """The first sentences of an article, cut off at a number of words."""
    found: list[str] = []
    for a, b in sentences(article.text):
        part = article.text[a:b].split()[: count - sum(len(one.split()) for one in found)]
        if part:
            found.append(" ".join(part))
    return found


def alone(story: Story) -> Story:
    """The story with nothing but its longest article."""
    return Story(id=story.id, articles=story.articles[:1])


def main() -> None:
    """Print the table."""
    parser = arguments("Stories told from several outlets, against people's round-ups.")
    parser.add_argument("--show", type=int, default=0, help="print so many stories as they are told")
    parser.add_argument("--set", default="allsides_events_2021.dev", help="a set of events with articles and reference")
    options = parser.parse_args()
    encoder = TransformerEncoder(DEFAULT_MODEL)
    engine = EmbeddedEngine(encoder, Salience(encoder), Rewriter())
    systems = {
        "told as one": Teller([engine], aligner=Aligner(encoder)),
        "longest article alone": Teller([engine]),
    }
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rouge1", "rouge2", "rougeLsum"], use_stemmer=True)
    lines: dict[str, list[list[float]]] = {}
    different: list[float] = []
    data = rows(options.set, options.limit)
    for number, row in enumerate(data):
        story = story_of(row)
        reference = "\n".join(row["reference"][a:b] for a, b in sentences(row["reference"]))

        def add(name: str, told: Sequence[str], more: Sequence[float], reference: str = reference) -> None:
            score = scorer.score(reference, "\n".join(told))
            values = [100 * score[key].fmeasure for key in ("rouge1", "rouge2", "rougeLsum")]
            lines.setdefault(name, []).append([*values, len(told), sum(len(one.split()) for one in told), *more])

        for name, teller in systems.items():
            given = story if name == "told as one" else alone(story)
            started = time.perf_counter()
            summary, problems = teller.tell(Pick(story=given, why=("benchmark",), score=1.0), None, 4)
            seconds = time.perf_counter() - started
            if summary is None:
                raise SystemExit(f"{row['id']}: {problems[-1].message}")
            told = [bullet.text for bullet in summary.bullets]
            add(name, told, _more(summary, seconds))
            nothing = [math.nan] * 5
            add(f"lead of equal length ({name})", lead_of(story.lead, sum(len(t.split()) for t in told)), nothing)
            if name == "told as one" and number < options.show:
                _print(row, summary)
        different.append(lines["told as one"][-1][0] - lines["longest article alone"][-1][0])
    table: list[list[object]] = []
    for name, values in lines.items():
        found = numpy.array(values)
        mean = found.mean(axis=0)
        error = found[:, 0].std() / len(found) ** 0.5
        shown = [float(value) if not math.isnan(value) else "-" for value in mean]
        table.append([name, *shown[:3], float(error), *shown[3:]])
    report(f"{options.set}: {len(data)} stories, against people's round-ups", COLUMNS, table, options.json)
    gain = numpy.array(different)
    print(f"told as one less longest article alone, R1: {gain.mean():+.2f} (se {gain.std() / len(gain) ** 0.5:.2f})")


def _more(summary: Summary, seconds: float) -> list[float]:
    bullets = summary.bullets
    voices = {summary.article_of(evidence).source for bullet in bullets for evidence in bullet.evidence}
    core = 100 * sum(len(bullet.outlets) > 1 for bullet in bullets) / len(bullets)
    only = 100 * sum(bullet.only for bullet in bullets) / len(bullets)
    return [len(voices), core, only, len(summary.differing), seconds]


def _print(row: dict[str, Any], summary: Summary) -> None:
    print(f"\n== {row['title']} ({', '.join(summary.pick.story.outlets)})\n   ref: {row['reference'][:600]}")
    for bullet in summary.bullets:
        mark = " [only]" if bullet.only else ""
        print(f" - {bullet.text} ({', '.join(bullet.outlets)}){mark}")
        for evidence in bullet.evidence[1:]:
            print(f"      {summary.article_of(evidence).source}: {' '.join(summary.quote(evidence).split())}")
    for one in summary.differing:
        print(f" ≠ {one.kind} {one.about}: " + "; ".join(f"{v.text} ({', '.join(v.outlets)})" for v in one.versions))
        for version in one.versions:
            print(f"      {' '.join(summary.quote(version.evidence[0]).split())}")


if __name__ == "__main__":
    main()
