"""Rules that cleanse what comes in are published, and refill what records lack."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cleansing_rules",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("refills", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("cleansing_rules_key")),
    )
    op.create_table(
        "refill_run",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("rules", sa.BigInteger(), nullable=False),
        sa.Column("vector", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("refill_run_key")),
    )
    for table in ("cleansing_rules", "refill_run"):
        _guard(table)


def _guard(table: str) -> None:
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"""create policy workspace_only on {table}
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
