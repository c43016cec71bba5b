"""Who exists: the set of living customers, as identity keeps it."""

from dataclasses import dataclass

import sqlalchemy as sa

from quanyu.customers.identity.tables import population
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class People:
    """Ordinals mean the same customers only within one epoch."""

    epoch: int
    alive: OrdinalSet


def read_people(ws: Workspace) -> People:
    """Return today's living customers; nobody before the first import."""
    query = sa.select(population.c.epoch, population.c.alive).where(population.c.workspace == ws.number)
    with ws.begin() as connection:
        row = connection.execute(query).one_or_none()
    return People(0, OrdinalSet.empty()) if row is None else People(row.epoch, from_bytes(row.alive))
