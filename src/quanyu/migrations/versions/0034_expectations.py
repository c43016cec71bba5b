"""What a message of a journey is expected to bring, and by what journeys were put in order."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journey_expectation",
        sa.Column("workspace", sa.Integer(), nullable=False),
        sa.Column("journey", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("expected", sa.Double()),
        sa.Column("foretold", sa.Double()),
        sa.Column("measured", sa.Double()),
        sa.Column("measured_low", sa.Double()),
        sa.Column("measured_high", sa.Double()),
        sa.PrimaryKeyConstraint("workspace", "journey", name=op.f("journey_expectation_key")),
    )
    op.execute("alter table journey_expectation enable row level security")
    op.execute("alter table journey_expectation force row level security")
    op.execute(
        """create policy workspace_only on journey_expectation
            using (workspace = nullif(current_setting('quanyu.workspace', true), '')::int)"""
    )
    op.add_column("journey_move", sa.Column("expected", sa.Double()))
