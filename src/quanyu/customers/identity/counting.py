"""Says how many records and customers a workspace has."""

from dataclasses import dataclass

import sqlalchemy as sa

from quanyu.customers.identity.tables import population
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class People:
    """`customers` are those alive: not merged into another one, not erased."""

    records: int
    customers: int


def count_people(workspace: Workspace) -> People:
    query = sa.select(population.c.records, population.c.alive).where(population.c.workspace == workspace.number)
    with workspace.begin() as connection:
        row = connection.execute(query).one_or_none()
    return People(0, 0) if row is None else People(row.records, from_bytes(row.alive).count())
