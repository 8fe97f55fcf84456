"""briefing explain: why an edition tells what it tells. briefing report: how it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import ConfigOption, errors, opened, parse_day
from briefing.cli.says import BriefingOption

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.types import Considered


def explain(
    date: Annotated[str, typer.Argument(help='Day of the edition, as YYYY-MM-DD, or "last".')] = "last",
    story: Annotated[
        str | None,
        typer.Argument(help="A story's number in the edition, its id, or words of its headline.", show_default=False),
    ] = None,
    name: BriefingOption = None,
    config: ConfigOption = None,
) -> None:
    """Account for what an edition told and what it just missed: each part of each score, from what was kept with it."""
    from briefing import choose
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        edition = opened_app.find_edition(name, None if date == "last" else parse_day(date), deliveries=False)
        if not edition.account:
            raise UsageError(
                f"the edition of {edition.slot} has nothing to account for, or was made before accounts were kept"
            )
        rows = edition.account
        if story is not None:
            rows = _asked(rows, story.lstrip("#").casefold())
            if not rows:
                raise UsageError(
                    f'the edition of {edition.slot} neither told nor just missed a story "{story}"; it accounts for '
                    f"{len(edition.account)}"
                )
        told = [row for row in rows if row.place]
        missed = [row for row in rows if not row.place]
        budget = sum(row.minutes for row in edition.account if row.place)
        if story is None:
            typer.echo(f"{edition.title}, {edition.slot}: {len(told)} told, {budget:.1f} minutes to read")
        for title, group in (("Told", told), ("Just missed", missed)):
            if group:
                typer.echo(f"\n{title}" if story is None else title)
            for row in group:
                typer.echo("\n".join(f"  {line}" for line in choose.in_words(row)))


def _asked(rows: tuple[Considered, ...], wanted: str) -> tuple[Considered, ...]:
    exact = tuple(row for row in rows if wanted in (str(row.place), row.story))
    if exact or wanted.isdigit():
        return exact
    return tuple(row for row in rows if wanted in (row.title or "").casefold())


def tallied(opened_app: App, name: str | None, days: int) -> list[str]:
    """How a briefing did: what it told, what the guard stopped, what its reader called wrong, by engine and source."""
    from briefing import feedback

    briefing = opened_app.briefing(name)
    found = feedback.tally(opened_app.store, briefing.name, opened_app.now(), days)
    line = f"{found.editions} editions in {days} days, {found.stories} stories, {found.bullets} bullets"
    lines = [
        f"{briefing.title}: {line}",
        f"The guard replaced {found.replaced} and dropped {found.dropped} of {found.checked} it looked at",
        f"You called {found.wrong} of {found.bullets} wrong{_rate(found.wrong, found.bullets)}",
    ]
    for kind, rows in (("engine", found.by_engine), ("source", found.by_source)):
        for what, (wrong, told) in sorted(rows.items()):
            if wrong:
                lines.append(f"  {kind} {what}: {wrong} of {told}{_rate(wrong, told)}")
    return lines


def _rate(wrong: int, told: int) -> str:
    return f" ({100 * wrong / told:.1f} %)" if told else ""
