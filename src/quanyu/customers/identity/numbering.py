"""Numbers what is equal equally, and says which groups agree: in time that grows with the rows alone."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
_INT64 = np.int64
_MANY = 1_000_000  # rows, for which a thread is worth its start
T = TypeVar("T")


def number_pairs(left: Integers, right: Integers) -> Integers:
    """Number equal pairs equally, from 0, in no order of theirs."""
    rows = len(left)
    number, place = np.empty(rows, _INT64), np.empty(rows, np.int32)
    words = left.view(np.uint64), right.view(np.uint64)
    _kernels().numbered(*words, np.empty(rows, np.uint64), np.empty(rows, np.uint64), place, number)
    return number


def agreed(group: Integers, value: Integers, groups: int) -> tuple[NDArray[np.int8], Integers]:
    """Return per group whether it has no value (0), one (1) or several (2), and the first of them, 0 where none."""
    count, first = np.full(groups, 0, np.int8), np.full(groups, 0, _INT64)
    _kernels().said(group, value, count, first)
    return count, first


def only(group: Integers, place: Integers, value: NDArray[np.integer[Any]], places: int) -> Integers:
    """Return per place the one value other than 0 that the groups there have, else 0; place -1 is none."""
    first = np.full(places, 0, _INT64)
    _kernels().only(group, place, value, first, np.full(places, False))
    return first


def renumber(number: Integers) -> Integers:
    """Number from 0, in their order, those numbers that occur."""
    found = np.empty(len(number), _INT64)
    _kernels().closed_up(number, np.full(int(number.max(initial=-1)) + 1, 0, _INT64), found)
    return found


def in_order(number: Integers, numbers: int) -> tuple[Integers, Integers]:
    """Return where each number begins in the order of numbers, with the end of all, and that order, stable."""
    begin, order = np.full(numbers + 1, 0, _INT64), np.empty(len(number), _INT64)
    _kernels().in_order(number, begin, order)
    return begin, order


def spread(begin: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Return each place of `begin` as often as it is below `end`, and all numbers from the one to the other."""
    rows = int((end - begin).sum())
    place, at = np.empty(rows, _INT64), np.empty(rows, _INT64)
    _kernels().spread(begin, end, place, at)
    return place, at


def number_by_first(group: Integers, chosen: NDArray[np.bool_]) -> Integers:
    """Number the chosen groups from 0, by the first places where they stand; -1 where another one does."""
    found = np.full(len(group), -1)
    _kernels().by_first(group, chosen, np.full(len(chosen), -1), found)
    return found


def at_once(call: Callable[[T], Integers], columns: Sequence[T], rows: int) -> list[Integers]:
    """Call array code for each of several columns, for many rows on two cores: while it runs, others may."""
    if rows < _MANY:
        return [call(column) for column in columns]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(call, columns))


def _kernels() -> Any:
    return import_module("quanyu.customers.identity.kernels")  # a second, for the compiler's sake
