"""Delimited text: CSV, TSV and their like, in UTF-8, also gzip."""

import csv
import gzip
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, Broken, Opened
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

_LINES = "delimited_lines"
_REJECTS = "delimited_rejects"
_LONGEST_LINE = 4 << 20
_LONGEST_TEXT = 1 << 16  # of a line that is kept because it could not be split
_HEAD = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class _Layout:
    """What must be known to split a file into columns; told by its first line and the mapping, never guessed."""

    columns: tuple[str, ...]
    delimiter: str
    quote: str
    header: bool


class Delimited:
    """Reads with DuckDB's parallel CSV reader; lines that it cannot split are kept apart."""

    name = "delimited"
    suffixes = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
    options = ("delimiter", "header", "quote")

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        backend.raw_sql(f"drop table if exists {_REJECTS}; drop table if exists {_REJECTS}_scans")
        layouts = [(layout, file) for file in files if (layout := _layout(file, options)) is not None]
        if not layouts:
            raise Invalid(
                Text("The files are empty.", "文件为空。"),
                remedy=Text("Check that the export has finished.", "请检查导出是否完成。"),
                received=", ".join(file.name for file in files[:5]),
            )
        # Neighbours with the same columns are read together; files may have others, or the same in another order.
        scans = [_scan(layout, [f for _, f in run]) for layout, run in groupby(layouts, key=lambda pair: pair[0])]
        backend.raw_sql(f"create or replace temporary view {_LINES} as {' union all by name '.join(scans)}")
        rows = backend.table(_LINES)
        return Opened(rows, tuple(c for c in rows.columns if c != FILE), first_line=2 if layouts[0][0].header else 1)

    def broken(self, backend: Backend) -> list[Broken]:
        """Return the lines that the last scan could not split, once each."""
        there = backend.con.execute("select 1 from duckdb_tables() where table_name = ?", [_REJECTS]).fetchone()
        if there is None:
            return []
        found = backend.con.execute(
            f"""select s.file_path, e.line, max(e.error_type)::varchar, max(e.csv_line)
                from {_REJECTS} e join {_REJECTS}_scans s using (scan_id, file_id)
                group by s.file_path, e.line, e.line_byte_position order by s.file_path, e.line_byte_position"""
        ).fetchall()
        return [_broken(*line) for line in found]


def _broken(file: str, line: int, reason: str, text: str | None) -> Broken:
    kept = (text or "").rstrip("\r\n")
    if reason == "UNQUOTED VALUE" and len(kept.encode()) >= _LONGEST_TEXT // 2:
        raise Invalid(
            Text(
                "A quote is opened and not closed, so that the lines after it cannot be told apart.",
                "引号未闭合，其后的各行无法区分。",
            ),
            remedy=Text(
                'Mend the line, or set format_options: {quote: ""} if quotes have no meaning in this file.',
                '请修正该行；如果文件中的引号没有特殊含义，请设置 format_options: {quote: ""}。',
            ),
            received=f"{Path(file).name}:{line}",
        )
    return Broken(file, line, reason.lower(), kept)


def _layout(file: Path, options: Mapping[str, object]) -> _Layout | None:
    """Return how the file is laid out, or None of an empty one."""
    text = _head(file).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if not text.strip():
        return None
    quote = _character(options, "quote", '"', empty=True)
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    unquoted = re.sub(f"{re.escape(quote)}[^{re.escape(quote)}]*{re.escape(quote)}", "", first) if quote else first
    likely = max(_DELIMITERS, key=unquoted.count)
    delimiter = _character(options, "delimiter", likely)
    names = _first_record(file, text, delimiter, quote)
    header = bool(options.get("header", True))
    return _Layout(_unique(names if header else [""] * len(names)), delimiter, quote, header)


def _head(file: Path) -> bytes:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
            return opened.read(_HEAD)
    except (OSError, EOFError) as error:
        raise _unreadable(file, type(error).__name__) from None


def _first_record(file: Path, text: str, delimiter: str, quote: str) -> list[str]:
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    lines = io.StringIO(text, newline="")
    try:
        names = next(csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=quoting))
    except csv.Error as error:
        raise _unreadable(file, str(error)) from None
    if not any(name.strip() for name in names):
        raise _unreadable(file, "the first line is empty")
    if any("\x00" in name or "\ufffd" in name for name in names):
        raise _unreadable(file, "not UTF-8")
    return names


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Name columns without a name by their position, and tell those of the same name apart: price, price_1."""
    given: list[str] = []
    taken = {FILE.lower()}
    for i, name in enumerate(names, start=1):
        wanted = name.strip() or f"column{i}"
        tries = (wanted, *(f"{wanted}_{n}" for n in range(1, len(names) + 2)))
        unique = next(name for name in tries if name.lower() not in taken)
        taken.add(unique.lower())
        given.append(unique)
    return tuple(given)


def _character(options: Mapping[str, object], name: str, default: str, *, empty: bool = False) -> str:
    value = options.get(name, default)
    if isinstance(value, str) and (len(value) == 1 or (empty and not value)) and value not in ("\r", "\n"):
        return value
    raise Invalid(
        Text(f"format_options.{name} must be one character.", f"format_options.{name} 必须是一个字符。"),
        received=value,
        allowed=[default, '""'] if empty else _DELIMITERS,
    )


def _scan(layout: _Layout, files: Sequence[Path]) -> str:
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in layout.columns)
    arguments = [
        "["
        + ", ".join(_literal(re.sub(r"([*?[])", r"[\1]", str(file))) for file in files)
        + "]",  # names, not patterns
        "auto_detect = false",  # guessing from a sample lets one broken line change how all others are split
        f"columns = {{{columns}}}",
        f"delim = {_literal(layout.delimiter)}",
        f"quote = {_literal(layout.quote)}",
        f"escape = {_literal(layout.quote)}",
        f"header = {str(layout.header).lower()}",
        f"filename = '{FILE}'",
        f"max_line_size = {_LONGEST_LINE}",
        "store_rejects = true",
        f"rejects_table = '{_REJECTS}'",
        f"rejects_scan = '{_REJECTS}_scans'",
        "rejects_limit = 0",
        f"rejects_line_size_limit = {_LONGEST_TEXT}",
    ]
    return f"select * from read_csv({', '.join(arguments)})"


def _unreadable(file: Path, received: str) -> Invalid:
    return Invalid(
        Text("The file cannot be read as delimited text in UTF-8.", "文件无法按 UTF-8 分隔文本读取。"),
        remedy=Text(
            "Save it as CSV in UTF-8, with the names of the columns in the first line.",
            "请存为 UTF-8 编码的 CSV，第一行为列名。",
        ),
        received=f"{file.name}: {received}",
    )


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


SOURCE = Delimited()
