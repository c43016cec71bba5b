"""Takes the statistics of some customers, of rows of behaviours that are held."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.measuring import Behaviour, Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.aggregating import Statistics, measured, ruled
from quanyu.targeting.fields.arrays import Unfit
from quanyu.targeting.fields.folding import folded
from quanyu.targeting.tags.deriving import known_behaviours
from quanyu.targeting.tags.model import Pack
from quanyu.targeting.tags.pinning import lying_between


def taken(
    ws: Workspace,
    pack: Pack,
    scope: Scope,
    rows: Mapping[str, ir.Table],
    customers: OrdinalSet,
    names: AbstractSet[str] | None = None,
) -> pa.Table:
    """Return a row for each of these customers: column customer, and one for each statistic of the pack.

    `rows` are those of behaviours by name; of others nothing is taken, nor of statistics that are not in `names`.
    """
    ordinals = customers.ordinals()
    found: dict[str, pa.Array] = {"customer": pa.array(ordinals, pa.int64())}
    for behaviour, statistics in known_behaviours(pack, scope).items():
        some = {name: each for name, each in statistics.items() if names is None or name in names}
        if some and customers and behaviour.name in rows:
            found |= _taken(ws, behaviour, some, scope, lying_between(customers, rows[behaviour.name]), ordinals)
    return pa.table(found)


def _taken(
    ws: Workspace,
    behaviour: Behaviour,
    statistics: Statistics,
    scope: Scope,
    rows: ir.Table,
    customers: npt.NDArray[np.int64],
) -> dict[str, pa.Array]:
    told, rules = ruled(behaviour, statistics, scope, rows)
    try:
        found = ws.lake.to_coded(told)
        return folded(behaviour, statistics, found, rules, customers, scope.day, ws.settings.threads)
    except Unfit:
        found: dict[str, pa.Array] = {}
        for each in measured(behaviour, statistics, scope, rows):
            found |= _placed(ws.lake.to_arrow(each), customers)
        return found


def _placed(told: pa.Table, customers: npt.NDArray[np.int64]) -> dict[str, pa.Array]:
    """Put what is told of some customers in the places of all of these, who ascend; NULL of whom nothing is."""
    places = np.full(customers.size, -1, np.int64)
    theirs = np.isin(told["customer"].to_numpy(), customers).nonzero()[0]
    places[np.searchsorted(customers, told["customer"].to_numpy()[theirs])] = theirs
    at = pa.array(places, mask=places < 0)
    return {name: told[name].take(at) for name in told.column_names if name != "customer"}
