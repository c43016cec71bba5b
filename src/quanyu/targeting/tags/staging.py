"""Puts the rows of behaviours together once, for all statistics that are taken of them."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.measuring import Behaviour, Column, Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields import calendar
from quanyu.targeting.fields.aggregating import Statistics, columns_asked, columns_of, rows_of
from quanyu.targeting.tags.carrying import table_of
from quanyu.targeting.tags.changing import Part
from quanyu.targeting.tags.deriving import known_behaviours
from quanyu.targeting.tags.model import Pack

CODED_FROM = 1 << 17
"""Rows of a behaviour from which on numbers are kept for texts: for fewer, finding out what there is costs more."""
SMALL = 1 << 20
"""Rows of a table up to which it is kept with its texts as numbers before anything is joined with it."""


@contextmanager
def holding_rows(ws: Workspace, pack: Pack, scope: Scope, vector: Vector) -> Generator[Mapping[str, ir.Table]]:
    """Hold the rows of each behaviour of the pack by its name, for the customers whose records the scope shows."""
    known = known_behaviours(pack, scope)
    asked = {each: {columns_of(each)[name] for name in columns_asked(told)} for each, told in known.items()}
    with ExitStack() as stack:
        many = [each for each in known if ws.lake.stored(each.tables[0], vector) >= CODED_FROM]
        drawn = {source for each in many for column in asked[each] if (source := _only_source(column))}
        small = [table for table in _tables(drawn) if ws.lake.stored(table, vector) <= SMALL]
        coded = {source for source in drawn if source[0] in small}
        held = {table.name: stack.enter_context(_coded(ws, table, coded, scope)) for table in small}
        within = replace(scope, tables={**scope.tables, **held})
        found: dict[str, ir.Table] = {}
        for behaviour, told in known.items():
            left = [column for column in asked[behaviour] if behaviour in many and _only_source(column) not in coded]
            codes = {column.name: values for column in left if (values := _values(column, scope)) is not None}
            found[behaviour.name] = stack.enter_context(ws.lake.held(rows_of(behaviour, told, within), codes))
        yield found


@contextmanager
def holding_some(
    ws: Workspace, some: Mapping[Behaviour, tuple[Statistics, Sequence[Part]]], scope: Scope
) -> Generator[Mapping[str, ir.Table]]:
    """Hold the rows of each behaviour by its name that its parts of these statistics need."""
    with ExitStack() as stack:
        found: dict[str, ir.Table] = {}
        for behaviour, (statistics, parts) in some.items():
            told = {name: statistics[name] for part in parts for name in part.names}
            theirs = rows_of(behaviour, told, _narrowed(behaviour, parts, scope))
            found[behaviour.name] = stack.enter_context(ws.lake.held(theirs))
        yield found


def _narrowed(behaviour: Behaviour, parts: Sequence[Part], scope: Scope) -> Scope:
    """Leave out rows of others before anything is joined with them, unless the behaviour looks at these, too.

    And those that are older than all that is taken anew of their customer, where the first table says so.
    """
    first = behaviour.tables[0]
    some = _of_some(scope, reduce(or_, (part.customers for part in parts)))
    if not behaviour.owned or any(link.table == first for link in behaviour.links):
        return some
    if behaviour.dated is None:
        return _with_own(some, first)
    rows: Value = scope.tables[first.name]
    back: Value = some.tables[CUSTOMER_OF_RECORD.name].inner_join(_looking_back(parts), "customer")
    recent = [rows.record == back.record, rows[behaviour.dated] >= back.since]
    return some.showing(first, rows.semi_join(back, recent))


def _looking_back(parts: Sequence[Part]) -> ir.Table:
    """Return the first day from which on anything is taken anew of each customer: columns customer and since."""
    customers = reduce(or_, (part.customers for part in parts)).ordinals()
    since = np.full(customers.size, np.datetime64(date.max))
    for part in parts:
        at = np.searchsorted(customers, part.customers.ordinals())
        since[at] = np.minimum(since[at], np.datetime64(part.since or date.min))
    return ibis.memtable(pa.table({"customer": pa.array(customers, pa.int64()), "since": pa.array(since)}))


def only_of(customers: OrdinalSet, table: LakeTable, scope: Scope) -> Scope:
    """Let a measure see only records of these customers, and only their rows of a table."""
    return _with_own(_of_some(scope, customers), table)


def _with_own(scope: Scope, first: LakeTable) -> Scope:
    mapping = scope.tables[CUSTOMER_OF_RECORD.name]
    return scope.showing(first, scope.tables[first.name].semi_join(mapping, "record"))


def _of_some(scope: Scope, customers: OrdinalSet) -> Scope:
    """Let behaviours see only records of these customers."""
    mapping = scope.tables[CUSTOMER_OF_RECORD.name]
    own = mapping.semi_join(table_of(customers), "customer")
    return scope.showing(CUSTOMER_OF_RECORD, own)


def _only_source(column: Column) -> tuple[LakeTable, str] | None:
    return column.drawn_from[0] if len(column.drawn_from) == 1 else None


def _tables(sources: Iterable[tuple[LakeTable, str]]) -> list[LakeTable]:
    return sorted({table for table, _name in sources}, key=lambda table: table.name)


def _coded(
    ws: Workspace, table: LakeTable, sources: Iterable[tuple[LakeTable, str]], scope: Scope
) -> AbstractContextManager[ir.Table]:
    rows = scope.tables[table.name]
    return ws.lake.held(rows, {name: rows.select(name) for of, name in sources if of == table})


def _values(column: Column, scope: Scope) -> ir.Table | None:
    """Return all that a text column may have, None where that may be much."""
    if column in calendar.COLUMNS and column.values is not None:
        return ibis.memtable(pa.table({"value": pa.array(column.values)}))
    drawn_from = [(table.name, name) for table, name in column.drawn_from if table.name in scope.tables]
    told = [scope.tables[table].select(value=name) for table, name in drawn_from]
    return reduce(lambda one, other: one.union(other), told) if told else None
