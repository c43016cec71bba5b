"""Takes statistics of rows in memory by compiled loops: what `aggregating.measured` says, many times faster.

An engine groups rows by hashing, once for all statistics and once more for each column whose values are counted. Here
rows are dealt out to blocks of customers and put in the order of customers there, and each statistic is one loop over a
column and the rows that count. A block fits the cache, so that neither order nor reading again costs much.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, reduce
from importlib import import_module
from operator import and_
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.measuring import Behaviour, ValueType
from quanyu.targeting.fields.aggregating import BILLION, MONDAY, Choice, Statistics, choices, columns_of
from quanyu.targeting.fields.arrays import (
    LARGE,
    Column,
    Flags,
    Numbers,
    Unfit,
    array_of,
    coded,
    column_of,
    day_number,
    flags_of,
)
from quanyu.targeting.fields.model import Rule, Statistic

ROWS_AT_ONCE = 1 << 17
"""Of which a few columns fit the cache of a core."""

Places = npt.NDArray[np.int64]
Found = tuple[Numbers, Flags]
"""A number or a code for each customer, and for whom there is one."""
Key = TypeVar("Key")
Made = TypeVar("Made")

_COUNTED = frozenset({"top", "distinct"})
_OF_A_ROW = frozenset({"min", "max", "first", "last"})


def folded(
    behaviour: Behaviour,
    statistics: Statistics,
    rows: pa.Table,
    rules: Mapping[Rule, str],
    customers: Places,
    day: date,
    threads: int,
) -> dict[str, pa.Array]:
    """Return each statistic of these customers, who ascend, as of a day; NULL of whom there is no row.

    `rows` and `rules` are those of `aggregating.ruled`; rows of others are passed over. Raises `Unfit`.
    """
    if rows["day"].null_count:
        raise Unfit
    with ThreadPoolExecutor(threads) as pool:
        said = _said(behaviour, statistics, rows, rules, customers, day, pool)
        found = {name: _room_for(said, each, customers.size) for name, each in statistics.items()}

        def work(number: int) -> None:
            block = _Block(said, number)
            for name, each in statistics.items():
                numbers, there = found[name]
                numbers[block.customers], there[block.customers] = block.take(each)

        list(pool.map(work, range(said.begins.size - 1)))
    return {name: said.told(each, *found[name]) for name, each in statistics.items()}


@dataclass(frozen=True)
class _Said:
    """What the rows of blocks say, each block's from its place in `begins` on: columns, and of which a rule is true.

    A block are so many customers as its `width`; `number` says whose of `customers` a row is.
    """

    columns: Mapping[str, Column]
    codes: Mapping[str, Column]
    rules: Mapping[Rule, Flags]
    types: Mapping[str, ValueType]
    day: date
    number: Numbers
    begins: Places
    width: int
    customers: int

    def told(self, each: Statistic, numbers: Numbers, there: Flags) -> pa.Array:
        """Return the values of a statistic of which these numbers were found."""
        if each.take == "top":
            return self.codes[each.of or ""].values(numbers, there)
        if each.take in _OF_A_ROW:
            return self.columns[each.of or "day"].values(numbers, there)
        return array_of(numbers, there)


def _said(
    behaviour: Behaviour,
    statistics: Statistics,
    rows: pa.Table,
    rules: Mapping[Rule, str],
    customers: Places,
    day: date,
    pool: ThreadPoolExecutor,
) -> _Said:
    number, most = _numbered(rows["customer"].to_numpy(), customers)
    blocks = max(1, min(rows.num_rows // ROWS_AT_ONCE, customers.size))
    width = -(-max(customers.size, 1) // blocks)
    block, begins = _kernels().in_blocks(number, width, -(-customers.size // width))

    def dealt(values: Any) -> Any:
        return None if values is None else _kernels().dealt(values, block, begins)

    def deal(column: Column) -> Column:
        return replace(column, numbers=dealt(column.numbers), known=dealt(column.known))

    plain = {"day"} | {name for each in statistics.values() for name in _read(each)}
    counted = {each.of for each in statistics.values() if each.take in _COUNTED and each.of is not None}
    return _Said(
        columns=_each(pool, plain, lambda name: deal(column_of(rows[name], most))),
        codes=_each(pool, counted, lambda name: deal(coded(rows[name]))),
        rules=_each(pool, rules, lambda rule: dealt(flags_of(rows[rules[rule]]))),
        types={column.name: column.type for column in columns_of(behaviour).values()},
        day=day,
        number=dealt(number),
        begins=begins,
        width=width,
        customers=customers.size,
    )


def _numbered(owner: Places, customers: Places) -> tuple[Numbers, int]:
    """Return of each row the place of its owner among these customers, -1 of others, and the most rows of one."""
    low = int(customers[0]) if customers.size else 0
    place = np.full(int(customers[-1]) - low + 1 if customers.size else 0, -1, np.int32)
    place[customers - low] = np.arange(customers.size, dtype=np.int32)
    number, most = _kernels().numbered(owner, place, low)
    return number, int(most)


def _each(pool: ThreadPoolExecutor, keys: Iterable[Key], work: Callable[[Key], Made]) -> dict[Key, Made]:
    listed = list(keys)
    return dict(zip(listed, pool.map(work, listed), strict=True))


def _read(each: Statistic) -> set[str]:
    """Return the columns of which a statistic takes the values themselves."""
    of = None if each.take in _COUNTED or each.take == "streak" else each.of
    return {name for name in (of, each.by) if name is not None}


def _room_for(said: _Said, each: Statistic, customers: int) -> Found:
    """Return room for fractions or whole numbers."""
    of_values = each.take in {*_OF_A_ROW, "sum", "average"} and each.of is not None
    fractions = each.take in {"share", "trend"} or (each.take == "average" and said.types[each.of or ""] != "money")
    fractions |= of_values and said.columns[each.of or ""].numbers.dtype.kind == "f"
    return np.empty(customers, np.float64 if fractions else np.int64), np.empty(customers, np.bool_)


@cache
def _kernels() -> Any:
    return import_module("quanyu.targeting.fields.kernels")


class _Block:
    """The rows of some customers, in their order. What several statistics need is worked out once."""

    def __init__(self, said: _Said, block: int) -> None:
        first, end = block * said.width, min((block + 1) * said.width, said.customers)
        self.customers = slice(first, end)
        self._said, self._here = said, slice(said.begins[block], said.begins[block + 1])
        days = said.columns["day"].numbers[self._here].astype(np.int64)
        self._rows, self._starts = _kernels().ordered(said.number[self._here], days, first, end - first)
        self._numbers = cache(self._picked)
        self._known = cache(self._picked_known)
        self._counts = cache(self._counting)
        self._tally = cache(self._tallied)
        self._total = cache(self._added)

    def take(self, each: Statistic) -> Found:
        """Return a statistic of each customer."""
        of, counts = each.of, choices(each)
        match each.take:
            case "count":
                return self._tally(None, counts[0]), self._starts[1:] > self._starts[:-1]
            case "sum":
                return self._total(of or "", counts[0]), self._tally(of, counts[0]) > 0
            case "average":
                return self._average(of or "", counts[0])
            case "min" | "max":
                return self._extreme(of or "", counts[0], highest=each.take == "max")
            case "first" | "last":
                return self._at_end(of or "day", counts[0], last=each.take == "last")
            case "share":
                part, whole = (self._amount(of, some) for some in counts)
                return _divided(part, whole)
            case "trend":
                late, early = (self._amount(of, some) for some in counts)
                return _divided(late - early, late + early)
            case "distinct" | "top":
                return self._counted(of or "", each, counts[0])
            case "streak":
                periods = _periods(self._numbers("day"), of)
                found = _kernels().streak(self._starts, self._counts(counts[0]), periods)
                return found, found > 0

    def _in_order(self, values: Any) -> Any:
        return values[self._here].take(self._rows)

    def _picked(self, name: str) -> Numbers:
        numbers = self._in_order(self._said.columns[name].numbers)
        return numbers if numbers.dtype.kind == "f" else numbers.astype(np.int64, copy=False)

    def _picked_known(self, name: str) -> Flags | None:
        known = self._said.columns[name].known
        return None if known is None else self._in_order(known)

    def _counting(self, choice: Choice) -> Flags:
        """Say which rows count."""
        (window, rule), days, today = choice, self._numbers("day"), self._said.day
        first, last = window.bounds(today)
        parts: list[Flags] = [] if rule is None else [self._in_order(self._said.rules[rule])]
        parts += [] if first is None else [days >= day_number(first)]
        parts += [] if last is None or last >= today else [days <= day_number(last)]
        return reduce(and_, parts) if parts else np.ones(days.size, np.bool_)

    def _holds(self, of: str | None, choice: Choice) -> Flags:
        """Say which rows count and have a value."""
        known = None if of is None else self._known(of)
        return self._counts(choice) if known is None else self._counts(choice) & known

    def _tallied(self, of: str | None, choice: Choice) -> Places:
        return _kernels().tally(self._starts, self._holds(of, choice))

    def _added(self, of: str, choice: Choice) -> Numbers:
        return _kernels().total(self._starts, self._holds(of, choice), self._numbers(of))

    def _amount(self, of: str | None, choice: Choice) -> Numbers:
        return self._tally(None, choice) if of is None else self._total(of, choice)

    def _average(self, of: str, choice: Choice) -> Found:
        number, type_ = self._tally(of, choice), self._said.types[of]
        if type_ == "share":
            parts = _kernels().total(self._starts, self._holds(of, choice), _billionths(self._numbers(of)))
            return _divided(parts.astype(np.float64), number * BILLION)
        if type_ == "money":
            return (self._total(of, choice) * 2 + number) // np.maximum(number * 2, 1), number > 0
        return _divided(self._total(of, choice), number)

    def _extreme(self, of: str, choice: Choice, *, highest: bool) -> Found:
        return self._at(of, _kernels().extreme(self._starts, self._holds(of, choice), self._numbers(of), highest))

    def _at_end(self, of: str, choice: Choice, *, last: bool) -> Found:
        holds, days = self._holds(of, choice), self._numbers("day")
        return self._at(of, _kernels().at_end(self._starts, holds, days, self._numbers(of), last))

    def _at(self, of: str, rows: Places) -> Found:
        numbers, there = self._numbers(of), rows >= 0
        return (numbers.take(rows) if numbers.size else np.zeros(rows.size, numbers.dtype)), there

    def _counted(self, of: str, each: Statistic, choice: Choice) -> Found:
        column = self._said.codes[of]
        codes, distinct = self._in_order(column.numbers).astype(np.int32), len(column.distinct or ())
        if each.take == "distinct":
            found = _kernels().kinds(self._starts, self._counts(choice), codes, distinct)
        else:
            found = _kernels().top(self._starts, self._counts(choice), codes, self._weights(each.by), distinct)
        return found, found > 0

    def _weights(self, by: str | None) -> Numbers:
        if by is None:
            return np.ones(self._rows.size, np.int64)
        numbers, known = self._numbers(by), self._known(by)
        return numbers if known is None else np.where(known, numbers, 0)


def _divided(of: Numbers, over: Numbers) -> Found:
    there = over > 0
    return np.divide(of, over, out=np.zeros(of.size), where=there), there


def _billionths(values: Numbers) -> Places:
    """Round as the engine does: halves away from zero."""
    parts = values * BILLION
    if np.abs(parts).max(initial=0) * parts.size > LARGE:
        raise Unfit
    whole = np.trunc(parts)
    return (whole + np.where(np.abs(parts - whole) >= 0.5, np.sign(parts), 0)).astype(np.int64)


def _periods(days: Places, of: str | None) -> Places:
    """Number the months or the weeks in which days since 1970 lie."""
    if of == "month":
        return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (days - day_number(MONDAY)) // 7
