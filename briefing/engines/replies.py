"""What a model answered → bullets, strictly as JSON or, where it is not, as lines. Pure.

A reply is foreign text: it may be thinking, an apology, a server's error page, the same words for ever. What can't
be used raises BadReply with the fault in words, which the model is told once.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from briefing.errors import BadReply
from briefing.text import normalise, one_line, sentences, words

__all__ = ["SCHEMA", "Claim", "best_overlap", "claims", "presentable", "without_thinking"]

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "bullets": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "sentences": {"type": "array", "items": {"type": "integer"}},
                },
                "required": ["text", "sentences"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["bullets"],
    "additionalProperties": False,
}
"""The form of a reply, for servers that can hold a model to one."""

LONGEST_REPLY = 40_000
"""Characters. Twelve bullets are 3,000; nothing useful is this long."""
LONGEST_BULLET = 70
"""Words."""
MOST_SENTENCES = 5
"""A bullet that rests on everything rests on nothing."""
_REPEATS = 3
_LONG_RUN = 12
"""Words: several bullets may share a phrase (a league's results), not as much as this."""
_LEAST_WORDS = 5
"""Words of a plain sentence that is taken for a bullet: fewer are a heading or a remark."""
_DONE = re.compile(r"[.!?…\])][\"”'’)\]*_]*$")
_PLACES = 50
"""Places in a reply where JSON may begin that are tried."""
LONGEST_JSON = 12_000
"""Characters of JSON cut off in the middle that are looked through for whole bullets."""

_TAG = r"(?:think|thinking|thoughts?|reasoning|reflection|analysis|scratchpad)"
_OPENING = re.compile(rf"(?i)<{_TAG}\b[^<>]*>|\[THINK\]|◁think▷|<\|channel\|>")
_THINKING = re.compile(
    rf"(?is)<{_TAG}\b[^<>]*>.*?</{_TAG}\s*>|\[THINK\].*?\[/THINK\]|◁think▷.*?◁/think▷"
    r"|<\|channel\|>\s*(?:analysis|commentary)\b.*?(?=<\|channel\|>\s*final|\Z)"
)
_ENDED = re.compile(rf"(?is)^.*(?:</{_TAG}\s*>|\[/THINK\]|◁/think▷)")
_OPEN = re.compile(rf"(?is)(?:<{_TAG}\b[^<>]*>|\[THINK\]|◁think▷).*")
_ABOUT = re.compile(
    r"(?i)^(?:the|this) (?:news )?(?:article|text|passage|story) (?:also |further )?"
    r"(?:says|states|mentions|reports|notes|adds|explains) that (?=\S)"
)
"""A bullet tells the news, not that an article tells it."""
_CHANNEL = re.compile(r"(?is)^.*<\|channel\|>\s*final\s*(?:<\|message\|>)?")
_SPECIAL = re.compile(r"<\|[^|<>\n]{1,40}\|>|</?s>|\[/?INST\]|<(?:start|end)_of_turn>|<eos>|<pad>")

_FENCE = re.compile(r"(?m)^\s*(?:```|~~~)[\w-]*\s*$")
_OBJECT = re.compile(r"\{[^{}]*\"text\"\s*:\s*\"(?:[^\"\\]|\\.)*\"[^{}]*\}", re.DOTALL)
_LINE = re.compile(r"^\s*(?:[-*•‣▪●○–—·+]|\(?\d{1,2}[.):]|#{1,4})\s+(?P<text>\S.*)$")
_NUMBERS = re.compile(
    r"(?i)\s*[\[({]\s*(?:(?:see |source |from )?(?:sentences?|lines?|s\.?|refs?\.?|notes?|evidence|sources?)\s*:?\s*)?"
    r"(?P<list>\d{1,4}(?:\s*(?:,|;|&|and|[-–])\s*\d{1,4})*)\s*[\])}](?P<end>[.!?]?)\s*$"
)
_INNER = re.compile(r"\s*\[\s*\d{1,4}(?:\s*(?:,|;|&|and|[-–])\s*\d{1,4})*\s*\]")
_RANGE = re.compile(r"(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?")

_ERROR = re.compile(
    r"(?i)^[\W_]*(?:(?:internal|unexpected|fatal|runtime|server|api|http|upstream|cuda|value|type|key)?\s*"
    r"(?:error|exception)\b(?=\s*(?:[:!(#\d]|$|code|occurred|while|in\b))"
    r"|traceback \(most|(?:5\d\d|4\d\d) (?:internal|bad|service|gateway|too many|unauthori[sz]ed|forbidden|not found)"
    r"|internal server error|bad gateway|service unavailable|gateway time-?out|too many requests"
    r"|rate limit\w* (?:exceeded|reached)|(?:cuda )?out of memory"
    r"|(?:the )?model .{0,60}(?:is (?:overloaded|loading|not (?:loaded|found))|does not exist)"
    r"|(?:maximum|this model.s maximum) context length|context (?:length|window) exceeded"
    r"|an? (?:unexpected |internal )?error (?:has )?occurred|<!doctype|<html)"
)
_REFUSAL = re.compile(
    r"(?i)\bas an? (?:AI|artificial intelligence|(?:large )?language model)\b"
    r"(?! (?:company|firm|start-?up|researcher|expert))"
    r"|^[\W_]*(?:I['’]m sorry|I am sorry|sorry|I apologi[sz]e|unfortunately)?,?\s*(?:but )?"
    r"I (?:can(?:no|['’])t|am (?:not able|unable)|['’]?m (?:not able|unable)) (?:to )?"
    r"(?:assist|help|comply|provide|summari[sz]e|fulfil+|process|access|answer)"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A bullet as it was answered: its text, and the numbers of the sentences it names."""

    text: str
    sentences: tuple[int, ...]


def claims(reply: str, known: Collection[int], engine: str, *, loose: bool = False, cut: bool = False) -> list[Claim]:
    """The claims in a reply, numbers that are not `known` dropped, what repeats another left out.

    `loose` takes plain sentences too, which is all that very small models write; `cut` says that the reply was
    stopped, so that its last line may lack its end. Raises BadReply; its message completes "your answer can't be
    used: …".
    """

    def fault(words_: str) -> BadReply:
        return BadReply(engine, words_)

    if len(reply) > LONGEST_REPLY:
        raise fault(f"it is longer than {LONGEST_REPLY:,} characters")
    if len(_OPENING.findall(reply)) > _PLACES:
        raise fault("it begins to think again and again")
    text = without_thinking(reply)
    if not text:
        raise fault("it is empty" if not reply.strip() else "it holds nothing but thinking")
    if not loose and endless(text, _LONG_RUN):
        raise fault("it says the same again and again")
    found = _from_json(text)
    if found is None:
        if _ERROR.match(text):
            raise fault(f"it is an error message: {_short(text)}")
        if _REFUSAL.search(text):
            raise fault(f"the model declined: {_short(text)}")
        found = _from_lines(text, loose, cut)
    if not found:
        raise fault("it holds no bullets in the form that was asked for")
    out: list[Claim] = []
    seen: set[str] = set()
    for raw, numbers in found:
        shown, own = presentable(raw)
        mark = shown.casefold()
        if not words(shown) or mark in seen:
            continue
        seen.add(mark)
        if _ERROR.match(shown) or _REFUSAL.search(shown):
            raise fault(f"a bullet is an error message or an apology: {_short(shown)}")
        if len(words(shown)) > LONGEST_BULLET:
            raise fault(f"a bullet has more than {LONGEST_BULLET} words")
        if endless(shown):
            raise fault("a bullet says the same again and again")
        named = dict.fromkeys(number for number in (*numbers, *own) if number in known)
        out.append(Claim(shown, tuple(named)))
    if not out:
        raise fault("its bullets have no words")
    return out


def following(
    say: Callable[[Claim], None], known: Collection[int], engine: str, most: int, *, loose: bool
) -> Callable[[str], None]:
    """What follows a reply while it comes: called with it as far as it has come, it says each claim once it is whole.

    At most `most` are said; `known`, `engine` and `loose` as in `claims`.
    """
    said = 0

    def read(text: str) -> None:
        nonlocal said
        if not ("}" in text or "\n" in text):
            return
        try:
            told = claims(text, known, engine, loose=loose, cut=True)
        except BadReply:
            # It is not a reply yet. Whether it is none at all is seen at its end.
            return
        for claim in told[said:most]:
            said += 1
            say(claim)

    return read


def without_thinking(reply: str) -> str:
    """The answer alone: no thinking, closed or not, and no control marks of chat templates.

    >>> without_thinking("<think>Two facts.</think>- The bridge is open. [1]")
    '- The bridge is open. [1]'
    >>> without_thinking("<think>Let me see")
    ''
    """
    text = _THINKING.sub("", reply)
    text = _CHANNEL.sub("", text)
    # Some templates open the thinking in the prompt, so that only its end is seen.
    text = _OPEN.sub("", _ENDED.sub("", text))
    return _SPECIAL.sub("", text).strip()


def endless(text: str, run: int = 6) -> bool:
    """Whether a text goes on saying the same: `run` words in a row more than three times, or hardly anything else.

    >>> endless("the bridge is open and " * 40), endless("The bridge is open.")
    (True, False)
    """
    found = words(text.casefold())
    if len(found) < 24:
        return False
    runs: dict[tuple[str, ...], int] = {}
    for at in range(len(found) - run + 1):
        key = tuple(found[at : at + run])
        runs[key] = runs.get(key, 0) + 1
    # Prose packs to about half; what is all repetition to a tenth.
    packed = len(zlib.compress(text.encode("utf-8", "replace"))) / len(text.encode("utf-8", "replace"))
    return max(runs.values()) > _REPEATS or packed < 0.12


def _from_json(text: str) -> list[tuple[str, list[int]]] | None:
    """Bullets of a reply in JSON, wherever it begins; None where there is none."""
    bare = _FENCE.sub("", text).strip()
    decoder = json.JSONDecoder()
    for start in [match.start() for match in re.finditer(r"[{\[]", bare)][:_PLACES]:
        try:
            value, _ = decoder.raw_decode(bare, start)
        except (ValueError, RecursionError):
            continue
        entries = value.get("bullets") if isinstance(value, dict) else value
        if isinstance(entries, list) and entries and all(isinstance(entry, dict) for entry in entries):
            found = [_entry(entry) for entry in entries]
            return [entry for entry in found if entry is not None]
        if isinstance(value, dict) and isinstance(entries, list):
            # Strings instead of objects: their numbers stand at their ends, as in lines.
            return [(entry, []) for entry in entries if isinstance(entry, str)]
        if isinstance(value, dict) and "bullets" not in value and "text" not in value:
            return []
    # Cut off in the middle: what is whole is used.
    whole = []
    for match in _OBJECT.finditer(bare[:LONGEST_JSON]):
        try:
            one = _entry(json.loads(match[0], strict=False))
        except (ValueError, RecursionError):
            continue
        whole += [one] if one else []
    return whole or None


def _entry(entry: dict[str, Any]) -> tuple[str, list[int]] | None:
    text = entry.get("text")
    if not isinstance(text, str):
        return None
    numbers = entry.get("sentences", [])
    numbers = numbers if isinstance(numbers, list) else [numbers]
    return text, [int(n) for n in numbers if _is_number(n)]


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) < 5)


def _from_lines(text: str, loose: bool, cut: bool) -> list[tuple[str, list[int]]]:
    """Bullets of a reply in lines: those with a mark; or else those that name sentences; or else any, if `loose`."""
    lines = [line.strip() for line in _FENCE.sub("", text).splitlines() if line.strip()]
    if cut and len(lines) > 1 and not _DONE.search(lines[-1]):
        lines.pop()
    marked = [match["text"] for line in lines if (match := _LINE.match(line))]
    # "Key points:" is a heading, whatever mark it has.
    chosen = [line for line in marked if not line.rstrip("*_ ").endswith(":")] or [
        line for line in lines if _NUMBERS.search(line)
    ]
    if not chosen and loose:
        split = [line[span.start : span.end] for line in lines for span in sentences(line, "en")]
        chosen = [one for one in split if _DONE.search(one) and len(words(one)) >= _LEAST_WORDS]
    return [(line, []) for line in chosen]


def presentable(text: str) -> tuple[str, list[int]]:
    """A bullet as it is shown, and the numbers that stood in brackets at its end.

    >>> presentable("**the bridge** is open again [2, 4]")
    ('The bridge is open again.', [2, 4])
    """
    text = one_line(normalise(text))
    numbers: list[int] = []
    while match := _NUMBERS.search(text):
        # "(2024)" is a year of the sentence; in such brackets only short numbers are references.
        round_ = not match[0].lstrip().startswith("[") and not re.search(r"[A-Za-z]", match[0])
        if round_ and any(len(first) > 2 for first, _ in _RANGE.findall(match["list"])):
            break
        for first, last in _RANGE.findall(match["list"]):
            numbers += range(int(first), min(int(last or first), int(first) + 9) + 1)
        text = text[: match.start()].rstrip() + match["end"]
    text = _INNER.sub("", text)
    if line := _LINE.match(text):
        text = line["text"]
    text = re.sub(r"!?\[([^\[\]]*)\]\((?:[^()\s]*)\)", r"\1", text)
    # Links are made by code and never by a model.
    text = re.sub(r"(?i)\s*[(<]?\b(?:https?://|www\.)\S+", "", text)
    text = re.sub(r"(\*\*|__|~~|`+)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"(?<!\w)([*_])(?=\S)([^*_]+?)(?<=\S)\1(?!\w)", r"\2", text)
    text = re.sub(r"^(?:[#>*•\-–—]+\s+)+", "", text).strip().strip("*`#").strip()
    text = re.sub(r"[\s,;:–—-]+$", "", text)
    text = _ABOUT.sub("", text)
    if not text[1:2].isupper():
        text = text[:1].upper() + text[1:]
    return (text if re.search(r"[.!?…。！？][\"”’»)\]]*$", text) or not text else text + "."), numbers


_COMMON = frozenset(
    words(
        "a an the and or but of in on at to for from by with as is are was were be been has have had it its this that "
        "he she they his her their who which will would said says say not no after before than into over more"
    )
)


def best_overlap(text: str, sentences: Sequence[str], most: int = 1) -> list[int]:
    """Indices of the sentences that share most telling words with `text`, the best first.

    >>> best_overlap("A bridge opened.", ["The mayor spoke.", "The old bridge opened on Monday."])
    [1]
    """
    wanted = {word for word in words(text.casefold()) if word not in _COMMON}
    scored = []
    for at, sentence in enumerate(sentences):
        there = {word for word in words(sentence.casefold()) if word not in _COMMON}
        shared = len(wanted & there)
        # Of two that share as much, the shorter one says it more plainly; of equals, the earlier.
        scored.append((-shared / (1 + len(there) / 100), at))
    return [at for _, at in sorted(scored)[:most]]


def _short(text: str) -> str:
    line = one_line(text)
    return f"“{line if len(line) <= 80 else line[:79] + '…'}”"
