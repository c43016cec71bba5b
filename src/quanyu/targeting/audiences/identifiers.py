"""Reads the private identifiers of customers in clear, for who may see them."""

import ibis
import pyarrow as pa

from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, CUSTOMERS, RECORDS_PRIVATE
from quanyu.foundation.lake.model import Vector
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

CHUNK = 500_000
"""Customers whose values are in clear in memory at once."""

TABLES = (CUSTOMER_OF_RECORD, CUSTOMERS, RECORDS_PRIVATE)
SCHEMA = pa.schema([(name, pa.string()) for name in ("one_id", "type", "scope", "value")])


def identifiers_of(ws: Workspace, vector: Vector, chunk: OrdinalSet) -> pa.Table:
    """Return one row per identifier of these customers, in clear. Callers check who may ask."""
    members = ibis.memtable(pa.table({"customer": pa.array(chunk.ordinals(), pa.int64())}))
    people = ws.lake.table(CUSTOMERS, vector).select("customer", "one_id")
    records = members.inner_join(ws.lake.table(CUSTOMER_OF_RECORD, vector), "customer").inner_join(people, "customer")
    known = ws.lake.to_arrow(records.select("record", "one_id"))
    values = open_values(ws, vector, known["record"].to_pylist())
    joined = ibis.memtable(values).inner_join(ibis.memtable(known), "record").order_by("one_id", "type", "value")
    return ws.lake.to_arrow(joined.select(*SCHEMA.names)).cast(SCHEMA)
