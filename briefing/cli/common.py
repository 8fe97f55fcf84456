"""What the commands share: the configuration's option, messages on stderr, progress."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time as clocks
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import date, time

    from briefing.app import App
    from briefing.collecting import Report

FAILED, USAGE, UNDELIVERED = 1, 2, 3

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="Configuration file. Default: $BRIEFING_CONFIG, ./config.yaml, ~/.config/briefing/config.yaml.",
        show_default=False,
    ),
]


def say(message: str) -> None:
    """A line on stderr, where results do not go."""
    from briefing.escape import terminal

    typer.echo(terminal(message), err=True)


@contextlib.contextmanager
def errors() -> Iterator[None]:
    """Our errors as messages and exit codes; a bug keeps its traceback."""
    from briefing.errors import BriefingError, ConfigError, UsageError

    try:
        yield
    except (ConfigError, UsageError) as error:
        say(f"briefing: {error}")
        raise typer.Exit(USAGE) from error
    except BriefingError as error:
        say(f"briefing: {error}")
        raise typer.Exit(FAILED) from error
    except BrokenPipeError:
        # The reader of our output has seen enough. Nothing is left to flush into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(FAILED) from None


@contextlib.contextmanager
def opened(config: Path | None, *, progress: bool = True) -> Iterator[App]:
    """The app of the configuration to use, with progress on stderr for what takes longer than a second."""
    from briefing.app import App
    from briefing.config import find_config

    path = find_config(config, os.environ, Path.home())
    with reporting(progress) as report, App.from_file(path, report=report) as app:
        yield app


@contextlib.contextmanager
def reporting(wanted: bool = True) -> Iterator[Report]:
    """A progress report on stderr: bars on a terminal, silence elsewhere."""
    if not wanted or not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    columns = (TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn())
    bars = Progress(*columns, console=Console(stderr=True), transient=True)
    tasks: dict[str, TaskID] = {}
    started = clocks.monotonic()
    live = False

    def report(stage: str, done: int, total: int) -> None:
        nonlocal live
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)
        if not live and clocks.monotonic() - started > 1:
            live = True
            bars.start()

    try:
        yield report
    finally:
        if live:
            bars.stop()


def logging_to_stderr(level: str) -> None:
    """Messages of the program itself from `level` on; of libraries only warnings."""
    names = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
    if level.lower() not in names:
        say(f"briefing: --log-level is one of {', '.join(names)}")
        raise typer.Exit(USAGE)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("briefing").setLevel(names[level.lower()])
    # Nobody asked for every migration applied or every address tried again; failures are told at their end.
    logging.getLogger("stamina").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def parse_slot(text: str | None) -> tuple[date | None, time | None]:
    """A date given on the command line, with a time where a briefing comes several times a day. Raises UsageError."""
    from briefing.clock import parse_slot
    from briefing.errors import UsageError

    if text is None:
        return None, None
    try:
        return parse_slot(text)
    except ValueError as error:
        words = f'expected a date such as 2026-03-10, or an issue such as 2026-03-10T18:00, got "{text}"'
        raise UsageError(words) from error


def parse_day(text: str | None) -> date | None:
    """A date given on the command line. Raises UsageError."""
    from datetime import date

    from briefing.errors import UsageError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f'expected a date such as 2026-03-10, got "{text}"') from error
