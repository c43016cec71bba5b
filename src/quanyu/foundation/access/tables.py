"""Workspaces, access tokens, operators of the console with their sessions, and the audit log."""

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

# Whoever works for the brand and signs in; the name is how he is known everywhere else.
operator = workspace_table(
    "operator",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),  # as others read it, in his own script
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password", sa.LargeBinary, nullable=False),  # salt and scrypt's outcome
    sa.Column("failures", sa.Integer, nullable=False),  # refused since the last sign-in
    sa.Column("failed_at", sa.DateTime(timezone=True)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("disabled_at", sa.DateTime(timezone=True)),
)

operator_session = workspace_table(
    "operator_session",
    sa.Column("session_hash", sa.LargeBinary, primary_key=True),  # SHA-256; the cookie alone holds the secret
    sa.Column("operator", sa.Text, nullable=False, index=True),
    sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
)

audit_entry = workspace_table(
    "audit_entry",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),  # the operation's id
    sa.Column("about", sa.Text, nullable=False),  # what the address names; never a body, which may hold private values
    sa.Column("reason", sa.Text),
    sa.Column("status", sa.Integer),  # null: it was asked for, and whether it was done is not known
)
