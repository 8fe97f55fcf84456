"""The tables. A change here needs a migration; a test compares the two."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from briefing.store.kinds import Line, Moment, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


sources = Table(
    "sources",
    metadata,
    Column("name", Line(200), primary_key=True),
    Column("state", JSON, nullable=False),
    Column("checked", Moment),
    Column("succeeded", Moment),
    Column("failures", Integer, nullable=False, default=0),
    Column("error", Words),
    # The address it had in the configuration; with another one nothing of this counts.
    Column("address", Words),
    Column("kind", Line(16)),
    Column("next_try", Moment),
    Column("suggestion", Words),
    # when it may be asked again, and when it last gave something new
    Column("due", Moment),
    Column("changed", Moment),
    # since when it has failed without a break
    Column("failing_since", Moment),
    # what was seen to have changed about it: [[moment, words], ...]
    Column("noted", JSON),
)

items = Table(
    "items",
    metadata,
    Column("id", Line(16), primary_key=True),
    Column("source", Line(200), nullable=False),
    Column("key", Words, nullable=False),
    Column("url", Words),
    Column("title", Words),
    Column("published", Moment),
    Column("day_only", Boolean, nullable=False, default=False),
    Column("authors", JSON, nullable=False),
    Column("language", Line(32)),
    Column("body", LargeBinary),
    Column("media_type", Line(200), nullable=False),
    Column("follow", Boolean, nullable=False, default=False),
    Column("updated", Words, nullable=False),
    Column("seen", Moment, nullable=False),
    # new: to be read; read; failed: not tried again until the source changes it
    Column("state", Line(8), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Words),
    Column("read_from", Words),
    Column("same_url", Line(16)),
    Column("same_text", Line(16)),
    Column("notes", JSON),
    # when reading it last failed, or came to less than hoped
    Column("tried", Moment, index=True),
    # the process that has taken it up, where there are several (`store.taking`)
    Column("taker", Integer),
    Index(None, "state", "seen"),
    Index(None, "source", "same_url"),
    Index(None, "source", "same_text"),
)

texts = Table(
    "texts",
    metadata,
    # Kept by content: an edition can be rendered again from the very words it was made of.
    Column("digest", Line(16), primary_key=True),
    Column("text", Words, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Line(16), primary_key=True),
    Column("item", Line(16), ForeignKey("items.id"), nullable=False, index=True),
    Column("source", Line(200), nullable=False),
    Column("url", Words),
    Column("title", Words),
    Column("published", Moment),
    # `published` where it can be right; null where it lies ahead of the article's arrival
    Column("believed", Moment, index=True),
    Column("day_only", Boolean, nullable=False, default=False),
    Column("authors", JSON, nullable=False),
    Column("language", Line(32)),
    Column("key_points", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("seen", Moment, nullable=False, index=True),
    Column("text", Line(16), ForeignKey("texts.digest"), nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("id", Line(16), primary_key=True),
    Column("briefing", Line(64), nullable=False),
    Column("slot", Line(32), nullable=False),
    Column("made", Moment, nullable=False),
    Column("document", JSON, nullable=False),
    UniqueConstraint("briefing", "slot"),
)

slots = Table(
    "slots",
    metadata,
    # The ledger: what became of each issue that was due.
    Column("briefing", Line(64), primary_key=True),
    Column("slot", Line(32), primary_key=True),
    Column("due", Moment, nullable=False),
    # making, made, missed, failed
    Column("state", Line(8), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("began", Moment),
    Column("ended", Moment),
    Column("seconds", Float),
    Column("detail", Words),
    Index(None, "briefing", "due"),
)

tellings = Table(
    "tellings",
    metadata,
    # What engines answered, by article, engine, prompts and options, so that nothing is told twice.
    Column("key", Line(16), primary_key=True),
    Column("document", JSON, nullable=False),
    Column("used", Moment, nullable=False, index=True),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("mark", Line(16), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    Column("used", Date, nullable=False, index=True),
)

blocks = Table(
    "blocks",
    metadata,
    Column("source", Line(200), primary_key=True),
    Column("block", Line(16), primary_key=True),
    Column("article", Line(16), primary_key=True),
    Column("sketch", Line(160), nullable=False),
    Column("seen", Moment, nullable=False),
)

told = Table(
    "told",
    metadata,
    Column("briefing", Line(64), primary_key=True),
    Column("article", Line(16), primary_key=True),
    Column("edition", Line(16), ForeignKey("editions.id"), nullable=False, index=True),
)

story_articles = Table(
    "story_articles",
    metadata,
    # The latest grouping's word; the next one starts from it, so that stories keep their ids.
    Column("article", Line(16), primary_key=True),
    Column("story", Line(16), nullable=False, index=True),
)

story_merges = Table(
    "story_merges",
    metadata,
    # Ids of stories that went into another one, and where to find them now.
    Column("gone", Line(16), primary_key=True),
    Column("kept", Line(16), nullable=False, index=True),
)

chapters = Table(
    "chapters",
    metadata,
    # What an edition told of a story: claims with their evidence, articles with the digests of their texts then.
    Column("edition", Line(16), ForeignKey("editions.id"), primary_key=True),
    Column("story", Line(16), primary_key=True, index=True),
    Column("briefing", Line(64), nullable=False),
    Column("day", Line(10), nullable=False),
    Column("made", Moment, nullable=False),
    Column("title", Words, nullable=False),
    Column("continues", Boolean, nullable=False),
    Column("claims", JSON, nullable=False),
    Column("articles", JSON, nullable=False),
    Index(None, "briefing", "made"),
)

corrected = Table(
    "corrected",
    metadata,
    # Corrections told, by the article and its text that gave the reason.
    Column("briefing", Line(64), primary_key=True),
    Column("article", Line(16), primary_key=True),
    Column("text", Line(16), primary_key=True),
    Column("edition", Line(16), ForeignKey("editions.id"), nullable=False),
)

rechecks = Table(
    "rechecks",
    metadata,
    # What the page of an article answered the last time; `checked` is null until it was looked at again.
    Column("article", Line(16), primary_key=True),
    Column("etag", Words),
    Column("modified", Words),
    Column("checked", Moment, index=True),
)

feedback = Table(
    "feedback",
    metadata,
    # What readers said. One row per reader, target and kind of word: the last word counts.
    Column("id", Line(16), primary_key=True),
    Column("action", Line(8), nullable=False),
    Column("kind", Line(8), nullable=False),
    Column("target", Line(200), nullable=False),
    Column("briefing", Line(64), nullable=False),
    Column("reader", Line(320), nullable=False),
    # No key into editions: a word outlives the edition it was said of.
    Column("edition", Line(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Date),
    Column("via", Line(16), nullable=False),
    Column("detail", JSON, nullable=False),
    Index(None, "briefing", "at"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", Line(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Line(16), primary_key=True),
    Column("edition", Line(16), ForeignKey("editions.id"), nullable=False),
    Column("channel", Line(200), nullable=False),
    Column("recipient", Line(320), nullable=False),
    # pending → sending → sent | uncertain | failed | given up
    Column("state", Line(10), nullable=False),
    Column("message_id", Line(200), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", Moment, nullable=False),
    Column("detail", Words),
    Column("changed", Moment, nullable=False),
    # as in items
    Column("taker", Integer),
    UniqueConstraint("edition", "channel", "recipient"),
    Index(None, "state", "next_try"),
)

answers = Table(
    "answers",
    metadata,
    # One row per word of a reader. No keys into other tables: it outlives the edition it was said of.
    Column("id", Line(16), primary_key=True),
    Column("delivery", Line(16), nullable=False),
    Column("edition", Line(16), nullable=False),
    Column("briefing", Line(64), nullable=False),
    Column("reader", Line(320), nullable=False),
    Column("action", Line(16), nullable=False),
    Column("what", Line(200), nullable=False),
    Column("via", Line(16), nullable=False),
    Column("at", Moment, nullable=False),
    # done | refused; waiting → sending → done | failed for what is sent by mail
    Column("state", Line(10), nullable=False, index=True),
    Column("said", Words, nullable=False),
    Column("told", Line(16)),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", Moment),
    Column("changed", Moment),
    Index(None, "briefing", "reader"),
)

silences = Table(
    "silences",
    metadata,
    # Recipients nothing is sent to: paused until a moment, or unsubscribed, or gone.
    Column("briefing", Line(64), primary_key=True),
    Column("channel", Line(200), primary_key=True),
    Column("recipient", Line(320), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("why", Words, nullable=False),
)

search_entries = Table(
    "search_entries",
    metadata,
    # What search looks through: articles, and the stories of editions. The full-text index over it is the database's
    # own: FTS5, kept by triggers, or a tsvector, kept by `store.vectors`; the migrations tell the rest.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    # article or story
    Column("kind", Line(8), nullable=False),
    # the article's id, or the edition's
    Column("ref", Line(16), nullable=False),
    # the story's number in its edition; 0 for an article
    Column("number", Integer, nullable=False),
    # the article's source, or the edition's briefing
    Column("place", Line(200), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("title", Words, nullable=False),
    # a story's bullets; an article's text is not kept twice
    Column("body", Words, nullable=False),
    Column("text", Line(16), ForeignKey("texts.digest")),
    UniqueConstraint("kind", "ref", "number"),
    sqlite_autoincrement=True,
)

source_days = Table(
    "source_days",
    metadata,
    # How often a source was asked on a day (UTC), and how often it failed.
    Column("source", Line(200), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("well", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
)
