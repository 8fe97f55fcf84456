"""The verbs. Nothing heavy is imported here: each command imports what it needs."""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from briefing.cli import (
    backups,
    deliveries,
    explain,
    models,
    people,
    readers,
    replays,
    report,
    says,
    sources,
    starter,
    stores,
    stories,
    topics,
    web,
)
from briefing.cli.common import (
    FAILED,
    UNDELIVERED,
    ConfigOption,
    errors,
    logging_to_stderr,
    opened,
    parse_slot,
    reporting,
    say,
)

app = typer.Typer(
    name="briefing",
    help="A daily news briefing in key bullets, each with the sentence it rests on.",
    epilog="Exit codes: 0 all is well; 1 it failed; 2 wrong use or configuration; 3 made, but not all delivered.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(sources.app, name="sources")
app.add_typer(models.app, name="models")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(backups.app, name="backup")
app.add_typer(stores.app, name="store")
app.add_typer(topics.app, name="topics")
app.add_typer(readers.app, name="readers")
app.add_typer(people.app, name="users")
app.command("replies")(readers.replies)
app.add_typer(says.app, name="feedback")
app.command("init")(starter.init)
app.command("replay")(replays.replay)
app.command("web")(web.web)
app.command("mcp")(web.mcp)
app.command("story")(stories.story)
app.command("more")(says.more)
app.command("less")(says.less)
app.command("mute")(says.mute)
app.command("wrong")(says.wrong)
app.command("explain")(explain.explain)
app.command("report")(report.report)


def _version(wanted: bool) -> None:
    if wanted:
        from briefing import __version__

        typer.echo(f"briefing {__version__}")
        raise typer.Exit


@app.callback()
def top(
    log_level: Annotated[str, typer.Option(help="What is told on stderr: debug, info, warning, error.")] = "warning",
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of all commands."""
    logging_to_stderr(log_level)


@app.command()
def run(
    name: Annotated[
        str | None, typer.Argument(help="Which briefing. Default: the first one.", show_default=False)
    ] = None,
    date: Annotated[str | None, typer.Option(help="The edition of this day, as YYYY-MM-DD. Default: today.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the edition; save and deliver nothing.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask the engines again, whatever they answered before.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Make today's edition and deliver it. Prints the paths of the files written."""
    from briefing.errors import BeingMade

    with errors(), opened(config) as opened_app:
        try:
            outcome = opened_app.run(name, *parse_slot(date), dry=dry_run, fresh=fresh)
        except BeingMade as error:
            say(f"{error}; it is left to it.")
            return
        if dry_run:
            typer.echo(opened_app.renderer.render(outcome.edition, "txt"))
            return
        if not outcome.made:
            say(f"The edition of {outcome.edition.slot} was made already; it is not made again.")
        for delivery in outcome.deliveries:
            if delivery.channel == "file" and delivery.state == "sent":
                typer.echo(delivery.detail)
        for problem in outcome.edition.problems:
            say(f"{problem.subject}: {problem.message}")
        if outcome.undelivered:
            raise typer.Exit(UNDELIVERED)


@app.command()
def show(
    date: Annotated[
        str | None, typer.Argument(help="Day of the edition. Default: the newest.", show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Option("--briefing", "-b", help="Which briefing.", show_default=False)] = None,
    form: Annotated[str, typer.Option("--format", "-f", help="txt, md, html or json.")] = "txt",
    config: ConfigOption = None,
) -> None:
    """Print an edition again, from what is stored."""
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        edition = opened_app.find_edition(name, *parse_slot(date))
        if form not in ("txt", "md", "html", "json"):
            raise UsageError(f'--format is one of txt, md, html, json, got "{form}"')
        text = opened_app.renderer.render(edition, form)  # type: ignore[arg-type]  # it was looked up just above
        typer.echo(text, nl=False)


@app.command()
def serve(config: ConfigOption = None) -> None:
    """Make every briefing at its time, until stopped (Ctrl-C or SIGTERM)."""
    import logging
    import signal

    from briefing.scheduler import Service

    with errors(), opened(config, progress=False) as opened_app:
        service = Service(opened_app, threads=True)
        logging.getLogger("briefing").setLevel(min(logging.INFO, logging.getLogger("briefing").level))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: service.stop())
        with readers.taking_links(opened_app), web.serving_page(opened_app):
            service.run()


@app.command("next")
def next_issues(
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=100, help="Issues of each briefing.")] = 3,
    config: ConfigOption = None,
) -> None:
    """What will happen when: the next issues, when each is begun, and which source is asked next."""
    from briefing.cli.health import coming_lines

    with errors(), opened(config, progress=False) as opened_app:
        for line in coming_lines(opened_app, count):
            typer.echo(line)


@app.command()
def summarize(
    target: Annotated[str, typer.Argument(help="An address, a file, or - for standard input.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document: the stories with bullets and evidence.")
    ] = False,
    as_lines: Annotated[
        bool, typer.Option("--jsonl", help="Read lines of JSON {id, title?, text}, write lines {id, bullets}.")
    ] = False,
    bullets: Annotated[int | None, typer.Option(min=1, max=50, help="How many bullets. Default: two to four.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask the engines again, whatever they answered before.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Tell any article in key bullets, now."""
    from briefing import ondemand
    from briefing.app import App
    from briefing.config import ENVIRONMENT_NAME, find_config
    from briefing.errors import ConfigError, UsageError

    with errors(), reporting(not as_lines) as report:
        if as_json and as_lines:
            raise UsageError("--json and --jsonl can't go together")
        try:
            path = find_config(config, os.environ, Path.home())
        except ConfigError:
            # Without a configuration the defaults tell it; one that was asked for must be there.
            if config is not None or os.environ.get(ENVIRONMENT_NAME):
                raise
            opened_app = App.default(report=report)
        else:
            opened_app = App.from_file(path, report=report)
        with opened_app:
            if as_lines:
                _lines(opened_app, target, bullets)
                return
            stdin = sys.stdin.buffer.read(opened_app.max_bytes + 1) if target == "-" else None
            if stdin is not None and len(stdin) > opened_app.max_bytes:
                raise UsageError(f"standard input is larger than the {opened_app.max_bytes / 1e6:g} MB that are read")
            summaries, problems = ondemand.summarize_source(opened_app, target, stdin, bullets, fresh=fresh)
            if as_json:
                stories = [ondemand.as_record(summary) for summary in summaries]
                told = [f"{problem.subject}: {problem.message}" for problem in problems]
                typer.echo(json.dumps({"stories": stories, "problems": told}, ensure_ascii=False, indent=2))
            else:
                typer.echo(ondemand.as_text(summaries), nl=False)
            for problem in problems:
                say(f"{problem.subject}: {problem.message}")
            if not summaries:
                raise typer.Exit(FAILED)


def _lines(opened_app: object, target: str, bullets: int | None) -> None:
    from briefing import ondemand
    from briefing.app import App
    from briefing.errors import UsageError

    assert isinstance(opened_app, App)
    failed = False
    path = ondemand.input_path(target)
    if target != "-" and (path is None or not path.is_file()):
        raise UsageError(f'there is no file "{target}"; --jsonl reads a file or - for standard input')
    with contextlib.ExitStack() as stack:
        if path is not None:
            stream = stack.enter_context(path.open(encoding="utf-8", errors="replace"))
        else:
            assert isinstance(sys.stdin, io.TextIOWrapper)
            # A byte that is no UTF-8 must not end the stream.
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
            stream = sys.stdin
        for record in ondemand.summarize_lines(opened_app, stream, bullets):
            failed = failed or "error" in record
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
            sys.stdout.flush()
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def check(config: ConfigOption = None) -> None:
    """Will the next edition come? What it needs is looked at; the last line of each briefing says yes, or why not."""
    from briefing.cli.health import BAD, checks

    with errors(), opened(config, progress=False) as opened_app:
        bad = 0
        for finding in checks(opened_app):
            bad += finding.state == BAD
            typer.echo(f"{finding.state:4}  {finding.what}: {finding.words}")
        if bad:
            raise typer.Exit(FAILED)


def main() -> None:
    """The entry point of the command `briefing`."""
    # A process that ends gives all back at once; looking first for what could be collected takes a second.
    atexit.register(gc.freeze)
    try:
        app(prog_name="briefing")
    except KeyboardInterrupt:
        say("stopped")
        sys.exit(130)


__all__ = ["app", "main"]
