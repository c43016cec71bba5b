"""Puts the rows of behaviours together once, for all statistics that are taken of them."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import reduce

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import LakeTable, Vector
from quanyu.foundation.measuring import Behaviour, Column, Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields import calendar
from quanyu.targeting.fields.aggregating import Statistics, columns_asked, columns_of, rows_of
from quanyu.targeting.tags.carrying import table_of
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
    ws: Workspace, some: Mapping[Behaviour, tuple[Statistics, OrdinalSet]], scope: Scope
) -> Generator[Mapping[str, ir.Table]]:
    """Hold the rows of each behaviour by its name that these statistics need, each for customers of its own."""
    with ExitStack() as stack:
        found: dict[str, ir.Table] = {}
        for behaviour, (told, customers) in some.items():
            theirs = rows_of(behaviour, told, _narrowed(behaviour, _of_some(scope, customers)))
            found[behaviour.name] = stack.enter_context(ws.lake.held(theirs))
        yield found


def _narrowed(behaviour: Behaviour, scope: Scope) -> Scope:
    """Leave out rows of others before anything is joined with them, unless the behaviour looks at these, too."""
    first = behaviour.tables[0]
    looks = not behaviour.owned or any(link.table == first for link in behaviour.links)
    return scope if looks else _with_own(scope, first)


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
