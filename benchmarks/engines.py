"""What a small chat model invents, left free and held to the article's words, and what of it passes the guard.

The judge here is not the guard: a name, number or quotation counts as invented where a plain look at the article's
words does not find it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.common import arguments, report, rows
from briefing.config import ChatEngineConfig
from briefing.config.models import DEFAULT_MODEL
from briefing.engines import Engine, EngineTools
from briefing.engines.chat import ChatEngine
from briefing.engines.encoder import FallbackEncoder, TransformerEncoder
from briefing.engines.fluency import MODEL
from briefing.engines.rungs import ladder
from briefing.errors import ModelError, Unsupported
from briefing.guard import Guard
from briefing.guard.score import LearnedScorer
from briefing.prompts import Prompts
from briefing.store import dump_answer, load_answer
from briefing.telling import verified
from briefing.types import Article, Pick, Story, Summary

_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTED = re.compile(r"[\"“]([^\"“”]{2,})[\"”]")


@dataclass
class Count:
    """Bullets, and those with something invented in them."""

    bullets: int = 0
    words: int = 0
    invented: dict[str, int] = field(default_factory=lambda: {"names": 0, "numbers": 0, "quotations": 0, "any": 0})

    def add(self, texts: Iterable[str], source: str) -> None:
        """Count the bullets made of an article."""
        for text in texts:
            found = invented(text, source)
            self.bullets += 1
            self.words += len(text.split())
            for kind in found:
                self.invented[kind] += 1
            self.invented["any"] += bool(found)

    def share(self, kind: str) -> float:
        """Per cent of the bullets."""
        return 100 * self.invented[kind] / max(1, self.bullets)


def invented(text: str, source: str) -> set[str]:
    """What a bullet has that its article does not: "names" (words with a capital inside the sentence), "numbers" in
    digits, "quotations".

    >>> sorted(invented("The mayor told the BBC in 2015.", "The mayor spoke on Monday."))
    ['names', 'numbers']
    """
    found = set()
    known = _stems(source)
    plain = " ".join(_WORD.findall(source.casefold()))
    inner = list(_WORD.findall(re.sub(r"^\W*\w+", "", text)))
    # Of "Vale-based" only the first part is a name.
    parts = [part for word in inner for part in re.split(r"[-’']", word)]
    if any(part[:1].isupper() and not _stems(part) <= known for part in parts):
        found.add("names")
    numbers = {number.replace(",", "").rstrip(".") for number in _NUMBER.findall(source)}
    if any(number.replace(",", "").rstrip(".") not in numbers for number in _NUMBER.findall(text)):
        found.add("numbers")
    if any(" ".join(_WORD.findall(quote.casefold())) not in plain for quote in _QUOTED.findall(text)):
        found.add("quotations")
    return found


def _stems(text: str) -> set[str]:
    """Parts of words in small letters, without possessives and plurals."""
    parts = re.findall(r"[^\W_]+", re.sub(r"['’]s\b", "", text.casefold()))
    return {part.removesuffix("s") for part in parts}


class Answers:
    """What engines answered, in a file if there is one, so that another guard can be measured on the same answers."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[tuple[str, str], tuple[float, dict[str, Any] | None]] = {}
        if path is not None and path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                name, row, seconds, told = json.loads(line)
                self._known[name, row] = seconds, told

    def of(self, name: str, engine: Engine, row: str, pick: Pick) -> tuple[Summary | None, float]:
        """An engine's answer, None where it gave no usable one, and the seconds it took when it was asked."""
        if (name, row) not in self._known:
            started = time.perf_counter()
            try:
                answer = dump_answer(engine.tell(pick))
            except ModelError:
                answer = None
            self._known[name, row] = time.perf_counter() - started, answer
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps([name, row, *self._known[name, row]]) + "\n")
        seconds, told = self._known[name, row]
        summary = load_answer(told) if told is not None else None
        return (replace(summary, pick=pick) if summary is not None else None), seconds


def main() -> None:
    """Print the table."""
    parser = arguments("Invention by SmolLM2-135M, before and behind the guard, on cnndm_val1000.dev.")
    parser.add_argument("--examples", type=int, default=0, help="print the first bullets that were stopped, and why")
    parser.add_argument("--engine", action="append", help="only the engines whose name has this in it; may be repeated")
    parser.add_argument("--keep", type=Path, help="a file of answers: those in it are not asked for again")
    options = parser.parse_args()
    answers = Answers(options.keep)
    data = rows("cnndm_val1000.dev", options.limit or 100)
    encoder = TransformerEncoder(DEFAULT_MODEL)
    guard = Guard(FallbackEncoder(encoder), scorers=[LearnedScorer()])
    tools = EngineTools(Prompts(), Path.cwd())
    free = ChatEngineConfig(type="chat", model=MODEL, max_new_tokens=320, deadline=600)
    engines: dict[str, Engine] = {
        "SmolLM2, free": ChatEngine(free.model_copy(update={"reply": "lines", "constrained": False}), tools),
        "SmolLM2, held to the form": ChatEngine(free, tools),
        "SmolLM2, grounded": ChatEngine(free.model_copy(update={"grounded": True}), tools),
        "embedded": ladder(encoder, encoder)[0],
    }
    table = []
    shown = 0
    for name, engine in engines.items():
        if options.engine and not any(one in name for one in options.engine):
            continue
        before, after = Count(), Count()
        seconds = 0.0
        told = failed = passed = replaced = dropped = unsupported = 0
        for row in data:
            article = Article(text=row["text"], language="en")
            pick = Pick(story=Story(id=article.id, articles=(article,)), score=1.0)
            summary, took = answers.of(name, engine, row["id"], pick)
            seconds += took
            if summary is None:
                failed += 1
                continue
            told += 1
            before.add((bullet.text for bullet in summary.bullets), article.text)
            try:
                checked = verified(guard, summary)
            except Unsupported:
                unsupported += 1
                dropped += len(summary.bullets)
                continue
            replaced += sum(one.quoted for one in checked.stopped)
            dropped += sum(not one.quoted for one in checked.stopped)
            passed += len(summary.bullets) - len(checked.stopped)
            for bullet in checked.bullets:
                after.add([bullet.text], article.text)
                # What gets through is what the guard has to answer for: it is always shown.
                if found := ", ".join(sorted(invented(bullet.text, article.text))):
                    print(f"{name}, behind the guard, {row['id']} ({found}): {bullet.text}", flush=True)
            for one in checked.stopped:
                if shown < options.examples:
                    shown += 1
                    print(f"{name}: {one.text}\n    {'; '.join(one.reasons)}")
        bullets = before.bullets
        table.append([
            name, told, failed, unsupported, bullets, before.words / max(1, bullets), before.share("names"),
            before.share("numbers"), before.share("quotations"), before.share("any"),
            100 * passed / max(1, bullets), 100 * replaced / max(1, bullets), 100 * dropped / max(1, bullets),
            after.share("any"), seconds / max(1, len(data)),
        ])  # fmt: skip
    columns = (
        "engine", "told", "failed", "none held", "bullets", "words", "names %", "numbers %", "quotations %", "any %",
        "passed %", "replaced %", "dropped %", "any % behind the guard", "s/article",
    )  # fmt: skip
    report(f"invention on {len(data)} articles", columns, table, options.json)


if __name__ == "__main__":
    main()
