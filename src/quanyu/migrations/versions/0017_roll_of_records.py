"""The lake holds a roll of records and identifiers; a home from before enters its own at the next recognition."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    enrolled = sa.Column("enrolled", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("population", enrolled)
