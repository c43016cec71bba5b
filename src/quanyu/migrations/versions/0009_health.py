"""Runs of tags leave a profile of how values lie, and it is kept who uses which tag when."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag_profile",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("profiles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "run", name=op.f("tag_profile_key")),
    )
    op.create_table(
        "tag_use",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "tag", "holder", name=op.f("tag_use_key")),
    )
    for table in ("tag_profile", "tag_use"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"""create policy workspace_only on {table}
                using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
        )
