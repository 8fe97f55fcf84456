"""`briefing sources`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.common import FAILED, ConfigOption, errors, opened, say

if TYPE_CHECKING:
    from briefing.app import App

app = typer.Typer(help="What is read.", no_args_is_help=True)


@app.command("list")
def list_sources(config: ConfigOption = None) -> None:
    """The configured sources."""
    with errors(), opened(config, progress=False) as opened_app:
        for source in opened_app.config.sources:
            where = getattr(source, "url", None) or getattr(source, "path", None) or ""
            typer.echo(f"{source.name}  [{source.type}]  {where}")


@app.command("check")
def check_sources(config: ConfigOption = None) -> None:
    """Ask every source for its items now; nothing is stored."""
    with errors(), opened(config) as opened_app:
        failed = sum(not _check(opened_app, source) for source in opened_app.sources)
        if failed:
            raise typer.Exit(FAILED)


def _check(opened_app: App, source: Any) -> bool:
    from briefing.errors import ItemError
    from briefing.render import local_time

    try:
        items = source.collect({}).items
    except ItemError as error:
        typer.echo(f"FAIL  {source.name}: {error.message}")
        return False
    dates = [item.published for item in items if item.published]
    newest = f", newest {local_time(max(dates), opened_app.config.briefings[0].time_zone)}" if dates else ""
    undated = f", {len(items) - len(dates)} without a date of their own" if len(dates) < len(items) else ""
    typer.echo(f"ok    {source.name}: {len(items)} items{newest}{undated}")
    return True


@app.command("add")
def add_source(
    where: Annotated[str, typer.Argument(help="Address of a feed, a site or a page; or a file, a folder or a glob.")],
    name: Annotated[str | None, typer.Option(help="What it is called. Default: from the address.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="feed, page or file. Default: found out.")] = None,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Try it first.")] = True,
    config: ConfigOption = None,
) -> None:
    """Add a source to the configuration file; its comments are kept."""
    from briefing.config import find_config
    from briefing.errors import ItemError, UsageError

    with errors(), opened(config) as opened_app:
        path = find_config(config, os.environ, Path.home())
        if kind not in (None, "feed", "page", "file"):
            raise UsageError(f'--type is one of feed, page, file, got "{kind}"')
        entry = {"name": name or _name_of(where), "type": kind or _kind_of(where, opened_app.base)}
        entry["path" if entry["type"] == "file" else "url"] = where
        if check:
            try:
                count = _try(opened_app, entry)
            except ItemError as error:
                if kind is not None or entry["type"] != "feed":
                    raise
                # A site without a feed can still be read as a page.
                say(f"{error.message}; trying it as a page")
                entry["type"] = "page"
                count = _try(opened_app, entry)
            say(f"{count} items there now")
        _append(path, entry)
        typer.echo(f"{entry['name']}  [{entry['type']}]  {where}")


def _name_of(where: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(where)
    return parts.netloc.removeprefix("www.") if parts.netloc else Path(where).stem or where


def _kind_of(where: str, base: Path) -> str:
    from briefing.fetch import local_path

    path = local_path(where)
    if path is None:
        return "feed"
    path = base / path.expanduser()
    # XML on disk is a feed; a JSON file is one only if it says so.
    if path.suffix.lower() in (".xml", ".rss", ".atom", ".rdf"):
        return "feed"
    if path.suffix.lower() == ".json" and path.is_file() and "jsonfeed.org" in path.read_text(errors="replace")[:500]:
        return "feed"
    return "file"


def _try(opened_app: App, entry: dict[str, str]) -> int:
    from pydantic import TypeAdapter

    from briefing.config import SourceConfig
    from briefing.plugins import find

    checked: Any = TypeAdapter(SourceConfig).validate_python(entry)
    return len(find("source", checked.type)(checked, opened_app.tools).collect({}).items)


def _append(path: Path, entry: dict[str, str]) -> None:
    """Write the entry to the end of the file's sources, if the file stays right with it. Raises ConfigError."""
    from briefing.config.edit import change_file

    change_file(path, os.environ, lambda data: data["sources"].append(entry))
