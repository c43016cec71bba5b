"""Writes the members of an audience with their tags to a file that a person or another system can read."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from quanyu.customers.identity.tables import CUSTOMERS
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.money import exponent
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.model import Snapshot
from quanyu.targeting.audiences.snapshots import members_of, newest
from quanyu.targeting.fields.compiling import asked_value
from quanyu.targeting.fields.model import Askable
from quanyu.targeting.tags.runs import Current, current

SUFFIXES = (".csv", ".parquet")
CHUNK = 1_000_000
"""Customers in memory at once."""


@dataclass(frozen=True)
class Exported:
    path: Path
    snapshot: Snapshot
    rows: int


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


def export(ws: Workspace, name: str, path: Path, tags: Sequence[str] | None = None) -> Exported:
    """Write the living members of the last snapshot: one_id, then the chosen tags (all if None), by the last run.

    Amounts are decimals in major units under `<tag>_<currency>`, days are counted from the run's day, codes are text.
    The file appears whole or not at all, in place of one that was there.
    """
    if path.suffix.lower() not in SUFFIXES or not path.parent.is_dir():
        raise Invalid(
            Text("The file cannot be written there.", "无法写入该文件。"),
            remedy=Text(
                "Choose a .csv or .parquet file in an existing folder.", "请选择现有目录下的 .csv 或 .parquet 文件。"
            ),
            received=str(path),
            allowed=SUFFIXES,
        )
    stored(ws, name)
    now = current(ws)
    askables = _chosen(now, tags)
    snapshot = newest(ws, [name]).get(name)
    if snapshot is None or snapshot.epoch != now.people.epoch:
        raise Conflict(
            Text("The audience has no snapshot that can be used.", "该人群尚无可用快照。"),
            remedy=Text("Refresh it: quanyu audience refresh", "请先刷新：quanyu audience refresh"),
            received=name,
        )
    members = members_of(ws, snapshot) & now.people.alive
    people = ws.lake.table(CUSTOMERS, ws.lake.vector((CUSTOMERS,)))
    with _written_whole(path, _schema(askables, ws.currency)) as writer:
        for chunk in members.chunks(CHUNK):
            writer.write_table(_rows(ws, now, people, chunk, askables))
    return Exported(path, snapshot, members.count())


def _chosen(now: Current, tags: Sequence[str] | None) -> list[Askable]:
    known = now.pack.askables
    if tags is None:
        return list(known)
    unknown = [tag for tag in tags if tag not in known]
    if unknown:
        raise Invalid(
            Text("There is no such tag.", "没有这个标签。"), received=", ".join(unknown), allowed=known.near(unknown[0])
        )
    return [known[tag] for tag in dict.fromkeys(tags)]


def _rows(ws: Workspace, now: Current, people: ir.Table, chunk: OrdinalSet, askables: Sequence[Askable]) -> pa.Table:
    ordinals = chunk.ordinals()
    wanted = ibis.memtable(pa.table({"customer": pa.array(ordinals, pa.int64())}))
    low, high = int(ordinals[0]), int(ordinals[-1])
    near = now.rows.filter(now.rows["customer"].between(low, high))  # type: ignore[arg-type]
    ids = people.filter(people["customer"].between(low, high)).select("customer", "one_id")  # type: ignore[arg-type]
    rows = wanted.inner_join(ids, "customer").left_join(near, "customer").order_by("customer")
    found = ws.lake.to_arrow(rows.select(rows["one_id"], **_columns(rows, askables, now)))
    return _in_major_units(found, askables, ws.currency)


def _columns(rows: ir.Table, askables: Sequence[Askable], now: Current) -> dict[str, ir.Value]:
    return {askable.name: asked_value(rows, askable, now.run.day) for askable in askables}


def _schema(askables: Sequence[Askable], currency: str) -> pa.Schema:
    types = {
        "money": pa.decimal128(22, exponent(currency)),
        "integer": pa.int64(),
        "number": pa.float64(),
        "share": pa.float64(),
        "date": pa.date32(),
        "boolean": pa.bool_(),
    }
    columns = [(_header(askable, currency), types.get(askable.type, pa.string())) for askable in askables]
    return pa.schema([("one_id", pa.string()), *columns])


def _header(askable: Askable, currency: str) -> str:
    return f"{askable.name}_{currency}" if askable.type == "money" else askable.name


def _in_major_units(rows: pa.Table, askables: Sequence[Askable], currency: str) -> pa.Table:
    schema = _schema(askables, currency)
    unit = pa.scalar(Decimal(1).scaleb(-exponent(currency)))
    columns = [rows["one_id"]]
    for askable in askables:
        column = rows[askable.name]
        columns.append(
            pc.call_function("multiply", [column.cast(pa.decimal128(19, 0)), unit])
            if askable.type == "money"
            else column
        )
    return pa.table([column.cast(field.type) for column, field in zip(columns, schema, strict=True)], schema=schema)


@contextmanager
def _written_whole(path: Path, schema: pa.Schema) -> Generator[_Writer, None, None]:
    """Write beside the file and put it in its place at the end."""
    beside = path.with_name(f".{path.name}.part")
    kind = pyarrow.csv.CSVWriter if path.suffix.lower() == ".csv" else pyarrow.parquet.ParquetWriter
    writer = kind(str(beside), schema)
    try:
        yield writer
        writer.close()
        beside.replace(path)
    finally:
        writer.close()
        beside.unlink(missing_ok=True)
