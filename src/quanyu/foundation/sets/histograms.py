"""Counts how the values of a column of an index lie within sets: by value, up to a value, and where quantiles are."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from quanyu.foundation.sets.algebra import OrdinalSet, Words
from quanyu.foundation.sets.expressions import NOBODY, Above, Expression, Joined, Not, Row
from quanyu.foundation.sets.index import Index

Counts = npt.NDArray[np.int64]

_AT_ONCE = 1 << 14  # words whose ranks are put together at a time: a million ordinals


def by_rank(index: Index, name: str, sets: Sequence[OrdinalSet]) -> Counts:
    """Return for each set how many members have each distinct value: int64[sets, 1 + distinct], at 0 who has none.

    Members beyond the index count as those who have none. A row for each value costs a pass over it; else ranks are
    put together bit by bit, about 20 ms for a million ordinals.
    """
    column = index.columns[name]
    counts = np.zeros((len(sets), 1 + column.distinct), np.int64)
    for at, rows in enumerate(index.rows):
        mine = rows[column.row : column.row + column.rows]
        inside = [_within(index, members, at) for members in sets]
        if not column.spread:
            counts += _ranked(mine, inside, 1 + column.distinct)
        elif column.rows:
            counts[:, 1:] += [[_ones(row[: words.size] & words) for row in mine] for words in inside]
    counts[:, 0] = [members.count() for members in sets] - counts[:, 1:].sum(axis=1)
    return counts


def up_to(index: Index, name: str, ranks: Sequence[int], sets: Sequence[OrdinalSet]) -> Counts:
    """Return for each set how many members have a value of at most each rank: int64[sets, ranks]."""
    chosen = [_at_most(index, name, rank) for rank in ranks]
    return np.array([index.count(chosen, members) for members in sets], np.int64).reshape(len(sets), len(ranks))


def ranks_at(index: Index, name: str, within: OrdinalSet, positions: Sequence[int]) -> list[int]:
    """Return the rank of the member at each position, from 1 on, among those of `within` who have a value, ascending.

    For a column whose ranks are kept bit by bit: one pass over the words for each bit and position.
    """
    column = index.columns[name]
    known: list[tuple[Words, Words]] = []
    for at, rows in enumerate(index.rows):
        words = _within(index, within, at)
        known.append((rows[:, : words.size], words & rows[column.row + column.rows, : words.size]))
    return [_rank_at(known, column.row, column.rows, position) for position in positions]


def _rank_at(parts: Sequence[tuple[Words, Words]], row: int, bits: int, position: int) -> int:
    """Walk from the highest bit down: the member is among those without it, or that many further among the others."""
    left, rank = [words for _, words in parts], 0
    many = sum(_ones(words) for words in left)
    for bit in range(bits - 1, -1, -1):
        ones = [words & rows[row + bit] for words, (rows, _) in zip(left, parts, strict=True)]
        greater = sum(_ones(words) for words in ones)
        if position <= many - greater:
            left, many = [words ^ one for words, one in zip(left, ones, strict=True)], many - greater
        else:
            left, many, position, rank = ones, greater, position - (many - greater), rank | 1 << bit
    return rank


def _at_most(index: Index, name: str, rank: int) -> Expression:
    column = index.columns[name]
    if rank <= 0:
        return NOBODY
    if rank >= column.distinct:
        return index.known(name)
    if column.spread:
        return Joined("any", tuple(Row(column.row + i) for i in range(rank)))
    return Joined("all", (Not(Above(column.row, column.rows, rank)), index.known(name)))


def _within(index: Index, members: OrdinalSet, shard: int) -> Words:
    """Return the set's words in a shard, no more than the index has and the set needs."""
    begin, whole = shard << (index.shard - 6), 1 << (index.shard - 6)
    return members.words[begin : begin + min(index.rows[shard].shape[1], whole)]


def _ranked(rows: Words, sets: Sequence[Words], many: int) -> Counts:
    """Put ranks together for a million ordinals at a time, and count them for each set."""
    counts = np.zeros((len(sets), many), np.int64)
    for begin in range(0, max(words.size for words in sets), _AT_ONCE):
        width = min(_AT_ONCE, max(words.size for words in sets) - begin)
        ranks = np.zeros(64 * width, np.uint16 if rows.shape[0] <= 16 else np.uint32)
        for bit, row in enumerate(rows):
            ranks |= _bits(row[begin : begin + width]).astype(ranks.dtype) << ranks.dtype.type(bit)
        for i, words in enumerate(sets):
            inside = _bits(words[begin : begin + width]).view(np.bool_)
            counts[i] += np.bincount(ranks[: inside.size][inside], minlength=many)
    return counts


def _bits(words: Words) -> npt.NDArray[np.uint8]:
    return np.unpackbits(words.astype("<u8", copy=False).view(np.uint8), bitorder="little")


def _ones(words: Words) -> int:
    return int(np.bitwise_count(words).sum(dtype=np.int64))
