"""Workbooks come as the texts that a person sees, wherever on the sheet the table stands."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from quanyu.foundation.errors import Invalid
from quanyu.plugins.sources.excel import SOURCE

Write = Callable[..., Path]
TABLE = [["单号", "姓名", "金额"], ["1001", "张小明", 2.5], ["1002", "李四", 10]]
ROWS = [("1001", "张小明", "2.5"), ("1002", "李四", "10")]


def test_values_are_what_a_person_sees(read, workbook: Write, tmp_path: Path):
    values = {
        "phone": (13800138000, "13800138000"),
        "id": (1.0, "1"),
        "price": (2.55, "2.55"),
        "sum": (0.1 + 0.2, "0.3"),
        "small": (1e-7, "0.0000001"),
        "large": (123456789012345678, "123456789012346000"),
        "zero": (-0.0, "0"),
        "minus": (-12.5, "-12.5"),
        "zeros": ("007", "007"),
        "day": (("date", 40612), "2011-03-10"),
        "at": (("datetime", 40612.5), "2011-03-10 12:00:00"),
        "rounded": (("datetime", 44197.999999999), "2021-01-02 00:00:00"),
        "time": (("time", 0.5), "12:00:00"),
        "duration": (("duration", 1.5), "36:00:00"),
        "share": (("percent", 0.12), "0.12"),
        "yes": (True, "TRUE"),
        "formula": (("formula", 7), "7"),
        "text of a formula": (("formula", "x"), "x"),
        "blanks": ("  x ", "  x "),
        "missing": (None, None),
        "wrong": (("error", "#N/A"), None),
    }
    rows = [list(values), [value for value, _ in values.values()], ["more"] * len(values)]
    found = read(SOURCE, workbook(tmp_path / "a.xlsx", {"s": rows}))
    assert dict(zip(found.columns, found.rows[0], strict=True)) == {name: text for name, (_, text) in values.items()}


def test_errors_are_noted(backend: Backend, workbook: Write, tmp_path: Path):
    file = workbook(tmp_path / "a.xlsx", {"s": [["a", "b"], [1, ("error", "#N/A")], [2, ("error", "#REF!")], [3, 4]]})
    notes = SOURCE.open(backend, [file], {}).notes
    assert [note.en for note in notes] == ["a.xlsx: 2 cells hold an error such as #N/A and count as empty."]


@pytest.mark.parametrize(
    ("above", "merged"),
    [
        ([], ()),
        ([["2024年1月订单报表"], []], ("A1:C1",)),
        ([[], [None, "订单"], ["门店：上海", "导出时间：2024-01-31"]], ("B2:C2",)),
        ([["订单", None, "钱"]], ("A1:B1",)),
        ([[], [], []], ()),
    ],
)
def test_the_header_is_found(read, workbook: Write, tmp_path: Path, above: list[list[str]], merged: tuple[str, ...]):
    found = read(SOURCE, workbook(tmp_path / "a.xlsx", {"s": [*above, *TABLE]}, merged))
    assert (found.columns, found.rows) == (("单号", "姓名", "金额"), ROWS)
    assert found.lines == [len(above) + 2, len(above) + 3]


def test_the_line_of_the_header_may_be_said(read, workbook: Write, tmp_path: Path):
    rows = [["x", "y"], [2023, 2024], [1, 2], [3, 4, 5]]
    found = read(SOURCE, workbook(tmp_path / "a.xlsx", {"s": rows}), options={"header_line": 2})
    assert (found.columns, found.rows) == (("2023", "2024", "column3"), [("1", "2", None), ("3", "4", "5")])


def test_a_table_may_stand_anywhere_on_the_sheet(read, workbook: Write, tmp_path: Path):
    rows = [[], [None, None, "a", "b"], [None, None, 1, 2], [], [None, None, 3, 4]]
    found = read(SOURCE, workbook(tmp_path / "a.xlsx", {"s": rows}))
    assert (found.columns, found.rows) == (("a", "b"), [("1", "2"), ("3", "4")])
    assert found.lines == [3, 5]


def test_sheets_of_one_shape_are_one_table(read, workbook: Write, tmp_path: Path):
    sheets = {"一月": TABLE, "说明": [["由系统导出"]], "二月": [TABLE[0], [1003, "王五", 1]], "空": []}
    found = read(SOURCE, workbook(tmp_path / "a.xlsx", sheets), options={"sheet": ["一月", "二月"]})
    assert found.rows == [*ROWS, ("1003", "王五", "1")]
    assert found.lines == [2, 3, 2]


def test_a_sheet_without_a_table_is_passed_over_with_a_note(backend: Backend, workbook: Write, tmp_path: Path):
    file = workbook(tmp_path / "a.xlsx", {"s": TABLE, "chart": [[1, 2], [3, 4]]})
    opened = SOURCE.open(backend, [file], {})
    assert backend.to_pyarrow(opened.rows.count()).as_py() == 2
    assert [note.en for note in opened.notes] == ["a.xlsx: no table in sheet chart."]


@pytest.mark.parametrize(("sheet", "first"), [("b", "3"), (2, "3"), ("2", "3"), (1, "1"), (["a", "b"], "1")])
def test_a_sheet_is_asked_for_by_name_or_number(read, workbook: Write, tmp_path: Path, sheet: object, first: str):
    file = workbook(tmp_path / "a.xlsx", {"a": [["x"], [1], [2]], "b": [["x"], [3], [4]]}, hidden=["b"])
    assert read(SOURCE, file, options={"sheet": sheet}).rows[0] == (first,)
    assert read(SOURCE, file).rows == [("1",), ("2",)]


def test_sheets_of_several_shapes_are_asked_about(read, workbook: Write, tmp_path: Path):
    file = workbook(tmp_path / "a.xlsx", {"a": [["x", "y"], [1, 2]], "b": [["x", "z"], [3, 4]]})
    with pytest.raises(Invalid, match="different columns") as caught:
        read(SOURCE, file)
    assert caught.value.allowed == ("a", "b")
    assert read(SOURCE, file, options={"sheet": "b"}).rows == [("3", "4")]


@pytest.mark.parametrize("options", [{"sheet": "none"}, {"sheet": 7}, {"sheet": []}, {"sheet": None}])
def test_a_sheet_that_is_not_there_is_refused(read, workbook: Write, tmp_path: Path, options: dict[str, object]):
    with pytest.raises(Invalid, match="no such sheet") as caught:
        read(SOURCE, workbook(tmp_path / "a.xlsx", {"one": TABLE}), options=options)
    assert caught.value.allowed == ("one",)


@pytest.mark.parametrize("line", [0, -1, "3", True, 2.5])
def test_the_line_of_the_header_is_a_number(read, workbook: Write, tmp_path: Path, line: object):
    with pytest.raises(Invalid, match="header_line"):
        read(SOURCE, workbook(tmp_path / "a.xlsx", {"one": TABLE}), options={"header_line": line})


@pytest.mark.parametrize(
    ("rows", "options"), [([[1, 2], [3, 4]], {}), (TABLE, {"header_line": 9}), ([["a"], ["b", 1], ["c", 2]], {})]
)
def test_a_header_that_is_not_found_is_asked_for(
    read, workbook: Write, tmp_path: Path, rows: list[list[object]], options: dict[str, object]
):
    with pytest.raises(Invalid, match="names of the columns") as caught:
        read(SOURCE, workbook(tmp_path / "a.xlsx", {"one": rows}), options=options)
    assert caught.value.remedy is not None
    assert "header_line" in caught.value.remedy.en


@pytest.mark.parametrize("above", [[], [["报表"]]])
def test_a_header_alone_has_columns_and_no_rows(read, workbook: Write, tmp_path: Path, above: list[list[str]]):
    found = read(SOURCE, workbook(tmp_path / "a.xlsx", {"s": [*above, TABLE[0]]}))
    assert (found.columns, found.rows) == (("单号", "姓名", "金额"), [])


def test_only_empty_workbooks_are_refused(read, workbook: Write, tmp_path: Path):
    empty, full = workbook(tmp_path / "a.xlsx", {"s": []}), workbook(tmp_path / "b.xlsx", {"s": TABLE})
    assert read(SOURCE, empty, full).rows == ROWS
    with pytest.raises(Invalid, match="no table"):
        read(SOURCE, empty)


def test_a_workbook_that_is_far_too_large_is_refused(read, workbook: Write, tmp_path: Path):
    file = workbook(tmp_path / "a.xlsx", {"s": TABLE})
    content = file.read_bytes()
    place = content.index(b"PK\x01\x02")
    file.write_bytes(content[: place + 24] + (3 << 30).to_bytes(4, "little") + content[place + 28 :])
    with pytest.raises(Invalid, match="too large") as caught:
        read(SOURCE, file)
    assert caught.value.allowed == ("2048 MB",)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_mutated_workbooks_end_in_rows_or_an_error_of_ours(read, workbook: Write, tmp_path: Path, data: st.DataObject):
    content = bytearray(workbook(tmp_path / "a.xlsx", {"s": TABLE}).read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    file = tmp_path / "mutated.xlsx"
    file.write_bytes(content)
    count = 0
    with suppress(Invalid):
        count = len(read(SOURCE, file).rows)
    assert count <= 2


@pytest.mark.scale
def test_a_million_cells_are_read_in_20_seconds(read, workbook: Write, tmp_path: Path):
    rows = [
        [i, f"客户{i}", ("date", 40000 + i % 999), 2.5 * i, 13800000000 + i, "上海市", 1, True, "x", None]
        for i in range(100_000)
    ]
    file = workbook(tmp_path / "a.xlsx", {"s": [[f"c{i}" for i in range(10)], *rows]})
    started = time.monotonic()
    assert len(read(SOURCE, file).rows) == 100_000
    assert time.monotonic() - started < 20
