"""`briefing store`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from briefing.cli.common import errors, say

app = typer.Typer(help="Stores: SQLite files and PostgreSQL databases.", no_args_is_help=True)


@app.callback()
def stores() -> None:
    """Stores: SQLite files and PostgreSQL databases."""


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A file, or postgresql://user@host/database.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same; it must be empty, or not be there yet.")],
) -> None:
    """Copy everything from one store into another that is empty, all or nothing. Passwords may be in $PGPASSWORD."""
    from briefing.store import address
    from briefing.store.copying import copy as copied

    with errors():
        before, after = address(source, Path.cwd()), address(target, Path.cwd())
        found = copied(before, after, lambda table, rows: typer.echo(f"{table:16} {rows:>9}"))
        typer.echo(f"{'together':16} {found.whole:>9}")
        say(f"{before.shown} is copied into {after.shown}; every table has as many rows as before")
        say('write the new one as "store" into the configuration to use it')
