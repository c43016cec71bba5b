"""Devices that nobody has identified are marked, and an identifier says which import gave it first."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("record", sa.Column("anonymous", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("identifier", sa.Column("import_number", sa.BigInteger(), nullable=True))
    named = sa.text("not anonymous")
    op.create_index("record_named", "record", ["workspace", "record"], unique=False, postgresql_where=named)
