"""Train the guard's learned score: `prepare`, `validate` and `ship`, each of which makes those before it.

The labelled development sets are read once by the guard, and articles into whose sentences and bullets errors are planted;
the work folder (--work) keeps the features of every claim. Nothing of the data is for the repository.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from benchmarks.common import SEED, rows
from benchmarks.labelled import auc, balanced_accuracy, labelled
from benchmarks.planted import planted, true_claims
from briefing.engines.encoder import FallbackEncoder, TransformerEncoder
from briefing.guard import ENCODER, KINDS, Guard, held_down
from briefing.guard.score import CARD, GATE, GATED, SPREADS, averaged, calibrated, gated, probability
from briefing.guard.source import claims_of
from briefing.guard.trees import Trees
from briefing.text import one_line

FOLDS = 10
RIDGE = 0.0015
THRESHOLD = 0.58
"""The one threshold that ships, for all sets: sets of abstractive claims want it lower, sets of near copies higher."""
SHARE = 0.9
"""What the trees count beside the logistic regression."""
RETOLD = 0.4
"""Log odds for a claim none of whose pairs of words its source has. With more, fewer planted errors are stopped."""
PLANTED = 200
"""Articles into which errors are planted, of a set in which nothing is measured."""
BAGS, ROUNDS = 3, 1
"""Ensembles grown of each kind; rounds in which the sentence a claim is judged by is chosen by trees grown before."""
SIZES: tuple[dict[str, Any], ...] = (
    {"max_leaf_nodes": 31, "min_samples_leaf": 15, "max_iter": 100, "learning_rate": 0.04, "max_features": 0.3},
    {"max_leaf_nodes": 4, "min_samples_leaf": 60, "max_iter": 150, "learning_rate": 0.06, "max_features": 0.5},
)
"""Deep trees and shallow ones: either alone was a little worse on some of the sets."""
_SIGNS = {
    "best": 1, "together": 1, "cosine": 1, "in_order": 1, "verbatim": 1, "said_2": 1, "said_3": 1, "said_4": 1,
    "unknown": -1, "unknown_count": -1, **{f"fault_{kind}": -1 for kind in KINDS},
}  # fmt: skip
SIGNS = {
    **{name: sign for name, sign in _SIGNS.items() if name not in GATED},
    **{f"{name} {side}": _SIGNS[name] for name in GATED for side in ("copied", "retold")},
    "copied": 0,
    "mostly copied": 0,
}
"""What is weighed (of `gated` features), and which way each may count; 0 is either. Left free, length and the number of names
took large weights: they tell the sets apart, not right from wrong."""
_COUNTS = {
    "arcs": 1, "name_near": 1, "name_beside": 1, "name_at_best": 1, "arcs_missing": -1, "apart": -1, "far": -1, "denies_alone": -1,
    "denies_beside": -1, "affirms_beside": -1, "verbs_denied": -1, "verbs_affirmed": -1, "opposites": -1,
    "opposites_unknown": -1, "unknown_marks": -1, "unknown_marks_count": -1, "unknown_figures_count": -1, "unknown_nouns": -1,
    "unknown_verbs": -1, "unknown_modifiers": -1, "merged": 0, "length": 0, "capitals": 0, "figures": 0,
}  # fmt: skip
TREES = {**_SIGNS, **_COUNTS}
"""What trees ask for, and which way it may count."""
STYLE = ("in_order", "said_2", "said_3", "said_4")
"""How much of a claim is copied. Half of the trees may count it either way: one new word in a copy is suspicious, ten are style."""
LEFT_ASIDE = ("qags cnndm summaries", "qags xsum summaries")
"""Parts whose sentences are labelled themselves."""


@dataclass(frozen=True)
class Claim:
    """A labelled claim and the features of each of its sentences. It is as doubtful as its most doubtful one."""

    set: str
    group: str
    label: int
    features: list[dict[str, float]]


def fold_of(group: str) -> int:
    """The fold an article's group belongs to: all claims on one article lie in one fold."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def prepare(work: Path) -> list[Claim]:
    """The labelled claims with their features."""
    return _kept(work / "guard.jsonl", _labelled)


def plants(work: Path) -> list[Claim]:
    """True claims about articles, and the same with planted errors, with their features."""
    return _kept(work / "planted.jsonl", _planted)


def _kept(path: Path, read: Callable[[Guard], Iterable[Claim]]) -> list[Claim]:
    """Claims that are read once and kept as JSON lines."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        found = list(read(Guard(FallbackEncoder(TransformerEncoder(ENCODER)))))
        path.write_text("\n".join(json.dumps(asdict(one)) for one in found), encoding="utf-8")
        print(f"{path.name}: {len(found)} claims in {time.perf_counter() - started:.0f} s", flush=True)
    return [Claim(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _labelled(guard: Guard) -> Iterator[Claim]:
    for row in labelled():
        name = f"{row.set} {row.part}"
        if name not in LEFT_ASIDE:
            cases = guard.cases(claims_of(row.claim), row.source)
            features = [guard.features_of(case, guard.faults(case)) for case in cases]
            yield Claim(name, row.group, row.label, features)


def _planted(guard: Guard) -> Iterator[Claim]:
    for k, row in enumerate(random.Random(SEED).sample(rows("cnndm_train_small.dev", None), PLANTED)):
        text, people = row["text"], {one_line(one) for one in row["reference_bullets"]}
        true = [claim for _, claim in true_claims(text, SEED)] + list(row["reference_bullets"])
        told = [(one, 1, one_line(one) in people) for one in true]
        told += [(one.wrong, 0, one.claim in people) for one in planted(text, true, SEED)]
        for case, (_, label, retold) in zip(guard.cases([one for one, _, _ in told], text), told, strict=True):
            features = guard.features_of(case, guard.faults(case))
            yield Claim(f"planted {'retold' if retold else 'copied'}", f"planted {k}", label, [features])


def regression(claims: Sequence[Claim]) -> tuple[dict[str, list[float]], float]:
    """A logistic regression over sentences, trained on claims (the soft minimum of their sentences), in which each set,
    and in it each label, weighs the same. Gives per feature its mean, spread and weight, and the bias.
    """
    names = sorted(SIGNS)
    flat = [gated(values) for one in claims for values in one.features]
    owner = torch.tensor([k for k, one in enumerate(claims) for _ in one.features])
    x = torch.tensor([[values[name] for name in names] for values in flat], dtype=torch.float64)
    y = torch.tensor([float(one.label) for one in claims], dtype=torch.float64)
    sizes: dict[tuple[str, int], int] = {}
    for one in claims:
        sizes[one.set, one.label] = sizes.get((one.set, one.label), 0) + 1
    share = torch.tensor([1 / sizes[one.set, one.label] for one in claims], dtype=torch.float64)
    share /= share.sum()
    mean, spread = x.mean(0), x.std(0).clamp(min=1e-3)
    z = ((x - mean) / spread).clamp(-SPREADS, SPREADS)

    def loss(at: NDArray[numpy.float64]) -> tuple[float, NDArray[numpy.float64]]:
        free = torch.from_numpy(at).clone().requires_grad_(True)
        weight, bias = free[:-1], free[-1]
        doubt = -(z @ weight + bias)
        sums = torch.zeros(len(claims), dtype=torch.float64).index_add(0, owner, (2 * doubt).clamp(max=30).exp())
        logits = -sums.log() / 2
        own = torch.nn.functional.binary_cross_entropy_with_logits(logits, y, weight=share, reduction="sum")
        own = own + RIDGE * (weight**2).sum()
        own.backward()
        assert free.grad is not None
        return float(own.detach()), free.grad.numpy()

    bounds = [(0.0 if SIGNS[name] > 0 else None, 0.0 if SIGNS[name] < 0 else None) for name in names] + [(None, None)]
    start = numpy.array([0.1 * SIGNS[name] for name in names] + [0.0])
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000})
    if not fitted.success:
        raise RuntimeError(f"the regression did not converge: {fitted.message}")
    found = zip(names, mean.tolist(), spread.tolist(), fitted.x[:-1].tolist(), strict=True)
    return {name: [m, s, w] for name, m, s, w in found}, float(fitted.x[-1])


def grown(claims: Sequence[Claim]) -> Trees:
    """Boosted trees over sentences. A claim is as doubtful as its worst sentence, so only that one is learned from: by a
    plain measure at first, then by trees grown so far (as in mi-SVM, Andrews et al. 2003). Each set, and in it each label,
    weighs the same.
    """
    names = tuple(TREES)
    owner = numpy.array([k for k, one in enumerate(claims) for _ in one.features])
    x = numpy.array([[values[name] for name in names] for one in claims for values in one.features])
    y = numpy.array([one.label for one in claims])
    sizes = Counter((one.set, one.label) for one in claims)
    weight = numpy.array([1 / sizes[one.set, one.label] for one in claims])
    weight *= len(claims) / weight.sum()
    at = {name: k for k, name in enumerate(names)}
    plain = x[:, at["together"]] + x[:, at["in_order"]] + x[:, at["said_2"]] - 2 * x[:, at["unknown"]]
    found = []
    for style, size in itertools.product((False, True), SIZES):
        support = plain
        signs = [0 if style and name in STYLE else TREES[name] for name in names]
        for last in [False] * ROUNDS + [True]:
            order = numpy.lexsort((support, owner))
            worst = order[numpy.unique(owner[order], return_index=True)[1]]
            models = [
                HistGradientBoostingClassifier(
                    **size, l2_regularization=5, monotonic_cst=signs, random_state=seed
                ).fit(x[worst], y[owner[worst]], sample_weight=weight[owner[worst]])
                for seed in range(BAGS if last else 1)
            ]  # fmt: skip
            support = sum(model.decision_function(x) for model in models)
        found += models
    return _as_arrays(names, found)


def _as_arrays(names: tuple[str, ...], models: Sequence[Any]) -> Trees:
    """The mean of the ensembles as one. The library tells what its trees look like by private names only."""
    parts: dict[str, list[Any]] = {key: [] for key in ("feature", "threshold", "left", "right", "value")}
    roots, count, depth = [], 0, 0
    for model in models:
        for k, (one,) in enumerate(model._predictors):
            nodes = one.nodes
            leaf, own = nodes["is_leaf"] == 1, numpy.arange(len(nodes))
            roots.append(count)
            parts["feature"].append(numpy.where(leaf, 0, nodes["feature_idx"]))
            parts["threshold"].append(numpy.where(leaf, 0.0, nodes["num_threshold"]))
            parts["left"].append(count + numpy.where(leaf, own, nodes["left"]))
            parts["right"].append(count + numpy.where(leaf, own, nodes["right"]))
            # What an ensemble starts from is part of its first tree.
            start = float(model._baseline_prediction.item()) if k == 0 else 0.0
            parts["value"].append(numpy.where(leaf, nodes["value"] + start, 0.0) / len(models))
            count, depth = count + len(nodes), max(depth, int(nodes["depth"].max()))
    return Trees(names, numpy.array(roots), **{key: numpy.concatenate(of) for key, of in parts.items()}, depth=depth)


def held_out(claims: Sequence[Claim], by_set: bool, errors: Sequence[Claim] = ()) -> list[list[float]]:
    """The scores of each claim's sentences by models that saw neither its article nor, with `by_set`, its set. `errors` are
    planted ones, from which trees learn too.
    """
    out: list[list[float]] = [[] for _ in claims]
    for side in sorted({_side(one, by_set) for one in claims}):
        groups = {one.group for one in claims if _side(one, by_set) == side}
        seen = [one for one in claims if _side(one, by_set) != side and one.group not in groups]
        (weights, bias), trees = regression(seen), grown([*seen, *errors])
        for k, one in enumerate(claims):
            if _side(one, by_set) == side:
                out[k] = [_score(values, weights, bias, trees) for values in one.features]
    return out


def _score(values: dict[str, float], weights: dict[str, list[float]], bias: float, trees: Trees) -> float:
    plain = probability(gated(values), weights, bias)
    return averaged(plain, trees(values), SHARE, RETOLD * (1 - values[GATE]))


def _side(one: Claim, by_set: bool) -> str:
    return one.set.split()[0] if by_set else str(fold_of(one.group))


def verdicts(claims: Sequence[Claim], scores: Sequence[Sequence[float]], threshold: float) -> list[float]:
    """The guard's score of each claim: of its worst sentence, held down where a check found a fault."""
    return [
        min(held_down(score, _faults(values), threshold) for score, values in zip(own, one.features, strict=True))
        for own, one in zip(scores, claims, strict=True)
    ]


def _faults(values: dict[str, float]) -> int:
    return int(sum(values[f"fault_{kind}"] for kind in KINDS if kind != "attribution"))


def frequencies(claims: Sequence[Claim], found: Sequence[float]) -> tuple[float, ...]:
    """What makes a probability of a claim's score (`calibrated`), fitted to claims and the scores that models gave them
    which had not seen them (Platt 1999). Claims count as they come: how many are right is what is asked.
    """
    odds = numpy.clip(numpy.array(found), 1e-9, 1 - 1e-9)
    x = numpy.stack([numpy.log(odds / (1 - odds)), [retold(one) for one in claims]], axis=1)
    fitted = LogisticRegression().fit(x, [one.label for one in claims])
    return (*map(float, fitted.coef_[0]), float(fitted.intercept_[0]))


def retold(claim: Claim) -> float:
    """How freely a claim is told, by its freest sentence."""
    return max(1 - values[GATE] for values in claim.features)


def probabilities(claims: Sequence[Claim], found: Sequence[float]) -> list[float]:
    """The claims' scores calibrated, those of each fold by the others."""
    out = [0.0] * len(claims)
    for fold in range(FOLDS):
        others = [k for k, one in enumerate(claims) if fold_of(one.group) != fold]
        by = frequencies([claims[k] for k in others], [found[k] for k in others])
        for k, one in enumerate(claims):
            if fold_of(one.group) == fold:
                out[k] = calibrated(found[k], retold(one), by)
    return out


def table(claims: Sequence[Claim], scores: Sequence[Sequence[float]], threshold: float) -> None:
    """Print AUC and balanced accuracy per set, beside bigram overlap's."""
    found = verdicts(claims, scores, threshold)
    likely, more = probabilities(claims, found), []
    for name in sorted({one.set for one in claims}):
        ks = [k for k, one in enumerate(claims) if one.set == name]
        labels, own = [claims[k].label for k in ks], [found[k] for k in ks]
        plain = [min(values["said_2"] for values in claims[k].features) for k in ks]
        # What goes into an edition: the score will do, and no check found a fault, that of attribution included.
        kept = [
            float(
                found[k] >= threshold
                and not any(values[f"fault_{kind}"] for values in claims[k].features for kind in KINDS)
            )
            for k in ks
        ]
        more.append(auc([likely[k] for k in ks], labels) - auc(plain, labels))
        print(
            f"{name:24} {len(ks):5} balanced accuracy of the score {balanced_accuracy(own, labels, threshold):.3f}, of the "
            f"verdict {balanced_accuracy(kept, labels, 0.5):.3f}, AUC of the score {auc(own, labels):.3f}, of the probability "
            f"{auc([likely[k] for k in ks], labels):.3f}, of bigrams {auc(plain, labels):.3f}"
        )
    print(f"AUC of the probability above bigrams': mean {numpy.mean(more):.3f}, least {min(more):.3f}")


def validate(work: Path) -> tuple[list[Claim], list[list[float]]]:
    """Claims and the scores of calibrations that did not see their articles; prints both tables."""
    claims, errors = prepare(work), plants(work)
    scores: list[list[float]] = []
    for by_set in (True, False):
        scores = held_out(claims, by_set, errors)
        print(f"calibrated {'without the set' if by_set else 'without the article'}, threshold {THRESHOLD}")
        table(claims, scores, THRESHOLD)
    return claims, scores


def ship(work: Path) -> None:
    """The calibration, and the trees, on all claims."""
    claims, scores = validate(work)
    weights, bias = regression(claims)
    trees = grown([*claims, *plants(work)])
    card = {
        "threshold": THRESHOLD,
        "share": round(SHARE, 4),
        "retold": RETOLD,
        "calibrated": [round(one, 4) for one in frequencies(claims, verdicts(claims, scores, THRESHOLD))],
        "trees": list(trees.names),
        "bias": round(bias, 4),
        "weights": {name: [round(one, 4) for one in three] for name, three in weights.items()},
    }
    CARD.parent.mkdir(exist_ok=True)
    CARD.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    trees.save(CARD.with_suffix(".safetensors"))
    print(f"{CARD.name}: threshold {card['threshold']}")


def main() -> None:
    """The steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=("prepare", "validate", "ship"))
    parser.add_argument("--work", type=Path, default=Path("training/work"))
    options = parser.parse_args()
    {"prepare": lambda work: (prepare(work), plants(work)), "validate": validate, "ship": ship}[options.step](
        options.work
    )


if __name__ == "__main__":
    main()
