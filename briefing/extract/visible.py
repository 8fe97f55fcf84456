"""What a reader of a page sees: everything else is taken out before any extractor or model reads the page.

Hidden text is the carrier of choice for orders to a model (Greshake et al. 2023). What is taken out is listed in
`docs/design.md`. Runs in time linear in the page, whatever its nesting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from lxml import etree, html

from briefing.extract.css import Cascade, Colour, colour, pixels

__all__ = ["drop_hidden", "parse", "shallow"]

MAX_DEPTH = 80
"""Elements inside each other. Real pages stay below 40; what lies deeper is flattened to its text."""

MAX_ATTRIBUTES = 300
_LONG_TAG = re.compile(r"<([A-Za-z][^\s<>/]{0,40})([^<>]{3000,})>")
_ATTRIBUTE = re.compile(r"""[^\s=>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?""")

_NEVER = frozenset(
    {
        "template", "noscript", "dialog", "datalist", "textarea", "select", "option", "canvas", "audio", "video",
        "iframe",
        "object", "embed", "svg", "noembed", "noframes", "rp", "map", "optgroup", "frameset", "applet",
    }
)  # fmt: skip
"""Elements whose text no browser shows, or only as a control, or in place of something else."""

_SILENT = frozenset({"script", "style", "head", "title", "meta", "link", "base", "html"})
_ROOTS = frozenset({"html", "body"})
_BREAKS = frozenset(
    {"p", "div", "li", "br", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "td", "ul"}
)

_SMALLEST_FONT = 3.0
_LEAST_OPACITY = 0.1
_LEAST_CONTRAST = 1.2
_FAR_LEFT, _FAR_RIGHT, _FAR_MARGIN = -500.0, 3000.0, -900.0
_WHITE: Colour = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class _State:
    """What an element hands down to those inside it. `ground` is None where an image lies behind the text."""

    font: float = 16.0
    ink: Colour | None = (0.0, 0.0, 0.0, 1.0)
    ground: Colour | None = _WHITE
    shown: bool = True
    opacity: float = 1.0


def parse(text: str) -> html.HtmlElement | None:
    """The page's tree without comments, or None if nothing can be made of it."""
    # An encoding declaration in text that is decoded already makes lxml refuse it; so do NULs.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""))
    text = _LONG_TAG.sub(_without_crowd, text)
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return html.document_fromstring(text, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def _without_crowd(tag: re.Match[str]) -> str:
    """A tag of more attributes than any page has is an attack: the parser compares each with all before it. What it
    holds is taken for hidden, as one of them may say so."""
    crowd = sum(1 for _ in _ATTRIBUTE.finditer(tag[2])) > MAX_ATTRIBUTES
    return f"<{tag[1]} hidden>" if crowd else tag[0]


def drop_hidden(root: html.HtmlElement) -> int:
    """Take out of the tree what no reader sees. Returns how many pieces of text that were."""
    cascade = Cascade(root)
    dropped = 0
    stack: list[tuple[Any, _State]] = [(root, _State())]
    while stack:
        element, outer = stack.pop()
        if not isinstance(element.tag, str):
            _empty(element)
            continue
        if element.tag in _SILENT - _ROOTS:
            if element.tag == "head":
                stack.extend((child, outer) for child in element)
            continue
        style = cascade.of(element)
        if element.tag not in _ROOTS and _is_hidden(element, style, outer):
            dropped += 1
            _empty(element)
            continue
        state = _inside(element, style, outer)
        # Judged here, once and by the whole cascade; extractors judge it by words in these attributes.
        for name in ("style", "aria-hidden", "hidden"):
            element.attrib.pop(name, None)
        if element.tag == "dialog":
            element.tag = "div"
        if not _legible(state):
            dropped += _silence(element)
        stack.extend((child, state) for child in element)
    return dropped


def shallow(root: html.HtmlElement, depth: int = MAX_DEPTH) -> None:
    """Flatten what is nested deeper than `depth` to its text, so that no later step takes more than linear time."""
    stack: list[tuple[Any, int]] = [(root, 1)]
    while stack:
        element, at = stack.pop()
        if at < depth:
            stack.extend((child, at + 1) for child in element)
            continue
        if len(element) == 0:
            continue
        parts: list[str] = []
        # Without recursion: the tree may be deeper than Python's stack.
        for action, inner in etree.iterwalk(element, events=("start", "end")):
            if action == "start" and inner is not element:
                parts.append(("\n\n" if inner.tag in _BREAKS else "") + (inner.text or ""))
            elif action == "end" and inner is not element:
                parts.append(inner.tail or "")
        text = (element.text or "") + "".join(parts)
        for child in list(element):
            element.remove(child)
        element.text = text


def _empty(element: Any) -> None:
    """Leave nothing of an element but the text that follows it. Not `drop_tree`, which copies that text each time."""
    element.clear(keep_tail=True)
    if isinstance(element.tag, str):
        element.tag = "span"


def _silence(element: Any) -> int:
    """Take out an element's own text and leave the elements inside it, which may be visible again."""
    found = bool((element.text or "").strip())
    element.text = " "
    for child in element:
        found = found or bool((child.tail or "").strip())
        child.tail = " "
    return int(found)


def _is_hidden(element: Any, style: dict[str, str], outer: _State) -> bool:
    """Whether an element and all in it is never painted."""
    tag = element.tag
    if tag in _NEVER:
        return not (tag == "dialog" and element.get("open") is not None)
    if element.get("hidden") is not None or (element.get("aria-hidden") or "").strip().lower() == "true":
        return True
    if not style:
        return False
    if style.get("display") == "none" or style.get("content-visibility") == "hidden":
        return True
    if _number(style.get("zoom"), 1.0) <= 0.05 or outer.opacity * _opacity(style) <= _LEAST_OPACITY:
        return True
    em = _font(style, outer)
    return _clipped(style) or _no_room(style, em) or _elsewhere(style, em) or _scaled(style, em)


def _opacity(style: dict[str, str]) -> float:
    filtered = re.search(r"opacity\(\s*([\d.]+%?)\s*\)", style.get("filter", ""))
    return max(0.0, _number(style.get("opacity"), 1.0)) * (_number(filtered[1], 1.0) if filtered else 1.0)


def _number(value: str | None, default: float) -> float:
    match = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?)(%?)", (value or "").strip())
    if match is None:
        return default
    return float(match[1]) / (100 if match[2] else 1)


def _clipped(style: dict[str, str]) -> bool:
    shape = style.get("clip-path") or style.get("-webkit-clip-path") or ""
    inset = re.match(r"inset\(\s*([\d.]+)(%?)", shape)
    if inset and inset[2] and float(inset[1]) >= 50:
        return True
    if re.match(r"(?:circle|ellipse)\(\s*0(?:\.0*)?(?:px|%|em|rem)?\b(?!\.)", shape):
        return True
    if shape.startswith("polygon(") and len(set(re.findall(r"[^,()]+", shape[8:]))) <= 2:
        return True
    rect = re.match(r"rect\(([^)]*)\)", style.get("clip", ""))
    if rect and style.get("position") in ("absolute", "fixed"):
        edges = [pixels(part, 16.0) for part in re.split(r"[\s,]+", rect[1].strip()) if part]
        if len(edges) == 4 and all(edge is not None for edge in edges):
            top, right, bottom, left = (edge or 0.0 for edge in edges)
            return right - left <= 1 or bottom - top <= 1
    return False


def _no_room(style: dict[str, str], em: float) -> bool:
    cut = " ".join(style.get(name, "") for name in ("overflow", "overflow-x", "overflow-y"))
    if not re.search(r"\b(?:hidden|clip|scroll|auto)\b", cut):
        return False
    sizes = [pixels(style[name], em) for name in ("width", "height", "max-width", "max-height") if name in style]
    return any(size is not None and size <= 2 for size in sizes)


def _elsewhere(style: dict[str, str], em: float) -> bool:
    def size(name: str, whole: float = 1280.0) -> float:
        return pixels(style.get(name, ""), em, whole) or 0.0

    if style.get("position") in ("absolute", "fixed", "relative", "sticky"):
        inset = (style.get("inset", "") + " ").split(" ")
        if any((pixels(part, em) or 0.0) <= _FAR_LEFT for part in inset):
            return True
        if min(size("left"), size("right"), size("top", 800.0), size("bottom", 800.0)) <= _FAR_LEFT:
            return True
        if max(size("left"), size("right")) >= _FAR_RIGHT:
            return True
    margins = [pixels(part, em) or 0.0 for part in style.get("margin", "").split()]
    if min([*margins, size("margin-left"), size("margin-top")]) <= _FAR_MARGIN:
        return True
    return size("text-indent") <= _FAR_LEFT or size("text-indent") >= _FAR_RIGHT or size("letter-spacing") < -em / 2 - 1


def _scaled(style: dict[str, str], em: float) -> bool:
    scale = f" scale({style['scale'].replace(' ', ',')})" if "scale" in style else ""
    transform = style.get("transform", "") + scale
    for name, inside in re.findall(r"(scale\w*|matrix|translate\w*|rotate[xy])\(([^()]*)\)", transform):
        parts = [part.strip() for part in inside.split(",")]
        first = parts[0].split(" ")[0]
        if name.startswith("scale") and any(abs(_number(part, 1.0)) <= 0.05 for part in parts):
            return True
        if name == "matrix" and abs(_number(first, 1.0)) <= 0.05 and len(parts) == 6 and _number(parts[1], 1.0) == 0:
            return True
        if name.startswith("translate") and any(_far(part, em) for part in parts):
            return True
        if name.startswith("rotate") and re.fullmatch(r"-?(?:90|270)deg|-?0?\.[27]5turn", first):
            return True
    return any(_far(part, em) for part in style.get("translate", "").split())


def _far(part: str, em: float) -> bool:
    size = pixels(part, em)
    return size is not None and (size <= _FAR_MARGIN or size >= _FAR_RIGHT)


def _font(style: dict[str, str], outer: _State) -> float:
    given = style.get("font-size")
    if given is None and "font" in style:
        match = re.search(r"(?:^|\s)([\d.]+(?:px|pt|em|rem|%|vw))(?:/\S+)?\s", style["font"] + " ")
        given = match[1] if match else None
    if given is None or given == "inherit":
        return outer.font
    size = pixels(given, outer.font, outer.font)
    return outer.font if size is None else size


def _inside(element: Any, style: dict[str, str], outer: _State) -> _State:
    state = outer
    if element.tag == "a" and element.get("href"):
        state = replace(state, ink=(0.0, 0.0, 0.93, 1.0))
    elif element.tag == "mark":
        state = replace(state, ground=(1.0, 1.0, 0.0, 1.0))
    if not style:
        return state
    visibility = style.get("visibility")
    shown = visibility not in ("hidden", "collapse") if visibility in ("hidden", "collapse", "visible") else state.shown
    if element.tag in _ROOTS:
        # Pages hide themselves whole until their scripts have run.
        shown, opacity = True, 1.0
    else:
        opacity = state.opacity * _opacity(style)
    ink = state.ink
    written = style.get("-webkit-text-fill-color") or style.get("color")
    if written == "inherit":
        ink = outer.ink
    elif written is not None:
        ink = colour(written) or ink
    return _State(_font(style, outer), ink, _ground(style, state), shown, opacity)


def _ground(style: dict[str, str], outer: _State) -> Colour | None:
    ground = outer.ground
    for name in ("background", "background-color", "background-image"):
        value = style.get(name)
        if value is None:
            continue
        if "url(" in value or "gradient(" in value or "image-set(" in value:
            return None
        for part in [value, *re.findall(r"#[0-9a-f]+|[a-z]+\([^()]*\)|[a-z]+", value)]:
            found = colour(part)
            if found is not None:
                ground = found if found[3] >= 0.5 else ground
                break
    return ground


@lru_cache(maxsize=512)
def _legible(state: _State) -> bool:
    if not state.shown or state.font < _SMALLEST_FONT:
        return False
    if state.ink is None:
        return True
    if state.ink[3] <= _LEAST_OPACITY:
        return False
    if state.ground is None:
        return True
    alpha = state.ink[3]
    mixed = [a * alpha + b * (1 - alpha) for a, b in zip(state.ink[:3], state.ground[:3], strict=True)]
    light, dark = sorted((_luminance(mixed), _luminance(state.ground[:3])), reverse=True)
    if (light + 0.05) / (dark + 0.05) >= _LEAST_CONTRAST:
        return True
    # Colours of one lightness can still be told apart by their hue.
    return max(abs(a - b) for a, b in zip(mixed, state.ground[:3], strict=True)) > 0.35


def _luminance(channels: Any) -> float:
    """Relative luminance (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
