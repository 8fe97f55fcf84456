"""A causal chat model of transformers on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from briefing import drafts
from briefing.engines.chats import Chat, Message, Reply, Usage
from briefing.engines.frames import Frame
from briefing.engines.grounded import Automaton, BoundProcessor, Grounding, readable, vocabulary
from briefing.engines.local import Deadline, Loaded, LocalModel, pad
from briefing.engines.writing import Writer

if TYPE_CHECKING:
    from briefing.config import ChatEngineConfig
    from briefing.engines import EngineTools

__all__ = ["ChatEngine", "LocalChat"]

_SAME = 16
"""Tokens in a row that stand twice in no bullets worth telling."""


class LocalChat(LocalModel):
    """Completes chats by greedy search: the same model and prompt give the same answer."""

    settings: ChatEngineConfig

    @property
    def context(self) -> int:
        """As configured, or as its files say."""
        window = self.loaded().window()
        return min(self.settings.context or window, window)

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return len(self.loaded().tokenizer(text, add_special_tokens=False)["input_ids"])

    def complete(
        self, chats: Sequence[Chat], max_new_tokens: int, schema: dict[str, Any] | None, until: float
    ) -> list[Reply]:
        """One reply for each chat, a few at a time. Raises ModelUnavailable."""
        ready = self.loaded()
        replies: list[Reply] = []
        with self.asked():
            for at in range(0, len(chats), self.settings.batch):
                some = chats[at : at + self.settings.batch]
                replies += self._batch(ready, some, max_new_tokens, schema, until)
        return replies

    def _bound(self, chat: Chat, schema: dict[str, Any] | None) -> Automaton | None:
        """What the answer is held to: the article's words, the frame of the reply, both, or nothing."""
        ground = Grounding(chat.source) if self.settings.grounded else None
        framed = schema is not None and self.settings.constrained and readable(self.loaded().tokenizer)
        return Frame(chat.most, ground) if framed else ground

    def _batch(
        self, ready: Loaded, chats: Sequence[Chat], max_new_tokens: int, schema: dict[str, Any] | None, until: float
    ) -> list[Reply]:
        from transformers import LogitsProcessorList, StoppingCriteriaList

        tokenizer, began = ready.tokenizer, time.monotonic()
        rows = [tokenizer(prompt(tokenizer, chat), add_special_tokens=False)["input_ids"] for chat in chats]
        ids, mask = _padded(rows, pad(tokenizer), ready.device)
        deadline = Deadline(until)
        bounds = LogitsProcessorList()
        held = [self._bound(chat, schema) for chat in chats]
        if all(held):
            words = vocabulary(tokenizer)
            bounds.append(BoundProcessor(words, [one for one in held if one], ids.shape[1], _ends(ready)))
        follower = drafts.read()
        out = ready.model.generate(
            streamer=ReadAlong(tokenizer, follower) if follower is not None and len(chats) == 1 else None,
            input_ids=ids, attention_mask=mask, max_new_tokens=max_new_tokens, do_sample=False, num_beams=1,
            temperature=None, top_p=None, top_k=None, pad_token_id=pad(tokenizer),
            stopping_criteria=StoppingCriteriaList([deadline, Repetition(ids.shape[1])]), logits_processor=bounds,
        )  # fmt: skip
        if deadline.passed:
            raise self.late()
        replies = []
        for row, written in zip(rows, out[:, ids.shape[1] :].tolist(), strict=True):
            ends = _ends(ready)
            length = next((at for at, token in enumerate(written) if token in ends), -1)
            kept = written if length < 0 else written[:length]
            text = tokenizer.decode(kept, skip_special_tokens=True)
            replies.append(Reply(text, len(row), len(kept), cut=length < 0))
        seconds = time.monotonic() - began
        read, wrote = sum(reply.tokens_in for reply in replies), sum(reply.tokens_out for reply in replies)
        self.usage += Usage(len(replies), read, wrote, seconds)
        return replies


class ReadAlong:
    """Hands on a reply as far as it has come, where a line or an object may have ended (a streamer of transformers)."""

    def __init__(self, tokenizer: Any, read: Callable[[str], None]) -> None:
        self._tokenizer = tokenizer
        self._read = read
        self._tokens: list[int] | None = None

    def put(self, tokens: Any) -> None:
        """First the prompt's tokens, then each new one."""
        if self._tokens is None:
            self._tokens = []
            return
        self._tokens += tokens.reshape(-1).tolist()
        last = self._tokenizer.decode(self._tokens[-1:], skip_special_tokens=True)
        if "}" in last or "\n" in last:
            self._read(self._tokenizer.decode(self._tokens, skip_special_tokens=True))

    def end(self) -> None:
        """The reply is whole; it is read as a whole elsewhere."""


class Repetition:
    """Ends a reply that has begun to repeat itself word for word (a stopping criterion of transformers)."""

    def __init__(self, begin: int) -> None:
        self._begin = begin
        self._seen: dict[int, set[tuple[int, ...]]] = {}

    def __call__(self, ids: Any, scores: Any, **more: Any) -> Any:
        import torch

        ended = []
        for row, written in enumerate(ids[:, max(self._begin, ids.shape[1] - _SAME) :].tolist()):
            seen = self._seen.setdefault(row, set())
            run = tuple(written)
            ended.append(len(run) == _SAME and run in seen)
            if len(run) == _SAME:
                seen.add(run)
        return torch.tensor(ended, dtype=torch.bool, device=ids.device)


def prompt(tokenizer: Any, chat: Chat) -> str:
    """The chat as its model was trained to read it; without a template, as plain paragraphs."""
    messages = [Message(one.role, _defused(tokenizer, one.text)) for one in chat.messages]
    if not tokenizer.chat_template:
        return "\n\n".join([*(one.text for one in messages), ""])
    # Models that think by default are asked not to; other templates do not look at it.
    common: dict[str, Any] = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": False}
    turns = [{"role": one.role, "content": one.text} for one in messages]
    try:
        return str(tokenizer.apply_chat_template(turns, **common))
    except Exception:  # a template raises whatever it likes
        # Some templates know no system message: what it says then opens the first turn.
        first = {"role": "user", "content": f"{messages[0].text}\n\n{messages[1].text}"}
        return str(tokenizer.apply_chat_template([first, *turns[2:]], **common))


def _defused(tokenizer: Any, text: str) -> str:
    """A text in which nothing is read as a control token of this tokenizer, whatever it calls them."""
    for token in {str(one) for one in tokenizer.added_tokens_decoder.values()}:
        if len(token) > 2 and token.strip() and token in text:
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def _ends(ready: Loaded) -> frozenset[int]:
    """Tokens that end a reply."""
    stated = ready.model.generation_config.eos_token_id
    found = stated if isinstance(stated, list) else [stated]
    return frozenset(int(token) for token in [*found, ready.tokenizer.eos_token_id] if token is not None)


def _padded(rows: Sequence[Sequence[int]], filler: int, device: str) -> tuple[Any, Any]:
    """Rows of one width, filled up at their beginnings, as what is written follows their ends."""
    import torch

    width = max(len(row) for row in rows)
    ids = torch.full((len(rows), width), filler, dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    for at, row in enumerate(rows):
        ids[at, width - len(row) :] = torch.tensor(row)
        mask[at, width - len(row) :] = 1
    return ids.to(device), mask.to(device)


class ChatEngine(Writer):
    """Tells by a model on this machine (configuration `type: chat`)."""

    def __init__(self, settings: ChatEngineConfig, tools: EngineTools, model: LocalChat | None = None) -> None:
        self.local = model or LocalChat(settings, tools.base)
        super().__init__(
            self.local,
            tools.prompts,
            # Held to the article's words, and not to the frame, a model can't write the names of JSON's keys.
            form="lines" if settings.grounded and not settings.constrained else settings.reply,
            kind="chat, grounded" if settings.grounded else "chat",
            max_new_tokens=settings.max_new_tokens,
            deadline=settings.deadline,
            headlines=settings.headlines,
        )

    @property
    def usage(self) -> Usage:
        """What the current edition has used."""
        return self.local.usage

    def begin(self, language: str | None) -> None:
        """A new edition: its language, its usage."""
        super().begin(language)
        self.local.begin()
