"""What has changed in a table between two of its versions, told by the files that only one of them has."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import and_
from pathlib import Path

import ibis
import ibis.expr.types as ir
from deltalake.exceptions import DeltaError

from quanyu.foundation.lake.deltalog import is_partly, laid_by
from quanyu.foundation.lake.laying import columns_over, standing
from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.lake.reading import read_files
from quanyu.foundation.lake.store import Lake, latest


@dataclass(frozen=True)
class Difference:
    """Rows of one table that only one of two vectors shows.

    `stored` are those that stand in only one of them, versions that nobody sees among them. `gone` and `come` are what
    readers saw before and see now of all that may have changed: a row that is the same in both may stand in both.
    """

    stored: ir.Table
    gone: ir.Table
    come: ir.Table


@contextmanager
def difference(lake: Lake, table: LakeTable, before: Vector, after: Vector) -> Generator[Difference | None]:
    """Hold what has changed in a table; None where nothing has.

    Files that compaction wrote anew are compared row by row with those that they replaced; see `is_there`.
    """
    old, new = _files(lake, table, before), _files(lake, table, after)
    removed, added = sorted(old - new), sorted(new - old)
    if not removed and not added:
        yield None
        return
    if table.keyed_by:
        with _keyed(lake, table, (before, after), [*removed, *added]) as told:
            yield told
        return
    left, right = _alike(read_files(lake.engine, table, removed), read_files(lake.engine, table, added))
    lost = left.difference(right, distinct=False) if removed and added else left
    found = right.difference(left, distinct=False) if removed and added else right
    with lake.held(lost) as gone, lake.held(found) as come:
        stored = gone.union(come) if removed else come
        pinned = after.get(table.name)
        if not lake.count(stored.limit(1)):
            yield None
        elif table.versioned_by is None or not (removed or (pinned is not None and pinned.superseded)):
            yield Difference(stored, gone, come)
        else:
            with (
                lake.held(of_keys(lake, table, before, stored)) as seen,
                lake.held(of_keys(lake, table, after, stored)) as sees,
            ):
                yield Difference(stored, seen, sees)


@contextmanager
def _keyed(
    lake: Lake, table: LakeTable, vectors: tuple[Vector, Vector], files: Sequence[str]
) -> Generator[Difference | None]:
    """Compare what stands of the keys that these files write or take away."""
    keys = read_files(lake.engine, table, files).select(*table.keyed_by).distinct()
    old, new = _alike(*(lake.table(table, vector).semi_join(keys, list(table.keyed_by)) for vector in vectors))
    with (
        lake.held(old) as was,
        lake.held(new) as stands,
        lake.held(was.difference(stands, distinct=False)) as gone,
        lake.held(stands.difference(was, distinct=False)) as come,
        lake.held(gone.union(come)) as stored,
    ):
        yield Difference(stored, gone, come) if lake.count(stored.limit(1)) else None


@dataclass(frozen=True)
class Laid:
    """What was laid over a keyed table between two of its versions.

    `keys` are those of which whole rows came or went, and `rows` what stands of them now. `columns` are those that were
    laid over rows of other keys by themselves: of each by its name a table of these keys and what stands there now.
    """

    keys: ir.Table
    rows: ir.Table
    columns: Mapping[str, ir.Table]


def laid_between(lake: Lake, table: LakeTable, before: Vector, after: Vector) -> Laid | None:
    """Return what was only laid over a keyed table, whose other rows are what they were.

    None where more was done.
    """
    old, new = _files(lake, table, before), _files(lake, table, after)
    added = sorted(new - old)
    if old - new or not all(laid_by(file) is not None for file in added):
        return None
    whole = [file for file in added if not is_partly(file)]
    keys = read_files(lake.engine, table, whole).select(*table.keyed_by).distinct()
    columns = columns_over(lake.engine, table, added)
    others = {name: rows.anti_join(keys, list(table.keyed_by)) for name, rows in columns.items()}
    return Laid(keys, standing(lake.engine, table, added), others)


def is_there(lake: Lake, table: LakeTable, vector: Vector) -> bool:
    """Say whether a version of a table can still be read: its place in the log, and every file of it."""
    try:
        return all(Path(path).exists() for path in _files(lake, table, vector))
    except DeltaError:
        return False


def of_keys(lake: Lake, table: LakeTable, vector: Vector, rows: ir.Table) -> ir.Table:
    """Return what readers see of a versioned table, of the natural keys that stand in `rows`."""
    key = table.versioned_by or ()
    pinned = vector.get(table.name)
    if pinned is None or not pinned.superseded:
        return same(lake.table(table, vector), rows, key)
    return latest(same(lake.all_versions(table, vector), rows, key), key)


def same(rows: Value, of: Value, key: Sequence[str]) -> ir.Table:
    """Keep the rows whose key stands in `of`, where NULL is a value like others."""
    wanted = of.select(**{f"_{name}": of[name] for name in key}).distinct()
    return rows.semi_join(wanted, reduce(and_, [rows[name].identical_to(wanted[f"_{name}"]) for name in key]))


def _files(lake: Lake, table: LakeTable, vector: Vector) -> set[str]:
    pinned = vector.get(table.name)
    return set() if pinned is None else set(lake.files(table, pinned.version))


def _alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Give both the columns of either."""
    types = {**dict(left.schema().items()), **dict(right.schema().items())}

    def completed(rows: Value) -> Value:
        return rows.select(**{n: rows[n] if n in rows.columns else ibis.null(t) for n, t in types.items()})

    return completed(left), completed(right)
