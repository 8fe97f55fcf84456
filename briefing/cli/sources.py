"""`briefing sources`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli import opml
from briefing.cli.common import FAILED, ConfigOption, errors, opened, say
from briefing.types import Collected

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.errors import ItemError
    from briefing.store import SourceHealth

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
    """Ask every source for its items now. Items are not stored; a source that is well again rests no longer."""
    from concurrent.futures import ThreadPoolExecutor

    with errors(), opened(config) as opened_app:
        sources = opened_app.sources
        known = opened_app.store.health()
        with ThreadPoolExecutor(opened_app.config.fetch.parallel) as pool:
            outcomes = list(pool.map(_ask, sources))
        for source, outcome in zip(sources, outcomes, strict=True):
            for line in _told(opened_app, source, outcome, known.get(source.name)):
                typer.echo(line)
        well = [s.name for s, outcome in zip(sources, outcomes, strict=True) if isinstance(outcome, Collected)]
        opened_app.store.clear_rest(well)
        if len(well) < len(sources):
            raise typer.Exit(FAILED)


def _ask(source: Any) -> Collected | ItemError:
    from briefing.errors import ItemError, SourceError

    try:
        found: Collected = source.collect({})
    except ItemError as error:
        return error
    except Exception as error:  # anybody's class may have a bug
        return SourceError(source.name, f"its code failed: {type(error).__name__}: {error}")
    return found


def _told(app: App, source: Any, outcome: Collected | ItemError, known: SourceHealth | None) -> Iterator[str]:
    from briefing import health
    from briefing.errors import ItemError
    from briefing.render import local_time
    from briefing.sources import Searching

    zone = app.config.briefings[0].time_zone
    if isinstance(outcome, ItemError):
        yield f"FAIL  {source.name}: {outcome.message}"
        if outcome.kind in health.STATES and outcome.kind:
            yield f"      {health.STATES[outcome.kind]}"
        if known is not None and known.failures:
            well = f"last well {local_time(known.succeeded, zone)}" if known.succeeded else "never well"
            rests = f"; runs ask it again after {local_time(known.next_try, zone)}" if known.next_try else ""
            yield f"      failed {known.failures} times in a row, {well}{rests}"
        found = source.search() if outcome.kind in health.SEARCHABLE and isinstance(source, Searching) else None
        if found:
            yield f"      its site names {found} as a feed; if that is the one, put it into the configuration"
        return
    dates = [item.published for item in outcome.items if item.published]
    newest = f", newest {local_time(max(dates), zone)}" if dates else ""
    missing = len(outcome.items) - len(dates)
    undated = f", {missing} without a date of their own" if missing else ""
    yield f"ok    {source.name}: {len(outcome.items)} items{newest}{undated}"
    for note in outcome.notes:
        yield f"      {note}"
    if known is not None and known.failures:
        yield f"      well again after {known.failures} failures; the next run asks it"


@app.command("discover")
def discover_sources(
    url: Annotated[str, typer.Argument(help="Address of a site or a page.")], config: ConfigOption = None
) -> None:
    """Find the feeds and news sitemaps of a site. Prints type, address, title, how much is there."""
    from briefing.app import App
    from briefing.config import find_config
    from briefing.errors import ConfigError, UsageError
    from briefing.fetch import local_path
    from briefing.render import local_time
    from briefing.sources.discover import discover

    with errors():
        if local_path(url) is not None:
            url = f"https://{url}"
        if "." not in url:
            raise UsageError(f'expected the address of a site, got "{url}"')
        try:
            opened_app = App.from_file(find_config(config, os.environ, Path.home()))
        except ConfigError:
            if config is not None:
                raise
            opened_app = App.default()
        with opened_app:
            zone = opened_app.config.briefings[0].time_zone
            some = False
            for found in discover(url, opened_app.tools):
                some = True
                title = f'  "{found.title}"' if found.title else ""
                newest = f", newest {local_time(found.newest, zone)}" if found.newest else ""
                typer.echo(f"{found.type:8}{found.address}{title}  {found.count} items{newest}")
            if not some:
                say("No feed and no news sitemap was found; the site can still be read with type: page.")
                raise typer.Exit(FAILED)


@app.command("add")
def add_source(
    where: Annotated[str, typer.Argument(help="Address of a feed, a site or a page; or a file, a folder or a glob.")],
    name: Annotated[str | None, typer.Option(help="What it is called. Default: from the address.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="feed, page, file or sitemap. Default: found out.")] = None,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Try it first.")] = True,
    config: ConfigOption = None,
) -> None:
    """Add a source to the configuration file; its comments are kept."""
    from briefing.config import find_config
    from briefing.errors import ItemError, UsageError

    with errors(), opened(config) as opened_app:
        path = find_config(config, os.environ, Path.home())
        if kind not in (None, "feed", "page", "file", "sitemap"):
            raise UsageError(f'--type is one of feed, page, file, sitemap, got "{kind}"')
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
        edit(path, lambda data: data["sources"].append(entry))
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


def edit(path: Path, change: Callable[[Any], None]) -> None:
    """Change the configuration file in place, its comments kept, if it stays right with it. Raises ConfigError."""
    from briefing.config.edit import change_file

    change_file(path, os.environ, change)


app.command("import")(opml.import_sources)
app.command("export")(opml.export_sources)
