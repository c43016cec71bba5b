"""Answers what no column does with sets of customers: what they did, where, in what order, a draw by lot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ibis
import pyarrow as pa

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.measuring import Scope, pinned_scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import drawn
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.lists import list_members
from quanyu.targeting.audiences.places import VALUE as _VALUE
from quanyu.targeting.audiences.places import is_below, metres_to, tables_for
from quanyu.targeting.fields.aggregating import COUNTING, last_times, measured
from quanyu.targeting.fields.catalogue import BEHAVIOURS, Catalogue
from quanyu.targeting.fields.compiling import compile_rule
from quanyu.targeting.fields.following import following
from quanyu.targeting.fields.model import (
    Askable,
    Chain,
    Did,
    Distance,
    InAudience,
    Leaf,
    OfSets,
    OfUnit,
    RandomShare,
)
from quanyu.targeting.tags.runs import Current
from quanyu.targeting.tags.tables import stored_type


@dataclass(frozen=True)
class Answer:
    """Of which living customers something is true, and of which false; of others it is unknown."""

    true: OrdinalSet
    false: OrdinalSet


def answer(ws: Workspace, now: Current, rule: OfSets) -> Answer:
    """Return of whom a rule is true and of whom false, as of the last run of tags."""
    alive = now.people.alive
    match rule:
        case Did():
            return _of_behaviour(ws, now, rule)
        case Chain():
            return _of_sequence(ws, now, rule)
        case OfUnit() | Distance():
            return _of_place(ws, now, rule)
        case InAudience(name):
            members = list_members(ws, name)
        case RandomShare(share, seed):
            members = drawn(alive, share, seed)
    return Answer(members & alive, alive - members)


def _of_behaviour(ws: Workspace, now: Current, rule: Did) -> Answer:
    behaviour = BEHAVIOURS[rule.statistic.over]
    scope = _scope(ws, now, behaviour.tables)
    asked = Askable(_VALUE, rule.type, Text(_VALUE, _VALUE))
    comparison = Leaf(_VALUE, rule.operator, rule.values)
    if behaviour.tables[0].name in scope.unknown:
        return _of_nobody(ws, now, asked, comparison)
    (taken,) = measured(behaviour, {_VALUE: rule.statistic}, scope)
    rows: Value = taken
    counting = rule.statistic.take in COUNTING
    if counting:
        rows = rows.mutate(**{_VALUE: rows[_VALUE].fill_null(0)})
    return _of_values(ws, now, rows, asked, comparison, 0 if counting else None)


def last_times_of(ws: Workspace, now: Current, rule: Did, columns: Sequence[str], members: OrdinalSet) -> pa.Table:
    """Return `customer` and these columns of the last row by which the rule was true of each of these customers."""
    behaviour, told = BEHAVIOURS[rule.statistic.over], rule.statistic
    scope = _scope(ws, now, behaviour.tables)
    if behaviour.tables[0].name in scope.unknown or not members:
        return pa.table({name: pa.array([], pa.int64()) for name in ("customer", *columns)})
    rows: Value = last_times(behaviour, told.within, told.where, columns, scope)
    wanted = ibis.memtable(pa.table({"customer": pa.array(members.ordinals(), pa.int64())}))
    return ws.lake.to_arrow(rows.semi_join(wanted, "customer").order_by("customer"))


def _of_sequence(ws: Workspace, now: Current, chain: Chain) -> Answer:
    steps = [BEHAVIOURS[stage.over] for stage in chain.stages]
    scope = _scope(ws, now, [table for step in steps for table in step.tables])
    if any(step.tables[0].name in scope.unknown for step in steps):
        return Answer(OrdinalSet.empty(), OrdinalSet.empty())
    found = ws.lake.to_arrow(following(chain, BEHAVIOURS, scope))
    true = OrdinalSet.of(found["customer"].to_numpy()) & now.people.alive
    return Answer(true, now.people.alive - true)


def _of_place(ws: Workspace, now: Current, rule: OfUnit | Distance) -> Answer:
    tables = tables_for(rule.by)
    scope = _scope(ws, now, tables)
    below = isinstance(rule, OfUnit)
    asked = Askable(_VALUE, "boolean" if below else "number", Text(_VALUE, _VALUE))
    comparison = Leaf(_VALUE, "=", (True,)) if below else Leaf(_VALUE, rule.operator, rule.values)
    if tables[0].name in scope.unknown:
        return _of_nobody(ws, now, asked, comparison)
    rows = is_below(ws, scope, rule) if below else metres_to(ws, scope, rule)
    return _of_values(ws, now, rows, asked, comparison, False if rule.by == "orders" else None)


def _of_values(
    ws: Workspace, now: Current, rows: Value, asked: Askable, comparison: Leaf, absent: bool | int | None
) -> Answer:
    """Compare the value of each customer; who has no row has what is `absent`."""
    alive, day = now.people.alive, now.run.day
    holds = compile_rule(comparison, rows, Catalogue([asked]), day)
    told = ws.lake.to_arrow(rows.select("customer", holds=holds))
    customers, answers = told["customer"].to_numpy(), told["holds"]
    true = OrdinalSet.of(customers[answers.fill_null(False).to_numpy()]) & alive
    false = OrdinalSet.of(customers[~answers.fill_null(True).to_numpy()]) & alive
    idle = alive - OrdinalSet.of(customers)
    nothing: Value = ibis.memtable(pa.table({_VALUE: pa.array([absent], rows[_VALUE].type().to_pyarrow())}))
    answered = compile_rule(comparison, nothing, Catalogue([asked]), day)
    match ws.lake.to_arrow(nothing.select(holds=answered))["holds"][0].as_py():
        case True:
            return Answer(true | idle, false)
        case False:
            return Answer(true, false | idle)
        case _:
            return Answer(true, false)


def _of_nobody(ws: Workspace, now: Current, asked: Askable, comparison: Leaf) -> Answer:
    """Compare where nothing is known of anybody."""
    types = {"customer": "int64", _VALUE: stored_type(asked)}
    rows = ibis.memtable(pa.table({name: pa.array([], type_) for name, type_ in types.items()}))
    return _of_values(ws, now, rows, asked, comparison, None)


def _scope(ws: Workspace, now: Current, read: Iterable[LakeTable]) -> Scope:
    """Let a question see what the run of tags has seen; tables that it did not read, as they are now."""
    tables = tuple({table.name: table for table in (CUSTOMER_OF_RECORD, *read)}.values())
    present = {} if now.whole else ws.lake.vector(tables)
    vector: Vector = {**present, **{t.name: now.read[t.name] for t in tables if t.name in now.read}}
    return pinned_scope(ws.lake, tables, vector, now.run.as_of, now.run.time_zone)
