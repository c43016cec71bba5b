"""What recognition has to look at: what is new or has changed, and all that hangs together with it."""

from collections.abc import Sequence

import sqlalchemy as sa

from quanyu.customers.identity.people import People, people_in
from quanyu.customers.identity.policy import MOST, Policy
from quanyu.customers.identity.reading import Waiting, proving, read_database, read_lake
from quanyu.foundation.workspace import Workspace

LARGE = 0.2
"""The part of all records from which on reading all of them is faster than following them from one to the next."""


def look(workspace: Workspace, connection: sa.Connection, people: People, policy: Policy) -> Waiting | None:
    """Return what waits, and note that it has been looked at; None where nothing does.

    The caller holds the lock of the workspace's people, which every import holds that opens records or gives
    identifiers.
    """
    mine = {"workspace": workspace.number}
    found = connection.execute(_FOUND, mine).one()
    changed = found.policy != policy.key
    if not (changed or found.waiting or found.recognised < people.records):
        return None
    waiting = found.waiting + people.records - found.recognised
    everything = changed or waiting > LARGE * people.records
    if not everything:
        _open_tables(connection)
        connection.execute(_BEGIN, mine)
        _follow(connection, workspace, policy)
        read = read_database(workspace, connection, policy, everything=False)
    else:
        read = _read_all(workspace, connection, people, policy)
    connection.execute(_LOOKED_AT, mine | {"policy": policy.key})
    connection.execute(_EMPTY, mine)
    return read


def read_everything(workspace: Workspace, connection: sa.Connection) -> Waiting:
    """Return all records with all identifiers, whatever these prove."""
    return _read_all(workspace, connection, people_in(workspace, connection), None)


def _read_all(workspace: Workspace, connection: sa.Connection, people: People, policy: Policy | None) -> Waiting:
    if people.enrolled:
        return read_lake(workspace, connection, people, policy)
    return read_database(workspace, connection, policy, everything=True)


def around(
    workspace: Workspace, connection: sa.Connection, policy: Policy, records: Sequence[int], most: int
) -> tuple[Waiting, bool]:
    """Return all that hangs together with these records (ordinals), and whether it is all: it ends at `most`."""
    _open_tables(connection)
    for ordinal in set(records):
        connection.execute(_START, {"record": ordinal})
    whole = _follow(connection, workspace, policy, most)
    return read_database(workspace, connection, policy, everything=False), whole


def _open_tables(connection: sa.Connection) -> None:
    for statement in _TABLES:
        connection.execute(sa.text(statement))


def _follow(connection: sa.Connection, workspace: Workspace, policy: Policy, most: int | None = None) -> bool:
    """Add to `touched` whatever shares a value or a customer with what is there, and to `opened` the values.

    A value that more than `MOST` records share joins nobody: whoever has it is looked at only when it has become so.
    Returns False where it stopped at `most` records.
    """
    mine = {"workspace": workspace.number}
    step, proves = 0, proving(policy).replace(":", "\\:")  # a colon would begin a parameter
    while connection.execute(_ANY, {"step": step}).scalar_one():
        now = {**mine, "step": step, "most": MOST}
        connection.execute(sa.text(_VALUES.format(proves=proves)), now)
        connection.execute(_SHARE, now)
        connection.execute(_SAME_CUSTOMER, now)
        step += 1
        if most is not None and connection.execute(_COUNT).scalar_one() > most:
            return False
    return True


_FOUND = sa.text(
    """select recognised, policy, (select count(*) from identity_waiting where workspace = :workspace) as waiting
       from population where workspace = :workspace"""
)
_LOOKED_AT = sa.text("update population set recognised = records, policy = :policy where workspace = :workspace")
_EMPTY = sa.text("delete from identity_waiting where workspace = :workspace")

_TABLES = (
    "create temporary table touched (record bigint primary key, step int) on commit drop",
    """create temporary table opened (type text, scope text, value_hash uuid, step int, shared bigint,
                                      primary key (type, scope, value_hash)) on commit drop""",
)
_ANY = sa.text("select exists (select 1 from touched where step = :step)")
_COUNT = sa.text("select count(*) from touched")
_START = sa.text("insert into touched values (:record, 0)")
_BEGIN = sa.text(
    """insert into touched
       select record, 0 from identity_waiting where workspace = :workspace
       union
       select r.record, 0 from record r join population p on p.workspace = :workspace and r.record >= p.recognised
       where r.workspace = :workspace and not r.anonymous"""
)
_VALUES = """insert into opened
    select type, scope, value_hash, :step, (
             select count(*) from (select 1 from identifier j where j.workspace = :workspace and j.type = d.type
                                   and j.scope = d.scope and j.value_hash = d.value_hash limit :most + 1) x)
    from (select distinct i.type, i.scope, i.value_hash from identifier i join touched t
          on t.step = :step and i.workspace = :workspace and i.record = t.record where {proves}) d
    on conflict do nothing"""
# Of a value that too many share, those who were recognised by it while they were fewer have to be parted.
_SHARE = sa.text(
    """insert into touched
       select distinct on (i.record) i.record, :step + 1 from opened o
       cross join lateral (
         select j.record from identifier j where j.workspace = :workspace and j.type = o.type and j.scope = o.scope
         and j.value_hash = o.value_hash and o.shared <= :most
         union all
         (select old.record from (
            select j.record, count(*) over () as before from identifier j
            join record_customer c on c.workspace = :workspace and c.record = j.record
            where o.shared > :most and j.workspace = :workspace and j.type = o.type and j.scope = o.scope
                  and j.value_hash = o.value_hash
                  and not exists (select 1 from identity_waiting w
                                  where w.workspace = :workspace and w.record = j.record)
            limit :most + 1) old
          where old.before <= :most)) i
       where o.step = :step on conflict do nothing"""
)
_SAME_CUSTOMER = sa.text(
    """insert into touched
       select distinct c.record, :step + 1 from touched t
       join record_customer mine on mine.workspace = :workspace and mine.record = t.record
       join record_customer c on c.workspace = :workspace and c.customer = mine.customer
       where t.step = :step on conflict do nothing"""
)
