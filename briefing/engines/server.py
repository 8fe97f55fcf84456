"""A model behind an OpenAI-compatible address.

A server is another's program: it may hang, drip for ever, die in mid-reply, answer with its own error. Whatever it
does becomes a ModelError within the deadline, said in plain words without the key; a wrong key is tried once and
never again, so nobody is locked out.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
import openai

from briefing import drafts
from briefing.engines.chats import Chat, Reply, Usage
from briefing.engines.metering import BUDGET, Failure, Meter
from briefing.engines.transport import (
    Limit,
    Overrun,
    arguments,
    client_of,
    overrun_in,
    retry_after,
    root_cause,
    started,
    unknown_part,
    what_it_says,
)
from briefing.engines.writing import Writer
from briefing.errors import BadReply, ModelError, ModelUnavailable
from briefing.text import digest, one_line

if TYPE_CHECKING:
    from briefing.config import ServerEngineConfig
    from briefing.engines import EngineTools

__all__ = ["Server", "ServerEngine"]

log = logging.getLogger(__name__)

_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_NEVER = {
    401: "it refuses the key (401): look at api_key",
    403: "it refuses this key or this model (403): look at api_key and model",
}
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0
_GRACE = 0.5
"""Seconds after the deadline in which a request may still end by itself before it is left alone."""
_FAILURES = 2
_REST = 300.0
"""After so many failures in a row the server is left alone for the rest of the edition, or these seconds."""
_FOREIGN = "its answer is not what such a server sends"
_BYTES = 2_000
"""Of one token in a stream; more is no stream of tokens."""

_REFUSED: dict[str, str] = {}
"""What a server will refuse whenever it is asked, by address, model and key; kept as long as the process."""


class Server:
    """Completes chats by asking a server; requests of one call go out side by side."""

    def __init__(self, settings: ServerEngineConfig) -> None:
        self._settings = settings
        self._key = settings.api_key.get_secret_value() if settings.api_key else ""
        parts = urlsplit(settings.url)
        self._where = f"{parts.scheme}://{parts.netloc}"
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(settings.concurrency)
        self._meter = Meter(settings, self._subject)
        self._proven = False
        self._dropped: set[str] = set()
        self._failures = 0
        self._resting: tuple[float, ModelError] | None = None
        self._client: Any = None
        self._identity = digest(settings.url, settings.model, hashlib.sha256(self._key.encode()).hexdigest())

    @property
    def name(self) -> str:
        """The model's name on the server; the last part where that is a path."""
        model = self._settings.model
        return model.rstrip("/").rsplit("/", 1)[-1] if model.startswith(("/", "./")) else model

    @property
    def revision(self) -> str:
        """A server does not tell; its address stands for it."""
        settings = self._settings
        return digest(settings.url, str(settings.temperature), str(settings.context))

    @property
    def context(self) -> int:
        """As configured."""
        return self._settings.context

    @property
    def usage(self) -> Usage:
        """What the current edition has used."""
        return self._meter.used

    def begin(self) -> None:
        """A new edition: the budget is whole again, and a server that failed is asked again."""
        self._meter.begin()
        with self._lock:
            self._failures = 0
            self._resting = None

    def prepare(self) -> None:
        """Nothing to load; says at once what would be refused anyway."""
        self._check()

    def count(self, text: str) -> int:
        """A guess: no tokenizer needs more than a token for two bytes of prose, few for three."""
        return len(text.encode("utf-8", "replace")) // 3 + 1

    def complete(
        self, chats: Sequence[Chat], max_new_tokens: int, schema: dict[str, Any] | None, until: float
    ) -> list[Reply]:
        """One reply for each chat. Raises ModelError in plain words by the moment `until`."""
        self._check()
        # Until it has answered once, one request goes out alone: a wrong key must not be shown it many times.
        first = chats if self._proven else chats[:1]
        try:
            replies = self._side_by_side(first, max_new_tokens, schema, until)
            self._proven = True
            replies += self._side_by_side(chats[len(first) :], max_new_tokens, schema, until)
        except ModelError as error:
            self._note(error)
            raise
        with self._lock:
            self._failures = 0
        return replies

    def _side_by_side(
        self, chats: Sequence[Chat], max_new_tokens: int, schema: dict[str, Any] | None, until: float
    ) -> list[Reply]:
        waiting = [started(partial(self._one, chat, max_new_tokens, schema, until)) for chat in chats]
        try:
            return [future.result(max(0.0, until - time.monotonic()) + _GRACE) for future in waiting]
        except TimeoutError as error:
            # The thread is left to die with its connection: nothing can stop a name look-up.
            raise self._late() from error

    def _late(self) -> ModelUnavailable:
        return ModelUnavailable(
            self._subject, f"no whole answer within {self._settings.deadline:g} s from {self._where}"
        )

    @property
    def _subject(self) -> str:
        return f"server ({self.name})"

    def _check(self) -> None:
        refused = _REFUSED.get(self._identity)
        if refused:
            raise ModelUnavailable(self._subject, refused)
        resting = self._resting
        if resting and time.monotonic() < resting[0]:
            # The same words as before, so that the edition's foot says them once.
            raise ModelUnavailable(self._subject, resting[1].message)

    def _note(self, error: ModelError) -> None:
        """Count failures of the server itself; one that is down is not waited for with every article."""
        if not isinstance(error, ModelUnavailable) or BUDGET in error.message:
            return
        with self._lock:
            self._failures += 1
            if self._failures >= _FAILURES:
                log.warning("%s; it is left alone for a while", error)
                self._resting = (time.monotonic() + _REST, error)

    def _one(self, chat: Chat, max_new_tokens: int, schema: dict[str, Any] | None, until: float) -> Reply:
        """One reply after as many tries as help, within the deadline."""
        wait = _FIRST_WAIT
        for attempt in range(1, self._settings.tries + 1):
            self._check()
            if not self._slots.acquire(timeout=max(0.0, until - time.monotonic())):
                raise self._late()
            try:
                self._meter.in_turn(until)
                return self._try(chat, max_new_tokens, schema, until)
            except Failure as failure:
                pause = max(wait, failure.wait or 0.0)
                left = until - time.monotonic()
                if not failure.again or attempt == self._settings.tries or pause >= left:
                    raise failure.error from failure
            finally:
                self._slots.release()
            time.sleep(pause)
            wait = min(_LONGEST_WAIT, wait * 2)
        raise AssertionError("the last try returns or raises")

    def _try(self, chat: Chat, max_new_tokens: int, schema: dict[str, Any] | None, until: float) -> Reply:
        tokens_in = sum(self.count(message.text) for message in chat.messages)
        allowed = self._meter.reserve(tokens_in, max_new_tokens)
        began = time.monotonic()
        spent = Reply("")
        try:
            reply = spent = self._asked_for(chat, allowed, schema, until)
        except Failure as failure:
            if failure.billed:
                spent = Reply("", tokens_in, allowed)
            raise
        finally:
            self._meter.settle(tokens_in, allowed, spent, time.monotonic() - began)
        if not reply.text.strip():
            why = f"all {reply.tokens_out} tokens went into thinking (max_new_tokens)" if reply.cut else "it is empty"
            raise Failure(BadReply(self._subject, f"its answer can't be used: {why}"))
        return reply

    def _asked_for(self, chat: Chat, max_new_tokens: int, schema: dict[str, Any] | None, until: float) -> Reply:
        """One request, again at once without what this server does not know."""
        with self._lock:
            dropped = set(self._dropped)
        while True:
            sent = arguments(self._settings, chat, max_new_tokens, schema, dropped)
            try:
                reply = self._request(sent, max_new_tokens, until)
            except Exception as error:  # the library, its transport and its JSON reader all have errors of their own
                failure, complaint = self._mapped(error, until)
                unknown = unknown_part(complaint, sent) if complaint is not None else None
                if unknown is None:
                    if failure is error:
                        raise
                    raise failure from error
                dropped.add(unknown)
                continue
            # Only what helped is left out from now on: the fault may have been another.
            with self._lock:
                if dropped - self._dropped:
                    log.info("%s does not know %s", self._where, ", ".join(sorted(dropped)))
                self._dropped |= dropped
            return reply

    def _request(self, sent: dict[str, Any], max_new_tokens: int, until: float) -> Reply:
        left = until - time.monotonic()
        if left <= 0:
            raise Failure(self._late())
        settings = self._settings
        with self._lock:
            if self._client is None:
                self._client = client_of(settings.url, self._key)
        limit = Limit(until, 100_000 + _BYTES * max_new_tokens)
        with limit:
            timeout = limit.timeout(settings.connect_timeout, settings.read_timeout, left)
            with self._client.chat.completions.create(**sent, timeout=timeout) as stream:
                kind = stream.response.headers.get("content-type", "")
                if "event-stream" not in kind:
                    return _unstreamed(self._subject, stream.response.read(), kind)
                return self._gathered(stream, sent, max_new_tokens)

    def _gathered(self, stream: Iterator[Any], sent: dict[str, Any], max_new_tokens: int) -> Reply:
        pieces: list[str] = []
        read = drafts.read()
        chunks = length = 0
        usage: Any = None
        finish: str | None = None
        for event in stream:
            try:
                usage = event.usage or usage
                for choice in event.choices or ():
                    finish = choice.finish_reason or finish
                    thought = getattr(choice.delta, "reasoning_content", "") or getattr(choice.delta, "reasoning", "")
                    text = choice.delta.content or ""
                    chunks += bool(text or thought)
                    length += len(text)
                    pieces.append(str(text))
            except (AttributeError, TypeError) as error:
                # The library hands on whatever JSON came.
                raise Failure(BadReply(self._subject, _FOREIGN)) from error
            if read is not None:
                read("".join(pieces))
            # Servers may count otherwise than we do, but not by so much.
            if chunks > 2 * max_new_tokens + 100 or length > 16 * max_new_tokens + 1000:
                words = f"its answer does not end: it goes on after the {max_new_tokens} tokens it was asked for"
                raise Failure(BadReply(self._subject, words), billed=True)
        if finish is None and not pieces:
            raise Failure(BadReply(self._subject, f"{_FOREIGN}: it holds nothing"))
        if finish is None:
            words = "the connection broke in the middle of its answer"
            raise Failure(ModelUnavailable(self._subject, words), again=True, billed=True)
        text = "".join(pieces)
        tokens_in = getattr(usage, "prompt_tokens", None)
        tokens_out = getattr(usage, "completion_tokens", None)
        if tokens_in is None or tokens_out is None:
            tokens_in = sum(self.count(message["content"]) for message in sent["messages"])
            tokens_out = max(chunks, 1)
        return Reply(text, int(tokens_in), int(tokens_out), cut=finish == "length")

    def _mapped(self, error: Exception, until: float) -> tuple[Exception, str | None]:
        """Any error as one of ours; and, where the server found fault with the request, what it said."""
        if isinstance(error, (Failure, ModelError)):
            return error, None
        if isinstance(error, Overrun):
            overrun: ModelError = self._late() if error.late else BadReply(self._subject, "its answer does not end")
            return Failure(overrun, billed=True), None
        cause = overrun_in(error)
        if cause is not None:
            return self._mapped(cause, until)
        if time.monotonic() >= until:
            return Failure(self._late(), billed=True), None
        if isinstance(error, openai.APIStatusError):
            return self._status(error)
        if isinstance(error.__cause__, httpx2.ConnectTimeout):
            return self._broken(f"no connection to {self._where} within {self._settings.connect_timeout:g} s")
        if isinstance(error, openai.APITimeoutError):
            return self._broken(f"{self._where} was silent for {self._settings.read_timeout:g} s")
        if isinstance(error, openai.APIConnectionError):
            return self._broken(
                f"{self._where} can't be reached or broke the connection ({self._plain(root_cause(error))})"
            )
        if isinstance(error, openai.APIError):
            return self._broken(f"it reported an error in the middle of its answer: {self._plain(error.message)}")
        if isinstance(error, (ValueError, openai.OpenAIError)):
            return Failure(BadReply(self._subject, _FOREIGN)), None
        if isinstance(error, httpx2.HTTPError):
            return self._broken(f"the connection to {self._where} broke ({self._plain(root_cause(error))})")
        return error, None

    def _broken(self, words: str) -> tuple[Exception, None]:
        return Failure(ModelUnavailable(self._subject, words, retryable=True), again=True), None

    def _status(self, error: Any) -> tuple[Exception, str | None]:
        status = int(error.status_code)
        said = self._plain(what_it_says(error))
        if status in _NEVER or status == 404:
            words = (
                _NEVER.get(status)
                or f'it knows no model "{self.name}" at {self._settings.url} (404); look at url and model'
            )
            words += "; it is not asked again"
            _REFUSED[self._identity] = words
            return Failure(ModelUnavailable(self._subject, words)), None
        if 300 <= status < 400:
            words = f"{self._where} answered {status}, a redirect, which is not followed; give its final address"
            return Failure(ModelUnavailable(self._subject, words)), None
        if status in _AGAIN:
            what = "too many requests" if status == 429 else "an error of its own"
            failure = ModelUnavailable(self._subject, f"it answered {status}, {what}", retryable=True)
            return Failure(failure, again=True, wait=retry_after(error.response.headers)), None
        failure_ = BadReply(self._subject, f"it refused the request ({status}){': ' + said if said else ''}")
        return Failure(failure_), what_it_says(error).casefold() if status in (400, 422) else None

    def _plain(self, text: str) -> str:
        """Foreign words on one short line, without the key."""
        line = one_line(text)
        if self._key:
            line = line.replace(self._key, "***")
        return line if len(line) <= 160 else line[:159] + "…"


def _unstreamed(subject: str, body: bytes, kind: str) -> Reply:
    """The reply of a server that does not stream."""
    try:
        data = json.loads(body)
        choice = data["choices"][0]
        text = choice["message"].get("content") or ""
        usage = data.get("usage") or {}
        tokens = int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or len(text) // 3)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        what = kind.partition(";")[0].strip() or "something"
        raise Failure(BadReply(subject, f"{_FOREIGN} ({what})")) from error
    if not isinstance(text, str):
        raise Failure(BadReply(subject, "its answer is not text"))
    return Reply(text, *tokens, cut=choice.get("finish_reason") == "length")


class ServerEngine(Writer):
    """Tells by the model of a server (configuration `type: server`)."""

    def __init__(self, settings: ServerEngineConfig, tools: EngineTools) -> None:
        self.server = Server(settings)
        super().__init__(
            self.server,
            tools.prompts,
            kind="server",
            form=settings.reply,
            max_new_tokens=settings.max_new_tokens,
            deadline=settings.deadline,
            headlines=settings.headlines,
        )

    @property
    def usage(self) -> Usage:
        """What the current edition has used."""
        return self.server.usage

    def begin(self, language: str | None) -> None:
        """A new edition: its language, its whole budget."""
        super().begin(language)
        self.server.begin()
