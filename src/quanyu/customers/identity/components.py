"""Connected components of records and what they share: a union-find in compiled array code."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def join(records: int, record: Integers, key: Integers, keys: int) -> Integers:
    """Return a component from 0 per record; a link at each place joins `record` to `key`, both below their counts.

    Components are numbered in the order of their first records.
    """
    if not len(record):
        return np.arange(records)
    kernels: Any = import_module("quanyu.customers.identity.kernels")  # a second, for the compiler's sake
    label = np.empty(records, np.int64)
    kernels.united(record, key, np.arange(records, dtype=np.int32), np.full(keys, -1, np.int32), label)
    return label
