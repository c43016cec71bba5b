"""The tables of identity: records and their identifiers, customers, and the one mapping between them."""

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from quanyu.foundation.database.schema import workspace_table
from quanyu.foundation.lake.model import LakeTable

INSTANT = pa.timestamp("us", tz="UTC")

record = workspace_table(
    "record",
    sa.Column("key_hash", sa.Uuid, primary_key=True),  # keyed hash of (source, key within the source)
    sa.Column("record", sa.BigInteger, nullable=False),  # ordinal
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("import_number", sa.BigInteger, nullable=False),
    sa.Column(
        "anonymous", sa.Boolean, nullable=False, server_default=sa.false()
    ),  # a device that nobody has identified
    sa.Index("record_by_ordinal", "workspace", "record", unique=True),
    sa.Index("record_named", "workspace", "record", postgresql_where=sa.text("not anonymous")),
)

identifier = workspace_table(
    "identifier",
    sa.Column("type", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("value_hash", sa.Uuid, primary_key=True),  # keyed hash of the normalised value
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Column("import_number", sa.BigInteger),  # that gave it first; unknown in homes of the first schema
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
    # That gave identifiers to records with a customer, which no recognition has looked at. Imports do not commit in the
    # order of their numbers, so that the highest one would not tell; whoever gives or looks holds this row's lock.
    sa.Column("unrecognised_imports", ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
)

RECORDS = LakeTable(
    name="records",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("source", pa.string()),
            ("country", pa.string()),
            ("province", pa.string()),
            ("city", pa.string()),
            ("district", pa.string()),
            ("gender", pa.string()),  # f, m, other
            ("birth_year", pa.int32()),
            ("birthday", pa.string()),  # MM-DD
            ("language", pa.string()),
            ("registered_at", INSTANT),
            ("store", pa.string()),  # code of the home store
            ("staff", pa.string()),  # number of the guide
            ("channel", pa.string()),  # where he joined
            ("level", pa.string()),
            ("status", pa.string()),  # active, blocked, closed
            ("name_hash", pa.int64()),  # keyed, of what is sealed: tells whether it has changed, and nothing else
            ("birth_date_hash", pa.int64()),
            ("address_hash", pa.int64()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("older_values", pa.map_(pa.string(), INSTANT)),  # when those were observed that are older than the row
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
            ("attributes", pa.bool_()),  # the block holds names, births and addresses; else it holds identifiers
        ]
    ),
    sort_by=("first_record",),
)

IDENTIFIER_FAULTS = LakeTable(
    name="identifier_faults",
    schema=pa.schema(
        [
            ("import_number", pa.int64()),
            ("source", pa.string()),
            ("type", pa.string()),
            ("scope", pa.string()),
            ("reason", pa.string()),  # a code of `identifiers.REASONS`
            ("times", pa.int64()),  # records for which such a value was given
        ]
    ),
    sort_by=("import_number",),
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
