"""`briefing deliveries`: what became of each copy, and what a person can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import UNDELIVERED, ConfigOption, errors, opened, say

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.store import Delivery

app = typer.Typer(help="What became of each edition's copies.", no_args_is_help=True)

Identity = Annotated[str, typer.Argument(help="The delivery's id, or the beginning of it.")]
STATES = ("pending", "sending", "sent", "uncertain", "failed", "given up")


@app.command("list")
def list_deliveries(
    state: Annotated[str | None, typer.Option(help=f"Only those in this state: {', '.join(STATES)}.")] = None,
    name: Annotated[str | None, typer.Option("--briefing", "-b", help="Only those of this briefing.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many are shown, the newest last.")] = 50,
    config: ConfigOption = None,
) -> None:
    """Deliveries: id, issue, channel, recipient, state, tries, and what was said."""
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        if state is not None and state not in STATES:
            raise UsageError(f'--state is one of {", ".join(STATES)}, got "{state}"')
        if name is not None:
            opened_app.briefing(name)
        rows = opened_app.store.deliveries(state=state, briefing=name)
        for row in rows[-last:]:
            typer.echo(_line(opened_app, row))
        if len(rows) > last:
            say(f"{len(rows) - last} older ones are not shown (--last)")
        if not rows:
            say("there are none")


@app.command("retry")
def retry_delivery(
    identity: Annotated[str | None, typer.Argument(help="The delivery's id, or the beginning of it.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed or were given up.")] = False,
    config: ConfigOption = None,
) -> None:
    """Send a delivery now that failed, waits or is uncertain. It keeps its Message-ID."""
    from briefing import outbox
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        if (identity is None) != failed:
            raise UsageError("give the id of a delivery, or --failed for all that failed or were given up")
        box = opened_app.outbox
        if identity is not None:
            chosen = [outbox.find(box, identity)]
        else:
            chosen = [row for row in opened_app.store.deliveries() if row.state in ("failed", "given up")]
        _report(opened_app, [outbox.retry(box, row) for row in chosen])


@app.command("resolve")
def resolve_delivery(
    identity: Identity,
    fate: Annotated[str, typer.Argument(help="arrived: it is there. lost: it is not, and is sent again.")],
    config: ConfigOption = None,
) -> None:
    """Say what became of a delivery of which nobody could know."""
    from briefing import outbox
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        if fate not in ("arrived", "lost"):
            raise UsageError(f'a delivery has arrived or is lost, got "{fate}"')
        box = opened_app.outbox
        _report(opened_app, [outbox.resolve(box, outbox.find(box, identity), arrived=fate == "arrived")])


def _report(opened_app: App, rows: list[Delivery]) -> None:
    for row in rows:
        typer.echo(_line(opened_app, row))
    if any(row.state != "sent" for row in rows):
        raise typer.Exit(UNDELIVERED)


def _line(opened_app: App, row: Delivery) -> str:
    from briefing.render import local_time
    from briefing.text import one_line

    zones = {briefing.name: briefing.time_zone for briefing in opened_app.config.briefings}
    zone = zones.get(row.briefing, "UTC")
    parts = [row.id[:8], f"{row.briefing} {row.slot}", row.channel, row.recipient, row.state]
    if row.attempts > 1:
        parts.append(f"{row.attempts} tries")
    if row.state == "pending":
        parts.append(f"next {local_time(row.next_try, zone)}")
    return "  ".join([*parts, one_line(row.detail or "")]).rstrip()
