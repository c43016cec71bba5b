"""Programs: expressions put together so that all of them run in one pass over the words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from quanyu.foundation.sets.expressions import Above, Among, Constant, Equal, Expression, Joined, Not, Row

BLOCK = 256
"""Words that a program works on at a time: a row's block is 2 KB, so that all rows of a number fit the first cache."""
PAD = 1_024
"""Words of which a row in a file has a multiple."""

ABOVE, EQUAL, AMONG = range(3)
"""What is asked of ranks."""
LOAD, AND, OR, AND_NOT, NOT, KEEP = range(6)
"""Operations of a program."""
ROW, PLACE, STACK, CONSTANT = range(4)
"""Where the operand of an operation is: a row of the index, a place of something kept, the top of the stack."""


@dataclass(frozen=True)
class Programs:
    """Expressions as the kernels run them: see `kernels.run`."""

    leaves: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    tables: npt.NDArray[np.uint64]
    depth: int
    places: int


def assemble(expressions: Sequence[Expression]) -> Programs:
    """Put expressions together; what occurs in several, or several times in one, is worked out once.

    What is asked of ranks stands in front, column by column, so that a column's rows are read while they are in the
    first cache, whatever number of thresholds it is asked for.
    """
    parts = _Parts()
    roots = [parts.root(expression) for expression in expressions]
    assembly = _Assembly(parts)
    leaves = assembly.leaves()
    starts = [0]
    for root in roots:
        assembly.emit(LOAD, root)
        starts.append(len(assembly.code))
    return Programs(
        np.array(leaves, np.int64).reshape(-1, 4),
        np.array(assembly.code, np.int64).reshape(-1, 3),
        np.array(starts, np.int64),
        np.concatenate([np.zeros(1, np.uint64), *assembly.tables]),
        max((parts.depths[root] for root in roots), default=1),
        len(assembly.places),
    )


_Ranked: TypeAlias = Above | Equal | Among
_JOINING = {"all": AND, "any": OR}


@dataclass(frozen=True)
class _Compound:
    """A part that is made of others, by their numbers."""

    kind: Literal["all", "any", "not"]
    parts: tuple[int, ...]


_Part: TypeAlias = Row | _Ranked | Constant | _Compound


@dataclass
class _Parts:
    """Every distinct part once, behind those that it is made of; how high its stack grows, and how many use it.

    Who uses a negation uses what it negates: a join can do without the negation itself.
    """

    parts: list[_Part] = field(default_factory=list["_Part"])
    depths: list[int] = field(default_factory=list[int])
    uses: Counter[int] = field(default_factory=Counter[int])
    numbers: dict[_Part, int] = field(default_factory=dict["_Part", int])

    def root(self, expression: Expression) -> int:
        number = self._number_of(expression)
        self.uses[self._negated(number)] += 1
        return number

    def _number_of(self, expression: Expression) -> int:
        """Return the number of a part, a new one where it has not occurred yet."""
        match expression:
            case Not(Not(part)):
                return self._number_of(part)
            case Not(part):
                return self._number(_Compound("not", (self._number_of(part),)))
            case Joined(kind, parts) if parts:
                return self._joined(kind, {self._number_of(part) for part in parts})
            case Joined(kind):
                return self._number(Constant(kind == "all"))
            case _:
                return self._number(expression)

    def _joined(self, kind: Literal["all", "any"], parts: set[int]) -> int:
        """Put the deepest part first, so that stacks stay low, and negations and rows behind it."""

        def place(number: int) -> tuple[int, bool, int]:
            part = self.parts[number]
            return -self.depths[number], isinstance(part, _Compound) and part.kind == "not", number

        order = sorted(parts, key=place)
        return self._number(_Compound(kind, tuple(order))) if len(order) > 1 else order[0]

    def _number(self, part: _Part) -> int:
        if part not in self.numbers:
            self.numbers[part] = len(self.parts)
            self.parts.append(part)
            mine = part.parts if isinstance(part, _Compound) else ()
            if isinstance(part, _Compound) and part.kind != "not":
                self.uses.update(self._negated(each) for each in mine)
            first, *others = [self.depths[each] for each in mine] or [1]
            self.depths.append(max(first, *(1 + depth for depth in others), 1))
        return self.numbers[part]

    def _negated(self, number: int) -> int:
        part = self.parts[number]
        return part.parts[0] if isinstance(part, _Compound) and part.kind == "not" else number


@dataclass
class _Assembly:
    """Instructions so far, tables of ranks behind one word of nothing, and where what is used again is kept."""

    parts: _Parts
    code: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    tables: list[npt.NDArray[np.uint64]] = field(default_factory=list[npt.NDArray[np.uint64]])
    places: dict[int, int] = field(default_factory=dict[int, int])

    def leaves(self) -> list[tuple[int, int, int, int]]:
        """Return what is asked of ranks, column by column, and give each a place."""
        asked = [(part, number) for number, part in enumerate(self.parts.parts) if isinstance(part, _Ranked)]
        asked.sort(key=lambda each: each[0].row)
        self.places = {number: place for place, (_, number) in enumerate(asked)}
        return [self._leaf(part) for part, _ in asked]

    def _leaf(self, leaf: _Ranked) -> tuple[int, int, int, int]:
        match leaf:
            case Above(row, bits, rank):
                return ABOVE, row, bits, rank
            case Equal(row, bits, rank):
                return EQUAL, row, bits, rank
            case Among(row, bits, ranks):
                return AMONG, row, bits, self._table(bits, ranks)

    def emit(self, operation: int, number: int) -> None:
        """Load a part, or join it with the top of the stack."""
        part = self.parts.parts[number]
        if isinstance(part, Row):
            self.code.append((operation, ROW, part.row))
        elif number in self.places:
            self.code.append((operation, PLACE, self.places[number]))
        elif isinstance(part, Constant):
            self.code.append((operation, CONSTANT, part.everybody))
        elif operation != LOAD:
            self.emit(LOAD, number)
            self.code.append((operation, STACK, 0))
        elif isinstance(part, _Compound):
            self._work_out(part)
            if self.parts.uses[number] > 1:
                self.places[number] = len(self.places)
                self.code.append((KEEP, PLACE, self.places[number]))

    def _work_out(self, compound: _Compound) -> None:
        first, *others = compound.parts
        self.emit(LOAD, first)
        if compound.kind == "not":
            self.code.append((NOT, STACK, 0))
            return
        for number in others:
            part = self.parts.parts[number]
            if compound.kind == "all" and isinstance(part, _Compound) and part.kind == "not":
                self.emit(AND_NOT, part.parts[0])
            else:
                self.emit(_JOINING[compound.kind], number)

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
