"""Files with mixed line ends, open quotes, long lines: what can be read is read, the rest told with its line."""

import resource
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.foundation.errors import Invalid
from quanyu.plugins.sources.delimited import SOURCE
from quanyu.plugins.sources.delimited.mending import Marks, is_plain


def written(folder: Path, content: str | bytes, name: str = "orders.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_mixed_line_ends_are_read(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, "a,b\r\n1,2\n3,4\r5,6\r\n7\r8,9"))
    assert found.rows == [("1", "2"), ("3", "4"), ("5", "6"), ("8", "9")]
    assert found.lines == [2, 3, 4, 6]
    assert [(b.line, b.text) for b in found.broken] == [(5, "7")]


def test_a_null_byte_is_a_character_like_others(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, b"a,b\n1,2\x003\n\x00,4\n"))
    assert (found.rows, found.broken) == ([("1", "2\x003"), ("\x00", "4")], [])


def test_lines_are_counted_as_an_editor_does(read, tmp_path: Path):
    text = 'a,b\n1,"x\ny\nz"\n\n3\n5,6\n"7,8\n9,10\n\n\n11,12,13\n14,"q"r\n15,16\n'
    found = read(SOURCE, written(tmp_path, text))
    assert list(zip(found.lines, found.rows, strict=True)) == [
        (2, ("1", "x\ny\nz")),
        (7, ("5", "6")),
        (9, ("9", "10")),
        (14, ("15", "16")),
    ]
    assert [(b.line, b.reason, b.text) for b in found.broken] == [
        (6, "missing columns", "3"),
        (8, "unquoted value", '"7,8'),
        (12, "too many columns", "11,12,13"),
        (13, "unquoted value", '14,"q"r'),
    ]


@pytest.mark.parametrize(
    ("text", "rows", "broken"),
    [
        ('1,"x\n3,4\n5,"6"\n7,8\n', [3, 4, 5], [2]),
        ('1,"x\n3,4\n5,"y\n7,8\n', [3, 5], [2, 4]),
        ('"a,1\n"b,2\n3,4\n', [4], [2, 3]),
        ('1,5" pipe\n2,6" pipe\n3,4\n', [2, 3, 4], []),
        ('a",b"\n1,"x\n3,4\n', [2, 4], [3]),
        ('1,"x\ny",2\n3,4\n', [4], [2]),
        ('1, "x\n3,4\n', [3], [2]),
        ('1,"x"\n2,"y\n', [2], [3]),
        ('1,"a""\n""b"\n2,3\n', [2, 4], []),
    ],
)
def test_an_open_quote_breaks_its_own_line_only(read, tmp_path: Path, text: str, rows: list[int], broken: list[int]):
    found = read(SOURCE, written(tmp_path, "a,b\n" + text))
    assert ([line or i for i, line in enumerate(found.lines, 2)], [b.line for b in found.broken]) == (rows, broken)


def test_a_record_may_lie_across_blocks(read, tmp_path: Path):
    filler = "1,2\n" * ((1 << 20) - 1)  # 4 bytes short of a block
    found = read(SOURCE, written(tmp_path, "a,b\n" + filler + '3,"x\ny\nz"\n4,5\n'))
    assert found.rows[-2:] == [("3", "x\ny\nz"), ("4", "5")]
    assert found.broken == []


def test_a_quoted_header_of_two_lines_is_read(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, 'a,"b\nc"\n1,2\n'))
    assert (found.columns, found.rows, found.lines) == (("a", "b\nc"), [("1", "2")], [3])


def test_percent_signs_and_wide_delimiters_are_kept(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, 'a，b\n1%，"x\n%d"\n'), options={"delimiter": "，"})
    assert (found.rows, found.lines) == ([("1%", "x\n%d")], [2])


def test_columns_that_carry_our_names_are_kept_apart(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, '_line,_file\n1,"x\ny"\n'))
    assert (found.columns, found.rows, found.lines) == (("_line_1", "_file_1"), [("1", "x\ny")], [2])


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_line_of_100_mb_is_kept_apart_in_little_memory(read, tmp_path: Path, encoding: str):
    file = tmp_path / "orders.csv"
    with file.open("wb") as out:
        out.write("名,b\n1,2\n3,".encode(encoding))
        for _ in range(100):
            out.write(b"x" * 1_000_000)
        out.write("\n5,6\n名\n".encode(encoding))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = read(SOURCE, file)
    assert found.rows == [("1", "2"), ("5", "6")]
    assert [(b.line, b.reason) for b in found.broken] == [(3, "line size over maximum"), (5, "missing columns")]
    assert len(found.broken[0].text) < 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a,b\n", True),
        ("a,b\r\n1,2\r\n", True),
        ('"a","b"\n"","x ""y"""\n', True),
        ("a,b\r\n1,2\n", False),
        ("a,b\n\n1,2\n", False),
        ('"a,b\n', False),
        ('"a\nb",c\n', False),
        ('a",b,"c"\n', False),
        ('a, "b"\n', False),
    ],
)
def test_plain_lines_are_known(text: str, plain: bool):
    assert is_plain(text.encode(), Marks(",", '"', 2)) == plain


PIECE = st.sampled_from(["1", "x y", '"q"', '"a""b"', "é", '"', ",", "\n", "\n", "\r\n", "\r", "中"])


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECE, max_size=30), st.sampled_from(["utf-8", "gb18030"]))
def test_every_line_is_in_a_row_or_broken(read, tmp_path: Path, pieces: list[str], encoding: str):
    text = "".join(pieces).replace("é", "e" if encoding == "gb18030" else "é")
    found = read(SOURCE, written(tmp_path, ("a,b\n" + text).encode(encoding)), options={"encoding": encoding})
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    values = [(value or "").split("\n") for row in found.rows for value in row]
    inside = sum(len([part for part in parts[1:-1] if part]) + (len(parts) > 1) for parts in values)
    inside += sum(len([part for part in b.text.split("\n")[1:] if part]) for b in found.broken)
    assert len(found.rows) + len(found.broken) + inside == sum(bool(line) for line in lines)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_no_bytes_end_in_anything_but_rows_or_an_error_of_ours(read, tmp_path: Path, dirt: bytes):
    with suppress(Invalid):
        found = read(SOURCE, written(tmp_path, dirt))
        assert not [row for row in found.rows if "\ufffd" in "".join(value or "" for value in row)]
