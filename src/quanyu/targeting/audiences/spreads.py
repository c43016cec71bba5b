"""Says how the values of tags are spread over groups: bands cut at the base's own quantiles, the most frequent values.

An index of bits answers without looking at a customer; without one, columns are read as many at a time as fit memory.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.histograms import by_rank, ranks_at, up_to
from quanyu.foundation.sets.index import Index
from quanyu.foundation.sets.ranking import rank
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.model import Stored
from quanyu.targeting.tags.indexing import index_of
from quanyu.targeting.tags.listing import COUNTED
from quanyu.targeting.tags.model import Tag
from quanyu.targeting.tags.runs import Current

TENTHS = range(1, 10)
ONE_BY_ONE = 10
"""Distinct numbers or days up to which each is a part of its own."""
MOST_VALUES = 100
"""Values of a code that stand alone, the most frequent of all groups together; the others are one part."""
CELLS_AT_ONCE = 40_000_000
"""Values of columns in memory at once, where there is no index."""

Counts = npt.NDArray[np.int64]
Kind = Literal["value", "band", "other", "unknown"]


@dataclass(frozen=True)
class Part:
    """Customers whose stored value is `value`, or above `above` and at most `up_to` (None is open), or some other one.

    `unknown` says that those without a value are among them.
    """

    kind: Kind
    value: Stored | None = None
    above: Stored | None = None
    up_to: Stored | None = None
    unknown: bool = False


@dataclass(frozen=True, eq=False)
class Spread:
    """A tag's parts, and how many of each group are in each: int64[groups, parts]; every customer is in one part."""

    tag: Tag
    parts: tuple[Part, ...]
    counts: Counts

    @property
    def ordered(self) -> bool:
        return self.tag.type not in COUNTED

    @cached_property
    def totals(self) -> Counts:
        return self.counts.sum(axis=0)

    def joined(self, groups: Sequence[Sequence[int]]) -> "Spread":
        """Return the spread whose parts are these parts of this one, put together."""
        parts = tuple(_join([self.parts[i] for i in group]) for group in groups)
        counts = np.column_stack([self.counts[:, list(group)].sum(axis=1) for group in groups])
        return replace(self, parts=parts, counts=counts)


def take_spreads(ws: Workspace, now: Current, groups: Sequence[OrdinalSet], tags: Sequence[Tag]) -> list[Spread]:
    """Return how each tag is spread over groups that share nobody; quantiles are those of all groups together."""
    index = index_of(ws, now)
    if index is None:
        return list(_by_columns(ws, now, groups, tags))
    everybody = OrdinalSet.empty()
    for group in groups:
        everybody |= group

    def work(tag: Tag) -> Spread:
        column = index.columns[tag.name]
        if column.spread or tag.type in COUNTED:
            return _spread(tag, _Counted(index.values[tag.name], by_rank(index, tag.name, groups)))
        return _spread(tag, _Sliced(index, tag.name, groups, everybody))

    with ThreadPoolExecutor(ws.settings.threads) as pool:
        return list(pool.map(work, tags))


def _by_columns(ws: Workspace, now: Current, groups: Sequence[OrdinalSet], tags: Sequence[Tag]) -> Iterator[Spread]:
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
            yield _spread(tag, _Counted(distinct, counts.reshape(-1, len(groups) + 1)[:, 1:].T.astype(np.int64)))


class _Ranked(Protocol):
    """Values of a column by rank, ascending from 1, and how many of each group have them; rank 0 has no value."""

    @property
    def values(self) -> pa.Array: ...
    def known(self) -> Counts: ...
    def unknown(self) -> Counts: ...
    def at(self, positions: Sequence[int]) -> list[int]: ...
    def up_to(self, ranks: Sequence[int]) -> Counts: ...


@dataclass(frozen=True, eq=False)
class _Counted:
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


def _spread(tag: Tag, ranked: _Ranked) -> Spread:
    known = int(ranked.known().sum())
    if isinstance(ranked, _Counted) and tag.type in COUNTED:
        parts, counts = _values(ranked)
    elif known:
        parts, counts = _bands(ranked, _cuts(ranked, known))
    else:
        parts, counts = [], np.zeros((ranked.unknown().size, 0), np.int64)
    unknown = ranked.unknown()
    if unknown.any() or not parts:
        parts, counts = [*parts, Part("unknown", unknown=True)], np.column_stack([counts, unknown])
    return Spread(tag, tuple(parts), counts)


def _values(ranked: _Counted) -> tuple[list[Part], Counts]:
    totals = ranked.counts[:, 1:].sum(axis=0)
    order = np.argsort(-totals, kind="stable")
    held = order[: int((totals > 0).sum())]
    alone, others = held[:MOST_VALUES], held[MOST_VALUES:]
    parts = [Part("value", value=ranked.values[int(i)].as_py()) for i in alone]
    counts = ranked.counts[:, 1 + alone]
    if others.size:
        parts.append(Part("other"))
        counts = np.column_stack([counts, ranked.counts[:, 1 + others].sum(axis=1)])
    return parts, counts


def _cuts(ranked: _Ranked, known: int) -> list[int]:
    """Return ranks at which bands end, the last one not among them: each value, or the deciles of all groups."""
    distinct = len(ranked.values)
    if distinct <= ONE_BY_ONE:
        return list(range(1, distinct))
    positions = [-(-known * tenths // 10) for tenths in TENTHS]
    return sorted(set(ranked.at(positions)))


def _bands(ranked: _Ranked, cuts: Sequence[int]) -> tuple[list[Part], Counts]:
    known = ranked.known()
    below = np.column_stack([np.zeros_like(known), ranked.up_to(cuts), known]) if cuts else _whole(known)
    counts, bounds = np.diff(below, axis=1), [0, *cuts, len(ranked.values)]
    filled = np.flatnonzero(counts.sum(axis=0) > 0).tolist()
    ends = [*(bounds[i + 1] for i in filled[:-1]), bounds[-1]]
    starts = [0, *ends[:-1]]
    parts = [_band(ranked, start, end, last=end == ends[-1]) for start, end in zip(starts, ends, strict=True)]
    return parts, counts[:, filled]


def _whole(known: Counts) -> Counts:
    return np.column_stack([np.zeros_like(known), known])


def _band(ranked: _Ranked, start: int, end: int, *, last: bool) -> Part:
    """Return the band of ranks above `start` up to `end`; the greatest value of all is one person's, and not told."""

    def stored(rank_: int) -> Stored:
        return ranked.values[rank_ - 1].as_py()

    return Part(
        "band",
        value=stored(end) if end == start + 1 else None,
        above=stored(start) if start else None,
        up_to=None if last else stored(end),
    )


def _join(parts: Sequence[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    unknown = any(part.unknown for part in parts)
    bands = [part for part in parts if part.kind == "band"]
    if bands:
        return Part("band", above=bands[0].above, up_to=bands[-1].up_to, unknown=unknown)
    return Part("other", unknown=unknown)
