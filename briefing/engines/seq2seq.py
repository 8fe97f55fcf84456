"""An encoder-decoder of transformers (BART, PEGASUS, T5, LED) on this machine.

It reads the text and writes a summary; there is no prompt and no number of sentences it rests on. Its sentences
become bullets, each tied to the sentence of the article it shares most words with.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from briefing.addressed import addressed
from briefing.engines.chats import Usage
from briefing.engines.embedded import Sentence, tellable
from briefing.engines.local import Deadline, Loaded, LocalModel, pad
from briefing.engines.replies import LONGEST_BULLET, best_overlap, endless, presentable
from briefing.engines.writing import left_out, split, unread
from briefing.errors import BadReply, ModelError
from briefing.text import digest, normalise, one_line, sentences, words
from briefing.types import Article, Bullet, Evidence, Pick, Summary

if TYPE_CHECKING:
    from briefing.config import Seq2SeqEngineConfig
    from briefing.engines import EngineTools

__all__ = ["Seq2SeqEngine"]

MOST_PARTS = 12
_SPECIAL = 4
"""Tokens that are put around a text."""


class Seq2SeqEngine:
    """Tells by a summarisation model (configuration `type: seq2seq`)."""

    def __init__(self, settings: Seq2SeqEngineConfig, tools: EngineTools, model: LocalModel | None = None) -> None:
        self.local = model or LocalModel(settings, tools.base)
        self.deadline = settings.deadline
        self._settings = settings

    @property
    def name(self) -> str:
        """What stands in a receipt."""
        return self.local.subject

    @property
    def key(self) -> str:
        """Changes when anything does that an answer depends on."""
        return digest(self.name, self.local.revision)

    @property
    def usage(self) -> Usage:
        """What the current edition has used."""
        return self.local.usage

    def begin(self, language: str | None) -> None:
        """A new edition. Such a model writes in the language it was trained for."""
        self.local.begin()

    def prepare(self) -> None:
        """Load the model now, so that no article's time runs meanwhile. Raises ModelUnavailable."""
        self.local.prepare()

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        """The story's lead article in the model's words. Raises ModelError."""
        article = pick.story.lead
        said = tellable(article)
        found = [sentence for sentence in said if not addressed(sentence.text)]
        if not found:
            raise ModelError(article.title or article.id, "its text has no sentence to tell")
        ready = self.local.loaded()
        until = time.monotonic() + self.deadline
        sizes = [self._count(ready, f"{sentence.text} ") for sentence in found]
        window = ready.window() - self._count(ready, self._settings.prefix) - _SPECIAL
        parts, lost = split(article, found, sizes, window)
        lost += [at for part in parts[MOST_PARTS:] for at in part]
        parts = parts[:MOST_PARTS]
        texts = [" ".join(found[at].text for at in part) for part in parts]
        told = [_sentences(text, article, self.name) for text in self._write(ready, texts, until)]
        wanted = min(bullets if bullets is not None else most, len(found))
        chosen = in_order(told, wanted)
        if not chosen:
            raise BadReply(self.name, "its summary has no sentence that can be used")
        if bullets is not None and len(chosen) < wanted:
            raise BadReply(self.name, f"it wrote {len(chosen)} sentences where {wanted} bullets were asked for")
        notes = list(article.notes)
        notes += [left_out(len(said) - len(found))] if len(found) < len(said) else []
        notes += [unread(found, lost)] if lost else []
        return Summary(
            pick=pick,
            bullets=tuple(_bullet(article, found, parts[part], text) for part, text in chosen),
            engine=self.name,
            notes=tuple(notes),
        )

    @staticmethod
    def _count(ready: Loaded, text: str) -> int:
        return len(ready.tokenizer(text, add_special_tokens=False)["input_ids"]) if text else 0

    def _write(self, ready: Loaded, texts: Sequence[str], until: float) -> list[str]:
        """The summary of each text, a few at a time. Raises ModelUnavailable."""
        from transformers import StoppingCriteriaList

        settings, tokenizer, out = self._settings, ready.tokenizer, []
        began, read, wrote = time.monotonic(), 0, 0
        deadline = Deadline(until)
        with self.local.asked():
            for at in range(0, len(texts), settings.batch):
                batch = [settings.prefix + text for text in texts[at : at + settings.batch]]
                inputs = tokenizer(batch, return_tensors="pt", padding=len(batch) > 1).to(ready.device)
                inputs.pop("token_type_ids", None)
                written = ready.model.generate(
                    **inputs, **_attention(ready, inputs), num_beams=settings.beams, do_sample=False,
                    min_length=settings.min_length, max_length=settings.max_length, early_stopping=True,
                    no_repeat_ngram_size=settings.no_repeat_ngram, length_penalty=settings.length_penalty,
                    pad_token_id=pad(tokenizer), stopping_criteria=StoppingCriteriaList([deadline]),
                )  # fmt: skip
                if deadline.passed:
                    raise self.local.late()
                out += tokenizer.batch_decode(written, skip_special_tokens=True)
                read, wrote = read + int(inputs["attention_mask"].sum()), wrote + int(written.numel())
        self.local.usage += Usage(len(texts), read, wrote, time.monotonic() - began)
        return out


def _attention(ready: Loaded, inputs: Any) -> dict[str, Any]:
    """LED looks at all of a long text from its first token only, and has to be told so."""
    if ready.model.config.model_type != "led":
        return {}
    import torch

    everywhere = torch.zeros_like(inputs["attention_mask"])
    everywhere[:, 0] = 1
    return {"global_attention_mask": everywhere}


def _sentences(text: str, article: Article, name: str) -> list[str]:
    """What can be told of a summary, sentence by sentence. Raises BadReply."""
    # PEGASUS writes its line ends as a word.
    text = one_line(normalise(text.replace("<n>", " ")))
    if endless(text):
        raise BadReply(name, "its summary says the same again and again")
    spans = sentences(text, (article.language or "en").split("-")[0].lower())
    raw = [text[span.start : span.end].strip() for span in spans]
    # The last one was cut where the length ended.
    if len(raw) > 1 and not raw[-1].rstrip("\"”'’)").endswith((".", "!", "?", "…")):
        raw.pop()
    shown = [presentable(one)[0] for one in raw]
    return [one for one in dict.fromkeys(shown) if len(words(one)) > 1 and len(words(one)) <= LONGEST_BULLET]


def in_order(told: Sequence[Sequence[str]], wanted: int) -> list[tuple[int, str]]:
    """At most `wanted` sentences of all parts with the number of their part: first the first of each, then the
    second, and so on; in the order of the article.
    """
    seen: set[str] = set()
    places: list[tuple[int, int]] = []
    for rank in range(max(map(len, told), default=0)):
        for part, lines in enumerate(told):
            if rank < len(lines) and lines[rank].casefold() not in seen:
                seen.add(lines[rank].casefold())
                places.append((part, rank))
    return [(part, told[part][rank]) for part, rank in sorted(places[:wanted])]


def _bullet(article: Article, found: Sequence[Sentence], part: Sequence[int], text: str) -> Bullet:
    (best,) = best_overlap(text, [found[at].text for at in part])
    span = found[part[best]].span
    return Bullet(text=text, evidence=(Evidence(article.id, span.start, span.end),), support=0.0, made="written")
