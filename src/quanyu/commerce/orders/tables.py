"""The lake tables of orders: lines, headers, what counts of them, refunds and after-sales cases, all as versions."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

INSTANT = pa.timestamp("us", tz="UTC")
REMOVED = "removed"
"""Type of a line whose order has come again, as a whole, without it."""

ORDER_LINES = LakeTable(
    name="order_lines",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # record ordinal; null where the buyer left no key
            ("source", pa.string()),
            ("order_number", pa.string()),
            ("line_key", pa.int64()),  # of the line number; without one of content and occurrence
            ("line_number", pa.string()),  # of the source, unique within the order
            (
                "occurrence",
                pa.int32(),
            ),  # without a number: n-th with this content in its order and file, from 1
            ("product", pa.string()),
            ("quantity", pa.decimal128(18, 6)),  # negative: returned
            ("unit_price", pa.decimal128(18, 6)),
            ("unit_price_text", pa.string()),  # as the source wrote it
            ("amount", pa.int64()),  # minor units, quantity × unit price rounded once
            ("currency", pa.string()),
            ("line_type", pa.string()),  # sale, return, free, adjustment; removed: its order came again without it
            ("placed_at", INSTANT),
            ("business_date", pa.date32()),  # the day at the place of sale
            ("observed_at", INSTANT),
            ("whole_at", INSTANT),  # when its order was last observed as a whole, with or without this line
            ("import_number", pa.int64()),
            ("month", pa.string()),  # of business_date, YYYY-MM
        ]
    ),
    partition_by=("month",),
    sort_by=("record", "placed_at"),
    versioned_by=("source", "order_number", "line_key"),
)

ORDER_HEADERS = LakeTable(
    name="order_headers",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("source", pa.string()),
            ("order_number", pa.string()),
            ("platform", pa.string()),  # where it was placed; null: in the source itself
            ("platform_order_number", pa.string()),  # its number there; null: the order number
            ("status", pa.string()),  # placed, paid, shipped, completed, closed, refunded
            ("placed_at", INSTANT),
            ("paid_at", INSTANT),
            ("shipped_at", INSTANT),
            ("completed_at", INSTANT),
            ("business_date", pa.date32()),  # of placed_at, at the place of sale
            ("amount", pa.int64()),  # minor units that the buyer pays in all
            ("discount", pa.int64()),
            ("shipping_fee", pa.int64()),
            ("currency", pa.string()),
            ("store", pa.string()),
            ("staff", pa.string()),
            ("channel", pa.string()),
            ("coupon", pa.string()),
            ("campaign", pa.string()),
            ("order_type", pa.string()),  # as the source says it
            ("older_values", pa.map_(pa.string(), INSTANT)),  # when those were observed that are older than the row
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
        ]
    ),
    sort_by=("record", "placed_at"),
    versioned_by=("source", "order_number"),
)

ORDERS = LakeTable(
    name="orders",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # of another teller of the same order, where its own source names no buyer
            ("source", pa.string()),
            ("order_number", pa.string()),
            ("platform", pa.string()),  # where it was placed, in small letters; null: in the source itself
            ("platform_order_number", pa.string()),  # its number there; null: the order number
            ("rank", pa.int32()),  # of the source; of those that tell of one order the lowest speaks
            ("status", pa.string()),  # of its header; null where it has none
            ("counts", pa.bool_()),  # neither unpaid nor closed; null counts
            ("speaks", pa.bool_()),  # no other source speaks for this order; null speaks
            ("order_type", pa.string()),  # sale if any line is one, else return, else other
            ("sale_amount", pa.int64()),  # minor units of its sale lines; without lines of its header
            ("return_amount", pa.int64()),  # minor units of its return lines, as a positive number
            ("lines", pa.int32()),  # without those removed
            ("currency", pa.string()),
            ("placed_at", INSTANT),
            ("business_date", pa.date32()),
            ("observed_at", INSTANT),  # when this was worked out, later than any version before
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
            ("platform", pa.string()),  # or source of the order; null: the row's own source
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
            ("platform", pa.string()),  # or source of the order; null: the row's own source
        ]
    ),
    sort_by=("record", "opened_at"),
    versioned_by=("source", "case_number"),
)
