"""Answers what no column does with sets of customers: what they did, who is in another audience, a draw by lot."""

import hashlib
from dataclasses import dataclass

import ibis
import numpy as np
import pyarrow as pa

from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.measuring import Behaviour, Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.lists import list_members
from quanyu.targeting.fields.aggregating import COUNTING, measured
from quanyu.targeting.fields.catalogue import BEHAVIOURS, Catalogue
from quanyu.targeting.fields.compiling import compile_rule
from quanyu.targeting.fields.model import Askable, Did, InAudience, Leaf, RandomShare
from quanyu.targeting.tags.deriving import tables_of
from quanyu.targeting.tags.runs import Current

_VALUE = "value"
# splitmix64: Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014.
_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


@dataclass(frozen=True)
class Answer:
    """Of which living customers something is true, and of which false; of others it is unknown."""

    true: OrdinalSet
    false: OrdinalSet


def answer(ws: Workspace, now: Current, rule: Did | InAudience | RandomShare) -> Answer:
    """Return of whom a rule is true and of whom false, as of the last run of tags."""
    alive = now.people.alive
    match rule:
        case Did():
            return _of_behaviour(ws, now, rule)
        case InAudience(name):
            members = list_members(ws, name)
        case RandomShare(share, seed):
            members = drawn(alive, share, seed)
    return Answer(members & alive, alive - members)


def drawn(customers: OrdinalSet, share: float, seed: str) -> OrdinalSet:
    """Draw a share of customers: each by the hash of his ordinal and the seed, whoever else there is."""
    ordinals = customers.ordinals()
    start = np.frombuffer(hashlib.blake2b(seed.encode(), digest_size=8).digest(), np.uint64)[0]
    with np.errstate(over="ignore"):
        mixed = (ordinals.astype(np.uint64) + np.uint64(1)) * _STEP + start
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    places = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) / (1 << 53)
    return OrdinalSet.of(ordinals[places < share])


def _of_behaviour(ws: Workspace, now: Current, rule: Did) -> Answer:
    behaviour = BEHAVIOURS[rule.statistic.over]
    scope = _scope(ws, now, behaviour)
    if behaviour.tables[0].name in scope.unknown:
        return Answer(OrdinalSet.empty(), OrdinalSet.empty())
    (taken,) = measured(behaviour, {_VALUE: rule.statistic}, scope)
    rows: Value = taken
    counting = rule.statistic.take in COUNTING
    if counting:
        rows = rows.mutate(**{_VALUE: rows[_VALUE].fill_null(0)})
    holds = _compared(rule, rows, now)
    alive = now.people.alive
    true = _customers(ws, rows.filter(holds)) & alive
    false = _customers(ws, rows.filter(~holds)) & alive
    if not counting:
        return Answer(true, false)
    nothing: Value = ibis.memtable(pa.table({_VALUE: pa.array([0], pa.int64())}))
    idle = alive - true - false
    zero = ws.lake.count(nothing.filter(_compared(rule, nothing, now))) > 0
    return Answer(true | idle, false) if zero else Answer(true, false | idle)


def _compared(rule: Did, rows: Value, now: Current) -> Value:
    asked = Catalogue([Askable(_VALUE, rule.type, Text(_VALUE, _VALUE))])
    return compile_rule(Leaf(_VALUE, rule.operator, rule.values), rows, asked, now.run.day)


def _customers(ws: Workspace, rows: Value) -> OrdinalSet:
    return OrdinalSet.of(ws.lake.to_arrow(rows.select("customer"))["customer"].to_numpy())


def _scope(ws: Workspace, now: Current, behaviour: Behaviour) -> Scope:
    """Let the behaviour see what the run of tags has seen; tables that it did not read, as they are now."""
    tables = tables_of([behaviour])
    present = {} if now.whole else ws.lake.vector(tables)
    vector: Vector = {**present, **{t.name: now.read[t.name] for t in tables if t.name in now.read}}
    pinned = {table.name: ws.lake.table(table, vector) for table in tables}
    return Scope(pinned, now.run.as_of, now.run.time_zone, frozenset(pinned.keys() - vector.keys()))
