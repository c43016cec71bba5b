"""An import knows the job that it runs in, so that a job's progress is its own."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("data_import", sa.Column("job", sa.BigInteger()))
