"""What the styles inside a page say of its elements: a cascade of the properties that can hide text.

Only what stands in the page counts (style elements, style attributes, the old presentational attributes); nothing is
fetched. It follows CSS Cascading Level 4 as far as hiding needs: importance, specificity, order, media queries
for a screen of 1,280 × 800 pixels, custom properties of the root, nested rules.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

__all__ = ["PROPERTIES", "Cascade", "colour", "pixels"]

PROPERTIES = frozenset(
    {
        "background", "background-color", "background-image", "bottom", "clip", "clip-path", "color",
        "content-visibility", "display", "filter", "font", "font-size", "height", "inset", "left", "letter-spacing",
        "margin", "margin-left", "margin-top", "max-height", "max-width", "opacity", "overflow", "overflow-x",
        "overflow-y", "position", "right", "scale", "text-indent", "top", "transform", "translate", "visibility",
        "width", "zoom", "-webkit-text-fill-color", "-webkit-clip-path",
    }
)  # fmt: skip

_WIDTH, _HEIGHT = 1280.0, 800.0
_SIMPLE = re.compile(r"(?P<tag>\*|[a-zA-Z][\w-]*)?(?P<rest>(?:[.#]-?[a-zA-Z_][\w-]*)*)")
_NAMED = re.compile(r"([.#])(-?[a-zA-Z_][\w-]*)")
_FUNCTION = re.compile(r":[\w-]+\(")

# Importance, specificity, order: the larger one wins.
_Weight = tuple[bool, tuple[int, int, int, int], int]


@dataclass(frozen=True, slots=True)
class _Rule:
    selector: str
    declarations: tuple[tuple[str, str, bool], ...]


class Cascade:
    """The styles of one tree. `of(element)` gives the declared values of an element, in small letters."""

    def __init__(self, root: html.HtmlElement) -> None:
        self._root = root
        self._declared: dict[Any, dict[str, tuple[_Weight, str]]] = defaultdict(dict)
        self._variables: dict[str, str] = {}
        self._index: dict[str, list[Any]] = defaultdict(list)
        self._order = 0
        rules = [
            rule for sheet in root.iter("style") if _shown(sheet.get("media") or "") for rule in _rules(_css(sheet))
        ]
        if rules:
            self._index_elements()
            for rule in rules:
                self._apply(rule)

    def of(self, element: Any) -> dict[str, str]:
        """Property → value, for the properties that can hide."""
        found = dict(self._declared.get(element, {}))
        attribute = element.get("style")
        if attribute:
            for name, value, important in _declarations(_parsed_declarations(attribute)):
                self._put(found, name, value, (important, (1, 0, 0, 0), 0))
        values = {name: self._resolved(value) for name, (_, value) in found.items() if not name.startswith("--")}
        for attribute, name in (("bgcolor", "background-color"), ("color", "color"), ("text", "color")):
            given = element.get(attribute)
            if given and name not in values and element.tag in ("font", "body", "table", "tr", "td", "th", "basefont"):
                values[name] = given.strip().lower()
        return values

    def _index_elements(self) -> None:
        for element in self._root.iter(etree.Element):
            self._index[element.tag].append(element)
            for name in (element.get("class") or "").split():
                self._index[f".{name}"].append(element)
            if element.get("id"):
                self._index[f"#{element.get('id')}"].append(element)

    def _apply(self, rule: _Rule) -> None:
        import cssselect

        for name, value, _ in rule.declarations:
            if name.startswith("--"):
                self._variables[name] = value
        try:
            selectors = cssselect.parse(rule.selector)
        except cssselect.SelectorError:
            # One selector of a list that is not understood does not save the others.
            selectors = []
            for part in rule.selector.split(","):
                try:
                    selectors += cssselect.parse(part)
                except cssselect.SelectorError:
                    continue
        self._order += 1
        for selector in selectors:
            if selector.pseudo_element is None:
                specificity = (0, *selector.specificity())
                for element in self._matched(selector):
                    for name, value, important in rule.declarations:
                        self._put(self._declared[element], name, value, (important, specificity, self._order))

    def _matched(self, selector: Any) -> list[Any]:
        import cssselect

        text = selector.canonical()
        simple = _SIMPLE.fullmatch(text)
        if simple is not None:
            names = [mark + name for mark, name in _NAMED.findall(simple["rest"])]
            tag = (simple["tag"] or "*").lower()
            if not names:
                return list(self._root.iter(etree.Element)) if tag == "*" else self._index.get(tag, [])
            first, *others = names
            rest = [{id(element) for element in self._index.get(name, [])} for name in others]
            return [
                element
                for element in self._index.get(first, [])
                if tag in ("*", element.tag) and all(id(element) in group for group in rest)
            ]
        # A class the page does not have matches nothing; this spares most of a site's style sheet.
        plain = not _FUNCTION.search(text) and "\\" not in text
        if plain and any(mark + name not in self._index for mark, name in _NAMED.findall(text)):
            return []
        try:
            return list(self._root.xpath(cssselect.HTMLTranslator().selector_to_xpath(selector)))
        except (cssselect.SelectorError, etree.XPathError):
            return []

    @staticmethod
    def _put(found: dict[str, tuple[_Weight, str]], name: str, value: str, weight: _Weight) -> None:
        if name not in found or weight >= found[name][0]:
            found[name] = (weight, value)

    def _resolved(self, value: str) -> str:
        for _ in range(5):
            match = re.search(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)", value)
            if match is None:
                break
            value = value[: match.start()] + self._variables.get(match[1], match[2] or "") + value[match.end() :]
        return value


def _css(sheet: Any) -> str:
    text: str = sheet.text_content()
    return re.sub(r"^\s*<!--|-->\s*$", "", text)


def _rules(text: str) -> Iterator[_Rule]:
    import tinycss2

    yield from _walk(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), "")


def _walk(nodes: Any, parent: str, depth: int = 0) -> Iterator[_Rule]:
    import tinycss2

    if depth > 8:
        return
    for node in nodes:
        if node.type == "qualified-rule":
            selector = tinycss2.serialize(node.prelude).strip()
            if parent:
                selector = selector.replace("&", parent) if "&" in selector else f"{parent} {selector}"
            inner = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
            declarations = tuple(_declarations(inner))
            if declarations:
                yield _Rule(selector, declarations)
            yield from _walk([one for one in inner if one.type != "declaration"], selector, depth + 1)
        elif node.type == "at-rule" and node.content is not None:
            name, prelude = node.lower_at_keyword, tinycss2.serialize(node.prelude).strip()
            if (name == "media" and _shown(prelude)) or name in ("layer", "container", "supports"):
                if parent:
                    inner = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
                    declarations = tuple(_declarations(inner))
                    if declarations:
                        yield _Rule(parent, declarations)
                    yield from _walk([one for one in inner if one.type != "declaration"], parent, depth + 1)
                else:
                    inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
                    yield from _walk(inner, "", depth + 1)


def _parsed_declarations(text: str) -> Any:
    import tinycss2

    return tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)


def _declarations(nodes: Any) -> Iterator[tuple[str, str, bool]]:
    import tinycss2

    for node in nodes:
        if node.type == "declaration" and (node.lower_name in PROPERTIES or node.name.startswith("--")):
            name = node.name if node.name.startswith("--") else node.lower_name
            value = tinycss2.serialize([token for token in node.value if token.type != "comment"])
            yield name, " ".join(value.lower().split()), node.important


def _shown(query: str) -> bool:
    """Whether a media query holds on a screen of 1,280 × 800 pixels in a browser's usual state."""
    if not query.strip():
        return True
    return any(_one_shown(part.strip().lower()) for part in query.split(","))


def _one_shown(query: str) -> bool:
    negated = query.startswith("not ")
    parts = [part.strip() for part in re.split(r"\band\b", query.removeprefix("not ").removeprefix("only "))]
    holds = all(_feature(part) for part in parts)
    return holds != negated


def _feature(part: str) -> bool:
    if not part.startswith("("):
        return part in ("", "all", "screen")
    feature, _, value = part.strip("() ").partition(":")
    feature, size = feature.strip(), pixels(value.strip(), 16.0)
    if size is not None and feature.endswith(("width", "height")):
        have = _WIDTH if feature.endswith("width") else _HEIGHT
        return have >= size if feature.startswith("min-") else have <= size if feature.startswith("max-") else False
    fixed = {
        "prefers-color-scheme": "light", "prefers-reduced-motion": "no-preference", "hover": "hover", "pointer": "fine",
        "orientation": "landscape", "prefers-contrast": "no-preference", "forced-colors": "none",
        "scripting": "enabled",
    }  # fmt: skip
    # What is not known may hold: text that is perhaps hidden is not shown to a model.
    return fixed.get(feature, value.strip()) == value.strip()


_UNITS = {
    "px": 1.0, "rem": 16.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "vw": _WIDTH / 100,
    "vh": _HEIGHT / 100, "vmin": _HEIGHT / 100, "vmax": _WIDTH / 100, "q": 0.945, "dvw": _WIDTH / 100, "dvh": 8.0,
    "svh": 8.0, "lvh": 8.0,
}  # fmt: skip
_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0,
          "xx-large": 32.0}  # fmt: skip
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?)(%|[a-z]*)")


def pixels(value: str, em: float, whole: float = _WIDTH) -> float | None:
    """A length in pixels, None if it is none. `em`: the font's size; `whole`: what a percentage is of.

    >>> pixels("-2em", 16.0), pixels("calc(-100vw - 20px)", 16.0), pixels("auto", 16.0)
    (-32.0, -1300.0, None)
    """
    value = value.strip()
    if value in _SIZES:
        return _SIZES[value]
    match = _LENGTH.fullmatch(value)
    if match is not None:
        return _sized(match, em, whole)
    if re.match(r"(?:calc|min|max|clamp)\(", value) and len(value) <= 200:
        numbers = _LENGTH.sub(lambda m: repr(_sized(m, em, whole) or 0.0), value.replace("calc", ""))
        try:
            return _sum(ast.parse(numbers, mode="eval").body)
        except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError):
            return None
    return None


def _sized(match: re.Match[str], em: float, whole: float) -> float | None:
    number, unit = float(match[1]), match[2]
    scale = {"": 1.0, "%": whole / 100, "em": em, "ex": em / 2, "ch": em / 2}.get(unit, _UNITS.get(unit))
    return None if scale is None else number * scale


def _sum(node: ast.expr) -> float:
    """The value of an expression of numbers, of which nothing but sums, products and extremes is read."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_sum(node.operand) if isinstance(node.op, ast.USub) else _sum(node.operand)
    if isinstance(node, ast.BinOp):
        a, b = _sum(node.left), _sum(node.right)
        match node.op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return a / b
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        values = [_sum(one) for one in node.args]
        if node.func.id == "clamp" and len(values) == 3:
            return max(values[0], min(values[1], values[2]))
        if node.func.id in ("min", "max"):
            return min(values) if node.func.id == "min" else max(values)
    raise ValueError("not a length")


Colour = tuple[float, float, float, float]
"""Red, green, blue and alpha, each 0 to 1."""


def colour(value: str) -> Colour | None:
    """A colour, or None if it is none that is known.

    >>> colour("#fff"), colour("inherit")
    ((1.0, 1.0, 1.0, 1.0), None)
    """
    import tinycss2.color4

    found = tinycss2.color4.parse_color(value)
    if found is None or isinstance(found, str):
        return None
    alpha = 1.0 if found.alpha is None else float(found.alpha)
    try:
        red, green, blue = (float(part or 0.0) for part in found.to("srgb").coordinates)
    except NotImplementedError:
        # Of the spaces it does not convert, lightness is enough to see white on white.
        light = float(found.coordinates[0] or 0.0)
        grey = min(1.0, light / 100 if light > 1 else light)
        red = green = blue = grey
    return red, green, blue, alpha
