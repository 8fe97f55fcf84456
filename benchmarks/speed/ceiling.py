"""How near the encoder comes to what the machine can do: to its matrix products, and to its memory (the roofline of
Williams, Waterman and Patterson 2009).

Counted are the matrix products alone, an (m, k) by (k, n) one as 2mkn operations (Golub and Van Loan, Matrix
Computations, 1.1); of a layer of hidden size h and inner size i, over a row of t tokens:

    4 products (t, h) by (h, h)     queries, keys, values, what attention gives       8 t h^2
    (t, h) by (h, i) and back       the inner layer                                   4 t h i
    (t, h) by (h, t) and back       scores of all heads, and the values they weigh    4 t^2 h

Kaplan et al. 2020 (Scaling Laws, table 1) count the linear ones so; `tests/test_speed.py` holds all of it against
torch's own counter. The heads of the salience model: 2 operations a weight for each word or sentence it is used on, and
4 s^2 d where s sentences look at each other. Rows are those that were given to the model, windows, overlap and padding
as they were. The products that are measured are of the encoder's own precision.

A machine with others beside it is seldom as quick as in its quickest moment. So products and stages are measured in
turns, and the ceiling is what the best product did over all the time it had, as the stages' rates are; the quickest
repetition of any product is told beside it.

Bytes are counted as if no cache kept anything from one operation to the next: weights once a pass, and each
operation's output written once and read once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.speed.systems import texts
from briefing.ahead import THREADS
from briefing.engines.passes import Passes, cores

if TYPE_CHECKING:
    from briefing.engines.encoder import TransformerEncoder

__all__ = ["Counted", "Shape", "encoder_bytes", "encoder_flops", "heads_flops", "measure"]

_SINGLE = 4
"""Bytes of a number in single precision."""
_SQUARE = 2048
_COPIED = 64_000_000
"""Numbers that are copied to measure the memory: 256 MB, many times the largest cache."""
_SECONDS = 0.3
"""Of each product in each turn, and of copying."""
_LEAST = 3
_TURNS = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """What of an encoder's configuration its work depends on."""

    layers: int
    hidden: int
    inner: int

    @classmethod
    def of(cls, config: Any) -> Shape:
        """From a configuration of transformers."""
        return cls(int(config.num_hidden_layers), int(config.hidden_size), int(config.intermediate_size))

    @property
    def weights(self) -> int:
        """Numbers in all layers: matrices, what is added after each, and two norms."""
        matrices = 4 * self.hidden**2 + 2 * self.hidden * self.inner
        added = 4 * self.hidden + self.inner + self.hidden
        return self.layers * (matrices + added + 4 * self.hidden)


@dataclass(frozen=True, slots=True)
class Counted:
    """A pass: rows of so many tokens each, padding included."""

    rows: int
    tokens: int


def encoder_flops(shape: Shape, counted: Counted) -> int:
    """Operations of the matrix products of a pass.

    >>> encoder_flops(Shape(layers=1, hidden=2, inner=3), Counted(rows=1, tokens=5))
    480
    """
    t, h, i = counted.tokens, shape.hidden, shape.inner
    return shape.layers * counted.rows * (8 * t * h * h + 4 * t * h * i + 4 * t * t * h)


def encoder_bytes(shape: Shape, counted: Counted, number: int = _SINGLE) -> int:
    """Bytes a pass moves if no cache kept anything, of numbers of so many bytes.

    Of a token, in each layer: queries, keys, values, what attention gives, its product, the sum with its norm, the
    inner layer before and after its function, its product, the sum with its norm.
    """
    outputs = counted.rows * counted.tokens * (8 * shape.hidden + 2 * shape.inner) * shape.layers
    return number * (shape.weights + 2 * outputs)


def heads_flops(heads: Any, words: int, sentences: int) -> int:
    """Operations of the salience model's heads (`briefing.engines.heads`) over an article."""
    on_words = _matrices(heads.down, heads.near, heads.word, heads.pair)
    on_sentences = _matrices(heads.lift, heads.mutual, heads.sentence)
    width = int(heads.lift.out_features)
    return 2 * words * on_words + 2 * sentences * on_sentences + 4 * sentences**2 * width


def _matrices(*modules: Any) -> int:
    return sum(weight.numel() for module in modules for weight in module.parameters() if weight.dim() > 1)


class Recorder:
    """What is given to a model, and the seconds its thread has a core for it: other programs' are not counted.

    Passes are made by one thread each (`briefing.engines.passes`).
    """

    def __init__(self, model: Any) -> None:
        self.passes: list[Counted] = []
        self.seconds: list[float] = []
        self._begun = threading.local()
        self._hooks = [
            model.register_forward_pre_hook(self._before, with_kwargs=True),
            model.register_forward_hook(self._after),
        ]

    def _before(self, model: Any, given: Any, named: dict[str, Any]) -> None:
        self.passes.append(Counted(*named["input_ids"].shape))
        self._begun.at = time.thread_time()

    def _after(self, model: Any, given: Any, found: Any) -> None:
        self.seconds.append(time.thread_time() - self._begun.at)

    def close(self) -> None:
        """Leave the model alone."""
        for hook in self._hooks:
            hook.remove()


@dataclass
class Rate:
    """How much was done in how many seconds, all cores together; `quickest`: a second of the best repetition."""

    done: float = 0.0
    seconds: float = 0.0
    quickest: float = 0.0

    @property
    def sustained(self) -> float:
        """A second, over all the time it was measured."""
        return self.done / self.seconds

    def add(self, work: Callable[[], Callable[[], object]], worth: float, passes: Passes) -> None:
        """Repeat what `work` makes for a while on each core at the same time; each repetition is `worth` so much."""

        def run(_: int) -> tuple[float, float, float]:
            import torch

            with torch.inference_mode():
                repeated = work()
                repeated()
                done, quickest, begun = 0, float("inf"), time.perf_counter()
                end = now = begun
                while now - begun < _SECONDS or done < _LEAST:
                    repeated()
                    end = time.perf_counter()
                    quickest, now, done = min(quickest, end - now), end, done + 1
            return done * worth, end - begun, worth / quickest

        found = passes.run(run, range(cores()))
        self.done += sum(done for done, _, _ in found)
        self.seconds += sum(seconds for _, seconds, _ in found) / len(found)
        self.quickest = max(self.quickest, sum(quickest for *_, quickest in found))


def product(precision: Any, m: int, k: int, n: int) -> Callable[[], object]:
    """A product (m, k) by (k, n) of its own numbers, to be repeated."""
    import torch

    left, right = torch.randn(m, k).to(precision), torch.randn(n, k).to(precision)
    return lambda: torch.nn.functional.linear(left, right)


def copied() -> Callable[[], object]:
    """A core's share of a large array copied, to be repeated."""
    import torch

    count = _COPIED // cores()
    source, target = torch.ones(count), torch.zeros(count)
    return lambda: target.copy_(source)


def measure(count: int) -> dict[str, Any]:
    """The machine's rates, and the encoder's beside them in turn, over `count` articles of 600 words.

    Raises ModelUnavailable.
    """
    from briefing.config.models import DEFAULT_MODEL
    from briefing.engines.encoder import MAX_TOKENS, TransformerEncoder

    encoder = TransformerEncoder(DEFAULT_MODEL)
    _, model = encoder.quick()
    shape = Shape.of(model.config)
    h, i = shape.hidden, shape.inner
    shapes = [(MAX_TOKENS, h, i), (MAX_TOKENS, i, h), (MAX_TOKENS, h, h), (_SQUARE, _SQUARE, _SQUARE)]
    rates, memory = [Rate() for _ in shapes], Rate()
    articles, turns = texts(count), list[list[Worked]]()
    for turn in range(_TURNS):
        for (m, k, n), rate in zip(shapes, rates, strict=True):
            rate.add(partial(product, model.dtype, m, k, n), 2.0 * m * k * n, encoder.passes)
        memory.add(copied, 2.0 * _SINGLE * (_COPIED // cores()), encoder.passes)
        own = articles[turn * count // _TURNS : (turn + 1) * count // _TURNS]
        if own:
            turns.append([_read(encoder, own), _embed(encoder, own)])
    sustained, quickest = max(rate.sustained for rate in rates), max(rate.quickest for rate in rates)
    return {
        "cores": cores(),
        "precision": str(model.dtype).removeprefix("torch."),
        "products": [
            {
                "product": "x".join(map(str, one)), "GFLOPS": rate.sustained / 1e9,
                "quickest GFLOPS": rate.quickest / 1e9,
            }
            for one, rate in zip(shapes, rates, strict=True)
        ],
        "peak GFLOPS": sustained / 1e9,
        "quickest GFLOPS": quickest / 1e9,
        "memory GB/s": memory.sustained / 1e9,
        "stages": [
            _beside(together(one), sustained, quickest, memory.sustained) for one in zip(*turns, strict=True)
        ],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Worked:
    """A stage: articles, passes, operations, bytes; seconds by the clock, and core seconds inside the model."""

    name: str
    articles: int
    tokens: int
    passes: int
    flops: int
    moved: int
    seconds: float
    inside: float


def together(turns: Sequence[Worked]) -> Worked:
    """A stage's turns as one."""
    sums = {field.name: sum(getattr(one, field.name) for one in turns) for field in fields(Worked)[1:]}
    return Worked(turns[0].name, **sums)


def _beside(one: Worked, peak: float, quickest: float, copied: float) -> dict[str, Any]:
    """A stage beside the machine's rates."""
    computing, moving = one.flops / peak, one.moved / copied
    return {
        "stage": one.name,
        "articles": one.articles,
        "articles/s": one.articles / one.seconds,
        "tokens": one.tokens / one.articles,
        "passes": one.passes / one.articles,
        "GFLOP": one.flops / one.articles / 1e9,
        "MB": one.moved / one.articles / 1e6,
        "GFLOPS": one.flops / one.seconds / 1e9,
        "share %": 100 * computing / one.seconds,
        "GFLOPS in passes": one.flops * cores() / one.inside / 1e9,
        "share in passes %": 100 * computing * cores() / one.inside,
        "of the quickest %": 100 * one.flops / quickest / one.seconds,
        "GB/s": one.moved / one.seconds / 1e9,
        "memory share %": 100 * moving / one.seconds,
        "bound by": "products" if computing >= moving else "memory",
        "articles/s at the ceiling": one.articles / max(computing, moving),
    }


def _recorded(model: Any, name: str, articles: int, work: Callable[[], int]) -> Worked:
    """`work` timed, which has `model` read, and returns operations beside the model's own."""
    shape = Shape.of(model.config)
    recorder = Recorder(model)
    started = time.perf_counter()
    more = work()
    seconds = time.perf_counter() - started
    recorder.close()
    return Worked(
        name, articles,
        tokens=sum(one.rows * one.tokens for one in recorder.passes),
        passes=len(recorder.passes),
        flops=more + sum(encoder_flops(shape, one) for one in recorder.passes),
        moved=sum(encoder_bytes(shape, one, model.dtype.itemsize) for one in recorder.passes),
        seconds=seconds,
        inside=sum(recorder.seconds),
    )  # fmt: skip


def _read(encoder: TransformerEncoder, own: Sequence[str]) -> Worked:
    """Articles read as the salience model reads them, by as many threads as read ahead."""
    from briefing.engines.salience import Salience, build
    from briefing.text import sentences

    salience = Salience(encoder)
    _, model = encoder.lower_half()
    heads = build(int(model.config.hidden_size))
    articles = [[text[a:b] for a, b in sentences(text)] for text in own]
    salience.judged(articles[0])

    def work() -> int:
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(lambda one: salience.judged(one)[0], articles))
        return sum(heads_flops(heads, len(one.words), len(one.sentences)) for one in found)

    return _recorded(model, "read for telling", len(own), work)


def _embed(encoder: TransformerEncoder, own: Sequence[str]) -> Worked:
    """Headline and opening of articles, as they are compared."""
    from briefing.pipeline import story_text
    from briefing.prompts import Prompts
    from briefing.types import Article

    prompts = Prompts()
    openings = [story_text(prompts, Article(title="A headline of the day", text=text)) for text in own]
    encoder.encode_each(["A headline of yesterday"])

    def work() -> int:
        encoder.encode_each(openings)
        return 0

    return _recorded(encoder.quick()[1], "headline and opening", len(own), work)
