"""The embedded summariser beside others that summarise, one article after the other.

The models of BART's shape have random weights: generating 70 tokens with 4 beams takes as long whatever the weights
say.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.common import sample

__all__ = ["DEFAULT", "SLOWEST", "SYSTEMS", "WORDS", "measure", "texts"]

WORDS = 600
TOKENS_IN, TOKENS_OUT, BEAMS = 800, 70, 4
DEFAULT, SLOWEST = "with rewriting", "bart-large-cnn's shape"


def texts(count: int) -> list[str]:
    """Invented articles of about 600 words each, put together from our own."""
    paragraphs = [part for row in sample() for part in row["text"].split("\n\n") if len(part.split()) > 12]
    found = []
    for number in range(count):
        words, at, parts = 0, number * 5, []
        while words < WORDS:
            part = paragraphs[at % len(paragraphs)]
            parts.append(part)
            words += len(part.split())
            at += 1
        found.append("\n\n".join(parts))
    return found


Timed = tuple[float, float]
"""Seconds per article, and seconds of the first one with all loading."""


def _timed(make: Callable[[], Callable[[str], object]], count: int) -> Timed:
    """Times of the teller of one text that `make` loads."""
    first, *others = texts(count + 1)
    started = time.perf_counter()
    tell = make()
    tell(first)
    loaded = time.perf_counter()
    for text in others:
        tell(text)
    return (time.perf_counter() - loaded) / count, loaded - started


def _ours(rewriting: bool) -> Callable[[str], object]:
    from benchmarks.summaries import Ours

    told = Ours()
    return lambda text: told.tell({"text": text}, rewriting)


def _graph(name: str) -> Callable[[str], object]:
    from benchmarks.summaries import Graph

    ranked = Graph(name)
    return lambda text: ranked({"text": text})


def _free() -> Callable[[str], object]:
    """SmolLM2-135M-Instruct, asked for bullets and left free to write what it likes."""
    from briefing.config import ChatEngineConfig
    from briefing.engines import EngineTools
    from briefing.engines.chat import ChatEngine
    from briefing.engines.fluency import MODEL
    from briefing.errors import BadReply
    from briefing.prompts import Prompts
    from briefing.types import Article, Pick, Story

    settings = ChatEngineConfig(
        type="chat", model=MODEL, max_new_tokens=320, deadline=600, reply="lines", constrained=False
    )
    engine = ChatEngine(settings, EngineTools(Prompts(), Path.cwd()))

    def tell(text: str) -> object:
        article = Article(text=text, language="en")
        try:
            return engine.tell(Pick(story=Story(id=article.id, articles=(article,)), score=1.0))
        except BadReply:
            # It wrote, and nothing that could be used: that took as long.
            return None

    return tell


def _bart(decoders: int, count: int) -> Timed:
    """A model of BART's large shape: 12 layers that read and `decoders` that write, of 1,024, 16 heads."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration

    started = time.perf_counter()
    model = BartForConditionalGeneration(BartConfig(forced_bos_token_id=0, decoder_layers=decoders)).eval()
    model.generation_config.eos_token_id = None
    torch.manual_seed(0)
    given = torch.randint(10, 50_000, (count + 1, TOKENS_IN))
    seconds = []
    with torch.inference_mode():
        for row in given:
            begun = time.perf_counter()
            out = model.generate(row[None], num_beams=BEAMS, min_new_tokens=TOKENS_OUT, max_new_tokens=TOKENS_OUT)
            assert out.shape[1] >= TOKENS_OUT
            seconds.append(time.perf_counter() - begun)
    return sum(seconds[1:]) / count, time.perf_counter() - started - sum(seconds[1:])


def _tenth(count: int) -> int:
    return max(1, count // 10)


SYSTEMS: Mapping[str, Callable[[int], Timed]] = {
    "salience alone": lambda count: _timed(lambda: _ours(False), count),
    DEFAULT: lambda count: _timed(lambda: _ours(True), count),
    "sumy TextRank": lambda count: _timed(lambda: _graph("TextRank"), count),
    "sumy LexRank": lambda count: _timed(lambda: _graph("LexRank"), count),
    SLOWEST: lambda count: _bart(12, _tenth(count)),
    "distilbart-cnn-12-6's shape": lambda count: _bart(6, _tenth(count)),
    "SmolLM2-135M left free": lambda count: _timed(_free, _tenth(count)),
}
"""By name, what times so many articles; the slow ones are given a tenth of them."""


def measure(name: str, count: int) -> dict[str, float]:
    """Seconds per article (`each`), of the first one with all loading, and this process's peak memory in MB."""
    each, first = SYSTEMS[name](count)
    return {"each": each, "first": first, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}
