"""Sites whose feeds lie at an address that can be told from the page's own, and entries that point elsewhere. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlsplit

from briefing.sources.formats.entry import Entry
from briefing.text import plain

_LINKS_WORDS = re.compile(
    r"\W*(?:comments?|read (?:more|on|it|the (?:full |whole )?(?:article|story))|continue reading|more|link|view|"
    r"full (?:story|article)|article|source)\W*",
    re.I,
)


def feed_address(url: str) -> str:
    """The feed of a page of Hacker News, Reddit, YouTube, Mastodon's kind, GitHub or Medium; else `url` itself.

    >>> feed_address("https://www.reddit.com/r/science/")
    'https://www.reddit.com/r/science/.rss'
    >>> feed_address("https://www.youtube.com/channel/UCabc_123")
    'https://www.youtube.com/feeds/videos.xml?channel_id=UCabc_123'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host, path = (parts.hostname or "").removeprefix("www.").removeprefix("m."), parts.path.rstrip("/")
    if host == "news.ycombinator.com":
        feeds = {"": "rss", "/news": "rss", "/show": "showrss"}
        return f"https://news.ycombinator.com/{feeds[path]}" if path in feeds else url
    if host in ("reddit.com", "old.reddit.com", "new.reddit.com") and not path.endswith(".rss"):
        if re.fullmatch(r"(?:/(?:r|user|u)/[\w+-]+(?:/(?:new|top|hot|rising|submitted|m/\w+))?)?", path):
            return f"https://www.reddit.com{path}/.rss{'?' + parts.query if parts.query else ''}"
        return url
    if host == "youtube.com":
        query = parse_qs(parts.query)
        if match := re.match(r"/channel/(UC[\w-]+)", path):
            return f"https://www.youtube.com/feeds/videos.xml?channel_id={match[1]}"
        if path == "/playlist" and query.get("list"):
            return f"https://www.youtube.com/feeds/videos.xml?playlist_id={quote(query['list'][0], safe='')}"
        if match := re.match(r"/user/([\w-]+)", path):
            return f"https://www.youtube.com/feeds/videos.xml?user={match[1]}"
        return url
    if host == "medium.com" and re.fullmatch(r"/@?[\w.-]+", path) and not path.startswith("/feed"):
        return f"https://medium.com/feed{path}"
    if host == "github.com" and re.fullmatch(r"/[\w.-]+/[\w.-]+/(?:releases|tags|commits(?:/[\w./-]+)?)", path):
        return f"https://github.com{path}.atom"
    if re.fullmatch(r"/@[\w.]+", path) and host not in ("youtube.com", "medium.com", "threads.net", "tiktok.com"):
        return f"{parts.scheme}://{parts.netloc}{path}.rss"  # Mastodon and its kind
    return url


def told_entry(entry: Entry, feed: str) -> tuple[Entry, tuple[str, ...]]:
    """The entry as its article is to be read, and notes: a post that only points at an article gives way to it."""
    host = (urlsplit(feed).hostname or "").removeprefix("www.")
    if host.endswith("reddit.com"):
        return _reddit(entry)
    if host == "news.ycombinator.com" and re.fullmatch(r"\s*comments?\s*", entry.text, re.I):
        return replace(entry, html="", text=""), ("found on Hacker News",)
    if _LINKS_WORDS.fullmatch(entry.text):
        # A link's words, not a teaser.
        return replace(entry, html="", text=""), ()
    return entry, ()


def _reddit(entry: Entry) -> tuple[Entry, tuple[str, ...]]:
    targets = {
        plain(words): html.unescape(target)
        for target, words in re.findall(
            r'<a\s[^>]{0,500}?href="([^"]{1,2000})"[^>]{0,500}>([^<]{1,60})</a>', entry.html[:20_000]
        )
    }
    post = re.search(r'<div class="md">(.*)</div>', entry.html, re.S)
    target = targets.get("[link]", "")
    inside = re.match(r"https?://(?:[\w-]+\.)*(?:reddit\.com|redd\.it|redditmedia\.com)/", target)
    if target and not inside:
        return replace(entry, link=target, html="", text="", authors=()), ("found on Reddit",)
    body = post[1] if post else ""
    return replace(entry, html=body, text=plain(body), is_content=bool(body)), ("a post on Reddit",)
