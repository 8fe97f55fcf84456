"""`briefing sources import` and `export`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from briefing.cli.common import ConfigOption, errors, opened, say

if TYPE_CHECKING:
    from briefing.config import Config
    from briefing.sources.opml import Feed


def import_sources(
    file: Annotated[Path, typer.Argument(help="An OPML file, or - for standard input.")],
    topics: Annotated[bool, typer.Option("--topics/--no-topics", help="Make a topic of each folder.")] = True,
    config: ConfigOption = None,
) -> None:
    """Add the feeds of an OPML file to the configuration; its folders become topics of those feeds."""
    from briefing.cli.sources import edit
    from briefing.config import find_config
    from briefing.errors import UsageError
    from briefing.fetch import read_file
    from briefing.sources.opml import parse

    with errors(), opened(config, progress=False) as opened_app:
        path = find_config(config, os.environ, Path.home())
        most = opened_app.max_bytes
        body = sys.stdin.buffer.read(most + 1) if str(file) == "-" else read_file(file, most)
        if len(body) > most:
            raise UsageError(f"standard input is larger than the {most / 1e6:g} MB that are read")
        feeds = parse(str(file), body)
        counts: dict[str, int] = {}
        edit(path, lambda data: counts.update(_add(data, feeds, topics)))
        added, known, made = counts["added"], counts["known"], counts["topics"]
        say(f"{added} feeds added, {known} were there already, {made} topics made of folders")
        if topics and counts["unfiled"] and counts["topics"]:
            say(f"{counts['unfiled']} feeds stand in no folder; their articles are told where they match a topic")


def _add(data: Any, feeds: list[Feed], topics: bool) -> dict[str, int]:
    from briefing.sources.opml import FOLDERS

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


def export_sources(
    file: Annotated[Path | None, typer.Argument(help="Where to write it. Default: standard output.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the configured feeds as OPML; topics that name their sources become folders."""
    from briefing.config import find_config
    from briefing.sources.opml import write

    with errors(), opened(config, progress=False) as opened_app:
        raw = find_config(config, os.environ, Path.home()).read_text(encoding="utf-8")
        body = write(opened_app.config.briefings[0].title, list(_exported(opened_app.config, raw)))
        if file is None:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
        else:
            file.write_bytes(body)


def _exported(config: Config, raw: str) -> Iterator[Feed]:
    from briefing.config import FeedConfig
    from briefing.sources.opml import FOLDERS, Feed
    from briefing.text import is_web

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
            say(f"{source.name} is left out: its address holds a secret")
            continue
        kept = {key: value for key, value in source.outline.items() if key != "text"}
        name = source.outline.get("text", source.name)
        for folder in folders.get(source.name, [""]):
            yield Feed(name, source.url, tuple(folder.split(FOLDERS)) if folder else (), kept)
    if others:
        say(f"{others} sources that are no feeds on the web are left out")
