"""An index of columns as bits in memory-mapped files: any threshold and any value is answered exactly by one pass.

A column of few values has a row of bits for each; of any other the ranks of its values are kept bit by bit, so that a
threshold among ten million distinct amounts costs 24 rows. Rows are cut into shards by ordinal; every shard is a file
and is worked on alone. An index is written beside its place and appears whole; it is never changed, and who has it open
keeps it when the next one takes its place.
"""

import json
import mmap
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.sets.algebra import OrdinalSet, Words
from quanyu.foundation.sets.expressions import NOBODY, Above, Among, Equal, Expression, Joined, Not, Row
from quanyu.foundation.sets.layout import FORMAT, Column, width, widths
from quanyu.foundation.sets.loops import kernels, portions
from quanyu.foundation.sets.programs import BLOCK, Programs, assemble
from quanyu.foundation.sets.ranking import place

_ONE_BY_ONE = 8  # values: more of them are looked up in a table of ranks


@dataclass(frozen=True)
class Index:
    """An open index. Expressions about a column come from `at_most`, `equal` and `known`; NULL is none of them."""

    folder: Path
    shard: int
    reach: int  # ordinals are smaller
    columns: Mapping[str, Column]
    rows: Sequence[npt.NDArray[np.uint64]]  # by shard: uint64[rows, words]
    values: Mapping[str, pa.Array]  # distinct values by column, ascending
    threads: int
    origin: Mapping[str, Any]  # what the writer said of where it is from

    def at_most(self, name: str, value: object, *, below: bool = False) -> Expression:
        """Return who has a value of at most `value`, or below it."""
        column = self.columns[name]
        smaller, there = place(self.values[name], value)
        most = smaller + (1 if there and not below else 0)
        if most >= column.distinct:
            return self.known(name)
        if most == 0:
            return NOBODY
        if column.spread:
            return Joined("any", tuple(Row(column.row + i) for i in range(most)))
        return Joined("all", (Not(Above(column.row, column.rows, most)), self.known(name)))

    def equal(self, name: str, value: object) -> Expression:
        column = self.columns[name]
        smaller, there = place(self.values[name], value)
        if not there:
            return NOBODY
        return Row(column.row + smaller) if column.spread else Equal(column.row, column.rows, smaller + 1)

    def among(self, name: str, values: Iterable[object]) -> Expression:
        """Return who has one of these values."""
        found = [self.equal(name, value) for value in values]
        ranks = frozenset(each.rank for each in found if isinstance(each, Equal))
        if len(ranks) <= _ONE_BY_ONE:
            return Joined("any", tuple(dict.fromkeys(found)))
        column = self.columns[name]
        return Among(column.row, column.rows, ranks)

    def known(self, name: str) -> Expression:
        column = self.columns[name]
        return Row(column.row + column.rows)

    def above(self, name: str, value: object, *, least: bool = False) -> Expression:
        """Return who has a value above `value`, or at least it."""
        column = self.columns[name]
        smaller, there = place(self.values[name], value)
        most = smaller + (1 if there and not least else 0)
        if most == 0:
            return self.known(name)
        if most >= column.distinct:
            return NOBODY
        if column.spread:
            return Joined("any", tuple(Row(column.row + i) for i in range(most, column.distinct)))
        return Above(column.row, column.rows, most)  # unknown is rank 0

    def values_of(self, name: str, ordinals: npt.NDArray[np.int64]) -> pa.Array:
        """Return the value that each ordinal has in a column, NULL where it has none or lies beyond the index."""
        column, ranks = self.columns[name], np.zeros(ordinals.size, np.int64)
        for at, rows in enumerate(self.rows):
            mine = (ordinals >> self.shard == at) & (ordinals < self.reach)
            local = ordinals[mine] & ((1 << self.shard) - 1)
            words = rows[column.row : column.end, local >> 6] >> (local & 63).astype(np.uint64)
            bits, known = (words[:-1] & np.uint64(1)).astype(np.int64), (words[-1] & np.uint64(1)).astype(bool)
            weights = np.arange(1, column.rows + 1) if column.spread else 1 << np.arange(column.rows)
            ranks[mine] = np.where(known, weights @ bits, 0)
        return self.values[name].take(pa.array(ranks - 1, mask=ranks == 0))

    def count(self, expressions: Sequence[Expression], within: OrdinalSet) -> list[int]:
        """Return for each expression how many members of `within` it holds for: one pass over the words."""
        return self._run(expressions, within, np.empty((0, 0), np.uint64)).tolist()

    def select(self, expressions: Sequence[Expression], within: OrdinalSet) -> list[OrdinalSet]:
        """Return for each expression the members of `within` that it holds for; all of one call share their memory."""
        bits = np.empty((len(expressions), (self.reach + 63) >> 6), np.uint64)
        counts = self._run(expressions, within, bits)
        return [OrdinalSet(row, count) for row, count in zip(bits, counts.tolist(), strict=True)]

    def _run(self, expressions: Sequence[Expression], within: OrdinalSet, bits: Words) -> npt.NDArray[np.int64]:
        """Return the counts, and write the members into `bits` where it has a row for each expression."""
        programs = assemble(expressions)
        members = _padded(within, [rows.shape[1] for rows in self.rows], self.shard)
        parts = [
            (shard, first, last)
            for shard, rows in enumerate(self.rows)
            for first, last in portions(rows.shape[1] // BLOCK, self.threads)
        ]
        whole = 1 << (self.shard - 6)  # words of a shard; the last one may have fewer

        def work(part: tuple[int, int, int]) -> npt.NDArray[np.int64]:
            shard, first, last = part
            mine = bits[:, shard * whole : (shard + 1) * whole]
            return _run_blocks(programs, self.rows[shard], members[shard], first, last, mine)

        if len(parts) == 1:
            return work(parts[0])
        with ThreadPoolExecutor(self.threads) as pool:
            counts: npt.NDArray[np.int64] = np.sum(list(pool.map(work, parts)), axis=0)
        return counts


def open_index(folder: Path, threads: int) -> Index | None:
    """Return the index of a folder; None where there is none of a form that is known here."""
    try:
        told: dict[str, Any] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if told["format"] != FORMAT:
        return None
    columns = {column["name"]: Column(**column) for column in told["columns"]}
    values = {name: _read_values(folder / f"values-{column.values}.arrow") for name, column in columns.items()}
    wide = widths(told["reach"], told["shard"])
    rows = [_mapped(folder / f"rows-{at}.u64", told["rows"], words) for at, words in enumerate(wide)]
    return Index(folder, told["shard"], told["reach"], columns, rows, values, threads, told["origin"])


def overlap(sets: Sequence[OrdinalSet], threads: int) -> npt.NDArray[np.int64]:
    """Return how many are in both of any two sets: int64[n, n], symmetric, sizes on the diagonal."""
    words = width(max((s.words.size for s in sets), default=0))
    bits = np.empty((len(sets), words), np.uint64)
    for i, members in enumerate(sets):
        bits[i, : members.words.size], bits[i, members.words.size :] = members.words, 0
    parts = portions(words // BLOCK, threads)
    shared = [np.zeros((len(sets), len(sets)), np.int64) for _ in parts]
    firsts, lasts = zip(*parts, strict=True)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(kernels().overlaps, repeat(bits), firsts, lasts, shared))
    upper: npt.NDArray[np.int64] = np.sum(shared, axis=0)
    return upper + np.triu(upper, 1).T


def _run_blocks(
    programs: Programs,
    rows: npt.NDArray[np.uint64],
    within: Words,
    first: int,
    last: int,
    bits: Words,
) -> npt.NDArray[np.int64]:
    counts = np.zeros(programs.starts.size - 1, np.int64)
    kernel, given = kernels().run, (programs.leaves, programs.code, programs.starts, programs.tables)
    kernel(rows, within, *given, programs.depth, programs.places, first, last, counts, bits)
    return counts


def _padded(members: OrdinalSet, wide: Sequence[int], shard: int) -> list[Words]:
    """Cut a set into shards; whoever lies beyond the index is in none of its columns, and in none of its answers."""
    found: list[Words] = []
    for at, many in enumerate(wide):
        begin, whole = at << (shard - 6), 1 << (shard - 6)
        words = np.zeros(many, np.uint64)
        mine = members.words[begin : begin + min(many, whole)]
        words[: mine.size] = mine
        found.append(words)
    return found


def _read_values(file: Path) -> pa.Array:
    values = pa.ipc.open_file(pa.memory_map(str(file))).read_all()["value"]
    return values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)


def _mapped(file: Path, rows: int, width: int) -> npt.NDArray[np.uint64]:
    if not rows:
        return np.zeros((0, width), np.uint64)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        held = mmap.mmap(descriptor, rows * width * 8, prot=mmap.PROT_READ)
    finally:
        os.close(descriptor)
    return np.frombuffer(held, np.uint64).reshape(rows, width)
