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
