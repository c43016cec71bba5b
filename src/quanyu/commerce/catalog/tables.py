"""The lake table of products, one row per version of a product."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

PRODUCTS = LakeTable(
    name="products",
    schema=pa.schema(
        [
            ("source", pa.string()),
            ("product", pa.string()),
            ("name", pa.string()),
            ("content_hash", pa.int64()),
            ("observed_at", pa.timestamp("us", tz="UTC")),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("product",),
    versioned_by=("source", "product"),
)
