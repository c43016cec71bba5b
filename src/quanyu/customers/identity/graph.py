"""The records of one customer and what joins them: of a value its type, who has it, how sure it is; never itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import ibis
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.confidence import Floats, of_customers, of_links
from quanyu.customers.identity.naming import find_entries
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.policy import Policy, Strength
from quanyu.customers.identity.resolving import LINKED, REASONS, Integers, Resolution, resolve
from quanyu.customers.identity.tables import RECORDS, record
from quanyu.customers.identity.waiting import Waiting, around
from quanyu.foundation.workspace import Workspace

MOST = 2_000
"""Records that are looked through at most."""


@dataclass(frozen=True)
class Node:
    """A record, by source and ordinal; `follows` marks a device or a recipient. `since`: when it was first told of."""

    record: int
    source: str
    follows: bool
    since: datetime | None


@dataclass(frozen=True)
class Holder:
    """A record (a place in `Graph.nodes`) that has a value; `reason` as in `resolving.REASONS`, empty if it joins."""

    node: int
    reason: str
    confidence: float


@dataclass(frozen=True)
class Shared:
    """A value that several of the records have, or that others have, too (`touches`, all of them)."""

    type: str
    scope: str
    strength: Strength
    rank: int
    touches: int
    holders: tuple[Holder, ...]


@dataclass(frozen=True)
class Graph:
    """A customer's records, the earliest first; `whole` is false where the search ended at `MOST` records."""

    nodes: tuple[Node, ...]
    values: tuple[Shared, ...]
    confidence: float
    whole: bool


def draw_up(workspace: Workspace, name: str) -> Graph:
    """Return the graph of the customer of a record, named as in `explain`; of one who is nobody, the record alone.

    Raises Invalid and NotFound.
    """
    with workspace.begin() as connection:
        (entry,) = find_entries(workspace, connection, [name])
        policy = policy_of(workspace, connection)
        beside, whole = around(workspace, connection, policy, [entry.record], MOST)
        found = resolve(beside.known, beside.links, policy)
        start = int(np.searchsorted(beside.known.record, entry.record))
        own = int(found.component[start])
        mine = np.flatnonzero(found.component == own) if own >= 0 else np.array([start])
        nodes = _nodes(workspace, connection, beside, mine)
    sure = of_links(beside.known, beside.links, found, policy)
    confidence = of_customers(beside.known, beside.links, found, sure)
    place = {int(np.searchsorted(beside.known.record, node.record)): at for at, node in enumerate(nodes)}
    values = _values(beside, found, policy, sure, place)
    return Graph(tuple(nodes), values, float(confidence[own]) if own >= 0 else 1.0, whole)


def since_of(workspace: Workspace, connection: sa.Connection, records: Sequence[int]) -> dict[int, datetime]:
    """Return when sources first told of these records (ordinals), in local time: of those that attributes came for."""
    vector = workspace.lake.vector_in(connection, (RECORDS,))
    if RECORDS.name not in vector:
        return {}
    wanted = ibis.memtable(pa.table({"record": pa.array(records, pa.int64())}))
    told = workspace.lake.all_versions(RECORDS, vector).semi_join(wanted, "record")
    rows = workspace.lake.to_arrow(told.group_by("record").agg(since=told.observed_at.min())).to_pylist()
    zone = ZoneInfo(workspace.time_zone)
    return {row["record"]: row["since"].astimezone(zone) for row in rows if row["since"] is not None}


def _nodes(workspace: Workspace, connection: sa.Connection, beside: Waiting, mine: Integers) -> list[Node]:
    ordinals: list[int] = beside.known.record[mine].tolist()
    since = since_of(workspace, connection, ordinals)
    query = sa.select(record.c.record, record.c.source, record.c.follows).where(
        record.c.workspace == workspace.number, record.c.record.in_(ordinals)
    )
    nodes = [Node(row.record, row.source, row.follows, since.get(row.record)) for row in connection.execute(query)]
    return sorted(nodes, key=lambda node: (node.follows, node.since is None, node.since, node.record))


def _values(
    beside: Waiting, found: Resolution, policy: Policy, sure: Floats, place: dict[int, int]
) -> tuple[Shared, ...]:
    """Return what more than one record has, here or elsewhere: the strongest first."""
    links = beside.links
    touches = np.bincount(links.key, minlength=links.keys)
    here = np.flatnonzero(np.isin(links.record, list(place)) & (touches[links.key] > 1))
    holders: dict[int, list[Holder]] = {}
    for at in here.tolist():
        reason = int(found.reason[at])
        joins = reason == LINKED
        holder = Holder(place[int(links.record[at])], REASONS[reason], round(float(sure[at]), 4) if joins else 0.0)
        holders.setdefault(int(links.key[at]), []).append(holder)
    values: list[Shared] = []
    for key, held in holders.items():
        type_, scope = links.kinds[int(links.kind[key])]
        rule = policy.rule(type_)
        ordered = tuple(sorted(held, key=lambda each: each.node))
        values.append(Shared(type_, scope, rule.strength, rule.rank, int(touches[key]), ordered))
    return tuple(sorted(values, key=lambda each: (each.rank, each.type, each.scope, [h.node for h in each.holders])))
