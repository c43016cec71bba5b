"""Recognises customers: which records are one person, as the policy says; ids that were given stay."""

from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.asking import keep_questions
from quanyu.customers.identity.assigning import Assignment, assign
from quanyu.customers.identity.model import CustomersMerged, CustomersRecognised, CustomersSplit
from quanyu.customers.identity.people import People, lock_people
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.questions import ask
from quanyu.customers.identity.reading import Waiting
from quanyu.customers.identity.resolving import resolve
from quanyu.customers.identity.roll import enrol
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, CUSTOMERS, customer, population
from quanyu.customers.identity.waiting import look
from quanyu.foundation import failpoints
from quanyu.foundation.database.copying import copy_in, insert_rows, read_columns
from quanyu.foundation.ids import new_ids, outside_all
from quanyu.foundation.lake.compaction import flatten
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace

_MANY = 100_000
"""Records from which on all customers are read, rather than those looked up who were opened for one of them."""
FAILPOINTS = ("identity.assigned", "identity.landed")


@dataclass(frozen=True)
class Recognised:
    """What one run of recognition did: records that got a customer, customers opened, merged and parted from others.

    `customers` are those alive after it.
    """

    records: int
    created: int
    merged: int
    customers: int
    parted: int = 0


@dataclass(frozen=True)
class _Opened:
    """The ids of the customers that are opened, and when."""

    one_ids: list[str]
    since: datetime


def recognise(workspace: Workspace) -> Recognised:
    """Resolve what is new or has changed since the last time, and all that hangs together with it.

    In whatever order and batches things came, the same records are then one customer. Of customers who turn out to be
    one the oldest stays; where one turns out to be several, he is whose record he was opened for. Devices and
    recipients whom no person names, or several do, are nobody.
    """
    tables = (CUSTOMER_OF_RECORD, CUSTOMERS)
    enrol(workspace)
    with (
        workspace.heavy(),
        workspace.lake.landing("recognise", tables) as landing,
        workspace.begin() as connection,
    ):
        people = lock_people(workspace, connection)
        policy = policy_of(workspace, connection)
        waiting = look(workspace, connection, people, policy)
        if waiting is None:
            return Recognised(0, 0, 0, people.alive.count())
        resolution = resolve(waiting.known, waiting.links, policy)
        found = assign(waiting, resolution.component, _founded(workspace, connection, waiting), people)
        keep_questions(workspace, connection, waiting, ask(waiting.known, waiting.links, resolution))
        if found.idle:
            return Recognised(0, 0, 0, people.alive.count())
        done = _carry_out(workspace, connection, landing, found, people)
    flatten(workspace.lake, CUSTOMER_OF_RECORD)
    return done


def _founded(workspace: Workspace, connection: sa.Connection, waiting: Waiting) -> pa.Table:
    """Return the customers (ordinals) that were opened for these records: customer, founder."""
    columns, record = {"customer": "bigint", "founder": "bigint"}, waiting.known.record
    if len(record) > _MANY:
        query = f"""select customer, founder from customer
                    where workspace = {workspace.number} and founder is not null order by customer"""
        found = read_columns(connection, query, columns)
        return found.filter(pa.array(np.isin(found["founder"].to_numpy(), record)))
    connection.execute(sa.text("create temporary table looked_at (record bigint) on commit drop"))
    copy_in(connection, "looked_at", pa.table({"record": record}))
    query = f"""select c.customer, c.founder from looked_at l
                cross join lateral (select c.customer, c.founder from customer c
                                    where c.workspace = {workspace.number} and c.founder = l.record offset 0) c
                order by c.customer"""
    return read_columns(connection, query, columns)


def _carry_out(
    workspace: Workspace, connection: sa.Connection, landing: Landing, found: Assignment, people: People
) -> Recognised:
    opened = _Opened(new_ids(len(found.created)), workspace.clock.now())
    _store(workspace, connection, found, opened)
    failpoints.reach("identity.assigned")
    _land(workspace, connection, landing, found, opened)
    failpoints.reach("identity.landed")
    alive = (people.alive | OrdinalSet.of(found.opened)) - OrdinalSet.of(found.closed)
    connection.execute(
        sa.update(population)
        .where(population.c.workspace == workspace.number)
        .values(customers=people.customers + len(found.created), alive=to_bytes(alive))
    )
    landing.publish(connection)
    _tell(workspace, connection, landing, found)
    return Recognised(found.recognised, len(found.created), len(found.merged), alive.count(), len(found.parted))


def _store(workspace: Workspace, connection: sa.Connection, found: Assignment, opened: _Opened) -> None:
    """Write customers and the mapping to the database: pointers move, nothing else does."""
    number = {"workspace": workspace.number}
    insert_rows(
        connection,
        customer,
        pa.table(
            {
                "workspace": pa.array(np.full(len(found.created), workspace.number)),
                "customer": found.created,
                "one_id": pa.array(opened.one_ids, pa.string()),
                "since": pa.array([opened.since] * len(found.created), pa.timestamp("us", "UTC")),
                "founder": found.founders,
            }
        ),
    )
    connection.execute(sa.text("create temporary table standing (customer bigint, survivor bigint) on commit drop"))
    copy_in(connection, "standing", pa.table({"customer": found.known, "survivor": found.owners}))
    connection.execute(_STAND, number)
    connection.execute(sa.text("create temporary table moved (record bigint, customer bigint) on commit drop"))
    copy_in(connection, "moved", pa.table({"record": found.records, "customer": found.customers}))
    connection.execute(_LEAVE, number)
    connection.execute(_MOVE, number)


# Who is his own survivor is alive, be it again.
_STAND = sa.text(
    """update customer c set merged_into = nullif(s.survivor, s.customer) from standing s
       where c.workspace = :workspace and c.customer = s.customer
             and c.merged_into is distinct from nullif(s.survivor, s.customer)"""
)
_LEAVE = sa.text(
    """delete from record_customer c using moved m
       where c.workspace = :workspace and c.record = m.record and m.customer < 0"""
)
_MOVE = sa.text(
    """insert into record_customer (workspace, record, customer)
       select :workspace, record, customer from moved where customer >= 0
       on conflict (workspace, record) do update set customer = excluded.customer"""
)


def _land(
    workspace: Workspace, connection: sa.Connection, landing: Landing, found: Assignment, opened: _Opened
) -> None:
    """Bring the lake's copy of the mapping and of the customers up to date."""
    moved: Value = ibis.memtable(pa.table({"record": found.records, "customer": found.customers}))
    if CUSTOMER_OF_RECORD.name not in landing.vector:
        landing.replace(CUSTOMER_OF_RECORD, moved.filter(moved.customer >= 0))
    else:
        landing.lay_over(CUSTOMER_OF_RECORD, moved.filter(moved.customer >= 0))
        if (found.customers < 0).any():
            landing.take_away(CUSTOMER_OF_RECORD, moved.filter(moved.customer < 0))
    one_ids = pa.chunked_array([pa.array(opened.one_ids, pa.string())])
    since = pa.array([opened.since] * len(opened.one_ids), pa.timestamp("us", "UTC"))
    if not opened.one_ids:
        return
    created = {"customer": found.created, "one_id": outside_all("customer", one_ids), "since": since}
    landing.append(CUSTOMERS, pa.table(created))


def _tell(workspace: Workspace, connection: sa.Connection, landing: Landing, found: Assignment) -> None:
    facts: list[CustomersRecognised | CustomersMerged | CustomersSplit] = []
    if len(found.merged):
        facts.append(CustomersMerged(tuple(found.merged.tolist()), tuple(found.survivors.tolist())))
    if len(found.parted):
        facts.append(CustomersSplit(tuple(found.origins.tolist()), tuple(found.parted.tolist())))
    workspace.publish(connection, *facts, CustomersRecognised(found.recognised, len(found.created), landing.batch))
