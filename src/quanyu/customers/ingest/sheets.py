"""Writes refused lines to a file in which a person mends them: a workbook of texts, or CSV."""

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import structlog
import xlsxwriter

from quanyu.customers.ingest.model import Reject
from quanyu.customers.ingest.rejects import MARK, list_rejects
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

SUFFIXES = (".xlsx", ".csv")
FILE, LINE, REASON = "_file", "_line", "_reason"
TEXT = "_text"
"""Column of a line that the format could not split."""
REJECTED, LINES = "rejects", "lines"
"""Sheets: of lines that were split into columns, and of those that were not."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_log = structlog.get_logger("quanyu.ingest")

Row = Sequence[str]


def export_rejects(workspace: Workspace, path: Path, import_number: int | None = None) -> int:
    """Write the open refused lines of one import or of all, and return how many.

    The columns are those of their files, as texts, and behind them the line's id, where it stood and why it was
    refused. The file can be read by its owner only, and appears whole or not at all. Callers check who may ask.
    """
    if path.suffix.lower() not in SUFFIXES or not path.parent.is_dir():
        raise Invalid(
            Text("The file cannot be written there.", "无法写入该文件。"),
            remedy=Text(
                "Choose an .xlsx or .csv file in an existing folder.", "请选择现有目录下的 .xlsx 或 .csv 文件。"
            ),
            received=str(path),
            allowed=SUFFIXES,
        )
    found = list_rejects(workspace, import_number, limit=None)
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    try:
        (_write_workbook if path.suffix.lower() == ".xlsx" else _write_csv)(beside, found)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _log.warning("rejects exported", workspace=workspace.number, rejects=len(found))
    return len(found)


def fields_of(reject: Reject) -> dict[str, str]:
    """Return the columns of a line that was split."""
    fields: dict[str, str | None] = json.loads(reject.text)
    return {name: value or "" for name, value in fields.items()}


def _write_csv(path: Path, found: Sequence[Reject]) -> None:
    header, rows = _split(found)
    broken = [reject for reject in found if reject.broken]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*header, TEXT] if broken else header)
        writer.writerows([*row, ""] if broken else row for row in rows)
        columns = len(header) - len(_about(None))
        writer.writerows([*([""] * columns), *_about(reject), reject.text] for reject in broken)


def _split(found: Sequence[Reject]) -> tuple[Row, Iterable[Row]]:
    """Return the header and the rows of lines that were split; a column that some files do not have is empty there."""
    fields = [(reject, fields_of(reject)) for reject in found if not reject.broken]
    columns = list(dict.fromkeys(name for _, row in fields for name in row))
    rows = ([*(row.get(name, "") for name in columns), *_about(reject)] for reject, row in fields)
    return [*columns, *_about(None)], rows


def _about(reject: Reject | None) -> Row:
    if reject is None:
        return (MARK, FILE, LINE, REASON)
    return (reject.id, Path(reject.file).name, str(reject.line), str(reject.reason))


def _write_workbook(path: Path, found: Sequence[Reject]) -> None:
    broken = [reject for reject in found if reject.broken]
    sheets: dict[str, tuple[Row, Iterable[Row]]] = {REJECTED: _split(found)}
    if broken:
        sheets[LINES] = ([TEXT, *_about(None)], ([reject.text, *_about(reject)] for reject in broken))
    write_workbook(path, sheets)


def write_workbook(path: Path, sheets: Mapping[str, tuple[Row, Iterable[Row]]]) -> None:
    """Write sheets, each a header and rows; every cell is a text and has the format of one, so that ids stay whole."""
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(str(path), options) as book:
        text = book.add_format({"num_format": "@"})
        for name, (header, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(chain([header], rows)):
                for column, value in enumerate(row):
                    if sheet.write_string(number, column, _UNWRITABLE.sub(" ", value), text):
                        raise _too_large()


def _too_large() -> Invalid:
    return Invalid(
        Text("A sheet cannot hold this.", "工作表无法容纳这些内容。"),
        remedy=Text("Export to a .csv file.", "请导出为 .csv 文件。"),
        allowed=["1,048,575 rows", "32,767 characters in a cell"],
    )
