"""What texts mean, as the encoder's vectors."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "vectors",
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("used", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_vectors")),
    )
    op.create_index(op.f("ix_vectors_used"), "vectors", ["used"], unique=False)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("vectors")
