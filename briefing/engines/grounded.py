"""Grounded decoding: a model that can write only such content words as stand in the article.

Words are what counts, not tokens. An automaton over bytes knows, at every point of what has been written, which may
follow: function words, the article's own words and numbers, punctuation, and the frame of a list of bullets with
sentence numbers in brackets. A token is allowed where all its bytes are. What is written may still be wrong (the
right words in the wrong order); a name or number from elsewhere it can't be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from briefing.errors import ModelUnavailable
from briefing.text import words

__all__ = [
    "FUNCTION_WORDS",
    "Automaton",
    "BoundProcessor",
    "Grounding",
    "Vocabulary",
    "readable",
    "units",
    "vocabulary",
]

FUNCTION_WORDS = frozenset(
    words(
        "a an the this that these those such same other another each every either neither both all any some no none "
        "not and or but nor so yet if unless until while because since although though as than when where whether "
        "after before during by for from in into of off on onto out over to under up down upon with within without at "
        "about above across against along among around behind below beneath beside besides between beyond despite "
        "except inside near through throughout toward towards via per amid "
        "i you he she it we they me him her us them my your his its our their mine hers ours theirs himself herself "
        "itself themselves who whom whose which what how why there here "
        "am is are was were be been being has have had having do does did doing will would shall should can could may "
        "might must ought s t d ll re ve m also only more most less least very too just then once again still even "
        "however therefore thus"
    )
)
"""English words that say nothing by themselves. Elsewhere the article's own words must do."""

_UNIT = re.compile(r"\d+(?:[.,:/\-–]\d+)+|[^\W_]+")
_FREE = " \n.,;:!?'\"()-–—“”‘’…"
_DIGITS = b"0123456789"
_IN_BRACKETS = b"0123456789, "
_BRACKET = 20
"""Bytes within brackets, at the most: five numbers."""
_IN_NUMBERS = b".,:/-"
_MARKS_IN_A_ROW = 6
"""More marks without a word are a model that has nothing left to say."""
_KEPT = 2


def units(text: str) -> list[str]:
    """The words and numbers of a text, numbers with their inner marks.

    >>> units("The 3,000 workers' co-op (2.5 %)")
    ['The', '3,000', 'workers', 'co', 'op', '2.5']
    """
    return _UNIT.findall(text)


@dataclass(slots=True, eq=False)
class _Node:
    """A place in a trie of bytes; `ends` where something that was added ends here, `digit` if with a digit."""

    number: int
    next: dict[int, _Node] = field(default_factory=dict)
    ends: bool = False
    digit: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the automaton is: between words (`node` None), in a word, in a mark of several bytes, in brackets.

    `count`: marks since the last word, or bytes in the brackets. `number`: the word before was a number.
    """

    kind: str
    node: int = -1
    count: int = 0
    number: bool = False


State = frozenset[_Place]
"""All places the automaton may be in: "1." may end a sentence or go on to "1.5"."""

START: State = frozenset({_Place("between")})


class Automaton(Protocol):
    """What may be written, byte by byte. States can be compared, and are false where nothing more may follow."""

    start: Any
    known: dict[Any, tuple[int, ...]]
    """Tokens allowed, by the vocabulary, the place in its trie and the state; filled by `Vocabulary`."""

    def step(self, state: Any, byte: int) -> Any:
        """The state after one more byte, false where it may not stand."""
        ...

    def key(self, state: Any) -> Any:
        """The same for states in which the same tokens may follow."""
        ...

    def may_end(self, state: Any) -> bool:
        """Whether what is written is whole."""
        ...


class Grounding:
    """The automaton of one article. Pure.

    >>> ground = Grounding("Berg opened 1.5 miles of road.")
    >>> [ground.allows(text) for text in ("Berg opened the road.", "Berg opened 1.5 [2]", "Smith opened", "1.4", "15")]
    [True, True, False, False, False]
    """

    def __init__(self, source: str) -> None:
        self._nodes: list[_Node] = []
        self._words, self._marks = self._node(), self._node()
        for word in {*units(source), *FUNCTION_WORDS}:
            # As it stands there, in small letters, as a sentence begins with it, or in a headline.
            for form in {word, word.lower(), word[:1].upper() + word[1:], word.upper()}:
                self._add(self._words, form)
        own = {mark for mark in source if not mark.isalnum() and not mark.isspace() and mark not in "[]_"}
        for mark in {*_FREE, *own}:
            self._add(self._marks, mark)
        self.start: State = START
        self.known: dict[Any, tuple[int, ...]] = {}

    def _node(self) -> _Node:
        self._nodes.append(_Node(len(self._nodes)))
        return self._nodes[-1]

    def _add(self, node: _Node, unit: str) -> None:
        for byte in unit.encode("utf-8", "replace"):
            if byte not in node.next:
                node.next[byte] = self._node()
            node = node.next[byte]
        node.ends = True
        node.digit = unit[-1].isdigit()

    def step(self, state: State, byte: int) -> State:
        """The state after one more byte; empty where that byte may not stand."""
        return frozenset(place for old in state for place in self._next(old, byte))

    def _next(self, old: _Place, byte: int) -> list[_Place]:
        if old.kind == "brackets":
            if byte == ord("]"):
                return [_Place("between")] if old.count else []
            return [_Place("brackets", count=old.count + 1)] if byte in _IN_BRACKETS and old.count < _BRACKET else []
        if old.kind == "mark":
            return self._marked(self._nodes[old.node].next.get(byte), byte, old.count, False)
        if old.kind == "between":
            found = self._marked(self._marks.next.get(byte), byte, old.count, False)
            # After "3" and a comma another digit would make a number that nobody wrote.
            if byte in self._words.next and not (old.number and byte in _DIGITS):
                found.append(_Place("word", self._words.next[byte].number))
            return found
        node = self._nodes[old.node]
        found = [_Place("word", node.next[byte].number)] if byte in node.next else []
        if node.ends:
            # The word is whole: a mark may follow, and no other word without one.
            found += self._marked(self._marks.next.get(byte), byte, 0, node.digit)
        return found

    def _marked(self, node: _Node | None, byte: int, count: int, number: bool) -> list[_Place]:
        if byte == ord("[") and node is None:
            return [_Place("brackets")]
        if node is None or count >= _MARKS_IN_A_ROW:
            return []
        if not node.ends:
            return [_Place("mark", node.number, count)]
        return [_Place("between", count=count + 1, number=number and byte in _IN_NUMBERS)]

    def key(self, state: State) -> State:
        """Every state is a case of its own."""
        return state

    def may_end(self, state: State) -> bool:
        """Whether what is written may end here: not within a word."""
        return any(
            place.kind == "between" or (place.kind == "word" and self._nodes[place.node].ends) for place in state
        )

    def allows(self, text: str) -> bool:
        """Whether a whole text could have been written."""
        state = START
        for byte in text.encode():
            state = self.step(state, byte)
        return bool(state) and self.may_end(state)


class Vocabulary:
    """The tokens of a tokenizer as bytes, in a trie."""

    def __init__(self, tokens: dict[int, bytes]) -> None:
        self.bytes = tokens
        self.size = max(tokens, default=0) + 1
        self._nodes: list[dict[int, int]] = [{}]
        self._ends: list[list[int]] = [[]]
        for token, raw in sorted(tokens.items()):
            at = 0
            for byte in raw:
                if byte not in self._nodes[at]:
                    self._nodes[at][byte] = len(self._nodes)
                    self._nodes.append({})
                    self._ends.append([])
                at = self._nodes[at][byte]
            if raw:
                self._ends[at].append(token)

    def allowed(self, bound: Automaton, state: Any, at: int = 0, depth: int = 0) -> tuple[int, ...]:
        """The tokens that may follow in a state."""
        key = (id(self), at, bound.key(state))
        if key in bound.known:
            return bound.known[key]
        found = list(self._ends[at])
        for byte, node in self._nodes[at].items():
            after = bound.step(state, byte)
            if after:
                found += self.allowed(bound, after, node, depth + 1)
        # Deep places are many and small; near the root all words share them.
        if depth < _KEPT:
            bound.known[key] = tuple(found)
        return tuple(found)


@cache
def _byte_of() -> dict[str, int]:
    """The characters by which byte-level tokenizers write bytes (Radford et al. 2019, GPT-2)."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {chr(byte): byte for byte in shown}
    hidden = [byte for byte in range(256) if byte not in set(shown)]
    return table | {chr(256 + at): byte for at, byte in enumerate(hidden)}


_known: dict[int, tuple[Any, Vocabulary]] = {}


def vocabulary(tokenizer: Any) -> Vocabulary:
    """The vocabulary of a tokenizer of bytes (GPT-2, Llama 3, Qwen) or of SentencePiece (Llama 2, Gemma).

    Raises ModelUnavailable for any other kind.
    """
    if id(tokenizer) in _known:
        return _known[id(tokenizer)][1]
    entries: dict[str, int] = tokenizer.get_vocab()
    special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
    plain = {token: name for name, token in entries.items() if token not in special}
    pieces = any(name.startswith("▁") for name in plain.values())
    if not pieces and not any(name.startswith("Ġ") for name in plain.values()):
        raise ModelUnavailable("grounded", "its tokenizer is of a kind that can't be held to an article's words")
    read = _piece if pieces else _bytes
    found = Vocabulary({token: raw for token, name in plain.items() if (raw := read(name)) is not None})
    _known[id(tokenizer)] = (tokenizer, found)
    return found


def readable(tokenizer: Any) -> bool:
    """Whether the tokenizer is of a kind whose tokens can be read as bytes."""
    try:
        vocabulary(tokenizer)
    except ModelUnavailable:
        return False
    return True


def _piece(name: str) -> bytes | None:
    if match := re.fullmatch(r"<0x([0-9A-Fa-f]{2})>", name):
        return bytes([int(match[1], 16)])
    return name.replace("▁", " ").encode("utf-8", "replace")


def _bytes(name: str) -> bytes | None:
    table = _byte_of()
    return bytes(table[char] for char in name) if all(char in table for char in name) else None


class BoundProcessor:
    """Leaves a model only what each row's automaton allows (a logits processor of transformers).

    `begin` is the width of the prompts; `ends` are the tokens that end a reply.
    """

    def __init__(self, words_: Vocabulary, bounds: Sequence[Automaton], begin: int, ends: frozenset[int]) -> None:
        self._vocabulary = words_
        self._bounds = bounds
        self._begin = begin
        self._ends = ends
        self._states: list[Any] = [bound.start for bound in bounds]
        self._read = begin
        self._indices: dict[int, tuple[tuple[int, ...], Any]] = {}

    def __call__(self, input_ids: Any, scores: Any) -> Any:  # noqa: D102 - the library's own protocol
        import torch

        out = torch.full_like(scores, float("-inf"))
        for row, bound in enumerate(self._bounds):
            state = self._states[row]
            for token in input_ids[row, self._read :].tolist():
                for byte in self._vocabulary.bytes.get(token, b""):
                    state = bound.step(state, byte) if state else state
            self._states[row] = state
            allowed = self._vocabulary.allowed(bound, state) if state else ()
            chosen = self._chosen(allowed, scores)
            out[row, chosen] = scores[row, chosen]
            if not allowed or (input_ids.shape[1] > self._begin and bound.may_end(state)):
                ends = list(self._ends)
                out[row, ends] = scores[row, ends]
        self._read = input_ids.shape[1]
        return out

    def _chosen(self, allowed: tuple[int, ...], scores: Any) -> Any:
        """The tokens as an index; that of a whole vocabulary is worth keeping from step to step."""
        import torch

        kept = self._indices.get(id(allowed))
        if kept is None or kept[0] is not allowed:
            fitting = [token for token in allowed if token < scores.shape[1]]
            kept = allowed, torch.tensor(fitting, dtype=torch.long, device=scores.device)
            self._indices[id(allowed)] = kept
        return kept[1]
