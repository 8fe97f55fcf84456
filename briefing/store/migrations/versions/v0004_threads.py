"""What was told of each story is kept, and what its articles' pages answered."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "chapters",
        sa.Column("edition", sa.String(length=16), nullable=False),
        sa.Column("story", sa.String(length=16), nullable=False),
        sa.Column("briefing", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("made", sa.DateTime(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("continues", sa.Boolean(), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.Column("articles", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_chapters_edition_editions")),
        sa.PrimaryKeyConstraint("edition", "story", name=op.f("pk_chapters")),
    )
    op.create_index(op.f("ix_chapters_briefing_made"), "chapters", ["briefing", "made"], unique=False)
    op.create_index(op.f("ix_chapters_story"), "chapters", ["story"], unique=False)
    op.create_table(
        "corrected",
        sa.Column("briefing", sa.String(length=64), nullable=False),
        sa.Column("article", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=16), nullable=False),
        sa.Column("edition", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["edition"], ["editions.id"], name=op.f("fk_corrected_edition_editions")),
        sa.PrimaryKeyConstraint("briefing", "article", "text", name=op.f("pk_corrected")),
    )
    op.create_table(
        "rechecks",
        sa.Column("article", sa.String(length=16), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("modified", sa.Text(), nullable=True),
        sa.Column("checked", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_rechecks")),
    )
    op.create_index(op.f("ix_rechecks_checked"), "rechecks", ["checked"], unique=False)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index(op.f("ix_rechecks_checked"), table_name="rechecks")
    op.drop_index(op.f("ix_chapters_story"), table_name="chapters")
    op.drop_index(op.f("ix_chapters_briefing_made"), table_name="chapters")
    op.drop_table("rechecks")
    op.drop_table("corrected")
    op.drop_table("chapters")
