"""What customers are told: definitions of content in versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "name", "version", name=op.f("content_key")),
    )
    op.execute("alter table content enable row level security")
    op.execute("alter table content force row level security")
    op.execute(
        """create policy workspace_only on content
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
