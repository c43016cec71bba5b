"""What customers did in trade, one row each time: orders, lines that were bought or returned, refunds, cases."""

import functools
from collections.abc import Set as AbstractSet

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.catalog import goods
from quanyu.commerce.orders.aftersales import CASE_STATUSES, CASE_TYPES
from quanyu.commerce.orders.headers import STATUSES
from quanyu.commerce.orders.tables import AFTER_SALES_CASES, ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import LakeTable, Value
from quanyu.foundation.measuring import HOUR, PIECES, TIMES, Behaviour, Column, Link, Privacy, Scope
from quanyu.foundation.text import Text

_ORDER = ["source", "order_number"]
_SOLD = ["sold_by", "order_number"]
_OF_ORDER = Column(
    "order",
    "code",
    Text("Order", "订单"),
    inputs=("order_line.order_number", "order.order_number"),
    privacy="identifier",
)
_REASON = Column("reason", "text", Text("Reason", "原因"), privacy="sensitive")
_MONEY, _PAID = Text("Amount", "金额"), ("order_line.amount", "order_line.unit_price", "order.amount")
_LISTED = ("product.list_price",)
_PLACED = ("order_line.placed_at", "order.placed_at")
_OF_HEADER = frozenset({"channel", "store", "staff", "coupon", "campaign", "discount", "shipping_fee", "told_type"})


def _source(*kinds: str) -> Column:
    told = tuple(f"{kind}.*" for kind in kinds)
    drawn_from = ((ORDERS, "source"), (REFUNDS, "source"), (AFTER_SALES_CASES, "source"))
    return Column("source", "code", Text("Source", "来源系统"), inputs=told, privacy="public", drawn_from=drawn_from)


def _product(kind: str) -> Column:
    told, drawn_from = (f"{kind}.product",), ((ORDER_LINES, "product"), (REFUNDS, "product"), goods.OWN_CODE)
    return Column("product", "code", Text("Product", "商品"), inputs=told, privacy="public", drawn_from=drawn_from)


def _of_header(name: str, title: Text, privacy: Privacy = "public") -> Column:
    return Column(name, "code", title, privacy=privacy, drawn_from=((ORDER_HEADERS, name),))


def _hour(*inputs: str) -> Column:
    return Column("hour", "integer", Text("Hour of the day", "时段（小时）"), inputs=inputs, unit=HOUR)


def happened(table: LakeTable, scope: Scope) -> ir.Table:
    """Return the rows that belong to somebody and had happened by the scope's day, which is theirs as `day`."""
    seen = scope.tables[table.name].filter(_.record.notnull(), _.business_date <= scope.day)
    return seen.mutate(day=_.business_date)


def counted(scope: Scope) -> ir.Table:
    """Return orders that are no others' and were neither left unpaid nor closed; what was never said is neither."""
    return happened(ORDERS, scope).filter(_.speaks.fill_null(True), _.counts.fill_null(True))


def silent(scope: Scope) -> ir.Table:
    """Return the orders whose lines do not count: another source speaks for them, or nothing was bought."""
    return scope.tables[ORDERS.name].filter(~_.speaks | ~_.counts).select(*_ORDER)


def counted_lines(scope: Scope, line_type: str) -> ir.Table:
    """Return the lines of a type that belong to orders which count."""
    lines = happened(ORDER_LINES, scope).filter(_.line_type == line_type)
    return lines.anti_join(silent(scope), _ORDER)


def _orders(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    rows: Value = counted(scope).filter(_.order_type == "sale")
    if wanted & _OF_HEADER:
        told: Value = scope.tables[ORDER_HEADERS.name]
        names = sorted((wanted & _OF_HEADER) - {"told_type"})
        beside = told.select(*_ORDER, *names, told_type=told.order_type)
        rows = rows.left_join(beside, _ORDER)
    return rows.mutate(
        amount=rows.sale_amount,
        returned=rows.return_amount,
        order=rows.source.concat("|", rows.order_number),
        hour=local_of(rows.placed_at, scope.time_zone).hour().cast("int64"),
    ).select("record", "day", *sorted(wanted))


def _bought(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    return _lines(counted_lines(scope, "sale"), scope, wanted)


def _returned(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    lines: Value = counted_lines(scope, "return")
    return _lines(lines.mutate(amount=-lines.amount, quantity=-lines.quantity), scope, wanted)


def _lines(lines: Value, scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    order = lines.source.concat("|", lines.order_number)
    minor = (lines.amount / ibis.ifelse(lines.quantity == 0, None, lines.quantity)).round().cast("int64")
    hour = local_of(lines.placed_at, scope.time_zone).hour().cast("int64")
    spoken = lines.mutate(order=order, unit_price=minor, quantity=lines.quantity.cast("float64"), hour=hour)
    needed = {*wanted, "list_price"} if "price_share" in wanted else wanted
    rows: Value = goods.with_goods(spoken, scope, needed)
    if "price_share" in wanted:
        listed = ibis.ifelse(rows.list_price > 0, rows.list_price, None)
        rows = rows.mutate(price_share=rows.unit_price / listed)
    return rows.select("record", "day", *sorted(wanted))


def _refunds(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    """Return refunds with the buyer of their order, who is all that they name."""
    told: Value = scope.tables[REFUNDS.name].filter(_.business_date <= scope.day).mutate(day=_.business_date)
    bought = _with_buyers(told, scope).filter(_.buyer.notnull()).mutate(record=_.buyer)
    rows = goods.with_goods(bought, scope, wanted)
    return rows.select("record", "day", *sorted(wanted))


def _cases(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    """Return cases with their customer, else with the buyer of their order; the day is that of the workspace."""
    told: Value = scope.tables[AFTER_SALES_CASES.name].mutate(day=local_of(_.opened_at, scope.time_zone).date())
    told = told.filter(told.day <= scope.day)
    beside = _with_buyers(told, scope)
    rows = beside.mutate(record=beside.record.coalesce(beside.buyer)).filter(_.record.notnull())
    return rows.select("record", "day", *sorted(wanted))


def _with_buyers(told: ir.Table, scope: Scope) -> Value:
    """Put the record that bought the order beside what came after it, `buyer`, NULL where nobody knows.

    The order is of the same source, or of the platform or the source that is named.
    """
    there = _with_seller(told)
    asked: Value = there.select(*_SOLD).distinct()
    # Few orders are followed by anything. Each number is looked up by itself, so that the others are passed over.
    sold = _by_both_numbers(scope.tables[ORDERS.name])
    followed = (orders.filter(_.record.notnull()).semi_join(asked, _SOLD) for orders in sold)
    buyers = ibis.union(*followed).group_by(_SOLD).agg(buyer=_.record.min())
    return there.left_join(buyers, _SOLD).select(*told.columns, "buyer")


def _with_seller(told: Value) -> Value:
    return told.mutate(sold_by=_.platform.coalesce(_.source).lower())


def _by_both_numbers(orders: Value) -> tuple[Value, Value]:
    """Return the orders as their source calls them, and those that a platform calls otherwise, as it does."""
    by_source = orders.select("record", sold_by=orders.source.lower(), order_number=orders.order_number)
    at_platform = orders.filter(orders.platform.notnull()).select(
        "record",
        sold_by=orders.platform.lower(),
        order_number=orders.platform_order_number.coalesce(orders.order_number),
    )
    return by_source, at_platform


def _keys_of_order(rows: ir.Table, scope: Scope) -> ir.Table:
    return rows.select(*_ORDER)


def _keys_of_sale(rows: ir.Table, scope: Scope) -> ir.Table:
    by_source, at_platform = _by_both_numbers(rows)
    return by_source.union(at_platform).select(*_SOLD)


_BY_ORDER = Link(ORDERS, _keys_of_order, leads=True)  # an import settles the orders of its lines
_BY_SALE = Link(ORDERS, _keys_of_sale, _with_seller)

_LINE_COLUMNS = (
    Column("amount", "money", _MONEY, inputs=_PAID[:2]),
    Column("quantity", "number", Text("Pieces", "件数"), inputs=("order_line.quantity",), unit=PIECES),
    Column("unit_price", "money", Text("Price of a piece", "件单价"), inputs=_PAID[:2]),
    Column("price_share", "share", Text("Price as a share of the list price", "成交价占吊牌价"), inputs=_LISTED),
    _product("order_line"),
    *goods.COLUMNS,
    _hour("order_line.placed_at"),
    _source("order_line"),
    _OF_ORDER,
)

ORDERS_PLACED = Behaviour(
    "orders",
    Text("Orders", "订单"),
    (ORDERS, ORDER_HEADERS),
    (
        Column("amount", "money", _MONEY, inputs=_PAID),
        Column("returned", "money", Text("Amount returned", "退货金额"), inputs=_PAID[:2]),
        Column("lines", "integer", Text("Lines", "行数"), inputs=("order_line.*",), unit=TIMES),
        Column("discount", "money", Text("Taken off", "优惠金额")),
        Column("shipping_fee", "money", Text("Shipping fee", "运费")),
        _hour(*_PLACED),
        _OF_ORDER,
        _source("order_line", "order"),
        Column("platform", "code", Text("Platform", "平台"), privacy="public", drawn_from=((ORDERS, "platform"),)),
        _of_header("channel", Text("Sales channel", "销售渠道")),
        _of_header("store", Text("Store", "门店")),
        _of_header("staff", Text("Guide", "导购"), "personal"),
        Column("status", "code", Text("State", "状态"), STATUSES),
        Column("coupon", "code", Text("Coupon", "券"), privacy="identifier"),
        _of_header("campaign", Text("Campaign", "活动")),
        Column(
            "told_type",
            "code",
            Text("Type as the source names it", "来源所称的类型"),
            inputs=("order.order_type",),
            privacy="public",
        ),
    ),
    _orders,
    "placed_at",
    (Link(ORDER_HEADERS, _keys_of_order),),
    dated="business_date",
)
LINES_BOUGHT = Behaviour(
    "lines",
    Text("Lines bought", "购买明细"),
    (ORDER_LINES, ORDERS, *goods.TABLES),
    _LINE_COLUMNS,
    _bought,
    "placed_at",
    (_BY_ORDER, *goods.LINKS),
    near=functools.partial(happened, ORDER_LINES),
    dated="business_date",
)
LINES_RETURNED = Behaviour(
    "returns",
    Text("Lines returned", "退货明细"),
    (ORDER_LINES, ORDERS, *goods.TABLES),
    _LINE_COLUMNS,
    _returned,
    "placed_at",
    (_BY_ORDER, *goods.LINKS),
    near=functools.partial(happened, ORDER_LINES),
    dated="business_date",
)
MONEY_BACK = Behaviour(
    "refunds",
    Text("Refunds", "退款"),
    (REFUNDS, ORDERS, *goods.TABLES),
    (
        Column("amount", "money", _MONEY, inputs=("refund.amount",)),
        _REASON,
        _product("refund"),
        *goods.COLUMNS,
        _source("refund"),
    ),
    _refunds,
    "refunded_at",
    (_BY_SALE, *goods.LINKS),
    owned=False,
    dated="business_date",
)
CASES = Behaviour(
    "cases",
    Text("After-sales cases", "售后单"),
    (AFTER_SALES_CASES, ORDERS),
    (
        Column("amount", "money", _MONEY, inputs=("after_sales_case.amount",)),
        Column("type", "code", Text("Type", "售后类型"), CASE_TYPES),
        Column("status", "code", Text("State", "状态"), CASE_STATUSES),
        _REASON,
        _source("after_sales_case"),
    ),
    _cases,
    "opened_at",
    (_BY_SALE,),
    owned=False,
)

BEHAVIOURS = (ORDERS_PLACED, LINES_BOUGHT, LINES_RETURNED, MONEY_BACK, CASES)
