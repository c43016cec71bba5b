"""Files: separators, encodings and compression are found; broken files say what to do."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from quanyu.foundation.errors import Invalid, NotFound, QuanyuError
from quanyu.targeting.experiments.files import read_table

ROWS = '分组,visit,note\n对照,0,"a, b"\n邮件,1,\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("zipped", [False, True])
def test_encodings(tmp_path: Path, encoding: str, zipped: bool):
    path = tmp_path / "test.csv"
    content = ROWS.encode(encoding)
    path.write_bytes(gzip.compress(content) if zipped else content)
    table = read_table(path)
    assert table.column_names == ["分组", "visit", "note"]
    assert table["分组"].to_pylist() == ["对照", "邮件"]
    assert table["note"].to_pylist() == ["a, b", ""]


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_separators(tmp_path: Path, separator: str):
    path = tmp_path / "test.txt"
    path.write_text(f"g{separator}x\na{separator}1\n")
    assert read_table(path).to_pydict() == {"g": ["a"], "x": ["1"]}


def test_columns_stay_text_whatever_the_first_rows_hold(tmp_path: Path):
    path = tmp_path / "long.csv"
    path.write_text("g,x\n" + "a,1\n" * 400_000 + "b,2.5\n")
    table = read_table(path)
    assert table.schema.types == [pa.string(), pa.string()]
    assert table["x"][-1].as_py() == "2.5"


def test_parquet_is_known_by_its_content(tmp_path: Path):
    path = tmp_path / "test.bin"
    table = pa.table({"g": ["a", "b"], "x": [1, 2]})
    parquet.write_table(table, path)
    assert read_table(path).equals(table)


def test_header_only_has_no_rows(tmp_path: Path):
    path = tmp_path / "test.csv"
    path.write_text("g,x\n")
    assert read_table(path).num_rows == 0
    assert read_table(path).column_names == ["g", "x"]


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", gzip.compress(b"", mtime=0)], ids=["nothing", "blank lines", "zipped nothing"]
)
def test_empty(tmp_path: Path, content: bytes):
    path = tmp_path / "test.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        read_table(path)
    assert "empty" in refused.value.problem.en
    assert refused.value.remedy is not None


def test_no_such_file(tmp_path: Path):
    with pytest.raises(NotFound) as refused:
        read_table(tmp_path / "nothing.csv")
    assert refused.value.received == str(tmp_path / "nothing.csv")
    with pytest.raises(NotFound):
        read_table(tmp_path)


def test_uneven_rows_name_the_line_and_not_its_content(tmp_path: Path):
    path = tmp_path / "test.csv"
    path.write_text("g,x\na,1\nMeier,2,3\n")
    with pytest.raises(Invalid) as refused:
        read_table(path)
    assert "Line 3 has 3 columns" in refused.value.problem.en
    assert "Meier" not in str(refused.value.describe())


@pytest.mark.parametrize(
    "content",
    [b"PAR1 not really", gzip.compress(b"g,x\na,1\n" * 1000, mtime=0)[:40]],
    ids=["parquet", "cut off"],
)
def test_damaged(tmp_path: Path, content: bytes):
    path = tmp_path / "test.csv"
    path.write_bytes(content)
    with pytest.raises(QuanyuError) as refused:
        read_table(path)
    assert "damaged" in refused.value.problem.en
