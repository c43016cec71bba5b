"""Parquet files come as texts, as a person would write their values."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE
from quanyu.foundation.errors import Invalid
from quanyu.plugins.sources.parquet import SOURCE


def written(file: Path, **columns: list[object]) -> Path:
    pq.write_table(pa.table(columns), file)
    return file


def test_values_are_written_as_a_person_would(backend: Backend, tmp_path: Path):
    file = written(
        tmp_path / "a.parquet",
        whole=[7],
        price=[2.55],
        exact=[Decimal("3.50")],
        text=["007"],
        day=[date(2011, 12, 9)],
        at=[datetime(2011, 12, 9, 12, 50)],
        instant=[datetime(2011, 12, 9, 12, 50, tzinfo=UTC)],
        yes=[True],
        none=[None],
    )
    opened = SOURCE.open(backend, [file], {})
    row = backend.to_pyarrow(opened.rows).to_pylist()[0]
    assert row.pop(FILE) == str(file)
    assert row == {
        "whole": "7",
        "price": "2.55",
        "exact": "3.50",
        "text": "007",
        "day": "2011-12-09",
        "at": "2011-12-09 12:50:00",
        "instant": "2011-12-09 12:50:00+00",
        "yes": "true",
        "none": None,
    }
    assert SOURCE.broken(backend) == []


def test_files_are_united_by_the_names_of_their_columns(backend: Backend, tmp_path: Path):
    one = written(tmp_path / "1.parquet", a=[1], b=["x"])
    two = written(tmp_path / "2.parquet", b=["y"], c=[2.5])
    opened = SOURCE.open(backend, [one, two], {})
    rows = backend.to_pyarrow(opened.rows.select("a", "b", "c")).to_pylist()
    assert opened.columns == ("a", "b", "c")
    assert sorted(rows, key=str) == [{"a": "1", "b": "x", "c": None}, {"a": None, "b": "y", "c": "2.5"}]


@pytest.mark.parametrize("name", ["a[1].parquet", "订 单.parquet", "o'clock*.parquet"])
def test_the_name_of_a_file_is_no_pattern(backend: Backend, tmp_path: Path, name: str):
    file = written(tmp_path / name, a=[1])
    written(tmp_path / "a1.parquet", a=[2])
    assert backend.to_pyarrow(SOURCE.open(backend, [file], {}).rows.select("a")).to_pylist() == [{"a": "1"}]


@pytest.mark.parametrize("content", [b"", b"no,card\n1,2\n", b"PAR1" + b"x" * 40 + b"PAR1"])
def test_what_is_no_parquet_is_refused(backend: Backend, tmp_path: Path, content: bytes):
    file = tmp_path / "a.parquet"
    file.write_bytes(content)
    with pytest.raises(Invalid, match="Parquet") as caught:
        SOURCE.open(backend, [file], {})
    assert "a.parquet" in str(caught.value.received)


def test_columns_that_carry_our_names_are_kept_apart(backend: Backend, tmp_path: Path):
    file = written(tmp_path / "a.parquet", filename=["x"], a=[1])
    opened = SOURCE.open(backend, [file], {})
    assert opened.columns == ("filename", "a")
    assert backend.to_pyarrow(opened.rows).to_pylist() == [{"filename": "x", "a": "1", FILE: str(file)}]
