"""Files inside archives are read like others and named with their archive; bombs and damaged archives are refused."""

import gzip
import io
import shutil
import zipfile
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.archives import Unpacking, names_inside
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.ingest.spec import FILE, Broken, Source
from quanyu.customers.ingest.tables import REJECTS
from quanyu.foundation.errors import Invalid, StorageFull
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.plugins.sources import delimited, parquet

Found = tuple[list[tuple[str, str | None]], list[Broken]]  # file and column `a` of each row


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    folder = tmp_path_factory.mktemp("engine")
    engine = DuckDB(Settings(folder, memory=1 << 30, threads=2), folder / "spill")
    yield engine.backend()
    engine.close()


def read(
    backend: Backend, *files: Path, source: Source = delimited.SOURCE, options: Mapping[str, object] | None = None
) -> Found:
    unpacking = Unpacking(source)
    opened = unpacking.open(backend, files, options or {})
    backend.raw_sql("set preserve_insertion_order = true")
    rows = backend.to_pyarrow(opened.rows.select(FILE, "a")).to_pylist()
    return [(row[FILE], row["a"]) for row in rows], unpacking.broken(backend)


def zipped(file: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def packed(file: Path, content: bytes) -> Path:
    file.write_bytes(gzip.compress(content))
    return file


def test_gzip_is_read(backend: Backend, tmp_path: Path):
    file = packed(tmp_path / "订单 50%25.csv.gz", b"a,b\n1,2\n3\n")
    rows, broken = read(backend, file)
    assert rows == [(str(file), "1")]
    assert [(b.file, b.line) for b in broken] == [(str(file), 3)]


def test_gzip_of_several_parts_is_read(backend: Backend, tmp_path: Path):
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n"))
    assert [a for _, a in read(backend, file)[0]] == ["1", "3"]


def test_members_of_a_zip_are_read_in_the_order_of_their_names(backend: Backend, tmp_path: Path):
    members = {
        "b.csv": b"a,b\n3,4\n5\n",
        "订单/a.csv": "a,b\n张小明,2\n".encode("gb18030"),
        "a/deep/x.csv.gz": gzip.compress(b"a,b\n1,2\n"),
        "__MACOSX/b.csv": b"\x00\x05",
        ".hidden.csv": b"a,b\n9,9\n",
        "read me.pdf": b"%PDF",
        "empty/": b"",
    }
    file = zipped(tmp_path / "all.zip", members)
    rows, broken = read(backend, file)
    assert rows == [(f"{file}/a/deep/x.csv.gz", "1"), (f"{file}/b.csv", "3"), (f"{file}/订单/a.csv", "张小明")]
    assert [(b.file, b.line) for b in broken] == [(f"{file}/b.csv", 3)]


def test_archives_and_files_are_read_together(backend: Backend, tmp_path: Path):
    plain = tmp_path / "plain.csv"
    plain.write_bytes(b"a,b\n5,6\n")
    files = [packed(tmp_path / "a.csv.gz", b"a,b\n1,2\n"), plain, zipped(tmp_path / "z.zip", {"c.csv": b"a,b\n7,8\n"})]
    assert read(backend, *files)[0] == [(str(files[0]), "1"), (str(plain), "5"), (f"{files[2]}/c.csv", "7")]


def test_any_source_reads_what_is_packed(backend: Backend, tmp_path: Path):
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), out)
    file = zipped(tmp_path / "z.zip", {"c.parquet": out.getvalue(), "c.csv": b"a\n2\n"})
    assert read(backend, file, source=parquet.SOURCE)[0] == [(f"{file}/c.parquet", "1")]


def test_names_that_chinese_windows_writes_are_read(tmp_path: Path):
    file = zipped(tmp_path / "z.zip", {"XXXX.csv": b"a\n1\n"})
    file.write_bytes(file.read_bytes().replace(b"XXXX", "订单".encode("gbk")))
    assert names_inside(file) == ["订单.csv"]


def test_nothing_is_written_outside_the_scratch_folder(backend: Backend, tmp_path: Path):
    file = zipped(tmp_path / "z.zip", {"../../up.csv": b"a,b\n1,2\n", "/root.csv": b"a,b\n3,4\n"})
    assert sorted(a or "" for _, a in read(backend, file)[0]) == ["1", "3"]
    assert not list(tmp_path.parent.rglob("up.csv"))


@pytest.mark.parametrize("cut", [9, 30, 60])
@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_a_damaged_archive_is_refused(backend: Backend, tmp_path: Path, name: str, cut: int):
    content = b"".join(b"%d,%d\n" % (i, i * i) for i in range(100))
    make = packed if name.endswith("gz") else lambda file, content: zipped(file, {"a.csv": content})
    file = make(tmp_path / name, content)
    file.write_bytes(file.read_bytes()[:-cut])
    with pytest.raises(Invalid, match="archive cannot be read") as caught:
        read(backend, file)
    assert name in str(caught.value.received)


def test_what_is_no_archive_is_refused(backend: Backend, tmp_path: Path):
    for name in ("a.zip", "a.csv.gz"):
        (tmp_path / name).write_bytes(b"a,b\n1,2\n")
        with pytest.raises(Invalid, match="archive"):
            read(backend, tmp_path / name)


def test_an_encrypted_zip_is_told(backend: Backend, tmp_path: Path):
    file = zipped(tmp_path / "a.zip", {"a.csv": b"a,b\n1,2\n"})
    content = bytearray(file.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(content)
    with pytest.raises(Invalid, match="encrypted") as caught:
        read(backend, file)
    assert caught.value.remedy


def test_an_archive_of_other_things_is_refused(backend: Backend, tmp_path: Path):
    with pytest.raises(Invalid, match="no file of this format") as caught:
        read(backend, zipped(tmp_path / "a.zip", {"a.pdf": b"%PDF"}))
    assert (caught.value.received, caught.value.allowed[0]) == ("a.zip: a.pdf", ".csv")


@pytest.mark.parametrize("name", ["a.csv.gz", "a.zip"])
def test_a_bomb_is_refused_by_its_ratio(backend: Backend, tmp_path: Path, name: str):
    content = b"a,b\n" + b"0" * (70 << 20)
    make = packed if name.endswith("gz") else lambda file, content: zipped(file, {"a.csv": content})
    with pytest.raises(Invalid, match="unpacks to far more") as caught:
        read(backend, make(tmp_path / name, content))
    assert caught.value.allowed == ("300 : 1",)
    assert str(caught.value.received).startswith(f"{name}: > ")


def test_what_the_disk_cannot_hold_is_refused(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usage = namedtuple("usage", "total used free")
    file = packed(tmp_path / "a.csv.gz", b"a,b\n" + b"1,2\n" * (1 << 19))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, (1 << 30) + (1 << 20)))
    with pytest.raises(StorageFull) as caught:
        read(backend, file)
    assert (caught.value.received, caught.value.allowed) == ("a.csv.gz: > 2 MB", ("1 MB",))


def test_errors_name_the_member_and_its_archive(backend: Backend, tmp_path: Path):
    with pytest.raises(Invalid) as caught:
        read(backend, zipped(tmp_path / "a.zip", {"x/b.csv": b"\n1,2\n"}))
    assert str(caught.value.received).startswith("a.zip/x/b.csv: ")


def test_a_member_without_a_name_is_a_damaged_archive(backend: Backend, tmp_path: Path):
    file = zipped(tmp_path / "a.zip", {"a.csv": b"a,b\n1,2\n"})
    content = file.read_bytes()
    directory = content.rindex(b"a.csv")
    file.write_bytes(content[:directory] + b"\0" + content[directory + 1 :])
    with pytest.raises(Invalid, match="cannot be read"):
        read(backend, file)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_archives_end_in_rows_or_an_error_of_ours(
    backend: Backend, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    folder = tmp_path_factory.mktemp("mutated")
    name = data.draw(st.sampled_from(["a.zip", "a.csv.gz"]))
    text = b"a,b\n" + b"1,2\n" * 20
    file = zipped(folder / name, {"a.csv": text, "b.csv": text}) if name == "a.zip" else packed(folder / name, text)
    content = bytearray(file.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    file.write_bytes(content)
    try:
        rows, _ = read(backend, file)
    except Invalid:
        rows = []
    assert len(rows) <= 40


LINES = (
    "单号,卡,货号,品名,数量,单价,时间,国家",
    '1001,17,MUG,"蓝色\n马克杯",2,3.50,2011-03-01 09:00,France',
    "1002,18,JUG,水壶,1,10,2011-03-02 10:00,Germany",
    "1003,18,JUG,水壶,many,10,2011-03-02 10:00,Germany",
    "1004,18,JUG",
)
MAPPING = """
source: SOURCE
files: FILES
currency: GBP
kinds:
  - kind: order_line
    columns: {order_number: 单号, customer: 卡, product: 货号, quantity: 数量, unit_price: 单价, placed_at: 时间}
  - kind: product
    columns: {product: 货号, name: 品名, observed_at: 时间}
"""


def test_an_import_knows_the_rows_again_however_they_are_packed(
    bring: Callable[..., Outcome], workspace: Workspace, rows: Callable[..., list[dict[str, Any]]]
):
    text = "\n".join(LINES)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("一月/订单.csv", text.encode("gb18030"))
    first = bring(outer.getvalue(), name="till.zip", mapping=MAPPING)
    assert (first.lines.read, first.lines.landed, first.lines.rejected) == (4, 2, 2)
    refused = [(row["file"].rpartition("till.zip")[2], row["line"], row["reason"]) for row in rows(REJECTS)]
    assert ("/一月/订单.csv", 6, "missing columns") in refused
    assert {file for file, _, _ in refused} == {"/一月/订单.csv"}
    again = bring(gzip.compress(text.replace("\n", "\r\n").encode("utf-16")), name="till.csv.gz", mapping=MAPPING)
    assert (again.lines.landed, again.lines.known) == (0, 2)
    left = [path for path in (workspace.settings.home / "spill" / "sources").iterdir() if path.is_dir()]
    assert left == []
