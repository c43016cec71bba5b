"""Identifiers know when their record had them last; those of staff are the company's own; scores have days."""

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
    op.create_table(
        "identity_score",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("linked", sa.BigInteger(), nullable=False),
        sa.Column("identified", sa.BigInteger(), nullable=False),
        sa.Column("taggable", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace", "day", name=op.f("identity_score_key")),
    )
    for table in ("own_identifier", "identity_score"):
        _guard(table)


def _guard(table: str) -> None:
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"""create policy workspace_only on {table}
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
