"""What is written is what was given, in the declared types, and is counted as it is."""

from dataclasses import replace
from decimal import Decimal

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanyu.foundation.errors import Invalid
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.lake.writing import write_file, write_parquet, write_sorted

SALES = LakeTable(
    "sales", pa.schema([("n", pa.int64()), ("price", pa.decimal128(18, 6)), ("month", pa.string())]), ("month",), ("n",)
)


def sales(*rows: tuple[int | None, str, str | None]) -> ibis.Table:
    columns = [{"month": month, "n": n, "price": Decimal(price)} for n, price, month in rows]
    types = pa.schema([("month", pa.string()), ("n", pa.int32()), ("price", pa.decimal128(12, 2))])
    return ibis.memtable(pa.Table.from_pylist(columns, schema=types))


def test_columns_are_written_in_their_declared_types_and_counted(bench, tmp_path):
    rows = sales((3, "1.25", "2024-01"), (-1, "2", "2024-01"), (None, "0", None))
    files = write_parquet(bench.lake.engine, tmp_path, SALES, rows, "b7")
    assert sorted((f.partition["month"] or "", f.rows, f.lowest, f.highest) for f in files) == [
        ("", 1, None, None),
        ("2024-01", 2, -1, 3),
    ]
    for file in files:
        assert (tmp_path / file.path).stat().st_size == file.size
        assert (tmp_path / file.path).name.startswith("b7-")
        assert pq.read_schema(tmp_path / file.path).remove_metadata() == pa.schema(
            [("n", pa.int64()), ("price", pa.decimal128(18, 6))]
        )


def test_no_rows_leave_no_file(bench, tmp_path):
    assert write_parquet(bench.lake.engine, tmp_path, SALES, sales().limit(0), "b1") == []
    assert (
        write_parquet(bench.lake.engine, tmp_path, bench.notes, ibis.memtable(bench.rows(bench.notes, [])), "b1") == []
    )
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_folder_with_an_apostrophe(bench, tmp_path):
    (tmp_path / "it's").mkdir()
    files = write_parquet(bench.lake.engine, tmp_path / "it's", SALES, sales((1, "1", "2024-01")), "b1")
    assert [file.rows for file in files] == [1]


@pytest.mark.parametrize("month", ["2024-01", None, "a b/ü%="])
def test_a_sorted_partition_is_one_file(bench, tmp_path, month: str | None):
    rows = sales(*((n, "1", month) for n in (5, 3, 9, 1)))
    (file,) = write_sorted(bench.lake.engine, tmp_path, SALES, rows, "c1", {"month": month})
    assert (file.partition, file.rows, file.lowest, file.highest) == ({"month": month}, 4, 1, 9)
    assert pq.ParquetFile(tmp_path / file.path).read()["n"].to_pylist() == [1, 3, 5, 9]


def test_large_rows_lie_in_groups_of_few(bench, tmp_path):
    plain = LakeTable("blocks", pa.schema([("n", pa.int64()), ("block", pa.binary())]), sort_by=("n",))
    large = replace(plain, group_bytes=8_192)
    rows = ibis.memtable(pa.table({"n": range(200), "block": [bytes([n]) * 1_024 for n in range(200)]}))
    for table, least, most in ((plain, 1, 1), (large, 20, 200)):
        files = write_parquet(bench.lake.engine, tmp_path, table, rows, "b1")
        files += write_sorted(bench.lake.engine, tmp_path, table, rows, "c1", {})
        for file in files:
            assert least <= pq.read_metadata(tmp_path / file.path).num_row_groups <= most
        assert sum(file.rows for file in files) == 400


def test_a_sum_is_written_in_the_type_that_is_declared(bench, tmp_path):
    rows = sales((1, "1", "2024-01"), (2, "1", "2024-01"))
    summed = rows.group_by("month").agg(n=rows.n.sum(), price=rows.price.sum())
    (file,) = write_parquet(bench.lake.engine, tmp_path, SALES, summed, "b1")
    assert pq.read_schema(tmp_path / file.path).field("n").type == pa.int64()


def test_a_file_keeps_the_order_of_its_rows(bench, tmp_path):
    rows = ibis.memtable(pa.table({"n": list(range(300_000))}))
    write_file(bench.lake.engine, rows, tmp_path / "rows.parquet")
    assert pq.read_table(tmp_path / "rows.parquet")["n"].to_pylist() == list(range(300_000))


def test_a_number_too_large_is_refused_without_being_quoted(bench, tmp_path):
    wide = ibis.memtable(pa.table({"n": pa.array([1 << 62], pa.int64())}))
    with pytest.raises(Invalid) as caught:
        write_file(bench.lake.engine, wide.select(n=wide.n.cast("int32")), tmp_path / "rows.parquet")
    assert str(1 << 62) not in str(caught.value.describe())
