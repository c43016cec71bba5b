"""Shows what some records did on screens, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.events.tables import EVENTS
from quanyu.foundation.lake.asking import few
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class ShownEvent:
    """An event of one of the records (an ordinal), which may be a device; the amount in minor units."""

    at: datetime
    record: int
    source: str
    key: str
    name: str
    product: str | None
    page: str | None
    campaign: str | None
    amount: int | None
    currency: str | None


def events_of(
    workspace: Workspace, records: Sequence[int], until: datetime | None = None, most: int = 100
) -> list[ShownEvent]:
    """Return the last events of these records, up to and at an instant."""
    lake, vector = workspace.lake, workspace.lake.vector((EVENTS,))

    def first(mine: list[Value]) -> ir.Table:
        rows: Value = lake.table(EVENTS, vector)
        seen = rows.filter(rows.record.isin(mine))
        seen = seen if until is None else seen.filter(_.occurred_at <= until)
        return seen.order_by(ibis.desc("occurred_at"), "source", "event_id").limit(most).select(*_SHOWN)

    found = lake.to_arrow(first(few(records))) if until else lake.answer("events", vector, records, first, most)
    return [ShownEvent(*(row[name] for name in _SHOWN)) for row in found.to_pylist()]


_SHOWN = (
    *("occurred_at", "record", "source", "event_id", "name"),
    *("product", "page", "campaign", "amount", "currency"),
)
