"""Invented pages: the project's example articles set in layouts that the web uses. What is article is known exactly."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """An article that a page holds: headline, day, author, paragraphs."""

    title: str
    day: str
    author: str
    paragraphs: tuple[str, ...]


Layout = Callable[[Told], str]
Listing = Callable[[Sequence[Told]], str]

NAV = (
    '<header class="site"><div class="logo"><a href="/">The Harrow Cross Herald</a></div><nav><ul><li><a href="/news">News</a></li>'
    '<li><a href="/sport">Sport</a></li><li><a href="/weather">Weather</a></li><li><a href="/jobs">Jobs</a></li></ul></nav></header>'
)
FOOT = (
    '<footer><p>© 2026 The Harrow Cross Herald. All rights reserved.</p><ul><li><a href="/about">About us</a></li>'
    '<li><a href="/privacy">Privacy policy</a></li><li><a href="/contact">Contact</a></li></ul></footer>'
)
RELATED = (
    '<aside class="related"><h3>More stories</h3><ul><li><a href="/1">Kelby baker wins prize for rye loaf</a></li>'
    '<li><a href="/2">Roadworks on the Dunmarrow bypass until June</a></li><li><a href="/3">Letters: the trouble with gulls</a></li></ul></aside>'
)
SHARE = '<div class="share-bar"><a href="#">Share</a> <a href="#">Tweet</a> <a href="#">E-mail</a> <a href="#">Print</a></div>'
SIGN_UP = (
    '<div class="newsletter-signup"><h4>Never miss a story</h4><p>Sign up for our morning newsletter and get the news in your inbox.</p>'
    '<form><input type="email"><button>Subscribe</button></form></div>'
)
COMMENTS = (
    '<section id="comments" class="comments"><h3>3 comments</h3><div class="comment"><b>gullfan</b><p>About time somebody said it, the council has been asleep for years.</p></div>'
    '<div class="comment"><b>Old Tom</b><p>My cousin works there and he says it is all quite different in truth.</p></div></section>'
)
COOKIES = (
    '<div id="cookie-consent" class="cookie-banner"><p>We and our partners use cookies to improve your experience. By continuing you accept our policy.</p>'
    "<button>Accept all</button><button>Manage preferences</button></div>"
)


def _page(title: str, body: str, head: str = "") -> str:
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)} | The Harrow Cross Herald</title>{head}</head><body>{body}</body></html>'


def _ps(told: Told, before: str = "<p>", after: str = "</p>") -> str:
    return "".join(f"{before}{html.escape(text)}{after}" for text in told.paragraphs)


def _middle(told: Told, extra: str) -> str:
    half = max(1, len(told.paragraphs) // 2)
    first, second = (Told("", "", "", part) for part in (told.paragraphs[:half], told.paragraphs[half:]))
    return _ps(first) + extra + _ps(second)


def _h(told: Told, level: int = 1) -> str:
    return f"<h{level}>{html.escape(told.title)}</h{level}>"


def _meta(told: Told) -> str:
    return f'<p class="meta"><span class="author">By {told.author}</span> <time datetime="{told.day}">{told.day}</time></p>'


def semantic(told: Told) -> str:
    """HTML5 with everything in its element."""
    return _page(told.title, f"{NAV}<main><article>{_h(told)}{_meta(told)}{_ps(told)}</article>{RELATED}</main>{FOOT}")


def soup(told: Told) -> str:
    """Nothing but divs."""
    return _page(told.title, f'<div class="top">{NAV}</div><div class="w"><div class="c1"><div class="t">{html.escape(told.title)}</div><div class="b">{_ps(told, "<div>", "</div>")}</div></div></div>{FOOT}')  # fmt: skip


def wordpress(told: Told) -> str:
    """The commonest theme's classes."""
    return _page(told.title, f'{NAV}<div id="content"><div class="post type-post hentry"><h1 class="entry-title">{html.escape(told.title)}</h1><div class="entry-meta">{_meta(told)}</div><div class="entry-content">{_ps(told)}</div>{SHARE}</div><div id="secondary" class="widget-area">{RELATED}</div></div>{COMMENTS}{FOOT}')  # fmt: skip


def tables(told: Told) -> str:
    """A page of the nineties."""
    return _page(told.title, f'<table width="100%"><tr><td width="150">{NAV}</td><td><font size="5"><b>{html.escape(told.title)}</b></font>{_ps(told, "<p><font face=serif>", "</font></p>")}</td></tr></table>{FOOT}')  # fmt: skip


def breaks(told: Told) -> str:
    """Paragraphs divided by line breaks."""
    text = "<br><br>".join(html.escape(text) for text in told.paragraphs)
    return _page(
        told.title,
        f'{NAV}<div class="article-body">{_h(told)}{_meta(told)}<div class="text">{text}</div></div>{RELATED}{FOOT}',
    )


def interrupted(told: Told) -> str:
    """A form, a share bar and teasers in the middle of the text."""
    return _page(told.title, f'{NAV}<main><article>{_h(told)}{SHARE}{_meta(told)}{_middle(told, SIGN_UP + RELATED)}{SHARE}</article></main>{COMMENTS}{FOOT}')  # fmt: skip


def banner(told: Told) -> str:
    """A consent banner above the text."""
    return _page(told.title, f"{COOKIES}{NAV}<main><article>{_h(told)}{_meta(told)}{_ps(told)}</article></main>{FOOT}")


def figures(told: Told) -> str:
    """Pictures with captions and credits."""
    figure = '<figure><img src="/a.jpg" alt="A picture"><figcaption>A view of the town hall. Photo: L. Brandt</figcaption></figure>'
    return _page(
        told.title,
        f"{NAV}<main><article>{_h(told)}{_meta(told)}{figure}{_middle(told, figure)}</article></main>{RELATED}{FOOT}",
    )


def modules(told: Told) -> str:
    """Generated class names, deep wrappers, sections."""
    inner = "".join(
        f'<div class="css-1a2b"><p class="css-x9">{html.escape(text)}</p></div>' for text in told.paragraphs
    )
    return _page(told.title, f'<div id="__next"><div class="css-0">{NAV}<div class="css-8 layout"><section class="css-3" name="articleBody"><h1 class="css-h">{html.escape(told.title)}</h1>{inner}</section>{RELATED}</div>{FOOT}</div></div>')  # fmt: skip


def subheads(told: Told) -> str:
    """Sections with headings of their own, which are part of the article."""
    third = max(2, len(told.paragraphs) // 3)
    parts = [told.paragraphs[at : at + third] for at in range(0, len(told.paragraphs), third)]
    names = ("What happened", "What is known so far", "What comes next", "How people see it", "Before that", "And then")
    body = "".join(
        (f"<h2>{names[at % len(names)]}</h2>" if at else "") + _ps(Told("", "", "", tuple(part)))
        for at, part in enumerate(parts)
    )
    return _page(told.title, f"{NAV}<main><article>{_h(told)}{_meta(told)}{body}</article></main>{RELATED}{FOOT}")


def sections(told: Told) -> str:
    """One article in several section elements, each with a heading: not several articles."""
    half = max(1, len(told.paragraphs) // 2)
    parts = (told.paragraphs[:half], told.paragraphs[half:])
    body = "".join(
        f'<section class="part"><h2>Part {at}</h2>{_ps(Told("", "", "", tuple(part)))}</section>'
        for at, part in enumerate(parts, 1)
    )
    return _page(told.title, f"{NAV}<main>{_h(told)}{_meta(told)}{body}</main>{FOOT}")


def hidden(told: Told) -> str:
    """Menus and dialogs that are hidden until they are asked for."""
    menu = '<div class="menu" style="display:none"><p>Choose your edition and your region to see news, weather and traffic near you today.</p></div>'
    dialog = '<div class="modal"><p>You have read all of your free articles this month. Subscribe to go on reading the Herald.</p></div>'
    return _page(told.title, f"{NAV}{menu}<main><article>{_h(told)}{_meta(told)}{_ps(told)}</article></main>{dialog}{FOOT}", "<style>.modal{display:none;color:red}</style>")  # fmt: skip


SINGLE: dict[str, Layout] = {
    "semantic": semantic, "divs": soup, "WordPress": wordpress, "tables": tables, "line breaks": breaks, "interrupted": interrupted,
    "consent banner": banner, "figures": figures, "generated classes": modules, "subheads": subheads, "sections": sections, "hidden parts": hidden,
}  # fmt: skip


def _all(many: Sequence[Told], one: Callable[[Told], str], between: str = "") -> str:
    return between.join(one(told) for told in many)


def articles(many: Sequence[Told]) -> str:
    """Each in an article element."""
    return _page(
        "Today", f"{NAV}<main>{_all(many, lambda t: f'<article>{_h(t, 2)}{_meta(t)}{_ps(t)}</article>')}</main>{FOOT}"
    )


def posts(many: Sequence[Told]) -> str:
    """A blog's front page with whole posts."""

    def one(t: Told) -> str:
        return f'<div class="post hentry"><h2 class="entry-title"><a href="/{t.day}/{len(t.title)}">{html.escape(t.title)}</a></h2><div class="entry-meta">Posted on {t.day} by {t.author}</div><div class="entry-content">{_ps(t)}</div></div>'  # fmt: skip

    return _page("Home", f'{NAV}<div id="content">{_all(many, one)}</div>{RELATED}{FOOT}')


def sectioned(many: Sequence[Told]) -> str:
    """Each in a section with a time."""
    return _page("Digest", f"{NAV}<main><h1>The day in brief</h1>{_all(many, lambda t: f'<section class=item>{_h(t, 2)}{_meta(t)}{_ps(t)}</section>')}</main>{FOOT}")  # fmt: skip


def flat(many: Sequence[Told]) -> str:
    """Headings and paragraphs in one block, each heading followed by a byline."""
    return _page(
        "Digest", f'{NAV}<div class="content">{_all(many, lambda t: f"{_h(t, 2)}{_meta(t)}{_ps(t)}")}</div>{FOOT}'
    )


def ruled(many: Sequence[Told]) -> str:
    """Divided by rules."""
    return _page(
        "Digest",
        f'{NAV}<div class="content">{_all(many, lambda t: f"{_h(t, 2)}{_meta(t)}{_ps(t)}", "<hr>")}</div>{FOOT}',
    )


def live(many: Sequence[Told]) -> str:
    """A live blog's entries."""

    def one(t: Told) -> str:
        return f'<div class="live-entry" id="e{len(t.title)}"><time datetime="{t.day}T09:00:00Z">09:00</time><h3>{html.escape(t.title)}</h3>{_ps(t)}</div>'

    return _page(
        "Live", f'{NAV}<main><h1>The day as it happened</h1><div class="live">{_all(many, one)}</div></main>{FOOT}'
    )


def letter(many: Sequence[Told]) -> str:
    """A newsletter of nested tables."""

    def one(t: Told) -> str:
        return f'<tr><td><table><tr><td><h2><a href="/x{len(t.title)}">{html.escape(t.title)}</a></h2></td></tr><tr><td>By {t.author}, {t.day}</td></tr><tr><td>{_ps(t)}</td></tr></table></td></tr>'

    return _page(
        "Letter",
        f'<table width="600" align="center"><tr><td>The Herald, every morning</td></tr>{_all(many, one)}<tr><td>Unsubscribe</td></tr></table>',
    )


def microdata(many: Sequence[Told]) -> str:
    """Marked with schema.org's microdata."""

    def one(t: Told) -> str:
        return f'<div itemscope itemtype="https://schema.org/NewsArticle"><h2 itemprop="headline">{html.escape(t.title)}</h2><meta itemprop="datePublished" content="{t.day}"><span itemprop="author">{t.author}</span><div itemprop="articleBody">{_ps(t)}</div></div>'

    return _page("News", f"{NAV}<main>{_all(many, one)}</main>{RELATED}{FOOT}")


SEVERAL: dict[str, Listing] = {
    "article elements": articles, "blog posts": posts, "sections": sectioned, "flat": flat, "rules": ruled, "live blog": live,
    "newsletter": letter, "microdata": microdata,
}  # fmt: skip
