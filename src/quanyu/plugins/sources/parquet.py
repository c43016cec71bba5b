"""Parquet files; every column is handed on as text, as a person would write it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, Broken, Opened
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text


class Parquet:
    name = "parquet"
    suffixes = (".parquet", ".pq")
    options = ()

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        names = [re.sub(r"([*?[])", r"[\1]", str(file)) for file in files]  # names, not patterns
        try:
            rows = backend.read_parquet(names, filename=FILE, union_by_name=True)
        except duckdb.Error as error:
            raise Invalid(
                Text("A file cannot be read as Parquet.", "文件无法按 Parquet 读取。"),
                remedy=Text("Check that the export has finished.", "请检查导出是否完成。"),
                received=str(error).partition("\n")[0],
            ) from None
        columns = tuple(c for c in rows.columns if c != FILE)
        texts = {c: rows[c].cast("string") for c in columns}
        return Opened(rows.select(**texts, **{FILE: rows[FILE]}), columns)

    def broken(self, backend: Backend) -> list[Broken]:
        return []


SOURCE = Parquet()
