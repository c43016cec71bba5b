"""A workspace notes which imports gave customers identifiers that recognition has not looked at yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None

_GUARDED = ("population", "identifier")


def upgrade() -> None:
    """Let the next recognition look at every import: so far it passed over what came late for a known record."""
    column = sa.Column("unrecognised_imports", ARRAY(sa.BigInteger()), server_default="{}", nullable=False)
    op.add_column("population", column)
    for table in _GUARDED:  # a migration belongs to no workspace
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        """update population p set unrecognised_imports = array(
             select distinct i.import_number from identifier i
             where i.workspace = p.workspace and i.import_number is not null order by 1)"""
    )
    for table in _GUARDED:
        op.execute(f"alter table {table} force row level security")
