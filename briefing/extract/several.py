"""Pages that hold several whole articles: where each begins and ends.

Parts that repeat are articles when each has a headline and a text of its own, and says of itself what one article says
once: a date, an author, an address, a type. Headings alone divide one article into sections.
"""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from lxml import html

from briefing.lines import Kind, classify
from briefing.text import one_line

__all__ = ["headline", "parts"]

LEAST_WORDS = 60
"""Words of a text that is an article and not a teaser."""
MOST = 60
"""Articles read of one page."""

_HEADINGS = ("h1", "h2", "h3", "h4")
_TYPE = re.compile(r"(?i)schema\.org/(?:\w*Article|BlogPosting|Report)\b")
_ASIDE = re.compile(
    r"(?i)\b(?:comments?|respon[ds]e?s?|repl(?:y|ies)|related|sidebar|widgets?|recommend\w*|teasers?|reviews?)\b"
)
_ASIDE_TAGS = frozenset({"aside", "footer", "nav", "form", "header"})
_TABLE = frozenset({"table", "tbody", "tr", "td", "th"})
_COVERED = 0.5
"""Share of the page's words that its articles hold together."""


def parts(root: html.HtmlElement, *, one: bool = False) -> list[html.HtmlElement]:
    """The elements that are the page's articles, at least two, or none. With `one` the page says that it holds one, and
    only article elements are believed against that."""
    outermost = _outermost(list(root.iter("article")))
    found = [element for element in outermost if headline(element) is not None and _paragraphs(element) >= LEAST_WORDS]
    if len(found) >= 2 or one:
        return found[:MOST] if len(found) >= 2 else []
    total = sum(_paragraphs(element) for element in root.iter("body")) or _words(root)
    typed = _outermost([element for element in root.iter() if _TYPE.search(str(element.get("itemtype") or ""))])
    for group in (typed, _siblings(root), _runs(root)):
        whole = [one for one in group if headline(one) is not None and _words(one) >= LEAST_WORDS and not _aside(one)]
        if len(whole) >= 2 and sum(map(_words, whole)) >= _COVERED * total:
            return [_unset(one) for one in whole[:MOST]]
    return []


def headline(element: html.HtmlElement) -> html.HtmlElement | None:
    """The heading of a part: its first one."""
    return next((inner for inner in element.iter(*_HEADINGS) if one_line(inner.text_content())), None)


def _outermost(found: Sequence[Any]) -> list[Any]:
    known = set(found)
    return [one for one in found if not any(parent in known for parent in one.iterancestors())]


def _paragraphs(element: Any) -> int:
    return sum(len(p.text_content().split()) for p in element.iter("p"))


def _words(element: Any) -> int:
    return len(element.text_content().split())


def _aside(element: Any) -> bool:
    around = [element, *element.iterancestors()]
    return any(one.tag in _ASIDE_TAGS or _ASIDE.search(f"{one.get('class')} {one.get('id')}") for one in around)


def _siblings(root: html.HtmlElement) -> list[Any]:
    """The largest group of like elements beside each other, each with a headline and a mark of its own."""
    groups: dict[tuple[Any, str, str], list[Any]] = defaultdict(list)
    for heading in root.iter("h1", "h2", "h3", "h4"):
        child = heading
        for parent in heading.iterancestors():
            if child is not heading:
                name = re.sub(r"\d+", "0", " ".join(sorted((child.get("class") or "").split())[:3]))
                group = groups[parent, child.tag, name]
                if not group or group[-1] is not child:
                    group.append(child)
            child = parent
            if parent.tag == "body":
                break
    best: list[Any] = []
    for group in groups.values():
        marked = [one for one in dict.fromkeys(group) if _marked(one, headline(one))]
        if len(marked) >= 2 and sum(map(_words, marked)) > sum(map(_words, best)):
            best = marked
    return best


def _marked(part: Any, heading: Any) -> bool:
    """Whether a part says of itself when it was written, by whom, or where it stands alone."""
    if heading is None:
        return False
    if next(part.iter("time"), None) is not None or next(heading.iter("a"), None) is not None:
        return True
    if heading.getparent() is not None and heading.getparent().tag == "a":
        return True
    lines = [
        one_line(inner.text_content()) for inner in list(part.iter("p", "div", "span", "td", "small", "address"))[:12]
    ]
    return any(len(line) <= 140 and classify(line) in (Kind.DATE, Kind.BYLINE) for line in lines if line)


def _runs(root: html.HtmlElement) -> list[Any]:
    """Headings and what follows each, in one element: copied into an element of their own."""
    best: list[Any] = []
    for parent in {heading.getparent() for heading in root.iter(*_HEADINGS)} - {None}:
        children = list(parent)  # lxml counts to a place from the first child each time
        for level in _HEADINGS:
            starts = [at for at, child in enumerate(children) if child.tag == level]
            if len(starts) < 2:
                continue
            runs = []
            for first, end in zip(starts, [*starts[1:], len(children)], strict=True):
                run = html.Element("article")
                run.extend(copy.deepcopy(child) for child in children[first:end] if child.tag != "hr")
                # The mark stands right below the headline; a date further down belongs to the story.
                head = html.Element("div")
                head.extend(copy.deepcopy(child) for child in run[:3])
                if _marked(head, headline(head)):
                    runs.append(run)
            if len(runs) >= 2 and len(runs) >= len(starts) - 1 and sum(map(_words, runs)) > sum(map(_words, best)):
                best = runs if not _aside(parent) else best
    return best


def _unset(part: Any) -> Any:
    """A copy without tables, which extractors read as data."""
    made = copy.deepcopy(part)
    made.tail = None
    for element in made.iter(*_TABLE):
        element.tag = "div"
    return made
