"""The lake table of coupons, one row per version."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

INSTANT = pa.timestamp("us", tz="UTC")

COUPONS = LakeTable(
    name="coupons",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # of the holder; null where the code names nobody
            ("source", pa.string()),
            ("code", pa.string()),
            ("campaign", pa.string()),
            ("value", pa.int64()),  # minor units that it takes off
            ("currency", pa.string()),  # of the value
            ("terms", pa.string()),  # what it gives, in the source's words
            ("issued_at", INSTANT),
            ("valid_until", pa.date32()),  # the last day
            ("used_at", INSTANT),
            ("order_number", pa.string()),  # on which it was used
            ("status", pa.string()),  # issued, used, expired, void
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("record", "issued_at"),
    versioned_by=("source", "code"),
)
