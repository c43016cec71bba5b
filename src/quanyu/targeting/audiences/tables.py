"""The tables of audiences: versions of definitions, and snapshots of members."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table

audience = workspace_table(
    "audience",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # from 1; the highest is in force
    sa.Column("definition", JSONB, nullable=False),  # as its author wrote it
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)

audience_snapshot = workspace_table(
    "audience_snapshot",
    sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
    sa.Column("definition_hash", sa.Text, nullable=False),
    sa.Column("tag_run", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("members", sa.LargeBinary, nullable=False),  # portable Roaring of customer ordinals
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("audience_snapshot_by_audience", "workspace", "audience", "number"),
)
