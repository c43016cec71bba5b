"""The name by which each of many customers is addressed: the one that speaks for him by the policy, in clear."""

from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from quanyu.customers.identity.golden import GoldenPolicy
from quanyu.customers.identity.policies import golden_now
from quanyu.customers.identity.private import open_attributes
from quanyu.customers.identity.surviving import survivors
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS, RECORDS_PRIVATE
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

pc: Any = pyarrow.compute  # its functions are made when it is imported, so that nobody knows their types

_SEALED = "name_hash"

TABLES = (RECORDS, RECORDS_PRIVATE, CUSTOMER_OF_RECORD)


def names_of(ws: Workspace, customers: npt.NDArray[np.int64]) -> pa.Array:
    """Return the names of these customers in their order, NULL where none is known. Callers check who may ask."""
    vector = ws.lake.vector(TABLES)
    wanted = ibis.memtable(pa.table({"customer": pa.array(customers, pa.int64())}))
    mine = wanted.inner_join(ws.lake.table(CUSTOMER_OF_RECORD, vector), "customer")
    records: Value = mine.inner_join(ws.lake.table(RECORDS, vector), "record")
    policy = GoldenPolicy({_SEALED: golden_now(ws).rule("name")})  # the row holds what tells names apart, not the name
    chosen: Value = survivors(records, policy, (_SEALED,), traced=True)
    spoken = chosen.filter(chosen[_SEALED].notnull()).select("customer", record=chosen[f"{_SEALED}_record"])
    of_record = ws.lake.to_arrow(spoken)
    told = open_attributes(ws, vector, of_record["record"].to_pylist())
    names = told.filter(pc.field("type") == "name")
    name = names["value"].take(pc.index_in(of_record["record"], names["record"]))
    return name.combine_chunks().take(pc.index_in(pa.array(customers, pa.int64()), of_record["customer"]))
