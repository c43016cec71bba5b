"""Gives the phones of a home from before there were tails theirs."""

import ibis
import sqlalchemy as sa

from quanyu.customers.identity.identifiers import PHONE
from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.roll import halves
from quanyu.customers.identity.tables import GIVEN_IDENTIFIERS, RECORDS_PRIVATE, population
from quanyu.customers.identity.tails import tails_of
from quanyu.foundation import failpoints
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.landing import Landing
from quanyu.foundation.lake.model import Value, Vector
from quanyu.foundation.workspace import Workspace

FAILPOINTS = ("tails.entered",)
CHUNK = 1_000_000
"""Records whose phones are in clear in memory at once."""


def enter_tails(workspace: Workspace) -> None:
    """Enter the tails of all phones in the roll, once."""
    if has_tails(workspace):
        return
    with (
        workspace.heavy(),
        workspace.lake.landing("tails", (GIVEN_IDENTIFIERS,)) as landing,
        workspace.begin() as connection,
    ):
        records = lock_people(workspace, connection).records
        vector = workspace.lake.vector_in(connection, (GIVEN_IDENTIFIERS, RECORDS_PRIVATE))
        if GIVEN_IDENTIFIERS.name in vector:
            _enter_all(workspace, landing, vector, records)
        failpoints.reach("tails.entered")
        mine = population.c.workspace == workspace.number
        connection.execute(sa.update(population).where(mine).values(tailed=True))
        landing.publish(connection)


def has_tails(workspace: Workspace) -> bool:
    """Say whether every phone has its tail; so it is where there is nobody yet."""
    query = sa.select(population.c.tailed).where(population.c.workspace == workspace.number)
    with workspace.begin() as connection:
        return connection.execute(query).scalar_one_or_none() is not False


def _enter_all(workspace: Workspace, landing: Landing, vector: Vector, records: int) -> None:
    """Write the roll anew, a range of records after the other."""
    lake = workspace.lake
    entered: Value = lake.table(GIVEN_IDENTIFIERS, vector).drop("tail")
    landing.replace(GIVEN_IDENTIFIERS, GIVEN_IDENTIFIERS.schema.empty_table())
    for start in range(0, records, CHUNK):
        mine = entered.filter(entered.record.between(start, start + CHUNK - 1))
        with lake.held(_told(workspace, vector, range(start, start + CHUNK))) as told:
            whole: Value = mine.left_join(told, ["record", "type", "scope", "high", "low"])
            landing.append(GIVEN_IDENTIFIERS, whole.select(*entered.columns, "tail"))


def _told(workspace: Workspace, vector: Vector, records: range) -> Value:
    """Return the phones of these records, as they stand in the roll, with their tails."""
    values = open_values(workspace, vector, records)
    values = values.append_column("tail", tails_of(workspace, values))
    rows: Value = ibis.memtable(values)
    phones = rows.filter(rows.type == PHONE)
    hashed = keyed_hash(workspace.key.hash_secret, phones["type"], phones["scope"], phones["value"])
    high, low = halves(hashed)
    return phones.select("record", "type", "scope", "tail", high=high, low=low).distinct()
