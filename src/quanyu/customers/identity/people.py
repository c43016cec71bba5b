"""Who exists: the ordinals that a workspace has given out, and the set of living customers."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.identity.tables import population
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class People:
    """`records` and `customers` count ordinals given out; they mean the same people only within one epoch.

    `alive` holds the customers who were neither merged into another one nor erased. `enrolled` says that the lake's
    roll of records and identifiers is whole.
    """

    epoch: int
    records: int
    customers: int
    alive: OrdinalSet
    enrolled: bool = True


@dataclass(frozen=True)
class Standing:
    """How far recognition is: ordinals given out, those below which records were looked at and customers are shown.

    `policy` is the key of that by which records were looked at.
    """

    records: int
    customers: int
    shown: int
    recognised: int
    policy: str | None
    enrolled: bool


def read_people(workspace: Workspace) -> People:
    """Return today's people; nobody before the first import."""
    with workspace.begin() as connection:
        return people_in(workspace, connection)


def people_in(workspace: Workspace, connection: sa.Connection) -> People:
    row = connection.execute(_mine(workspace)).one_or_none()
    return People(0, 0, 0, OrdinalSet.empty()) if row is None else _people(row)


def lock_people(workspace: Workspace, connection: sa.Connection) -> People:
    """Return the workspace's people, locked until the transaction ends; made when they are not there yet."""
    connection.execute(
        insert(population)
        .values(workspace=workspace.number, epoch=1, records=0, customers=0, alive=_NOBODY, enrolled=True, tailed=True)
        .on_conflict_do_nothing()
    )
    return _people(connection.execute(_mine(workspace).with_for_update()).one())


def lock_standing(workspace: Workspace, connection: sa.Connection) -> Standing:
    """Hold the same lock, without reading who is alive."""
    row = connection.execute(_STANDING, {"workspace": workspace.number}).one_or_none()
    if row is None:
        lock_people(workspace, connection)
        row = connection.execute(_STANDING, {"workspace": workspace.number}).one()
    return Standing(*row)


def _mine(workspace: Workspace) -> "sa.Select[Any]":
    return sa.select(population).where(population.c.workspace == workspace.number)


def _people(row: "sa.Row[Any]") -> People:
    return People(row.epoch, row.records, row.customers, from_bytes(row.alive), row.enrolled)


_NOBODY = to_bytes(OrdinalSet.empty())
_STANDING = sa.text(
    """select records, customers, shown, recognised, policy, enrolled from population
       where workspace = :workspace for update"""
)
