"""What all engines that write share: the prompt, the reply, one repair, long articles told in parts.

A model is anything that completes chats. What it writes is only a claim: bullets leave here with support 0, and
the guard judges them. Here they are read strictly, and tied to the sentences they name.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from briefing import drafts
from briefing.addressed import addressed, left_out
from briefing.engines.chats import Chat, ChatModel, Message, Reply, framed
from briefing.engines.cuts import presented
from briefing.engines.embedded import WHOLE_SENTENCES, WHOLE_WORDS, Sentence, tellable
from briefing.engines.replies import (
    MOST_SENTENCES,
    SCHEMA,
    Claim,
    best_overlap,
    claims,
    following,
    presentable,
    without_thinking,
)
from briefing.errors import BadReply, ModelError, ModelUnavailable
from briefing.prompts import Prompts, language_name
from briefing.text import Span, digest, paragraphs
from briefing.types import Article, Bullet, Evidence, Pick, Summary

__all__ = ["Form", "Writer", "left_out", "split", "unread"]

Form = Literal["json", "lines"]

MOST_PARTS = 12
"""Parts of one article that are read: some 60,000 words with a usual model. The rest is named in a note."""
_SLACK = 24
"""Tokens that a chat template adds around messages, and some more."""
_SHOWN = 2_000
"""Characters of a bad reply that the model is shown again."""
_LEAST_WINDOW = 64
"""Tokens of article; with less room there is no telling."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """How many bullets are wanted."""

    count: int
    exact: bool


class Writer:
    """Tells an article in bullets that a chat model writes.

    `language` is the code of the language to write in; None: the article's. Where an answer can't be used the model
    is told why, once; then BadReply goes to the ladder.
    """

    def __init__(
        self,
        model: ChatModel,
        prompts: Prompts,
        *,
        kind: str = "chat",
        language: str | None = None,
        form: Form = "json",
        max_new_tokens: int = 512,
        deadline: float = 300.0,
        headlines: bool = False,
    ) -> None:
        self.model = model
        self.language = language
        self.deadline = deadline
        self._prompts = prompts
        self._kind = kind
        self._form: Form = form
        self._max_new_tokens = max_new_tokens
        self._headlines = headlines

    @property
    def name(self) -> str:
        """What stands in a receipt."""
        return f"{self._kind} ({self.model.name})"

    @property
    def key(self) -> str:
        """Changes when anything does that an answer depends on: model, prompts, form, length, language."""
        used = ("bullets", "merge", "repair", *(["headline"] if self._headlines else []))
        marks = [self._prompts.mark(name) for name in used]
        parts = (self._kind, self.model.name, self.model.revision, self._form, str(self._max_new_tokens))
        return digest(*parts, self.language or "", *marks)

    def prepare(self) -> None:
        """Load what must be loaded, so that no article's time runs meanwhile. Raises ModelUnavailable."""
        self.model.prepare()

    def begin(self, language: str | None) -> None:
        """An edition in `language` begins."""
        self.language = language

    def tell(self, pick: Pick, bullets: int | None = None, most: int = 4) -> Summary:
        """The story's lead article in the model's words. Raises ModelError."""
        article = pick.story.lead
        said = tellable(article)
        found = [sentence for sentence in said if not addressed(sentence.text)]
        if not found:
            raise ModelError(article.title or article.id, "its text has no sentence to tell")
        notes = list(article.notes)
        if len(found) < len(said):
            notes.append(left_out(len(said) - len(found)))
        if bullets is None and self._is_whole(article, found, most):
            return _whole(pick, found, self.name, tuple(notes))
        asked = _Asked(bullets, True) if bullets is not None else _Asked(most, False)
        # An article of two sentences has no five facts to tell apart.
        asked = replace(asked, count=min(asked.count, len(found)))
        self.model.prepare()
        until = time.monotonic() + self.deadline
        parts, unread = self._parts(article, found)
        notes += [unread] if unread else []
        told, used = self._told(article, found, parts, asked, until)
        headline = None
        if self._headlines and not article.title:
            # Bullets are not lost for want of a headline.
            with suppress(ModelError):
                headline = self.headline(article, until)
                used = [*used, "headline"]
        return Summary(
            pick=pick,
            bullets=tuple(self._bullet(article, found, claim) for claim in told),
            headline=headline,
            engine=self.name,
            notes=tuple(notes),
            prompts=tuple(self._prompts.mark(name) for name in used),
        )

    def headline(self, article: Article, until: float | None = None) -> str:
        """The article's own headline, or one the model writes where there is none, by then. Raises ModelError."""
        if article.title:
            return article.title
        found = [sentence for sentence in tellable(article) if not addressed(sentence.text)]
        if not found:
            raise ModelError(article.id, "its text has no sentence to tell")
        self.model.prepare()
        until = time.monotonic() + self.deadline if until is None else until
        (first, *_), _ = self._parts(article, found)
        values = {"sentences": self._numbered(found, first), "language": self._language_name()}
        chat = self._chat("headline", [found[at].text for at in first], values)
        reply = self.model.complete([chat], self._max_new_tokens, None, until)[0]
        lines = [line for line in without_thinking(reply.text).splitlines() if line.strip()]
        line = presentable(lines[0])[0].rstrip(".").strip("\"“”'") if lines else ""
        if not 2 <= len(line.split()) <= 25:
            raise BadReply(self.name, "its answer is not a headline")
        return line

    def _is_whole(self, article: Article, found: Sequence[Sentence], most: int) -> bool:
        """Whether there is nothing to condense, and nothing to translate."""
        language = (article.language or "").split("-")[0]
        foreign = self.language is not None and language != "" and self.language.split("-")[0] != language
        words = sum(len(sentence.text.split()) for sentence in found)
        return not foreign and len(found) <= min(WHOLE_SENTENCES, most) and words <= WHOLE_WORDS

    def _told(
        self, article: Article, found: Sequence[Sentence], parts: Sequence[Sequence[int]], asked: _Asked, until: float
    ) -> tuple[list[Claim], list[str]]:
        """The claims, and the names of the prompts they were written by."""
        # Of a part nobody knows how much there is to tell, so none is asked for an exact number.
        wanted = asked if len(parts) == 1 else replace(asked, exact=False)
        chats = [
            self._chat("bullets", [found[at].text for at in part], self._values(article, found, part, wanted, i, parts))
            for i, part in enumerate(parts, 1)
        ]
        known = [frozenset(at + 1 for at in part) for part in parts]
        used = ["bullets"]
        hear = drafts.hearing() if len(parts) == 1 else None
        loose = self._form == "lines"
        said = (lambda claim: hear(self._bullet(article, found, claim))) if hear else None
        with drafts.pieces(following(said, known[0], self.name, asked.count, loose=loose) if said else None):
            per_part = self._answered(chats, known, [wanted] * len(chats), used, until)
        if len(parts) == 1:
            return per_part[0][: asked.count], used
        pool = [
            _tied(claim, found, part)
            for part, told in zip(parts, per_part, strict=True)
            for claim in told[: asked.count]
        ]
        if len(pool) <= asked.count and not (asked.exact and len(pool) < asked.count):
            return pool, used
        pool = self._fitting(pool)
        values = {
            "title": _title(article),
            "notes": [(framed(claim.text), [str(number) for number in claim.sentences]) for claim in pool],
            "language": self._language_name(),
            **_wish(asked),
        }
        numbers = frozenset(number for claim in pool for number in claim.sentences)
        source = [claim.text for claim in pool] + [found[number - 1].text for number in sorted(numbers)]
        used.append("merge")
        (merged,) = self._answered([self._chat("merge", source, values)], [numbers], [asked], used, until)
        return merged[: asked.count], used

    def _answered(
        self,
        chats: Sequence[Chat],
        known: Sequence[frozenset[int]],
        asked: Sequence[_Asked],
        used: list[str],
        until: float,
    ) -> list[list[Claim]]:
        """The claims of each chat's answer; those that can't be used are asked for once more."""
        schema = SCHEMA if self._form == "json" else None
        replies = self.model.complete(chats, self._max_new_tokens, schema, until)
        found: dict[int, list[Claim]] = {}
        again: dict[int, Chat] = {}
        for at, (chat, reply) in enumerate(zip(chats, replies, strict=True)):
            try:
                found[at] = self._claims(reply, known[at], asked[at])
            except BadReply as error:
                values = {"fault": framed(error.message), "form": self._form, **_wish(asked[at])}
                # What the model wrote is foreign too: an article may have had its word in it.
                shown = framed(without_thinking(reply.text)[:_SHOWN]) or "(nothing)"
                turns = (Message("assistant", shown), Message("user", self._prompts.render("repair", **values)))
                again[at] = replace(chat, messages=(*chat.messages, *turns))
        if again:
            used.append("repair")
            for at, reply in zip(
                again, self.model.complete(list(again.values()), self._max_new_tokens, schema, until), strict=True
            ):
                try:
                    found[at] = self._claims(reply, known[at], asked[at])
                except BadReply as error:
                    raise BadReply(self.name, f"its answer can't be used, asked twice: {error.message}") from error
        return [found[at] for at in range(len(chats))]

    def _claims(self, reply: Reply, known: frozenset[int], asked: _Asked) -> list[Claim]:
        try:
            told = claims(reply.text, known, self.name, loose=self._form == "lines", cut=reply.cut)
        except BadReply as error:
            if not reply.cut:
                raise
            raise BadReply(self.name, f"{error.message} (it was cut at {reply.tokens_out} tokens)") from error
        if asked.exact and len(told) < asked.count:
            raise BadReply(self.name, f"it has {len(told)} usable bullets where {asked.count} were asked for")
        return told

    def _bullet(self, article: Article, found: Sequence[Sentence], claim: Claim) -> Bullet:
        claim = _tied(claim, found, range(len(found)))
        spans = [found[number - 1].span for number in sorted(claim.sentences)]
        evidence = tuple(Evidence(article.id, span.start, span.end) for span in spans)
        return Bullet(text=claim.text, evidence=evidence, support=0.0, made="written")

    def _values(
        self,
        article: Article,
        found: Sequence[Sentence],
        part: Sequence[int],
        asked: _Asked,
        number: int,
        parts: Sequence[object],
    ) -> dict[str, object]:
        return {
            "title": _title(article),
            "sentences": self._numbered(found, part),
            "language": self._language_name(),
            "part_number": number,
            "part_of": len(parts),
            **_wish(asked),
        }

    def _chat(self, prompt: str, source: Sequence[str], values: Mapping[str, object]) -> Chat:
        messages = tuple(
            Message(part, self._prompts.render(prompt, part=part, form=self._form, **values))
            for part in ("system", "user")
        )
        most = values.get("count")
        return Chat(messages, "\n".join(source), most if isinstance(most, int) else 12)

    @staticmethod
    def _numbered(found: Sequence[Sentence], part: Sequence[int]) -> list[tuple[int, str]]:
        return [(at + 1, framed(found[at].text)) for at in part]

    def _language_name(self) -> str:
        return language_name(self.language) if self.language else ""

    def _parts(self, article: Article, found: Sequence[Sentence]) -> tuple[list[list[int]], str]:
        """Sentences by the parts they are told in, each of which the model can read, and what is not read."""
        window = self._window("bullets", self._values(article, found, (), _Asked(12, True), 2, (1, 2)))
        sizes = [self.model.count(f"[{at + 1}] {framed(one.text)}\n") for at, one in enumerate(found)]
        parts, lost = split(article, found, sizes, window)
        return parts[:MOST_PARTS], unread(found, [at for part in parts[MOST_PARTS:] for at in part] + lost)

    def _window(self, prompt: str, empty: Mapping[str, object]) -> int:
        """Tokens of article a prompt has room for. Raises ModelUnavailable if that is next to none."""
        overhead = sum(self.model.count(message.text) for message in self._chat(prompt, (), empty).messages)
        # A repair shows prompt, reply and fault once more, and needs the room for another reply.
        room = self.model.context - overhead - _SLACK
        window = room - 2 * self._max_new_tokens
        window = window if window >= _LEAST_WINDOW else room - self._max_new_tokens
        if window < _LEAST_WINDOW:
            needed = overhead + self._max_new_tokens + _SLACK + _LEAST_WINDOW
            words = f"it reads {self.model.context} tokens, and prompt and reply alone need {needed}"
            raise ModelUnavailable(self.name, words)
        return window

    def _fitting(self, pool: Sequence[Claim]) -> list[Claim]:
        """The claims of all parts that can be merged at once: where they are too many, every other one stays."""
        empty: dict[str, object] = {"title": "", "notes": [], "language": self._language_name()}
        window = self._window("merge", empty | _wish(_Asked(12, True)))
        kept = list(pool)
        while len(kept) > 1 and sum(self.model.count(f"- {one.text} {one.sentences}") for one in kept) > window:
            kept = kept[::2]
        return kept


def split(
    article: Article, found: Sequence[Sentence], sizes: Sequence[int], window: int
) -> tuple[list[list[int]], list[int]]:
    """Indices of sentences in parts of at most `window`, divided between paragraphs where they can be, and the
    indices of those too long for any part.
    """
    ends = [span.end for span in paragraphs(article.text)]
    groups: dict[int, list[int]] = {}
    for at, sentence in enumerate(found):
        groups.setdefault(next((i for i, end in enumerate(ends) if sentence.span.start < end), -1), []).append(at)
    lost = [at for at, size in enumerate(sizes) if size > window]
    parts: list[list[int]] = []
    room = 0
    for group in groups.values():
        fit = [at for at in group if sizes[at] <= window]
        total = sum(sizes[at] for at in fit)
        # A paragraph stays whole where any part can hold it.
        pieces = [fit] if total <= window else [[at] for at in fit]
        for piece in pieces:
            size = sum(sizes[at] for at in piece)
            if not piece:
                continue
            if not parts or size > room:
                parts.append([])
                room = window
            parts[-1] += piece
            room -= size
    if not parts:
        raise ModelUnavailable(article.title or article.id, "no sentence of it is short enough for the model")
    return parts, lost


def _title(article: Article) -> str:
    """The headline as a model may be shown it."""
    return framed(article.title) if article.title and not addressed(article.title) else ""


def _wish(asked: _Asked) -> dict[str, object]:
    return {"count": asked.count, "exact": asked.exact}


def _tied(claim: Claim, found: Sequence[Sentence], part: Sequence[int]) -> Claim:
    """The claim with sentences: those it names, at most a few; where it names none, the nearest by words."""
    numbers = claim.sentences
    if not numbers:
        best = best_overlap(claim.text, [found[at].text for at in part])
        numbers = tuple(part[i] + 1 for i in best)
    elif len(numbers) > MOST_SENTENCES:
        best = best_overlap(claim.text, [found[number - 1].text for number in numbers], MOST_SENTENCES)
        numbers = tuple(sorted(numbers[i] for i in best))
    return replace(claim, sentences=numbers)


def _whole(pick: Pick, found: Sequence[Sentence], name: str, notes: tuple[str, ...]) -> Summary:
    article = pick.story.lead
    bullets = []
    for sentence in found:
        text = presented(sentence.text)
        span: Span = sentence.span
        made = "quoted" if text == sentence.text else "shortened"
        bullets.append(
            Bullet(text=text, evidence=(Evidence(article.id, span.start, span.end),), support=1.0, made=made)
        )
    return Summary(pick=pick, bullets=tuple(bullets), engine=name, whole=True, notes=notes)


def unread(found: Sequence[Sentence], lost: Sequence[int]) -> str:
    """The note on sentences a model could not read; empty where there are none."""
    if not lost:
        return ""
    what = "1 sentence of the article was" if len(lost) == 1 else f"{len(lost)} sentences of the article were"
    return f"{what} not read by the model ({round(100 * len(lost) / len(found))} % of it), being too long for it"
