"""Takes statistics of a behaviour: all that need no grouping but the customer's in one pass over its rows.

What is distinct, most frequent or in a row needs the customer's rows grouped by the column once more: one further pass
for each such column, however many statistics ask for it.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from functools import reduce
from itertools import groupby
from operator import and_

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Behaviour, Column, Scope, ValueType
from quanyu.targeting.fields import calendar
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.compiling import compile_rule
from quanyu.targeting.fields.model import Askable, Rule, Statistic, Window, tags_of

COUNTING = frozenset({"count", "sum", "distinct", "streak"})
"""What is 0, not unknown, of a customer who did nothing of the kind."""
PERIODS = frozenset({"month", "week"})
"""What a streak may be counted in."""
MONDAY = date(1970, 1, 5)
BILLION = 1_000_000_000
_GROUPED = frozenset({"distinct", "top"})

Statistics = Mapping[str, Statistic]
Choice = tuple[Window, Rule | None]


def columns_of(behaviour: Behaviour) -> dict[str, Column]:
    """Return all that statistics of a behaviour may name: its own columns, and what is known of any day."""
    return {column.name: column for column in (*behaviour.columns, *calendar.COLUMNS)}


def askables_of(behaviour: Behaviour) -> Catalogue[Askable]:
    """Return the columns as a rule asks for them."""
    columns = columns_of(behaviour).values()
    return Catalogue(Askable(column.name, column.type, column.title, values=column.values) for column in columns)


def rows_of(behaviour: Behaviour, statistics: Statistics, scope: Scope) -> ir.Table:
    """Return the rows of which statistics are taken: columns customer, day, and all others that any of them asks for.

    Rows that are older than every window are left out.
    """
    asked = columns_asked(statistics)
    rows: Value = _with_customers(behaviour, asked, (), scope, first_day(statistics, scope.day))
    return rows.select("customer", "day", *sorted(asked - {"day"}))


def measured(
    behaviour: Behaviour, statistics: Statistics, scope: Scope, rows: ir.Table | None = None
) -> Iterator[ir.Table]:
    """Yield tables with a row for each customer who has any, which together have a column for each statistic.

    They are taken of `rows`, which `rows_of` has said for these statistics or more, else each of rows of its own.
    """

    def told_of(some: Statistics) -> tuple[ir.Table, dict[str, list[str]]]:
        return _flagged(behaviour, some, scope, rows_of(behaviour, some, scope) if rows is None else rows)

    plain = {name: each for name, each in statistics.items() if each.take not in _GROUPED and each.take != "streak"}
    if plain:
        told, held = told_of(plain)
        values = {name: _value(told, each, held[name], behaviour) for name, each in plain.items()}
        yield told.group_by("customer").agg(**values)
    grouped = sorted((each.of or "", name) for name, each in statistics.items() if each.take in _GROUPED)
    for column, names in groupby(grouped, key=lambda pair: pair[0]):
        some = {name: statistics[name] for _of, name in names}
        yield _by_column(*told_of(some), column, some)
    for name, each in statistics.items():
        if each.take == "streak":
            yield _longest_run(*told_of({name: replace(each, take="count", of=None)}), name, each)


def happened(behaviour: Behaviour, within: Window, where: Rule | None, scope: Scope) -> ir.Table:
    """Return each time that it was done within these days and the rule is true: `customer`, `day`, and `at`.

    `at` is the instant, NULL where none is known.
    """
    asked = frozenset[str]() if where is None else tags_of(where)
    instant = () if behaviour.instant is None else (behaviour.instant,)
    rows: Value = _with_customers(behaviour, asked, instant, scope)
    counts = _holds(rows, (within, where), askables_of(behaviour), scope.day)
    at = rows[behaviour.instant] if behaviour.instant else ibis.null("timestamp('UTC', 6)")
    return rows.filter(counts).select("customer", "day", at=at)


def last_times(
    behaviour: Behaviour, within: Window, where: Rule | None, columns: Iterable[str], scope: Scope
) -> ir.Table:
    """Return the columns of the last time that each customer did it within these days and the rule was true."""
    wanted = list(columns)
    asked = frozenset(wanted) | (frozenset[str]() if where is None else tags_of(where))
    instant = () if behaviour.instant is None else (behaviour.instant,)
    rows: Value = _with_customers(behaviour, asked, instant, scope, within.bounds(scope.day)[0])
    counted = rows.filter(_holds(rows, (within, where), askables_of(behaviour), scope.day))
    order = [counted[name].desc() for name in dict.fromkeys(("day", *instant, *wanted))]
    ranked = counted.mutate(_place=ibis.row_number().over(group_by="customer", order_by=order))
    return ranked.filter(ranked["_place"] == 0).select("customer", *wanted)


def _with_customers(
    behaviour: Behaviour, asked: AbstractSet[str], further: Iterable[str], scope: Scope, since: date | None = None
) -> ir.Table:
    """Return the rows with their customer and what is asked of them and of their day."""
    own = {column.name for column in behaviour.columns}
    built: Value = behaviour.build(scope, (asked & own) | frozenset(further))
    recent = built if since is None else built.filter(built.day >= since)
    theirs = recent.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record").drop("record")
    return calendar.with_calendar(theirs, asked)


def _flagged(
    behaviour: Behaviour, statistics: Statistics, scope: Scope, rows: ir.Table
) -> tuple[ir.Table, dict[str, list[str]]]:
    """Return the rows, and of each statistic the columns that say which of them count.

    What several statistics ask alike is worked out once.
    """
    known: dict[Choice, str] = {}
    held = {
        name: [known.setdefault(choice, f"_counts_{len(known)}") for choice in choices(each)]
        for name, each in statistics.items()
    }
    askables = askables_of(behaviour)
    flags = {column: _holds(rows, choice, askables, scope.day) for choice, column in known.items()}
    asked = columns_asked(statistics) - {"day"}
    return rows.select("customer", "day", *sorted(asked), **flags), held


def ruled(
    behaviour: Behaviour, statistics: Statistics, scope: Scope, rows: ir.Table
) -> tuple[ir.Table, dict[Rule, str]]:
    """Return the rows with what statistics ask of them, and a column for each of their rules: whether it is true."""
    rules = {where for each in statistics.values() for _window, where in choices(each) if where is not None}
    named = {rule: f"_rule_{n}" for n, rule in enumerate(sorted(rules, key=repr))}
    askables = askables_of(behaviour)
    true = {name: _holds(rows, (Window(), rule), askables, scope.day) for rule, name in named.items()}
    asked = {name for each in statistics.values() for name in (each.of, each.by) if name in rows.columns}
    return rows.select("customer", "day", *sorted(asked - {"day"}), **true), named


def columns_asked(statistics: Statistics) -> frozenset[str]:
    """Return all columns that statistics are taken of or choose their rows by."""
    return frozenset[str]().union(*(_asked(each) for each in statistics.values()))


def _asked(statistic: Statistic) -> frozenset[str]:
    named = {name for name in (statistic.of, statistic.by) if name is not None and statistic.take != "streak"}
    return frozenset(named) | (tags_of(statistic.where) if statistic.where is not None else frozenset())


def choices(statistic: Statistic) -> tuple[Choice, ...]:
    """Return which rows count: of a trend the later half of the days and the earlier, of a share the part and all."""
    within, where = statistic.within, statistic.where
    if statistic.take == "trend" and within.days is not None:
        half = within.days // 2
        return (Window(half, within.before), where), (Window(half, within.before + half), where)
    return ((within, where), (within, None)) if statistic.take == "share" else ((within, where),)


def first_day(statistics: Statistics, day: date) -> date | None:
    """Return the first day of any window; None where one of them is open."""
    firsts = [window.bounds(day)[0] for each in statistics.values() for window, _where in choices(each)]
    bounded = [first for first in firsts if first is not None]
    return min(bounded) if len(bounded) == len(firsts) else None


def _holds(rows: Value, choice: Choice, askables: Catalogue[Askable], day: date) -> Value:
    window, where = choice
    first, last = window.bounds(day)
    parts: list[Value] = [ibis.literal(True)]
    if first is not None:
        parts.append(rows.day >= first)
    if last is not None and last < day:
        parts.append(rows.day <= last)
    if where is not None:
        chosen: Value = compile_rule(where, rows, askables, day)
        parts.append(chosen.fill_null(False))
    return reduce(and_, parts[1:] or parts)


def _value(rows: Value, statistic: Statistic, held: list[str], behaviour: Behaviour) -> Value:
    counts = rows[held[0]]
    of: Value = rows[statistic.of] if statistic.of is not None else None
    match statistic.take:
        case "count":
            return counts.sum()
        case "sum":
            return of.sum(where=counts)
        case "average":
            type_ = columns_of(behaviour)[statistic.of or ""].type
            return _average(of, counts, type_)
        case "min":
            return of.min(where=counts)
        case "max":
            return of.max(where=counts)
        case "first":
            return _at_end(rows, statistic.of, counts, last=False)
        case "last":
            return _at_end(rows, statistic.of, counts, last=True)
        case "share":
            part, whole = (_amount(of, rows[name]) for name in held)
            return ibis.ifelse(whole > 0, part / whole, None)
        case "trend":
            late, early = (_amount(of, rows[name]) for name in held)
            return ibis.ifelse(late + early > 0, (late - early) / (late + early), None)
        case _:
            raise AssertionError(statistic.take)


def _amount(of: Value, counts: Value) -> Value:
    return counts.sum() if of is None else of.sum(where=counts).fill_null(0)


def _average(of: Value, counts: Value, type_: ValueType) -> Value:
    """Return the mean; of amounts in whole minor units, half up: floor((2s + n) / 2n).

    Shares are added up as whole billionths: a sum of fractions depends on their order in its last bit, and with it on
    which side of a threshold somebody stands whose mean is the threshold.
    """
    if type_ == "share":
        parts = (of * BILLION).round().cast("int64")
        return parts.sum(where=counts).cast("float64") / (of.count(where=counts) * BILLION).nullif(0)
    if type_ != "money":
        return of.mean(where=counts)
    total, number = of.sum(where=counts), of.count(where=counts)
    return ibis.ifelse(number > 0, (total * 2 + number) // (number * 2), None)


def _at_end(rows: Value, of: str | None, counts: Value, *, last: bool) -> Value:
    """Return the value of the first or the last day; of several on that day the lowest, or the highest."""
    if of is None or of == "day":
        return rows.day.max(where=counts) if last else rows.day.min(where=counts)
    value = rows[of]
    place = ibis.struct({"day": rows.day, "value": value})
    there = counts & value.notnull()
    return value.argmax(place, where=there) if last else value.argmin(place, where=there)


def _by_column(rows: ir.Table, held: Mapping[str, list[str]], column: str, statistics: Statistics) -> ir.Table:
    """Return what is taken of the distinct values of a column: how many there are, or the one that there is most of."""
    told: Value = rows
    # A tag may bear the name of a column: what is worked out on the way has names that neither can have.
    weights = {
        f"_weight_{name}": _amount(None if each.by is None else told[each.by], told[held[name][0]])
        for name, each in statistics.items()
    }
    here = {f"_here_{name}": told[held[name][0]].any() for name in statistics}
    values = told.filter(told[column].notnull()).group_by("customer", _value=told[column]).agg(**weights, **here)
    taken = {
        name: values[f"_here_{name}"].sum()
        if each.take == "distinct"
        # Ties go to the first value in order.
        else values["_value"].argmin(
            ibis.struct({"weight": -values[f"_weight_{name}"], "value": values["_value"]}),
            where=values[f"_here_{name}"],
        )
        for name, each in statistics.items()
    }
    return values.group_by("customer").agg(**taken)


def _longest_run(rows: ir.Table, held: Mapping[str, list[str]], name: str, statistic: Statistic) -> ir.Table:
    """Return the most months or weeks in a row that have a row which counts."""
    every: Value = rows
    told: Value = every.filter(every[held[name][0]])
    months = told.day.year().cast("int64") * 12 + told.day.month().cast("int64")
    weeks = told.day.delta(MONDAY, unit="day").cast("int64") // 7
    periods = told.select("customer", period=months if statistic.of == "month" else weeks).distinct()
    place = ibis.row_number().over(group_by=periods.customer, order_by=periods.period)
    runs = periods.mutate(run=periods.period - place).group_by("customer", "run").agg(length=_.count())
    return runs.group_by("customer").agg(**{name: _.length.max()})
