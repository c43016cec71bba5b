"""Lands order lines once each, and the headers of the orders that they change as new versions."""

from collections.abc import Generator
from contextlib import contextmanager

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.orders.tables import ORDER_LINES, ORDERS
from quanyu.customers.identity.records import ensure_records
from quanyu.foundation.kinds import MAJOR_UNITS, MOST_MONEY, MOST_PIECES, PIECES, Accepted, Delivery, Input, Kind
from quanyu.foundation.lake.amounts import line_amount
from quanyu.foundation.lake.hashing import content_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text

_LINE_KEY = ("source", "order_number", "content_hash", "occurrence")


def land_lines(delivery: Delivery) -> Accepted:
    """Append the lines that are not known yet.

    A line has no key of its own: it is the n-th with its content within its order in its file, so that the same file
    again, or the same rows in another, add nothing, and lines repeated inside one file stay.
    """
    with _with_records(delivery) as rows, _numbered(delivery, rows) as numbered:
        new = _unknown(delivery, _lines(delivery, numbered))
        landed = delivery.landing.append(ORDER_LINES, new)
        if landed:
            _land_headers(delivery)
        return Accepted(landed, delivery.workspace.lake.count(delivery.rows) - landed)


@contextmanager
def _with_records(delivery: Delivery) -> Generator[ir.Table]:
    """Put the buyer's record ordinal beside each line, NULL where the line names no buyer."""
    rows = delivery.rows
    ordinals = ensure_records(delivery, rows, "customer")
    with delivery.workspace.lake.held(ibis.memtable(ordinals)) as records:
        joined = rows.left_join(records, [("customer", "key")])
        yield joined.select(*rows.columns, "record")


@contextmanager
def _numbered(delivery: Delivery, rows: ir.Table) -> Generator[ir.Table]:
    """Number lines of one content within their order and file; keep one where several files of the import have it.

    Nearly all lines stand alone, so only those whose key comes again are put into windows.
    """
    lake, content = delivery.workspace.lake, ["order_number", "content_hash"]
    narrow = delivery.rows.select("file", "line", *content)
    again = narrow.group_by(content).agg(times=_.count()).filter(_.times > 1)
    nth = ibis.row_number().over(group_by=["file", *content], order_by="line") + 1
    ordered = narrow.semi_join(again, content).mutate(occurrence=nth.cast("int32"))
    copy = ibis.row_number().over(group_by=[*content, "occurrence"], order_by=["file", "line"])
    with lake.held(ordered.mutate(copy=copy).select("line", "occurrence", "copy")) as numbers:
        joined = rows.left_join(numbers, "line").select(*rows.columns, "occurrence", "copy")
        once = joined.filter(_["copy"].fill_null(0) == 0)
        yield once.mutate(occurrence=_.occurrence.fill_null(1))


def _lines(delivery: Delivery, rows: ir.Table) -> ir.Table:
    return rows.select(
        "record",
        "order_number",
        "product",
        "quantity",
        "unit_price",
        "unit_price_text",
        "placed_at",
        "content_hash",
        "occurrence",
        source=ibis.literal(delivery.source),
        amount=line_amount(_.quantity, _.unit_price, delivery.currency),
        currency=ibis.literal(delivery.currency),
        line_type=_line_type(),
        business_date=_.placed_at_local.date(),
        import_number=ibis.literal(delivery.import_number, "int64"),
        month=_.placed_at_local.strftime("%Y-%m"),
    )


def _line_type() -> Value:
    free, priced = _.unit_price == 0, _.unit_price > 0
    sold = priced.ifelse("sale", free.ifelse("free", "adjustment"))
    return (_.quantity > 0).ifelse(sold, (priced & (_.quantity < 0)).ifelse("return", "adjustment"))


def _unknown(delivery: Delivery, lines: ir.Table) -> ir.Table:
    if ORDER_LINES.name not in delivery.landing.vector:
        return lines
    present = delivery.workspace.lake.table(ORDER_LINES, delivery.landing.vector)
    months = delivery.workspace.lake.to_arrow(lines.select("month").distinct())["month"].to_pylist()
    return lines.anti_join(present.filter(present.month.isin(months)), list(_LINE_KEY))


def _land_headers(delivery: Delivery) -> None:
    """Work out anew the orders that got lines, from all lines they have."""
    lake, landing = delivery.workspace.lake, delivery.landing
    lines = landing.written(ORDER_LINES)
    follows = ORDER_LINES.name in landing.vector
    if follows:
        present = lake.table(ORDER_LINES, landing.vector)
        touched = lines.select("source", "order_number").distinct()
        earlier = present.semi_join(touched, ["source", "order_number"])
        supersedes = lake.count(earlier.limit(1)) > 0
        lines = lines.select(*present.columns).union(earlier)
    else:
        supersedes = False
    landing.append(ORDERS, _headers(delivery, lines), supersedes=supersedes)


def _headers(delivery: Delivery, lines: ir.Table) -> ir.Table:
    sold, returned = _.line_type == "sale", _.line_type == "return"
    headers = lines.group_by("source", "order_number").agg(
        record=_.record.max(),
        sale_amount=_.amount.sum(where=sold).fill_null(0),
        return_amount=(-_.amount.sum(where=returned)).fill_null(0),
        sales=sold.sum(),
        returns=returned.sum(),
        lines=_.count().cast("int32"),
        currency=_.currency.max(),
        placed_at=_.placed_at.min(),
        latest=_.placed_at.max(),  # of its lines: where none is later, the later import speaks
        business_date=_.business_date.min(),
    )
    complete = headers.mutate(
        order_type=(_.sales > 0).ifelse("sale", (_.returns > 0).ifelse("return", "other")),
        content_hash=content_hash(headers.record, headers.sale_amount, headers.return_amount, headers.lines),
        observed_at=headers.latest,
        import_number=ibis.literal(delivery.import_number, "int64"),
        month=_.business_date.strftime("%Y-%m"),
    )
    return complete.select(*ORDERS.schema.names)


ORDER_LINE = Kind(
    name="order_line",
    title=Text("Order line", "订单行"),
    inputs=(
        Input("order_number", "text", Text("Order number", "订单号"), required=True, example="202603010001"),
        Input("customer", "text", Text("Customer key within the source", "来源内的客户主键"), example="M0012345"),
        Input("product", "text", Text("Product code", "商品编码"), required=True, example="A1001"),
        Input(
            "quantity",
            "decimal",
            Text("Quantity", "数量"),
            required=True,
            most=MOST_PIECES,
            unit=PIECES,
            example="2",
        ),
        Input(
            "unit_price",
            "decimal",
            Text("Unit price", "单价"),
            required=True,
            most=MOST_MONEY,
            unit=MAJOR_UNITS,
            example="39.90",
        ),
        Input("placed_at", "instant", Text("Placed at", "下单时间"), required=True, example="2026-03-01 09:30:00"),
    ),
    key=("order_number",),
    tables=(ORDER_LINES, ORDERS),
    land=land_lines,
    content=("product", "quantity", "unit_price", "placed_at", "customer"),
)
