"""Private values of records, sealed in blocks of neighbouring records under the workspace's key."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _
from numpy.typing import NDArray

from quanyu.customers.identity.tables import RECORDS_PRIVATE
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.workspace import Workspace

BLOCK = 4_096  # rows: small enough that erasing one record rewrites little, large enough to compress
_FEW = 256  # blocks
_SCHEMA = pa.schema([("record", pa.int64()), ("type", pa.string()), ("scope", pa.string()), ("value", pa.string())])
_ATTRIBUTE = pa.schema([("record", pa.int64()), ("type", pa.string()), ("value", pa.string())])


def seal_values(delivery: Delivery, values: pa.Table, *, attributes: bool = False) -> int:
    """Keep `values` (record, type, scope, value), sealed; return how many. They are identifiers, or `attributes`."""
    ordered = values.select(_SCHEMA.names).cast(_SCHEMA).sort_by("record")
    starts = range(0, ordered.num_rows, BLOCK)
    blocks = [{**_seal(delivery, ordered.slice(start, BLOCK)), "attributes": attributes} for start in starts]
    if blocks:
        delivery.landing.append(RECORDS_PRIVATE, pa.Table.from_pylist(blocks, schema=RECORDS_PRIVATE.schema))
    return ordered.num_rows


def open_values(workspace: Workspace, vector: Vector, records: Sequence[int] | None = None) -> pa.Table:
    """Return the identifiers of these records, or of all, in clear: record, type, scope, value.

    Callers check who may ask.
    """
    return _rows(workspace, _blocks(workspace, vector, records, attributes=False), records).select(_SCHEMA.names)


def open_attributes(workspace: Workspace, vector: Vector, records: Sequence[int] | None = None) -> pa.Table:
    """Return the private attributes of these records, or of all, as they are now: record, type, value.

    Callers check who may ask.
    """
    now = _current(_rows(workspace, _blocks(workspace, vector, records, attributes=True), records))
    return now.select(_ATTRIBUTE.names).sort_by([("record", "ascending"), ("type", "ascending")])


@dataclass(frozen=True)
class Opened:
    """What records hold, in clear: `identifiers` as of `open_values`, `attributes` as of `open_attributes`."""

    identifiers: pa.Table
    attributes: pa.Table


def open_of(workspace: Workspace, records: Sequence[int]) -> Opened:
    """Return identifiers and present attributes of a few records: blocks of both are read at once.

    Callers check who may ask.
    """
    blocks = _blocks(workspace, workspace.lake.vector((RECORDS_PRIVATE,)), records) if records else []
    told = [[block for block in blocks if bool(block["attributes"]) == kind] for kind in (False, True)]
    identifiers, attributes = (_rows(workspace, some, records) for some in told)
    return Opened(identifiers.select(_SCHEMA.names), _current(attributes).select(_ATTRIBUTE.names))


def open_both(workspace: Workspace, vector: Vector, records: range) -> pa.Table:
    """Return identifiers and present attributes of neighbouring records, in no order: record, type, scope, value.

    Callers check who may ask.
    """
    blocks = _blocks(workspace, vector, records)
    identifiers = _rows(workspace, [block for block in blocks if not block["attributes"]], records)
    attributes = _current(_rows(workspace, [block for block in blocks if block["attributes"]], records))
    return pa.concat_tables([identifiers, attributes]).select(_SCHEMA.names)


def _blocks(
    workspace: Workspace, vector: Vector, records: Sequence[int] | None, *, attributes: bool | None = None
) -> list[dict[str, Any]]:
    """Return the sealed blocks that may hold values of the records, or all: of attributes, of identifiers, or both."""
    if records and not isinstance(records, range):
        return _holding(workspace, vector, np.unique(np.array(records, np.int64)), attributes)
    blocks = _of(workspace.lake.table(RECORDS_PRIVATE, vector), attributes)
    if records:
        blocks = blocks.filter(_.last_record >= min(records), _.first_record <= max(records))
    return workspace.lake.to_arrow(blocks.order_by("first_record")).to_pylist()


def _of(blocks: Value, attributes: bool | None) -> Value:
    return blocks if attributes is None else blocks.filter(blocks.attributes.fill_null(False) == attributes)


def _holding(
    workspace: Workspace, vector: Vector, records: NDArray[np.int64], attributes: bool | None
) -> list[dict[str, Any]]:
    """Return blocks between whose ends one of these records lies: to read and open one costs more than to look.

    Where few begin stands in the query itself: then the engine reads past what lies between them. Another block that
    begins where one of them does is read for nothing.
    """
    mine = {name: version for name, version in vector.items() if name == RECORDS_PRIVATE.name}
    lake = workspace.lake

    def ends(_nobody: list[Value]) -> ir.Table:
        return _of(lake.table(RECORDS_PRIVATE, mine), attributes).select("first_record", "last_record")

    def beginning(firsts: list[Value]) -> ir.Table:
        blocks = _of(lake.table(RECORDS_PRIVATE, mine), attributes)
        return blocks.filter(blocks.first_record.isin(firsts)).order_by("first_record")

    told = lake.answer("ends of blocks", mine, (), ends, attributes)
    first, last = told["first_record"].to_numpy(), told["last_record"].to_numpy()
    holds = np.searchsorted(records, first) < np.searchsorted(records, last, side="right")
    wanted = np.unique(first[holds])
    if wanted.size > _FEW:
        blocks = _of(lake.table(RECORDS_PRIVATE, mine), attributes)
        asked = ibis.memtable(pa.table({"first_record": wanted}))
        return lake.to_arrow(blocks.semi_join(asked, "first_record").order_by("first_record")).to_pylist()
    return lake.answer("blocks", mine, wanted.tolist(), beginning, attributes).to_pylist()


def _rows(workspace: Workspace, blocks: Sequence[dict[str, Any]], records: Sequence[int] | None) -> pa.Table:
    opened = [_dated(_SCHEMA.empty_table(), 0), *(_open(workspace, block) for block in blocks)]
    if isinstance(records, range) and records.step == 1:
        return pa.concat_tables([_within(rows, records) for rows in opened])
    found = pa.concat_tables(opened)
    return found if records is None else found.filter(pc.field("record").isin(list(records)))


def _within(rows: pa.Table, records: range) -> pa.Table:
    """Keep the rows of a block that lie within a range: most blocks do so wholly, which their ends tell."""
    if not rows.num_rows or (rows["record"][0].as_py() in records and rows["record"][-1].as_py() in records):
        return rows
    record = pc.field("record")
    return rows.filter((record >= records.start) & (record < records.stop))


def _current(opened: pa.Table) -> pa.Table:
    """Leave out what a later import has said anew of the same record and type; seldom is there any."""
    types = opened["type"].combine_chunks().dictionary_encode()
    key = opened["record"].to_numpy() * len(types.dictionary) + types.indices.to_numpy()
    if np.diff(np.sort(key)).all():
        return opened
    imports = opened["import_number"].to_numpy()
    order = np.lexsort((imports, key))
    last = np.append(np.diff(key[order]) != 0, True)
    newest = imports[order][last][np.cumsum(last) - last]  # of the record and type of each row, in that order
    return opened.take(order[imports[order] == newest])


def _seal(delivery: Delivery, rows: pa.Table) -> dict[str, object]:
    first, last = rows["record"][0].as_py(), rows["record"][-1].as_py()
    plain = io.BytesIO()
    with pa.ipc.new_stream(plain, _SCHEMA, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(rows)
    return {
        "first_record": first,
        "last_record": last,
        "rows": rows.num_rows,
        "block": delivery.workspace.key.seal(plain.getvalue(), _about(first, last)),
        "import_number": delivery.import_number,
    }


def _open(workspace: Workspace, block: dict[str, Any]) -> pa.Table:
    about = _about(block["first_record"], block["last_record"])
    rows = pa.ipc.open_stream(workspace.key.open(block["block"], about)).read_all()
    return _dated(rows, block["import_number"])


def _dated(rows: pa.Table, import_number: object) -> pa.Table:
    return rows.append_column("import_number", pa.repeat(pa.scalar(import_number, pa.int64()), rows.num_rows))


def _about(first: object, last: object) -> str:
    return f"records {first} to {last}"
