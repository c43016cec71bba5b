"""A workspace knows what its tables of consent were last worked out from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_run",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("addresses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refusals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("workspace", name=op.f("consent_run_key")),
    )
    op.execute("alter table consent_run enable row level security")
    op.execute("alter table consent_run force row level security")
    op.execute(
        """create policy workspace_only on consent_run
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
