"""`briefing readers` and `briefing replies`: who gets what, who gets nothing now, and what they answered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import FAILED, ConfigOption, errors, opened, say

if TYPE_CHECKING:
    from briefing.app import App

app = typer.Typer(help="Who gets which briefing, and who gets nothing now.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help='The recipient, as "briefing readers list" shows it.')]
Which = Annotated[str | None, typer.Option("--briefing", "-b", help="Which briefing. Default: all.")]


@contextlib.contextmanager
def taking_links(opened_app: App) -> Iterator[None]:
    """Take the links of mails by HTTP as long as the block runs, if the configuration says where."""
    answers = opened_app.config.answers
    if answers is None or answers.listen is None:
        yield
        return
    from briefing.answers import AnswerServer

    assert opened_app.replies is not None, "there are answers"
    with AnswerServer(answers.listen, opened_app.replies.answering):
        yield


@app.command("list")
def list_(config: ConfigOption = None) -> None:
    """Every recipient of every briefing, and whether anything is sent there."""
    from rich.console import Console
    from rich.table import Table

    from briefing.render import local_time

    with errors(), opened(config, progress=False) as opened_app:
        table = Table("briefing", "recipient", "channel", "state", box=None, pad_edge=False)
        silences = {(s.briefing, s.channel, s.recipient): s for s in opened_app.store.silences(opened_app.now())}
        for briefing in opened_app.config.briefings:
            for channel in opened_app.channels(briefing):
                for one in channel.recipients():
                    silence = silences.get((briefing.name, one.channel, one.address))
                    state = "active"
                    if silence:
                        until = f" until {local_time(silence.until, briefing.time_zone)}" if silence.until else ""
                        state = f"{silence.why}{until}, since {local_time(silence.since, briefing.time_zone)}"
                    table.add_row(briefing.name, one.address, one.channel, state)
        Console(soft_wrap=True).print(table)


@app.command()
def resume(address: Address, briefing: Which = None, config: ConfigOption = None) -> None:
    """Send there again: ends a pause, an unsubscription, or a webhook's 410."""
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        names = [opened_app.briefing(briefing).name] if briefing else [b.name for b in opened_app.config.briefings]
        ended = sum(opened_app.store.speak(name, None, address) for name in names)
        if not ended:
            raise UsageError(f'"{address}" is neither paused nor unsubscribed; "briefing readers list" shows who is')
        typer.echo(f"{address} gets its editions again")


def replies(config: ConfigOption = None) -> None:
    """Read the mailbox for replies now, do what they ask for, and print what became of them."""
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        if opened_app.replies is None:
            raise UsageError('nobody can answer: the configuration has no "answers"')
        answers, problems = opened_app.replies.read()
        for answer in answers:
            typer.echo(f"{answer.reader}: {answer.said}")
        for problem in problems:
            say(f"{problem.subject}: {problem.message}")
        if problems:
            raise typer.Exit(FAILED)
