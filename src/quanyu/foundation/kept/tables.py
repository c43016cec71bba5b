"""Kept answers, by name."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table

kept_answer = workspace_table(
    "kept_answer",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("made_of", sa.Text, nullable=False),  # whatever the answer depends on
    sa.Column("answer", JSONB, nullable=False),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
)
