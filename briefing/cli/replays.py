"""briefing replay: a saved edition told again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from briefing.cli.common import FAILED, ConfigOption, errors, opened, parse_slot, say


def replay(
    date: Annotated[str, typer.Argument(help="Day of the edition, as YYYY-MM-DD.")],
    engine: Annotated[
        str | None,
        typer.Option(
            help='Tell it by this engine instead: its kind ("chat") or a part of its name.', show_default=False
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--briefing", "-b", help="Which briefing.", show_default=False)] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask the engines again, whatever they answered before.")
    ] = False,
    page: Annotated[Path | None, typer.Option(help="Write both sides to this HTML page.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print both sides as JSON.")] = False,
    config: ConfigOption = None,
) -> None:
    """Tell a saved edition again from what is stored; nothing is fetched or delivered.

    With the engines that told it, it must come out the same byte for byte; exit code 1 says that it did not. With
    --engine, both are shown side by side.
    """
    from briefing import replay as replays
    from briefing.errors import UsageError

    with errors(), opened(config) as app:
        edition = app.find_edition(name, *parse_slot(date), deliveries=False)
        if engine is None:
            made = replays.rebuilt(app, edition, fresh=fresh)
        else:
            made = replays.by_engine(app, edition, engine, fresh=fresh)
        found = replays.view(made)
        if page is not None:
            try:
                page.write_text(app.renderer.page("replay.html.j2", found), encoding="utf-8")
            except OSError as error:
                raise UsageError(f"{page} can't be written: {error.strerror}") from error
            say(f"{page} is written")
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        elif engine is not None:
            _table(found)
        if engine is None:
            differ = replays.differences(app, made)
            if differ:
                say(f"The edition of {date} comes out otherwise than it was saved ({', '.join(differ)}).")
                if not as_json:
                    _table(found)
                raise typer.Exit(FAILED)
            say(f"The edition of {date} comes out as it was saved, byte for byte.")
        for problem in found["problems"]:
            say(problem)


def _table(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_lines=True, title=f"{found['briefing']}, {found['day']}")
    table.add_column("story", ratio=2)
    for side in ("stored", "again"):
        table.add_column(escape(found[side]["engine"]), ratio=5)

    def told(bullets: list[dict[str, Any]]) -> str:
        return "\n".join(f"- {escape(bullet['text'])} [dim]({bullet['made']})[/dim]" for bullet in bullets) or "-"

    for story in found["stories"]:
        again = told(story["again"])
        for one in story["stopped"]:
            again += f"\n[dim]stopped: {escape(one['text'])} ({escape('; '.join(one['reasons']))})[/dim]"
        table.add_row(escape(story["title"]), told(story["stored"]), again)

    def total(side: dict[str, Any]) -> str:
        parts = [f"{side['bullets']} bullets", f"{side['checked']} checked", f"{side['replaced']} replaced"]
        parts.append(f"{side['dropped']} dropped")
        parts += [f"{side['seconds']} s"] if side["seconds"] is not None else []
        parts += [f"cost {side['cost']:.4f}"] if side["cost"] else []
        return ", ".join(parts)

    table.add_row("in all", total(found["stored"]), total(found["again"]))
    Console().print(table)
