"""Which paragraphs a source repeats is remembered."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "blocks",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("block", sa.String(length=16), nullable=False),
        sa.Column("article", sa.String(length=16), nullable=False),
        sa.Column("sketch", sa.String(length=160), nullable=False),
        sa.Column("seen", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "block", "article", name=op.f("pk_blocks")),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("blocks")
