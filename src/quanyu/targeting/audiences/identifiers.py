"""Writes the private identifiers of an audience's members in clear, for who may see them."""

from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.csv

from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, CUSTOMERS, RECORDS_PRIVATE
from quanyu.foundation.errors import Conflict
from quanyu.foundation.lake.model import Vector
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.snapshots import members_of, newest

CHUNK = 500_000
"""Customers whose values are in clear in memory at once."""

COLUMNS = ("one_id", "type", "scope", "value")
_TABLES = (CUSTOMER_OF_RECORD, CUSTOMERS, RECORDS_PRIVATE)
_SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS])


def export_identifiers(ws: Workspace, name: str, path: Path) -> int:
    """Write one line per identifier of the living members of the last snapshot to a CSV file; return how many.

    Callers check who may ask. The file can be read by its owner only, and appears whole or not at all.
    """
    people, snapshot = read_people(ws), newest(ws, [name]).get(name)
    if snapshot is None or snapshot.epoch != people.epoch:
        raise Conflict(
            Text("The audience has no snapshot that can be used.", "该人群尚无可用快照。"),
            remedy=Text("Refresh it: quanyu audience refresh", "请先刷新：quanyu audience refresh"),
            received=name,
        )
    vector = ws.lake.vector(_TABLES)
    beside, written = path.with_name(f".{path.name}.part"), 0
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    try:
        with pyarrow.csv.CSVWriter(str(beside), _SCHEMA) as writer:
            for chunk in (members_of(ws, snapshot) & people.alive).chunks(CHUNK):
                rows = _rows(ws, vector, chunk)
                writer.write_table(rows)
                written += rows.num_rows
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return written


def _rows(ws: Workspace, vector: Vector, chunk: OrdinalSet) -> pa.Table:
    members = ibis.memtable(pa.table({"customer": pa.array(chunk.ordinals(), pa.int64())}))
    people = ws.lake.table(CUSTOMERS, vector).select("customer", "one_id")
    records = members.inner_join(ws.lake.table(CUSTOMER_OF_RECORD, vector), "customer").inner_join(people, "customer")
    known = ws.lake.to_arrow(records.select("record", "one_id"))
    values = open_values(ws, vector, known["record"].to_pylist())
    joined = ibis.memtable(values).inner_join(ibis.memtable(known), "record").order_by("one_id", "type", "value")
    return ws.lake.to_arrow(joined.select(*COLUMNS)).cast(_SCHEMA)
