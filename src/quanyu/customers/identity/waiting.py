"""What recognition has to look at: what is new or has changed, and all that hangs together with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from quanyu.customers.identity.nearby import read_around, read_waiting
from quanyu.customers.identity.people import People, Standing, people_in
from quanyu.customers.identity.policies import policy_of
from quanyu.customers.identity.policy import Policy
from quanyu.customers.identity.reading import Waiting, brought_together, read_database, read_lake
from quanyu.foundation.database.copying import run
from quanyu.foundation.workspace import Workspace

LARGE = 0.02
"""The part of all records from which on reading all of them is faster than following them from one to the next."""
LEAST = 100_000
"""A home with fewer records is taken for one of so many: to read its lake takes longer than to follow some."""


@dataclass(frozen=True)
class Queue:
    """What recognition has to look at: `nothing`, a part of all records, or `everything`; and by which policy."""

    policy: Policy
    nothing: bool
    everything: bool


def queued(workspace: Workspace, connection: sa.Connection, standing: Standing) -> Queue:
    """Return what waits.

    The caller holds the lock of the workspace's people, which every import holds that opens records or gives
    identifiers.
    """
    policy = policy_of(workspace, connection)
    waiting = connection.execute(_WAITING, {"workspace": workspace.number}).scalar_one()
    waiting += standing.records - standing.recognised
    changed = standing.policy != policy.key
    return Queue(policy, not (changed or waiting), changed or waiting > LARGE * max(standing.records, LEAST))


def look(workspace: Workspace, connection: sa.Connection, standing: Standing, queue: Queue) -> Waiting:
    """Return what waits and all that hangs together with it."""
    if queue.everything:
        return _read_all(workspace, connection, standing, queue.policy)
    return brought_together(read_waiting(workspace, connection, queue.policy, standing.recognised))


def note_looked_at(workspace: Workspace, connection: sa.Connection, queue: Queue, opened: int) -> None:
    """Note that all that waited has been looked at, and so many customers were opened for it."""
    given = {"workspace": workspace.number, "policy": queue.policy.key, "opened": opened}
    run(connection, _LOOKED_AT, given)


def read_everything(workspace: Workspace, connection: sa.Connection) -> Waiting:
    """Return all records with all identifiers, whatever these prove."""
    return _read_all(workspace, connection, people_in(workspace, connection), None)


def _read_all(
    workspace: Workspace, connection: sa.Connection, people: People | Standing, policy: Policy | None
) -> Waiting:
    if people.enrolled:
        return read_lake(workspace, connection, people, policy)
    return read_database(workspace, connection, policy)


def around(
    workspace: Workspace, connection: sa.Connection, policy: Policy, records: Sequence[int], most: int
) -> tuple[Waiting, bool]:
    """Return all that hangs together with these records (ordinals), and whether it is all: it may end at `most`."""
    start = np.unique(np.array(records, np.int64))
    found = read_around(workspace, connection, policy, start, most)
    return brought_together(found), not found.cut_off


_WAITING = sa.text("select count(*) from identity_waiting where workspace = :workspace")
_LOOKED_AT = """
with emptied as (delete from identity_waiting where workspace = %(workspace)s)
update population set recognised = records, policy = %(policy)s, customers = customers + %(opened)s
where workspace = %(workspace)s"""
