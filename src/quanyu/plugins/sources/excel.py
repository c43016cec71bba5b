"""Excel workbooks and their like: sheets of one shape become one table of the texts that a person sees."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from quanyu.customers.ingest.spec import FILE, LINE, Broken, Opened, Scratch, name_columns
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

_HEAD = 50  # rows among which the header is looked for
_BELOW = 20  # rows below a header that show which columns are filled
_BATCH = 20_000
_MOST_BYTES = 2 << 30  # of XML: a sheet is held in memory while it is read
_ERROR = re.compile(rb'<c\b[^>]*\bt="e"')
_PIECE = 1 << 20
_DIGITS = 15  # that Excel keeps of a number

Cell = int | float | str | bool | time | date | timedelta
Row = Sequence[Cell]
Read = TypeVar("Read")


@dataclass(frozen=True)
class _Sheet:
    """A sheet with a table in it: the names of its columns stand in row `header`, counted from 1."""

    file: Path
    name: str
    cells: CalamineSheet
    header: int
    columns: tuple[str, ...]

    @property
    def named(self) -> frozenset[str]:
        return frozenset(name for name in self.columns if not re.fullmatch(r"column\d+", name))


class Excel:
    """Reads xlsx, xls, xlsb and ods. Formulas give the values that were saved with them, errors give nothing.

    The format of a cell is not known but for dates: 12% comes as 0.12, a code shown as 00012 by its format as 12.
    """

    name = "excel"
    suffixes = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
    options = ("sheet", "header_line")

    def open(self, backend: Backend, files: Sequence[Path], options: Mapping[str, object]) -> Opened:
        scratch = Scratch(backend)
        paths: list[Path] = []
        notes: list[Text] = []
        first: int | None = None
        for file in files:
            sheets = _sheets(file, options, notes)
            first = first or (sheets[0].header + 1 if sheets else None)
            for sheet in sheets:
                paths.append(scratch.new(".parquet"))
                _write(sheet, paths[-1])
            notes += _errors(file)
        if not paths:
            raise Invalid(
                Text("There is no table in the files.", "文件中没有表格。"),
                remedy=Text("Check that the export has finished.", "请检查导出是否完成。"),
                received=", ".join(file.name for file in files[:5]),
            )
        rows = backend.read_parquet([str(path) for path in paths], union_by_name=True)
        columns = tuple(c for c in rows.columns if c not in (FILE, LINE))
        return Opened(rows, columns, first_line=first or 1, notes=tuple(notes), held=(scratch,))

    def broken(self, backend: Backend) -> list[Broken]:
        return []


def _sheets(file: Path, options: Mapping[str, object], notes: list[Text]) -> list[_Sheet]:
    """Return the wanted sheets that hold a table; they must have the same columns."""
    book = _workbook(file)
    wanted = _wanted(book, file, options)
    line = _header_line(options)
    found: list[_Sheet] = []
    skipped: list[Text] = []
    for name in wanted:
        cells = _calling(file, lambda name=name: book.get_sheet_by_name(name))
        header = _find_header(cells, line)
        if header is not None:
            found.append(_Sheet(file, name, cells, *header))
        elif cells.height:
            skipped.append(_skipped(file, name))
    if len({sheet.named for sheet in found}) > 1:
        raise Invalid(
            Text("The sheets have different columns.", "各工作表的列不同。"),
            remedy=Text(
                "Name the one that is meant: format_options: {sheet: …}.",
                "请用 format_options: {sheet: …} 指定工作表。",
            ),
            received="; ".join(f"{file.name}/{sheet.name}: {', '.join(sheet.columns[:8])}" for sheet in found[:5]),
            allowed=[sheet.name for sheet in found],
        )
    if skipped and not found:
        raise _headless(file, wanted)
    notes += skipped
    return found


def _skipped(file: Path, name: str) -> Text:
    return Text(f"{file.name}: no table in sheet {name}.", f"{file.name}：工作表 {name} 中没有表格。")


def _headless(file: Path, sheets: Sequence[str]) -> Invalid:
    return Invalid(
        Text("The line with the names of the columns is not found.", "找不到列名所在的行。"),
        remedy=Text("Say where it is: format_options: {header_line: 3}.", "请注明：format_options: {header_line: 3}。"),
        received=f"{file.name}: {', '.join(sheets[:5])}",
    )


def _workbook(file: Path) -> CalamineWorkbook:
    if zipfile.is_zipfile(file):
        size = _calling(file, lambda: _unpacked_size(file))
        if size > _MOST_BYTES:
            raise Invalid(
                Text("The workbook is too large to be read.", "工作簿过大，无法读取。"),
                remedy=Text("Save its sheets as CSV.", "请将工作表另存为 CSV。"),
                received=f"{file.name}: {size >> 20} MB",
                allowed=[f"{_MOST_BYTES >> 20} MB"],
            )
    return _calling(file, lambda: CalamineWorkbook.from_path(file))


def _unpacked_size(file: Path) -> int:
    with zipfile.ZipFile(file) as archive:
        return sum(info.file_size for info in archive.infolist())


def _calling(file: Path, read: Callable[[], Read]) -> Read:
    """Ask the reader of workbooks; whatever it dislikes is told in our words."""
    try:
        return read()
    except (CalamineError, OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        encrypted = "assword" in f"{type(error).__name__} {error}"
        raise _unreadable(file, "encrypted" if encrypted else type(error).__name__) from None


def _unreadable(file: Path, received: str) -> Invalid:
    return Invalid(
        Text("The workbook cannot be read.", "工作簿无法读取。"),
        remedy=Text(
            "Open it in Excel and save it as .xlsx, without a password.", "请用 Excel 打开并另存为不带密码的 .xlsx。"
        ),
        received=f"{file.name}: {received}",
        allowed=Excel.suffixes,
    )


def _wanted(book: CalamineWorkbook, file: Path, options: Mapping[str, object]) -> list[str]:
    """Return the names of the sheets to read: those that are asked for, else all that can be seen."""
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if "sheet" not in options:
        return [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    names = [sheet.name for sheet in sheets]
    given = options["sheet"]
    asked = given if isinstance(given, list) else [given]
    by_number = {str(number): name for number, name in enumerate(names, start=1)}
    found = [str(each) if str(each) in names else by_number.get(str(each)) for each in asked]
    chosen = [name for name in found if name is not None]
    if len(chosen) < len(found) or not chosen:
        raise Invalid(
            Text("The workbook has no such sheet.", "工作簿中没有这个工作表。"),
            received=f"{file.name}: {given}",
            allowed=names,
        )
    return chosen


def _header_line(options: Mapping[str, object]) -> int | None:
    line = options.get("header_line")
    if line is None or (isinstance(line, int) and not isinstance(line, bool) and line > 0):
        return line
    raise Invalid(
        Text("format_options.header_line must be the number of a line.", "format_options.header_line 必须是行号。"),
        received=line,
        allowed=["1", "2", "…"],
    )


def _find_header(cells: CalamineSheet, line: int | None) -> tuple[int, tuple[str, ...]] | None:
    """Return the row with the names, from 1, and the names; None where there is no table."""
    if line is not None:
        row = next(islice(cells.iter_rows(), line - 1, None), None) if cells.height else None
        return None if row is None or not _filled(row) else (line, _names(row))
    head = list(islice(cells.iter_rows(), _HEAD + _BELOW)) if cells.height else []
    below = [_usual_columns(head[i + 1 : i + 1 + _BELOW]) for i in range(len(head))]
    fits = [
        i
        for i, row in enumerate(head[:_HEAD])
        if _are_names(row) and below[i] and below[i] <= _filled(row) and len(below[i]) * 2 >= len(_filled(row))
    ]
    if not fits and not any(_filled(row) and not _are_names(row) for row in head):
        # No row but names: a header alone, below it nothing, above it perhaps a title.
        fits = sorted((i for i, row in enumerate(head) if _filled(row)), key=lambda i: -len(_filled(head[i])))
    return (fits[0] + 1, _names(head[fits[0]])) if fits else None


def _filled(row: Row) -> set[int]:
    return {i for i, cell in enumerate(row) if not isinstance(cell, str) or cell.strip()}


def _are_names(row: Row) -> bool:
    names = [row[i] for i in _filled(row)]
    return bool(names) and all(isinstance(name, str) and not _is_number(name) for name in names)


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+¥$€£]?[\d.,:/ -]+%?", text.strip()))


def _usual_columns(rows: Sequence[Row]) -> set[int]:
    """Return the columns that at least half of the rows fill, empty rows aside."""
    filled = [found for row in rows if (found := _filled(row))]
    return {i for i in set(chain(*filled)) if sum(i in found for found in filled) * 2 >= len(filled)}


def _names(row: Row) -> tuple[str, ...]:
    return name_columns([" ".join(_text(cell).split()) if cell != "" else "" for cell in row])


def _write(sheet: _Sheet, target: Path) -> None:
    kinds = [*((name, pa.string()) for name in sheet.columns), (FILE, pa.string()), (LINE, pa.int64())]
    with pq.ParquetWriter(target, pa.schema(kinds), compression="lz4") as out:
        for lines, rows in _batches(sheet):
            columns = [pa.array([_value(cell) for cell in column], pa.string()) for column in zip(*rows, strict=True)]
            files = pa.array([str(sheet.file)] * len(rows), pa.string())
            out.write_batch(
                pa.record_batch([*columns, files, pa.array(lines, pa.int64())], schema=pa.schema(kinds)),
            )


def _batches(sheet: _Sheet) -> Iterator[tuple[list[int], list[Row]]]:
    numbered = enumerate(islice(sheet.cells.iter_rows(), sheet.header, None), start=sheet.header + 1)
    while some := list(islice(numbered, _BATCH)):
        kept = [(line, row) for line, row in some if any(cell != "" for cell in row)]
        if kept:
            yield [line for line, _ in kept], [row for _, row in kept]


def _value(cell: Cell) -> str | None:
    return None if cell == "" else cell if isinstance(cell, str) else _text(cell)


def _text(cell: Cell) -> str:
    """Return what a person sees: 13800138000, 2.5, 2024-01-31, 2024-01-31 09:30:00."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return cell.isoformat("seconds") if isinstance(cell, time) else str(cell)


def _count_errors(file: Path) -> int:
    found = 0
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
                with archive.open(name) as sheet:
                    kept = b""
                    while piece := sheet.read(_PIECE):
                        text = kept + piece
                        end = max(0, text.rfind(b"<"))
                        found += len(_ERROR.findall(text[:end]))
                        kept = text[end:]
    return found


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 10**_DIGITS:
        return str(int(value))
    text = f"{Decimal(f'{value:.{_DIGITS}g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _errors(file: Path) -> list[Text]:
    """Count cells such as #N/A, which come as empty; only xlsx tells them from empty ones."""
    number = _calling(file, lambda: _count_errors(file)) if zipfile.is_zipfile(file) else 0
    if not number:
        return []
    return [
        Text(
            f"{file.name}: {number} cells hold an error such as #N/A and count as empty.",
            f"{file.name}：{number} 个单元格为 #N/A 等错误值，按空处理。",
        )
    ]


SOURCE = Excel()
