"""Finds the records that people name: SOURCE:KEY as the source's file has it, or SOURCE#ORDINAL as we show it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import ibis
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.tables import record
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

_BETWEEN = ":"
_NUMBERED = re.compile(r"([^:#]+)#(\d{1,18})")


@dataclass(frozen=True)
class Entry:
    """One source's entry about a person; `key` is as it was asked for, None where it was not."""

    record: int
    source: str
    key: str | None
    import_number: int  # that opened it


def find_entries(
    workspace: Workspace, connection: sa.Connection, names: Sequence[str], sources: Sequence[str] | None = None
) -> list[Entry]:
    """Return the records of these names, of these sources alone if any are given. Raises Invalid and NotFound."""
    named = [_parted(name) for name in names]
    for source, _ in named:
        if sources is not None and source not in sources:
            raise _unknown(source)
    hashes = _hashes(workspace, named)
    by_hash = _rows(workspace, connection, record.c.key_hash, [UUID(each) for each in hashes.values()])
    by_number = _rows(workspace, connection, record.c.record, [key for _, key in named if isinstance(key, int)])
    found = [by_hash.get(UUID(hashes[name])) if name in hashes else by_number.get(name[1]) for name in named]
    return [_entry(*name, row) for name, row in zip(named, found, strict=True)]


def _parted(text: str) -> tuple[str, str | int]:
    """Return the source, and the key or the ordinal."""
    if numbered := _NUMBERED.fullmatch(text):
        return numbered[1], int(numbered[2])
    source, between, key = text.partition(_BETWEEN)
    if not (source and between and key):
        raise Invalid(
            Text(
                "A record is named by its source and its key, or its ordinal.",
                "记录以“来源:主键”或“来源#序号”表示。",
            ),
            received=source.partition("#")[0][:40],  # never the key, which may be somebody's phone
            allowed=["pos:M10023", "pos#4711"],
        )
    return source, key


def _hashes(workspace: Workspace, named: Sequence[tuple[str, str | int]]) -> dict[tuple[str, str | int], str]:
    """Return the keyed hashes of those that are named by their key."""
    keyed = [(source, key) for source, key in named if isinstance(key, str)]
    columns = pa.table(
        {"source": pa.array([s for s, _ in keyed], pa.string()), "key": pa.array([k for _, k in keyed], pa.string())}
    )
    rows: Value = ibis.memtable(columns)
    hashed = keyed_hash(workspace.key.hash_secret, ibis.literal("record"), rows["source"], rows["key"])
    told = workspace.lake.to_arrow(rows.mutate(hashed=hashed)).to_pylist() if keyed else []
    return {(row["source"], row["key"]): row["hashed"] for row in told}


def _rows(
    workspace: Workspace, connection: sa.Connection, column: sa.ColumnElement[Any], values: Sequence[UUID | int]
) -> dict[object, Any]:
    """Return the records that have one of these values, by it."""
    if not values:
        return {}
    columns = (column.label("value"), record.c.record, record.c.source, record.c.import_number)
    query = sa.select(*columns).where(record.c.workspace == workspace.number, column.in_(set(values)))
    return {row.value: row for row in connection.execute(query)}


def _entry(source: str, key: str | int, row: Any) -> Entry:
    if row is None or row.source != source:
        raise _unknown(source)
    return Entry(row.record, source, key if isinstance(key, str) else None, row.import_number)


def _unknown(source: str) -> NotFound:
    return NotFound(
        Text("That source has told of no such record.", "该来源没有这条记录。"),
        remedy=Text(
            "Write the key as its file does; the sources: quanyu status",
            "请按文件中的写法给出主键；来源见 quanyu status",
        ),
        received=source,
    )
