"""Expressions over the rows of an index: rows, comparisons of ranks, and what they are joined to."""

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Row:
    """Who has a bit in this row."""

    row: int


@dataclass(frozen=True)
class Above:
    """Whose rank, kept in `bits` rows from `row` on, the lowest bit first, is above `rank`; unknown is rank 0."""

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


Expression: TypeAlias = Row | Above | Equal | Among | Constant | Not | Joined
EVERYBODY, NOBODY = Constant(True), Constant(False)
