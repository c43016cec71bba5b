"""Reads a file of refused lines that a person has mended, as `sheets` has written it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis
import pyarrow as pa
from ibis import _

from quanyu.customers.ingest.rejects import MARK
from quanyu.customers.ingest.sheets import FILE as FILE_TOLD
from quanyu.customers.ingest.sheets import LINE as LINE_TOLD
from quanyu.customers.ingest.sheets import LINES, REASON, REJECTED, SUFFIXES, TEXT
from quanyu.customers.ingest.spec import FILE, LINE, Source
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

POSITION = "_position"
_ID = r"^\s*(\d{1,18})-(\d{1,18})\s*$"
_NOT_COLUMNS = {MARK, FILE_TOLD, LINE_TOLD, REASON, FILE, LINE, f"{FILE}_1", f"{LINE}_1"}


def read_mended(workspace: Workspace, path: Path, readers: Sequence[Source]) -> pa.Table:
    """Return what a mended file says, as texts, with the number and position that each row names."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        raise NotFound(
            Text("There is no such file of mended lines.", "没有这个修正后的文件。"),
            remedy=Text("Export one: quanyu rejects --export FILE.xlsx", "请先导出：quanyu rejects --export 文件.xlsx"),
            received=path.name,
            allowed=SUFFIXES,
        )
    reader = next(reader for reader in readers if path.suffix.lower() in reader.suffixes)
    if path.suffix.lower() == ".xlsx":
        tables = [_sheet(workspace, reader, path, name) for name in (REJECTED, LINES)]
    else:
        tables = [_rows(workspace, reader, path, {})]
    found = [table for table in tables if table is not None]
    if not found or not all(MARK in table.column_names for table in found):
        raise Invalid(
            Text(
                f"The file does not say which lines these are: it has no column {MARK}.",
                f"文件没有 {MARK} 列，无法得知对应哪些被拒绝的行。",
            ),
            remedy=Text(
                "Export the lines again and mend them there, without changing that column.",
                "请重新导出，在导出的文件中修正，并保留该列。",
            ),
            received=path.name,
            allowed=[MARK],
        )
    return _named(workspace, pa.concat_tables(found, promote_options="default"), path)


def _sheet(workspace: Workspace, reader: Source, path: Path, name: str) -> pa.Table | None:
    """Return the rows of a sheet; None where it has none."""
    try:
        return _rows(workspace, reader, path, {"sheet": name, "header_line": 1})
    except Invalid as error:
        if name == LINES or not error.allowed:
            return None
        raise


def _rows(workspace: Workspace, reader: Source, path: Path, options: Mapping[str, object]) -> pa.Table:
    backend = workspace.lake.engine.backend()
    opened = reader.open(backend, [path], options)
    rows = workspace.lake.to_arrow(opened.rows.select(*opened.columns).cast(dict.fromkeys(opened.columns, "string")))
    broken = reader.broken(backend)
    if broken:
        raise Invalid(
            Text("Lines of the file cannot be split into columns.", "文件中有无法拆分的行。"),
            remedy=Text("Mend them, or export again.", "请修正，或重新导出。"),
            received=", ".join(f"{path.name}:{line.line}" for line in broken[:10]),
        )
    return rows


def _named(workspace: Workspace, given: pa.Table, path: Path) -> pa.Table:
    """Split the ids; of two rows with one id the first counts."""
    rows = ibis.memtable(given.append_column("_row", pa.array(range(given.num_rows), pa.int64())))
    mark: Value = rows[MARK]
    ids: dict[str, Value] = {"number": mark.re_extract(_ID, 1), POSITION: mark.re_extract(_ID, 2)}
    numbered = rows.mutate(**{name: text.try_cast("int64") for name, text in ids.items()})
    nameless = workspace.lake.count(numbered.filter(numbered.number.isnull()))
    if nameless:
        raise Invalid(
            Text(f"Rows have no id of a refused line in {MARK}.", f"有的行在 {MARK} 列中没有编号。"),
            remedy=Text(
                "Leave that column as it was exported; rows of your own belong into a file of their own.",
                "请保留导出时的编号；自行新增的行请另存文件导入。",
            ),
            received=f"{path.name}: {nameless:,}",
            allowed=["12-1"],
        )
    place = ibis.row_number().over(group_by=list(ids), order_by="_row")
    firsts = numbered.mutate(_place=place).filter(_["_place"] == 0).order_by("_row")
    kept = [name for name in given.column_names if name not in _NOT_COLUMNS or name == TEXT]
    return workspace.lake.to_arrow(firsts.select(*ids, *kept))
