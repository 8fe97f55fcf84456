"""`briefing backup`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import FAILED, ConfigOption, errors, opened, say

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.store.backup import Backup

app = typer.Typer(help="Copies of the store.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Option(help="Where the copies are. Default: backups, beside the configuration.", show_default=False),
]


@app.command()
def create(
    folder: Folder = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Keep so many of the newest, drop the others.")] = None,
    config: ConfigOption = None,
) -> None:
    """Copy the store while it is in use; the copy is looked over before it counts. Prints its path."""
    from briefing.store import backup

    with errors(), opened(config, progress=False) as opened_app:
        made = backup.create(opened_app.store, _folder(opened_app, folder), opened_app.now(), keep)
        typer.echo(str(made.path))
        say(_words(made))


@app.command("list")
def list_backups(folder: Folder = None, config: ConfigOption = None) -> None:
    """The copies there are, the newest first."""
    from briefing.store import backup

    with errors(), opened(config, progress=False) as opened_app:
        found = backup.listed(_folder(opened_app, folder))
        for one in found:
            typer.echo(f"{one.path}  {_words(one)}")
        if not found:
            say('there are none; "briefing backup create" makes one')


@app.command()
def verify(
    path: Annotated[Path | None, typer.Argument(help="The copy. Default: all of them.", show_default=False)] = None,
    folder: Folder = None,
    config: ConfigOption = None,
) -> None:
    """Look copies over: every page, every reference, the version."""
    from briefing.errors import StoreError
    from briefing.store import backup

    with errors(), opened(config, progress=False) as opened_app:
        paths = [path] if path else sorted(_folder(opened_app, folder).glob(backup.PATTERN), reverse=True)
        bad = 0
        for one in paths:
            try:
                typer.echo(f"ok    {one}: {_words(backup.verify(one))}")
            except StoreError as error:
                bad += 1
                typer.echo(f"FAIL  {error}")
        if not paths:
            say("there are no copies")
        if bad or not paths:
            raise typer.Exit(FAILED)


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(help="The copy.")],
    folder: Folder = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = None,
) -> None:
    """Put a copy in the place of what the store holds now, which is kept as a copy of its own first."""
    from briefing.store import backup

    with errors(), opened(config, progress=False) as opened_app:
        found = backup.verify(path)
        if not yes:
            typer.confirm(f"Put back {path} ({_words(found)})?", abort=True, err=True)
        kept = backup.restore(opened_app.store, path, _folder(opened_app, folder), opened_app.now())
        say(f"put back; what was there before is in {kept.path}")
    # Opened once more: a copy of an older version is brought up to date.
    with errors(), opened(config, progress=False) as opened_app:
        _ = opened_app.store


def _folder(opened_app: App, folder: Path | None) -> Path:
    return (opened_app.base / (folder or Path("backups")).expanduser()).absolute()


def _words(one: Backup) -> str:
    return f"{one.made:%Y-%m-%d %H:%M} UTC, {one.editions} editions, {one.articles} articles, {one.size / 1e6:.1f} MB"
