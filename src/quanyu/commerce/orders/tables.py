"""The lake tables of orders: immutable lines; order headers, refunds and after-sales cases as versions."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

INSTANT = pa.timestamp("us", tz="UTC")

ORDER_LINES = LakeTable(
    name="order_lines",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # record ordinal; null where the buyer left no key
            ("source", pa.string()),
            ("order_number", pa.string()),
            ("content_hash", pa.int64()),  # of every input of the line
            ("occurrence", pa.int32()),  # n-th line with this content within the order in its file, from 1
            ("product", pa.string()),
            ("quantity", pa.decimal128(18, 6)),  # negative: returned
            ("unit_price", pa.decimal128(18, 6)),
            ("unit_price_text", pa.string()),  # as the source wrote it
            ("amount", pa.int64()),  # minor units, quantity × unit price rounded once
            ("currency", pa.string()),
            ("line_type", pa.string()),  # sale, return, free, adjustment
            ("placed_at", INSTANT),
            ("business_date", pa.date32()),  # the day at the place of sale, fixed at landing
            ("import_number", pa.int64()),
            ("month", pa.string()),  # of business_date, YYYY-MM
        ]
    ),
    partition_by=("month",),
    sort_by=("record", "placed_at"),
)

ORDERS = LakeTable(
    name="orders",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("source", pa.string()),
            ("order_number", pa.string()),
            ("content_hash", pa.int64()),
            ("order_type", pa.string()),  # sale if any line is one, else return, else other
            ("sale_amount", pa.int64()),  # minor units of its sale lines
            ("return_amount", pa.int64()),  # minor units of its return lines, as a positive number
            ("lines", pa.int32()),
            ("currency", pa.string()),
            ("placed_at", INSTANT),
            ("business_date", pa.date32()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
            ("month", pa.string()),
        ]
    ),
    partition_by=("month",),
    sort_by=("record", "placed_at"),
    versioned_by=("source", "order_number"),
)

REFUNDS = LakeTable(
    name="refunds",
    schema=pa.schema(
        [
            ("source", pa.string()),
            ("refund_key", pa.string()),  # the source's own id, else of order, product and instant
            ("refund_id", pa.string()),
            ("order_number", pa.string()),
            ("product", pa.string()),  # null where the whole order was refunded
            ("quantity", pa.decimal128(18, 6)),
            ("amount", pa.int64()),  # minor units given back, not negative
            ("currency", pa.string()),
            ("refunded_at", INSTANT),
            ("business_date", pa.date32()),
            ("reason", pa.string()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("order_number",),
    versioned_by=("source", "refund_key"),
)

AFTER_SALES_CASES = LakeTable(
    name="after_sales_cases",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # null where the case names no customer: the order may
            ("source", pa.string()),
            ("case_number", pa.string()),
            ("order_number", pa.string()),
            ("type", pa.string()),  # return, refund, exchange, repair, complaint
            ("opened_at", INSTANT),
            ("closed_at", INSTANT),
            ("amount", pa.int64()),  # minor units given back
            ("currency", pa.string()),  # of the amount
            ("status", pa.string()),  # open, closed, refused, cancelled
            ("reason", pa.string()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("record", "opened_at"),
    versioned_by=("source", "case_number"),
)
