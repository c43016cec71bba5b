"""Lands events once each, whatever file they come in."""

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.events.tables import EVENTS
from quanyu.customers.identity.devices import name_devices
from quanyu.customers.identity.records import device_key, with_records
from quanyu.customers.identity.tables import POINTING
from quanyu.foundation.deliveries import land_once
from quanyu.foundation.kinds import MAJOR_UNITS, MOST_MONEY, Accepted, Delivery, Input, Kind
from quanyu.foundation.lake.amounts import to_minor
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text


def land_events(delivery: Delivery) -> Accepted:
    """Append the events that are not known by their id; who names no customer is the device that it came from."""
    device: Value = delivery.rows.device
    told = delivery.rows.mutate(who=_.customer.coalesce(device_key(device)))
    with with_records(delivery, told, "who") as rows:
        accepted = land_once(delivery, EVENTS, _events(delivery, rows), ["event_id"])
    alone = told.filter(told.customer.isnull())
    name_devices(delivery, alone.select("device", scope=ibis.literal(delivery.source)))
    return accepted


def _events(delivery: Delivery, rows: ir.Table) -> ir.Table:
    secret, source = delivery.workspace.key.hash_secret, ibis.literal(delivery.source)
    amount = to_minor(rows.amount, delivery.currency)
    return rows.select(
        "record",
        "event_id",
        "name",
        "occurred_at",
        "session",
        "product",
        "order_number",
        "page",
        "campaign",
        "properties",
        "line",
        device_hash=keyed_hash(secret, ibis.literal("device"), source, rows.device),
        amount=amount,
        currency=ibis.ifelse(amount.notnull(), ibis.literal(delivery.currency), ibis.null("string")),
        business_date=_.occurred_at_local.date(),
        month=_.occurred_at_local.strftime("%Y-%m"),
    )


EVENT = Kind(
    name="event",
    title=Text("Event", "行为事件"),
    inputs=(
        Input("event_id", "key", Text("Event id", "事件编号"), required=True, example="ajs-next-0b5f1c"),
        Input("name", "text", Text("Name", "事件名称"), required=True, example="Product Viewed"),
        Input("occurred_at", "instant", Text("Occurred at", "发生时间"), required=True, example="2026-03-01 09:30:00"),
        Input("customer", "key", Text("Customer key within the source", "来源内的客户主键"), example="M0012345"),
        Input("device", "key", Text("Device, or anonymous id", "设备或匿名标识"), example="5f2c9a71d0e84b36"),
        Input("session", "text", Text("Session", "会话"), example="s-20260301-17"),
        Input("product", "key", Text("Product code", "商品编码"), example="A1001"),
        Input("order_number", "key", Text("Order number", "订单号"), example="202603010001"),
        Input("amount", "decimal", Text("Amount", "金额"), most=MOST_MONEY, unit=MAJOR_UNITS, example="79.80"),
        Input("page", "text", Text("Page", "页面"), example="/item/1001"),
        Input("campaign", "text", Text("Campaign", "活动"), example="HY2603-017"),
        Input("properties", "text", Text("Properties, as JSON", "属性（JSON）"), example='{"query": "tea"}'),
    ),
    key=("event_id",),
    tables=(EVENTS, *POINTING),
    land=land_events,
)
