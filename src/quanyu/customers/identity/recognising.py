"""Recognises customers: records that share an identifier are one person, everybody else is his own."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.model import CustomersMerged, CustomersRecognised
from quanyu.customers.identity.people import People, lock_people
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, CUSTOMERS, customer, population, record_customer
from quanyu.customers.identity.waiting import Waiting, look
from quanyu.foundation import failpoints
from quanyu.foundation.database.copying import copy_in, insert_rows, read_columns
from quanyu.foundation.ids import new_ids, outside_all
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("identity.assigned", "identity.landed")


@dataclass(frozen=True)
class Recognised:
    """What one run of recognition did; `customers` are those alive after it."""

    records: int
    created: int
    merged: int
    customers: int


@dataclass(frozen=True)
class _Assignment:
    """New pairs of record and customer, and customers (ordinals) that turned out to be another."""

    records: np.ndarray
    customers: np.ndarray
    created: int
    one_ids: list[str]  # of the created
    since: datetime
    merged_away: np.ndarray
    survivors: np.ndarray


def recognise(workspace: Workspace) -> Recognised:
    """Give a customer to every record that has none; a component with several known customers keeps the oldest.

    Identifiers that have come since for records with a customer join, too, as if all had come at once. Devices
    that nobody has identified stay without one.
    """
    tables = (CUSTOMER_OF_RECORD, CUSTOMERS)
    with (
        workspace.heavy(),
        workspace.lake.landing("recognise", tables) as landing,
        workspace.begin() as connection,
    ):
        people = lock_people(workspace, connection)
        waiting = look(workspace, connection)
        if waiting is None:
            return Recognised(0, 0, 0, people.alive.count())
        assignment = _assign(waiting, people.customers, workspace.clock.now())
        if not (len(assignment.records) or len(assignment.merged_away)):
            return Recognised(0, 0, 0, people.alive.count())
        _store(workspace, connection, assignment, people)
        failpoints.reach("identity.assigned")
        _land(workspace, connection, landing, assignment, first_new=people.customers)
        failpoints.reach("identity.landed")
        alive = _close(workspace, connection, assignment, people)
        workspace.publish(connection, *_facts(assignment, landing.batch))
        landing.publish(connection)
    return Recognised(len(assignment.records), assignment.created, len(assignment.merged_away), alive)


def _assign(waiting: Waiting, next_customer: int, since: datetime) -> _Assignment:
    """Decide every component at once, in array code."""
    ordinals = waiting.records["record"].to_numpy()
    known = waiting.records["customer"].to_numpy()
    component = _components(ordinals, known, waiting.links)
    count = int(component.max()) + 1 if len(component) else 0
    oldest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(oldest, component[known >= 0], known[known >= 0])
    fresh = oldest == np.iinfo(np.int64).max
    oldest[fresh] = next_customer + np.arange(int(fresh.sum()))
    owner = oldest[component]
    new = known < 0
    moved = (known >= 0) & (known != owner)
    merged_away, first = np.unique(known[moved], return_index=True)
    created = int(fresh.sum())
    return _Assignment(ordinals[new], owner[new], created, new_ids(created), since, merged_away, owner[moved][first])


def _components(ordinals: np.ndarray, known: np.ndarray, links: pa.Table) -> np.ndarray:
    """Return a component number per record, numbered by its first record, so that ordinals follow records.

    Records of one customer hang together even where no identifier here says so: they move together when he is merged.
    """
    from scipy.sparse import coo_array  # noqa: PLC0415  a second to import, and only this needs it
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    identifier = links["identifier"].to_numpy()
    owned = np.flatnonzero(known >= 0)
    owners = np.unique(known[owned], return_inverse=True)[1]
    identifiers = int(identifier.max()) + 1 if len(identifier) else 0
    rows = np.concatenate([np.searchsorted(ordinals, links["record"].to_numpy()), owned])
    points = np.concatenate([identifier + len(ordinals), owners + len(ordinals) + identifiers])
    size = len(ordinals) + identifiers + len(owned)
    graph = coo_array((np.ones(len(rows), np.int8), (rows, points)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1][: len(ordinals)]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _store(workspace: Workspace, connection: sa.Connection, assignment: _Assignment, people: People) -> None:
    """Write customers and the mapping to the database; a merge moves the pointers of the merged-away customer."""
    number = workspace.number
    if len(assignment.merged_away):
        connection.execute(sa.text("create temporary table merged (away bigint, survivor bigint) on commit drop"))
        copy_in(connection, "merged", pa.table({"away": assignment.merged_away, "survivor": assignment.survivors}))
        connection.execute(_MERGE, {"workspace": number})
        connection.execute(_MOVE, {"workspace": number})
    first = people.customers
    created = np.arange(first, first + assignment.created)
    insert_rows(
        connection,
        customer,
        pa.table(
            {
                "workspace": pa.array(np.full(len(created), number)),
                "customer": created,
                "one_id": pa.array(assignment.one_ids, pa.string()),
                "since": pa.array([assignment.since] * len(created), pa.timestamp("us", "UTC")),
            }
        ),
    )
    insert_rows(
        connection,
        record_customer,
        pa.table(
            {
                "workspace": pa.array(np.full(len(assignment.records), number)),
                "record": assignment.records,
                "customer": assignment.customers,
            }
        ),
    )


_MERGE = sa.text(
    """update customer c set merged_into = m.survivor from merged m
       where c.workspace = :workspace and c.customer = m.away"""
)
_MOVE = sa.text(
    """update record_customer c set customer = m.survivor from merged m
       where c.workspace = :workspace and c.customer = m.away"""
)


def _land(
    workspace: Workspace, connection: sa.Connection, landing: Landing, assignment: _Assignment, first_new: int
) -> None:
    """Bring the lake's copy of the mapping and of the customers up to date."""
    number = workspace.number
    mapping = read_columns(
        connection,
        f"select record, customer from record_customer where workspace = {number} order by record",
        {"record": "bigint", "customer": "bigint"},
    )
    landing.replace(CUSTOMER_OF_RECORD, mapping)
    created = assignment.created
    landing.append(
        CUSTOMERS,
        pa.table(
            {
                "customer": np.arange(first_new, first_new + created),
                "one_id": outside_all("customer", pa.chunked_array([pa.array(assignment.one_ids, pa.string())])),
                "since": pa.array([assignment.since] * created, pa.timestamp("us", "UTC")),
            }
        ),
    )


def _close(workspace: Workspace, connection: sa.Connection, assignment: _Assignment, people: People) -> int:
    first = people.customers
    opened = OrdinalSet.of(np.arange(first, first + assignment.created))
    alive = (people.alive | opened) - OrdinalSet.of(assignment.merged_away)
    connection.execute(
        sa.update(population)
        .where(population.c.workspace == workspace.number)
        .values(customers=first + assignment.created, alive=to_bytes(alive))
    )
    return alive.count()


def _facts(assignment: _Assignment, batch: int) -> "list[CustomersRecognised | CustomersMerged]":
    facts: list[CustomersRecognised | CustomersMerged] = []
    if len(assignment.merged_away):
        facts.append(CustomersMerged(tuple(assignment.merged_away.tolist()), tuple(assignment.survivors.tolist())))
    return [*facts, CustomersRecognised(len(assignment.records), assignment.created, batch)]
