"""Where stores are, how far from a place, and which belong to a unit of the organisation."""

from collections.abc import Mapping
from math import cos, pi, radians

import ibis
import ibis.expr.types as ir

from quanyu.commerce.stores.tables import ORGANISATIONS, STORES
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Scope

TABLES = (STORES, ORGANISATIONS)
RADIUS = 6_371_008.8
"""Metres; mean radius of the earth (IUGG)."""

Place = tuple[float, float]
"""Latitude and longitude in degrees."""


def stores(scope: Scope) -> ir.Table:
    """Return one row per store: `store` (its code), unit, latitude and longitude.

    Of several sources that tell of a store, of each thing the last observed that says it is believed.
    """
    told: Value = scope.tables[STORES.name]
    return told.group_by(store=told.code).agg(
        **{name: told[name].argmax(_recency(told), where=told[name].notnull()) for name in ("unit", *_COORDINATES)}
    )


def units(scope: Scope) -> ir.Table:
    """Return one row per unit of the organisation: `unit` (its code) and the parent above it."""
    told: Value = scope.tables[ORGANISATIONS.name]
    return told.group_by(unit=told.code).agg(parent=told.parent.argmax(_recency(told), where=told.parent.notnull()))


_COORDINATES = ("latitude", "longitude")


def _recency(told: Value) -> Value:
    return ibis.struct({"observed_at": told.observed_at, "import_number": told.import_number, "source": told.source})


def below(parents: Mapping[str, str | None], unit: str) -> frozenset[str]:
    """Return the unit and all units below it; what is above itself counts once."""
    children: dict[str, list[str]] = {}
    for child, parent in parents.items():
        if parent is not None:
            children.setdefault(parent, []).append(child)
    found, open_ = {unit}, [unit]
    while open_:
        new = [child for child in children.get(open_.pop(), ()) if child not in found]
        found.update(new)
        open_ += new
    return frozenset(found)


def with_metres(places: ir.Table, to: Place) -> ir.Table:
    """Put `metres` beside rows with a latitude and a longitude: along the great circle of a sphere (haversine)."""
    told: Value = places
    latitude, longitude = (told[name].cast("float64") * (pi / 180) for name in _COORDINATES)
    north, east = radians(to[0]), radians(to[1])
    across = ((latitude - north) / 2).sin() ** 2 + latitude.cos() * cos(north) * ((longitude - east) / 2).sin() ** 2
    # Of two places at opposite ends the sum may exceed 1 by the last bit.
    within: Value = ibis.ifelse(across > 1.0, 1.0, across)
    return told.mutate(metres=2 * RADIUS * within.sqrt().asin())
