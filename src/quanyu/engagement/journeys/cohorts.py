"""Reads and writes who stands where: a few rows of sets for a journey, whatever the number of people."""

from collections.abc import Sequence

import sqlalchemy as sa

from quanyu.engagement.journeys.model import Cohort
from quanyu.engagement.journeys.tables import journey_cohort
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import from_bytes, to_bytes
from quanyu.foundation.workspace import Workspace

_C = journey_cohort.c


def standing(
    ws: Workspace, connection: sa.Connection, names: Sequence[str], epoch: int
) -> dict[str, list[tuple[Cohort, bool]]]:
    """Return all cohorts of these journeys, the earliest due first, and whether each is watched."""
    query = sa.select(journey_cohort).where(_C.workspace == ws.number, _C.journey.in_(names), _C.epoch == epoch)
    found: dict[str, list[tuple[Cohort, bool]]] = {}
    for row in connection.execute(query.order_by(_C.due, _C.number)):
        cohort = Cohort(row.number, row.version, row.step, row.due, from_bytes(row.members), row.awaits)
        found.setdefault(row.journey, []).append((cohort, row.watched))
    return found


def inside(cohorts: Sequence[tuple[Cohort, bool]]) -> OrdinalSet:
    found = OrdinalSet.empty()
    for cohort, _ in cohorts:
        found = found | cohort.members
    return found


def open_cohorts(
    ws: Workspace, connection: sa.Connection, opened: Sequence[tuple[str, Cohort, bool]], epoch: int
) -> None:
    """Let cohorts of journeys, by name, stand where they are; of each is told whether it is watched."""
    rows = [
        {
            "workspace": ws.number,
            "journey": name,
            "version": cohort.version,
            "step": cohort.step,
            "due": cohort.due,
            "watched": watched,
            "epoch": epoch,
            "members": to_bytes(cohort.members),
            "size": cohort.members.count(),
            "awaits": cohort.awaits,
        }
        for name, cohort, watched in opened
    ]
    if rows:
        connection.execute(sa.insert(journey_cohort), rows)


def close_cohorts(ws: Workspace, connection: sa.Connection, numbers: Sequence[int]) -> None:
    connection.execute(sa.delete(journey_cohort).where(_C.workspace == ws.number, _C.number.in_(numbers)))


def shrink(ws: Workspace, connection: sa.Connection, number: int, members: OrdinalSet) -> None:
    """Leave these in a cohort."""
    left = {"members": to_bytes(members), "size": members.count()}
    connection.execute(sa.update(journey_cohort).where(_C.workspace == ws.number, _C.number == number).values(left))
