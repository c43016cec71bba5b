"""Compiled loops over records and what they share, kept beside the code."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def united(records, keys, record, key):  # type: ignore[no-untyped-def]
    """Return components of records numbered by their first records.

    The first record that has a key stands for it. Every parent is below its child, so that one pass numbers all.
    """
    parent = np.arange(records)
    stands = np.full(keys, -1, np.int64)
    for i in range(len(record)):
        a, other = record[i], stands[key[i]]
        if other < 0:
            stands[key[i]] = a
            continue
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = parent[other]
        if a < other:
            parent[other] = a
        elif other < a:
            parent[a] = other
    number, label = 0, np.empty(records, np.int64)
    for i in range(records):
        if parent[i] == i:
            label[i] = number
            number += 1
        else:
            label[i] = label[parent[i]]
    return label
