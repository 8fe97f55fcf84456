"""Nothing active by the other doors: the page, an answer's mail, feeds of editions, notes, messages to rooms, file names."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from benchmarks.hostile import Figure
from benchmarks.hostile.active import LINKS, PAYLOADS, counted, editions, live
from benchmarks.hostile.house import opened
from briefing.render import Renderer
from briefing.text import is_web
from briefing.types import Edition, Message

NAME, PROMISE = "active content, other doors", 9

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]")
_OURS = frozenset({"form", "input", "button", "textarea", "select", "details", "link", "script"})
"""Elements that our own page has; what they hold is looked at instead."""


DRAWN = {"svg", "title", "desc", "rect", "line"}
PENS = {
    "id", "class", "role", "aria-labelledby", "viewBox", "preserveAspectRatio", "x", "y", "x1", "y1", "x2", "y2", "width", "height",
}  # fmt: skip


def _ours(drawing: Any) -> bool:
    """Whether an SVG is one of our charts: bars, a line, words, and no attribute that does, loads or leads anywhere."""
    parts = [(str(one.tag).rsplit("}", 1)[-1], one) for one in drawing.iter()]
    return drawing.get("class") == "chart" and all(tag in DRAWN and set(one.attrib) <= PENS for tag, one in parts)


def strange(page: str) -> list[str]:
    """What in a page of our own server is not its own: code, styles, forms and loads from anywhere but there."""
    import html5lib

    found = []
    tree = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            found.append("a comment")
            continue
        tag = element.tag.rsplit("}", 1)[-1].lower()
        text = (element.text or "").strip()
        if tag in ("script", "style") and (text or not element.get("src", "").startswith("/static/")):
            found.append(f"<{tag}> {text[:40]}")
        if tag in (
            "base",
            "object",
            "embed",
            "iframe",
            "frame",
            "math",
            "img",
            "video",
            "audio",
            "portal",
            "template",
            "marquee",
            "applet",
            "noscript",
            "isindex",
            "picture",
            "source",
            "track",
        ):
            found.append(f"<{tag}>")
        if tag == "svg" and not _ours(element):
            found.append("<svg>")
        if tag == "meta" and element.get("http-equiv"):
            found.append("<meta http-equiv>")
        if tag == "input" and "autofocus" in element.attrib:
            found.append("<input autofocus>")
        for raw, value in element.attrib.items():
            name = str(raw).rsplit("}", 1)[-1].lower()
            parts = urlsplit(value.strip())
            inside = not parts.scheme and not parts.netloc
            if name.startswith("on") or name in (
                "style",
                "srcdoc",
                "ping",
                "background",
                "poster",
                "srcset",
                "xlink:href",
            ):
                found.append(f"{tag} {name}={value[:40]}")
            if name in ("src", "action", "formaction", "data") and not (
                (inside and value.startswith("/")) or (tag == "form" and not value)
            ):
                found.append(f"{tag} {name}={value[:40]}")
            if name == "href" and tag == "link" and not value.startswith("/static/"):
                found.append(f"link href={value[:40]}")
            if name == "href" and parts.scheme.lower() not in ("", "http", "https"):
                found.append(f"{tag} href={value[:40]}")
            if name == "href" and not parts.scheme and parts.netloc:
                found.append(f"{tag} href={value[:40]}")
    found += [f"unseen {match[0]!r}" for match in _UNSEEN.finditer(page)]
    return found


def _paths(edition: Edition, payload: str) -> list[str]:
    """Where the page can show what strangers wrote, and what its own visitor is made to ask by a link."""
    asked = quote(payload.encode("utf-8", "replace"))
    articles = [article for summary in edition.summaries for article in summary.pick.story.articles]
    threads = [f"/stories/daily/{summary.pick.story.id}" for summary in edition.summaries]
    marks = [f"/articles/{one.id}?edition={edition.id}&mark=0-20,30-9999" for one in articles]
    return [
        "/", "/editions", f"/editions/daily/{edition.slot}", *marks, *threads, "/charts", "/sources", *(f"/articles/{one.id}" for one in articles[:2]), "/status", "/topics", "/search?q=bridge", "/search?q=script", f"/search?q={asked}", f"/search?q=bridge&place={asked}&order={asked}",
        f"/ask?url={asked}", f"/topics/edit?name={asked}", f"/editions/{asked}/{asked}", f"/{asked}", f"/articles/{asked}", f"/?briefing={asked}", f"/charts?briefing={asked}&days={asked}", f"/stories/{asked}/{asked}",
        f"/sources/edit?name={asked}", f"/login?next={asked}", f"/editions?briefing={asked}&before={asked}",
    ]  # fmt: skip


def _site(folder: Path, kind: str, payloads: tuple[str, ...]) -> tuple[list[str], int]:
    """What the page shows of an installation that has read the attack."""
    from starlette.testclient import TestClient

    from briefing.web import create_app
    from briefing.web.security import CONTENT_SECURITY_POLICY

    found, pages = [], 0
    with opened(folder, kind) as app:
        edition = app.find_edition("daily", None)
        with TestClient(create_app(app), base_url="http://localhost", raise_server_exceptions=False) as client:
            paths = [path for payload in payloads for path in _paths(edition, payload)]
            for path in dict.fromkeys(paths):
                answer = client.get(path, headers={"Accept": "text/html"})
                pages += 1
                if answer.status_code >= 500:
                    found.append(f"{answer.status_code} at {path[:60]}")
                if (
                    answer.headers.get("content-security-policy") != CONTENT_SECURITY_POLICY
                    or answer.headers.get("x-content-type-options") != "nosniff"
                ):
                    found.append(f"no policy at {path[:60]}")
                if answer.headers.get("content-type", "").startswith("text/html"):
                    found += strange(answer.text)
            for path in (
                "/api/v1/editions",
                "/api/v1/articles",
                f"/api/v1/editions/{edition.id}",
                "/api/v1/search?q=bridge",
            ):
                answer = client.get(path, headers={"Accept": "text/html"})
                if not answer.headers["content-type"].startswith("application/"):
                    found.append(f"{answer.headers['content-type']} at {path}")
    return found, pages


def _fed(edition: Edition, renderer: Renderer, place: Path) -> list[str]:
    """The feed of editions, as a feed reader and an HTML5 parser see it."""
    import feedparser

    from briefing.channels.feed import FeedChannel
    from briefing.config import FeedChannelConfig

    place.mkdir()
    channel = FeedChannel(
        FeedChannelConfig.model_validate({"type": "feed", "folder": "f", "url": "https://ok.example/f"}), place
    )
    bodies = {form: renderer.render(edition, form) for form in ("entry", "html")}
    titles = "".join(str(one.title) for one in edition.summaries)
    (recipient,) = channel.recipients()
    message = Message(
        id="<1@ok.example>", recipient=recipient.address, subject=renderer.subject(edition) + titles, day=edition.day, made=edition.made,
        briefing=edition.briefing, bodies=bodies, title=titles,
    )  # fmt: skip
    channel.send(message)
    found = []
    folder = Path(recipient.address)
    atom = feedparser.parse((folder / "feed.atom").read_bytes(), sanitize_html=False)
    record = json.loads((folder / "feed.json").read_text(encoding="utf-8"))
    if atom.bozo or len(atom.entries) != 1:
        found.append(f"the feed breaks: {atom.get('bozo_exception')}")
    contents = [part.value for entry in atom.entries for part in entry.content] + [
        item["content_html"] for item in record["items"]
    ]
    for content in contents:
        found += live(content)
    found += [f"unseen {match[0]!r}" for content in contents for match in _UNSEEN.finditer(content)]
    return found


def _noted(edition: Edition, renderer: Renderer) -> list[str]:
    """Notes: their properties are those we wrote, and their Markdown is as harmless as the edition's."""
    from markdown_it import MarkdownIt
    from ruamel.yaml import YAML

    found = []
    note = renderer.render(edition, "obsidian")
    _, head, body = note.split("---\n", 2)
    properties = YAML(typ="safe").load(head)
    if set(properties) != {"title", "date", "created", "briefing", "language", "stories", "tags", "outlets"}:
        found.append(f"properties {sorted(properties)}")
    outline = renderer.render(edition, "logseq")
    names = {line.partition("::")[0] for line in outline.split("\n") if re.match(r"\s*[\w-]+::", line)}
    if names - {"title", "tags", "date", "type", "stories"}:
        found.append(f"properties {sorted(names)}")
    for text in (body, outline):
        for flavour in ("commonmark", "gfm-like"):
            rendered = MarkdownIt(flavour, {"html": True, "linkify": False}).render(text)
            found += [one for one in live(rendered) if "href=file:" not in one]
        found += [f"unseen {match[0]!r}" for match in _UNSEEN.finditer(text)]
    return found


def _pushed(edition: Edition, renderer: Renderer) -> list[str]:
    """Messages to rooms call nobody, and hold no character that steers what shows them."""
    from briefing.channels.push import harmless

    blocks = [harmless(block) for block in json.loads(renderer.render(edition, "blocks"))]
    calls = [block for block in blocks if re.search(r"@(everyone|here|channel|all|room)\b|<[@!#]", block, re.I)]
    return [f"calls {block[:40]}" for block in calls] + [
        f"unseen {match[0]!r}" for block in blocks for match in _UNSEEN.finditer(block)
    ]


def _answered(edition: Edition, renderer: Renderer) -> list[str]:
    """A full text that was asked for, by mail."""
    found = []
    for summary in edition.summaries:
        article = summary.article
        paragraphs = article.text.split("\n")
        values = {
            "language": "en", "title": article.title or "", "outlet": article.source, "authors": list(article.authors), "published": "", "url": article.url if is_web(article.url) else "",
            "paragraphs": paragraphs, "notes": list(article.notes),
        }  # fmt: skip
        page = renderer.inlined("article.html.j2", values)
        plain = {
            "title": "A",
            "paragraphs": ["B"] * len(paragraphs),
            "outlet": "C",
            "authors": ["D"],
            "url": "https://ok.example/",
        }
        known = counted(renderer.inlined("article.html.j2", values | plain))
        found += live(page, known)
    return found


_CALLS = (
    "@everyone the bridge is open",
    "<!channel> said Kelby",
    "<@U024BE7LH> is the mayor",
    "<#C024|x> and @here",
    "@all @room @channel",
)
_NOTES = ("---\nadmin: true\n---", "admin:: true", "title: x\ntags: [y]", "- - -", "...\n--- !!python/object:os.system", "{{embed ((x))}}", "![[secret]]", "[[../../etc/passwd]]", "%%x%%", "#tag/evil", "<%* x %>", "```dataviewjs\nx\n```", "$= 1", "((x)) #+BEGIN_QUERY")  # fmt: skip
_NAMES = ("../../etc/passwd", "..\\..\\x", "C:\\x", "/etc/passwd", "con", "a\x00b", "a\nb", ".", "..", "", "~/x", "a" * 500, "\u202egnp.exe", "x/../../y", "-rf", "é" * 300, "\ud800", "|x", "$(x)", "`x`", "CON.txt", "nul")  # fmt: skip


def _files(place: Path) -> list[str]:
    """Text as a file's name stays inside its folder."""
    from briefing.channels.folder import file_name, write_all

    found = []
    place.mkdir()
    for text in _NAMES:
        name = file_name(text)
        (path,) = write_all(place, {name: "x"})
        if path.resolve().parent != place.resolve() or len(name.encode()) > 255:
            found.append(f"{text[:20]!r} becomes {name[:40]!r}")
    return found


def measure(short: bool) -> Iterator[Figure]:
    """Editions full of payloads, seen through each door."""
    payloads: tuple[str, ...] = (*PAYLOADS, *_CALLS, *_NOTES)
    payloads = payloads[::6] if short else payloads
    renderer = Renderer()
    found: dict[str, list[str]] = {door: [] for door in ("page", "feed", "notes", "messages", "full text")}
    pages = 0
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for at, edition in enumerate(editions(payloads, LINKS, place)):
            # By turns a feed and a file, as they were made.
            folder, kind = (
                sorted(place.glob("fj"[at % 2] + "*"), key=lambda one: int(one.name[1:]))[-1],
                ("feed, url: feed.xml", "file, path: strange")[at % 2],
            )
            some = payloads[at // 2 * 8 :][:2]
            seen, count = _site(folder, kind, some)
            pages += count
            found["page"] += seen
            found["feed"] += _fed(edition, renderer, place / f"out{at}")
            found["notes"] += _noted(edition, renderer)
            found["messages"] += _pushed(edition, renderer)
            found["full text"] += _answered(edition, renderer)
        yield _figure(
            f"live, remote or unseen in {pages} pages of the web page ({len(payloads)} payloads)", found["page"]
        )
        yield _figure("live, remote or unseen in feeds of editions", found["feed"])
        yield _figure("live, or properties of theirs, in notes", found["notes"])
        yield _figure("calls and unseen characters in messages to rooms", found["messages"])
        yield _figure("live or remote in a full text sent by mail", found["full text"])
        yield _figure(f"{len(_NAMES)} titles as names of files that leave their folder", _files(place / "names"))


def _figure(what: str, wrong: list[str]) -> Figure:
    seen = f"{len(wrong)}" + (f" ({'; '.join(dict.fromkeys(wrong))[:400]})" if wrong else "")
    return Figure(what, seen, "0", not wrong)
