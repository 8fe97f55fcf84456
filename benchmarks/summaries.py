"""Quality of the embedded summariser: ROUGE F1 beside its peers, on the same rows in one run."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import psutil

from benchmarks.common import arguments, report, rows, sample
from briefing.config.models import DEFAULT_MODEL
from briefing.engines import Engine
from briefing.engines.cuts import is_subsequence
from briefing.engines.embedded import EmbeddedEngine
from briefing.engines.encoder import TransformerEncoder, model_folder
from briefing.engines.fluency import GGUF, MODEL
from briefing.engines.rewrite import Rewriter
from briefing.engines.salience import Salience
from briefing.text import sentences
from briefing.types import Article, Pick, Story, Summary

Told = list[str]
FREE_PROMPT = "Summarise this news article in three bullets, one short sentence each."


class Ours:
    """The embedded engines; with `folds`, each row is told by heads that were not trained on it."""

    def __init__(self, folds: Path | None = None) -> None:
        self._encoder = TransformerEncoder(DEFAULT_MODEL)
        self._rewriter = Rewriter()
        self._folds = folds
        self._salience: dict[int, Salience] = {}

    def engine(self, row: dict[str, Any], rewriting: bool) -> Engine:
        """The engine for a row."""
        fold = -1
        if self._folds is not None:
            from training.salience import fold_of

            fold = fold_of(row["article_group"])
        if fold not in self._salience:
            path = self._folds / f"fold{fold}.safetensors" if self._folds is not None else None
            self._salience[fold] = Salience(self._encoder, path) if path else Salience(self._encoder)
        return EmbeddedEngine(self._encoder, self._salience[fold], self._rewriter if rewriting else None)

    def tell(self, row: dict[str, Any], rewriting: bool, bullets: int | None = None) -> Summary:
        """A row told. Raises ModelError, so that no other rung stands in unnoticed."""
        article = Article(text=row["text"], title=row.get("title"), language="en")
        pick = Pick(story=Story(id=article.id, articles=(article,)), why=("benchmark",), score=1.0)
        return self.engine(row, rewriting).tell(pick, bullets, 4)


class Graph:
    """TextRank (Mihalcea and Tarau 2004) or LexRank (Erkan and Radev 2004) of the library sumy."""

    def __init__(self, name: str) -> None:
        from sumy.nlp.stemmers import Stemmer
        from sumy.summarizers.lex_rank import LexRankSummarizer
        from sumy.summarizers.text_rank import TextRankSummarizer
        from sumy.utils import get_stop_words

        kind = {"TextRank": TextRankSummarizer, "LexRank": LexRankSummarizer}[name]
        self._rank = kind(Stemmer("english"))
        self._rank.stop_words = get_stop_words("english")

    def __call__(self, row: dict[str, Any]) -> Told:
        """Three sentences."""
        from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence

        found = [Sentence(text, self) for text in _sentences(row)]
        return [str(one) for one in self._rank(ObjectDocumentModel([Paragraph(found)]), 3)]

    @staticmethod
    def to_words(text: str) -> tuple[str, ...]:
        """As sumy asks of a tokenizer."""
        from briefing.text import words

        return tuple(words(text.casefold()))


class Free:
    """SmolLM2-135M-Instruct, prompted and left free."""

    def __init__(self) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        folder = model_folder(MODEL)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=GGUF)
        self._model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=GGUF).eval()

    def __call__(self, row: dict[str, Any]) -> Told:
        """Whatever it writes, a bullet a line."""
        import torch

        cut = " ".join(row["text"].split()[:700])
        chat = [{"role": "user", "content": f"{FREE_PROMPT}\n\n{cut}"}]
        given = self._tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            out = self._model.generate(**given, max_new_tokens=120, do_sample=False)
        text = self._tokenizer.decode(out[0, given["input_ids"].shape[1] :], skip_special_tokens=True)
        return [line.lstrip("-*•0123456789. ") for line in text.splitlines() if line.strip()] or [""]


def _told_of(bullet: str, rests: str) -> str:
    """The sentence a bullet was made of; where a pronoun was given its name, it rests on the one before as well."""
    return rests[sentences(rests)[-1].start :] if bullet.startswith("[") else rests


def _sentences(row: dict[str, Any]) -> Told:
    return [row["text"][a:b] for a, b in sentences(row["text"])]


def _first(count: int, row: dict[str, Any]) -> Told:
    return _sentences(row)[:count]


def _lead_of(words: int, row: dict[str, Any]) -> Told:
    """The first sentences, cut off at a number of words."""
    found: Told = []
    for sentence in _sentences(row):
        part = sentence.split()[: words - sum(len(one.split()) for one in found)]
        if part:
            found.append(" ".join(part))
    return found


def references(row: dict[str, Any]) -> list[Told]:
    """The references of a row, each a list of bullets."""
    if "reference_bullets" in row:
        return [row["reference_bullets"]]
    return [[text[a:b] for a, b in sentences(text)] for text in row["references"]]


def readable(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose text was lower-cased and tokenised, as prose again: only sentences' ends and capitals."""
    if "lower-cased" not in str(row.get("source")):
        return row
    text = row["text"].replace(" n't", "n't").replace("-lrb- ", "(").replace(" -rrb-", ")")
    for mark in (" .", " ,", " 's", " :", " ;", " ?", " !"):
        text = text.replace(mark, mark.strip())
    ends = (". ", "? ", "! ")
    parts = [text]
    for end in ends:
        parts = [
            piece + (end.strip() if i < len(p.split(end)) - 1 else "")
            for p in parts
            for i, piece in enumerate(p.split(end))
        ]
    return {**row, "text": " ".join(part[:1].upper() + part[1:] for part in parts if part)}


class Table:
    """Scores, words and seconds of systems over rows."""

    COLUMNS = (
        "system",
        "R1",
        "R2",
        "RLsum",
        "se R1",
        "se R2",
        "bullets",
        "words/bullet",
        "deleted %",
        "ordered %",
        "s/article",
        "peak MB",
    )

    def __init__(self) -> None:
        from rouge_score.rouge_scorer import RougeScorer

        self._scorer = RougeScorer(["rouge1", "rouge2", "rougeLsum"], use_stemmer=True)
        self._scores: dict[str, list[list[float]]] = {}
        self._sizes: dict[str, list[tuple[int, int]]] = {}
        self._more: dict[str, list[tuple[float, float]]] = {}
        self._seconds: dict[str, float] = {}
        self._memory: dict[str, float] = {}

    def add(self, name: str, row: dict[str, Any], told: Told, seconds: float = 0.0, rests: Sequence[str] = ()) -> None:
        """A row told by a system; `rests`: what its bullets rest on."""
        each = [self._scorer.score("\n".join(one), "\n".join(told)) for one in references(row)]
        self._scores.setdefault(name, []).append(
            [100 * sum(score[key].fmeasure for score in each) / len(each) for key in ("rouge1", "rouge2", "rougeLsum")]
        )
        words = sum(len(bullet.split()) for bullet in told)
        self._sizes.setdefault(name, []).append((len(told), words))
        if rests:
            ordered = sum(is_subsequence(short, long) for short, long in zip(told, rests, strict=True))
            gone = sum(len(_told_of(*pair).split()) for pair in zip(told, rests, strict=True)) - words
            self._more.setdefault(name, []).append((gone, ordered))
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds
        peak = psutil.Process().memory_info()
        self._memory[name] = max(self._memory.get(name, 0.0), peak.rss / 2**20)

    def figures(self) -> list[list[object]]:
        """A line per system."""
        lines: list[list[object]] = []
        for name, values in self._scores.items():
            scores = numpy.array(values)
            error = scores.std(axis=0) / max(1, len(scores)) ** 0.5
            bullets, words = (sum(column) for column in zip(*self._sizes[name], strict=True))
            more = self._more.get(name)
            gone, ordered = (sum(column) for column in zip(*more, strict=True)) if more else (0.0, 0.0)
            lines.append(
                [
                    name,
                    *map(float, scores.mean(axis=0)),
                    float(error[0]),
                    float(error[1]),
                    bullets / len(scores),
                    words / max(1, bullets),
                    100 * gone / max(1, gone + words) if more else "-",
                    100 * ordered / max(1, bullets) if more else "-",
                    self._seconds[name] / len(scores) or "-",
                    round(self._memory[name]),
                ]
            )
        return lines


def score(data: Iterable[dict[str, Any]], ours: Ours, others: dict[str, Callable[[dict[str, Any]], Told]]) -> Table:
    """All systems over the same rows."""
    table = Table()
    peers: dict[str, Callable[[dict[str, Any]], Told]] = {
        "first 2": partial(_first, 2),
        "first 3": partial(_first, 3),
        **others,
    }
    for given in data:
        row = readable(given)
        for name, system in peers.items():
            started = time.perf_counter()
            found = system(row)
            table.add(name, row, found, time.perf_counter() - started)
        told: Told = []
        for name, rewriting, bullets in (
            ("salience alone", False, None),
            ("with rewriting", True, None),
            ("with rewriting, 3", True, 3),
        ):
            started = time.perf_counter()
            summary = ours.tell(row, rewriting, bullets)
            seconds = time.perf_counter() - started
            texts = [bullet.text for bullet in summary.bullets]
            rests = [summary.quote(bullet.evidence[0]) for bullet in summary.bullets]
            table.add(name, row, texts, seconds, rests)
            if name == "with rewriting":
                told = texts
        table.add("lead of equal length", row, _lead_of(sum(len(one.split()) for one in told), row))
        for peer in row.get("system_summaries", ()):
            text = peer["summary"]
            table.add(
                f"peer: {peer['system']}",
                row,
                text if isinstance(text, list) else [text[a:b] for a, b in sentences(text)],
            )
    return table


def before_after(data: Sequence[dict[str, Any]], ours: Ours, out: Path) -> None:
    """A page for the human eye: bullets before and after shortening."""
    parts = [
        "<!doctype html><meta charset=utf-8><title>Before and after</title>",
        "<style>body{font:16px/1.45 Georgia,serif;max-width:60em;margin:2em auto}th,td{vertical-align:top}</style>",
    ]
    for number, row in enumerate(data, 1):
        parts.append(f"<h2>{number}. {html.escape(str(row.get('title') or row['id']))}</h2><table>")
        for rewriting, label in ((False, "whole"), (True, "shortened")):
            bullets = "".join(f"<li>{html.escape(b.text)}</li>" for b in ours.tell(row, rewriting).bullets)
            parts.append(f"<tr><th>{label}<td><ul>{bullets}</ul>")
        wanted = "".join(f"<li>{html.escape(b)}</li>" for b in references(row)[0])
        parts.append(f"<tr><th>written by people<td><ul>{wanted}</ul></table>")
    out.write_text("\n".join(parts), encoding="utf-8")


def main() -> None:
    """Print the table."""
    parser = arguments("ROUGE-1/2/Lsum F1 (x100) with stemming, bullets joined by newlines.")
    parser.add_argument(
        "--set", default="cnndm_val1000.dev", help='a set with text and references, or our own "sample"'
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--folds", type=Path, help="heads by fold (training.salience validate): 5-fold cross-validation")
    which.add_argument(
        "--shipped", action="store_true", help="score the weights as they ship, for rows they were not trained on"
    )
    parser.add_argument("--free", action="store_true", help="also SmolLM2 left free (10 s an article)")
    parser.add_argument("--page", type=Path, help="write a page of 30 articles with bullets before and after")
    options = parser.parse_args()
    trained = options.set.startswith("cnndm")
    if trained and not options.folds and not options.shipped:
        parser.error("the shipped heads were trained on this set: give --folds DIR, or --shipped")
    data = sample() if options.set == "sample" else rows(options.set, options.limit)
    ours = Ours(options.folds)
    if options.page:
        before_after(data[:30], ours, options.page)
        return
    others: dict[str, Callable[[dict[str, Any]], Told]] = {
        "TextRank, 3": Graph("TextRank"),
        "LexRank, 3": Graph("LexRank"),
    }
    if options.free:
        others["SmolLM2 left free"] = Free()
    weights = "cross-validated" if options.folds else "as shipped"
    table = score(data, ours, others)
    report(f"{options.set}: {len(data)} articles, {weights}", Table.COLUMNS, table.figures(), options.json)


if __name__ == "__main__":
    main()
