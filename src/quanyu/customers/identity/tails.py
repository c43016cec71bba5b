"""Tails: keyed hashes of the last four digits of phones, by which somebody is found who says no more of his."""

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quanyu.customers.identity.identifiers import PHONE
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

DIGITS = 4
_LAST = r"(?P<last>\d{4})(?:;ext=\d+)?$"


def tails_of(workspace: Workspace, given: pa.Table) -> pa.ChunkedArray:
    """Return the tail of each identifier (type, value) that is a phone, NULL of the others."""
    last = pc.struct_field(pc.extract_regex(given["value"], _LAST), "last")  # type: ignore[attr-defined]
    nothing = pa.scalar(None, pa.string())
    of_phone = pc.if_else(pc.equal(given["type"], PHONE), last, nothing)  # type: ignore[attr-defined]
    distinct = of_phone.unique().drop_null()
    at = pc.index_in(of_phone, value_set=distinct)  # type: ignore[attr-defined]
    return hashed_tails(workspace, distinct).take(at)


def hashed_tails(workspace: Workspace, digits: pa.Array) -> pa.ChunkedArray:
    """Return 60 keyed bits of each of these four digits: ten thousand that only the workspace's key tells apart."""
    rows: Value = ibis.memtable(pa.table({"place": np.arange(len(digits)), "last": digits}))
    bits: Value = keyed_hash(workspace.key.hash_secret, ibis.literal("last digits"), rows["last"])
    tail = (ibis.literal("0x") + bits.replace("-", "").left(15)).cast("int64")
    return workspace.lake.to_arrow(rows.select("place", tail=tail).order_by("place"))["tail"]
