"""Which story an article belongs to: rows of `story_articles`, and the ids of stories that went into another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select, update

from briefing.store.dialects import alone
from briefing.store.tables import story_articles, story_merges


def known(connection: Connection, articles: Iterable[str]) -> dict[str, str]:
    """The story of each of `articles` that has one."""
    found: dict[str, str] = {}
    for chunk in chunks(sorted(articles)):
        rows = connection.execute(select(story_articles).where(story_articles.c.article.in_(chunk)))
        found.update((row.article, row.story) for row in rows)
    return found


def keep(connection: Connection, membership: Mapping[str, str], merged: Mapping[str, str]) -> None:
    """Write down the stories of articles; all of a story that went into another one go with it."""
    alone(connection, "stories")
    before = known(connection, membership)
    changed = {article: story for article, story in membership.items() if before.get(article) != story}
    for chunk in chunks(sorted(changed)):
        connection.execute(delete(story_articles).where(story_articles.c.article.in_(chunk)))
        connection.execute(insert(story_articles), [{"article": one, "story": changed[one]} for one in chunk])
    for gone, kept in sorted(merged.items()):
        connection.execute(update(story_articles).where(story_articles.c.story == gone).values(story=kept))
        connection.execute(update(story_merges).where(story_merges.c.kept == gone).values(kept=kept))
        connection.execute(delete(story_merges).where(story_merges.c.gone == gone))
        connection.execute(insert(story_merges).values(gone=gone, kept=kept))
    # A story that is told again under its own id is gone no longer.
    for chunk in chunks(sorted(set(membership.values()))):
        connection.execute(delete(story_merges).where(story_merges.c.gone.in_(chunk)))


def members(connection: Connection, story: str) -> tuple[str, list[str]]:
    """The id a story goes by now, and the ids of its articles."""
    kept = connection.execute(select(story_merges.c.kept).where(story_merges.c.gone == story)).scalar() or story
    query = select(story_articles.c.article).where(story_articles.c.story == kept).order_by(story_articles.c.article)
    return kept, list(connection.execute(query).scalars())


def chunks(values: list[str], size: int = 500) -> Iterable[list[str]]:
    """Parts of a list that fit into one statement."""
    return (values[at : at + size] for at in range(0, len(values), size))
