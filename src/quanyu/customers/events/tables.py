"""The lake table of events, immutable."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

EVENTS = LakeTable(
    name="events",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # of the customer, else of the device; null where the event names neither
            ("source", pa.string()),
            ("event_id", pa.string()),
            ("name", pa.string()),
            ("occurred_at", pa.timestamp("us", tz="UTC")),
            ("device_hash", pa.string()),  # keyed, of (source, device): ties a device to whoever used it
            ("session", pa.string()),
            ("product", pa.string()),
            ("order_number", pa.string()),
            ("amount", pa.int64()),  # minor units
            ("currency", pa.string()),  # of the amount
            ("page", pa.string()),
            ("campaign", pa.string()),
            ("properties", pa.string()),  # JSON as it came
            ("business_date", pa.date32()),  # the day in the source's time zone
            ("import_number", pa.int64()),
            ("month", pa.string()),  # of business_date, YYYY-MM
        ]
    ),
    partition_by=("month",),
    sort_by=("record", "occurred_at"),
)
