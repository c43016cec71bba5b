"""Writes refused lines to a file in which a person mends them: a workbook of texts, or CSV."""

import csv
import json
import re
import zipfile
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

import structlog

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

_MOST_ROWS, _MOST_CHARACTERS = 1_048_575, 32_767  # of a sheet below its header, and of a cell
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_log = structlog.get_logger("quanyu.ingest")

_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f"{_OFFICE}/spreadsheetml/2006/main"
_RELATIONS = f"{_OFFICE}/officeDocument/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

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
    """Write sheets, each a header and rows, whose cells are texts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _around(list(sheets)).items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
        for i, (header, rows) in enumerate(sheets.values(), start=1):
            with _part(archive, f"xl/worksheets/sheet{i}.xml") as part:
                _write_sheet(part, header, rows)


@contextmanager
def _part(archive: zipfile.ZipFile, name: str) -> Generator[IO[bytes]]:
    with archive.open(name, "w", force_zip64=True) as part:
        part.write(f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_MAIN}"><sheetData>'.encode())
        yield part
        part.write(b"</sheetData></worksheet>")


def _write_sheet(part: IO[bytes], header: Row, rows: Iterable[Row]) -> None:
    for number, row in enumerate((header, *rows), start=1):
        if number > _MOST_ROWS or any(len(value) > _MOST_CHARACTERS for value in row):
            raise Invalid(
                Text("A sheet cannot hold this.", "工作表无法容纳这些内容。"),
                remedy=Text("Export to a .csv file.", "请导出为 .csv 文件。"),
                allowed=[f"{_MOST_ROWS:,} rows", f"{_MOST_CHARACTERS:,} characters in a cell"],
            )
        part.write(f'<row r="{number}">{"".join(map(_cell, row))}</row>'.encode())


def _cell(value: str) -> str:
    text = escape(_UNWRITABLE.sub(" ", value))
    return f'<c s="1" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _around(names: Sequence[str]) -> Mapping[str, str]:
    """Return the parts of a workbook beside its sheets; every cell has the format of a text, so that ids stay whole."""
    numbered = list(enumerate(names, start=1))
    sheets = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in numbered)
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i, _ in numbered
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_KIND}.worksheet+xml"/>' for i, _ in numbered
    )
    packaged = f"{_OFFICE}/package/2006"
    empty = "<fonts><font/></fonts><fills><fill/></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
    return {
        "[Content_Types].xml": f'<Types xmlns="{packaged}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{kinds}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{packaged}/relationships"><Relationship Id="r1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packaged}/relationships">{relations}'
        f'<Relationship Id="rs" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{empty}<cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="49" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
