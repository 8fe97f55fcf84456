"""A mail's frame and its stories with gaps: laid out once for all readers, and filled with what is one's own. Pure."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from briefing.escape import plain_value
from briefing.forms import ANSWERS, clean

__all__ = ["divided", "filled_in", "frame_in", "outline", "places", "with_gaps"]

# No text from outside can name a gap: the mark is another one in each process.
_MARK = f"gap{secrets.token_hex(12)}"
_GAP = re.compile(_MARK + r"(\d+)x")
_NUMBER, _WHY, _FIRST = 0, 1, 2


def _gap(which: int) -> str:
    return f"{_MARK}{which}x"


def places(answered: bool, say: dict[str, str]) -> dict[str, Any]:
    """What stands in a template's `story` where a reader's number, reasons and answers are to come."""
    links = [{"name": say[f"answer_{word}"], "url": _gap(_FIRST + at)} for at, word in enumerate(ANSWERS) if answered]
    return {"number": _gap(_NUMBER), "why": _gap(_WHY), "answers": links}


def divided(page: str) -> tuple[str, ...]:
    """The page in parts: text, the number of a gap, text, and so on."""
    return tuple(_GAP.split(page))


def filled_in(parts: Sequence[str], number: int, why: str, answers: Sequence[dict[str, str]]) -> str:
    """The page whole: `why` is plain text, `answers` have an address each."""
    own = (str(number), _text(why), *(_attribute(one["url"]) for one in answers))
    return "".join(part if at % 2 == 0 else own[int(part)] for at, part in enumerate(parts))


def outline(value: Any, texts: list[str]) -> Any:
    """What a template can tell of plain values without reading a text: which there are, and which are empty.

    The texts that are not empty are added to `texts`, in the order in which `with_gaps` counts them.
    """
    if isinstance(value, str):
        if value:
            texts.append(value)
        return bool(value)
    if isinstance(value, dict):
        return tuple([outline(one, texts) for one in value.values()])
    if isinstance(value, list):
        return tuple([outline(one, texts) for one in value])
    return value


def with_gaps(value: Any, count: Iterator[int]) -> Any:
    """The same values with a gap for each text that is not empty."""
    if isinstance(value, str):
        return _gap(next(count)) if value else value
    if isinstance(value, dict):
        return {key: with_gaps(one, count) for key, one in value.items()}
    if isinstance(value, list):
        return [with_gaps(one, count) for one in value]
    return value


def frame_in(parts: Sequence[str], texts: Sequence[str], body: str) -> str:
    """A page whole: in its gaps stand plain `texts`, and HTML where there is none, the `body`.

    An attribute is one gap from quote to quote.
    """
    page = list(parts)
    for at in range(1, len(parts), 2):
        which = int(parts[at])
        if which == len(texts):
            page[at] = body
        else:
            page[at] = _plain_attribute(texts[which]) if parts[at - 1].endswith('="') else _plain_text(texts[which])
    return "".join(page)


# Most texts of a frame, such as headlines and what became of articles, are those of many readers.
@lru_cache(maxsize=8192)
def _plain_text(text: str) -> str:
    return _text(plain_value(clean(text)))


def _plain_attribute(text: str) -> str:
    return _attribute(plain_value(clean(text)))


# As HTML's own serialisation has it, and so css_inline's.
def _text(value: str) -> str:
    return html.escape(value, quote=False).replace("\xa0", "&nbsp;")


def _attribute(value: str) -> str:
    return value.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace('"', "&quot;")
