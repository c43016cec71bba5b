"""Identifiers know when their record had them last; those of staff and stores are known as the company's own."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identifier", sa.Column("seen", sa.Date(), nullable=True))
    op.add_column("identifier", sa.Column("seen_import", sa.BigInteger(), nullable=True))
    op.create_table(
        "own_identifier",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("value_hash", sa.Uuid(), nullable=False),
        sa.Column("import_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "type", "scope", "value_hash", name=op.f("own_identifier_key")),
    )
    op.execute("alter table own_identifier enable row level security")
    op.execute("alter table own_identifier force row level security")
    op.execute(
        """create policy workspace_only on own_identifier
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
