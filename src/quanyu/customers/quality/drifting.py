"""How far two parts of the same field lie apart: the population stability index."""

from collections.abc import Sequence
from itertools import pairwise
from math import log

LEAST_ROWS = 100
"""With fewer rows on one side, chance alone looks like drift."""
NOTABLE, GREAT = 0.1, 0.25


def stability_index(before: Sequence[int], latest: Sequence[int]) -> float | None:
    """Return the index over bins that both sides are counted in, None where a side has too few rows.

    An empty bin counts as half a row, so that one value that was never seen does not make the index endless.
    """
    many, few = sum(before), sum(latest)
    if min(many, few) < LEAST_ROWS:
        return None
    shares = [(max(b, 0.5) / many, max(n, 0.5) / few) for b, n in zip(before, latest, strict=True) if b or n]
    return sum((new - old) * log(new / old) for old, new in shares)


def bins_above(total: int, above: Sequence[int]) -> list[int]:
    """Return how many of `total` lie in each bin, where `above` says how many lie above each edge, ascending."""
    bounds = [total, *above, 0]
    return [low - high for low, high in pairwise(bounds)]
