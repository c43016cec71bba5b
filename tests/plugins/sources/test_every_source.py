"""What every source must do: the same rows of any format are the same texts, and dirt never ends in a traceback."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.customers.ingest.archives import Unpacking
from quanyu.customers.ingest.spec import Source
from quanyu.foundation.errors import Invalid
from quanyu.foundation.lake.writing import DAMAGED
from quanyu.plugins.sources import delimited, excel, jsonlines, parquet

COLUMNS = ("单号", "name", "phone", "price", "day", "note")
ROWS: list[dict[str, Any]] = [
    {
        "单号": f"{i:05d}",
        "name": f"张小明{i}" if i % 3 else f"O'Neil, {i} 50%",
        "phone": 13800138000 + i,
        "price": 2.5 * i + 0.25,
        "day": f"2024-01-{i % 28 + 1:02d}",
        "note": "第一行\n第二行" if i % 7 == 0 else None if i % 5 == 0 else '5" pipe',
    }
    for i in range(50)
]
TEXTS = [tuple(None if row[c] is None else str(row[c]) for c in COLUMNS) for row in ROWS]

Make = Callable[[list[dict[str, Any]]], bytes]


def separated(delimiter: str, encoding: str, end: str = "\n") -> Make:
    def make(rows: list[dict[str, Any]]) -> bytes:
        lines = [delimiter.join(COLUMNS)]
        for row in rows:
            quoted = ['"' + str(row[c]).replace('"', '""') + '"' if row[c] is not None else "" for c in COLUMNS]
            lines.append(delimiter.join(quoted))
        return (end.join(lines) + end).encode(encoding)

    return make


def as_lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=i % 2 == 0) + "\n" for i, row in enumerate(rows)).encode()


def as_array(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    types = {"phone": pa.int64(), "price": pa.float64()}
    schema = pa.schema([(c, types.get(c, pa.string())) for c in COLUMNS])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), out)
    return out.getvalue()


FORMATS: dict[str, tuple[Source, str, Make | None]] = {
    "csv": (delimited.SOURCE, ".csv", separated(",", "utf-8")),
    "csv with its mark": (delimited.SOURCE, ".csv", separated(";", "utf-8-sig", "\r\n")),
    "gb18030": (delimited.SOURCE, ".txt", separated("|", "gb18030")),
    "unicode text": (delimited.SOURCE, ".tsv", separated("\t", "utf-16", "\r\n")),
    "json lines": (jsonlines.SOURCE, ".jsonl", as_lines),
    "json array": (jsonlines.SOURCE, ".json", as_array),
    "parquet": (parquet.SOURCE, ".parquet", as_parquet),
    "excel": (excel.SOURCE, ".xlsx", None),
}
WITH_HEADER = [name for name in FORMATS if not name.startswith("json")]


@pytest.fixture
def make(workbook: Callable[..., Path], tmp_path: Path) -> Callable[[str, list[dict[str, Any]]], bytes]:
    def made(name: str, rows: list[dict[str, Any]]) -> bytes:
        how = FORMATS[name][2]
        if how is not None:
            return how(rows)
        cells = [COLUMNS, *([row[c] for c in COLUMNS] for row in rows)]
        return workbook(tmp_path / "made", {"s": cells}).read_bytes()

    return made


@pytest.mark.parametrize("packed", ["", ".gz", ".zip"])
@pytest.mark.parametrize("name", FORMATS)
def test_the_same_rows_are_the_same_texts(read, make, tmp_path: Path, name: str, packed: str):
    source, suffix, _ = FORMATS[name]
    content, file = make(name, ROWS), tmp_path / f"订单 1 %25 [a]{suffix}{packed}"
    if packed == ".zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(f"内 层/订单 %25{suffix}", content)
    else:
        file.write_bytes(gzip.compress(content) if packed else content)
    found = read(Unpacking(source) if packed else source, file)
    places = {column: i for i, column in enumerate(found.columns)}
    assert [tuple(row[places[c]] for c in COLUMNS) for row in found.rows] == TEXTS
    assert found.broken == []
    shown = f"{file}/内 层/订单 %25{suffix}" if packed == ".zip" else str(file)
    assert set(found.files) == {shown}


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_file_is_refused(read, tmp_path: Path, name: str):
    source, suffix, _ = FORMATS[name]
    file = tmp_path / f"a{suffix}"
    file.touch()
    with pytest.raises(Invalid) as caught:
        read(source, file)
    assert file.name in str(caught.value.received)


@pytest.mark.parametrize("packed", [".gz", ".zip", ""])
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_cannot_be_opened_is_refused(read, tmp_path: Path, name: str, packed: str):
    source, suffix, _ = FORMATS[name]
    with pytest.raises(Invalid) as caught:
        read(Unpacking(source) if packed else source, tmp_path / f"gone{suffix}{packed}")
    assert "gone" in str(caught.value.received)


@pytest.mark.parametrize("name", WITH_HEADER)
def test_a_header_alone_has_columns_and_no_rows(read, make, tmp_path: Path, name: str):
    source, suffix, _ = FORMATS[name]
    file = tmp_path / f"a{suffix}"
    file.write_bytes(make(name, []))
    found = read(source, file)
    assert (found.columns, found.rows, found.broken) == (COLUMNS, [], [])


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_mutated_files_end_in_rows_or_an_error_of_ours(read, make, tmp_path: Path, name: str, data: st.DataObject):
    source, suffix, _ = FORMATS[name]
    content = bytearray(make(name, ROWS[:6]))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    file = tmp_path / f"a{suffix}"
    file.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    found = None
    try:
        found = read(source, file)
    except Invalid:
        pass
    except duckdb.Error as error:
        if type(error) not in DAMAGED:  # those the import tells in our words
            raise
    assert found is None or not [row for row in found.rows if "\ufffd" in "".join(value or "" for value in row)]


LINES = st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=3)), min_size=1, max_size=6)


@pytest.mark.parametrize("name", ["csv", "gb18030", "json lines"])
@settings(max_examples=60, deadline=None)
@given(LINES)
def test_every_line_of_a_mutated_file_is_told(read, make, tmp_path: Path, name: str, changes: list[tuple[int, bytes]]):
    source, suffix, _ = FORMATS[name]
    head, _, body = make(name, [row for row in ROWS[1:30] if row["note"] != "第一行\n第二行"]).partition(b"\n")
    if name == "json lines":
        head, body = b'{"a":1}', head + b"\n" + body
    content = bytearray(body)
    for place, dirt in changes:
        content[place % len(content) : place % len(content) + len(dirt)] = dirt
    file = tmp_path / f"a{suffix}"
    file.write_bytes(head + b"\n" + content)
    options = {"encoding": "gb18030" if name == "gb18030" else "utf-8"} if name != "json lines" else {}
    found = read(source, file, options=options)
    lines = [head, *bytes(content).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")]
    if name != "json lines":
        lines = lines[1:]
    values = [(value or "").split("\n") for row in found.rows for value in row]
    inside = sum(len([part for part in parts[1:-1] if part]) + (len(parts) > 1) for parts in values)
    inside += sum(len([part for part in b.text.split("\n")[1:] if part]) for b in found.broken)
    assert len(found.rows) + len(found.broken) + inside * (name != "json lines") == sum(bool(line) for line in lines)
