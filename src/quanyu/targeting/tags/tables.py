"""The tables of tags: runs, packs and what people gave in the database; values, given and computed, in the lake."""

import dataclasses

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import ValueType
from quanyu.targeting.fields.model import Askable
from quanyu.targeting.tags.model import Pack

tag_run = workspace_table(
    "tag_run",
    sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("definition_hash", sa.Text, nullable=False),
    sa.Column("vector", JSONB, nullable=False),  # table: [version, superseded]
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("customers", sa.BigInteger, nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("stale_since", sa.DateTime(timezone=True)),  # customers were merged after the run
    sa.Column("packs", JSONB),  # version of each of the workspace's own packs
    sa.Column("beside", JSONB),  # as vector, of tables that rules may ask and no tag of the run read
    sa.Column("alive", sa.LargeBinary),  # Roaring: the customers who lived then
    sa.Column("recomputed", sa.BigInteger),  # customers of whom anything was taken anew
    sa.Column("whole_because", sa.Text),  # why everything was computed; null: the run went on from the last one
    sa.Column("software", sa.Text),  # version of the product that computed it
)

tag_pack = workspace_table(
    "tag_pack",
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text),  # the file as it was written; null: the pack was stopped
    sa.Column("author", sa.Text),
    sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
)

tag_profile = workspace_table(
    "tag_profile",
    sa.Column("run", sa.BigInteger, primary_key=True),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("customers", sa.BigInteger, nullable=False),  # living ones
    sa.Column("profiles", JSONB, nullable=False),  # tag: how its values lie, see `profiles`
)

tag_use = workspace_table(
    "tag_use",
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, primary_key=True),  # audience:<name>, count, portrait, export; seen: first computed
    sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
)

tag_gift = workspace_table(
    "tag_gift",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("value", sa.Text),  # null: taken back
    sa.Column("expires_on", sa.Date),  # the last day on which the value stands
    sa.Column("note", sa.Text),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("tag_gift_by_tag", "workspace", "tag", "number"),
)

tag_given = workspace_table(
    "tag_given",
    sa.Column("record", sa.BigInteger, primary_key=True),  # of the customer to whom it was given
    sa.Column("gift", sa.BigInteger, primary_key=True),
    sa.Index("tag_given_by_gift", "workspace", "gift"),
)

INSTANT = pa.timestamp("us", tz="UTC")

GIVEN_TAGS = LakeTable(
    name="given_tags",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("gift", pa.int64()),  # the highest of a customer and tag speaks
            ("tag", pa.string()),
            ("value", pa.string()),  # null: taken back
            ("expires_on", pa.date32()),
            ("given_at", INSTANT),
        ]
    ),
    sort_by=("record", "tag", "gift"),
)

IMPORTED_TAGS = LakeTable(
    name="imported_tags",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("source", pa.string()),
            ("tag", pa.string()),
            ("value", pa.string()),  # null: the source has taken it back
            ("expires_on", pa.date32()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("record", "tag"),
    versioned_by=("source", "record", "tag"),
)

CUSTOMER_TAGS = LakeTable(
    name="customer_tags",
    # One typed column per tag of the pack, and what measures keep for the next run.
    schema=pa.schema([("customer", pa.int64())]),
    sort_by=("customer",),
    keyed_by=("customer",),
)

_STORED: dict[ValueType, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "money": pa.int64(),
    "share": pa.float64(),
    "text": pa.string(),
    "code": pa.string(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}


def customer_tags(pack: Pack) -> LakeTable:
    """Return the lake table with the columns that this pack fills."""
    columns = [pa.field(askable.name, stored_type(askable)) for askable in pack.askables]
    return dataclasses.replace(CUSTOMER_TAGS, schema=pa.schema([*CUSTOMER_TAGS.schema, *columns]))


def stored_type(askable: Askable) -> pa.DataType:
    return _STORED[askable.type] if askable.form == "plain" else pa.date32()
