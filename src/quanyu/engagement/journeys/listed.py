"""Reads entries from a table of text: the first column says who enters, the others what is told of his entry.

customer,order,pieces
13800138001,A-1007,2
"""

import csv
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from pyarrow import csv as tables

from quanyu.engagement.channels.given import CUSTOMER
from quanyu.engagement.journeys.contexts import LONGEST, MOST_NAMES, is_name
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.pasting import MOST_VALUES, Cells, Read, check_values, decoded, read_column

pc: Any = pyarrow.compute  # its functions are made when it is imported, so that nobody knows their types

_UNREADABLE = Text("The table of entries cannot be read.", "无法读取进入名单。")


@dataclass(frozen=True)
class Entries:
    """How the rows came out, and of each customer the row that counts, the first of his: `customer`, and texts."""

    read: Read
    rows: pa.Table

    @property
    def customers(self) -> OrdinalSet:
        return OrdinalSet.of(self.rows[CUSTOMER].to_numpy())


def read_entries(ws: Workspace, text: bytes, kind: str, source: str | None = None) -> Entries:
    """Return who enters by a table in CSV; raises `Invalid` with every fault of its head and its texts.

    `kind` says what the first column holds, as for pasted lists; `source` narrows cards and orders to one source.
    """
    check_values(ws, kind, source)
    table = _table(decoded(text))
    _refuse_faulty(table)
    named = table.column(0)
    full = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(named), ""), False)
    lines = np.arange(table.num_rows, dtype=np.int64) + 2
    texts = named.filter(full)
    cells = Cells(lines[full.to_numpy()], texts, table.num_rows, table.num_rows - len(texts))
    read, customers = read_column(ws, cells, kind, source)
    told = table.filter(full).drop_columns([table.column_names[0]])
    _first, places = np.unique(customers, return_index=True)
    places = places[_first >= 0]
    rows = told.take(pa.array(places)).combine_chunks()
    columns = [pa.array(customers[places], pa.int64()), *rows.columns]
    return Entries(read, pa.Table.from_arrays(columns, [CUSTOMER, *rows.column_names]))


def _table(text: str) -> pa.Table:
    """Return all columns as texts, NULL where a cell is empty."""
    head = next(csv.reader(io.StringIO(text)), [])
    if not head:
        raise Invalid(_UNREADABLE, received="nothing", allowed=["customer,order"])
    options = tables.ConvertOptions(
        column_types=dict.fromkeys(head, pa.string()), strings_can_be_null=True, quoted_strings_can_be_null=True,
        null_values=[""],
    )  # fmt: skip
    try:
        return tables.read_csv(io.BytesIO(text.encode()), convert_options=options)
    except pa.ArrowInvalid:
        problem = Text("Not every row has as many cells as the head.", "部分行的列数与表头不一致。")
        raise Invalid(_UNREADABLE, faults=[Fault("rows", problem, "", (f"{len(head)} cells",))]) from None


def _refuse_faulty(table: pa.Table) -> None:
    names = table.column_names[1:]
    faults: list[Fault] = []
    for place, name in enumerate(names):
        if not is_name(name) or name == CUSTOMER or name in names[:place]:
            problem = Text("This is no name of a value, or stands here twice.", "字段名无效或重复。")
            faults.append(Fault(f"column {place + 2}", problem, name[:60], ("a-z, 0-9, _, at most 40",)))
        long = int(pc.sum(pc.greater(pc.fill_null(pc.utf8_length(table.column(place + 1)), 0), LONGEST)).as_py() or 0)
        if long:
            problem = Text("Some are too long.", "部分内容过长。")
            faults.append(Fault(f"column {place + 2}", problem, f"{long:,} rows", (f"at most {LONGEST:,} characters",)))
    if len(names) > MOST_NAMES:
        problem = Text("These are too many names.", "字段过多。")
        faults.append(Fault("columns", problem, str(len(names)), (f"at most {MOST_NAMES}",)))
    if table.num_rows > MOST_VALUES:
        problem = Text("These are too many rows.", "行数过多。")
        faults.append(Fault("rows", problem, f"{table.num_rows:,}", (f"at most {MOST_VALUES:,}",)))
    if faults:
        raise Invalid(_UNREADABLE, faults=faults)
