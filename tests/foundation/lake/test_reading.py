"""Files of different ages are read as one table in the declared order."""

import pyarrow as pa
import pyarrow.parquet as pq

from quanyu.foundation.lake.reading import read_files


def arrow(bench, rows):
    return bench.lake.to_arrow(rows)


def test_without_files_the_table_is_empty(bench):
    assert arrow(bench, read_files(bench.lake.engine, bench.visits, [])).num_rows == 0


def test_files_are_united_by_name(bench, tmp_path):
    pq.write_table(pa.table({"text": ["one"], "n": pa.array([1], pa.int64())}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x_new": [2.5], "n": pa.array([2], pa.int64())}), tmp_path / "b.parquet")
    files = [str(tmp_path / name) for name in ("a.parquet", "b.parquet")]
    found = arrow(bench, read_files(bench.lake.engine, bench.notes, files))
    assert found.column_names == ["n", "text", "x_new"]
    assert bench.plain(found) == [(1, "one", None), (2, None, 2.5)]
    assert arrow(bench, read_files(bench.lake.engine, bench.notes, files[1:])).column_names == ["n", "text", "x_new"]


def test_partition_values_stay_text(bench):
    bench.append((bench.visits, [bench.visit(1, month=month) for month in ("2024-01", "007", None)]))
    found = arrow(bench, bench.lake.table(bench.visits, bench.vector(bench.visits)))
    assert found.schema.field("month").type == pa.string()
    assert set(found["month"].to_pylist()) == {"2024-01", "007", None}
    assert found.column_names == bench.visits.schema.names


def test_each_row_can_say_where_it_lies(bench):
    bench.append((bench.notes, [{"n": n, "text": None} for n in range(3)]))
    files = [str(file) for file in bench.published_files(bench.notes)]
    found = arrow(bench, read_files(bench.lake.engine, bench.notes, files, placed=True))
    assert set(found["filename"].to_pylist()) == set(files)
    assert sorted(found["file_row_number"].to_pylist()) == [0, 1, 2]
