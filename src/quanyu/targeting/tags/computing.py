"""Computes every tag of every living customer from one pinned version vector, and publishes them at once."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import ibis.expr.types as ir

from quanyu.customers.identity.people import People, read_people
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation import failpoints
from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.measuring import Measure, Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.aggregating import columns_asked
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.carrying import Carried, carry
from quanyu.targeting.tags.changing import Changes
from quanyu.targeting.tags.continuing import Plan, plan
from quanyu.targeting.tags.deriving import (
    behaviours_of,
    derive,
    known_behaviours,
    measures_of,
    tables_of,
    tags_of_measures,
)
from quanyu.targeting.tags.giving import land_gifts
from quanyu.targeting.tags.keeping import keep_inputs, others_beside
from quanyu.targeting.tags.model import Pack, TagRun, TagsComputed
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.runs import last_run, save_run, written_vector
from quanyu.targeting.tags.staging import holding_rows, holding_some, table_of
from quanyu.targeting.tags.tables import customer_tags

FAILPOINTS = ("tags.computed", "tags.landed", "tags.published")
BYTES_OF_A_VALUE = 64  # of a tag while it is added up, with its share of the tables that customers are looked up in
BYTES_OF_A_COLUMN = 8  # of a row of a behaviour while it is kept
_EVERYTHING = Plan(None, "asked")
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


def compute(ws: Workspace, as_of: datetime | None = None, *, full: bool = False) -> TagRun:
    """Replace all tags by those as of an instant (now if None), and return the run.

    What follows from nothing that has changed since the last run is kept as it was, and the outcome is that of a `full`
    run, which computes everything.

    Orders up to the workspace's day that was running just before `as_of` count, later ones are not seen: as of midnight
    of the 10th, the 9th is the last day and a purchase on it was 0 days ago. Nothing is computed, and the last run is
    returned as `skipped`, when definitions, table versions, day, epoch and living customers are those of the last run
    and nobody was merged since.
    """
    if as_of is not None and as_of.tzinfo is None:
        raise Invalid(
            Text("An instant without a time zone is ambiguous.", "没有时区的时间不明确。"),
            received=as_of.isoformat(),
            allowed=["2011-12-10T00:00:00+08:00"],
        )
    with ws.locked("tags"):
        land_gifts(ws)
        inputs = pin(ws, as_of or ws.clock.now(), standing(ws))
        last = last_run(ws)
        if last is not None and not full and _stands(*last, inputs):
            return replace(last[0], skipped=True)
        _refuse_other_currencies(ws, inputs)
        with ws.heavy():
            return publish(ws, inputs, _planned(ws, inputs, last, full=full))


def _planned(
    ws: Workspace, inputs: Inputs, last: tuple[TagRun, Mapping[str, object]] | None, *, full: bool = False
) -> Plan:
    if full or last is None:
        return Plan(None, "asked" if full else "first")
    return plan(ws, inputs.pack, inputs.vector, inputs.people, inputs.scope, last)


def pin(ws: Workspace, as_of: datetime, pack: Pack) -> Inputs:
    """Pin what tags are computed from, and who lives, at one moment."""
    measures = measures_of(pack, FIELDS)
    tables = tables_of([*measures, *behaviours_of(pack)])
    while True:
        vector = ws.lake.vector(tables)
        people = read_people(ws)
        if ws.lake.vector(tables) == vector:  # the mapping and the living are published together
            break
    pinned = {table.name: ws.lake.table(table, vector) for table in tables}
    unknown = frozenset(pinned.keys() - vector.keys())
    return Inputs(pack, measures, vector, people, Scope(pinned, as_of, ws.time_zone, unknown))


def _stands(last: TagRun, vector: object, inputs: Inputs) -> bool:
    same = (last.definition_hash, last.day, last.epoch, last.customers, last.time_zone) == (
        inputs.pack.hash,
        inputs.scope.day,
        inputs.people.epoch,
        inputs.people.alive.count(),
        inputs.scope.time_zone,
    )
    return same and not last.stale and vector == written_vector(inputs.vector)


def _refuse_other_currencies(ws: Workspace, inputs: Inputs) -> None:
    """Amounts of different currencies cannot be added up; which ones there are is cheap to ask first."""
    found: set[object] = set()
    for measure in inputs.measures:
        if measure.currencies is not None:
            found |= set(ws.lake.to_arrow(measure.currencies(inputs.scope))["currency"].to_pylist())
    if found - {ws.currency}:
        raise Conflict(
            Text("Orders in other currencies than the workspace's cannot be added up.", "订单含有其他货币，无法相加。"),
            remedy=Text(
                "Convert their amounts at a rate of your choice and import them again.", "请按选定汇率换算后重新导入。"
            ),
            received=", ".join(sorted(str(currency) for currency in found)),
            allowed=[ws.currency],
        )


def _land(ws: Workspace, inputs: Inputs, changes: Changes | None, landing: Landing, table: LakeTable) -> int:
    """Write all tags, as many customers at a time as fit into memory, and return how many there are.

    What a measure says of a customer may depend on all others: it is answered once for everybody. Rows of behaviours
    are put together once for as many customers as there is room for, and then read as often as statistics need them.
    """
    with ExitStack() as stack:
        answers = {name: stack.enter_context(ws.lake.held(each)) for name, each in _answers(inputs, changes).items()}
        failpoints.reach("tags.computed")
        landed = 0
        for many in inputs.people.alive.chunks(_held_at_once(ws, inputs)):
            with _holding(ws, inputs, changes, many) as rows:
                for some in many.chunks(_at_once(ws, inputs.pack)):
                    theirs = {name: _of(some, each) for name, each in rows.items()}
                    carried = None if changes is None else _carried(ws, inputs, changes, some)
                    tags = derive(inputs.pack, FIELDS, table_of(some), inputs.scope, answers, theirs, carried)
                    landed += landing.append(table, tags) if landed else landing.replace(table, tags)
        return landed if landed else landing.replace(table, table.schema.empty_table())


def _answers(inputs: Inputs, changes: Changes | None) -> dict[str, ir.Table]:
    """Return what is to be asked of measures: not of those whose answers stand."""
    standing = frozenset[str]() if changes is None else changes.standing
    return {measure.name: measure.build(inputs.scope) for measure in inputs.measures if measure.name not in standing}


@contextmanager
def _holding(
    ws: Workspace, inputs: Inputs, changes: Changes | None, many: OrdinalSet
) -> Generator[Mapping[str, ir.Table]]:
    scope = between(inputs.scope, many)
    if changes is None:
        with holding_rows(ws, inputs.pack, scope, inputs.vector) as rows:
            yield rows
        return
    anew = {each: changes.anew(each.name, told) for each, told in known_behaviours(inputs.pack, scope).items()}
    with holding_some(ws, {each: some for each, some in anew.items() if some[1]}, scope) as rows:
        yield rows


def _carried(ws: Workspace, inputs: Inputs, changes: Changes, some: OrdinalSet) -> Carried:
    table = customer_tags(inputs.pack)
    last = _of(some, ws.lake.table(table, ws.lake.vector((table,))))
    standing = [
        n for m, names in tags_of_measures(inputs.pack, FIELDS).items() if m.name in changes.standing for n in names
    ]
    return carry(last, changes, standing, some)


def _held_at_once(ws: Workspace, inputs: Inputs) -> int:
    """Return of how many customers the rows of all behaviours fit into half of the memory."""
    customers = max(inputs.people.alive.count(), 1)
    size = sum(
        ws.lake.stored(each.tables[0], inputs.vector) * BYTES_OF_A_COLUMN * (2 + len(columns_asked(told)))
        for each, told in known_behaviours(inputs.pack, inputs.scope).items()
    )
    return max(LEAST_AT_ONCE, ws.settings.memory // 2 * customers // max(size, 1))


def _at_once(ws: Workspace, pack: Pack) -> int:
    return max(LEAST_AT_ONCE, ws.settings.memory // (BYTES_OF_A_VALUE * len(pack.tags)))


def _of(customers: OrdinalSet, rows: Value) -> ir.Table:
    ordinals = customers.ordinals()
    return rows.filter(rows.customer.between(int(ordinals[0]), int(ordinals[-1])))


def between(scope: Scope, customers: OrdinalSet) -> Scope:
    """Let behaviours see only records of customers who lie between the first and the last of these."""
    own = _of(customers, scope.tables[CUSTOMER_OF_RECORD.name])
    return replace(scope, tables={**scope.tables, CUSTOMER_OF_RECORD.name: own})


def publish(ws: Workspace, inputs: Inputs, planned: Plan = _EVERYTHING) -> TagRun:
    """Compute and land all tags, and show them at once with the run that says so."""
    table = customer_tags(inputs.pack)
    beside = others_beside(ws, inputs.vector)
    with ws.lake.landing("tags", (table,)) as landing:
        customers = _land(ws, inputs, planned.changes, landing, table)
        failpoints.reach("tags.landed")
        run = TagRun(
            number=0,
            as_of=inputs.scope.as_of,
            time_zone=ws.time_zone,
            definition_hash=inputs.pack.hash,
            epoch=inputs.people.epoch,
            customers=customers,
            finished_at=ws.clock.now(),
            packs=dict(inputs.pack.versions),
            recomputed=customers if planned.changes is None else planned.changes.customers.count(),
            whole_because=planned.reason,
        )
        with ws.begin() as connection:
            run = save_run(ws, connection, run, inputs.vector)
            ws.lake.pin(connection, "tags", inputs.vector)
            keep_inputs(ws, connection, run, inputs.vector, beside, inputs.people.alive)
            landing.publish(connection)
            ws.publish(connection, TagsComputed(run=run.number))
    failpoints.reach("tags.published")
    return run
