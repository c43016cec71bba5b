"""Workspaces and access tokens."""

import sqlalchemy as sa

from quanyu.foundation.database.schema import metadata, workspace_table

workspace = sa.Table(
    "workspace",
    metadata,
    sa.Column("workspace", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),  # the workspace's key under the home's master key
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)

access_token = workspace_table(
    "access_token",
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),  # SHA-256; the token itself is shown once
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("revoked_at", sa.DateTime(timezone=True)),
)
