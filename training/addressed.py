"""Train the screen's classifier: `validate` says how it does on families of orders it never saw, `ship` writes the card.

Orders and lookalikes are invented (`training.orders`); ordinary sentences are those of development news that may
train. The sets of attacks are for measuring only and are not read here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Sequence
from typing import Any

import numpy
import torch

from benchmarks.common import SEED, rows
from briefing.addressed import addressed, could_be
from briefing.engines.encoder import TransformerEncoder
from briefing.guard import ENCODER
from briefing.screening.classifier import CARD, about, marks
from briefing.text import one_line, sentences
from training.orders import LOOKALIKES, orders

NEWS = ("cnndm_train_small.dev", "cnndm_val1000.dev", "bbc_summary.dev")
FOLDS = 5
RIDGE = 0.0005
LOOKALIKE_WEIGHT = 4.0
"""An invented lookalike stands for many sentences that news of another year would have."""
MOST_LOST = 0.004
"""Share of ordinary sentences that could be orders at all (a tenth of news) which may be lost."""


def news(limit: int | None) -> list[tuple[str, str, str]]:
    """(article, what it is about, sentence) of ordinary news that could be an order by its form."""
    found = []
    for name in NEWS:
        for row in rows(name, limit):
            key = hashlib.sha256(row["text"][:300].encode()).hexdigest()
            topic = about(row.get("title"), row["text"])
            for start, end in sentences(row["text"]):
                text = one_line(row["text"][start:end])
                if could_be(text) and len(text) <= 600:
                    found.append((key, topic, text))
    return list(dict.fromkeys(found))


def fitted(x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Weights and bias of a logistic regression with a ridge penalty; both classes weigh the same."""
    w = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    b = torch.zeros((), dtype=torch.float64, requires_grad=True)
    share = weight.clone()
    for label in (0.0, 1.0):
        share[y == label] /= 2 * weight[y == label].sum()
    optimiser = torch.optim.LBFGS([w, b], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(x @ w + b, y, weight=share, reduction="sum")
        loss = loss + RIDGE * (w**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return w.detach(), float(b.detach())


def _fold(key: str) -> int:
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS


def main() -> None:
    """Validate, and ship with `ship`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("validate", "ship"))
    parser.add_argument("--limit", type=int, default=None, help="articles of each set")
    options = parser.parse_args()
    torch.set_num_threads(1)
    attacks, ordinary = orders(), news(options.limit)
    rng = random.Random(SEED)
    topics = sorted({topic for _, topic, _ in ordinary})
    # An order stands in any article; so does an invented lookalike.
    pairs = [(rng.choice(topics), text) for _, text, _ in attacks] + [(rng.choice(topics), text) for text in LOOKALIKES]
    pairs += [(topic, text) for _, topic, text in ordinary]
    texts = [text for _, text in pairs]
    encoder = TransformerEncoder(ENCODER)
    vectors = _encoded(encoder, texts)
    row = {topic: at for at, topic in enumerate(topics)}
    subjects = _encoded(encoder, topics)[[row[topic] for topic, _ in pairs]]
    near = (vectors * subjects).sum(axis=1)
    beside = numpy.array([marks(text, float(at)) for text, at in zip(texts, near, strict=True)])
    x = torch.tensor(numpy.concatenate([vectors, beside], axis=1), dtype=torch.float64)
    y = torch.tensor([1.0] * len(attacks) + [0.0] * (len(texts) - len(attacks)), dtype=torch.float64)
    weight = torch.ones(len(texts), dtype=torch.float64)
    weight[len(attacks) : len(attacks) + len(LOOKALIKES)] = LOOKALIKE_WEIGHT
    # What is held out together: a family of orders (or the fillings of one pattern), a fold of lookalikes, of articles.
    families = sorted({name for name, _, _ in attacks})
    rest = [_fold(text) for text in LOOKALIKES] + [_fold(key) for key, _, _ in ordinary]
    by_family = _held(x, y, weight, [families.index(name) % FOLDS for name, _, _ in attacks] + rest)
    by_pattern = _held(x, y, weight, [_fold(pattern) for _, _, pattern in attacks] + rest)
    first = len(attacks) + len(LOOKALIKES)
    threshold = float(torch.quantile(by_pattern[first:], 1 - MOST_LOST))
    _told(attacks, texts, by_family, by_pattern, threshold, first)
    if options.what == "ship":
        w, b = fitted(x, y, weight)
        card = {
            "encoder": ENCODER,
            "threshold": round(threshold, 3),
            "bias": round(b, 3),
            "weights": [round(value, 2) for value in w.tolist()],
        }
        CARD.write_text(json.dumps(card) + "\n", encoding="utf-8")
        print(f"{CARD}: {CARD.stat().st_size} bytes")


def _encoded(encoder: TransformerEncoder, texts: Sequence[str]) -> Any:
    return numpy.concatenate([encoder.encode(list(texts[at : at + 256])) for at in range(0, len(texts), 256)])


def _held(x: torch.Tensor, y: torch.Tensor, weight: torch.Tensor, group: Sequence[int]) -> torch.Tensor:
    """Each sentence's score by a model that saw none of its group."""
    parts = torch.tensor(group)
    out = torch.zeros(len(group), dtype=torch.float64)
    for fold in range(FOLDS):
        train = parts != fold
        w, b = fitted(x[train], y[train], weight[train])
        out[~train] = torch.sigmoid(x[~train] @ w + b)
    return out


def _told(
    attacks: Sequence[tuple[str, str, str]],
    texts: Sequence[str],
    by_family: torch.Tensor,
    by_pattern: torch.Tensor,
    threshold: float,
    first: int,
) -> None:
    print(f"{len(attacks)} orders, {first - len(attacks)} lookalikes, {len(texts) - first} ordinary sentences")
    for share in (0.001, 0.002, 0.004, 0.008, 0.015, 0.03):
        at = float(torch.quantile(by_pattern[first:], 1 - share))
        found = sum(
            (bool(by_pattern[k] >= at) and could_be(texts[k])) or addressed(texts[k]) for k in range(len(attacks))
        )
        near = sum(bool(by_pattern[k] >= at) and could_be(texts[k]) for k in range(len(attacks), first))
        print(
            f"{share:.3f} of ordinary sentences lost: threshold {at:.2f}, {found / len(attacks):.2f} of orders found, {near} lookalikes lost"
        )
    print(f"threshold {threshold:.3f}: {int((by_pattern[first:] >= threshold).sum())} ordinary sentences lost")
    alike = [texts[at] for at in range(len(attacks), first) if by_pattern[at] >= threshold and could_be(texts[at])]
    print(f"{len(alike)} lookalikes lost: {alike}")
    print("share found of orders         rules  unseen family  unseen pattern  rules or unseen pattern")
    for name in [*sorted({name for name, _, _ in attacks}), "all"]:
        own = [at for at, (family, _, _) in enumerate(attacks) if name in (family, "all")]
        rules = [addressed(texts[at]) for at in own]
        family = [bool(by_family[at] >= threshold) and could_be(texts[at]) for at in own]
        pattern = [bool(by_pattern[at] >= threshold) and could_be(texts[at]) for at in own]
        either = [a or b for a, b in zip(rules, pattern, strict=True)]
        shares = "".join(f"{sum(one) / len(own):14.2f}" for one in (rules, family, pattern, either))
        print(f"{name:12} {len(own):5} {shares}")


if __name__ == "__main__":
    main()
