"""The ledger of issues; sources have a pace of their own; when reading an item failed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "slots",
        sa.Column("briefing", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=32), nullable=False),
        sa.Column("due", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("began", sa.DateTime(), nullable=True),
        sa.Column("ended", sa.DateTime(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("briefing", "slot", name=op.f("pk_slots")),
    )
    op.create_index(op.f("ix_slots_briefing_due"), "slots", ["briefing", "due"], unique=False)
    for name in ("due", "changed", "failing_since"):
        op.add_column("sources", sa.Column(name, sa.DateTime(), nullable=True))
    op.add_column("sources", sa.Column("noted", sa.JSON(), nullable=True))
    op.add_column("items", sa.Column("tried", sa.DateTime(), nullable=True))
    op.create_index(op.f("ix_items_tried"), "items", ["tried"], unique=False)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index(op.f("ix_items_tried"), table_name="items")
    op.drop_column("items", "tried")
    for name in ("noted", "failing_since", "changed", "due"):
        op.drop_column("sources", name)
    op.drop_index(op.f("ix_slots_briefing_due"), table_name="slots")
    op.drop_table("slots")
