"""Whom of some customers a channel reaches today for a purpose, by which of their records, and why not the others."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis import _

from quanyu.customers.consent.lights import TABLES, contacts, lights
from quanyu.customers.consent.model import NO_ADDRESS, NO_RELATION, REACHABLE, REASONS
from quanyu.customers.consent.projecting import project
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS_PRIVATE
from quanyu.customers.messages.tables import MESSAGES
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.measuring import Scope
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reach:
    """Of the `customers` who are reached, ascending, the record whose address is the newest lawful one, and its source.

    `reasons` are who is not. `pinned` says what it was read from: where the lake shows another, it is worked out anew.
    """

    customers: Integers
    records: Integers
    sources: pa.ChunkedArray
    reasons: Mapping[str, OrdinalSet]
    vector: Vector
    pinned: tuple[object, ...]

    def places_of(self, customers: Integers) -> Integers:
        """Return where each customer stands among those who are reached, -1 where he does not."""
        if not len(self.customers):
            return np.full(len(customers), -1, np.int64)
        places = np.minimum(np.searchsorted(self.customers, customers), len(self.customers) - 1)
        return np.where(self.customers[places] == customers, places, -1)


def pinned_now(ws: Workspace) -> tuple[tuple[object, ...], Vector]:
    """Return what a reach worked out now would be of. What we send ourselves changes nothing in it."""
    vector = ws.lake.vector((*TABLES, RECORDS_PRIVATE))
    read = {name: (p.version, p.superseded) for name, p in vector.items() if name != MESSAGES.name}
    return (ws.clock.today(ws.time_zone), *sorted(read.items())), vector


def reach_of(ws: Workspace, members: OrdinalSet, channel: str, purpose: str) -> Reach:
    """Work out whom of `members` the channel reaches."""
    project(ws)
    pinned, vector = pinned_now(ws)
    wanted = ibis.memtable(pa.table({"customer": pa.array(members.ordinals(), pa.int64())}))
    scope = _scope(ws, vector, wanted)
    shown = lights(scope, (channel,), purpose).select("customer", state=channel)
    states = ws.lake.to_arrow(shown)
    state = states["state"].combine_chunks().dictionary_encode()
    customer, code = states["customer"].to_numpy(), state.indices.to_numpy()
    found = {word: OrdinalSet.of(customer[code == i]) & members for i, word in enumerate(state.dictionary.to_pylist())}
    lit, rows = found.pop(REACHABLE, OrdinalSet.empty()), _chosen(ws, scope, channel, purpose)
    chosen = rows["customer"].to_numpy()
    on = np.isin(chosen, lit.ordinals())
    rows, reached = rows.filter(pa.array(on)), OrdinalSet.of(chosen[on])
    reasons = {word: who for word, who in found.items() if word in REASONS}
    known = reached
    for who in reasons.values():
        known = known | who
    _add(reasons, NO_RELATION, members - known - lit)
    _add(reasons, NO_ADDRESS, lit - reached)
    return Reach(rows["customer"].to_numpy(), rows["record"].to_numpy(), rows["source"], reasons, vector, pinned)


def _add(reasons: dict[str, OrdinalSet], word: str, who: OrdinalSet) -> None:
    if who:
        reasons[word] = reasons.get(word, OrdinalSet.empty()) | who


def _scope(ws: Workspace, vector: Vector, wanted: ibis.Table) -> Scope:
    """Return the tables with what is known of these customers only."""
    tables = {table.name: ws.lake.table(table, vector) for table in TABLES}
    owners = tables[CUSTOMER_OF_RECORD.name].semi_join(wanted, "customer")
    own = {name: t.semi_join(owners, "record") for name, t in tables.items() if "record" in t.columns}
    return Scope({**tables, **own, CUSTOMER_OF_RECORD.name: owners}, ws.clock.now(), ws.time_zone)


def _chosen(ws: Workspace, scope: Scope, channel: str, purpose: str) -> pa.Table:
    """Return of each customer the record whose lawful address is the newest: customer, record, source, ascending."""
    rows: Value = contacts(scope, (channel,), purpose).filter(_.lawful, ~_.closed, ~_.left)
    owned: Value = rows.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    ranked = owned.mutate(
        rank=ibis.row_number().over(
            group_by="customer", order_by=[owned.instant.desc(nulls_first=False), owned.record.desc()]
        )
    )
    told: Value = ranked.filter(ranked["rank"] == 0)
    return ws.lake.to_arrow(told.select("customer", "record", "source").order_by("customer"))
