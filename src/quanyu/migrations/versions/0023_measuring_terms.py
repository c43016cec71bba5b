"""What measuring presumes: return windows, margin and prices of a workspace, version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "experiment_terms",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "version", name=op.f("experiment_terms_key")),
    )
    op.execute("alter table experiment_terms enable row level security")
    op.execute("alter table experiment_terms force row level security")
    op.execute(
        """create policy workspace_only on experiment_terms
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
