"""The lake tables of products and of the codes that platforms have for them, one row per version."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

INSTANT = pa.timestamp("us", tz="UTC")

PRODUCTS = LakeTable(
    name="products",
    schema=pa.schema(
        [
            ("source", pa.string()),
            ("product", pa.string()),
            ("name", pa.string()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
            ("category_1", pa.string()),  # codes and names of the categories, the widest first
            ("category_1_name", pa.string()),
            ("category_2", pa.string()),
            ("category_2_name", pa.string()),
            ("category_3", pa.string()),
            ("category_3_name", pa.string()),
            ("brand", pa.string()),
            ("unit", pa.string()),
            ("barcode", pa.string()),
            ("list_price", pa.int64()),  # minor units
            ("currency", pa.string()),  # of the list price
            ("launched_at", pa.date32()),
            ("kind", pa.string()),  # single, bundle, gift
            ("older_values", pa.map_(pa.string(), INSTANT)),  # when those were observed that are older than the row
        ]
    ),
    sort_by=("product",),
    versioned_by=("source", "product"),
)

PRODUCT_CODES = LakeTable(
    name="product_codes",
    schema=pa.schema(
        [
            ("source", pa.string()),
            ("platform", pa.string()),
            ("code", pa.string()),
            ("product", pa.string()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("code",),
    versioned_by=("source", "platform", "code"),
)
