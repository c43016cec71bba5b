"""What whoever made a batch brings for each of its customers: values that templates ask for and nobody else knows.

Tables are kept as sealed blocks: what is told of an order or a cart is as private as an address.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from quanyu.foundation.workspace import Workspace

pc: Any = pyarrow.compute  # its functions are made when it is imported, so that nobody knows their types

CUSTOMER = "customer"
_PACKED = pa.ipc.IpcWriteOptions(compression="zstd")


def seal(ws: Workspace, rows: pa.Table, about: str) -> bytes:
    """Return rows as a block that opens only with this workspace's key, and only in its place, which `about` names."""
    written = io.BytesIO()
    with pa.ipc.new_stream(written, rows.schema, options=_PACKED) as writer:
        writer.write_table(rows)
    return ws.key.seal(written.getvalue(), about)


def unseal(ws: Workspace, block: bytes, about: str) -> pa.Table:
    return pa.ipc.open_stream(ws.key.open(block, about)).read_all().combine_chunks()


def about_batch(key: str) -> str:
    return f"batch:{key}"


def of_heirs(rows: pa.Table, heirs: Sequence[tuple[int, int]]) -> pa.Table:
    """Return what rows say of the first of each of these pairs of customers, told of the second."""
    away, survivors = (pa.array(each, pa.int64()) for each in zip(*heirs, strict=True))
    at = pc.index_in(away, rows[CUSTOMER].combine_chunks())
    told = rows.take(at.drop_null())
    place = rows.schema.get_field_index(CUSTOMER)
    return told.set_column(place, CUSTOMER, survivors.filter(at.is_valid()))


def aligned(rows: pa.Table, customers: npt.NDArray[np.int64]) -> dict[str, pa.Array]:
    """Return the columns for these customers, NULL for whom the rows say nothing."""
    if not rows.num_rows:
        return {name: pa.nulls(len(customers), pa.string()) for name in rows.column_names if name != CUSTOMER}
    at = pc.index_in(pa.array(customers, pa.int64()), rows[CUSTOMER].chunk(0))
    return {name: rows[name].chunk(0).take(at) for name in rows.column_names if name != CUSTOMER}
