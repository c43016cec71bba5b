"""Pins what tags are computed from: versions of tables, and who lives."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

import ibis.expr.types as ir

from quanyu.customers.identity.people import People, read_people
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.measuring import Behaviour, Measure, Scope, pinned_scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.aggregating import columns_asked, columns_of
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.deriving import behaviours_of, known_behaviours, measures_of, tables_of
from quanyu.targeting.tags.model import Pack

BYTES_OF_A_VALUE = 64  # of a tag while it is added up, with its share of the tables that customers are looked up in
BYTES_OF_A_COLUMN = 8  # of a row of a behaviour while it is kept
BYTES_OF_A_CODE = 2  # in the place of a text of few values
LEAST_AT_ONCE = 1 << 16
"""Customers whose tags are computed together, however small the memory."""


@dataclass(frozen=True)
class Inputs:
    """All that a run's result depends on, read at one moment."""

    pack: Pack
    measures: tuple[Measure, ...]
    vector: Vector
    people: People
    scope: Scope


def pin(ws: Workspace, as_of: datetime, pack: Pack) -> Inputs:
    """Pin what tags are computed from, and who lives, at one moment."""
    measures = measures_of(pack, FIELDS)
    tables = tables_of([*measures, *behaviours_of(pack)])
    while True:
        vector = ws.lake.vector(tables)
        people = read_people(ws)
        if ws.lake.vector(tables) == vector:  # the mapping and the living are published together
            break
    return Inputs(pack, measures, vector, people, pinned_scope(ws.lake, tables, vector, as_of, ws.time_zone))


def lying_between(customers: OrdinalSet, rows: Value) -> ir.Table:
    """Keep rows of customers between the first and the last of these."""
    ordinals = customers.ordinals()
    return rows.filter(rows.customer.between(int(ordinals[0]), int(ordinals[-1])))


def between(scope: Scope, customers: OrdinalSet) -> Scope:
    """Let behaviours see only records of customers who lie between the first and the last of these."""
    own = lying_between(customers, scope.tables[CUSTOMER_OF_RECORD.name])
    return scope.showing(CUSTOMER_OF_RECORD, own)


def held_at_once(ws: Workspace, inputs: Inputs) -> int:
    """Return of how many customers the rows of all behaviours fit into three quarters of the memory.

    Rows of nobody are counted in, so that there is room for what these are joined with. For each portion of customers
    all of the lake is read: there are as few portions as can be, as large as each other.
    """
    customers = max(inputs.people.alive.count(), 1)
    size = sum(
        ws.lake.stored(each.tables[0], inputs.vector) * _bytes_of_a_row(each, columns_asked(told))
        for each, told in known_behaviours(inputs.pack, inputs.scope).items()
    )
    portions = -(-size // max(ws.settings.memory * 3 // 4, 1))
    return max(LEAST_AT_ONCE, -(-customers // max(portions, 1)))


def _bytes_of_a_row(behaviour: Behaviour, asked: AbstractSet[str]) -> int:
    columns = columns_of(behaviour)
    coded = sum(1 for name in asked if columns[name].drawn_from or columns[name].values is not None)
    return BYTES_OF_A_COLUMN * (2 + len(asked) - coded) + BYTES_OF_A_CODE * coded


def at_once(ws: Workspace, pack: Pack) -> int:
    return max(LEAST_AT_ONCE, ws.settings.memory // (BYTES_OF_A_VALUE * len(pack.tags)))
