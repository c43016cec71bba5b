"""Reads the files of a match into one table of texts, and refuses what cannot be matched before any work is done."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir

from quanyu.customers.ingest.archives import Unpacking, is_packed
from quanyu.customers.ingest.files import readers_of
from quanyu.customers.ingest.spec import Opened, Source
from quanyu.customers.matching.model import Config
from quanyu.foundation.definitions import near
from quanyu.foundation.errors import Fault, Invalid, NotFound
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.holding import hold
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text

RECORD, ORIGIN, ID = "record", "origin", "id"
"""Number of a record over all files from 0, number of its file, and what tells it apart in its file."""
_MOST_FILES = 1_000


@dataclass(frozen=True)
class Given:
    """All records of the files as texts: `record`, `origin`, `id`, and a column for each field."""

    rows: ir.Table
    counts: tuple[tuple[str, int], ...]
    notes: tuple[Text, ...]


def open_file(engine: DuckDB, file: Path, readers: Sequence[Source]) -> tuple[Opened, Source]:
    """Open one file by its ending, in an archive or not."""
    if not file.is_file():
        raise NotFound(
            Text("There is no such file.", "没有该文件。"),
            remedy=Text("Check the path.", "请检查路径。"),
            received=str(file),
        )
    known = readers_of([file], readers)
    if len(known) != 1:
        raise Invalid(
            Text("No format is known for this file.", "无法识别该文件的格式。"),
            remedy=Text("Save it as CSV, Excel, Parquet or JSON.", "请另存为 CSV、Excel、Parquet 或 JSON。"),
            received=file.name,
            allowed=[suffix for reader in readers for suffix in reader.suffixes],
        )
    reader = next(iter(known.values()))
    reader = Unpacking(reader) if is_packed(file) else reader
    # Records without an id are known by their line, so the order of the file must stand.
    engine.backend().raw_sql("set preserve_insertion_order = true")
    return reader.open(engine.backend(), [file], {}), reader


@contextmanager
def gathered(engine: DuckDB, files: Sequence[Path], readers: Sequence[Source], config: Config) -> Generator[Given]:
    """Read the files and show all their records while the context lasts."""
    if not 0 < len(files) <= _MOST_FILES:
        raise Invalid(Text("Name the files to match.", "请给出要匹配的文件。"), received=len(files), allowed=["1 …"])
    with ExitStack() as stack:
        tables: list[ir.Table] = []
        counts: list[tuple[str, int]] = []
        notes: list[Text] = []
        faults: list[Fault] = []
        for file in files:  # a reader shows one file at a time
            opened, reader = open_file(engine, file, readers)
            faults += _lacking(file, opened, config)
            if not faults:
                tables.append(stack.enter_context(hold(engine, _texts(opened, config), {})))
                counts.append((file.name, _check_rows(engine, file, tables[-1], config)))
                notes += _broken(file, len(reader.broken(engine.backend())))
        _refuse_lacking(faults)
        yield Given(stack.enter_context(hold(engine, _numbered(tables), {})), tuple(counts), tuple(notes))


def _broken(file: Path, lines: int) -> list[Text]:
    if not lines:
        return []
    said = Text(
        "{file}: {lines:,} lines cannot be read and are left out.", "{file}：{lines:,} 行无法读取，未参与匹配。"
    )
    return [said.format_with(file=file.name, lines=lines)]


def _lacking(file: Path, opened: Opened, config: Config) -> list[Fault]:
    wanted = [(field.columns, field.name) for field in config.fields] + ([(config.id, "id")] if config.id else [])
    told = Text("The file has none of these columns.", "文件中没有这些列。")
    return [
        Fault(f"{file.name}: {name}", told, ", ".join(columns), near(columns[0], opened.columns))
        for columns, name in wanted
        if not set(columns) & set(opened.columns)
    ]


def _refuse_lacking(faults: Sequence[Fault]) -> None:
    """Refuse files that lack what is compared, all at once."""
    if faults:
        raise Invalid(
            Text("The files have other columns than the configuration.", "文件的列与配置不符。"),
            remedy=Text(
                "Name all headers that a field may have: column: [phone, mobile].",
                "可为一个字段列出多个表头：column: [手机, 手机号]。",
            ),
            faults=faults,
        )


def _texts(opened: Opened, config: Config) -> ir.Table:
    """Return the fields of a file as texts, and what tells a record apart."""
    line: Value = ibis.row_number() + opened.first_line
    rows = opened.rows.mutate(_line=line)
    picked = {
        field.name: rows[next(column for column in field.columns if column in opened.columns)]
        for field in config.fields
    }
    own: Value = rows[_own(opened, config)].cast("string").strip()
    return rows.select(line="_line", id=own, **{f"r_{name}": column for name, column in picked.items()})


def _own(opened: Opened, config: Config) -> str:
    """Return the column that tells the records of a file apart."""
    return next((column for column in config.id if column in opened.columns), "_line")


def _check_rows(engine: DuckDB, file: Path, table: ir.Table, config: Config) -> int:
    """Return how many records there are; refuse a file without any, and ids that are empty or stand twice."""
    own: Value = table[ID]
    counted = table.agg(rows=table.count(), told=own.nullif("").count(), different=own.nullif("").nunique())
    found = engine.backend().to_pyarrow(counted).to_pylist()[0]
    if not found["rows"]:
        raise Invalid(
            Text("The file has a header and no lines.", "文件只有表头，没有数据。"),
            remedy=Text("Check that the export has finished.", "请检查导出是否完成。"),
            received=file.name,
        )
    if found["different"] != found["rows"]:
        empty, again = found["rows"] - found["told"], found["told"] - found["different"]
        raise Invalid(
            Text("What should tell records apart does not.", "用于区分记录的列不唯一。"),
            remedy=Text(
                "Name another column as id, or take the id away: lines are counted then.",
                "请换一列作为 id，或去掉 id：将按行号区分。",
            ),
            received=f"{file.name}: {', '.join(config.id)}: {empty:,} empty, {again:,} repeated",
        )
    return int(found["rows"])


def _numbered(tables: Sequence[ir.Table]) -> ir.Table:
    """Put the files one behind the other; a record's number does not depend on how the engine read them."""
    marked = [table.mutate(origin=ibis.literal(i, "int64")) for i, table in enumerate(tables)]
    whole = marked[0] if len(marked) == 1 else ibis.union(*marked)
    order: Value = ibis.row_number().over(order_by=[whole[ORIGIN], whole["line"]])
    return whole.mutate(record=order).drop("line")
