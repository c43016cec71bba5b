"""How far an import is and whether it shall stop; of which class a source's data is, and on which basis it is held."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("data_import", sa.Column("step", sa.Text(), nullable=True))
    op.add_column("data_import", sa.Column("share", sa.REAL(), server_default="0", nullable=False))
    op.add_column("data_import", sa.Column("cancel_asked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("source", sa.Column("class", sa.Text(), nullable=True))
    op.add_column("source", sa.Column("legal_basis", postgresql.JSONB(), nullable=True))
