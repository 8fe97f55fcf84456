"""Speed and memory of the embedded summariser beside a model of bart-large-cnn's shape, in one run.

Each system runs in a process of its own. The big model has random weights: generating 70 tokens with 4 beams takes
as long whatever the weights say.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

from benchmarks.common import arguments, report, sample

WORDS = 600
TOKENS_IN, TOKENS_OUT, BEAMS = 800, 70, 4


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


def ours(rewriting: bool, count: int) -> tuple[float, float]:
    """Seconds per article, and seconds of the first one with all loading."""
    from benchmarks.summaries import Ours

    started = time.perf_counter()
    told = Ours()
    rows = [{"text": text} for text in texts(count + 1)]
    told.tell(rows[0], rewriting)
    first = time.perf_counter() - started
    started = time.perf_counter()
    for row in rows[1:]:
        told.tell(row, rewriting)
    return (time.perf_counter() - started) / count, first


def bart(count: int) -> tuple[float, float]:
    """The same of a model of bart-large-cnn's shape: 12 + 12 layers of 1,024, 16 heads, 406 million weights."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration

    started = time.perf_counter()
    model = BartForConditionalGeneration(BartConfig(forced_bos_token_id=0)).eval()
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


SYSTEMS = {
    "salience alone": lambda count: ours(False, count),
    "with rewriting": lambda count: ours(True, count),
    "bart-large-cnn's shape": lambda count: bart(max(1, count // 10)),
}


def main() -> None:
    """Print the table."""
    parser = arguments("Seconds per article of 600 words, first article with all loading, peak memory.")
    parser.add_argument("--system", choices=list(SYSTEMS), help="run one system here and print its figures as JSON")
    options = parser.parse_args()
    count = options.limit or 30
    if options.system:
        each, first = SYSTEMS[options.system](count)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        sys.stdout.write(json.dumps({"each": each, "first": first, "peak": peak}) + "\n")
        return
    figures = {}
    for name in SYSTEMS:
        command = [sys.executable, "-m", "benchmarks.speed", "--system", name, "--limit", str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        figures[name] = json.loads(done.stdout.splitlines()[-1])
    slowest = figures["bart-large-cnn's shape"]["each"]
    table = [
        [name, one["each"], 1 / one["each"], slowest / one["each"], one["first"], round(one["peak"])]
        for name, one in figures.items()
    ]
    columns = ["system", "s/article", "articles/s", "times as fast", "first, s", "peak MiB"]
    report(f"{count} articles of {WORDS} words", columns, table, options.json)


if __name__ == "__main__":
    main()
