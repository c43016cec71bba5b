"""Private values of records, sealed in blocks of neighbouring records under the workspace's key."""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from quanyu.customers.identity.tables import RECORDS_PRIVATE
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.model import Vector
from quanyu.foundation.workspace import Workspace

BLOCK = 4_096  # rows: small enough that erasing one record rewrites little, large enough to compress
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
    return _opened(workspace, vector, records, attributes=False).select(_SCHEMA.names)


def open_attributes(workspace: Workspace, vector: Vector, records: Sequence[int] | None = None) -> pa.Table:
    """Return the private attributes of these records, or of all, as they are now: record, type, value.

    Callers check who may ask.
    """
    opened = _opened(workspace, vector, records, attributes=True)
    last = opened.group_by(["record", "type"]).aggregate([("import_number", "max")])
    keys = ["record", "type", "import_number"]
    now = opened.join(last.rename_columns(keys), keys=keys, join_type="inner")
    return now.select(_ATTRIBUTE.names).sort_by([("record", "ascending"), ("type", "ascending")])


def _opened(workspace: Workspace, vector: Vector, records: Sequence[int] | None, *, attributes: bool) -> pa.Table:
    blocks = workspace.lake.table(RECORDS_PRIVATE, vector).filter(_.attributes.fill_null(False) == attributes)
    if records is not None and records:
        lowest, highest = min(records), max(records)
        blocks = blocks.filter(_.last_record >= lowest, _.first_record <= highest)
    sealed = workspace.lake.to_arrow(blocks.order_by("first_record")).to_pylist()
    opened = pa.concat_tables([_dated(_SCHEMA.empty_table(), 0), *(_open(workspace, block) for block in sealed)])
    return opened if records is None else opened.filter(pc.field("record").isin(list(records)))


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


def _open(workspace: Workspace, block: dict[str, object]) -> pa.Table:
    about = _about(block["first_record"], block["last_record"])
    rows = pa.ipc.open_stream(workspace.key.open(block["block"], about)).read_all()  # type: ignore[arg-type]
    return _dated(rows, block["import_number"])


def _dated(rows: pa.Table, import_number: object) -> pa.Table:
    return rows.append_column("import_number", pa.repeat(pa.scalar(import_number, pa.int64()), rows.num_rows))


def _about(first: object, last: object) -> str:
    return f"records {first} to {last}"
