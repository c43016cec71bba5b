"""Parquet files; every column is handed on as text, as a person would write it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, Broken, Opened


class Parquet:
    name = "parquet"
    suffixes = (".parquet", ".pq")
    options = ()

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        rows = backend.read_parquet([str(f) for f in files], filename=True, union_by_name=True)
        columns = tuple(c for c in rows.columns if c != "filename")
        texts = {c: rows[c].cast("string") for c in columns}
        return Opened(rows.select(**texts, **{FILE: rows.filename}), columns)

    def broken(self, backend: Backend) -> list[Broken]:
        return []


SOURCE = Parquet()
