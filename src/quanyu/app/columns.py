"""Reads the columns of a workbook that somebody has dropped on a page, as texts; nothing of it is kept."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from python_calamine import CalamineError, CalamineWorkbook

from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text

MOST_COLUMNS, MOST_ROWS = 50, 200_000


@dataclass(frozen=True)
class NamedColumn:
    name: str
    values: Sequence[str]


def read_columns(workbook: bytes) -> list[NamedColumn]:
    """Return the filled columns of the first sheet; the first row names them where no cell of it is a number."""
    try:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python(nrows=MOST_ROWS)
    except (CalamineError, ValueError, IndexError):
        raise Invalid(
            Text("This is not an Excel workbook.", "这不是 Excel 工作簿。"),
            remedy=Text("Save it as .xlsx and try again.", "请另存为 .xlsx 后重试。"),
            received=f"{len(workbook):,} bytes",
            allowed=[".xlsx", ".xls", ".xlsm"],
        ) from None
    texts = [[_text(cell) for cell in row[:MOST_COLUMNS]] for row in rows]
    named = bool(texts) and not any(_is_number(cell) for cell in texts[0])
    names = texts[0] if named else [f"{at + 1}" for at in range(len(texts[0]) if texts else 0)]
    columns = zip(*(texts[1:] if named else texts), strict=False)
    found = [NamedColumn(name, [each for each in values if each]) for name, values in zip(names, columns, strict=False)]
    return [column for column in found if column.values]


def _text(cell: object) -> str:
    """Write a cell as a person reads it: a whole number without a point, whatever its type."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _is_number(text: str) -> bool:
    return text.replace("+", "").replace("-", "").replace(" ", "").isdigit()
