"""Runs an expression into Parquet files below a table's folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from quanyu.foundation.errors import Invalid
from quanyu.foundation.lake.deltalog import WrittenFile
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.text import Text

ROW_GROUP = 122_880
SORTED_GROUP = 24_576
"""Of a sorted file: who asks for a few records reads whole groups, and only those that have them."""
_KEPT = ("format parquet", "compression lz4", "parquet_version v2", "return_stats true")
"""Lightly compressed, differences and lengths instead of plain values: a run reads whole columns for few rows."""
_READ_ONCE = ("format parquet", "compression lz4", "parquet_version v2", "dictionary_size_limit 1")
DAMAGED = (duckdb.Error, duckdb.InvalidInputException)
"""What the engine raises, of these very classes, for a file that is not what its name says."""
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # the folder of rows whose partition column is NULL


def write_parquet(engine: DuckDB, folder: Path, table: LakeTable, rows: ir.Table, prefix: str) -> list[WrittenFile]:
    """Write `rows`, one folder per partition; file names begin with `prefix`, so that leftovers can be found."""
    options = [
        *_KEPT,
        *_grouped(table, ROW_GROUP),
        f"filename_pattern '{prefix}-{{uuid}}'",
        "overwrite_or_ignore true",
    ]
    if table.partition_by:
        options.append(f"partition_by ({', '.join(table.partition_by)})")
    else:
        options.append("per_thread_output true")
    written = _copy(engine, _in_order(rows, table), folder, options)
    for row in written:
        if not row[1]:  # a thread that got no rows
            Path(str(row[0])).unlink()
    return [_file(folder, table, row) for row in written if row[1]]


def write_sorted(
    engine: DuckDB, folder: Path, table: LakeTable, rows: ir.Table, prefix: str, partition: Mapping[str, str | None]
) -> list[WrittenFile]:
    """Write the rows of one partition as one file in the table's order."""
    below = folder.joinpath(*(f"{name}={quote(value or NO_VALUE, safe='')}" for name, value in partition.items()))
    below.mkdir(parents=True, exist_ok=True)
    plain = _in_order(rows, table).drop(*partition)
    target = below / f"{prefix}-{uuid4()}.parquet"
    options = [*_KEPT, *_grouped(table, SORTED_GROUP)]
    written = _copy(engine, plain.order_by(list(table.sort_by)), target, options)
    found = [_file(folder, table, row) for row in written]
    return [replace(file, partition=dict(partition)) for file in found if file.rows]


def write_file(engine: DuckDB, rows: ir.Table, file: Path) -> None:
    """Write `rows` in their order as one Parquet file, lightly compressed: it is read once.

    What `rows` read from may be somebody's files; raises `Invalid` when the engine cannot make sense of them.
    """
    engine.backend().raw_sql("set preserve_insertion_order = true")
    try:
        _copy(engine, rows, file, [*_READ_ONCE, f"row_group_size {ROW_GROUP}"])
    except duckdb.Error as error:
        if type(error) not in DAMAGED:
            raise
        raise Invalid(
            Text("A file is damaged or mixes its line endings.", "文件已损坏，或混用了换行符。"),
            remedy=Text(
                "Export it again, or save it with one kind of line ending.", "请重新导出，或统一换行符后保存。"
            ),
            received=str(error).partition("\n")[0],  # the lines below it quote the file
        ) from None
    finally:
        engine.backend().raw_sql("set preserve_insertion_order = false")


def _grouped(table: LakeTable, rows: int) -> list[str]:
    """Say how many rows a group has: whoever wants one of them reads them all."""
    size = [] if table.group_bytes is None else [f"row_group_size_bytes {table.group_bytes}"]
    return [f"row_group_size {rows}", *size]


def _copy(engine: DuckDB, rows: ir.Table, target: Path, options: Sequence[str]) -> list[tuple[object, ...]]:
    backend = engine.backend()
    statement = f"copy ({backend.compile(rows)}) to {_literal(str(target))} ({', '.join(options)})"
    backend._run_pre_execute_hooks(rows)  # pyright: ignore[reportPrivateUsage]  it registers in-memory tables
    try:
        return backend.con.execute(statement).fetchall()
    except (duckdb.OutOfRangeException, duckdb.ConversionException):
        raise Invalid(
            Text("A number is too large to be kept.", "有数字过大，无法保存。"),
            remedy=Text("Look for quantities and prices that cannot be right.", "请检查明显有误的数量与价格。"),
        ) from None


def _in_order(rows: ir.Table, table: LakeTable) -> ir.Table:
    """Put the declared columns first, in their types.

    The cast is made even where Ibis sees no need: DuckDB's sum of int64 is wider than Ibis knows, and would be written.
    """
    declared = {name: type_ for name, type_ in ibis.Schema.from_pyarrow(table.schema).items() if name in rows.columns}
    columns: dict[str, Value] = {
        name: ops.Cast(_value(rows, name), to=type_).to_expr() for name, type_ in declared.items()
    }
    return rows.select(**columns, **{name: rows[name] for name in rows.columns if name not in declared})


def _value(rows: ir.Table, name: str) -> Value:
    return rows[name]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _file(folder: Path, table: LakeTable, row: tuple[object, ...]) -> WrittenFile:
    name, count, size, _, statistics, partition = row[:6]
    bounds = statistics.get(f'"{table.sort_by[0]}"', {}) if table.sort_by else {}  # type: ignore[attr-defined]
    whole = all(bounds.get(k, "").lstrip("-").isdigit() for k in ("min", "max"))
    return WrittenFile(
        path=str(Path(str(name)).relative_to(folder)),
        size=int(size),  # type: ignore[call-overload]
        rows=int(count),  # type: ignore[call-overload]
        partition=dict(partition or {}),  # type: ignore[call-overload]
        lowest=int(bounds["min"]) if whole else None,
        highest=int(bounds["max"]) if whole else None,
    )
