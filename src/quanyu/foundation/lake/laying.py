"""Rows laid over a table: they stand in the place of earlier ones of the same key, which stay where they are.

Columns may be laid over by themselves: of each key each column stands as the last batch wrote it that wrote it at all.
"""

from collections.abc import Mapping, Sequence
from functools import reduce

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq
from ibis import _

from quanyu.foundation.lake.deltalog import is_gone, is_partly, laid_by
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.lake.reading import read_files

MUCH = 5
"""Of so many rows one may be laid over: with more, all are written anew."""
LIGHT = 4
"""So many rows of some columns weigh as one with all: they are looked up alike, but are hardly read."""
OFTEN = 16
"""Batches that may lie over a table: each is read by itself."""
_BATCH = "_batch"

_Batches = Mapping[int, Sequence[str]]


def standing(engine: DuckDB, table: LakeTable, files: Sequence[str]) -> ir.Table:
    """Return of each key the row of the last batch that wrote it; none where that batch said that it is gone.

    Of that row each column of which a later batch wrote that alone is as the last of these wrote it.
    """
    parts = parts_over(engine, table, files)
    whole = _whole(engine, table, [file for file in files if not is_partly(file)])
    return (_with_parts(whole, parts, table.keyed_by) if parts else whole).drop(_BATCH)


def parts_over(engine: DuckDB, table: LakeTable, files: Sequence[str]) -> list[ir.Table]:
    """Return what is laid over in some columns: of each set of columns a table with the last row of each key."""
    found: dict[tuple[str, ...], dict[int, list[str]]] = {}
    for number, some in _batches([file for file in files if is_partly(file)]).items():
        for file in some:
            found.setdefault(tuple(pq.read_schema(file).names), {}).setdefault(number, []).append(file)
    return [_last_of_each(engine, table, names, batches) for names, batches in found.items()]


def columns_over(engine: DuckDB, table: LakeTable, files: Sequence[str]) -> dict[str, ir.Table]:
    """Return what is laid over in some columns: of each column the key and the value that was written last."""
    key, parts = list(table.keyed_by), parts_over(engine, table, files)
    names = {name for part in parts for name in part.columns} - {*key, _BATCH}
    found: dict[str, ir.Table] = {}
    for name in sorted(names):
        rows = [part.select(*key, _BATCH, name) for part in parts if name in part.columns]
        last = rows[0] if len(rows) == 1 else ibis.union(*rows).semi_join(_last(rows, key), [*key, _BATCH])
        found[name] = last.drop(_BATCH)
    return found


def is_much(rows: Sequence[tuple[str, int]], times: int = 1) -> bool:
    """Say whether so many rows are laid over a table, or `times` as many, that they should be written as one.

    `rows` are the files with their rows.
    """
    light = sum(many for path, many in rows if is_partly(path))
    over = sum(many for path, many in rows if laid_by(path) is not None and not is_partly(path)) + light // LIGHT
    below = sum(many for path, many in rows if laid_by(path) is None)
    return len(_batches([path for path, _many in rows])) > OFTEN * times or over * MUCH > below * times


def _whole(engine: DuckDB, table: LakeTable, files: Sequence[str]) -> ir.Table:
    """Return the rows that stand, and the batch that wrote each, 0 of those below all that is laid over."""
    key, batches = list(table.keyed_by), _batches(files)
    below = _of_batch(read_files(engine, table, [file for file in files if laid_by(file) is None]), 0)
    if not batches:
        return below
    last = _last([_of_batch(read_files(engine, table, some), number) for number, some in batches.items()], key)
    over = [
        _of_batch(read_files(engine, table, rows), number)
        for number, some in batches.items()
        if (rows := [file for file in some if not is_gone(file)])
    ]
    left = below.anti_join(last, key)
    if not over:
        return left
    laid = (ibis.union(*over) if len(over) > 1 else over[0]).semi_join(last, [*key, _BATCH])
    return left.union(laid.select(*left.columns))


def _with_parts(whole: ir.Table, parts: Sequence[ir.Table], key: Sequence[str]) -> ir.Table:
    """Put each column in its place that a later batch than that of its row wrote by itself."""
    rows: Value = whole
    for n, part in enumerate(parts):
        theirs = part.rename({f"_{n}_{name}": name for name in part.columns})
        rows = rows.left_join(theirs, [(name, f"_{n}_{name}") for name in key])
    chosen = {name: _chosen(rows, name, parts) for name in whole.columns if name not in (*key, _BATCH)}
    return rows.select(*key, _BATCH, **chosen).select(*whole.columns)


def _chosen(rows: Value, name: str, parts: Sequence[ir.Table]) -> Value:
    value, batch = rows[name], rows[_BATCH]
    for n in (n for n, part in enumerate(parts) if name in part.columns):
        theirs = rows[f"_{n}_{_BATCH}"]
        is_later = (theirs > batch).fill_null(False)
        value = ibis.ifelse(is_later, rows[f"_{n}_{name}"], value)
        batch = ibis.ifelse(is_later, theirs, batch)
    return value


def _last_of_each(engine: DuckDB, table: LakeTable, names: Sequence[str], batches: _Batches) -> ir.Table:
    key = list(table.keyed_by)
    rows = [_of_batch(read_files(engine, table, some).select(*names), number) for number, some in batches.items()]
    if len(rows) == 1:
        return rows[0]
    return ibis.union(*rows).semi_join(_last(rows, key), [*key, _BATCH])


def _last(rows: Sequence[ir.Table], key: Sequence[str]) -> ir.Table:
    """Return each key with the last of its batches."""
    keys = [each.select(*key, _BATCH) for each in rows]
    every = reduce(lambda one, other: one.union(other), keys)
    return every.group_by(list(key)).agg(**{_BATCH: _[_BATCH].max()})


def _batches(files: Sequence[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for file in files:
        if (number := laid_by(file)) is not None:
            found.setdefault(number, []).append(file)
    return dict(sorted(found.items()))


def _of_batch(rows: Value, number: int) -> Value:
    return rows.mutate(**{_BATCH: ibis.literal(number, "int64")})
