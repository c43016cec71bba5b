"""Recognises customers: which records are one person, as the policy says; ids that were given stay.

In two steps: what is new is resolved in the database, in one short transaction of look-ups; then the lake is shown what
has changed, once for all that came in between.
"""

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from quanyu.customers.identity.asking import keep_questions
from quanyu.customers.identity.assigning import Assignment, assign
from quanyu.customers.identity.people import Standing, lock_standing, read_people
from quanyu.customers.identity.questions import ask
from quanyu.customers.identity.reading import Waiting
from quanyu.customers.identity.resolving import brand_of, resolve
from quanyu.customers.identity.roll import enrol
from quanyu.customers.identity.showing import TABLES, Change, Moves, Opened, changed, is_all_shown, settle, show
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.identity.tailing import enter_tails
from quanyu.customers.identity.waiting import Queue, look, note_looked_at, queued
from quanyu.foundation import failpoints
from quanyu.foundation.database.copying import Bigints, Uuids, at_once, read_columns, run
from quanyu.foundation.ids import new_ids
from quanyu.foundation.lake.compaction import flatten
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("identity.assigned", "identity.landed")
STEPS = ("identity.assigned", "identity.resolved", "identity.gathered", "identity.landed", "identity.settled")
"""The points between the effects of both steps, where these are taken one by one."""


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


def recognise(workspace: Workspace) -> Recognised:
    """Resolve what is new or has changed since the last time, and all that hangs together with it, and show it.

    In whatever order and batches things came, the same records are then one customer. Of customers who turn out to be
    one the oldest stays; where one turns out to be several, he is whose record he was opened for. Devices and
    recipients whom no person names, or several do, are nobody. What `resolve_new` has done before is shown, too.
    """
    enrol(workspace)
    enter_tails(workspace)
    with (
        workspace.heavy(),
        workspace.lake.landing("recognise", TABLES) as landing,
        workspace.begin() as connection,
    ):
        standing = lock_standing(workspace, connection)
        queue = queued(workspace, connection, standing)
        if queue.nothing:
            change = changed(workspace, connection)
        else:
            found, opened = _resolve(workspace, connection, standing, queue)
            moves = Moves(found.records, found.left, found.customers)
            change = changed(workspace, connection, moves, opened)
        if change.empty:
            return _done(change)
        failpoints.reach("identity.assigned")
        show(landing, change)
        failpoints.reach("identity.landed")
        settle(workspace, connection, landing, change)
        landing.publish(connection)
    flatten(workspace.lake, CUSTOMER_OF_RECORD)
    return _done(change)


def resolve_new(workspace: Workspace) -> Recognised | None:
    """Resolve the same in the database alone, in one transaction; the lake shows it after `land` or `recognise`.

    Whoever reads customers from the lake, or who is alive, sees until then what was there before. Where so much waits
    that everything has to be looked at, `recognise` does it, and what it did is returned.
    """
    with workspace.begin() as connection:
        standing = lock_standing(workspace, connection)
        queue = queued(workspace, connection, standing)
        whole = not queue.nothing and (queue.everything or not standing.enrolled)
        if not (queue.nothing or whole):
            _resolve(workspace, connection, standing, queue, remember=True)
            failpoints.reach("identity.assigned")
    if whole:
        return recognise(workspace)
    failpoints.reach("identity.resolved")
    return None


def land(workspace: Workspace) -> Recognised:
    """Show in the lake what `resolve_new` has changed since the last time, and tell of it, as one change.

    Nobody waits for the writing: what is resolved meanwhile stays for the next time.
    """
    with workspace.begin() as connection:
        if is_all_shown(workspace, connection):
            return Recognised(0, 0, 0, read_people(workspace).alive.count())
    with workspace.lake.landing("recognise", TABLES) as landing:
        with workspace.begin() as connection:
            lock_standing(workspace, connection)
            change = changed(workspace, connection)
        failpoints.reach("identity.gathered")
        if change.empty:
            return _done(change)
        show(landing, change)
        failpoints.reach("identity.landed")
        with workspace.begin() as connection:
            lock_standing(workspace, connection)
            settle(workspace, connection, landing, change)
            landing.publish(connection)
            failpoints.reach("identity.settled")
    flatten(workspace.lake, CUSTOMER_OF_RECORD)
    return _done(change)


def _done(change: Change) -> Recognised:
    counts = change.recognised, change.created, len(change.merged), change.alive.count(), len(change.parted)
    return Recognised(*counts)


def _resolve(
    workspace: Workspace, connection: sa.Connection, standing: Standing, queue: Queue, *, remember: bool = False
) -> tuple[Assignment, Opened]:
    """Bring the database up to date with all that waits; the caller holds the lock of the workspace's people."""
    waiting = look(workspace, connection, standing, queue)
    resolution = resolve(waiting.known, waiting.links, queue.policy)
    founded = _founded(workspace, connection, waiting)
    found = assign(waiting, resolution.component, founded, standing.customers)
    asked = ask(waiting.known, waiting.links, resolution, brand_of(waiting.known, queue.policy))
    opened = Opened(standing.customers, new_ids(len(found.created)), workspace.clock.now())
    with (
        at_once(connection) if remember else nullcontext()
    ):  # all of a large home would have to be held until it is sent
        keep_questions(workspace, connection, waiting, asked)
        if not found.idle:
            _store(workspace, connection, found, opened, remember=remember)
        note_looked_at(workspace, connection, queue, len(found.created))
    return found, opened


def _founded(workspace: Workspace, connection: sa.Connection, waiting: Waiting) -> pa.Table:
    """Return the customers (ordinals) that were opened for these records: customer, founder."""
    if waiting.nearby is not None:
        return waiting.nearby.founded
    query = f"""select customer, founder from customer
                where workspace = {workspace.number} and founder is not null order by customer"""
    found = read_columns(connection, query, {"customer": "bigint", "founder": "bigint"})
    return found.filter(pa.array(np.isin(found["founder"].to_numpy(), waiting.known.record)))


def _store(
    workspace: Workspace, connection: sa.Connection, found: Assignment, opened: Opened, *, remember: bool
) -> None:
    """Write customers and the mapping to the database: pointers move, nothing else does.

    With `remember` it is remembered whose the records were in the lake.
    """
    ids = bytes.fromhex("".join(opened.one_ids).replace("-", ""))
    held, gone = found.customers >= 0, found.records[found.customers < 0]
    records, customers = found.records[held], found.customers[held]
    left = (found.records, found.left) if remember else (found.records[:0], found.left[:0])
    for begin in range(0, max(len(found.created), len(found.known), len(found.records)), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        given = {
            "workspace": workspace.number,
            "since": opened.since,
            "created": Bigints(found.created[part]),
            "one_ids": Uuids(ids[16 * part.start : 16 * part.stop]),
            "founders": Bigints(found.founders[part]),
            "known": Bigints(found.known[part]),
            "owners": Bigints(found.owners[part]),
            "gone": Bigints(gone[part]),
            "records": Bigints(records[part]),
            "customers": Bigints(customers[part]),
            "moved": Bigints(left[0][part]),
            "left": Bigints(left[1][part]),
        }
        run(connection, _STORE, given)


_AT_ONCE = 100_000
# Who is his own survivor is alive, be it again. What is remembered of a record stays: the lake shows it still.
_STORE = """
with opened as (
  insert into customer (workspace, customer, one_id, since, founder)
  select %(workspace)s, o.customer, o.one_id, %(since)s, o.founder
  from unnest(%(created)s, %(one_ids)s, %(founders)s) o (customer, one_id, founder)
),
stood as (
  update customer c set merged_into = nullif(s.survivor, s.customer)
  from unnest(%(known)s, %(owners)s) s (customer, survivor)
  where c.workspace = %(workspace)s and c.customer = s.customer
        and c.merged_into is distinct from nullif(s.survivor, s.customer)
),
left_behind as (
  delete from record_customer where workspace = %(workspace)s and record = any(%(gone)s)
),
remembered as (
  insert into identity_moved (workspace, record, customer)
  select %(workspace)s, m.record, m.customer from unnest(%(moved)s, %(left)s) m (record, customer)
  on conflict do nothing
)
insert into record_customer (workspace, record, customer)
select %(workspace)s, m.record, m.customer from unnest(%(records)s, %(customers)s) m (record, customer)
on conflict (workspace, record) do update set customer = excluded.customer"""
