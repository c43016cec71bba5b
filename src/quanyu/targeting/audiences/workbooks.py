"""Exports to an Excel workbook: ids and codes as text that a spreadsheet leaves alone, and a sheet that explains."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import xlsxwriter

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.targets import Contents, Explained, FileWriter, Writer, refuse_folder, written_beside

MOST_ROWS = 1_048_575  # below the header: what a sheet holds
LONGEST = 32_767  # characters of a cell
EXACT = 1 << 53  # whole numbers up to here a spreadsheet keeps digit by digit
_BATCH = 20_000

_HEADINGS = (
    "column 列", "title", "名称", "what it is", "说明", "unit", "单位",
)  # fmt: skip
Put = Callable[[int, int, Any], object]


@dataclass(frozen=True)
class WorkbookTarget:
    """One .xlsx file."""

    path: Path

    @property
    def kind(self) -> str:
        return "xlsx"

    @property
    def place(self) -> str:
        return str(self.path.absolute())

    def refuse(self, contents: Contents) -> None:
        refuse_folder(self.path, contents)
        if contents.rows > MOST_ROWS:
            raise Invalid(
                Text("A sheet of a workbook does not hold so many customers.", "工作表容纳不下这么多客户。"),
                remedy=Text(
                    "Export to .csv or .parquet, or choose a smaller audience.",
                    "请导出为 .csv 或 .parquet，或缩小人群。",
                ),
                received=f"{contents.rows:,}",
                allowed=[f"≤ {MOST_ROWS:,}"],
            )

    def open(self, contents: Contents) -> AbstractContextManager[Writer]:
        return self._writing(contents)

    @contextmanager
    def _writing(self, contents: Contents) -> Generator[Writer, None, None]:
        with written_beside(self.path) as beside:
            sink = _Sheets(beside, contents)
            try:
                yield FileWriter(self.path, beside, sink)
            finally:
                sink.close()


class _Sheets:
    """The sheet of customers, row by row as a workbook wants it, and the sheet of definitions at the end."""

    def __init__(self, path: Path, contents: Contents) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_urls": False})
        self._bold = self._book.add_format({"bold": True})
        self._contents = contents
        self._next = 1
        self._closed = False
        self._sheet = self._book.add_worksheet("customers 客户")
        for column, name in enumerate(contents.schema.names):
            self._sheet.write_string(0, column, name, self._bold)
        self._sheet.freeze_panes(1, 1)
        self._put = [self._writer_of(field.type) for field in contents.schema]

    def write_table(self, table: pa.Table) -> None:
        for batch in table.to_batches(max_chunksize=_BATCH):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for column, value in enumerate(row):
                    if value is not None:
                        self._put[column](self._next, column, value)
                self._next += 1

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._explain()
            self._book.close()

    def _writer_of(self, type_: pa.DataType) -> Put:
        sheet = self._sheet
        if pa.types.is_decimal(type_):
            money = self._book.add_format({"num_format": "0." + "0" * type_.scale if type_.scale else "0"})
            return lambda row, column, value: sheet.write_number(row, column, float(value), money)
        if pa.types.is_date(type_):
            day = self._book.add_format({"num_format": "yyyy-mm-dd"})
            return lambda row, column, value: sheet.write_datetime(row, column, value, day)
        if pa.types.is_boolean(type_):
            return sheet.write_boolean
        if pa.types.is_integer(type_):
            return lambda row, column, value: (
                sheet.write_number(row, column, value)
                if abs(value) <= EXACT
                else sheet.write_string(row, column, str(value))
            )
        return sheet.write_number if pa.types.is_floating(type_) else sheet.write_string

    def _explain(self) -> None:
        sheet, row = self._book.add_worksheet("definitions 定义"), 0
        sheet.set_column(0, len(_HEADINGS) - 1, 28)
        for what, said in self._contents.about:
            sheet.write_string(row, 0, f"{what.en} {what.zh}", self._bold)
            for first in range(0, max(len(said), 1), LONGEST):
                sheet.write_string(row, 1, said[first : first + LONGEST])
                row += 1
        row += 1
        for column, heading in enumerate(_HEADINGS):
            sheet.write_string(row, column, heading, self._bold)
        for below, explained in enumerate(self._contents.columns, start=row + 1):
            for column, said in enumerate(_cells(explained)):
                sheet.write_string(below, column, said)


def _cells(explained: Explained) -> tuple[str, ...]:
    title, description, unit = explained.title, explained.description, explained.unit
    return explained.header, title.en, title.zh, description.en, description.zh, unit.en, unit.zh
