"""What triggers tell of entries, and what batches bring along for their customers."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("journey_entrance", sa.Column("context", sa.LargeBinary()))
    op.add_column("channel_batch", sa.Column("given", sa.LargeBinary()))
    op.create_table(
        "journey_context",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("journey", sa.Text(), nullable=False),
        sa.Column("customer", sa.BigInteger(), nullable=False),
        sa.Column("named", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "journey", "customer", name=op.f("journey_context_key")),
    )
    op.execute("alter table journey_context enable row level security")
    op.execute("alter table journey_context force row level security")
    op.execute(
        """create policy workspace_only on journey_context
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
