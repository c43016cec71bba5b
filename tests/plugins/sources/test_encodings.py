"""Text in the encodings that people's files have is read as it was meant, and never as something else."""

import codecs
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from quanyu.foundation.errors import Invalid
from quanyu.plugins.sources.delimited import SOURCE
from quanyu.plugins.sources.delimited.encodings import BLOCK, encoding_of
from quanyu.plugins.sources.delimited.mending import Marks, transcode

TEXT = "单号,姓名,城市\n1001,张小明,上海\n1002,李四,北京\n"
ROWS = [("1001", "张小明", "上海"), ("1002", "李四", "北京")]
COLUMNS = ("单号", "姓名", "城市")
FOUND = {
    "utf-8": TEXT.encode(),
    "utf-8 with its mark": codecs.BOM_UTF8 + TEXT.encode(),
    "gb18030": TEXT.encode("gb18030"),
    "gbk": TEXT.encode("gbk"),
    "gb2312": TEXT.encode("gb2312"),
    "utf-16 as Excel writes it": codecs.BOM_UTF16_LE
    + TEXT.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-le"),
    "utf-16 the other way": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
}


def written(folder: Path, content: bytes, name: str = "订单 50%25.csv") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("name", FOUND)
def test_the_encoding_is_found(read, tmp_path: Path, name: str):
    file = written(tmp_path, FOUND[name])
    found = read(SOURCE, file)
    assert (found.columns, found.rows, found.broken) == (COLUMNS, ROWS, [])
    assert set(found.files) == {str(file)}


@pytest.mark.parametrize("name", ["gb18030", "GBK", "gb2312", "utf_8", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_encoding_may_be_said(read, tmp_path: Path, name: str):
    file = written(tmp_path, TEXT.encode(name))
    assert read(SOURCE, file, options={"encoding": name}).rows == ROWS


def test_what_is_said_goes_before_what_would_be_found(read, tmp_path: Path):
    file = written(tmp_path, "a,b\n模,1\n".encode("gb18030"))  # C4 A3 is a letter in UTF-8 too
    assert read(SOURCE, file, options={"encoding": "gb18030"}).rows == [("模", "1")]


def test_an_unknown_encoding_is_refused(read, tmp_path: Path):
    with pytest.raises(Invalid, match="encoding") as caught:
        read(SOURCE, written(tmp_path, b"a,b\n"), options={"encoding": "klingon"})
    assert "gb18030" in caught.value.allowed


def test_what_only_the_end_of_the_file_tells_is_found(read, tmp_path: Path):
    file = written(tmp_path, b"a,b\n" + b"1,2\n" * 600_000 + "张小明,上海\n".encode("gb18030"))
    found = read(SOURCE, file)
    assert (len(found.rows), found.rows[-1], found.broken) == (600_001, ("张小明", "上海"), [])


@pytest.mark.parametrize(
    ("encoding", "first", "second"), [("utf-8", "utf-8", "gb18030"), ("gb18030", "gb18030", "utf-8")]
)
def test_lines_in_another_encoding_are_kept_apart(read, tmp_path: Path, encoding: str, first: str, second: str):
    names = ["张小明", "欧阳娜娜", "李四", "王五五五", "模模"]
    one = "".join(f"{i},{name},上海\n" for i, name in enumerate(names * 2)).encode(first)
    two = "".join(f"{i},{name},浦东新区\n" for i, name in enumerate(names)).encode(second)
    found = read(SOURCE, written(tmp_path, "单号,姓名,城市\n".encode(first) + one + two))
    assert [row[1] for row in found.rows] == names * 2
    assert [(b.line, b.reason) for b in found.broken] == [(line, "invalid encoding") for line in range(12, 17)]
    assert not [row for row in found.rows if "\ufffd" in "".join(row)]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_line_with_bytes_that_mean_nothing_is_kept_apart(read, tmp_path: Path, encoding: str):
    lines = [f"{i},张小明,上海".encode(encoding) for i in range(100)]
    lines[50] = lines[50].replace(b",", b"\xff\xff,", 1)
    found = read(SOURCE, written(tmp_path, "单号,姓名,城市\n".encode(encoding) + b"\n".join(lines)))
    assert len(found.rows) == 99
    assert [(b.line, b.reason) for b in found.broken] == [(52, "invalid encoding")]


def test_half_a_pair_in_utf_16_is_kept_apart(read, tmp_path: Path):
    content = "a,b\n1,x".encode("utf-16-le") + b"\x00\xd8" + "\n2,y\n".encode("utf-16-le")
    found = read(SOURCE, written(tmp_path, codecs.BOM_UTF16_LE + content))
    assert (found.rows, [(b.line, b.reason) for b in found.broken]) == ([("2", "y")], [(2, "invalid encoding")])


def test_latin_letters_are_not_taken_for_chinese(read, tmp_path: Path):
    file = written(tmp_path, "a,b\n1,Café à Orléans\n2,Tea\n3,Crème brûlée\n".encode("latin-1"))
    found = read(SOURCE, file)
    assert (found.rows, len(found.broken)) == ([("2", "Tea")], 2)


def test_files_of_several_encodings_are_read_in_their_order(read, tmp_path: Path):
    files = [written(tmp_path, content, f"{i}.csv") for i, content in enumerate(FOUND.values())]
    found = read(SOURCE, *files)
    assert found.rows == ROWS * len(files)
    assert found.files == [str(file) for file in files for _ in ROWS]


def test_utf_8_without_trouble_is_not_copied(read, backend: Backend, tmp_path: Path):
    opened = SOURCE.open(backend, [written(tmp_path, TEXT.encode())], {})
    assert not list(opened.held[0].folder.glob("*.txt"))


def test_copies_go_with_what_they_were_made_for(backend: Backend, tmp_path: Path):
    opened = SOURCE.open(backend, [written(tmp_path, TEXT.encode("gb18030"))], {})
    folder = opened.held[0].folder
    assert list(folder.glob("*.txt"))
    del opened
    assert not folder.exists()


def test_copies_of_a_killed_process_go_with_the_next(backend: Backend, tmp_path: Path):
    opened = SOURCE.open(backend, [written(tmp_path, TEXT.encode())], {})
    left, living = opened.held[0].folder.parent / "killed", opened.held[0].folder
    left.mkdir()
    (left / ".in-use").touch()
    again = SOURCE.open(backend, [written(tmp_path, TEXT.encode())], {})
    assert not left.exists()
    assert living.exists()
    assert again.held[0].folder != living


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_blocks_end_where_lines_do(read, tmp_path: Path, encoding: str):
    lines = [f"{i},{'张小明' * (i % 7)}" for i in range(BLOCK // 20)]
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16-le" else b""
    file = written(tmp_path, mark + ("a,b\n" + "\n".join(lines)).encode(encoding))
    found = read(SOURCE, file)
    assert [f"{a},{b or ''}" for a, b in found.rows] == lines
    assert found.broken == []


CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=9)


@settings(max_examples=60, deadline=None)
@given(st.lists(CHINESE, min_size=1, max_size=20), st.sampled_from(["utf-8", "gb18030"]))
def test_chinese_text_is_told_by_its_bytes(texts: list[str], encoding: str):
    head = "".join(f"{i},{text},客户姓名地址\n" for i, text in enumerate(texts)).encode(encoding)
    assert encoding_of(head) == encoding


@pytest.mark.scale
def test_60_mb_of_gb18030_are_transcoded_in_a_second(tmp_path: Path):
    line = "100123,2011-03-01 09:00,张小明的订单,蓝色马克杯大号,2,3.50,上海市浦东新区世纪大道100号,13800138000\n"
    file = written(tmp_path, (line * 1_200_000).encode("gb18030"))
    started = time.process_time()
    assert transcode(file, "gb18030", Marks(",", '"', 8), tmp_path / "copy")
    assert file.stat().st_size / 60e6 > time.process_time() - started
