"""The tables of audiences: versions of definitions, snapshots of members, pasted lists, and what was exported."""

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
    sa.Column("entered", sa.BigInteger),  # against the snapshot before; null in homes of an older schema
    sa.Column("left", sa.BigInteger),
    sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("audience_snapshot_by_audience", "workspace", "audience", "number"),
)

audience_list = workspace_table(
    "audience_list",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),  # from 1; raised when other values are pasted under the name
    sa.Column("kind", sa.Text, nullable=False),  # what the values were: auto, phone, email, card, order, one_id
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("members", sa.LargeBinary, nullable=False),  # portable Roaring; the values themselves are not kept
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("counts", JSONB, nullable=False),  # read, matched, invalid, repeated, same_customer, unknown
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("pasted_at", sa.DateTime(timezone=True), nullable=False),
)

audience_export = workspace_table(
    "audience_export",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # waiting, started, finished, failed, expired
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # of the definition or list that was in force
    sa.Column("definition_hash", sa.Text),  # of the snapshot's rule; null for a list
    sa.Column("snapshot", sa.BigInteger),  # null for a list
    sa.Column("tag_run", sa.BigInteger),
    sa.Column("columns", JSONB),  # tags; null while it waits and all are wanted
    sa.Column("target", sa.Text, nullable=False),  # csv, parquet, xlsx, database
    sa.Column("place", sa.Text, nullable=False),  # a path, or a database and table without user and password
    sa.Column("purpose", sa.Text),
    sa.Column("channel", sa.Text),
    sa.Column("identifiers", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text),  # why identifiers were needed
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger),
    sa.Column("left_out", JSONB),  # no_basis, complained, unsubscribed: customers
    sa.Column("error", sa.Text),  # class of what ended it
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True)),
    sa.Column("expires_at", sa.DateTime(timezone=True)),  # of a file that the home keeps for download
)
