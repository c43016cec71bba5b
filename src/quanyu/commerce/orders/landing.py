"""Lands order lines: those without a number once each, the others as versions, and what an order has lost."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.orders.corrections import append_corrected
from quanyu.commerce.orders.settling import settle
from quanyu.commerce.orders.tables import ORDER_HEADERS, ORDER_LINES, ORDERS, REMOVED
from quanyu.customers.identity.records import with_records
from quanyu.customers.identity.tables import OPENED_RECORDS
from quanyu.foundation.kinds import (
    MAJOR_UNITS,
    MOST_MONEY,
    MOST_PIECES,
    OBSERVED_AT,
    PIECES,
    Accepted,
    Delivery,
    Input,
    Kind,
)
from quanyu.foundation.lake.amounts import line_amount, to_minor
from quanyu.foundation.lake.hashing import content_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.lake.store import latest
from quanyu.foundation.text import Text

_INSTANT = "timestamp('UTC', 6)"
_NUMBERED_KEYS = 1 << 60  # above every hash: a numbered line is never taken for one without a number


def land_lines(delivery: Delivery) -> Accepted:
    """Append the lines that are not known yet, or say something else than before.

    A line with a number is a version of the line of that number. One without is the n-th with its content within its
    order in its file, so that the same file again, or the same rows in another, add nothing, and lines repeated inside
    one file stay. Where the files hold orders as a whole, a line that an order no longer has is removed.
    """
    lake = delivery.workspace.lake
    given = delivery.rows
    with with_records(delivery, given, "customer") as rows, _numbered(delivery, rows) as numbered:
        lines = _lines(delivery, numbered)
        if delivery.whole or _says_more(delivery):
            landed = append_corrected(delivery, lines)
        else:
            once = lines.filter(_["copy"].fill_null(0) == 0)
            landed = _append_once(delivery, once.select(*ORDER_LINES.schema.names))
        return Accepted(landed, lake.count(given) - landed)


def _says_more(delivery: Delivery) -> bool:
    """Say whether any line has a number, or an instant at which it was observed."""
    rows = delivery.rows
    more: Value = rows.line_number.notnull() | rows.observed_at.notnull()
    return bool(delivery.workspace.lake.to_arrow(rows.aggregate(more=more.any()))["more"][0].as_py())


@contextmanager
def _numbered(delivery: Delivery, rows: ir.Table) -> Generator[ir.Table]:
    """Number lines of one content within their order and file, and copies of one that several files of the import have.

    Nearly all lines stand alone, so only those whose key comes again are put into windows.
    """
    lake, content = delivery.workspace.lake, ["order_number", "content_hash"]
    unnumbered = delivery.rows.filter(_.line_number.isnull())
    narrow = unnumbered.select("file", "line", *content)
    again = narrow.group_by(content).agg(times=_.count()).filter(_.times > 1)
    nth = ibis.row_number().over(group_by=["file", *content], order_by="line") + 1
    ordered = narrow.semi_join(again, content).mutate(occurrence=nth.cast("int32"))
    copy = ibis.row_number().over(group_by=[*content, "occurrence"], order_by=["file", "line"])
    with lake.held(ordered.mutate(copy=copy).select("line", "occurrence", "copy")) as numbers:
        joined = rows.left_join(numbers, "line").select(*rows.columns, "occurrence", "copy")
        numbered = joined.mutate(occurrence=_.occurrence.fill_null(1))
        yield _behind_their_likes(delivery, numbered) if delivery.replays else numbered


def _behind_their_likes(delivery: Delivery, rows: ir.Table) -> ir.Table:
    """Number mended lines behind those of their file that have landed: the n-th of its content stays the n-th."""
    lake, landing = delivery.workspace.lake, delivery.landing
    if ORDER_LINES.name not in landing.vector:
        return rows
    family: list[Any] = list(delivery.replays)
    present = lake.all_versions(ORDER_LINES, landing.vector)
    theirs = present.filter(present.import_number.isin(family), present.line_number.isnull())
    line_key: Value = theirs.line_key
    first: Value = line_key - theirs.occurrence.cast("int64") + 1
    likes = theirs.mutate(content_hash=first).group_by("order_number", "content_hash").agg(before=_.occurrence.max())
    joined = rows.left_join(likes, ["order_number", "content_hash"])
    told = joined.select(*rows.columns, "before")
    occurrence: Value = told.occurrence
    before: Value = told.before
    moved: Value = occurrence + before.coalesce(ibis.literal(0, "int32"))
    return told.mutate(occurrence=moved.cast("int32")).drop("before")


def _lines(delivery: Delivery, rows: Value) -> ir.Table:
    """Return the lines as the table has them; beside them copy, file, line, and whether they are `dated`.

    A line that tells its amount has come to that; without a unit price it has the one that follows.
    """
    pieces: Value = rows.quantity.nullif(0).cast("float64")
    follows: Value = (rows.amount.cast("float64") / pieces).cast("decimal(18, 6)")
    rows = rows.mutate(
        unit_price=rows.unit_price.coalesce(follows, rows.amount), _paid=follows.coalesce(rows.unit_price)
    )
    worked_out: Value = line_amount(rows.quantity, rows.unit_price, delivery.currency)
    told: Value = to_minor(rows.amount, delivery.currency)
    numbered: Value = content_hash(ibis.literal("line"), rows.line_number) + _NUMBERED_KEYS
    by_content: Value = rows.content_hash + rows.occurrence.cast("int64") - 1
    observed: Value = rows.observed_at
    now = ibis.literal(delivery.workspace.clock.now(), _INSTANT)
    return rows.select(
        *("record", "order_number", "line_number", "occurrence", "product", "quantity", "unit_price"),
        *("unit_price_text", "placed_at", "copy", "file", "line"),
        line_key=ibis.ifelse(rows.line_number.notnull(), numbered, by_content),
        source=ibis.literal(delivery.source),
        amount=told.coalesce(worked_out),
        currency=ibis.literal(delivery.currency),
        line_type=_line_type(),
        business_date=_.placed_at_local.date(),
        observed_at=observed.fill_null(now),
        dated=observed.notnull(),
        whole_at=ibis.null(_INSTANT),
        import_number=ibis.literal(delivery.import_number, "int64"),
        month=_.placed_at_local.strftime("%Y-%m"),
    )


def _line_type() -> Value:
    """Tell sales, returns and gifts apart by the signs of the pieces and of what was paid for one."""
    free, priced = _["_paid"] == 0, _["_paid"] > 0
    sold = priced.ifelse("sale", free.ifelse("free", "adjustment"))
    return (_.quantity > 0).ifelse(sold, (priced & (_.quantity < 0)).ifelse("return", "adjustment"))


def _append_once(delivery: Delivery, lines: ir.Table) -> int:
    """Append the lines whose key is not there, or only as one that was removed.

    The key tells the content, and so the month: other months need not be looked at.
    """
    lake, landing, key = delivery.workspace.lake, delivery.landing, list(ORDER_LINES.versioned_by or ())
    if ORDER_LINES.name not in landing.vector:
        return landing.append(ORDER_LINES, lines)
    months = lake.to_arrow(lines.select("month").distinct())["month"].to_pylist()
    if landing.vector[ORDER_LINES.name].superseded:
        narrow = lake.all_versions(ORDER_LINES, landing.vector).filter(_.month.isin(months))
        present = latest(narrow.select(*key, "line_type", "observed_at", "import_number"), key)
    else:
        present = lake.table(ORDER_LINES, landing.vector).filter(_.month.isin(months))
    with lake.held(present.filter(_.line_type == REMOVED).select(*key)) as removed:
        new = lines.anti_join(present.filter(_.line_type != REMOVED), key)
        returns = lake.count(removed.limit(1)) > 0 and lake.count(lines.semi_join(removed, key).limit(1)) > 0
        return landing.append(ORDER_LINES, new, supersedes=returns)


ORDER_LINE = Kind(
    name="order_line",
    title=Text("Order line", "订单行"),
    inputs=(
        Input("order_number", "key", Text("Order number", "订单号"), required=True, example="202603010001"),
        Input("line_number", "key", Text("Number of the line", "子订单号或行号"), example="2603010112345678902"),
        Input("customer", "key", Text("Customer key within the source", "来源内的客户主键"), example="M0012345"),
        Input("product", "key", Text("Product code", "商品编码"), required=True, example="A1001"),
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
            most=MOST_MONEY,
            unit=MAJOR_UNITS,
            example="39.90",
            as_written=True,
        ),
        Input(
            "amount",
            "decimal",
            Text("Line amount", "行金额"),
            most=MOST_MONEY,
            unit=MAJOR_UNITS,
            example="75.80",
        ),
        Input("placed_at", "instant", Text("Placed at", "下单时间"), required=True, example="2026-03-01 09:30:00"),
        OBSERVED_AT,
    ),
    key=("order_number",),
    tables=(ORDER_LINES, ORDER_HEADERS, ORDERS, OPENED_RECORDS),
    land=land_lines,
    content=("product", "quantity", "unit_price", "placed_at", "customer"),
    more_content=("amount",),
    either=(("unit_price", "amount"),),
    document=("order_number",),
    settle=settle,
)
