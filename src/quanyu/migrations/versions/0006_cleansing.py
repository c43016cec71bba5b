"""Rules that cleanse what comes in are published."""

import sqlalchemy as sa
from alembic import op

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
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("cleansing_rules_key")),
    )
    op.execute("alter table cleansing_rules enable row level security")
    op.execute("alter table cleansing_rules force row level security")
    op.execute(
        """create policy workspace_only on cleansing_rules
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
