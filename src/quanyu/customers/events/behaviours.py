"""What customers did on screens, one row an event."""

from collections.abc import Set as AbstractSet

import ibis.expr.types as ir

from quanyu.customers.events.tables import EVENTS
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import HOUR, Behaviour, Column, Scope
from quanyu.foundation.text import Text

COLUMNS = (
    Column("name", "code", Text("Event", "事件"), privacy="public", drawn_from=((EVENTS, "name"),)),
    Column("hour", "integer", Text("Hour of the day", "时段（小时）"), inputs=("event.occurred_at",), unit=HOUR),
    Column("amount", "money", Text("Amount", "金额")),
    Column("session", "code", Text("Session", "会话"), privacy="identifier"),
    Column("device", "code", Text("Device", "设备"), inputs=("event.device",), privacy="identifier"),
    Column("product", "code", Text("Product", "商品"), privacy="public", drawn_from=((EVENTS, "product"),)),
    Column("page", "text", Text("Page", "页面"), privacy="sensitive"),
    Column("campaign", "code", Text("Campaign", "活动"), privacy="public", drawn_from=((EVENTS, "campaign"),)),
    Column(
        "source",
        "code",
        Text("Source", "来源系统"),
        inputs=("event.*",),
        privacy="public",
        drawn_from=((EVENTS, "source"),),
    ),
)


def seen(scope: Scope) -> Value:
    """Return the events of known records and devices up to the scope's day, with its local hour."""
    rows: Value = scope.tables[EVENTS.name]
    known = rows.filter(rows.record.notnull(), rows.business_date <= scope.day)
    hour = local_of(known.occurred_at, scope.time_zone).hour().cast("int64")
    return known.mutate(day=known.business_date, device=known.device_hash, hour=hour)


def _on_screens(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    return seen(scope).select("record", "day", *sorted(wanted))


ON_SCREENS = Behaviour("events", Text("Events", "行为事件"), (EVENTS,), COLUMNS, _on_screens, "occurred_at")

BEHAVIOURS = (ON_SCREENS,)
