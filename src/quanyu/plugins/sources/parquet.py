"""Parquet files; every column is handed on as text, as a person would write it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, LINE, Broken, Opened


class Parquet:
    name = "parquet"
    suffixes = (".parquet", ".pq")
    options = ()

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        rows = backend.read_parquet([str(f) for f in files], filename=True, file_row_number=True, union_by_name=True)
        columns = tuple(c for c in rows.columns if c not in ("filename", "file_row_number"))
        texts = {c: ibis.coalesce(rows[c].cast("string")) for c in columns}
        return Opened(rows.select(**texts, **{FILE: rows.filename, LINE: rows.file_row_number + 1}), columns)

    def broken(self, backend: Backend) -> list[Broken]:
        return []


SOURCE = Parquet()
