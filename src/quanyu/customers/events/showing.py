"""Shows what some records did on screens, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
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
    rows: Value = workspace.lake.table(EVENTS, workspace.lake.vector((EVENTS,)))
    mine = rows.filter(rows.record.isin(few(records)))
    seen = mine if until is None else mine.filter(_.occurred_at <= until)
    first = seen.order_by(ibis.desc("occurred_at"), "source", "event_id").limit(most)
    return [ShownEvent(*(row[name] for name in _SHOWN)) for row in workspace.lake.to_arrow(first).to_pylist()]


_SHOWN = (
    *("occurred_at", "record", "source", "event_id", "name"),
    *("product", "page", "campaign", "amount", "currency"),
)
