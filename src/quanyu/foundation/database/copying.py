"""Bulk rows between Arrow tables and the database, by COPY and never row by row."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import sqlalchemy as sa

_WRITE = pa_csv.WriteOptions(include_header=False)


def copy_in(connection: sa.Connection, table: str, rows: pa.Table) -> int:
    """Append `rows` to a temporary `table` (columns by name) inside the connection's transaction; return how many."""
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


def copy_out(connection: sa.Connection, query: str, schema: pa.Schema) -> pa.Table:
    """Return the rows of `query` (no parameters: the caller passes checked literals only) as an Arrow table."""
    text = io.BytesIO()
    with _driver(connection).cursor() as cursor, cursor.copy(f"copy ({query}) to stdout (format csv)") as copy:
        for chunk in copy:
            text.write(chunk)
    if not text.tell():
        return schema.empty_table()
    text.seek(0)
    return pa_csv.read_csv(
        text,
        read_options=pa_csv.ReadOptions(column_names=schema.names),
        convert_options=pa_csv.ConvertOptions(
            column_types=schema, strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
