"""The roll has the tails of phones; a home from before enters its own at the next recognition."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    tailed = sa.Column("tailed", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("population", tailed)
