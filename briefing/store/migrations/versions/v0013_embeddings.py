"""What texts mean, as the encoder's vectors."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "embeddings",
        # On PostgreSQL texts have no limit and the order of characters, as in every table.
        sa.Column("mark", sa.String(16).with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("used", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_embeddings")),
    )
    op.create_index(op.f("ix_embeddings_used"), "embeddings", ["used"], unique=False)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("embeddings")
