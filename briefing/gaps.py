"""A mail's story with gaps: laid out once for all readers, and filled with what is one reader's own. Pure."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Sequence
from typing import Any

from briefing.forms import ANSWERS

__all__ = ["divided", "filled_in", "places"]

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


# As HTML's own serialisation has it, and so css_inline's.
def _text(value: str) -> str:
    return html.escape(value, quote=False).replace("\xa0", "&nbsp;")


def _attribute(value: str) -> str:
    return value.replace("&", "&amp;").replace("\xa0", "&nbsp;").replace('"', "&quot;")
