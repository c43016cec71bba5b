"""How an index lies in its files: which rows belong to a column, and how many words a row has in each shard."""

from dataclasses import dataclass

from quanyu.foundation.sets.programs import PAD

SHARD = 24
"""Bits of an ordinal within its shard."""
SPREAD = 32
"""Distinct values up to which a column has a row for each."""
FORMAT = 2


@dataclass(frozen=True)
class Column:
    """Where a column stands in the rows of an index; `rows` is 0 where it has no value at all.

    Behind its rows one more says who has a value.
    """

    name: str
    distinct: int
    row: int
    rows: int
    spread: bool  # a row for each value, else the bits of the rank
    values: int  # number of the file that holds the distinct values

    @property
    def end(self) -> int:
        """The first row behind the column's."""
        return self.row + self.rows + 1


def width(words: int) -> int:
    """Return the words of a row, a multiple of `PAD` and at least that many."""
    return max(-(-words // PAD), 1) * PAD


def widths(reach: int, shard: int) -> list[int]:
    """Return the words of a row in each shard."""
    starts = range(0, max(reach, 1), 1 << shard)
    return [width((min(reach - start, 1 << shard) + 63) >> 6) for start in starts]
