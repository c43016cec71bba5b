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
    sa.Column(
        "anonymous", sa.Boolean, nullable=False, server_default=sa.false()
    ),  # a device that nobody has identified
    sa.Column("follows", sa.Boolean, nullable=False, server_default=sa.false()),  # is whoever names it, else nobody
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
    # The record he was opened for: who has it is him, whatever is merged and parted. None: he will not come back.
    sa.Column("founder", sa.BigInteger),
    sa.Index("customer_by_founder", "workspace", "founder"),
)

record_customer = workspace_table(
    "record_customer",
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Column("customer", sa.BigInteger, nullable=False),
    sa.Index("record_customer_by_customer", "workspace", "customer"),
)

record_evidence = workspace_table(
    "record_evidence",  # what tells persons apart who share an identifier, as the lake's records say it now
    sa.Column("record", sa.BigInteger, primary_key=True),
    sa.Column("family", sa.BigInteger),  # keyed hash of the surname as it is read
    sa.Column("name", sa.BigInteger),  # keyed hash of the whole name as it is read
    sa.Column("born", sa.SmallInteger),  # month * 100 + day
    sa.Column("gender", sa.SmallInteger),  # 1 a woman, 2 a man
)

identity_waiting = workspace_table(
    "identity_waiting",  # records known before about which something changed that recognition has not looked at
    sa.Column("record", sa.BigInteger, primary_key=True),
)

identity_policy = workspace_table(
    "identity_policy",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),  # the last one holds
    sa.Column("body", sa.Text, nullable=False),  # the file as it was written
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
)

identity_parting = workspace_table(
    "identity_parting",  # what somebody has said is not so; remembered across every run
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("value_hash", sa.Uuid, nullable=False),
    sa.Column("record", sa.BigInteger),  # none: the value is no person's; else it is not this record's
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("withdrawn_by", sa.Text),
    sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
    sa.Index("identity_parting_by_value", "workspace", "type", "scope", "value_hash"),
)

population = workspace_table(
    "population",
    sa.Column("epoch", sa.Integer, nullable=False),  # raised by a renumbering
    sa.Column("records", sa.BigInteger, nullable=False),  # ordinals given out
    sa.Column("customers", sa.BigInteger, nullable=False),
    sa.Column("alive", sa.LargeBinary, nullable=False),  # Roaring: customers that were not merged away or erased
    sa.Column("recognised", sa.BigInteger, nullable=False, server_default="0"),  # records below it were looked at
    sa.Column("policy", sa.Text),  # the key of the policy under which they were
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
            ("verified", pa.bool_()),  # the source has checked what the row says
            ("family_key", pa.int64()),  # keyed, of the surname as it is read: equal where two records bear it
            ("name_key", pa.int64()),  # the same of the whole name
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
    keyed_by=("record",),
)

CUSTOMERS = LakeTable(
    name="customers",
    schema=pa.schema([("customer", pa.int64()), ("one_id", pa.string()), ("since", INSTANT)]),
    sort_by=("customer",),
)

GOLDEN_RULES = LakeTable(
    name="golden_rules",  # the policy by which a value of several speaks; none: that for retail
    schema=pa.schema(
        [
            ("attribute", pa.string()),
            ("by", pa.list_(pa.string())),
            ("trusted", pa.list_(pa.string())),
            ("beside", pa.string()),
        ]
    ),
    sort_by=("attribute",),
    terms=True,
)
