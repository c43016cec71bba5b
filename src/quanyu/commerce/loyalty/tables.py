"""The lake table of the points that members brought along, one row per version."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

POINTS_OPENINGS = LakeTable(
    name="points_openings",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # one of its source
            ("source", pa.string()),
            ("balance", pa.int64()),
            ("expires_at", pa.date32()),  # the last day on which they can be spent
            ("content_hash", pa.int64()),
            ("observed_at", pa.timestamp("us", tz="UTC")),  # the instant that the balance is of
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("record",),
    versioned_by=("source", "record"),
)
