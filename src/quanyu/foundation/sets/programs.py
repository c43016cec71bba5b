"""Expressions over the rows of an index, put together into programs that run in one pass over the words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

BLOCK = 1_024
"""Words that a program works on at a time: a row's block is 8 KB, so that a number's rows and a stack fit the cache."""

LOAD, AT_MOST, EQUAL, AMONG, ALL, NONE, AND, OR, NOT, AND_ROW, OR_ROW = range(11)
"""Operations of a program."""


@dataclass(frozen=True)
class Row:
    """Who has a bit in this row."""

    row: int


@dataclass(frozen=True)
class AtMost:
    """Whose rank, kept in `bits` rows from `row` on, the lowest bit first, is at most `rank`; unknown is rank 0."""

    row: int
    bits: int
    rank: int


@dataclass(frozen=True)
class Equal:
    """Whose rank is this one."""

    row: int
    bits: int
    rank: int


@dataclass(frozen=True)
class Among:
    """Whose rank is one of these."""

    row: int
    bits: int
    ranks: frozenset[int]


@dataclass(frozen=True)
class Constant:
    """Everybody, or nobody."""

    everybody: bool


@dataclass(frozen=True)
class Not:
    part: "Expression"


@dataclass(frozen=True)
class Joined:
    """All of these hold, or any does; of no parts all hold and none does."""

    kind: Literal["all", "any"]
    parts: tuple["Expression", ...]


Expression: TypeAlias = Row | AtMost | Equal | Among | Constant | Not | Joined
EVERYBODY, NOBODY = Constant(True), Constant(False)


@dataclass(frozen=True)
class Programs:
    """Expressions as the kernels run them: see `kernels.run`."""

    code: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    tables: npt.NDArray[np.uint64]
    depth: int


def assemble(expressions: Sequence[Expression]) -> Programs:
    """Put expressions together; of parts that are joined the deepest is worked out first, so that stacks stay low."""
    assembly = _Assembly()
    starts = [0]
    for expression in expressions:
        assembly.add(expression)
        starts.append(len(assembly.code))
    depth = max((_depth(expression) for expression in expressions), default=1)
    return Programs(
        np.array(assembly.code, np.int64).reshape(-1, 4),
        np.array(starts, np.int64),
        np.concatenate([np.zeros(1, np.uint64), *assembly.tables]),
        depth,
    )


_JOINING = {"all": AND, "any": OR}
_JOINING_ROWS = {"all": AND_ROW, "any": OR_ROW}


@dataclass
class _Assembly:
    """Instructions so far, and tables of ranks behind one word of nothing."""

    code: list[tuple[int, int, int, int]] = field(default_factory=list[tuple[int, int, int, int]])
    tables: list[npt.NDArray[np.uint64]] = field(default_factory=list[npt.NDArray[np.uint64]])

    def add(self, expression: Expression) -> None:
        match expression:
            case Row(row):
                self.code.append((LOAD, row, 1, 0))
            case AtMost(row, bits, rank):
                self.code.append((AT_MOST, row, bits, rank))
            case Equal(row, bits, rank):
                self.code.append((EQUAL, row, bits, rank))
            case Among(row, bits, ranks):
                self.code.append((AMONG, row, bits, self._table(bits, ranks)))
            case Constant(everybody):
                self.code.append((ALL if everybody else NONE, 0, 0, 0))
            case Not(part):
                self.add(part)
                self.code.append((NOT, 0, 0, 0))
            case Joined(kind, parts):
                self._join(kind, sorted(parts, key=_order))

    def _join(self, kind: str, parts: Sequence[Expression]) -> None:
        self.add(parts[0] if parts else Constant(kind == "all"))
        for part in parts[1:]:
            if isinstance(part, Row):
                self.code.append((_JOINING_ROWS[kind], part.row, 1, 0))
            else:
                self.add(part)
                self.code.append((_JOINING[kind], 0, 0, 0))

    def _table(self, bits: int, ranks: frozenset[int]) -> int:
        """Keep a bit for every rank, and return where they begin."""
        begin = 1 + sum(table.size for table in self.tables)
        wanted = np.zeros(1 << bits, np.bool_)
        wanted[list(ranks)] = True
        octets = np.zeros(max(1 << bits >> 6, 1) * 8, np.uint8)
        packed = np.packbits(wanted, bitorder="little")
        octets[: packed.size] = packed
        self.tables.append(octets.view(np.uint64))
        return begin


def _order(part: Expression) -> tuple[int, bool]:
    """Put the deepest part first and single rows last: a row joins what is there without a place of its own."""
    return -_depth(part), isinstance(part, Row)


def _depth(expression: Expression) -> int:
    """Return how high the stack grows."""
    match expression:
        case Not(part):
            return _depth(part)
        case Joined(_, parts) if parts:
            first, *others = sorted((_depth(part) for part in parts), reverse=True)
            return max(first, *(1 + depth for depth in others), 1)
        case _:
            return 1
