"""Cohorts that wait for what becomes of a batch, and batches that tell a receiver of customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("journey_cohort", sa.Column("awaits", sa.Text()))
    op.add_column("channel_batch", sa.Column("fields", JSONB()))
