"""The tables of quality: surveys that were kept, rules that are used, and what they have changed."""

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table
from quanyu.foundation.lake.model import LakeTable

survey = workspace_table(
    "survey",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
    sa.Column("vector", JSONB, nullable=False),  # the lake as it was read: table: [version, superseded]
    sa.Column("document", JSONB, nullable=False),  # figures; no value of a person
)

cleansing_rules = workspace_table(
    "cleansing_rules",
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),  # the file as it was written; empty: none are used from here on
    sa.Column("refills", JSONB, nullable=False),  # its rules that refill: name, input, source, givers
    sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
)

refill_run = workspace_table(
    "refill_run",  # the last one; a later one takes its place
    sa.Column("rules", sa.BigInteger, nullable=False),  # number of the published file, 0 for none
    sa.Column("vector", JSONB, nullable=False),  # the lake as it was read: table: [version, superseded]
)

CLEANSED = LakeTable(
    name="cleansed",
    schema=pa.schema(
        [
            ("import_number", pa.int64()),
            ("source", pa.string()),
            ("kind", pa.string()),
            ("key_hash", pa.string()),  # keyed, of the row's key
            ("line", pa.int64()),  # of the import, as in its delivery
            ("input", pa.string()),
            ("rule", pa.string()),
            ("rules", pa.int64()),  # number of the published file that the rule stands in
            ("action", pa.string()),  # normalise, clear, quarantine
            ("raw", pa.string()),  # as it came; null for an input that is sealed or names somebody
            ("raw_hash", pa.string()),  # keyed, of the same: tells whether it is the value that somebody shows
            ("value", pa.string()),  # what stands there now; null where nothing does, or where raw is not shown
        ]
    ),
    sort_by=("import_number",),
)

REFILLED = LakeTable(
    name="refilled",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # which lacks the value itself
            ("source", pa.string()),
            ("input", pa.string()),
            ("value", pa.string()),
            ("rule", pa.string()),
            ("rules", pa.int64()),  # number of the published file that the rule stands in
            ("from_record", pa.int64()),  # another record of the same customer
            ("from_source", pa.string()),
        ]
    ),
    sort_by=("record",),
)
