"""`briefing story`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import ConfigOption, errors, opened

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.store import Chapter


def story(
    which: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="The story's id or its beginning, or its number in the newest edition. Without: lists that edition's.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--briefing", "-b", help="Which briefing.", show_default=False)] = None,
    config: ConfigOption = None,
) -> None:
    """What was told of a story, edition by edition, and what of it was corrected."""
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        edition = opened_app.find_edition(name, None, deliveries=False)
        told = edition.summaries
        if which is None:
            for number, summary in enumerate(told, 1):
                typer.echo(f"{number:2d}  {summary.pick.story.id}  {summary.title or '(no title)'}")
            return
        if which.isdigit() and len(which) <= 3:
            if not 1 <= int(which) <= len(told):
                raise UsageError(f"the edition of {edition.slot} has {len(told)} stories, no number {which}")
            which = told[int(which) - 1].pick.story.id
        chapters = opened_app.store.timeline(edition.briefing, which)
        ids = list(dict.fromkeys(chapter.story for chapter in chapters))
        if not ids:
            raise UsageError(f'no edition of "{edition.briefing}" told a story whose id begins with "{which}"')
        if len(ids) > 1:
            raise UsageError(f'"{which}" may be any of {", ".join(ids)}')
        _print(opened_app, edition.briefing, chapters)


def _print(app: App, briefing: str, chapters: list[Chapter]) -> None:
    typer.echo(f"{chapters[-1].title or '(no title)'}\n{chapters[0].story}")
    for chapter in chapters:
        mark = "update" if chapter.update else "new"
        typer.echo(f"\n{chapter.day.isoformat()}  {mark}: {chapter.title or '(no title)'}")
        for claim in chapter.claims:
            outlets = f" ({', '.join(claim.outlets)})" if claim.outlets else ""
            typer.echo(f"  - {claim.text}{outlets}")
    for slot in reversed(app.store.slots(briefing)):
        edition = app.store.edition(briefing, slot)
        for one in edition.corrections if edition else ():
            if one.story == chapters[0].story:
                now = f"now: {one.now}" if one.now else "it says this no longer"
                typer.echo(f"\n{slot}  corrected by {one.outlet}\n  told {one.day.isoformat()}: {one.told}\n  {now}")
