"""How sources do, and what tells their items apart."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("sources") as batch:
        batch.add_column(sa.Column("address", sa.Text(), nullable=True))
        batch.add_column(sa.Column("kind", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("next_try", sa.DateTime(), nullable=True))
        batch.add_column(sa.Column("suggestion", sa.Text(), nullable=True))
    with op.batch_alter_table("items") as batch:
        batch.add_column(sa.Column("read_from", sa.Text(), nullable=True))
        batch.add_column(sa.Column("same_url", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("same_text", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("notes", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_items_source_same_url"), "items", ["source", "same_url"], unique=False)
    op.create_index(op.f("ix_items_source_same_text"), "items", ["source", "same_text"], unique=False)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index(op.f("ix_items_source_same_text"), table_name="items")
    op.drop_index(op.f("ix_items_source_same_url"), table_name="items")
    # Not in batch mode, which makes the table anew: articles refer to items.
    for name in ("notes", "same_text", "same_url", "read_from"):
        op.drop_column("items", name)
    for name in ("suggestion", "next_try", "kind", "address"):
        op.drop_column("sources", name)
