"""What search looks through, and the database's own full-text index over it."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# FTS5 over a view (an external-content table): no text is kept twice. The ids are of a table of its own, as the row
# numbers of a table without an integer key may change when the file is packed (VACUUM).
SQLITE = (
    """CREATE VIEW search_content AS
       SELECT e.id AS id, e.title AS title, coalesce(t.text, e.body) AS body
       FROM search_entries e LEFT JOIN texts t ON t.digest = e.text""",
    """CREATE VIRTUAL TABLE search_words USING fts5(
       title, body, content='search_content', content_rowid='id',
       tokenize='porter unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN
       INSERT INTO search_words(rowid, title, body)
       VALUES (new.id, new.title, coalesce((SELECT text FROM texts WHERE digest = new.text), new.body));
       END""",
    """CREATE TRIGGER search_entries_gone AFTER DELETE ON search_entries BEGIN
       INSERT INTO search_words(search_words, rowid, title, body)
       VALUES ('delete', old.id, old.title, coalesce((SELECT text FROM texts WHERE digest = old.text), old.body));
       END""",
    """CREATE TRIGGER search_entries_changed AFTER UPDATE OF title, body, text ON search_entries BEGIN
       INSERT INTO search_words(search_words, rowid, title, body)
       VALUES ('delete', old.id, old.title, coalesce((SELECT text FROM texts WHERE digest = old.text), old.body));
       INSERT INTO search_words(rowid, title, body)
       VALUES (new.id, new.title, coalesce((SELECT text FROM texts WHERE digest = new.text), new.body));
       END""",
)

POSTGRESQL = (
    """CREATE TABLE search_words (
       entry integer PRIMARY KEY REFERENCES search_entries(id) ON DELETE CASCADE, words tsvector NOT NULL)""",
    "CREATE INDEX ix_search_words_words ON search_words USING gin(words)",
    """CREATE FUNCTION search_entries_noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO search_words(entry, words) VALUES (new.id,
         setweight(to_tsvector('english', new.title), 'A') || to_tsvector('english',
           left(coalesce((SELECT text FROM texts WHERE digest = new.text), new.body), 100000)))
       ON CONFLICT (entry) DO UPDATE SET words = excluded.words;
       RETURN new; END $$""",
    """CREATE TRIGGER search_entries_noted AFTER INSERT OR UPDATE OF title, body, text ON search_entries
       FOR EACH ROW EXECUTE FUNCTION search_entries_noted()""",
)

SQLITE_DOWN = (
    "DROP TRIGGER search_entries_changed",
    "DROP TRIGGER search_entries_gone",
    "DROP TRIGGER search_entries_added",
    "DROP TABLE search_words",
    "DROP VIEW search_content",
)

POSTGRESQL_DOWN = (
    "DROP TRIGGER search_entries_noted ON search_entries",
    "DROP FUNCTION search_entries_noted()",
    "DROP TABLE search_words",
)


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "search_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("text", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["text"], ["texts.digest"], name=op.f("fk_search_entries_text_texts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("kind", "ref", "number", name=op.f("uq_search_entries_kind_ref_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_search_entries_at"), "search_entries", ["at"], unique=False)
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        # No parameters: a colon in these is the database's own.
        connection.exec_driver_sql(statement)
    _fill(connection)


def _fill(connection: sa.Connection) -> None:
    """What was kept before there was search."""
    connection.exec_driver_sql(
        """INSERT INTO search_entries(kind, ref, number, place, at, title, body, text)
           SELECT 'article', id, 0, source, coalesce(believed, seen), coalesce(title, ''), '', text
           FROM articles ORDER BY coalesce(believed, seen)"""
    )
    entries = sa.table(
        "search_entries", *(sa.column(name) for name in ("kind", "ref", "number", "place", "at", "title", "body"))
    )
    editions = sa.table("editions", *(sa.column(name) for name in ("id", "briefing", "made", "document")))
    rows = connection.execute(sa.select(editions).order_by(editions.c.made)).all()
    for row in rows:
        document = json.loads(row.document) if isinstance(row.document, str) else row.document
        for number, summary in enumerate(document.get("summaries", ()), 1):
            lead = summary["pick"]["story"]["articles"][0]
            body = "\n".join(bullet["text"] for bullet in summary["bullets"])
            values = {"kind": "story", "ref": row.id, "number": number, "place": row.briefing, "at": row.made}
            connection.execute(entries.insert().values(**values, title=lead.get("title") or "", body=body))


def downgrade() -> None:
    """Back to the version before."""
    connection = op.get_bind()
    for statement in SQLITE_DOWN if connection.dialect.name == "sqlite" else POSTGRESQL_DOWN:
        connection.exec_driver_sql(statement)
    op.drop_index(op.f("ix_search_entries_at"), table_name="search_entries")
    op.drop_table("search_entries")
