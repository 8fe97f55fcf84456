"""Subscription lists (OPML 1.0 and 2.0), in and out. Nothing is lost on the way: what we have no use for is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from briefing.decode import decode
from briefing.errors import SourceError
from briefing.text import is_web, normalise, one_line

FOLDERS = " / "
"""What stands between the names of nested folders where they are one name."""
_MOST = 20_000
_OURS = ("text", "xmlUrl")


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed of a list: its folders from outermost to innermost, and all attributes but its name and address."""

    name: str
    url: str
    folder: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


def parse(subject: str, body: bytes) -> list[Feed]:
    """The feeds of an OPML file in its order. Raises SourceError if it is none, or names no feed."""
    text = decode(body, None, markup=True)
    if "<opml" not in text[:5000].lower():
        raise SourceError(subject, "this is not an OPML file")
    # Entities are for multiplying and fetching here; a broken outline costs itself.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    start = text.lower().find("<opml")
    try:
        root = etree.fromstring(text[start:].encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise SourceError(subject, f"this OPML file is broken: {one_line(str(error))[:120]}") from error
    found: list[Feed] = []
    stack = [(element, ()) for element in reversed(list(root.iterfind("./body/outline")))] if root is not None else []
    todo: list[tuple[etree._Element, tuple[str, ...]]] = list(stack)
    while todo and len(found) < _MOST:
        element, folder = todo.pop()
        attributes = {str(name): normalise(str(value)).strip() for name, value in element.attrib.items()}
        lower = {name.lower(): name for name in attributes}
        name = one_line(attributes.get("text", "") or attributes.get("title", ""))
        address = attributes.get(lower.get("xmlurl", ""), "")
        if not address and attributes.get("type", "").lower() in ("rss", "atom"):
            address = attributes.get("url", "")
        if is_web(address):
            kept = {key: value for key, value in attributes.items() if key.lower() not in ("text", "xmlurl") and value}
            if kept.get("title") == name:
                del kept["title"]
            if kept.get("type") == "rss":
                del kept["type"]
            found.append(Feed(name or address, address, folder, kept))
        inner = (*folder, name) if name and not address else folder
        todo += [(child, inner) for child in reversed(element) if child.tag == "outline"]
    if not found:
        raise SourceError(subject, "this OPML file names no feed")
    return found


def write(title: str, feeds: Iterable[Feed]) -> bytes:
    """An OPML 2.0 file. A folder stands where its first feed stands."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _xml(title)
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], etree._Element] = {(): body}
    for feed in feeds:
        for depth in range(1, len(feed.folder) + 1):
            path = feed.folder[:depth]
            if path not in folders:
                name = _xml(path[-1])
                folders[path] = etree.SubElement(folders[path[:-1]], "outline", text=name, title=name)
        name = _xml(feed.name)
        outline = etree.SubElement(
            folders[feed.folder], "outline", text=name, title=name, type="rss", xmlUrl=_xml(feed.url)
        )
        for key, value in feed.attributes.items():
            if key not in _OURS:
                try:
                    outline.set(key, _xml(value))
                except ValueError:
                    continue  # not a name XML knows
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _xml(text: str) -> str:
    return "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    )
