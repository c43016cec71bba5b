"""Lands what a source says of an order as a whole, value by value, as versions."""

import ibis
from ibis import _

from quanyu.commerce.orders.settling import settle
from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS
from quanyu.customers.identity.records import with_records
from quanyu.customers.identity.tables import OPENED_RECORDS
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import MAJOR_UNITS, MOST_MONEY, OBSERVED_AT, Accepted, Code, Delivery, Input, Kind
from quanyu.foundation.lake.amounts import to_minor
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text

_AS_GIVEN = (
    *("order_number", "platform", "platform_order_number", "status", "placed_at", "paid_at", "shipped_at"),
    *("completed_at", "store", "staff", "channel", "coupon", "campaign", "order_type", "observed_at", "line"),
)


def land_headers(delivery: Delivery) -> Accepted:
    """Append the headers that are new or say something else; what a header leaves out stays as it was told before."""
    currency: Value = ibis.literal(delivery.currency)
    with with_records(delivery, delivery.rows, "customer") as rows:
        amounts = {name: to_minor(rows[name], delivery.currency) for name in ("amount", "discount", "shipping_fee")}
        headers = rows.select("record", *_AS_GIVEN, **amounts, business_date=_.placed_at_local.date())
        told = headers.amount.notnull() | headers.discount.notnull() | headers.shipping_fee.notnull()
        priced = headers.mutate(currency=ibis.ifelse(told, currency, ibis.null("string")))
        return land_versions(delivery, ORDER_HEADERS, priced, keeps=True)


STATUSES = (
    Code(
        "placed",
        Text("Placed, not paid", "待付款"),
        (
            *("unpaid", "pending", "pending payment", "awaiting payment", "authorized", "partially paid"),
            *("partially_paid", "wait_buyer_pay", "等待买家付款", "等待付款", "待支付", "未付款", "未支付", "已下单"),
        ),
    ),
    Code(
        "paid",
        Text("Paid, not sent", "待发货"),
        (
            *("processing", "unfulfilled", "awaiting shipment", "wait_seller_send_goods", "买家已付款", "已付款"),
            *(
                "partially refunded",
                "partially_refunded",
                "已支付",
                "等待卖家发货",
                "等待发货",
                "等待出库",
                "备货中",
                "配货中",
                "待配货",
                "待出库",
                "已审核",
                "待审核",
            ),
        ),
    ),
    Code(
        "shipped",
        Text("Sent", "已发货"),
        (
            *("sent", "in transit", "dispatched", "fulfilled", "partially fulfilled", "wait_buyer_confirm_goods"),
            *("卖家已发货", "等待买家确认收货", "等待确认收货", "待收货", "已出库", "部分发货", "运输中", "配送中"),
        ),
    ),
    Code(
        "completed",
        Text("Completed", "已完成"),
        (
            *("complete", "done", "delivered", "finished", "trade_finished", "交易成功", "交易完成", "完成", "已签收"),
            *("已收货", "确认收货", "已结束"),
        ),
    ),
    Code(
        "closed",
        Text("Closed: cancelled, or never paid", "已关闭"),
        (
            *("cancelled", "canceled", "void", "voided", "expired", "failed", "trade_closed", "trade_closed_by_taobao"),
            *("交易关闭", "订单关闭", "关闭", "已取消", "取消", "订单取消", "交易取消", "作废", "已作废"),
        ),
    ),
    Code(
        "refunded",
        Text("Given back as a whole", "已退款"),
        ("refund", "fully refunded", "returned", "退款成功", "全额退款", "已全额退款", "已退货", "退款完成"),
    ),
)


def _amount(name: str, title: Text, example: str, least: int | None = None) -> Input:
    return Input(name, "decimal", title, most=MOST_MONEY, least=least, unit=MAJOR_UNITS, example=example)


ORDER = Kind(
    name="order",
    title=Text("Order", "订单"),
    inputs=(
        Input("order_number", "key", Text("Order number", "订单号"), required=True, example="202603010001"),
        Input("platform", "text", Text("Platform where it was placed", "下单平台"), example="tmall"),
        Input("platform_order_number", "key", Text("Order number there", "平台订单号"), example="2603010112345678901"),
        Input("customer", "key", Text("Customer key within the source", "来源内的客户主键"), example="M0012345"),
        Input("status", "code", Text("State", "订单状态"), example="交易成功", codes=STATUSES),
        Input("placed_at", "instant", Text("Placed at", "下单时间"), example="2026-03-01 09:30:00"),
        Input("paid_at", "instant", Text("Paid at", "付款时间"), example="2026-03-01 09:31:12"),
        Input("shipped_at", "instant", Text("Sent at", "发货时间"), example="2026-03-02 16:00:00"),
        Input("completed_at", "instant", Text("Completed at", "完成时间"), example="2026-03-12 10:00:00"),
        _amount("amount", Text("What the buyer pays in all", "买家实付总额"), "79.80"),
        _amount("discount", Text("Taken off", "优惠金额"), "10.00"),
        _amount("shipping_fee", Text("Shipping fee", "运费"), "8.00", least=0),
        Input("store", "key", Text("Store code", "门店编码"), example="S0101"),
        Input("staff", "key", Text("Staff number of the guide", "导购工号"), example="E00017"),
        Input("channel", "text", Text("Sales channel", "销售渠道"), example="小程序"),
        Input("coupon", "key", Text("Coupon code", "券码"), example="HYQ000000000012345"),
        Input("campaign", "text", Text("Campaign", "活动"), example="HY2603-017"),
        Input("order_type", "text", Text("Type as the source names it", "来源所称的订单类型"), example="预售"),
        OBSERVED_AT,
    ),
    key=("order_number",),
    tables=(ORDER_HEADERS, ORDER_LINES, ORDERS, OPENED_RECORDS),
    land=land_headers,
    settle=settle,
)
