"""Reads a finished experiment from a CSV, TSV or Parquet file, plain or gzipped, into a table of text or numbers."""

import codecs
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.text import Text

_SEPARATORS = ",\t;|"
_PIECE = 1 << 20


def read_table(path: Path) -> pa.Table:
    """Return the rows of a file. Columns of a text file stay text, so that no type is guessed from its first rows."""
    path = path.expanduser()
    if not path.is_file():
        raise NotFound(
            Text("There is no file at this path.", "这个路径下没有文件。"),
            remedy=Text(
                "Check the spelling, and that it is a file, not a folder.",
                "请检查路径拼写，并确认它是文件而不是文件夹。",
            ),
            received=path,
        )
    if path.stat().st_size == 0:
        raise _empty(path)
    try:
        return _read_parquet(path) if _is_parquet(path) else _read_text(path)
    except PermissionError as error:
        raise Invalid(
            Text("This file may not be read.", "没有权限读取这个文件。"),
            remedy=Text("Ask its owner for the right to read it.", "请向文件所有者申请读取权限。"),
            received=path,
        ) from error


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _read_parquet(path: Path) -> pa.Table:
    try:
        return parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, "Parquet") from error


def _open(path: Path) -> pa.NativeFile:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return pa.input_stream(str(path), compression="gzip" if zipped else None)


def _read_text(path: Path) -> pa.Table:
    try:
        encoding = _find_encoding(path)
        header = _read_header(path, encoding)
    except OSError as error:
        raise _damaged(path, "gzip") from error
    if not header.strip():
        raise _empty(path)
    separator = max(_SEPARATORS, key=header.count)
    refused: list[Any] = []
    with _open(path) as stream:
        try:
            return _parse(stream, encoding, separator, _collector(refused), path)
        except pa.ArrowInvalid as error:
            raise _malformed(path, refused) from error


def _parse(stream: pa.NativeFile, encoding: str, separator: str, on_row: Callable[[Any], str], path: Path) -> pa.Table:
    parsing = csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=on_row)
    # One thread: only then does a refused row know its number.
    reading = csv.ReadOptions(use_threads=False, encoding=encoding)
    names = _names(path, encoding, separator)
    converting = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    return csv.read_csv(stream, reading, parsing, converting)


def _names(path: Path, encoding: str, separator: str) -> list[str]:
    line = _read_header(path, encoding).encode()
    parsed = csv.read_csv(pa.BufferReader(line + b"\n"), parse_options=csv.ParseOptions(delimiter=separator))
    return parsed.column_names


def _collector(refused: list[Any]) -> Callable[[Any], str]:
    def note(row: Any) -> str:
        refused.append((row.number, row.expected_columns, row.actual_columns))
        return "error"

    return note


def _find_encoding(path: Path) -> str:
    """Return UTF-16 by its mark, UTF-8 where every byte is, else GB18030 as Chinese spreadsheets write it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _open(path) as stream:
        piece = stream.read(_PIECE)
        if piece[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        try:
            while piece:
                decoder.decode(piece)
                piece = stream.read(_PIECE)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8"


def _read_header(path: Path, encoding: str) -> str:
    with _open(path) as stream:
        start = stream.read(_PIECE).decode(encoding, errors="replace")
    lines = re.split(r"\r\n|\n|\r", start.lstrip("\ufeff"))
    return next((line for line in lines if line.strip()), "")


def _empty(path: Path) -> Invalid:
    return Invalid(
        Text("This file is empty.", "这个文件是空的。"),
        remedy=Text(
            "Export it again with a header row and one row per customer.",
            "请重新导出：第一行是表头，之后每位客户一行。",
        ),
        received=path,
    )


def _damaged(path: Path, form: str) -> Invalid:
    return Invalid(
        Text("This {form} file is damaged.", "这个 {form} 文件已损坏。").format_with(form=form),
        remedy=Text("Export or download it again.", "请重新导出或下载。"),
        received=path,
    )


def _malformed(path: Path, refused: list[Any]) -> Invalid:
    remedy = Text(
        "Put values that hold the separator in double quotes, and export again.",
        "含有分隔符的值请用双引号括起来，再重新导出。",
    )
    if not refused:
        return Invalid(
            Text("This is not a table that can be read.", "无法把它读成表格。"),
            remedy=remedy,
            received=path,
            allowed=["CSV", "TSV", "Parquet", "*.gz"],
        )
    number, expected, actual = refused[0]
    problem = Text(
        "Line {number} has {actual} columns, the header has {expected}.",
        "第 {number} 行有 {actual} 列，而表头有 {expected} 列。",
    )
    return Invalid(problem.format_with(number=number, actual=actual, expected=expected), remedy=remedy, received=path)
