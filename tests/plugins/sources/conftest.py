"""An engine for the readers of outside formats, and a way to ask them as an import does."""

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from ibis.backends.duckdb import Backend

from quanyu.customers.ingest.spec import FILE, LINE, Broken, Source
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.settings import Settings


@dataclass(frozen=True)
class Found:
    """What a source made of files. `lines` are those of the rows, None where every row is one line."""

    columns: tuple[str, ...]
    rows: list[tuple[str | None, ...]]
    broken: list[Broken]
    lines: list[int | None]
    files: list[str]


Read = Callable[..., Found]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    folder = tmp_path_factory.mktemp("engine")
    engine = DuckDB(Settings(folder, memory=1 << 30, threads=2), folder / "spill")
    yield engine.backend()
    engine.close()


@pytest.fixture
def read(backend: Backend) -> Read:
    def ask(source: Source, *files: Path, options: Mapping[str, object] | None = None) -> Found:
        opened = source.open(backend, files, options or {})
        backend.raw_sql("set preserve_insertion_order = true")
        rows = backend.to_pyarrow(opened.rows).to_pylist()
        return Found(
            opened.columns,
            [tuple(row[c] for c in opened.columns) for row in rows],
            source.broken(backend),
            [row.get(LINE) for row in rows],
            [row[FILE] for row in rows],
        )

    return ask


OFFICE = "http://schemas.openxmlformats.org"
RELATIONS = f"{OFFICE}/officeDocument/2006/relationships"
STYLES = {"number": 0, "date": 1, "datetime": 2, "percent": 3, "time": 4, "duration": 5}
FORMATS = (0, 14, 22, 10, 21, 165)


def cell_of(place: str, value: Any) -> str:
    """Return a cell as Excel stores it; a pair says how a value is shown, or that it is an error or a formula."""
    if value is None:
        return ""
    kind, value = value if isinstance(value, tuple) else ("", value)
    if kind == "error":
        return f'<c r="{place}" t="e"><v>{value}</v></c>'
    if kind == "formula":
        text = ' t="str"' if isinstance(value, str) else ""
        return f'<c r="{place}"{text}><f>1+1</f><v>{value}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{place}" s="{STYLES[kind or "number"]}"><v>{value!r}</v></c>'


def column_of(number: int) -> str:
    return (column_of(number // 26 - 1) if number >= 26 else "") + chr(65 + number % 26)


def sheet_of(rows: Sequence[Sequence[Any]], merged: Sequence[str]) -> str:
    lines = (
        f'<row r="{r}">{"".join(cell_of(f"{column_of(c)}{r}", value) for c, value in enumerate(row))}</row>'
        for r, row in enumerate(rows, start=1)
    )
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    return (
        f'<worksheet xmlns="{OFFICE}/spreadsheetml/2006/main"><sheetData>{"".join(lines)}</sheetData>'
        f"{f'<mergeCells>{areas}</mergeCells>' if areas else ''}</worksheet>"
    )


def write_workbook(
    file: Path,
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    merged: Sequence[str] = (),
    hidden: Sequence[str] = (),
) -> Path:
    """Write an .xlsx whose cells are exactly what a test says."""
    numbered = list(enumerate(sheets, start=1))
    states = {name: "hidden" if name in hidden else "visible" for name in sheets}
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" state="{states[name]}" r:id="r{i}"/>' for i, name in numbered
    )
    related = "".join(
        f'<Relationship Id="r{i}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i, _ in numbered
    )
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in FORMATS)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{OFFICE}/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{OFFICE}/spreadsheetml/2006/main" xmlns:r="{RELATIONS}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{OFFICE}/package/2006/relationships">{related}'
        f'<Relationship Id="rs" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{OFFICE}/spreadsheetml/2006/main"><numFmts count="1">'
        f'<numFmt numFmtId="165" formatCode="[h]:mm:ss"/></numFmts><cellXfs count="6">{formats}</cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{i}.xml": sheet_of(sheets[name], merged) for i, name in numbered},
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return file


@pytest.fixture(scope="session")
def workbook() -> Callable[..., Path]:
    return write_workbook
