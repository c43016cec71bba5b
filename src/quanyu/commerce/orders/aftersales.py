"""Lands what comes after a sale, as versions: refunds, and the cases that customers open."""

import ibis
from ibis import _

from quanyu.commerce.orders.tables import AFTER_SALES_CASES, REFUNDS
from quanyu.customers.identity.records import with_records
from quanyu.customers.identity.tables import OPENED_RECORDS
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import (
    MAJOR_UNITS,
    MOST_MONEY,
    MOST_PIECES,
    OBSERVED_AT,
    PIECES,
    Accepted,
    Code,
    Delivery,
    Input,
    Kind,
)
from quanyu.foundation.lake.amounts import to_minor
from quanyu.foundation.lake.hashing import content_key
from quanyu.foundation.text import Text


def land_refunds(delivery: Delivery) -> Accepted:
    """Append refunds that are new or were corrected, by their id, else by order, product and instant."""
    rows = delivery.rows
    refunds = rows.select(
        "refund_id",
        "order_number",
        "platform",
        "product",
        "quantity",
        "refunded_at",
        "reason",
        "observed_at",
        "line",
        refund_key=rows.refund_id.coalesce(content_key(rows.order_number, rows["product"], rows.refunded_at)),
        amount=to_minor(rows.amount, delivery.currency),
        currency=ibis.literal(delivery.currency),
        business_date=_.refunded_at_local.date(),
    )
    return land_versions(delivery, REFUNDS, refunds)


def land_cases(delivery: Delivery) -> Accepted:
    with with_records(delivery, delivery.rows, "customer") as rows:
        cases = rows.select(
            *("record", "case_number", "order_number", "platform", "type", "opened_at", "closed_at", "status"),
            *("reason", "observed_at", "line"),
            amount=to_minor(rows.amount, delivery.currency),
            currency=_.amount.notnull().ifelse(ibis.literal(delivery.currency), ibis.null("string")),
        )
        return land_versions(delivery, AFTER_SALES_CASES, cases)


CASE_TYPES = (
    Code("return", Text("Goods returned", "退货退款"), ("return and refund", "退货")),
    Code("refund", Text("Refund without return", "仅退款"), ("refund only", "退款")),
    Code("exchange", Text("Exchange", "换货"), ("replacement", "换新")),
    Code("repair", Text("Repair", "维修"), ("warranty", "返修", "保修")),
    Code("complaint", Text("Complaint", "投诉"), ("客诉", "claim")),
)

CASE_STATUSES = (
    Code("open", Text("Open", "处理中"), ("in progress", "pending", "new", "待处理", "申请中", "进行中")),
    Code("closed", Text("Closed", "已完结"), ("done", "resolved", "completed", "已完成", "完结", "已关闭")),
    Code("refused", Text("Refused", "已拒绝"), ("rejected", "denied", "拒绝")),
    Code("cancelled", Text("Taken back by the customer", "已撤销"), ("canceled", "withdrawn", "已取消", "撤销")),
)

_ORDER = Text("Order number", "订单号")
_PLATFORM = Input(
    "platform",
    "text",
    Text("Platform, or source, of the order; else its own source", "订单所在的平台或来源，默认为本来源"),
    example="tmall",
)
_REASON = Input("reason", "text", Text("Reason", "原因"), example="七天无理由")

REFUND = Kind(
    name="refund",
    title=Text("Refund", "退款"),
    inputs=(
        Input("refund_id", "key", Text("Refund id", "退款编号"), example="RF202603050001"),
        Input("order_number", "key", _ORDER, required=True, example="202603010001"),
        _PLATFORM,
        Input("product", "key", Text("Product code", "商品编码"), example="A1001"),
        Input("quantity", "decimal", Text("Quantity", "数量"), most=MOST_PIECES, least=0, unit=PIECES, example="1"),
        Input(
            "amount",
            "decimal",
            Text("Amount given back", "退款金额"),
            required=True,
            most=MOST_MONEY,
            least=0,
            unit=MAJOR_UNITS,
            example="39.90",
        ),
        Input("refunded_at", "instant", Text("Refunded at", "退款时间"), example="2026-03-05 14:00:00"),
        _REASON,
        OBSERVED_AT,
    ),
    key=("order_number", "amount"),
    tables=(REFUNDS,),
    land=land_refunds,
)

AFTER_SALES_CASE = Kind(
    name="after_sales_case",
    title=Text("After-sales case", "售后单"),
    inputs=(
        Input("case_number", "key", Text("Case number", "售后单号"), required=True, example="AS202603050001"),
        Input("order_number", "key", _ORDER, example="202603010001"),
        _PLATFORM,
        Input("customer", "key", Text("Customer key within the source", "来源内的客户主键"), example="M0012345"),
        Input("type", "code", Text("Type", "售后类型"), required=True, example="退货退款", codes=CASE_TYPES),
        Input("opened_at", "instant", Text("Opened at", "申请时间"), required=True, example="2026-03-04 11:00:00"),
        Input("closed_at", "instant", Text("Closed at", "完结时间"), example="2026-03-05 14:00:00"),
        Input(
            "amount",
            "decimal",
            Text("Amount given back", "退款金额"),
            most=MOST_MONEY,
            least=0,
            unit=MAJOR_UNITS,
            example="39.90",
        ),
        Input("status", "code", Text("State", "状态"), example="处理中", codes=CASE_STATUSES),
        _REASON,
        OBSERVED_AT,
    ),
    key=("case_number",),
    tables=(AFTER_SALES_CASES, OPENED_RECORDS),
    land=land_cases,
)
