"""`briefing report`: what became of everything, of an edition and lately."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from briefing.cli.common import ConfigOption, errors, opened, parse_slot
from briefing.cli.explain import tallied

if TYPE_CHECKING:
    from briefing.app import App
    from briefing.store import SourceHealth
    from briefing.types import Edition

DAYS = 14


def report(
    date: Annotated[
        str | None, typer.Argument(help="Day of the edition, or its slot. Default: the newest.", show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Option("--briefing", "-b", help="Which briefing.", show_default=False)] = None,
    days: Annotated[int, typer.Option(min=1, help="And how editions of the last so many days did.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    config: ConfigOption = None,
) -> None:
    """The account of an edition: sources, articles, bullets, deliveries, what it took; and of the last two weeks."""
    with errors(), opened(config, progress=False) as opened_app:
        edition = opened_app.find_edition(name, *parse_slot(date))
        found = _figures(opened_app, edition)
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))
            return
        for line in (*_lines(opened_app, edition, found), "", *tallied(opened_app, name, days)):
            typer.echo(line)


def _figures(app: App, edition: Edition) -> dict[str, Any]:
    store, since = app.store, app.now() - timedelta(days=DAYS)
    own = [source.name for source in app.config.sources]
    bullets: dict[str, int] = {}
    for summary in edition.summaries:
        for bullet in summary.bullets:
            bullets[bullet.made] = bullets.get(bullet.made, 0) + 1
    issues = store.issues.entries(edition.briefing, since=since)
    health = store.health()
    return {
        "briefing": edition.briefing,
        "slot": edition.slot,
        "made": edition.made,
        "receipt": asdict(edition.receipt),
        "bullets": bullets,
        "cut": sum("cut" in note for summary in edition.summaries for note in summary.article.notes),
        "deliveries": [
            {"id": row.id, "channel": row.channel, "recipient": row.recipient, "state": row.state, "detail": row.detail}
            for row in store.deliveries(edition=edition.id)
        ],
        "problems": [asdict(problem) for problem in edition.problems],
        "sources": [_source(health[name]) for name in own if name in health],
        "quarantined": [
            {"source": one.item.source, "title": one.item.title, "url": one.item.url, "error": one.error}
            for one in store.troubles(own, since)
            if one.state == "failed"
        ],
        "issues": [asdict(issue) for issue in issues],
        "uncertain": [
            {"id": row.id, "slot": row.slot, "recipient": row.recipient, "detail": row.detail}
            for row in store.deliveries(state="uncertain", briefing=edition.briefing)
        ],
    }


def _source(seen: SourceHealth) -> dict[str, Any]:
    """How a source did, without its address and what it keeps: they may hold a password."""
    return {key: value for key, value in asdict(seen).items() if key not in ("address", "state")}


def _lines(app: App, edition: Edition, found: dict[str, Any]) -> list[str]:
    from briefing.render import local_time
    from briefing.text import one_line

    zone = edition.time_zone
    lines = [f"{edition.title}: {edition.briefing} {edition.slot}", ""]
    lines += [f"  {line}" for line in app.renderer.account(edition)]
    made = ", ".join(f"{count} {how}" for how, count in sorted(found["bullets"].items()))
    lines.append(f"  Bullets: {made or 'none'}; articles cut: {found['cut']}")
    lines += ["", "Deliveries"]
    for row in found["deliveries"]:
        parts = (row["id"][:8], row["channel"], row["recipient"], row["state"], one_line(row["detail"] or ""))
        lines.append(f"  {'  '.join(parts)}".rstrip())
    if not found["deliveries"]:
        lines.append("  none")
    lines += ["", "What failed"]
    lines += [f"  {row['subject']}: {row['message']}" for row in found["problems"]] or ["  nothing"]
    lines += ["", "Sources"]
    for seen in found["sources"]:
        if seen["failures"]:
            since = f" since {local_time(seen['failing_since'], zone)}" if seen["failing_since"] else ""
            words = f"failing{since}, {seen['failures']} times in a row: {seen['error']}"
        else:
            words = f"read {local_time(seen['checked'], zone)}" if seen["checked"] else "never read"
        again = f"; asked again {local_time(seen['due'], zone)}" if seen["due"] else ""
        lines.append(f"  {seen['name']}: {words}{again}")
    if found["quarantined"]:
        lines += ["", f"Items left alone in the last {DAYS} days"]
        lines += [f"  {row['source']}: {row['title'] or row['url']}: {row['error']}" for row in found["quarantined"]]
    lines += ["", f"Issues of the last {DAYS} days"]
    for issue in found["issues"]:
        took = f", {issue['seconds']:.0f} s" if issue["seconds"] else ""
        tries = f", {issue['attempts']} tries" if issue["attempts"] > 1 else ""
        said = f": {one_line(issue['detail'])}" if issue["detail"] else ""
        lines.append(f"  {issue['slot']}  {issue['state']}{took}{tries}{said}")
    if found["uncertain"]:
        lines += ["", 'Uncertain: whether these arrived nobody knows ("briefing deliveries resolve")']
        lines += [
            f"  {row['id'][:8]}  {row['slot']}  {row['recipient']}: {row['detail']}" for row in found["uncertain"]
        ]
    return lines
