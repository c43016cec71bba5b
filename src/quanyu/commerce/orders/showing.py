"""Shows what some records have bought, order by order with lines and money given back; and their after-sales cases."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.catalog.titles import titles_of
from quanyu.commerce.orders.tables import AFTER_SALES_CASES, ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS, REMOVED
from quanyu.commerce.stores.titles import store_titles
from quanyu.foundation.lake.asking import few, words
from quanyu.foundation.lake.model import LakeTable, Value, Vector
from quanyu.foundation.workspace import Workspace

TABLES = (ORDERS, ORDER_HEADERS, ORDER_LINES, REFUNDS, AFTER_SALES_CASES)


@dataclass(frozen=True)
class ShownLine:
    """A line of an order; of a return quantity and amount are negative. Amounts are in minor units."""

    product: str
    title: str | None
    type: str
    quantity: float
    amount: int


@dataclass(frozen=True)
class ShownOrder:
    """An order of one of the records (an ordinal). `speaks`: no other source tells of it; `refunded` minor units."""

    record: int
    source: str
    order_number: str
    platform: str | None
    type: str
    status: str | None
    counts: bool
    placed_at: datetime
    amount: int
    returned: int
    refunded: int
    currency: str
    lines: int
    channel: str | None = None
    store: str | None = None
    store_name: str | None = None
    discount: int | None = None
    coupon: str | None = None
    campaign: str | None = None


@dataclass(frozen=True)
class ShownCase:
    """An after-sales case; the amount in minor units."""

    source: str
    case_number: str
    order_number: str | None
    type: str
    status: str | None
    reason: str | None
    opened_at: datetime
    amount: int | None
    currency: str | None


def orders_of(workspace: Workspace, records: Sequence[int]) -> list[ShownOrder]:
    """Return all orders of these records (ordinals) for which no other source speaks, the newest first."""
    vector = workspace.lake.vector(TABLES)
    lake = workspace.lake

    def speaking(mine: list[Value]) -> ir.Table:
        return _of(workspace, ORDERS, vector, mine).filter(_.speaks.fill_null(True)).drop("month")

    rows = lake.answer("orders", vector, records, speaking).to_pylist()
    if not rows:
        return []
    told = lake.answer("headers", vector, records, lambda mine: _of(workspace, ORDER_HEADERS, vector, mine))
    headers = {_order(row): row for row in told.to_pylist()}
    back = _refunds(workspace, vector, rows)
    shops = store_titles(workspace, {str(row["store"]) for row in headers.values() if row["store"]})
    found = [_shown(row, headers.get(_order(row), {}), back.get(_order(row), 0), shops) for row in rows]
    return sorted(found, key=lambda each: (each.placed_at, each.source, each.order_number), reverse=True)


def lines_of(
    workspace: Workspace, records: Sequence[int], orders: Sequence[ShownOrder]
) -> dict[tuple[str, str], list[ShownLine]]:
    """Return the lines of these orders of the records by source and order number, with the titles of the goods."""
    vector = workspace.lake.vector(TABLES)
    wanted = {(order.source, order.order_number) for order in orders}

    def told(mine: list[Value]) -> ir.Table:
        lines = _of(workspace, ORDER_LINES, vector, mine).filter(_.line_type != REMOVED)
        return lines.order_by("order_number", "line_key").select(*_LINE)

    rows = [row for row in workspace.lake.answer("lines", vector, records, told).to_pylist() if _order(row) in wanted]
    titles = titles_of(workspace, {(row["source"], row["product"]) for row in rows})
    found: dict[tuple[str, str], list[ShownLine]] = defaultdict(list)
    for row in rows:
        title = titles.get((row["source"], row["product"]))
        line = ShownLine(row["product"], title, row["line_type"], float(row["quantity"]), row["amount"])
        found[_order(row)].append(line)
    return found


_LINE = ("source", "order_number", "product", "line_type", "quantity", "amount")


def cases_of(workspace: Workspace, records: Sequence[int], orders: Sequence[ShownOrder]) -> list[ShownCase]:
    """Return the after-sales cases that name one of the records, or one of their orders."""
    vector = workspace.lake.vector((AFTER_SALES_CASES,))
    if AFTER_SALES_CASES.name not in vector:
        return []
    mine, numbers = few(records), words(each.order_number for each in orders)
    whole = workspace.lake.picked(
        AFTER_SALES_CASES,
        vector,
        lambda rows: rows.record.isin(mine) | (rows.record.isnull() & rows.order_number.isin(numbers)),
    )
    fields = ("source", "case_number", "order_number", "type", "status", "reason", "opened_at", "amount", "currency")
    return [ShownCase(*(row[name] for name in fields)) for row in _fetched(workspace, whole) if row["opened_at"]]


def _of(workspace: Workspace, table: LakeTable, vector: Vector, mine: list[Value]) -> Value:
    return workspace.lake.picked(table, vector, lambda rows: rows.record.isin(mine))


def _refunds(workspace: Workspace, vector: Vector, orders: Sequence[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Return what was given back of each order, by source and order number."""
    if REFUNDS.name not in vector:
        return {}
    by_place = {place: _order(row) for row in orders for place in _places(row)}
    rows: Value = workspace.lake.table(REFUNDS, vector)
    told = rows.filter(rows.order_number.isin(words(number for _place, number in by_place)))
    back: dict[tuple[str, str], int] = defaultdict(int)
    for row in _fetched(workspace, told):
        order = by_place.get(((row["platform"] or row["source"]).lower(), row["order_number"]))
        if order is not None:
            back[order] += row["amount"] or 0
    return back


def _places(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Return by what seller and number others may tell of an order."""
    own = (row["source"].lower(), row["order_number"])
    if not row["platform"]:
        return [own]
    return [own, (row["platform"].lower(), row["platform_order_number"] or row["order_number"])]


def _order(row: dict[str, Any]) -> tuple[str, str]:
    return row["source"], row["order_number"]


def _fetched(workspace: Workspace, rows: Value) -> list[dict[str, Any]]:
    return workspace.lake.to_arrow(rows).to_pylist()


def _shown(row: dict[str, Any], header: dict[str, Any], refunded: int, shops: dict[str, str]) -> ShownOrder:
    return ShownOrder(
        row["record"],
        row["source"],
        row["order_number"],
        row["platform"],
        row["order_type"],
        row["status"],
        row["counts"] is not False,
        row["placed_at"],
        row["sale_amount"],
        row["return_amount"],
        refunded,
        row["currency"],
        row["lines"] or 0,
        header.get("channel"),
        header.get("store"),
        shops.get(header.get("store") or ""),
        header.get("discount"),
        header.get("coupon"),
        header.get("campaign"),
    )


def buyers_of(workspace: Workspace, number: str) -> list[int]:
    """Return the records (ordinals) that placed the order of this number, by its source or by its platform."""
    vector = workspace.lake.vector((ORDERS,))
    asked = words([number])
    now = workspace.lake.picked(
        ORDERS,
        vector,
        lambda rows: rows.order_number.isin(asked) | rows.platform_order_number.isin(asked),
    )
    found = workspace.lake.to_arrow(now.filter(now.record.notnull()).select("record").distinct())
    return found["record"].to_pylist()
