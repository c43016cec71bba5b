"""The tables of identity: records and their identifiers, customers, and the one mapping between them."""

import pyarrow as pa
import sqlalchemy as sa

from quanyu.foundation.database.schema import workspace_table
from quanyu.foundation.lake.model import LakeTable

INSTANT = pa.timestamp("us", tz="UTC")

record = workspace_table(
    "record",
    sa.Column("key_hash", sa.Uuid, primary_key=True),  # keyed hash of (source, key within the source)
    sa.Column("record", sa.BigInteger, nullable=False),  # ordinal
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("import_number", sa.BigInteger, nullable=False),
    sa.Index("record_by_ordinal", "workspace", "record", unique=True),
)

identifier = workspace_table(
    "identifier",
    sa.Column("type", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("value_hash", sa.Uuid, primary_key=True),  # keyed hash of the normalised value
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Index("identifier_by_record", "workspace", "record"),
)

customer = workspace_table(
    "customer",
    sa.Column("customer", sa.BigInteger, primary_key=True),  # ordinal
    sa.Column("one_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("merged_into", sa.BigInteger),
)

record_customer = workspace_table(
    "record_customer",
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Column("customer", sa.BigInteger, nullable=False),
    sa.Index("record_customer_by_customer", "workspace", "customer"),
)

population = workspace_table(
    "population",
    sa.Column("epoch", sa.Integer, nullable=False),  # raised by a renumbering
    sa.Column("records", sa.BigInteger, nullable=False),  # ordinals given out
    sa.Column("customers", sa.BigInteger, nullable=False),
    sa.Column("alive", sa.LargeBinary, nullable=False),  # Roaring: customers that were not merged away or erased
)

RECORDS = LakeTable(
    name="records",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("source", pa.string()),
            ("country", pa.string()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("record",),
    versioned_by=("record",),
)

RECORDS_PRIVATE = LakeTable(
    name="records_private",
    schema=pa.schema(
        [
            ("first_record", pa.int64()),  # the block holds records first_record … last_record
            ("last_record", pa.int64()),
            ("rows", pa.int32()),
            ("block", pa.binary()),  # AES-256-GCM over an Arrow IPC stream: record, type, scope, value
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("first_record",),
)

CUSTOMER_OF_RECORD = LakeTable(
    name="customer_of_record",
    schema=pa.schema([("record", pa.int64()), ("customer", pa.int64())]),
    sort_by=("record",),
)

CUSTOMERS = LakeTable(
    name="customers",
    schema=pa.schema([("customer", pa.int64()), ("one_id", pa.string()), ("since", INSTANT)]),
    sort_by=("customer",),
)
