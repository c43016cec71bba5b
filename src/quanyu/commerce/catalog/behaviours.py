"""What customers did on screens with a product, one row an event, with what is known of the product."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

import ibis.expr.types as ir

from quanyu.commerce.catalog import goods
from quanyu.customers.events import behaviours as events
from quanyu.customers.events.tables import EVENTS
from quanyu.foundation.measuring import Behaviour, Column, Scope
from quanyu.foundation.text import Text


def _with_products(scope: Scope, wanted: AbstractSet[str]) -> ir.Table:
    rows = events.seen(scope)
    return goods.with_goods(rows.filter(rows["product"].notnull()), scope, wanted).select(
        "record", "day", *sorted(wanted)
    )


def _of_event(column: Column) -> Column:
    """Return a column of events; a product's code may have become the company's own."""
    own = (goods.OWN_CODE,) if column.name == "product" else ()
    return replace(column, drawn_from=(*column.drawn_from, *own) if column.drawn_from else ())


WITH_PRODUCTS = Behaviour(
    "product_events",
    Text("Events with a product", "商品行为事件"),
    (EVENTS, *goods.TABLES),
    (*(_of_event(column) for column in events.COLUMNS), *goods.COLUMNS),
    _with_products,
    "occurred_at",
    goods.LINKS,
)

BEHAVIOURS = (WITH_PRODUCTS,)
