"""Array code for how values relate: which several records share, and which tie records of several sources together."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
"""A value is told by a number, its point: what has the same point is the same."""
Sources = NDArray[np.int16]
"""Sources are told by their place in a list."""


def count_points(points: Numbers, sources: Sources, among: int) -> tuple[Numbers, Numbers]:
    """Return for each of `among` sources how many points it has, and how many of its rows share theirs with another."""
    distinct, shared = np.zeros(among, np.int64), np.zeros(among, np.int64)
    for source in range(among):
        times = np.diff(_runs(np.sort(points[sources == source])))
        distinct[source], shared[source] = len(times), times[times > 1].sum()
    return distinct, shared


def tied_records(points: Numbers, records: Numbers, sources: Sources) -> Numbers:
    """Return the records whose point a record of another source has too; a record may come several times."""
    order = np.argsort(points)
    runs, beside = _runs(points[order]), sources[order]
    if not len(order):
        return records
    across = np.minimum.reduceat(beside, runs[:-1]) != np.maximum.reduceat(beside, runs[:-1])
    return records[order[np.repeat(across, np.diff(runs))]]


def _runs(ordered: Numbers) -> Numbers:
    """Return where each run of equal numbers starts, and where the last one ends."""
    return (
        np.concatenate(([0], np.flatnonzero(np.diff(ordered)) + 1, [len(ordered)]))
        if len(ordered)
        else np.zeros(1, np.int64)
    )
