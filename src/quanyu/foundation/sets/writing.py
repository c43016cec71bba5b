"""Writes an index: of columns as they are, or of the last index and the values that have changed since.

What is written anew costs a pass over the bits of the last index, and for columns in which values are new one over its
ranks; no value of anybody else is read.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.sets.algebra import Ordinals, Words
from quanyu.foundation.sets.index import Index
from quanyu.foundation.sets.layout import FORMAT, SHARD, SPREAD, Column, widths
from quanyu.foundation.sets.loops import kernels, share
from quanyu.foundation.sets.ranking import Ranks, merge, rank


def write_index(
    folder: Path,
    reach: int,
    columns: Iterable[tuple[str, Ordinals, pa.ChunkedArray]],
    threads: int,
    shard: int = SHARD,
    origin: Mapping[str, object] | None = None,
) -> None:
    """Write columns, each with the ordinals (below `reach`) of its values; the folder appears when it is whole.

    `origin` is kept with it.
    """
    partial = _Partial.begin(folder, reach, shard, threads)
    for name, ordinals, values in columns:
        distinct, ranks = rank(values)
        every = np.zeros(reach, np.uint32)
        every[ordinals] = ranks
        partial.add(name, distinct, (partial.rows_of(len(distinct), *each) for each in partial.cut(every)))
    partial.finish(folder, origin or {})


def renew_index(
    folder: Path,
    last: Index,
    reach: int,
    columns: Iterable[tuple[str, Ordinals, Ordinals, pa.ChunkedArray]],
    origin: Mapping[str, object],
) -> None:
    """Write columns as `last` says them, except of those who have changed in them.

    `columns` are those of `last`, each with who has changed in it (ascending), and the ordinals and values of those of
    them of whom it is known. A value that nobody has any more may stay among the distinct ones of a column of many.
    """
    partial = _Partial.begin(folder, reach, last.shard, last.threads)
    for name, changed, ordinals, values in columns:
        distinct, moved, theirs = merge(last.values[name], values)
        ranks = np.zeros(changed.size, np.uint32)
        ranks[np.searchsorted(changed, ordinals)] = theirs
        rows = [_renewed(last, name, moved, len(distinct), *each) for each in partial.shards_of(changed, ranks)]
        if len(distinct) <= SPREAD:
            distinct, rows = _without_empty(distinct, rows)
        partial.add(name, distinct, rows)
    partial.finish(folder, origin)


@dataclass(frozen=True)
class _Partial:
    """An index that is being written, beside its place."""

    folder: Path
    reach: int
    shard: int
    threads: int
    widths: Sequence[int]
    columns: list[Column] = field(default_factory=list[Column])

    @classmethod
    def begin(cls, folder: Path, reach: int, shard: int, threads: int) -> "_Partial":
        partial = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(partial, ignore_errors=True)  # of a build that was killed
        partial.mkdir(parents=True)
        return cls(partial, reach, shard, threads, widths(reach, shard))

    def cut(self, every: Ranks) -> Iterator[tuple[int, Ranks]]:
        """Yield of each shard the words of its rows, and its ranks."""
        for at, width in enumerate(self.widths):
            yield width, every[at << self.shard : (at + 1) << self.shard]

    def shards_of(self, ordinals: Ordinals, ranks: Ranks) -> Iterator[tuple[int, int, Ordinals, Ranks]]:
        """Yield of each shard its number, the words of its rows, and whose rank is which, counted from its begin."""
        for at, width in enumerate(self.widths):
            first, end = np.searchsorted(ordinals, [at << self.shard, (at + 1) << self.shard])
            yield at, width, ordinals[first:end] - (at << self.shard), ranks[first:end]

    def rows_of(self, distinct: int, width: int, ranks: Ranks) -> Words:
        """Return the rows of a column in one shard, with the one that says who has a value."""
        rows = np.zeros((many_rows(distinct) + 1, width), np.uint64)
        kernel = kernels().spread_ranks if distinct <= SPREAD else kernels().slice_ranks
        share(kernel, (ranks, rows[:-1]), width, self.threads)
        share(kernels().spread_ranks, ((ranks > 0).astype(np.uint32), rows[-1:]), width, self.threads)
        return rows

    def add(self, name: str, distinct: pa.Array, shards: Iterable[Words]) -> None:
        number, row = len(self.columns), self.columns[-1].end if self.columns else 0
        for at, rows in enumerate(shards):
            with (self.folder / f"rows-{at}.u64").open("ab") as target:
                rows.tofile(target)
        _write_values(self.folder / f"values-{number}.arrow", distinct)
        many = len(distinct)
        self.columns.append(Column(name, many, row, many_rows(many), many <= SPREAD, number))

    def finish(self, folder: Path, origin: Mapping[str, object]) -> None:
        """Let the index appear."""
        rows = self.columns[-1].end if self.columns else 0
        columns = [asdict(column) for column in self.columns]
        told = {"format": FORMAT, "shard": self.shard, "reach": self.reach, "rows": rows, "columns": columns}
        (self.folder / "index.json").write_text(json.dumps({**told, "origin": origin}), encoding="utf-8")
        self.folder.replace(folder)


def many_rows(distinct: int) -> int:
    """Return the rows of a column of so many values: one for each, or one for each bit of their ranks."""
    return distinct if distinct <= SPREAD else distinct.bit_length()


def _renewed(
    last: Index, name: str, moved: Ranks, distinct: int, at: int, width: int, ordinals: Ordinals, ranks: Ranks
) -> Words:
    """Return the rows of a column in one shard: those of the last index, with these ordinals' ranks put into them.

    `moved` says of each rank of the last index which one it is now, among `distinct`.
    """
    rows = np.zeros((many_rows(distinct) + 1, width), np.uint64)
    if at < len(last.rows):
        column = last.columns[name]
        were = last.rows[at][column.row : column.end]
        rows[-1, : were.shape[1]] = were[-1]
        _take_over(were[:-1], rows[:-1, : were.shape[1]], moved, distinct, last)
    kernel = kernels().put_spread if distinct <= SPREAD else kernels().put_slices
    share(kernel, (rows[:-1], ordinals, ranks), rows.shape[0] - 1, last.threads)
    kernels().put_spread(rows[-1:], ordinals, (ranks > 0).astype(np.uint32), 0, 1)
    return rows


def _take_over(were: Words, rows: Words, moved: Ranks, distinct: int, last: Index) -> None:
    """Put what the rows of a column `were` into the `rows` that it has now."""
    spread = moved.size - 1 <= SPREAD
    if distinct <= SPREAD:
        rows[moved[1:] - 1] = were
    elif spread:
        ranks = np.zeros(were.shape[1] * 64, np.uint32)
        for row, rank_ in zip(were, moved[1:].tolist(), strict=True):
            ranks[np.unpackbits(row.view(np.uint8), bitorder="little").view(np.bool_)] = rank_
        share(kernels().slice_ranks, (ranks, rows), rows.shape[1], last.threads)
    elif distinct == moved.size - 1:
        rows[:] = were
    else:
        share(kernels().move_slices, (were, moved, rows), rows.shape[1], last.threads)


def _without_empty(distinct: pa.Array, rows: Sequence[Words]) -> tuple[pa.Array, list[Words]]:
    """Leave out values that nobody has any more, of a column that has a row for each."""
    used: npt.NDArray[np.bool_] = np.any([shard[:-1].any(axis=1) for shard in rows], axis=0)
    if used.all():
        return distinct, list(rows)
    return distinct.filter(pa.array(used)), [shard[np.append(used, True)] for shard in rows]


def _write_values(file: Path, distinct: pa.Array) -> None:
    with pa.OSFile(str(file), "wb") as target, pa.ipc.new_file(target, pa.schema([("value", distinct.type)])) as writer:
        writer.write_table(pa.table({"value": distinct}))
