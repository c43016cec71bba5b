"""How the ID score has grown: one row a day, of the last report of that day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.customers.identity.tables import identity_score
from quanyu.foundation.workspace import Workspace

_COUNTS = ("records", "customers", "linked", "identified", "taggable", "score")


@dataclass(frozen=True)
class Day:
    """What the report of one day said of all sources together; counts are of customers, but for `records`."""

    day: date
    records: int
    customers: int
    linked: int
    identified: int
    taggable: int
    score: int


def keep_day(workspace: Workspace, told: Day) -> None:
    """Keep a day; a later report of the same day takes its place."""
    counts = {name: getattr(told, name) for name in _COUNTS}
    row = insert(identity_score).values(workspace=workspace.number, day=told.day, **counts)
    with workspace.begin() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["workspace", "day"], set_=counts))


def days(workspace: Workspace, most: int) -> Sequence[Day]:
    """Return the last days that were kept, the earliest first."""
    mine = identity_score.c.workspace == workspace.number
    query = sa.select(identity_score).where(mine).order_by(identity_score.c.day.desc()).limit(most)
    with workspace.begin() as connection:
        rows = connection.execute(query).all()
    return [Day(row.day, *(getattr(row, name) for name in _COUNTS)) for row in reversed(rows)]
