"""Several processes at one store; PostgreSQL keeps and finds what SQLite does."""

import sqlalchemy as sa
from alembic import op

from briefing.store.migrations.versions.v0010_search import POSTGRESQL, POSTGRESQL_DOWN

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WORDS = (
    # `whole`: every word with every place it stands at is in `words`; of a long text only what fits is.
    """CREATE TABLE search_words (
       entry bigint PRIMARY KEY REFERENCES search_entries(id) ON DELETE CASCADE,
       words tsvector NOT NULL, whole boolean NOT NULL)""",
    "CREATE INDEX ix_search_words_words ON search_words USING gin(words)",
)


def upgrade() -> None:
    """To this version."""
    for table in ("items", "deliveries"):
        op.add_column(table, sa.Column("taker", sa.Integer(), nullable=True))
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    # The trigger over them goes first: PostgreSQL changes no column that one looks at.
    for statement in POSTGRESQL_DOWN:
        connection.exec_driver_sql(statement)
    _texts_as_sqlite_has_them(connection)
    for statement in (
        "ALTER TABLE search_entries ALTER COLUMN id TYPE bigint",
        "ALTER SEQUENCE search_entries_id_seq AS bigint",
        *WORDS,
    ):
        connection.exec_driver_sql(statement)
    from briefing.store.vectors import index_all

    index_all(connection)


def _texts_as_sqlite_has_them(connection: sa.Connection) -> None:
    """No limit of length, and the order of characters instead of a language's."""
    inspector = sa.inspect(connection)
    for table in sorted(inspector.get_table_names()):
        changed = [
            f'ALTER COLUMN "{column["name"]}" TYPE text COLLATE "C"'
            for column in inspector.get_columns(table)
            if isinstance(column["type"], sa.String) and table != "alembic_version"
        ]
        if changed:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(changed)}')


def downgrade() -> None:
    """Back to the version before. Texts keep having no limit: what is longer could not be kept otherwise."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP TABLE search_words")
        connection.exec_driver_sql("ALTER TABLE search_entries ALTER COLUMN id TYPE integer")
        connection.exec_driver_sql("ALTER SEQUENCE search_entries_id_seq AS integer")
        for statement in POSTGRESQL:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("UPDATE search_entries SET title = title")
    for table in ("deliveries", "items"):
        op.drop_column(table, "taker")
