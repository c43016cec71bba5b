"""Answers where customers' stores are: below a unit of the organisation, or so far from a place."""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from quanyu.commerce.stores import whereabouts
from quanyu.foundation.definitions import near
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import Scope
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.aggregating import measured
from quanyu.targeting.fields.catalogue import BEHAVIOURS, FIELDS
from quanyu.targeting.fields.model import Distance, Group, Leaf, Negation, OfUnit, Rule, Statistic, StoreOf

VALUE = "value"
_ORDERS, _HOME = BEHAVIOURS["orders"], FIELDS["identity.store"]


def tables_for(by: StoreOf) -> tuple[LakeTable, ...]:
    """Return what is read to answer; without rows in the first of them it is unknown of everybody."""
    return (*(_HOME.measure.tables if by == "home_store" else _ORDERS.tables), *whereabouts.TABLES)


def is_below(ws: Workspace, scope: Scope, rule: OfUnit) -> ir.Table:
    """Return customers with whether a store of theirs is at or below the unit; NULL where that store has no unit."""
    parents, units = _tree(ws, scope)
    under = whereabouts.below(parents, rule.unit)
    stores = tuple(sorted(store for store, unit in units.items() if unit in under))
    if rule.by == "orders":
        bought = Statistic(_ORDERS.name, "count", where=Leaf("store", "in", stores))
        (counted,) = measured(_ORDERS, {VALUE: bought}, scope)
        rows: Value = counted
        return rows.mutate(**{VALUE: rows[VALUE] > 0})
    known = sorted(store for store, unit in units.items() if unit is not None)
    rows = _store_of(rule.by, scope)
    held = ibis.ifelse(rows.store.isin(known), rows.store.isin(stores), None)
    return rows.select("customer", **{VALUE: held})


def metres_to(ws: Workspace, scope: Scope, rule: Distance) -> ir.Table:
    """Return customers with the metres from their store; NULL where one of the two places is not known."""
    stores = whereabouts.stores(scope)
    to = _place_of(ws, stores, rule.to) if isinstance(rule.to, str) else rule.to
    if to is None:
        return _store_of(rule.by, scope).select("customer", **{VALUE: ibis.null("float64")})
    there = whereabouts.with_metres(stores, to)
    told: Value = _store_of(rule.by, scope).left_join(there.rename(code="store"), [("store", "code")])
    return told.select("customer", **{VALUE: told.metres})


def refuse_unknown_places(ws: Workspace, rule: Rule) -> None:
    """Raise `Invalid` with every unit and store that a rule names and no source has told of."""
    asked = list(_named(rule))
    if not asked:
        return
    vector = ws.lake.vector(whereabouts.TABLES)
    told = {table.name: ws.lake.table(table, vector) for table in whereabouts.TABLES}
    parents, units = _tree(ws, Scope(told, ws.clock.now(), ws.time_zone))
    codes = {
        "unit": sorted({*parents, *parents.values(), *units.values()} - {None}, key=str),
        "store": sorted(units),
    }
    missing = [
        Fault(place, _UNKNOWN[kind], f'"{code}"', near(code, [str(known) for known in codes[kind]]))
        for kind, code, place in asked
        if code not in codes[kind]
    ]
    if missing:
        raise Invalid(
            Text("The rule cannot be used.", "该规则无法使用。"),
            remedy=Text("Correct the places named below.", "请修改以下各处。"),
            faults=missing,
        )


_UNKNOWN = {
    "unit": Text("No source tells of such a unit of the organisation.", "没有任何来源提供该组织单元。"),
    "store": Text("No source tells of such a store.", "没有任何来源提供该门店。"),
}


def _named(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """Yield what a rule names: a unit or a store, its code, and where."""
    match rule:
        case Negation(inner):
            yield from _named(inner)
        case Group(_, parts):
            for part in parts:
                yield from _named(part)
        case OfUnit(unit, _, place):
            yield "unit", unit, place
        case Distance(to=str(store), place=place):
            yield "store", store, place
        case _:
            return


def _tree(ws: Workspace, scope: Scope) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Return the parent of each unit and the unit of each store: there are few of both."""
    units = ws.lake.to_arrow(whereabouts.units(scope))
    stores = ws.lake.to_arrow(whereabouts.stores(scope).select("store", "unit"))
    return (
        dict(zip(units["unit"].to_pylist(), units["parent"].to_pylist(), strict=True)),
        dict(zip(stores["store"].to_pylist(), stores["unit"].to_pylist(), strict=True)),
    )


def _place_of(ws: Workspace, stores: Value, code: str) -> whereabouts.Place | None:
    found = ws.lake.to_arrow(stores.filter(stores.store == code).select("latitude", "longitude")).to_pylist()
    values = [value for row in found for value in row.values()]
    return (float(values[0]), float(values[1])) if values and None not in values else None


def _store_of(by: StoreOf, scope: Scope) -> Value:
    """Return the store of each customer who has one."""
    if by == "home_store":
        home: Value = _HOME.measure.build(scope)
        return home.filter(home[_HOME.column].notnull()).select("customer", store=home[_HOME.column])
    (last,) = measured(_ORDERS, {"store": Statistic(_ORDERS.name, "last", "store")}, scope)
    return last
