"""Reads Parquet files of a lake table in the table's schema."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import LakeTable


def read_files(engine: DuckDB, table: LakeTable, files: Sequence[str], *, placed: bool = False) -> ir.Table:
    """Return the rows of these files; without any, an empty table of the declared schema.

    `placed` adds where each row lies: columns filename and file_row_number.
    """
    if not files:
        return ibis.memtable(table.schema.empty_table())
    rows = engine.backend().read_parquet(
        list(files),
        union_by_name=True,
        hive_partitioning=bool(table.partition_by),
        hive_types_autocast=False,
        filename=placed,
        file_row_number=placed,
    )
    return _in_schema(rows, table.schema)


def _in_schema(rows: ir.Table, schema: pa.Schema) -> ir.Table:
    """Add the columns that no file has yet, and put the declared ones first in their order."""
    declared = dict(ibis.Schema.from_pyarrow(schema).items())
    missing = {name: ibis.null(type_) for name, type_ in declared.items() if name not in rows.columns}
    extra = [name for name in rows.columns if name not in declared]
    wanted = (*declared, *extra)
    if not missing and tuple(rows.columns) == wanted:
        return rows
    return (rows.mutate(**missing) if missing else rows).select(*wanted)
