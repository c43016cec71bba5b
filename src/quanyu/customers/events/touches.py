"""How a person came: his first touch by source, be it an event before he registered or a registration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import ibis.expr.types as ir
from ibis import _

from quanyu.customers.events.tables import EVENTS
from quanyu.customers.identity.tables import RECORDS
from quanyu.foundation.lake.asking import few
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

REGISTERED, SEEN = "registration", "event"


@dataclass(frozen=True)
class Touch:
    """When a source first told of him, and by which record (an ordinal); of an event its name and campaign."""

    at: datetime
    source: str
    record: int
    kind: Literal["registration", "event"]
    name: str | None
    campaign: str | None


def touches_of(workspace: Workspace, records: Sequence[int]) -> tuple[Touch, ...]:
    """Return the first touch of each source that these records (ordinals) tell of, the earliest first.

    At one instant a registration stands before an event, and the lower record before the higher one.
    """
    if not records:
        return ()
    lake, vector = workspace.lake, workspace.lake.vector((EVENTS,))
    mine = list(records)
    events = lake.table(EVENTS, vector).filter(_.record.isin(few(mine)))
    seen = events.group_by("record", "source").agg(
        at=_.occurred_at.min(),
        name=_["name"].first(order_by=[_.occurred_at, _.event_id]),
        campaign=_.campaign.first(order_by=[_.occurred_at, _.event_id], include_null=True),
    )
    touches = registrations_of(workspace, records)
    touches += [Touch(kind=SEEN, **row) for row in lake.to_arrow(seen).to_pylist()]
    first: dict[str, Touch] = {}
    for touch in sorted(touches, key=lambda each: (each.at, each.kind == SEEN, each.record)):
        first.setdefault(touch.source, touch)
    return tuple(first.values())


def registrations_of(workspace: Workspace, records: Sequence[int]) -> list[Touch]:
    """Return when sources registered these records (ordinals), as far as they say so."""
    lake, vector = workspace.lake, workspace.lake.vector((RECORDS,))

    def registered(mine: list[Value]) -> ir.Table:
        said = lake.picked(RECORDS, vector, lambda rows: rows.record.isin(mine))
        return said.filter(_.registered_at.notnull()).select("record", "source", at="registered_at")

    rows = lake.answer("registrations", vector, records, registered).to_pylist()
    return [Touch(row["at"], row["source"], row["record"], REGISTERED, None, None) for row in rows]
