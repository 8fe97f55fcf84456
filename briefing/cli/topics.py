"""`briefing topics`."""

from __future__ import annotations

from typing import Annotated

import typer

from briefing.cli.common import ConfigOption, errors, opened

app = typer.Typer(help="What you care about, and what it matches.", no_args_is_help=True)


@app.command("list")
def list_topics(config: ConfigOption = None) -> None:
    """The configured topics."""
    with errors(), opened(config, progress=False) as opened_app:
        for topic in opened_app.config.topics:
            typer.echo(f"{topic.name}: {topic.description or '(no description)'}")
            if topic.keywords:
                typer.echo(f"    keywords: {', '.join(topic.keywords)}")
            if topic.never:
                typer.echo(f"    never: {', '.join(topic.never)}")


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

    from briefing import choose, pipeline, stories
    from briefing.errors import UsageError

    with errors(), opened(config) as opened_app:
        found = [topic for topic in opened_app.config.topics if topic.name.casefold() == name.casefold()]
        if not found:
            known = ", ".join(topic.name for topic in opened_app.config.topics)
            raise UsageError(f'no topic is called "{name}"; there are {known or "none"}')
        parts, moment = opened_app.parts, opened_app.now()
        since = moment - timedelta(days=days) if days else None
        articles = parts.store.articles([source.name for source in parts.sources], since, moment)
        if not articles:
            raise UsageError('no articles are stored for these days; "briefing run" or "run --dry-run" reads some')
        vectors = pipeline.story_vectors(parts, articles)
        belongs = parts.store.stories_of(article.id for article in articles)
        grouped = stories.group(articles, vectors, known=belongs).stories
        cosines = pipeline.topic_cosines(parts, found, grouped, articles, vectors)
        usable = cosines is not None and found[0].description
        matches = [
            (choose.match(story, found[0], float(cosines[row, 0]) if cosines is not None and usable else None), story)
            for row, story in enumerate(grouped)
        ]
        hits = sorted((pair for pair in matches if pair[0].matched), key=lambda pair: -pair[0].fit)
        near = sorted((pair for pair in matches if not pair[0].matched), key=lambda pair: -(pair[0].cosine or 0.0))
        typer.echo(f"{found[0].name}: {len(hits)} of {len(grouped)} stories match")
        for match, story in hits:
            typer.echo(f"  {match.fit:.2f}  {story.lead.title or '(no title)'} ({story.lead.source})")
            typer.echo(f"        {'; '.join(match.why)}")
        if near[:misses]:
            typer.echo("Just missed:")
        for match, story in near[:misses]:
            typer.echo(f"  {story.lead.title or '(no title)'} ({story.lead.source})")
            typer.echo(f"        {'; '.join(match.why)}")
