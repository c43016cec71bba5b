"""The lake tables of the company's units, stores and staff, as versions."""

import pyarrow as pa

from quanyu.foundation.lake.model import LakeTable

_VERSION = [
    ("content_hash", pa.int64()),
    ("observed_at", pa.timestamp("us", tz="UTC")),
    ("import_number", pa.int64()),
]

ORGANISATIONS = LakeTable(
    name="organisations",
    schema=pa.schema(
        [
            ("source", pa.string()),
            ("code", pa.string()),
            ("parent", pa.string()),  # code of the unit above
            ("level", pa.string()),
            ("name", pa.string()),
            *_VERSION,
        ]
    ),
    sort_by=("code",),
    versioned_by=("source", "code"),
)

STORES = LakeTable(
    name="stores",
    schema=pa.schema(
        [
            ("source", pa.string()),
            ("code", pa.string()),
            ("name", pa.string()),
            ("unit", pa.string()),  # code of an organisation
            ("brand", pa.string()),
            ("city", pa.string()),
            ("province", pa.string()),
            ("district", pa.string()),
            ("address", pa.string()),
            ("latitude", pa.decimal128(18, 6)),
            ("longitude", pa.decimal128(18, 6)),
            ("opened", pa.date32()),
            ("closed", pa.date32()),
            ("chain", pa.string()),
            ("type", pa.string()),  # direct, franchise, counter, outlet, pop_up
            *_VERSION,
        ]
    ),
    sort_by=("code",),
    versioned_by=("source", "code"),
)

STAFF = LakeTable(
    name="staff",
    schema=pa.schema(
        [
            ("source", pa.string()),
            ("number", pa.string()),
            ("name", pa.string()),  # personal: never in a log or an error
            ("store", pa.string()),
            ("role", pa.string()),
            ("hired", pa.date32()),
            ("left", pa.date32()),
            ("wecom_userid", pa.string()),
            *_VERSION,
        ]
    ),
    sort_by=("number",),
    versioned_by=("source", "number"),
)
