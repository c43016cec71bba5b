"""Numbers what is equal equally, and says which groups agree: in time that grows with the rows alone."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def number_pairs(left: Integers, right: Integers) -> Integers:
    """Number equal pairs equally, from 0, in no order of theirs."""
    return _kernels().numbered(left.view(np.uint64), right.view(np.uint64))


def agreed(group: Integers, value: Integers, groups: int) -> tuple[NDArray[np.int8], Integers]:
    """Return per group whether it has no value (0), one (1) or several (2), and the first of them, 0 where none."""
    return _kernels().said(group, value, groups)


def only(group: Integers, place: Integers, value: NDArray[np.integer[Any]], places: int) -> Integers:
    """Return per place the one value other than 0 that the groups there have, else 0; place -1 is none."""
    return _kernels().only(group, place, value, places)


def renumber(number: Integers) -> Integers:
    """Number from 0, in their order, those numbers that occur."""
    met = np.zeros(int(number.max()) + 1 if len(number) else 0, np.int64)
    met[number] = 1
    return (np.cumsum(met) - 1)[number]


def number_by_first(group: Integers, chosen: NDArray[np.bool_]) -> Integers:
    """Number the chosen groups from 0, by the first places where they stand; -1 where another one does."""
    return _kernels().by_first(group, chosen)


def _kernels() -> Any:
    return import_module("quanyu.customers.identity.kernels")  # a second, for the compiler's sake
