"""`briefing sources import` and `export`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from briefing.cli.common import ConfigOption, errors, opened, say


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
    from briefing.sources.lists import add_feeds
    from briefing.sources.opml import parse

    with errors(), opened(config, progress=False) as opened_app:
        path = find_config(config, os.environ, Path.home())
        most = opened_app.max_bytes
        body = sys.stdin.buffer.read(most + 1) if str(file) == "-" else read_file(file, most)
        if len(body) > most:
            raise UsageError(f"standard input is larger than the {most / 1e6:g} MB that are read")
        feeds = parse(str(file), body)
        counts: dict[str, int] = {}
        edit(path, lambda data: counts.update(add_feeds(data, feeds, topics)))
        added, known, made = counts["added"], counts["known"], counts["topics"]
        say(f"{added} feeds added, {known} were there already, {made} topics made of folders")
        if topics and counts["unfiled"] and counts["topics"]:
            say(f"{counts['unfiled']} feeds stand in no folder; their articles are told where they match a topic")


def export_sources(
    file: Annotated[Path | None, typer.Argument(help="Where to write it. Default: standard output.")] = None,
    config: ConfigOption = None,
) -> None:
    """Write the configured feeds as OPML; topics that name their sources become folders."""
    from briefing.config import find_config
    from briefing.sources.lists import exported
    from briefing.sources.opml import write

    with errors(), opened(config, progress=False) as opened_app:
        raw = find_config(config, os.environ, Path.home()).read_text(encoding="utf-8")
        body = write(opened_app.config.briefings[0].title, list(exported(opened_app.config, raw, say)))
        if file is None:
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
        else:
            file.write_bytes(body)
