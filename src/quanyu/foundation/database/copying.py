"""Bulk rows between Arrow tables and the database, never row by row."""

import io
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv as pa_csv
import sqlalchemy as sa
from numpy.typing import NDArray
from psycopg.adapt import Dumper
from psycopg.pq import Format

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
        return pa.table(_arrays(cursor, columns))


def read_arrays(
    connection: sa.Connection, statement: str, columns: Mapping[str, str], given: Mapping[str, object]
) -> dict[str, pa.Array]:
    """Return the arrays in the one row of a statement, which the server plans once a connection; none holds a NULL.

    `columns` gives the type of the elements of each, `bigint`, `uuid` or `text`. Parameters stand as `%(name)s`.
    """
    with _driver(connection).cursor(binary=True) as cursor:
        cursor.execute(statement, given, prepare=True)
        return _arrays(cursor, columns)


def run(connection: sa.Connection, statement: str, given: Mapping[str, object]) -> None:
    """Carry out a statement that the server plans once a connection; parameters stand as `%(name)s`."""
    with _driver(connection).cursor() as cursor:
        cursor.execute(statement, given, prepare=True)


@contextmanager
def at_once(connection: sa.Connection) -> Generator[None]:
    """Send what is `run` inside one after the other, without waiting for the answers in between."""
    with _driver(connection).pipeline():
        yield


class Bigints:
    """Whole numbers as one parameter of a statement, of the type `bigint[]`."""

    oid, element, width = 1016, 20, 8

    def __init__(self, values: NDArray[np.integer[Any]]) -> None:
        self.words = np.ascontiguousarray(values, ">i8")


class Uuids:
    """Values of 16 bytes, given one after the other, as one parameter of a statement, of the type `uuid[]`."""

    oid, element, width = 2951, 2950, 16

    def __init__(self, values: bytes) -> None:
        self.words = np.frombuffer(values, "V16")


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Bigints | Uuids) -> bytes:
        count = len(obj.words)
        if not count:
            return np.array([0, 0, obj.element], ">i4").tobytes()
        elements = np.empty(count, [("length", ">i4"), ("value", f"V{obj.width}")])
        elements["length"], elements["value"] = obj.width, obj.words.view(f"V{obj.width}")
        return np.array([1, 0, obj.element, count, 1], ">i4").tobytes() + elements.tobytes()


class _BigintsDumper(_ArrayDumper):
    oid = Bigints.oid


class _UuidsDumper(_ArrayDumper):
    oid = Uuids.oid


psycopg.adapters.register_dumper(Bigints, _BigintsDumper)
psycopg.adapters.register_dumper(Uuids, _UuidsDumper)


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _arrays(cursor: Any, columns: Mapping[str, str]) -> dict[str, pa.Array]:
    found = [cursor.pgresult.get_value(0, i) for i in range(len(columns))]
    return {name: _decode(array, type_) for array, (name, type_) in zip(found, columns.items(), strict=True)}


def _decode(array: bytes | None, type_: str) -> pa.Array:
    """Decode a binary array without NULLs: each element is its length (4 bytes) and its bytes."""
    if array is None:  # the sum of no rows
        return pa.nulls(0, {"bigint": pa.int64(), "uuid": pa.binary(16), "text": pa.string()}[type_])
    if type_ == "text":
        return pa.array(_texts(array), pa.string())
    width, type_of = (8, pa.int64()) if type_ == "bigint" else (16, pa.binary(16))
    elements = np.frombuffer(array, np.dtype([("length", ">i4"), ("value", f"V{width}")]), offset=_HEADER)
    values = np.ascontiguousarray(elements["value"])
    if type_ == "bigint":
        values = values.view(">i8").astype(np.int64)
    return pa.Array.from_buffers(type_of, len(values), [None, pa.py_buffer(values)])


def _texts(array: bytes) -> list[str]:
    """Decode texts, which are of any length: for a few of them."""
    texts, at = list[str](), _HEADER
    while at < len(array):
        end = at + 4 + int.from_bytes(array[at : at + 4], "big")
        texts.append(array[at + 4 : end].decode())
        at = end
    return texts


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
