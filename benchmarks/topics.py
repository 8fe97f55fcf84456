"""Zero-shot topics: `python -m benchmarks.topics`. Macro-F1 of the program's own matcher, given one line per topic.

Every article is a story by itself and all of a set together are the store, as when the program runs. "day one" matches
each article with nothing in the store but itself and the sample that ships. `bbc_summary.dev` is in that sample: there
the sample is left out, and "day one" is measured on each half of the rows with the other half's vectors as the sample.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from benchmarks.common import arguments, report, rows
from briefing import choose
from briefing.choose.meaning import ENCODER
from briefing.choose.topics import needed_nearness, share_below
from briefing.config import TopicConfig
from briefing.engines import Vectors
from briefing.engines.encoder import TransformerEncoder
from briefing.pipeline import LEAD_WORDS
from briefing.prompts import Prompts
from briefing.types import Article, Story

AG_NEWS = {
    "World": "World news: governments, diplomacy, wars and conflicts, elections, attacks and disasters abroad",
    "Sports": "Sports: matches, games, teams, players, coaches, leagues and championships",
    "Business": "Business and the economy: companies, profits, stock markets, oil prices, trade, jobs and banks",
    "Sci/Tech": "Science and technology: computers, software, the internet, gadgets, space and research",
}
BBC = {
    "business": "Business and the economy: companies, profits, markets, trade, jobs and banks",
    "politics": "Politics: government, parliament, parties, ministers, elections and laws",
    "sport": "Sport: matches, players, clubs, coaches, championships and athletics",
    "tech": "Technology: computers, software, the internet, mobile phones, games and gadgets",
    "entertainment": "Entertainment: films, music, television, actors, singers, awards and festivals",
}
PROBES = (
    "Rugby union and rugby league matches",
    "Oil prices and the energy industry",
    "Mobile phones and the networks they run on",
    "Video games and consoles",
    "Doping in athletics, drug tests and bans",
    "Taxes and the budget of the government",
    "Airlines and aircraft makers",
    "Immigration, asylum and border policy",
    "Spam, viruses and other dangers to computers on the internet",
    "Tennis tournaments and their players",
    "The European Union and its constitution",
    "Space flight and astronomy",
)
"""Narrow topics: one breadth should let about the same share of all news into each."""

SETS = {"agnews_test.dev": AG_NEWS, "bbc_summary.dev": BBC}


def macro_f1(truth: Sequence[str], said: Sequence[str], labels: Sequence[str]) -> float:
    """The mean of the labels' F1; a label that is never right has 0."""
    scores = []
    for label in labels:
        right = sum(t == s == label for t, s in zip(truth, said, strict=True))
        there = sum(t == label for t in truth) + sum(s == label for s in said)
        scores.append(2 * right / there if there else 0.0)
    return sum(scores) / len(labels)


def topics(descriptions: dict[str, str]) -> list[TopicConfig]:
    """One topic per label, of its line alone; as wide as it may be, as every article belongs somewhere."""
    return [TopicConfig(name=name, description=line, breadth=1.0) for name, line in descriptions.items()]


def labels_of(stories: Sequence[Story], wanted: Sequence[TopicConfig], near: Vectors) -> tuple[list[str], int]:
    """The topic each story belongs to as the program decides it, and how many belong to none.

    Those of none are given to the topic they are nearest to, as a label must be said of each.
    """
    said, none = [], 0
    for story, row in zip(stories, near, strict=True):
        found = [choose.match(story, topic, float(value)) for topic, value in zip(wanted, row, strict=True)]
        none += not any(one.matched for one in found)
        best = max(found, key=lambda one: (one.fit, one.nearness))
        said.append(best.topic)
    return said, none


def main() -> None:
    """Measure each set."""
    options = arguments("Zero-shot topics from one-line descriptions.")
    options.add_argument("--set", choices=sorted(SETS), help="only this set")
    options.add_argument("--rows", help="measure rows of this name instead, with the lines of --set (a sister set)")
    given = options.parse_args()
    encoder, prompts = TransformerEncoder(ENCODER), Prompts(None)
    table: list[list[object]] = []
    passing: list[list[object]] = []
    for name, descriptions in SETS.items():
        if given.set and name != given.set:
            continue
        found = rows(given.rows or name, given.limit)
        stories = [
            Story(id=row["id"], articles=(Article(title=row["title"], text=row["text"], source="S", language="en"),))
            for row in found
        ]
        leads = [" ".join(story.lead.text.split()[:LEAD_WORDS]) for story in stories]
        titles = [story.lead.title for story in stories]
        texts = [prompts.render("story", title=t, lead=lead) for t, lead in zip(titles, leads, strict=True)]
        vectors = encoder.encode(texts)
        wanted = topics(descriptions)
        truth, labels = [row["category"] for row in found], list(descriptions)
        aimed = choose.aims([(topic.name, topic.description) for topic in wanted], encoder.encode)
        sample = choose.reference(ENCODER) if name != "bbc_summary.dev" or given.rows else None
        if name == "agnews_test.dev":
            passing = shares(encoder, vectors)
        plain = encoder.encode([f"{topic.name}: {topic.description}" for topic in wanted])
        raw = [labels[k] for k in (vectors @ plain.T).argmax(axis=1)]
        said, none = labels_of(stories, wanted, choose.nearness(aimed, vectors, vectors, sample))
        alone = numpy.zeros((0, vectors.shape[1]), dtype=numpy.float32)
        if sample is not None:
            first, _ = labels_of(stories, wanted, choose.nearness(aimed, vectors, alone, sample))
        else:
            halves = numpy.arange(len(vectors)) % 2
            near = numpy.zeros((len(vectors), len(wanted)), dtype=numpy.float32)
            for half in (0, 1):
                near[halves == half] = choose.nearness(aimed, vectors[halves == half], alone, vectors[halves != half])
            first, _ = labels_of(stories, wanted, near)
        table.append(
            [
                given.rows or name,
                len(found),
                macro_f1(truth, raw, labels),
                macro_f1(truth, first, labels),
                macro_f1(truth, said, labels),
                100 * none / len(found),
            ]
        )
    columns = ["set", "articles", "cosine alone", "day one", "with the day's articles", "% of no topic at breadth 1"]
    report("Topics from one-line descriptions, macro-F1", columns, table, given.json)
    if passing:
        columns = ["breadth", "expected %", "median %", "least %", "most %"]
        report(f"Share of AG News that {len(PROBES)} narrow topics let in", columns, passing, None)


def shares(encoder: TransformerEncoder, vectors: Vectors) -> list[list[object]]:
    """What each breadth lets into each of the narrow topics, in per cent of all articles."""
    aimed = choose.aims([(line, line) for line in PROBES], encoder.encode)
    near = choose.nearness(aimed, vectors, vectors, choose.reference(ENCODER))
    out: list[list[object]] = []
    for breadth in (0.0, 0.5, 1.0):
        needed = needed_nearness(breadth)
        let_in = 100 * (near >= needed).mean(axis=0)
        found = (float(numpy.median(let_in)), float(let_in.min()), float(let_in.max()))
        out.append([breadth, 100 * (1 - share_below(needed)), *found])
    return out


if __name__ == "__main__":
    main()
