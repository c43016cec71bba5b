"""Says how audiences overlap: any two of them, and all of them at once, each customer counted in one place only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.index import overlap as count_shared
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.groups import Party, everybody, parties
from quanyu.targeting.tags.runs import current

MOST = 220
"""Audiences that are held against each other at once."""
MOST_PATTERNS = 32
"""Audiences of which exclusive cells are counted: a customer's pattern is one bit for each."""
CELLS = 12
"""Cells that are shown, the largest."""

_AT_ONCE = 1 << 14  # words: a million customers

Patterns = npt.NDArray[np.uint32]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pair:
    """Two audiences: `jaccard` is the shared part of all in either, `lift` is 100 where chance would give as much."""

    one: str
    other: str
    shared: int
    jaccard: float
    lift: float | None


@dataclass(frozen=True)
class Cell:
    """Customers who are in all of these audiences and in none of the others."""

    audiences: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Cells:
    """The largest cells; `more` others that are not empty hold `rest` customers."""

    shown: tuple[Cell, ...]
    more: int
    rest: int


@dataclass(frozen=True)
class Overlap:
    """Audiences by their last snapshots: `shared[i][j]` are in both, `any` in one at least.

    `cells` is None where there are too many audiences for them.
    """

    parties: tuple[Party, ...]
    base: int
    any: int
    shared: tuple[tuple[int, ...], ...]
    pairs: tuple[Pair, ...]
    cells: Cells | None
    as_of: datetime


def overlap(ws: Workspace, names: Sequence[str]) -> Overlap:
    """Say how the last snapshots of these audiences overlap, 2 to 220 of them, the pair that shares most first."""
    chosen = list(dict.fromkeys(names))
    if not 2 <= len(chosen) <= MOST:
        raise Invalid(
            Text("So many audiences cannot be held against each other.", "无法比较这么多人群。"),
            received=len(chosen),
            allowed=[f"2 … {MOST}"],
        )
    now = current(ws)
    base = everybody(ws, now)
    found = parties(ws, now, chosen, base)
    sets = [each.members for each in found]
    shared = count_shared(sets, ws.settings.threads)
    counted = count_cells(sets) if len(sets) <= MOST_PATTERNS else None
    return Overlap(
        parties=tuple(found),
        base=base.size,
        any=_any(sets),
        shared=tuple(tuple(row) for row in shared.tolist()),
        pairs=tuple(_pairs(chosen, shared, base.size)),
        cells=None if counted is None else _cells(chosen, *counted),
        as_of=now.run.as_of,
    )


def count_cells(sets: Sequence[OrdinalSet]) -> tuple[Patterns, Counts]:
    """Return the patterns of membership that occur, bit i for set i, and how many members have each; none has no bit.

    A million ordinals at a time: 4 bytes of pattern for each, whatever the number of sets, at most 32.
    """
    reach = max((members.words.size for members in sets), default=0)
    patterns, counts = np.zeros(0, np.uint32), np.zeros(0, np.int64)
    for begin in range(0, reach, _AT_ONCE):
        found, many = np.unique(_patterns(sets, begin), return_counts=True)
        whole, place = np.unique(np.concatenate([patterns, found]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, many]), whole.size).astype(np.int64)
        patterns = whole
    return patterns[patterns > 0], counts[patterns > 0]


def _patterns(sets: Sequence[OrdinalSet], begin: int) -> Patterns:
    found = np.zeros(_AT_ONCE * 64, np.uint32)
    for i, members in enumerate(sets):
        words = members.words[begin : begin + _AT_ONCE].astype("<u8", copy=False)
        bits = np.unpackbits(words.view(np.uint8), bitorder="little")
        found[: bits.size] |= bits.astype(np.uint32) << np.uint32(i)
    return found


def _cells(names: Sequence[str], patterns: Patterns, counts: Counts) -> Cells:
    order = np.lexsort((patterns, -counts))
    shown = tuple(
        Cell(tuple(name for bit, name in enumerate(names) if int(patterns[i]) >> bit & 1), int(counts[i]))
        for i in order[:CELLS]
    )
    return Cells(shown, max(0, int(order.size) - CELLS), int(counts[order[CELLS:]].sum()))


def _pairs(names: Sequence[str], shared: Counts, base: int) -> list[Pair]:
    found: list[Pair] = []
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            both, here, there = int(shared[i, j]), int(shared[i, i]), int(shared[j, j])
            either = here + there - both
            lift = 100 * both * base / (here * there) if here and there else None
            found.append(Pair(one, names[j], both, both / either if either else 0.0, lift))
    return sorted(found, key=lambda pair: (-pair.jaccard, -pair.shared))


def _any(sets: Sequence[OrdinalSet]) -> int:
    union = OrdinalSet.empty()
    for members in sets:
        union |= members
    return union.count()
