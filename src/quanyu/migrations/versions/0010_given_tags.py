"""People give tags, runs can be had again, and snapshots say who entered and left."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag_gift",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "number", name=op.f("tag_gift_key")),
    )
    op.create_index("tag_gift_by_tag", "tag_gift", ["workspace", "tag", "number"])
    op.create_table(
        "tag_given",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("gift", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "record", "gift", name=op.f("tag_given_key")),
    )
    op.create_index("tag_given_by_gift", "tag_given", ["workspace", "gift"])
    for table in ("tag_gift", "tag_given"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(
            f"""create policy workspace_only on {table}
                using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
        )
    op.add_column("tag_run", sa.Column("beside", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("tag_run", sa.Column("alive", sa.LargeBinary(), nullable=True))
    op.add_column("audience_snapshot", sa.Column("entered", sa.BigInteger(), nullable=True))
    op.add_column("audience_snapshot", sa.Column("left", sa.BigInteger(), nullable=True))
