"""A run of tags says how much it computed anew, why it was everything, and by which version of the product."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tag_run", sa.Column("recomputed", sa.BigInteger()))
    op.add_column("tag_run", sa.Column("whole_because", sa.Text()))
    op.add_column("tag_run", sa.Column("software", sa.Text()))
