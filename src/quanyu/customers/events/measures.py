"""What can be measured about how customers came: their first touch, events before registration among them."""

import ibis
import ibis.expr.types as ir

from quanyu.customers.events.tables import EVENTS
from quanyu.customers.events.touches import REGISTERED, SEEN
from quanyu.customers.identity.measures import ARROW
from quanyu.customers.identity.surviving import ordered
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.foundation.kinds import Code
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Field, Measure, Privacy, Scope, ValueType
from quanyu.foundation.text import Text

_TIES = 1_000_000_007  # of two events at one instant always the same one is the first
KINDS = (Code(REGISTERED, Text("a registration", "注册")), Code(SEEN, Text("an event", "行为事件")))


def first_touches(scope: Scope) -> ir.Table:
    """One row per customer whom a source has registered or seen: the earliest of both, and the sources in that order.

    `as_of` bounds both. What a device has done counts as its customer's, since it has a record of his.
    """
    told = ibis.union(_registered(scope), _seen(scope))
    owned: Value = told.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    numbered = owned.mutate(order=ordered(owned["at"], owned.record))
    told_first = ("day", "touch", "campaign")
    each = numbered.group_by("customer", "source").agg(
        **{name: numbered[name].argmin(numbered.order) for name in told_first}, order=numbered.order.min()
    )
    first: Value = each.group_by("customer").agg(
        first_touch=each["day"].argmin(each.order),
        first_touch_source=each.source.argmin(each.order),
        first_touch_by=each.touch.argmin(each.order),
        first_touch_campaign=each.campaign.argmin(each.order),
        touch_path=each.source.group_concat(ARROW, order_by=each.order),
    )
    return first.mutate(first_touch_campaign=first.first_touch_campaign.nullif(""))


def _registered(scope: Scope) -> ir.Table:
    rows: Value = scope.tables[RECORDS.name]
    dated = rows.filter(rows.registered_at.notnull()).mutate(day=local_of(rows.registered_at, scope.time_zone).date())
    known = dated.filter(dated["day"] <= scope.day)
    return known.select(
        "record", "source", "day", at="registered_at", touch=ibis.literal(REGISTERED), campaign=ibis.literal("")
    )


def _seen(scope: Scope) -> ir.Table:
    rows: Value = scope.tables[EVENTS.name]
    known = rows.filter(rows.record.notnull(), rows.business_date <= scope.day)
    order = ordered(known.occurred_at, known.event_id.hash().abs() % _TIES)
    each = known.group_by("record", "source").agg(
        day=known.business_date.argmin(order),
        at=known.occurred_at.min(),
        campaign=known.campaign.fill_null("").argmin(order),
    )
    return each.select("record", "source", "day", "at", touch=ibis.literal(SEEN), campaign="campaign")


TOUCHES = Measure("touches", (EVENTS, RECORDS, CUSTOMER_OF_RECORD), first_touches)


def _field(
    column: str,
    type_: ValueType,
    title: Text,
    *inputs: str,
    privacy: Privacy = "personal",
    codes: tuple[Code, ...] = (),
) -> Field:
    told = ("event.*", "customer_record.registered_at", *inputs)
    return Field(f"events.{column}", column, type_, title, TOUCHES, inputs=told, privacy=privacy, codes=codes)


FIELDS = (
    _field("first_touch", "date", Text("First touch", "首次触点日期")),
    _field("first_touch_source", "code", Text("System of the first touch", "首次触点的系统")),
    _field("first_touch_by", "code", Text("What the first touch was", "首次触点类型"), codes=KINDS),
    _field("first_touch_campaign", "code", Text("Campaign of the first touch", "首次触点的活动"), "event.campaign"),
    _field("touch_path", "code", Text("Systems in the order of the first touch", "触点路径")),
)
