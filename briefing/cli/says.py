"""What a reader says of an edition: briefing more, less, mute, wrong; and what was learned from it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import FAILED, ConfigOption, errors, opened, parse_day, say

if TYPE_CHECKING:
    from briefing.types import Feedback

app = typer.Typer(help="What you said of editions, and what was learned from it.", no_args_is_help=True)

BriefingOption = Annotated[str | None, typer.Option("--briefing", "-b", help="Which briefing.", show_default=False)]
DateOption = Annotated[
    str | None, typer.Option(help="Day of the edition, as YYYY-MM-DD. Default: the newest.", show_default=False)
]
StoryArgument = Annotated[str, typer.Argument(help="A story's number in the edition, or its id.")]


def _record(
    config: Path | None, action: str, what: str, date: str | None, name: str | None, until: str | None = None
) -> None:
    from briefing import feedback

    with errors(), opened(config, progress=False) as opened_app:
        edition = opened_app.find_edition(name, parse_day(date), deliveries=False)
        place = feedback.place(
            edition,
            what,
            topics=[topic.name for topic in opened_app.config.topics],
            sources=[source.name for source in opened_app.config.sources],
        )
        said = feedback.record(opened_app.store, action, place, opened_app.now(), until=parse_day(until))
        typer.echo(_in_words(said))


def _in_words(said: Feedback) -> str:
    what = f"“{said.detail['title']}”" if said.detail.get("title") else said.target
    if said.kind == "bullet":
        return f"wrong: “{said.detail['bullet']}” ({what})"
    end = f" until {said.until.isoformat()}" if said.until else ""
    kind = "" if said.kind == "story" else f"{said.kind} "
    return f"{said.action}: {kind}{what}{end}"


def more(
    story: StoryArgument, date: DateOption = None, name: BriefingOption = None, config: ConfigOption = None
) -> None:
    """More like this story, in the editions to come."""
    _record(config, "more", story, date, name)


def less(
    story: StoryArgument, date: DateOption = None, name: BriefingOption = None, config: ConfigOption = None
) -> None:
    """Less like this story, in the editions to come."""
    _record(config, "less", story, date, name)


def mute(
    target: Annotated[
        str,
        typer.Argument(help="A story's number or id, or the name of a topic or a source (topic:NAME, source:NAME)."),
    ],
    until: Annotated[
        str | None, typer.Option(help="Tell it again from this day on, as YYYY-MM-DD. Default: never.")
    ] = None,
    date: DateOption = None,
    name: BriefingOption = None,
    config: ConfigOption = None,
) -> None:
    """Tell nothing more of a story, a topic or a source."""
    _record(config, "mute", target, date, name, until)


def wrong(
    bullet: Annotated[str, typer.Argument(help="A bullet's number in the edition, such as 3.2.")],
    date: DateOption = None,
    name: BriefingOption = None,
    config: ConfigOption = None,
) -> None:
    """This bullet is wrong. It is kept with its evidence, and counted in "briefing report"."""
    _record(config, "wrong", bullet, date, name)


@app.command("show")
def show(name: BriefingOption = None, config: ConfigOption = None) -> None:
    """What you said, and what was learned from it."""
    from briefing import choose

    with errors(), opened(config, progress=False) as opened_app:
        briefing = opened_app.briefing(name)
        said = opened_app.store.feedback(briefing.name)
        if not said:
            typer.echo("nothing was said yet; try briefing more 1, less 2, mute 3, wrong 1.2")
            return
        taste = choose.learn(said, opened_app.now())
        for one in said:
            by = f", {one.reader}" if one.reader else ""
            typer.echo(f"{one.at:%Y-%m-%d %H:%M}  {_in_words(one)}  [{one.id}{by}]")
        typer.echo("Learned:")
        for kind, factors in (("topic", taste.topics), ("source", taste.sources)):
            for target, factor in factors.items():
                typer.echo(f"  {kind} {target} counts {factor:g} times")
        for liked in taste.stories:
            typer.echo(f"  {'more' if liked.worth > 0 else 'less'} like “{liked.title}” ({liked.worth:+.2f})")
        for mute in taste.muted:
            typer.echo(f"  {mute.kind} {mute.target} is {mute.words}")


@app.command("reset")
def reset(
    identity: Annotated[
        str | None, typer.Argument(help="Id of one word, as show prints it. Default: all.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--wrong", help="Forget wrong bullets, too.")] = False,
    name: BriefingOption = None,
    config: ConfigOption = None,
) -> None:
    """Forget what was said, one word or all; wrong bullets are kept unless asked."""
    from briefing.errors import UsageError

    with errors(), opened(config, progress=False) as opened_app:
        if identity is not None:
            if not opened_app.store.drop_feedback(identity):
                raise UsageError(f'nothing was said with the id "{identity}"; "briefing feedback show" lists all')
            say("forgotten")
            return
        count = opened_app.store.forget_feedback(opened_app.briefing(name).name, wrong=everything)
        say(f"{count} forgotten")


@app.command("check")
def check(name: BriefingOption = None, config: ConfigOption = None) -> None:
    """Would today's guard stop the bullets you called wrong? Exit code 1 where it lets one pass.

    A sentence quoted word for word is its article's own fault, and passes.
    """
    from briefing import feedback

    with errors(), opened(config) as opened_app:
        cases = feedback.cases(opened_app.store, opened_app.briefing(name).name)
        if not cases:
            typer.echo("no bullet was called wrong")
            return
        passed = 0
        for case in cases:
            (found,) = opened_app.guard.check_all([case.bullet], case.article, (), case.article.published)
            passed += found.supported
            typer.echo(f"{'passes' if found.supported else 'stopped'}: “{case.bullet}” ({case.source})")
            for reason in found.reasons:
                typer.echo(f"    {reason}")
        typer.echo(f"{len(cases) - passed} of {len(cases)} are stopped")
        if passed:
            raise typer.Exit(FAILED)


@app.command("export")
def export(name: BriefingOption = None, config: ConfigOption = None) -> None:
    """Print everything as lines of JSON: what was said, with the stories, bullets and evidence it was said of."""
    with errors(), opened(config, progress=False) as opened_app:
        for said in opened_app.store.feedback(opened_app.briefing(name).name):
            typer.echo(json.dumps(asdict(said), ensure_ascii=False, default=str))
