"""Rows laid over a table: they stand in the place of earlier ones of the same key, which stay where they are."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.foundation.lake.deltalog import is_gone, laid_by
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.lake.reading import read_files

MUCH = 5
"""Of so many rows one may be laid over: with more, all are written anew."""
OFTEN = 16
"""Batches that may lie over a table: each is read by itself."""
_BATCH = "_batch"


def standing(engine: DuckDB, table: LakeTable, files: Sequence[str]) -> ir.Table:
    """Return of each key the row of the last batch that wrote it; none where that batch said that it is gone."""
    key, batches = list(table.keyed_by), _batches(files)
    below: Value = read_files(engine, table, [file for file in files if laid_by(file) is None])
    if not batches:
        return below
    keys = ibis.union(*(_keys(engine, table, number, some) for number, some in batches.items()), _nothing(table))
    last = keys.group_by(key).agg(**{_BATCH: _[_BATCH].max()})
    over = [
        read_files(engine, table, rows).mutate(**{_BATCH: ibis.literal(number, "int64")})
        for number, some in batches.items()
        if (rows := [file for file in some if not is_gone(file)])
    ]
    left = below.anti_join(last, key)
    if not over:
        return left
    laid = (ibis.union(*over) if len(over) > 1 else over[0]).semi_join(last, [*key, _BATCH])
    return left.union(laid.select(*left.columns))


def is_much(rows: Sequence[tuple[str, int]], times: int = 1) -> bool:
    """Say whether so many rows are laid over a table, or `times` as many, that they should be written as one.

    `rows` are the files with their rows.
    """
    over = sum(many for path, many in rows if laid_by(path) is not None)
    below = sum(many for path, many in rows if laid_by(path) is None)
    return len(_batches([path for path, _many in rows])) > OFTEN * times or over * MUCH > below * times


def _batches(files: Sequence[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for file in files:
        if (number := laid_by(file)) is not None:
            found.setdefault(number, []).append(file)
    return dict(sorted(found.items()))


def _keys(engine: DuckDB, table: LakeTable, number: int, files: Sequence[str]) -> ir.Table:
    rows = read_files(engine, table, files)
    return rows.select(*table.keyed_by, **{_BATCH: ibis.literal(number, "int64")})


def _nothing(table: LakeTable) -> ir.Table:
    """Return no keys: a union is of two tables at least."""
    empty: Value = ibis.memtable(table.schema.empty_table())
    return empty.select(*table.keyed_by, **{_BATCH: ibis.literal(0, "int64")})
