"""The table of experiments: the terms on which effects are measured, version by version."""

import sqlalchemy as sa

from quanyu.foundation.database.schema import workspace_table

experiment_terms = workspace_table(
    "experiment_terms",
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
)
