"""Delimited text: CSV, TSV and their like, in the encodings that people's files have."""

import csv
import errno
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, LINE, Broken, Opened, Scratch, name_columns
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.plugins.sources.delimited.encodings import LONG, LONGEST_LINE, LONGEST_TEXT, blocks, encoding_of
from quanyu.plugins.sources.delimited.mending import Marks, Unread, is_plain, rewrite, transcode

_LINES = "delimited_lines"
_REJECTS = "delimited_rejects"
_COPIES = "delimited_copies"  # copy and file of what was rewritten, and the delimiter after the numbers of its lines
_UNREAD = "delimited_unread"  # lines that were left out of the copies
_HEAD = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class _Layout:
    """What must be known to split a file into columns; told by its first line and the mapping, never guessed."""

    columns: tuple[str, ...]
    delimiter: str
    quote: str
    header: bool
    copied: bool = False
    numbered: bool = False  # the copy has no header, and each record begins with its line

    @property
    def marks(self) -> Marks:
        return Marks(self.delimiter, self.quote, len(self.columns))


@dataclass(frozen=True)
class _Part:
    """A file as the engine reads it: itself, or a copy in UTF-8."""

    file: Path
    layout: _Layout
    read: Path
    unread: Sequence[Unread] = ()


class Delimited:
    """Reads with DuckDB's parallel CSV reader; lines that it cannot split are kept apart.

    A file in UTF-8 whose lines are records is read as it is. Any other is rewritten first.
    """

    name = "delimited"
    suffixes = (".csv", ".tsv", ".txt")
    options = ("delimiter", "encoding", "header", "quote")

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        backend.raw_sql(f"drop table if exists {_REJECTS}; drop table if exists {_REJECTS}_scans")
        scratch = Scratch(backend)
        parts = [part for file in files if (part := _prepare(file, options, scratch)) is not None]
        if not parts:
            raise Invalid(
                Text("The files are empty.", "文件为空。"),
                remedy=Text("Check that the export has finished.", "请检查导出是否完成。"),
                received=", ".join(file.name for file in files[:5]),
            )
        _note(backend, parts)
        # Neighbours with the same columns are read together; files may have others, or the same in another order.
        scans = [_scan(layout, list(run)) for layout, run in groupby(parts, key=lambda part: part.layout)]
        backend.raw_sql(f"create or replace temporary view {_LINES} as {' union all by name '.join(scans)}")
        rows = backend.table(_LINES)
        columns = tuple(c for c in rows.columns if c not in (FILE, LINE))
        return Opened(rows, columns, first_line=2 if parts[0].layout.header else 1, held=(scratch,))

    def broken(self, backend: Backend) -> list[Broken]:
        """Return the lines that the last scan could not split, once each."""
        found = [Broken(*line) for line in _ask(backend, _UNREAD, "select file, line, reason, text from {table}")]
        copies = {
            copy: (file, delimiter)
            for copy, file, delimiter in _ask(backend, _COPIES, "select copy, file, delimiter from {table}")
        }
        lines = _ask(
            backend,
            _REJECTS,
            """select s.file_path, e.line, max(e.error_type)::varchar, max(e.csv_line)
               from {table} e join {table}_scans s using (scan_id, file_id)
               group by s.file_path, e.line, e.line_byte_position""",
        )
        for read, line, reason, text in lines:
            kept = (text or "").strip("\r\n")
            file, delimiter = copies.get(read, (read, None))
            if delimiter is None:
                found.append(_broken(file, line, reason, kept))
            else:
                number, _, kept = kept.partition(delimiter)
                found.append(Broken(file, int(number), reason.lower(), kept))
        return sorted(found, key=lambda each: (each.file, each.line))


def _ask(backend: Backend, table: str, query: str) -> list[tuple[Any, ...]]:
    there = backend.con.execute("select 1 from duckdb_tables() where table_name = ?", [table]).fetchall()
    return [] if not there else backend.con.execute(query.format(table=table)).fetchall()


def _broken(file: str, line: int, reason: str, kept: str) -> Broken:
    if reason == "UNQUOTED VALUE" and len(kept.encode()) >= LONGEST_TEXT // 2:
        raise _unclosed(Path(file), line)
    return Broken(file, line, reason.lower(), kept)


def _unclosed(file: Path, line: int) -> Invalid:
    return Invalid(
        Text(
            "A quote is opened and not closed, so that the lines after it cannot be told apart.",
            "引号未闭合，其后的各行无法区分。",
        ),
        remedy=Text(
            'Mend the line, or set format_options: {quote: ""} if quotes have no meaning in this file.',
            '请修正该行；如果文件中的引号没有特殊含义，请设置 format_options: {quote: ""}。',
        ),
        received=f"{file.name}:{line}",
    )


def _note(backend: Backend, parts: Sequence[_Part]) -> None:
    """Keep what `broken` must know with the connection: many imports share this reader."""
    copies = [
        (str(p.read), str(p.file), p.layout.delimiter if p.layout.numbered else None) for p in parts if p.layout.copied
    ]
    unread = [(str(p.file), *line) for p in parts for line in p.unread]
    tables = {
        _COPIES: pa.table(dict(zip(("copy", "file", "delimiter"), _columns(copies, 3), strict=True))),
        _UNREAD: pa.table(dict(zip(("file", "line", "reason", "text"), _columns(unread, 4), strict=True))),
    }
    for name, table in tables.items():
        backend.con.register("delimited_noted", table)
        backend.con.execute(f"create or replace temporary table {name} as select * from delimited_noted")
        backend.con.unregister("delimited_noted")


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[i] for row in rows] for i in range(width)]


def _prepare(file: Path, options: Mapping[str, object], scratch: Scratch) -> _Part | None:
    """Return how a file is read, or None of an empty one."""
    head = _head(file)
    wanted = options.get("encoding")
    encoding = encoding_of(head, wanted)
    layout = _layout(file, head, encoding or "utf-8", options)
    if layout is None:
        return None
    try:
        encoding, plain = _survey(file, encoding, layout.marks)
        if plain:
            return _Part(file, layout, file)
        copy = scratch.new(".txt")
        if encoding != "utf-8" and transcode(file, encoding, layout.marks, copy):
            return _Part(file, replace(layout, copied=True), copy)
        unread = rewrite(file, encoding, layout.marks, layout.header, copy)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise _unreadable(file, type(error).__name__) from None
    return _Part(file, replace(layout, copied=True, numbered=True), copy, unread)


def _survey(file: Path, encoding: str | None, marks: Marks) -> tuple[str, bool]:
    """Return a file's encoding, and whether the engine can read it as it is."""
    if encoding not in (None, "utf-8"):
        return encoding, False
    plain = True
    for block in blocks(file, "utf-8"):
        if encoding is None and not block.isascii():
            encoding = encoding_of(block)
            if encoding != "utf-8":
                return encoding or "utf-8", False
        plain = plain and LONG.encode() not in block and is_plain(block, marks)
        if not plain and encoding is not None:
            break
    return encoding or "utf-8", plain


def _layout(file: Path, head: bytes, encoding: str, options: Mapping[str, object]) -> _Layout | None:
    """Return how the file is laid out, or None of an empty one."""
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    if not text.strip():
        return None
    quote = _character(options, "quote", '"', empty=True)
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    unquoted = re.sub(f"{re.escape(quote)}[^{re.escape(quote)}]*{re.escape(quote)}", "", first) if quote else first
    likely = max(_DELIMITERS, key=unquoted.count)
    delimiter = _character(options, "delimiter", likely)
    names = _first_record(file, text, delimiter, quote)
    header = bool(options.get("header", True))
    return _Layout(name_columns(names if header else [""] * len(names)), delimiter, quote, header)


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_HEAD)
    except OSError as error:
        raise _unreadable(file, type(error).__name__) from None


def _first_record(file: Path, text: str, delimiter: str, quote: str) -> list[str]:
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=quoting)
    try:
        names = next(reader)
    except csv.Error as error:
        if "field limit" in str(error):
            raise _unclosed(file, 1) from None
        raise _unreadable(file, str(error)) from None
    if quote and reader.line_num > 1 and text[: lines.tell()].count(quote) % 2:
        raise _unclosed(file, 1)
    if not any(name.strip() for name in names):
        raise _unreadable(file, "the first line is empty")
    if any("\x00" in name or "\ufffd" in name for name in names):
        raise _unreadable(file, "its first line is not text in the encoding of the file")
    return names


def _character(options: Mapping[str, object], name: str, default: str, *, empty: bool = False) -> str:
    value = options.get(name, default)
    if isinstance(value, str) and (len(value) == 1 or (empty and not value)) and value not in ("\r", "\n"):
        return value
    raise Invalid(
        Text(f"format_options.{name} must be one character.", f"format_options.{name} 必须是一个字符。"),
        received=value,
        allowed=[default, '""'] if empty else _DELIMITERS,
    )


def _scan(layout: _Layout, parts: Sequence[_Part]) -> str:
    columns = {**({LINE: "BIGINT"} if layout.numbered else {}), **dict.fromkeys(layout.columns, "VARCHAR")}
    names = [re.sub(r"([*?[])", r"[\1]", str(part.read)) for part in parts]  # names, not patterns
    arguments = [
        f"[{', '.join(map(_literal, names))}]",
        "auto_detect = false",  # guessing from a sample lets one broken line change how all others are split
        f"columns = {{{', '.join(f'{_literal(name)}: {_literal(kind)}' for name, kind in columns.items())}}}",
        f"delim = {_literal(layout.delimiter)}",
        f"quote = {_literal(layout.quote)}",
        f"escape = {_literal(layout.quote)}",
        f"header = {str(layout.header and not layout.numbered).lower()}",
        f"filename = '{FILE}'",
        f"max_line_size = {LONGEST_LINE}",
        "store_rejects = true",
        f"rejects_table = '{_REJECTS}'",
        f"rejects_scan = '{_REJECTS}_scans'",
        "rejects_limit = 0",
        f"rejects_line_size_limit = {LONGEST_TEXT}",
    ]
    scan = f"read_csv({', '.join(arguments)})"
    if not layout.copied:
        return f"select *, null::bigint as {LINE} from {scan}"
    places = f"[{', '.join(_literal(part.file) for part in parts)}]"
    file = f"{places}[parse_filename({FILE}, true)::integer - {parts[0].read.stem} + 1] as {FILE}"
    line = LINE if layout.numbered else "null::bigint"
    names = ", ".join(_name(column) for column in layout.columns)
    return f"select {names}, {file}, {line} as {LINE} from {scan}"


def _unreadable(file: Path, received: str) -> Invalid:
    return Invalid(
        Text("The file cannot be read as delimited text.", "文件无法按分隔文本读取。"),
        remedy=Text(
            "Save it as CSV in UTF-8, with the names of the columns in the first line.",
            "请存为 UTF-8 编码的 CSV，第一行为列名。",
        ),
        received=f"{file.name}: {received}",
    )


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


SOURCE = Delimited()
