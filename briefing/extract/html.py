"""Pages: trafilatura finds the article's body, the page's own metadata names it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from lxml import html

from briefing.extract.assemble import articles_of
from briefing.extract.draft import Draft, Line
from briefing.extract.several import headline, parts
from briefing.extract.visible import drop_hidden, parse, shallow
from briefing.lines import Kind, classify, date_in, names_in_byline, same_headline
from briefing.text import is_web, normalise, one_line, paragraphs, plain

_ARTICLE_TYPES = ("Article", "NewsArticle", "ReportageNewsArticle", "BlogPosting", "OpinionNewsArticle",
                  "AnalysisNewsArticle", "LiveBlogPosting", "BackgroundNewsArticle")  # fmt: skip
_BLOCKS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "figcaption", "td", "dd", "dt"}
)
_DROPPED = frozenset({"script", "style", "noscript", "template", "nav", "footer", "aside", "form", "button", "svg",
                      "iframe", "select", "head", "dialog", "figcaption"})  # fmt: skip
_MIN_WORDS = 20
_DATES = ("article:published_time", "datePublished", "pubdate", "date", "dc.date", "DC.date.issued", "parsely-pub-date",
          "sailthru.date")  # fmt: skip


def page_drafts(text: str, url: str | None) -> list[Draft]:
    """The articles of a whole page: several where `several.parts` finds them, otherwise one."""
    root = _visible(text)
    if root is None:
        return []
    # A page that names one article in its metadata holds one, unless its elements say otherwise.
    named = list(_json_ld(root))
    found = parts(root, one=len(named) == 1 and "LiveBlogPosting" not in str(named[0].get("@type")))
    drafts = [draft for part in found if (draft := _part(part, root, url)) is not None]
    if len(drafts) >= 2:
        return drafts
    draft = _one(html.tostring(root, encoding="unicode"), root, url, whole_page=True)
    return [draft] if draft else []


def fragment_drafts(text: str) -> list[Draft]:
    """The article in a feed's HTML, which has no page around it: every block of it counts."""
    root = _visible(f"<html><body>{text}</body></html>")
    if root is None:
        return []
    return articles_of(list(_lines(root)), one=True)


def _visible(text: str) -> html.HtmlElement | None:
    """The page's tree as its readers see it, no deeper than any step after this one can bear."""
    root = parse(text)
    if root is not None:
        drop_hidden(root)
        shallow(root)
    return root


def _part(part: html.HtmlElement, root: html.HtmlElement, url: str | None) -> Draft | None:
    """One article of several."""
    draft = _one(html.tostring(part, encoding="unicode"), part, url, whole_page=False)
    if draft is None:
        return None
    draft.language = draft.language or _language(root)
    heading = headline(part)
    if heading is not None:
        title = one_line(_text(heading))
        draft.title = title or draft.title
        link = next(iter([*heading.iter("a"), *heading.iterancestors("a")]), None)
        address = urljoin(url or "", (link.get("href") or "").strip()) if link is not None else ""
        draft.url = address if is_web(address) else draft.url
    return draft


def _one(text: str, root: html.HtmlElement, url: str | None, *, whole_page: bool) -> Draft | None:
    meta = _Metadata(root, url, whole_page=whole_page)
    body = _body_lines(text, url)
    if body is None:
        return None
    head = [Line(meta.title, Kind.HEAD)] if meta.title else []
    drafts = articles_of([*head, *body], one=True)
    if not drafts:
        return None
    draft = drafts[0]
    if (draft.words < _MIN_WORDS and not meta.is_article) or _is_consent(draft.text):
        return None
    draft.title = meta.title or draft.title
    visible = (draft.published, draft.day_only) if draft.published else None
    draft.published, draft.day_only = None, False
    draft.date(meta.published or visible or meta.visible_date() or _date_in_url(url))
    draft.authors = meta.authors or draft.authors or meta.visible_byline()
    draft.language = meta.language
    draft.url = meta.canonical
    draft.key_points = draft.key_points or _key_points(root, draft)
    # Points the extractor took for the start of the text are the editors' all the same.
    for point in draft.key_points:
        draft.text = re.sub(rf"^• {re.escape(point)}\n\n", "", draft.text)
    return draft


_CONSENT = re.compile(r"(?i)\b(cookies?|consent|privacy|personal data|vendors|legitimate interest|your choices)\b")


def _is_consent(text: str) -> bool:
    """Whether what is left of a page is only its consent banner: most paragraphs speak of cookies."""
    parts = text.split("\n\n")
    return sum(bool(_CONSENT.search(part)) for part in parts) > len(parts) / 2 and len(text.split()) < 300


def _body_lines(text: str, url: str | None) -> list[Line] | None:
    """The cascade: 1. trafilatura, as it comes; 2. trafilatura, taking more; 3. every paragraph of the page."""
    from trafilatura import bare_extraction
    from trafilatura.settings import Extractor

    best: list[Line] | None = None
    for recall in (False, True):
        options = Extractor(comments=False, tables=False, recall=recall, formatting=False, dedup=False)
        options.url = url if is_web(url) else None
        document = bare_extraction(text, options=options)
        body = getattr(document, "body", None)
        if body is not None:
            lines = list(_lines(body))
            if sum(len(line.text.split()) for line in lines if line.kind is Kind.BODY) >= _MIN_WORDS:
                return lines
            best = best or lines
    root = parse(text)
    if root is not None:
        lines = [line for line in _lines(root) if line.kind is Kind.BODY]
        if sum(len(line.text.split()) for line in lines) >= _MIN_WORDS:
            return lines
    return best


def _text(element: Any) -> str:
    for line_break in element.iter("br", "lb"):
        line_break.tail = "\n" + (line_break.tail or "")
    return normalise("".join(element.itertext()))


def _lines(root: Any) -> Iterator[Line]:
    """The blocks of a tree (HTML, or trafilatura's simplified one) in order, each once."""
    for element in root.iterchildren():
        tag = element.tag
        if not isinstance(tag, str) or tag in _DROPPED:
            continue
        inner = [child for child in element.iter() if isinstance(child.tag, str) and child is not element]
        nested = any(child.tag in _BLOCKS or child.tag in ("item", "head", "list", "quote") for child in inner)
        if nested:
            if element.text and element.text.strip():
                yield from _classified(element.text, tag)
            yield from _lines(element)
        else:
            yield from _classified(_text(element), tag)
        if element.tail and element.tail.strip():
            yield from _classified(element.tail, "p")


def _classified(text: str, tag: str) -> Iterator[Line]:
    text = normalise(text)
    for start, end in paragraphs(text):
        raw = one_line(text[start:end])
        kind = classify(raw)
        if kind is Kind.RULE:
            continue
        if tag in ("li", "item") and kind in (Kind.BODY, Kind.HEAD, Kind.SHORT, Kind.POINT):
            yield Line(f"• {raw}" if kind is not Kind.POINT else raw, Kind.POINT, gap=1)
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6", "head") and kind is Kind.BODY:
            yield Line(raw, Kind.HEAD, gap=1)
        elif tag == "p" and kind in (Kind.HEAD, Kind.SHORT) and len(raw.split()) >= 6:
            # A paragraph that forgot its full stop is still a paragraph.
            yield Line(raw, Kind.BODY, gap=1)
        else:
            yield Line(raw, kind, gap=1)


def _key_points(root: html.HtmlElement, draft: Draft) -> tuple[str, ...]:
    """Editors' points of a page: the list between the headline and the first paragraph of the text."""
    first = draft.text.split("\n\n", 1)[0][:60]
    seen_heading = False
    for element in root.iter("h1", "h2", "p", "ul", "ol"):
        if element.tag in ("h1", "h2"):
            seen_heading = seen_heading or (draft.title is not None and same_headline(_text(element), draft.title))
        elif element.tag == "p":
            if first and one_line(_text(element)).startswith(first):
                return ()
        elif seen_heading and not any(parent.tag in _DROPPED for parent in element.iterancestors()):
            points = [one_line(_text(entry)) for entry in element.iterchildren("li")]
            linked = sum(len(a.text_content()) for a in element.iter("a"))
            proper = [p for p in points if 4 <= len(p.split()) <= 50 and classify(p) in (Kind.HEAD, Kind.BODY)]
            if 2 <= len(points) <= 8 and len(proper) == len(points) and linked < sum(map(len, points)) / 2:
                return tuple(points)
    return ()


def _language(root: html.HtmlElement) -> str | None:
    code = (root.get("lang") or "").strip().replace("_", "-")
    return code if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code) else None


def _date_in_url(url: str | None) -> tuple[datetime, bool] | None:
    match = re.search(r"/(20\d{2})/(\d{1,2})/(\d{1,2})(?:/|$)", url or "") or re.search(
        r"[/-](20\d{2})-(\d{2})-(\d{2})(?:[/.-]|$)", url or ""
    )
    try:
        return (datetime(*(int(part) for part in match.groups()), tzinfo=UTC), True) if match else None  # type: ignore[misc,arg-type]  # three groups, three numbers
    except ValueError:
        return None


class _Metadata:
    """What a page says of its article: JSON-LD first, then meta elements, then what is visible."""

    def __init__(self, root: html.HtmlElement, url: str | None, *, whole_page: bool) -> None:
        self._root = root
        data = next(_json_ld(root), {}) if whole_page else {}
        self.is_article = bool(data) or self._meta("og:type") == "article" or not whole_page
        h1 = [one_line(_text(h)) for h in root.iter("h1") if one_line(_text(h))]
        h2 = [one_line(_text(h)) for h in root.iter("h2")] if not whole_page else []
        named = _text_of(data.get("headline")) or self._meta("og:title") or ""
        if not named and whole_page:
            title = root.find(".//title")
            named = re.split(r"\s+[|–—·-]\s+", one_line(title.text_content()))[0] if title is not None else ""
        if h1 and (not named or len(h1) == 1 or any(same_headline(one, named) for one in h1)):
            named = next((one for one in h1 if named and same_headline(one, named)), h1[0])
        self.title: str | None = (named or next(iter([*h1, *h2]), "")) or None
        stated = _DATES if whole_page else ("datePublished",)
        self.published = (
            _moment(_text_of(data.get("datePublished")))
            or _moment(self._meta(*stated))
            or self._time_element()
            or _moment(_text_of(data.get("dateModified")))
        )
        self.authors = _people(data.get("author")) or (self._author_meta() if whole_page else self._author_property())
        self.language = _language(root)
        link = root.find(".//link[@rel='canonical']")
        href = (link.get("href") if link is not None else None) or self._meta("og:url")
        canonical = urljoin(url or "", href.strip()) if href else None
        self.canonical = canonical if is_web(canonical) else None

    def _meta(self, *names: str) -> str:
        wanted = {name.lower() for name in names}
        for element in self._root.iter("meta"):
            key = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
            if key in wanted and (element.get("content") or "").strip():
                return plain(element.get("content"))
        return ""

    def _author_meta(self) -> tuple[str, ...]:
        name = self._meta("author", "article:author", "parsely-author", "byl")
        if not name or is_web(name) or len(name) > 80:
            return ()
        return names_in_byline(name if name.lower().startswith("by ") else f"By {name}")

    def _author_property(self) -> tuple[str, ...]:
        found = [element for element in self._root.iter() if element.get("itemprop") == "author"]
        names = [one_line(element.text_content()) for element in found]
        return tuple(dict.fromkeys(name for name in names if name and len(name.split()) <= 6))

    def _time_element(self) -> tuple[datetime, bool] | None:
        for element in self._root.iter("time"):
            inside = {parent.tag for parent in element.iterancestors()}
            if inside & {"nav", "aside", "footer"}:
                continue
            found = _moment(element.get("datetime") or "") or date_in(one_line(element.text_content()))
            if found:
                return found
        return None

    def visible_date(self) -> tuple[datetime, bool] | None:
        """The first line above the footer that is a date."""
        for element in self._visible():
            line = one_line(_text(element))
            if len(line) <= 140 and classify(line) in (Kind.DATE, Kind.BYLINE):
                found = date_in(line)
                if found:
                    return found
        return None

    def visible_byline(self) -> tuple[str, ...]:
        """The first line that is a byline."""
        for element in self._visible():
            line = one_line(_text(element))
            if len(line) <= 140 and classify(line) is Kind.BYLINE:
                return names_in_byline(line)
        return ()

    def _visible(self) -> Iterator[html.HtmlElement]:
        for element in self._root.iter("p", "div", "span", "li", "address", "small"):
            if len(element) <= 3 and not {parent.tag for parent in element.iterancestors()} & {
                "footer",
                "aside",
                "nav",
            }:
                yield element


def _json_ld(root: html.HtmlElement) -> Iterator[dict[str, Any]]:
    for script in root.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            data = json.loads(script.text or "", strict=False)
        except (ValueError, RecursionError):
            continue
        queue = data if isinstance(data, list) else [data]
        for entry in queue:
            if isinstance(entry, dict):
                graph = entry.get("@graph")
                for node in graph if isinstance(graph, list) else [entry]:
                    kinds = node.get("@type") if isinstance(node, dict) else None
                    if any(kind in _ARTICLE_TYPES for kind in (kinds if isinstance(kinds, list) else [kinds])):
                        yield node


def _text_of(value: object) -> str:
    return plain(value) if isinstance(value, str) else ""


def _people(value: object) -> tuple[str, ...]:
    people = value if isinstance(value, list) else [value]
    names = [person.get("name") if isinstance(person, dict) else person for person in people]
    return tuple(
        dict.fromkeys(plain(name) for name in names if isinstance(name, str) and name.strip() and not is_web(name))
    )


def _moment(text: str) -> tuple[datetime, bool] | None:
    text = text.strip()
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return date_in(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)), len(text) <= len("2026-03-10")
