"""Says how the values of tags are spread over groups: bands cut at the base's own quantiles, most frequent values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.model import Stored
from quanyu.targeting.tags.listing import COUNTED
from quanyu.targeting.tags.model import Tag
from quanyu.targeting.tags.ranked import Counted, Counts, Ranked, cuts, each_ranked
from quanyu.targeting.tags.runs import Current

MOST_VALUES = 100
"""Values of a code that stand alone, the most frequent of all groups together; the others are one part."""

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
    return each_ranked(ws, now, groups, tags, _spread)


def _spread(tag: Tag, ranked: Ranked) -> Spread:
    known = int(ranked.known().sum())
    if isinstance(ranked, Counted) and tag.type in COUNTED:
        parts, counts = _values(ranked)
    elif known:
        parts, counts = _bands(ranked, cuts(ranked, known))
    else:
        parts, counts = [], np.zeros((ranked.unknown().size, 0), np.int64)
    unknown = ranked.unknown()
    if unknown.any() or not parts:
        parts, counts = [*parts, Part("unknown", unknown=True)], np.column_stack([counts, unknown])
    return Spread(tag, tuple(parts), counts)


def _values(ranked: Counted) -> tuple[list[Part], Counts]:
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


def _bands(ranked: Ranked, cuts: Sequence[int]) -> tuple[list[Part], Counts]:
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


def _band(ranked: Ranked, start: int, end: int, *, last: bool) -> Part:
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
