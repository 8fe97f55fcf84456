"""Which story an article belongs to is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "story_articles",
        sa.Column("article", sa.String(length=16), nullable=False),
        sa.Column("story", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_story_articles")),
    )
    op.create_index(op.f("ix_story_articles_story"), "story_articles", ["story"], unique=False)
    op.create_table(
        "story_merges",
        sa.Column("gone", sa.String(length=16), nullable=False),
        sa.Column("kept", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("gone", name=op.f("pk_story_merges")),
    )
    op.create_index(op.f("ix_story_merges_kept"), "story_merges", ["kept"], unique=False)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index(op.f("ix_story_merges_kept"), table_name="story_merges")
    op.drop_index(op.f("ix_story_articles_story"), table_name="story_articles")
    op.drop_table("story_merges")
    op.drop_table("story_articles")
