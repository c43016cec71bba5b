"""The table of content: every version of every definition, for a message names the version that it was made from."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table

content = workspace_table(
    "content",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # from 1; the highest is in force
    sa.Column("definition", JSONB, nullable=False),  # as its author wrote it
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)
