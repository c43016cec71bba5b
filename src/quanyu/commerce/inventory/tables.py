"""The lake table of stock: how much of a product lay at a place at the end of a day, as versions."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

STOCK = LakeTable(
    name="stock",
    schema=pa.schema(
        [
            ("source", pa.string()),
            ("place", pa.string()),  # code of a warehouse or a store
            ("product", pa.string()),
            ("day", pa.date32()),
            ("quantity", pa.decimal128(18, 6)),
            ("content_hash", pa.int64()),
            ("observed_at", pa.timestamp("us", tz="UTC")),
            ("import_number", pa.int64()),
            ("month", pa.string()),  # of the day, YYYY-MM
        ]
    ),
    partition_by=("month",),
    sort_by=("product", "place", "day"),
    versioned_by=("source", "place", "product", "day"),
)
