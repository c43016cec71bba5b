"""Delimited files: split as their first line says, whatever is wrong with other lines, and nothing lost in silence."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, Broken
from quanyu.foundation.errors import Invalid
from quanyu.plugins.sources.delimited import SOURCE

Rows = list[tuple[str | None, ...]]


def read(
    backend: Backend, *files: Path, options: Mapping[str, object] | None = None
) -> tuple[tuple[str, ...], Rows, list[Broken]]:
    """Return columns, rows and broken lines, the way an import asks for them."""
    opened = SOURCE.open(backend, files, options or {})
    backend.raw_sql("set preserve_insertion_order = true")
    rows = backend.to_pyarrow(opened.rows.select(*opened.columns, FILE)).to_pylist()
    return opened.columns, [tuple(r[c] for c in opened.columns) for r in rows], SOURCE.broken(backend)


def written(folder: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n",
        "a;b\n1;2\n",
        "a\tb\n1\t2\n",
        "a|b\n1|2\n",
        "a,b\r\n1,2\r\n",
        "a,b\r1,2\r",
        "a,b\n1,2",
        "\ufeffa,b\n1,2\n",
        '"a","b"\n"1","2"\n',
        "a,b\n\n1,2\n\n\n",
    ],
)
def test_the_usual_forms_are_read(backend: Backend, tmp_path: Path, content: str):
    columns, rows, broken = read(backend, written(tmp_path, content))
    assert (columns, rows, broken) == (("a", "b"), [("1", "2")], [])


def test_a_quoted_field_holds_anything(backend: Backend, tmp_path: Path):
    file = written(tmp_path, 'a,b\n"1,5","say ""yes""\nagain"\n')
    assert read(backend, file)[1] == [("1,5", 'say "yes"\nagain')]


def test_an_empty_file_among_others_is_passed_over(backend: Backend, tmp_path: Path):
    empty, full = written(tmp_path, "", "monday.csv"), written(tmp_path, "a,b\n1,2\n", "tuesday.csv")
    assert read(backend, empty, full)[1] == [("1", "2")]


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n  \n"])
def test_only_empty_files_are_refused(backend: Backend, tmp_path: Path, content: str):
    with pytest.raises(Invalid, match="empty"):
        read(backend, written(tmp_path, content))


def test_a_header_alone_has_columns_and_no_rows(backend: Backend, tmp_path: Path):
    assert read(backend, written(tmp_path, "a,b")) == (("a", "b"), [], [])


@pytest.mark.parametrize("content", [b"\nx,y\n1,2\n", b"a\xff,b\n1,2\n", b"a\x00,b\n1,2\n", bytes(range(256)) * 4])
def test_what_is_no_text_with_a_header_is_refused(backend: Backend, tmp_path: Path, content: bytes):
    with pytest.raises(Invalid, match="delimited text") as caught:
        read(backend, written(tmp_path, content))
    assert "orders.csv" in str(caught.value.received)


def test_columns_of_one_name_or_none_are_told_apart(backend: Backend, tmp_path: Path):
    columns, rows, _ = read(backend, written(tmp_path, f"a,a,,A,{FILE}\n1,2,3,4,5\n"))
    assert columns == ("a", "a_1", "column3", "A_2", f"{FILE}_1")
    assert rows == [("1", "2", "3", "4", "5")]


def test_a_file_without_a_header_names_its_columns_by_position(backend: Backend, tmp_path: Path):
    columns, rows, _ = read(backend, written(tmp_path, "1,2\n3,4\n"), options={"header": False})
    assert (columns, rows) == (("column1", "column2"), [("1", "2"), ("3", "4")])


def test_files_are_united_by_the_names_of_their_columns(backend: Backend, tmp_path: Path):
    one = written(tmp_path, "a,b\n1,2\n", "1.csv")
    two = written(tmp_path, "b,a\n20,10\n", "2.csv")
    three = written(tmp_path, "a,b,c\n100,200,300\n", "3.csv")
    columns, rows, _ = read(backend, one, two, three)
    assert columns == ("a", "b", "c")
    assert rows == [("1", "2", None), ("10", "20", None), ("100", "200", "300")]


@pytest.mark.parametrize("name", ["or'ders.csv", "orders[1].csv", "or*ders?.csv", "订 单.csv"])
def test_the_name_of_a_file_is_no_pattern(backend: Backend, tmp_path: Path, name: str):
    written(tmp_path, "a,b\n8,9\n", "orders1.csv")
    assert read(backend, written(tmp_path, "a,b\n1,2\n", name))[1] == [("1", "2")]


def test_lines_that_cannot_be_split_are_kept_with_their_place(backend: Backend, tmp_path: Path):
    file = written(tmp_path, b'a,b\n1,2\n3\n4,5,6\n7,"8"9\n10,\xff\n11,12\n"13,14\n')
    _, rows, broken = read(backend, file)
    assert rows == [("1", "2"), ("11", "12")]
    assert [(b.line, b.reason, b.file) for b in broken] == [
        (3, "missing columns", str(file)),
        (4, "too many columns", str(file)),
        (5, "unquoted value", str(file)),
        (6, "invalid encoding", str(file)),
        (8, "unquoted value", str(file)),
    ]
    assert [b.text for b in broken][:3] == ["3", "4,5,6", '7,"8"9']


def test_broken_lines_of_several_files_name_their_file(backend: Backend, tmp_path: Path):
    one, two = written(tmp_path, "a,b\n1\n", "1.csv"), written(tmp_path, "b,a\n2\n", "2.csv")
    assert [(b.file, b.line) for b in read(backend, one, two)[2]] == [(str(one), 2), (str(two), 2)]


def test_one_broken_line_does_not_change_how_others_are_split(backend: Backend, tmp_path: Path):
    """A reader that guesses takes quotes for text as soon as one of them is not closed."""
    file = written(tmp_path, 'a,b\n1,"x, y"\n2,"z\n')
    _, rows, broken = read(backend, file)
    assert rows == [("1", "x, y")]
    assert len(broken) == 1


@pytest.mark.parametrize("size", [5_000_000, 100_000_000])
def test_a_line_of_5_or_100_mb_is_kept_apart(backend: Backend, tmp_path: Path, size: int):
    _, rows, broken = read(backend, written(tmp_path, "a,b\n1,2\n3," + "x" * size + "\n5,6\n"))
    assert rows == [("1", "2"), ("5", "6")]
    assert [(b.line, b.reason) for b in broken] == [(3, "line size over maximum")]
    assert len(broken[0].text) < 100_000


def test_an_open_quote_does_not_swallow_the_rest_of_the_file(backend: Backend, tmp_path: Path):
    lines = "".join(f"{i},name\n" for i in range(20_000))
    file = written(tmp_path, 'a,b\n1,"name\n' + lines)
    _, rows, broken = read(backend, file)
    assert (len(rows), rows[-1]) == (20_000, ("19999", "name"))
    assert [(b.line, b.reason, b.text) for b in broken] == [(2, "unquoted value", '1,"name')]
    assert read(backend, file, options={"quote": ""})[1][:2] == [("1", '"name'), ("0", "name")]


@pytest.mark.parametrize("lines", [3, 20_000])
def test_an_open_quote_in_the_header_is_refused(backend: Backend, tmp_path: Path, lines: int):
    file = written(tmp_path, 'a,"b\n' + "1,name\n" * lines)
    with pytest.raises(Invalid, match="cannot be told apart") as caught:
        read(backend, file)
    assert caught.value.received == "orders.csv:1"


@pytest.mark.parametrize("options", [{"delimiter": ""}, {"delimiter": "ab"}, {"quote": 7}, {"delimiter": "\n"}])
def test_options_are_checked(backend: Backend, tmp_path: Path, options: Mapping[str, object]):
    with pytest.raises(Invalid, match="one character"):
        read(backend, written(tmp_path, "a,b\n1,2\n"), options=options)


def test_options_speak_before_the_header(backend: Backend, tmp_path: Path):
    file = written(tmp_path, "a;b,c\n1;'2,3'\n")
    columns, rows, _ = read(backend, file, options={"delimiter": ";", "quote": "'"})
    assert (columns, rows) == (("a", "b,c"), [("1", "2,3")])


FIELD = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n"), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(FIELD, FIELD), max_size=8))
def test_what_was_written_well_is_read_back(backend: Backend, tmp_path: Path, fields: list[tuple[str, str]]):
    quoted = [tuple('"' + text.replace('"', '""') + '"' for text in pair) for pair in fields]
    file = written(tmp_path, "a,b\n" + "".join(f"{a},{b}\n" for a, b in quoted))
    _, rows, broken = read(backend, file)
    assert ([tuple(value or "" for value in row) for row in rows], broken) == (fields, [])


WHOLE = st.sampled_from(["1", "x y", '"q"', 'a"b', '"a""b"', "é"])
LINE = st.one_of(st.lists(WHOLE, min_size=1, max_size=4), st.just(['"q"x', "1"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, max_size=8))
def test_every_line_is_a_row_or_a_broken_line(backend: Backend, tmp_path: Path, lines: list[list[str]]):
    good = [line for line in lines if len(line) == 2 and '"q"x' not in line]
    _, rows, broken = read(backend, written(tmp_path, "a,b\n" + "".join(",".join(line) + "\n" for line in lines)))
    assert (len(rows), len(broken)) == (len(good), len(lines) - len(good))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_no_bytes_end_in_anything_but_rows_or_an_error_of_ours(backend: Backend, tmp_path: Path, dirt: bytes):
    file = written(tmp_path, b"a,b\n" + dirt.replace(b"\r", b"") + b"\n1,2\n")
    with suppress(Invalid):
        columns, rows, broken = read(backend, file)
        assert columns == ("a", "b")
        assert rows or broken
