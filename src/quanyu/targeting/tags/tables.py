"""The tables of tags: the runs in the database, the values of the last run in the lake."""

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

CUSTOMER_TAGS = LakeTable(
    name="customer_tags",
    schema=pa.schema([("customer", pa.int64())]),  # and one typed column per tag of the pack
    sort_by=("customer",),
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
