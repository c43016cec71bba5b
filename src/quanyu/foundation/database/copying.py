"""Bulk rows between Arrow tables and the database, never row by row."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import sqlalchemy as sa

_WRITE = pa_csv.WriteOptions(include_header=False)
_HEADER = 20  # bytes before the elements of a binary array with one dimension: ndim, flags, oid, length, lower bound


def copy_in(connection: sa.Connection, table: str, rows: pa.Table) -> int:
    """Append `rows` to a temporary `table` (columns by name); return how many."""
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    with (
        _driver(connection).cursor() as cursor,
        cursor.copy(f"copy {table} ({columns}) from stdin (format csv)") as copy,
    ):
        for batch in rows.to_batches(max_chunksize=250_000):
            text = io.BytesIO()
            pa_csv.write_csv(pa.Table.from_batches([batch]), text, write_options=_WRITE)
            copy.write(text.getbuffer())
    return rows.num_rows


def insert_rows(connection: sa.Connection, table: sa.Table, rows: pa.Table) -> int:
    """Insert `rows` into a table that row-level security guards, which COPY does not write to directly."""
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    through = f"incoming_{table.name}"
    connection.execute(
        sa.text(f"create temporary table {through} on commit drop as select {columns} from {table.name} with no data")
    )
    count = copy_in(connection, through, rows)
    connection.execute(sa.text(f"insert into {table.name} ({columns}) select {columns} from {through}"))
    connection.execute(sa.text(f"drop table {through}"))
    return count


def read_columns(connection: sa.Connection, query: str, columns: dict[str, str]) -> pa.Table:
    """Return the rows of `query` as an Arrow table, in its order: at most 40 million, without NULLs.

    `columns` gives each column's type, `bigint` (int64) or `uuid` (16 bytes). A cursor would hand over row by row; one
    binary array a column is decoded at once. The query takes no parameters: callers put checked literals into it.
    """
    arrays = ", ".join(f"array_agg({name}::{type_})" for name, type_ in columns.items())
    with _driver(connection).cursor(binary=True) as cursor:
        cursor.execute(f"select {arrays} from ({query}) q")
        found = [cursor.pgresult.get_value(0, i) for i in range(len(columns))]
    return pa.table([_decode(f, t) for f, t in zip(found, columns.values(), strict=True)], names=list(columns))


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _decode(array: bytes | None, type_: str) -> pa.Array:
    """Decode a binary array without NULLs: each element is its length (4 bytes) and its bytes."""
    if array is None:  # the sum of no rows
        return pa.nulls(0, pa.int64() if type_ == "bigint" else pa.binary(16))
    width, type_of = (8, pa.int64()) if type_ == "bigint" else (16, pa.binary(16))
    elements = np.frombuffer(array, np.dtype([("length", ">i4"), ("value", f"V{width}")]), offset=_HEADER)
    values = np.ascontiguousarray(elements["value"])
    if type_ == "bigint":
        values = values.view(">i8").astype(np.int64)
    return pa.Array.from_buffers(type_of, len(values), [None, pa.py_buffer(values)])


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
