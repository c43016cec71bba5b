"""The tables of consent: addresses without their values, what sources declare, and who said no, all derived."""

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from quanyu.foundation.database.schema import workspace_table
from quanyu.foundation.lake.model import LakeTable

consent_run = workspace_table(
    "consent_run",  # what was read when the tables were last worked out; a later run takes its place
    sa.Column("addresses", JSONB, nullable=False),
    sa.Column("refusals", JSONB, nullable=False),
)

consent_refusal = workspace_table(
    "consent_refusal",  # a refusal that came in and that the lake does not tell of yet: it counts at once
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),  # a word of `model.REFUSALS`
    sa.Column("record", sa.BigInteger, nullable=False),  # whose address was written to
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("landed", sa.Boolean, nullable=False, server_default=sa.false()),  # among the responses in the lake
    sa.Index("consent_refusal_by_channel", "workspace", "channel"),
)

ADDRESSES = LakeTable(
    name="addresses",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("source", pa.string()),  # of the record
            ("channel", pa.string()),  # on which one of its identifiers is an address
        ]
    ),
    sort_by=("record",),
)

LEGAL_BASES = LakeTable(
    name="legal_bases",
    schema=pa.schema([("source", pa.string()), ("purpose", pa.string()), ("channel", pa.string())]),
    sort_by=("source",),
)

REFUSED = LakeTable(
    name="refused",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # that said no, or that has the address from which it was said
            ("channel", pa.string()),
            ("event", pa.string()),
            ("day", pa.date32()),
        ]
    ),
    sort_by=("record",),
)
