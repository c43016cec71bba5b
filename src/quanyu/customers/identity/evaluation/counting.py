"""Counts how two ways of telling records apart agree, from how many records each pair of groups has in common."""

import numpy as np
from numpy.typing import NDArray

from quanyu.customers.identity.evaluation.model import Band, Scores

Integers = NDArray[np.int64]
_FROM = (1, 2, 3, 4, 5, 10, 100, 1_000, 10_000)


def codes_of(labels: NDArray[np.generic]) -> Integers:
    """Number the distinct labels from 0."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def cells_of(one: Integers, other: Integers) -> tuple[Integers, Integers, Integers]:
    """Return every pair of codes that some record has, and how many have it."""
    width = int(other.max(initial=0)) + 1
    cell, count = np.unique(one * width + other, return_counts=True)
    return cell // width, cell % width, count.astype(np.int64)


def pairs_of(counts: Integers) -> int:
    """Return how many pairs there are within groups of these sizes."""
    return int((counts * (counts - 1) // 2).sum())


def pairs_within(*labels: Integers) -> int:
    """Return how many pairs of records have the same code in every one of the labellings."""
    together = labels[0]
    for more in labels[1:]:
        together = codes_of(together * (int(more.max(initial=0)) + 1) + more)
    return pairs_of(np.bincount(together))


def score(truth: Integers, found: Integers) -> Scores:
    """Grade a labelling: codes from 0, record by record, of persons and of what was found."""
    if not len(truth):
        return Scores(0, 0, 0, 1.0, 1.0)
    person, customer, count = cells_of(truth, found)
    persons, customers = np.bincount(truth), np.bincount(found)
    squares = count.astype(np.float64) ** 2
    return Scores(
        true_pairs=pairs_of(persons),
        found_pairs=pairs_of(customers),
        right_pairs=pairs_of(count),
        bcubed_precision=float((squares / customers[customer]).sum() / len(truth)),
        bcubed_recall=float((squares / persons[person]).sum() / len(truth)),
    )


def bands_of(truth: Integers, found: Integers) -> tuple[Band, ...]:
    """Return how many persons and customers have how many records; bands beyond the largest are left out."""
    persons, customers = (np.bincount(codes) for codes in (truth, found))
    ends = [*(start - 1 for start in _FROM[1:]), None]
    names = [_name(start, end) for start, end in zip(_FROM, ends, strict=True)]
    of_persons, of_customers = (_spread(sizes) for sizes in (persons, customers))
    last = max((i for i, both in enumerate(zip(of_persons, of_customers, strict=True)) if any(both)), default=-1)
    return tuple(map(Band, names, of_persons, of_customers))[: last + 1]


def _spread(sizes: NDArray[np.generic]) -> list[int]:
    band = np.searchsorted(np.array(_FROM), sizes, side="right") - 1
    return np.bincount(band[band >= 0], minlength=len(_FROM)).tolist()


def _name(start: int, end: int | None) -> str:
    if end is None:
        return f"{start:,}+"
    return f"{start:,}" if start == end else f"{start:,}–{end:,}"


def components(size: int, records: Integers, labels: NDArray[np.generic]) -> Integers:
    """Return the component of each of `size` records (from 0); each of `records` has the label at the same place."""
    from scipy.sparse import coo_array  # noqa: PLC0415  a second to import, and only this needs it
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    points = codes_of(labels) + size
    whole = int(points.max(initial=size - 1)) + 1
    graph = coo_array((np.ones(len(records), np.int8), (records, points)), shape=(whole, whole))
    return connected_components(graph, directed=False)[1][:size].astype(np.int64)
