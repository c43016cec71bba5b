"""What became of the messages of a chunk, by customer, in a small sealed-off form: numbers only, no address."""

import io

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Integers = npt.NDArray[np.int64]
SCHEMA = pa.schema(
    [
        ("customer", pa.int64()),
        ("record", pa.int64()),  # whose address was used
        ("code", pa.int8()),  # as in `spec`
        ("at", pa.timestamp("us", "UTC")),
    ]
)
_PACKED = pa.ipc.IpcWriteOptions(compression="zstd")


def outcome(customers: Integers, records: Integers, codes: npt.NDArray[np.int8], at: object) -> pa.Table:
    instant = pa.repeat(pa.scalar(at, SCHEMA.field("at").type), len(customers))
    return pa.table([customers, records, codes, instant], schema=SCHEMA)


def pack(rows: pa.Table) -> bytes:
    written = io.BytesIO()
    with pa.ipc.new_stream(written, SCHEMA, options=_PACKED) as writer:
        writer.write_table(rows.combine_chunks())
    return written.getvalue()


def unpack(packed: bytes | None) -> pa.Table:
    return SCHEMA.empty_table() if packed is None else pa.ipc.open_stream(packed).read_all()
