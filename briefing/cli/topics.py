"""`briefing topics`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from briefing.cli.common import ConfigOption, errors, opened

if TYPE_CHECKING:
    from briefing.choose import Match
    from briefing.types import Story

app = typer.Typer(help="What you care about, and what it matches.", no_args_is_help=True)


@app.command("list")
def list_topics(config: ConfigOption = None) -> None:
    """The configured topics."""
    with errors(), opened(config, progress=False) as opened_app:
        for topic in opened_app.config.topics:
            typer.echo(f"{topic.name}: {topic.description or '(no description)'}")
            if topic.keywords:
                typer.echo(f"    keywords: {', '.join(topic.keywords)}")
            for name, values in (
                ("must", topic.must),
                ("never", topic.never),
                ("sources", topic.sources),
                ("languages", topic.languages),
            ):
                if values:
                    typer.echo(f"    {name}: {', '.join(values)}")
            if topic.mute_until:
                typer.echo(f"    muted until {topic.mute_until.isoformat()}")


@app.command("test")
def test_topic(
    name: Annotated[str, typer.Argument(help="Name of the topic.")],
    days: Annotated[
        int | None, typer.Option(min=1, help="Only the last so many days. Default: all that is stored.")
    ] = None,
    misses: Annotated[int, typer.Option(min=0, help="How many near misses are shown.")] = 5,
    config: ConfigOption = None,
) -> None:
    """What matches a topic, what just missed it, and why, from the stored articles."""
    from datetime import timedelta

    from briefing import choose, pipeline, selection, stories
    from briefing.errors import UsageError

    with errors(), opened(config) as opened_app:
        found = [topic for topic in opened_app.config.topics if topic.name.casefold() == name.casefold()]
        if not found:
            known = ", ".join(topic.name for topic in opened_app.config.topics)
            raise UsageError(f'no topic is called "{name}"; there are {known or "none"}')
        parts, moment, (topic,) = opened_app.parts, opened_app.now(), found
        since = moment - timedelta(days=days) if days else None
        articles = parts.store.articles([source.name for source in parts.sources], since, moment)
        if not articles:
            raise UsageError('no articles are stored for these days; "briefing run" or "run --dry-run" reads some')
        vectors = pipeline.story_vectors(parts, articles, moment)
        belongs = parts.store.stories_of(article.id for article in articles)
        grouped = stories.group(articles, vectors, known=belongs).stories
        near = selection.topic_nearness(parts.encoder, found, selection.Given(grouped, articles, vectors))
        usable = near is not None and topic.description
        matches = [
            (choose.match(story, topic, float(near[row, 0]) if near is not None and usable else None), story)
            for row, story in enumerate(grouped)
        ]
        hits = sorted((pair for pair in matches if pair[0].matched), key=lambda pair: (-pair[0].fit, pair[1].id))
        missed = [pair for pair in matches if not pair[0].matched]
        missed.sort(key=lambda pair: (pair[0].excluded, choose.lack(pair[0]), pair[1].id))
        typer.echo(f"{topic.name}: {len(hits)} of {len(grouped)} stories match")
        if not usable:
            reason = "it has no description" if not topic.description else "the encoder can't be loaded"
            typer.echo(f"  by its words alone: {reason}")
        if len(hits) < THIN:
            typer.echo("  A thin topic: editions will not fill it with what does not belong. What would make it wider:")
            typer.echo(f"  a description that names more of it, keywords, or a breadth above {topic.breadth:g}.")
        for match, story in hits:
            _line(f"{match.fit:.2f}", match, story)
        if missed[:misses]:
            typer.echo("Just missed:")
        for match, story in missed[:misses]:
            _line("    ", match, story)


THIN = 3
"""Stories below which a topic is called thin."""


def _line(fit: str, match: Match, story: Story) -> None:
    typer.echo(f"  {fit}  {story.lead.title or '(no title)'} ({', '.join(story.outlets)})")
    typer.echo(f"        {'; '.join(match.why)}")
