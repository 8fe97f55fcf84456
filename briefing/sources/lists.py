"""Subscription lists and the configuration's file: feeds of the one put into the other, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from briefing.config import Config, FeedConfig
from briefing.sources.opml import FOLDERS, Feed
from briefing.text import is_web


def add_feeds(data: Any, feeds: Sequence[Feed], topics: bool) -> dict[str, int]:
    """Put feeds into the mapping of a configuration's file; with `topics`, their folders become topics of them.

    Returns how many were "added", "known" before, how many "topics" that made, and how many stand in no folder
    ("unfiled").
    """

    named = {str(entry["name"]).casefold() for entry in data["sources"]}
    # The same feed is the same source, whatever list names it again.
    known = {str(entry.get("url")): str(entry["name"]) for entry in data["sources"] if entry.get("url")}
    counts = {"added": 0, "known": 0, "topics": 0, "unfiled": 0}
    listed: set[str] = set()
    for feed in feeds:
        url = _literal(feed.url)
        if url in known:
            counts["known"] += url not in listed
        else:
            name = _free_name(feed, named)
            named.add(_literal(name).casefold())
            known[url] = _literal(name)
            extra = dict(feed.attributes) | ({"text": feed.name} if name != feed.name else {})
            entry: dict[str, Any] = {"name": _literal(name), "type": "feed", "url": url}
            if extra:
                entry["outline"] = {key: _literal(value) for key, value in extra.items()}
            data["sources"].append(entry)
            counts["added"] += 1
        listed.add(url)
        if not feed.folder:
            counts["unfiled"] += 1
        elif topics:
            counts["topics"] += _file(data, _literal(FOLDERS.join(feed.folder)[:200].strip()), known[url])
    return counts


def _file(data: Any, topic: str, source: str) -> int:
    """Put a source under a topic. Returns how many topics that made."""
    if data.get("topics") is None:
        data["topics"] = []
    found = next((entry for entry in data["topics"] if str(entry["name"]).casefold() == topic.casefold()), None)
    if found is not None and not found.get("sources") and (found.get("description") or found.get("keywords")):
        # Sources would leave out what the topic takes from others today.
        return _file(data, f"{topic} (folder)", source)
    if found is None:
        data["topics"].append({"name": topic, "sources": [source]})
        return 1
    if source not in found.setdefault("sources", []):
        found["sources"].append(source)
    return 0


def _literal(text: str) -> str:
    """Text as it stands in the configuration, where ${NAME} would be replaced."""
    return re.sub(r"\$(?=[${])", "$$", text)


def _free_name(feed: Feed, taken: set[str]) -> str:
    name = feed.name[:160].strip() or feed.url[:160]
    if _literal(name).casefold() not in taken:
        return name
    name = f"{name} ({urlsplit(feed.url).hostname or 'feed'})"
    number, first = 2, name
    while _literal(name).casefold() in taken:
        name, number = f"{first} {number}", number + 1
    return name


def exported(config: Config, raw: str, leave: Callable[[str], None]) -> Iterator[Feed]:
    """The feeds of a configuration, whose file holds `raw`; `leave` is told in words what is left out."""
    folders: dict[str, list[str]] = {}
    for topic in config.topics:
        for name in topic.sources:
            folders.setdefault(name, []).append(topic.name)
    others = 0
    for source in config.sources:
        if not isinstance(source, FeedConfig) or not is_web(source.url):
            others += 1
            continue
        # An address that was put together from the environment, or has a login in it, is nobody else's.
        if (source.url not in raw and _literal(source.url) not in raw) or "@" in urlsplit(source.url).netloc:
            leave(f"{source.name} is left out: its address holds a secret")
            continue
        kept = {key: value for key, value in source.outline.items() if key != "text"}
        name = source.outline.get("text", source.name)
        for folder in folders.get(source.name, [""]):
            yield Feed(name, source.url, tuple(folder.split(FOLDERS)) if folder else (), kept)
    if others:
        leave(f"{others} sources that are no feeds on the web are left out")
