"""The lake tables of what was sent, as versions, and of what came back, immutable."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

INSTANT = pa.timestamp("us", tz="UTC")

MESSAGES = LakeTable(
    name="messages",
    schema=pa.schema(
        [
            ("record", pa.int64()),  # null where the message names no customer
            ("source", pa.string()),
            ("message_id", pa.string()),
            ("addressee", pa.string()),  # keyed hash: a source may give one id to all that it sent at once
            ("channel", pa.string()),
            ("recipient_type", pa.string()),
            ("recipient_scope", pa.string()),
            ("recipient_hash", pa.string()),  # keyed as an identifier's: a phone or an address never stands here
            ("campaign", pa.string()),
            ("template", pa.string()),
            ("sent_at", INSTANT),
            ("business_date", pa.date32()),  # the day in the source's time zone
            ("status", pa.string()),
            ("content_hash", pa.int64()),
            ("observed_at", INSTANT),
            ("import_number", pa.int64()),
            ("month", pa.string()),  # of business_date, YYYY-MM
        ]
    ),
    partition_by=("month",),
    sort_by=("record", "sent_at"),
    versioned_by=("source", "message_id", "addressee"),
)

RESPONSES = LakeTable(
    name="responses",
    schema=pa.schema(
        [
            ("record", pa.int64()),
            ("source", pa.string()),
            ("response_key", pa.string()),  # the source's own id, else of message, addressee, event and instant
            ("message_id", pa.string()),
            ("addressee", pa.string()),
            ("channel", pa.string()),
            ("recipient_type", pa.string()),
            ("recipient_scope", pa.string()),
            ("recipient_hash", pa.string()),
            ("campaign", pa.string()),
            ("event", pa.string()),
            ("occurred_at", INSTANT),
            ("business_date", pa.date32()),
            ("import_number", pa.int64()),
            ("month", pa.string()),
        ]
    ),
    partition_by=("month",),
    sort_by=("record", "occurred_at"),
)
