"""Extraction beside trafilatura alone: F1 of word 4-grams on invented pages in many layouts (`benchmarks.layouts`).

Pages with one article: the text against its paragraphs. Pages with several: each article is compared with the output
that is nearest to it, and outputs too many count as nothing found; "joined" compares everything on the page at once.
Asked: at most .5 below trafilatura alone where there is one article, above it where there are several. The exit code
is 1 if that does not hold.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import mean

from benchmarks.common import SEED, arguments, report, sample
from benchmarks.layouts import SEVERAL, SINGLE, Told
from briefing.extract.html import page_drafts

Extract = Callable[[str], list[str]]
MOST_BELOW = 0.5
AUTHORS = ("Mara Lind", "Tom Okafor", "Ines Varga", "Piet Janssen")


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--pages", type=int, default=20, help="pages with several articles in each layout")
    options = parser.parse_args()
    told = articles(options.limit)
    table: list[tuple[object, ...]] = []
    for name, layout in SINGLE.items():
        scores = [[f1(each(layout(one)), ["\n".join(one.paragraphs)]) for each in (ours, alone)] for one in told]
        table.append((f"one: {name}", *_means(scores), "", ""))
    ones = [mean(float(str(row[at])) for row in table) for at in (1, 2)]
    rng = random.Random(SEED)
    joined: list[tuple[object, ...]] = []
    for name, listing in SEVERAL.items():
        scores, whole = [], []
        for _ in range(options.pages):
            many = rng.sample(told, rng.randint(2, 4))
            page, gold = listing(many), ["\n".join(one.paragraphs) for one in many]
            found = [each(page) for each in (ours, alone)]
            scores.append([matched(texts, gold) for texts in found])
            whole.append([f1(["\n".join(texts)], ["\n".join(gold)]) for texts in found])
        joined.append((f"several: {name}", *_means(scores), *_means(whole)))
    severals = [mean(float(str(row[at])) for row in joined) for at in (1, 2, 3, 4)]
    table += [("one: all", *ones, "", ""), *joined, ("several: all", *severals)]
    columns = ("layout", "ours", "trafilatura", "joined: ours", "joined: trafilatura")
    report(f"F1 of 4-grams, {len(told)} articles", columns, table, options.json)
    one, several = ones[0] - ones[1], severals[0] - severals[1]
    held = one >= -MOST_BELOW and several > 0
    verdict = "held" if held else "BROKEN"
    print(f"one: {one:+.2f}, asked ≥ -{MOST_BELOW}; several: {several:+.2f}, asked > 0: {verdict}")
    if not held:
        sys.exit(1)


def articles(limit: int | None) -> list[Told]:
    """The example articles as headline, day, author and paragraphs."""
    found = []
    for at, row in enumerate(sample()[:limit]):
        paragraphs = tuple(part.replace("\n", " ") for part in row["text"].split("\n\n") if len(part.split()) >= 8)
        found.append(Told(row["title"] or "News", f"2026-03-{10 + at % 2}", AUTHORS[at % len(AUTHORS)], paragraphs))
    return found


def ours(page: str) -> list[str]:
    """What our extractor gives."""
    return [draft.text for draft in page_drafts(page, "https://herald.example/page")]


def alone(page: str) -> list[str]:
    """What trafilatura gives by itself."""
    from trafilatura import extract

    text = extract(page, include_comments=False, include_tables=False)
    return [text] if text else []


def _grams(text: str) -> Counter[tuple[str, ...]]:
    words = text.casefold().split()
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3))) if words else Counter()


def f1(found: Sequence[str], gold: Sequence[str]) -> float:
    """F1 of word 4-grams in per cent; several texts on either side are taken as one."""
    a, b = _grams("\n".join(found)), _grams("\n".join(gold))
    both = (a & b).total()
    return 200 * both / (a.total() + b.total()) if both else 0.0


def matched(found: Sequence[str], gold: Sequence[str]) -> float:
    """Mean F1 of each article with the output nearest to it, each output used once."""
    pairs = sorted(
        ((f1([text], [want]), i, k) for i, text in enumerate(found) for k, want in enumerate(gold)), reverse=True
    )
    used: set[int] = set()
    done: dict[int, float] = {}
    for score, i, k in sorted(pairs, reverse=True):
        if i not in used and k not in done:
            used.add(i)
            done[k] = score
    return sum(done.values()) / max(len(found), len(gold))


def _means(scores: Sequence[Sequence[float]]) -> list[float]:
    return [mean(row[at] for row in scores) for at in range(2)]


if __name__ == "__main__":
    main()
