"""A workspace has packs of tags of its own, in versions, as they were written."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tag_pack",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "name", "version", name=op.f("tag_pack_key")),
    )
    op.add_column("tag_run", sa.Column("packs", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.execute("alter table tag_pack enable row level security")
    op.execute("alter table tag_pack force row level security")
    op.execute(
        """create policy workspace_only on tag_pack
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
