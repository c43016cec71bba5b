"""Imports keep their mapping, what they replay and whether they can be taken back; replayed lines are known."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("data_import", sa.Column("mapping", sa.Text(), nullable=True))
    op.add_column("data_import", sa.Column("replays", sa.BigInteger(), nullable=True))
    op.add_column("data_import", sa.Column("final", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "replayed_reject",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("replayed_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", "position", name=op.f("replayed_reject_key")),
    )
    op.create_index("replayed_reject_by_import", "replayed_reject", ["workspace", "replayed_by"], unique=False)
    op.execute("alter table replayed_reject enable row level security")
    op.execute("alter table replayed_reject force row level security")
    op.execute(
        """create policy workspace_only on replayed_reject
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
