"""The values of tags by rank, and how many of each group of customers have them.

An index of bits answers without looking at a customer; without one, columns are read as many at a time as fit memory.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.histograms import by_rank, ranks_at, up_to
from quanyu.foundation.sets.index import Index
from quanyu.foundation.sets.ranking import rank
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.indexing import index_of
from quanyu.targeting.tags.listing import COUNTED
from quanyu.targeting.tags.model import Tag
from quanyu.targeting.tags.runs import Current

TENTHS = range(1, 10)
ONE_BY_ONE = 10
"""Distinct numbers or days up to which each is a part of its own."""
CELLS_AT_ONCE = 40_000_000
"""Values of columns in memory at once, where there is no index."""

Counts = npt.NDArray[np.int64]
Made = TypeVar("Made")


class Ranked(Protocol):
    """Values of a column by rank, ascending from 1, and how many of each group have them; rank 0 has no value."""

    @property
    def values(self) -> pa.Array: ...
    def known(self) -> Counts: ...
    def unknown(self) -> Counts: ...
    def at(self, positions: Sequence[int]) -> list[int]: ...
    def up_to(self, ranks: Sequence[int]) -> Counts: ...


def each_ranked(
    ws: Workspace,
    now: Current,
    groups: Sequence[OrdinalSet],
    tags: Sequence[Tag],
    make: Callable[[Tag, Ranked], Made],
) -> list[Made]:
    """Return what `make` makes of each tag's values, in groups that share nobody; no column is read twice."""
    index = index_of(ws, now)
    if index is None:
        return [make(tag, counted) for tag, counted in _by_columns(ws, now, groups, tags)]
    everybody = OrdinalSet.empty()
    for group in groups:
        everybody |= group

    def work(tag: Tag) -> Made:
        column = index.columns[tag.name]
        if column.spread or tag.type in COUNTED:
            return make(tag, Counted(index.values[tag.name], by_rank(index, tag.name, groups)))
        return make(tag, _Sliced(index, tag.name, groups, everybody))

    with ThreadPoolExecutor(ws.settings.threads) as pool:
        return list(pool.map(work, tags))


def cuts(ranked: Ranked, known: int) -> list[int]:
    """Return ranks at which bands end, the last one not among them: each value, or the deciles of all groups."""
    distinct = len(ranked.values)
    if distinct <= ONE_BY_ONE:
        return list(range(1, distinct))
    positions = [-(-known * tenths // 10) for tenths in TENTHS]
    return sorted(set(ranked.at(positions)))


def _by_columns(
    ws: Workspace, now: Current, groups: Sequence[OrdinalSet], tags: Sequence[Tag]
) -> "Iterator[tuple[Tag, Counted]]":
    group_of = np.zeros(max(now.people.customers, max((g.words.size for g in groups), default=0) << 6), np.int8)
    for number, group in enumerate(groups, 1):
        group_of[group.ordinals()] = number
    many = max(1, CELLS_AT_ONCE // max(now.run.customers, 1))
    for first in range(0, len(tags), many):
        some = tags[first : first + many]
        rows = ws.lake.to_arrow(now.rows.select("customer", *(tag.name for tag in some)))
        mine = group_of[rows["customer"].to_numpy()]
        for tag in some:
            distinct, ranks = rank(rows[tag.name])
            places = ranks.astype(np.int64) * (len(groups) + 1) + mine
            counts = np.bincount(places, minlength=(len(distinct) + 1) * (len(groups) + 1))
            yield tag, Counted(distinct, counts.reshape(-1, len(groups) + 1)[:, 1:].T.astype(np.int64))


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts by rank: int64[groups, 1 + distinct]."""

    values: pa.Array
    counts: Counts

    def known(self) -> Counts:
        return self.counts[:, 1:].sum(axis=1)

    def unknown(self) -> Counts:
        return self.counts[:, 0]

    def at(self, positions: Sequence[int]) -> list[int]:
        upwards = self.counts[:, 1:].sum(axis=0).cumsum()
        return (np.searchsorted(upwards, np.array(positions, np.int64)) + 1).tolist()

    def up_to(self, ranks: Sequence[int]) -> Counts:
        upwards = np.zeros_like(self.counts)
        upwards[:, 1:] = self.counts[:, 1:].cumsum(axis=1)
        return upwards[:, list(ranks)]


@dataclass(frozen=True, eq=False)
class _Sliced:
    """A column of an index whose ranks are kept bit by bit."""

    index: Index
    name: str
    groups: Sequence[OrdinalSet]
    everybody: OrdinalSet

    @property
    def values(self) -> pa.Array:
        return self.index.values[self.name]

    def known(self) -> Counts:
        return up_to(self.index, self.name, [self.index.columns[self.name].distinct], self.groups)[:, 0]

    def unknown(self) -> Counts:
        return np.array([group.count() for group in self.groups], np.int64) - self.known()

    def at(self, positions: Sequence[int]) -> list[int]:
        return ranks_at(self.index, self.name, self.everybody, positions)

    def up_to(self, ranks: Sequence[int]) -> Counts:
        return up_to(self.index, self.name, ranks, self.groups)
