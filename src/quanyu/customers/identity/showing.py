"""Shows in the lake what recognition has changed in the database: once, however many steps came in between.

`identity_moved` remembers whose a record was when the lake was last brought up to date; customers opened since then
have ordinals from `population.shown` on. Both are written with the change itself, so that nothing is lost with a
process that dies.
"""

from dataclasses import dataclass
from datetime import datetime

import ibis
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from quanyu.customers.identity.model import CustomersMerged, CustomersRecognised, CustomersSplit
from quanyu.customers.identity.people import People, people_in
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, CUSTOMERS, population
from quanyu.foundation.database.copying import Bigints, read_arrays, read_columns, run
from quanyu.foundation.ids import outside_all
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.workspace import Workspace

Integers = NDArray[np.int64]
TABLES = (CUSTOMER_OF_RECORD, CUSTOMERS)
"""What `show` writes; its landing must hold them."""
_NOBODY = -1


@dataclass(frozen=True)
class Moves:
    """Records, whose they were `before` and are `after`: ordinals of customers, -1 for nobody."""

    record: Integers
    before: Integers
    after: Integers


@dataclass(frozen=True)
class Opened:
    """The ordinals of customers who were opened, from `first` on without a gap, their ids, and since when they are."""

    first: int
    one_ids: list[str]
    since: datetime | None


@dataclass(frozen=True)
class Change:
    """All that the lake does not show yet, as one change; of `people` those are alive whom it shows.

    `moves` are of records whose customer it is not. `dead` live there and do not any more; of these `merged` are one
    with `survivors`. Records of `origins`, who go on, went over to `parted`. Of `remembered` something may be
    remembered, and `opened` are the customers (as in `CUSTOMERS`) whom it does not know.
    """

    people: People
    moves: Moves
    remembered: Moves
    opened: pa.Table
    dead: OrdinalSet
    merged: Integers
    survivors: Integers
    origins: Integers
    parted: Integers

    @property
    def empty(self) -> bool:
        return not (len(self.moves.record) or len(self.remembered.record) or self.opened.num_rows)

    @property
    def alive(self) -> OrdinalSet:
        """Who lives after it."""
        after = self.moves.after
        return (self.people.alive | OrdinalSet.of(np.unique(after[after != _NOBODY]))) - self.dead

    @property
    def created(self) -> int:
        """How many customers the lake does not know."""
        return self.opened.num_rows

    @property
    def recognised(self) -> int:
        """How many records had no customer."""
        return int((self.moves.before == _NOBODY).sum())


def is_all_shown(workspace: Workspace, connection: sa.Connection) -> bool:
    """Say whether the lake shows whatever recognition has done."""
    return not connection.execute(_ANYTHING, {"workspace": workspace.number}).scalar_one()


def moved_since(workspace: Workspace, connection: sa.Connection) -> Moves:
    """Return the records whose customer has changed since the lake was brought up to date; some of them back again."""
    query = _MOVED.format(workspace=workspace.number)
    rows = read_columns(connection, query, dict.fromkeys(("record", "before", "after"), "bigint"))
    return Moves(*(rows[name].to_numpy() for name in ("record", "before", "after")))


def changed(
    workspace: Workspace, connection: sa.Connection, now: Moves | None = None, opened: Opened | None = None
) -> Change:
    """Return what the lake does not show.

    The caller holds the lock of the workspace's people. What his transaction has changed itself without remembering it
    is in `now` and `opened`; the database holds it already.
    """
    people = people_in(workspace, connection)
    remembered = moved_since(workspace, connection)
    every = remembered if now is None else _with(remembered, now)
    differ = every.before != every.after
    moves = Moves(every.record[differ], every.before[differ], every.after[differ])
    dead, merged, survivors = _died(workspace, connection, people, moves)
    gone = (moves.before != _NOBODY) & (moves.after != _NOBODY)
    gone[gone] = ~_within(moves.before[gone], dead)
    pairs = np.unique(np.stack([moves.before[gone], moves.after[gone]], axis=1), axis=0)
    table = _opened(workspace, connection, opened)
    return Change(people, moves, remembered, table, dead, merged, survivors, pairs[:, 0], pairs[:, 1])


def _with(remembered: Moves, now: Moves) -> Moves:
    """Add the moves of records of which nothing is remembered; of the others the database tells where they are."""
    new = ~np.isin(now.record, remembered.record) if len(remembered.record) else np.ones(len(now.record), np.bool_)
    parts = zip(vars(remembered).values(), vars(now).values(), strict=True)
    return Moves(*(np.r_[one, other[new]] for one, other in parts))


def _died(
    workspace: Workspace, connection: sa.Connection, people: People, moves: Moves
) -> tuple[OrdinalSet, Integers, Integers]:
    """Return whom the lake shows alive who has no record any more, and those of them who are one with somebody else."""
    left = np.unique(moves.before)
    left = left[~np.isin(left, moves.after) & (left != _NOBODY)]
    given = {"workspace": workspace.number, "customers": Bigints(left)}
    found = read_arrays(connection, _DIED, {"customer": "bigint", "survivor": "bigint"}, given)
    customer, survivor = found["customer"].to_numpy(), found["survivor"].to_numpy()
    dead = OrdinalSet.of(customer) & people.alive
    lives = np.isin(survivor, moves.after)
    lives[~lives] = _within(survivor[~lives], people.alive - dead)
    merged = _within(customer, dead) & (survivor != _NOBODY) & lives
    return dead, customer[merged], survivor[merged]


def _within(customers: Integers, chosen: OrdinalSet) -> NDArray[np.bool_]:
    return np.isin(customers, (OrdinalSet.of(np.unique(customers[customers != _NOBODY])) & chosen).ordinals())


def _opened(workspace: Workspace, connection: sa.Connection, opened: Opened | None) -> pa.Table:
    """Return the customers whom the lake does not know: those opened before from the database, then these."""
    most = "p.customers" if opened is None else str(opened.first)
    query = _OPENED.format(workspace=workspace.number, most=most)
    rows = read_columns(connection, query, {"customer": "bigint", "one_id": "uuid", "since": "bigint"})
    since = rows["since"].cast(pa.timestamp("us", "UTC"))
    before = pa.table({"customer": rows["customer"], "one_id": outside_all("customer", _digits(rows)), "since": since})
    before = before.cast(CUSTOMERS.schema)
    if opened is None or not opened.one_ids:
        return before
    count = len(opened.one_ids)
    ids = outside_all("customer", pa.chunked_array([pa.array(opened.one_ids, pa.string())]))
    at = pa.repeat(pa.scalar(opened.since, pa.timestamp("us", "UTC")), count)
    after = pa.table({"customer": opened.first + np.arange(count), "one_id": ids, "since": at})
    return pa.concat_tables([before, after.cast(CUSTOMERS.schema)])


def _digits(rows: pa.Table) -> pa.ChunkedArray:
    """Return ids of 16 bytes as 32 digits each."""
    array = rows["one_id"].combine_chunks()
    digits = (array.buffers()[1] or pa.py_buffer(b"")).to_pybytes()[: 16 * len(array)].hex().encode()
    return pa.chunked_array([pa.array(np.frombuffer(digits, "S32")).cast(pa.string())], pa.string())


def show(landing: Landing, change: Change) -> None:
    """Write a change into the lake's copy of the mapping and of the customers."""
    held = change.moves.after != _NOBODY
    rows: Value = ibis.memtable(pa.table({"record": change.moves.record[held], "customer": change.moves.after[held]}))
    gone: Value = ibis.memtable(pa.table({"record": change.moves.record[~held]}))
    if CUSTOMER_OF_RECORD.name not in landing.vector:
        landing.replace(CUSTOMER_OF_RECORD, rows)
    else:
        if held.any():
            landing.lay_over(CUSTOMER_OF_RECORD, rows)
        if not held.all():
            landing.take_away(CUSTOMER_OF_RECORD, gone)
    if change.opened.num_rows:
        landing.append(CUSTOMERS, change.opened)


def settle(workspace: Workspace, connection: sa.Connection, landing: Landing, change: Change) -> None:
    """Let the database say that the lake shows the change, and tell of it, when the landing is published with it.

    The caller holds the lock of the workspace's people; what has changed since `changed` stays remembered.
    """
    given = {"workspace": workspace.number}
    remembered = change.remembered
    if len(remembered.record):
        after = {"record": Bigints(remembered.record), "customer": Bigints(remembered.after)}
        run(connection, _SHOWN, {**given, **after})
        run(connection, _FORGET, given)
    shown = {"alive": to_bytes(change.alive), "shown": change.people.customers}
    connection.execute(sa.update(population).where(population.c.workspace == workspace.number).values(shown))
    facts: list[CustomersRecognised | CustomersMerged | CustomersSplit] = []
    if len(change.merged):
        facts.append(CustomersMerged(tuple(change.merged.tolist()), tuple(change.survivors.tolist())))
    if len(change.parted):
        facts.append(CustomersSplit(tuple(change.origins.tolist()), tuple(change.parted.tolist())))
    recognised = CustomersRecognised(change.recognised, change.created, landing.batch)
    workspace.publish(connection, *facts, recognised)


_ANYTHING = sa.text(
    """select exists (select 1 from identity_moved where workspace = :workspace)
              or exists (select 1 from population where workspace = :workspace and shown < customers)"""
)
_MOVED = """select m.record, m.customer as before, coalesce(c.customer, -1) as after from identity_moved m
            left join record_customer c on c.workspace = {workspace} and c.record = m.record
            where m.workspace = {workspace} order by m.record"""
_OPENED = """select c.customer, c.one_id, (extract(epoch from c.since) * 1000000)::bigint as since
             from population p
             join customer c on c.workspace = {workspace} and c.customer >= p.shown and c.customer < {most}
             where p.workspace = {workspace} order by c.customer"""
_DIED = """
select array_agg(c.customer), array_agg(coalesce(c.merged_into, -1)) from (
  select c.customer, c.merged_into from unnest(%(customers)s) l (customer)
  cross join lateral (
    select c.customer, c.merged_into from customer c
    where c.workspace = %(workspace)s and c.customer = l.customer offset 0) c
  where not exists (select 1 from record_customer r where r.workspace = %(workspace)s and r.customer = l.customer)
  order by c.customer) c"""
# What the lake shows from now on; who is that again by now is remembered no longer.
_SHOWN = """
update identity_moved m set customer = s.customer from unnest(%(record)s, %(customer)s) s (record, customer)
where m.workspace = %(workspace)s and m.record = s.record and m.customer <> s.customer"""
_FORGET = """
delete from identity_moved m
where m.workspace = %(workspace)s
      and m.customer = coalesce((select c.customer from record_customer c
                                 where c.workspace = %(workspace)s and c.record = m.record), -1)"""
